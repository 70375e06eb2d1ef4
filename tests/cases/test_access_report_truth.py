"""What the weekly report counts is what the specification of access says, asked as the owner past every lock."""

from collections.abc import Callable

import pytest

from agencies.enums import Part
from audit.context import acting
from cases.models import AccessReport
from cases.services import access_report
from tests import stories
from tests.cast import Cast, acting_as
from tests.consent import breaking
from tests.consent import test_disclose as disclosing
from tests.databases import connect

# What the agency may know, and others in the cases it leads, by ground; and last, how many cases it may know at all.
SPECIFIED = """
    WITH in_force AS (
        SELECT * FROM samlos.access_specification
         WHERE valid_from <= samlos.now() AND (valid_until IS NULL OR valid_until > samlos.now())),
    led AS (SELECT case_id FROM in_force WHERE agency_id = %(agency)s AND reason = 'lead')
    SELECT agency_id, reason, count(DISTINCT case_id) FROM in_force
     WHERE agency_id = %(agency)s OR case_id IN (SELECT case_id FROM led) GROUP BY 1, 2
    UNION ALL SELECT NULL, NULL, count(DISTINCT case_id) FROM in_force WHERE agency_id = %(agency)s
"""


@pytest.mark.parametrize("slug", ["hvk-ost", "nav", "stavne", "outreach", "intake", "probation"])
def test_every_agency_is_told_what_the_specification_says(
    own_database: str, owner_url: str, cast: Cast, shift_clock: Callable[..., None], slug: str
) -> None:
    """Consents, a disclosure, a break-glass that runs, a case of one's own and one that intake still has."""
    scopes = {"hvk-ost": [Part.ECONOMY, Part.HOUSING], "nav": [Part.ECONOMY], "stavne": [Part.HOUSING]}
    shared = stories.consented(cast, scopes=scopes)
    disclosing.disclosed(cast, shared, parts=("housing",), to="nav")
    stories.assigned(cast)
    breaking.opened_at_intake(cast)
    shift_clock(minutes=5)
    agency = cast.agency(slug)
    with acting(user_id=None, agency_id=agency.pk):
        report = access_report.make(agency=agency)
        assert report is not None
        rows = AccessReport.objects.get(pk=report.pk).content["rights"]

    told = {(row["agency"], row["reason"]): row["count"] for row in rows if row["what"] == "in_force"}
    with connect(owner_url, own_database) as owner:
        specified = {(row[0], row[1]): row[2] for row in owner.execute(SPECIFIED, {"agency": agency.pk}).fetchall()}
    every = specified.pop((None, None))
    assert told == specified
    assert sum(row["count"] for row in rows if row["what"] == "seen") == every
    if slug == "outreach":
        assert {reason for _agency, reason in told} == {"break_glass"}
        assert all(row["cases"] == [] for row in rows), (
            "whom one colleague helped in an emergency is no other's knowledge"
        )
    elif slug != "probation":
        assert told, "the comparison must have something to compare"
    with acting_as(cast.ingrid):
        assert not AccessReport.objects.exists()
