"""`manage.py access explain|verify`: why somebody sees a case, and whether the access table is right.

`access explain --user EMAIL --case NUMBER [--agency SLUG] [--at ISO] [--json]` answers for one user and one case, now or
at any instant; a case without a number is named by its id. `access verify [--json]` compares the access table with
its specification in all cases; it exits with 1 and raises the alarm when they differ. `access exposure` asks who could
have seen a part between two instants, and who did (cases/management/exposure.py).

All see past row-level security, so manage.py runs them as the database's owner: only those who hold
DATABASE_OWNER_URL can. Each `explain` is an event in the log of the agency that leads the case.
"""

import datetime as dt
import json
import uuid
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.dateparse import parse_date, parse_datetime

from agencies.enums import Part
from agencies.models import Agency, User
from audit import clock
from audit.context import acting
from audit.enums import Outcome
from audit.services import record
from cases.management import exposure
from cases.models import Case
from cases.services import access_at, access_verified

WRONG_INPUT = 2


class Command(BaseCommand):
    help = "Explains who can see a case and why (explain), and checks the access table (verify)."

    def add_arguments(self, parser: ArgumentParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True)
        explain = actions.add_parser("explain", help="why a user sees a case, or why not")
        explain.add_argument("--user", required=True, metavar="EMAIL")
        explain.add_argument("--case", required=True, metavar="NUMBER", help="the case's number, or its id")
        explain.add_argument("--agency", metavar="SLUG", help="acting for this agency; otherwise each is tried")
        explain.add_argument("--at", metavar="ISO", help="an instant, as 2026-05-01T12:00; now when left out")
        explain.add_argument("--json", action="store_true", help="print JSON")
        verify = actions.add_parser("verify", help="compare the access table with its specification")
        verify.add_argument("--json", action="store_true", help="print JSON")
        exposure.add_arguments(actions.add_parser("exposure", help="who could have seen a part, and who did"))

    def handle(self, *args: Any, action: str, **options: Any) -> None:
        if action == "explain":
            self._explain(**options)
        elif action == "verify":
            self._verify(**options)
        else:
            self._exposure(**options)

    def _explain(self, *, user: str, case: str, agency: str | None, at: str | None, **options: Any) -> None:
        """Exit code 0 whatever the answer; 2 with one sentence when the question is about nothing we know."""
        with acting(user_id=None, agency_id=None):
            who = User.objects.filter(email__iexact=user.strip()).first()
            if who is None:
                raise CommandError("No user has that e-mail address.", returncode=WRONG_INPUT)
            what = _case(case)
            acted_for = _agency(agency)
            instant = _instant(at)
            found = access_at.answer(who, what, at=instant, agency=acted_for)
            record(
                "access.explained",
                user_id=None,
                agency_id=what.lead_agency_id,
                case_id=what.pk,
                object_type="user",
                object_id=who.pk,
                parts=found.parts,
                basis=found.failed,
                outcome=Outcome.ALLOWED if found.allowed else Outcome.REFUSED,
            )
        if options["json"]:
            self.stdout.write(json.dumps(_as_json(found), ensure_ascii=False, indent=2))
        else:
            self.stdout.write("\n".join(_in_words(found)))

    def _verify(self, **options: Any) -> None:
        found = access_verified.verify()
        if options["json"]:
            rows = [{**vars(one), "case_id": str(one.case_id), "source_id": str(one.source_id)} for one in found]
            self.stdout.write(json.dumps({"consistent": not found, "differences": rows}, indent=2))
        else:
            for one in found:
                columns = f" ({', '.join(one.columns)})" if one.columns else ""
                source = f"{one.source_type}:{one.source_id} line {one.line}"
                self.stdout.write(f"{one.difference}: case {one.case_id}, agency {one.agency_id}, {source}{columns}")
        if found:
            raise CommandError(f"{len(found)} lines of the access table differ from the specification.", returncode=1)
        if not options["json"]:
            self.stdout.write("The access table is what the specification says.")

    def _exposure(self, *, case: str, part: str, since: str, until: str, **options: Any) -> None:
        """Exit code 0 whatever the answer; 2 with one sentence when the question is about nothing we know."""
        with acting(user_id=None, agency_id=None):
            what, begins, ends = _case(case), _instant(since), _instant(until)
        if begins >= ends:
            raise CommandError("--from must lie before --to.", returncode=WRONG_INPUT)
        exposure.write(self.stdout, exposure.answer(what, Part(part), begins, ends), as_json=options["json"])


def _case(value: str) -> Case:
    cases = Case.objects.select_related("person", "lead_agency")
    found = cases.filter(number=value.strip()).first()
    if found is None:
        try:
            found = cases.filter(pk=uuid.UUID(value.strip())).first()
        except ValueError:
            found = None
    if found is None:
        raise CommandError("No case has that number.", returncode=WRONG_INPUT)
    return found


def _agency(slug: str | None) -> Agency | None:
    if slug is None:
        return None
    found = Agency.objects.filter(slug=slug).first()
    if found is None:
        raise CommandError("No agency has that short name.", returncode=WRONG_INPUT)
    return found


def _instant(value: str | None) -> dt.datetime:
    """The instant named, a day meaning its beginning; without an offset it is the municipality's own time."""
    if value is None:
        return clock.now()
    try:
        day = parse_date(value.strip())
        instant = clock.start_of(day) if day else parse_datetime(value.strip())
    except ValueError:
        instant = None
    if instant is None or not 1900 <= instant.year <= 2200:
        raise CommandError("Write the time as 2026-05-01T12:00 or 2026-05-01.", returncode=WRONG_INPUT)
    return instant if instant.tzinfo else instant.replace(tzinfo=clock.local_zone())


def _as_json(found: access_at.Answer) -> dict[str, Any]:
    return {
        "allowed": found.allowed,
        "parts": {
            str(part): [
                {
                    "reason": str(right.reason),
                    "source": right.source,
                    "givers": None if right.givers is None else list(right.givers),
                    "valid_from": right.valid_from.isoformat(),
                    "valid_until": right.valid_until.isoformat() if right.valid_until else None,
                }
                for right in rights
            ]
            for part, rights in found.parts.items()
        },
        "denied_because": found.denied_because,
    }


def _in_words(found: access_at.Answer) -> list[str]:
    if not found.allowed:
        return [f"Not allowed. {found.denied_because}"]
    lines = ["Allowed."]
    for part, rights in found.parts.items():
        lines.append(f"{Part(part).value}:")
        for right in rights:
            givers = "anyone" if right.givers is None else ", ".join(right.givers)
            until = right.valid_until.isoformat() if right.valid_until else "further notice"
            lines.append(
                f"  {right.reason.value} {right.source}, by {givers}, from {right.valid_from.isoformat()} until {until}"
            )
    return lines
