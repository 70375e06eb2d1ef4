"""`manage.py access exposure --case NUMBER --part PART --from ISO --to ISO [--json]`: who could have seen a part, and who did.

Half-open: `--to` itself is not in it. The operator's answer names everybody; the page names only the reader's own people.
Runs as the database's owner, like all of `access`, and each question is an event in the log of the agency that leads.
"""

import datetime as dt
import json
from argparse import ArgumentParser
from typing import Any, TextIO

from agencies.enums import Part
from audit.context import acting
from audit.enums import Purpose
from audit.services import record
from cases.models import Case
from cases.services import exposure


def add_arguments(parser: ArgumentParser) -> None:
    """The words of the question."""
    parser.add_argument("--case", required=True, metavar="NUMBER", help="the case's number, or its id")
    parser.add_argument("--part", required=True, choices=Part.values, metavar="PART", help=", ".join(Part.values))
    parser.add_argument("--from", required=True, dest="since", metavar="ISO", help="as 2026-05-01T12:00; included")
    parser.add_argument("--to", required=True, dest="until", metavar="ISO", help="not included")
    parser.add_argument("--json", action="store_true", help="print JSON")


def answer(case: Case, part: Part, since: dt.datetime, until: dt.datetime) -> list[exposure.Exposed]:
    """The answer, written into the log of the agency that leads. `since` must lie before `until`."""
    with acting(user_id=None, agency_id=case.lead_agency_id):
        found = exposure.replay(case, part, since, until)
        record(
            "exposure.asked",
            user_id=None,
            agency_id=case.lead_agency_id,
            case_id=case.pk,
            parts=[part],
            object_type="case",
            object_id=case.pk,
            purpose=Purpose.CONTROL,
        )
    return found


def write(out: TextIO | Any, found: list[exposure.Exposed], *, as_json: bool) -> None:
    """One line a right in words, or the whole as JSON."""
    if as_json:
        out.write(json.dumps([_as_json(one) for one in found], ensure_ascii=False, indent=2))
        return
    if not found:
        out.write("Nobody could see it, and nobody did.")
    for one in found:
        who = one.user.email if one.user else f"employee {one.number}"
        roles = ", ".join(one.roles) or "no role"
        seen = f"read {one.times_read} times" if one.times_read else "did not read"
        out.write(f"{one.agency.slug}: {who} ({roles}), {seen}")
        for stretch in one.stretches:
            source = f"{stretch.source_type}:{stretch.source_id}"
            out.write(
                f"  {stretch.reason} {source}, from {stretch.valid_from.isoformat()} until {stretch.valid_until.isoformat()}"
            )
        if one.without_right:
            out.write("  no right we know of")


def _as_json(one: exposure.Exposed) -> dict[str, Any]:
    return {
        "agency": one.agency.slug,
        "user": one.user.email if one.user else None,
        "roles": list(one.roles),
        "could": [
            {
                "right": str(stretch.reason),
                "source": f"{stretch.source_type}:{stretch.source_id}",
                "received_only": stretch.received_only,
                "from": stretch.valid_from.isoformat(),
                "until": stretch.valid_until.isoformat(),
            }
            for stretch in one.stretches
        ],
        "did": {
            "times": one.times_read,
            "first": one.first_read.isoformat() if one.first_read else None,
            "last": one.last_read.isoformat() if one.last_read else None,
        },
    }
