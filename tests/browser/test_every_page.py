"""Every address the site knows: each page that one of the cast can reach is looked at, so that none is forgotten."""

import uuid
from collections.abc import Callable, Iterator

import pytest
from django.urls import NoReverseMatch, URLPattern, URLResolver, get_resolver, reverse
from playwright.sync_api import Error, Page

from actionplans.models import Commitment, FollowUp, Measure
from agencies.enums import Part, ProtectionLevel
from agencies.services import people
from cases.enums import EntryKind, ReviewOutcome, WhereaboutsKind
from cases.models import Case, Conflict
from cases.services import assignments, conflicts, entries, log_review, needs, protection
from meetings.services import agenda
from tests import stories
from tests.actionplans import planning
from tests.browser.conftest import Visitor
from tests.cases import looking, weekly
from tests.cast import Cast, acting_as
from tests.consent import breaking
from tests.consent import test_disclose as disclosing
from tests.meetings import tables

pytestmark = pytest.mark.browser
Visit = Callable[..., Visitor]

NOBODY = ""
# Who looks at it, where it is not Ingrid, who has the case.
LOOKED_AT_BY = {
    "front_door": NOBODY,
    "demo_cast": NOBODY,
    "account_login": NOBODY,
    "account_reset_password": NOBODY,
    "account_reset_password_done": NOBODY,
    "account_reset_password_from_key": NOBODY,
    "account_reset_password_from_key_done": NOBODY,
    "account_inactive": NOBODY,
    "choose_agency": "tove",
    "declare_secrecy": "hanne",
    "people": "arne",
    "people_invite": "arne",
    "person": "arne",
    "person_give_role": "arne",
    "person_reset_sign_in": "arne",
    "person_send_link": "arne",
    "person_close_account": "arne",
    "person_end": "arne",
    "person_change_role": "arne",
    "person_change_clearance": "arne",
    "decide_grant": "gro",
    "cases:inbox": "rune",
    "cases:report": "rune",
    "cases:reject": "rune",
    "cases:assign": "mona",
    "cases:exposure": "mona",
    "cases:insight_decide": "mona",
    "cases:log_review": "pia",
    "cases:log_review_breaches": "pia",
    "cases:log_review_follow_up": "pia",
    "cases:access_reports": "pia",
    "cases:access_report": "pia",
    "cases:staffing": "mona",
    "cases:hand_over": "mona",
    "cases:conflicts": "mona",
    "cases:end_conflict": "mona",
    "cases:protection": "mona",
    "cases:raise_protection": "mona",
    "cases:lower_protection": "mona",
    "cases:answer_lower": "oda",
    "cases:sealed": "mona",
    "consent:approve_disclosure": "mona",
    "consent:glasses": "pia",
    "consent:glass": "rune",
    "consent:review_glass": "rune",
    "consent:end_glass": "rune",
    "actionplans:pdf": "mona",
    "meetings:create": "marte",
    "meetings:change": "marte",
    "meetings:attendees": "marte",
    "meetings:cancel": "marte",
    "meetings:add_theme": "marte",
    "meetings:theme": "marte",
}
NOT_LOOKED_AT = {
    "healthz": "for machines",
    "readyz": "for machines",
    "open_reminder": "leads on; tests/reminders",
    "mailbox_invitation": "a file; tests/reminders",
    "cases:who_will_see": "a part of the case's page",
    "account_reauthenticate": "the cast has no passwords; tests/agencies/test_accounts.py",
    "mfa_reauthenticate": "the cast has no second factor; tests/agencies/test_second_factor.py",
    "account_change_password": "the cast has no passwords; tests/agencies/test_accounts.py",
    "mfa_authenticate": "between password and code; tests/agencies/test_second_factor.py",
    "mfa_deactivate_totp": "the cast has no second factor; tests/agencies/test_second_factor.py",
    "mfa_view_recovery_codes": "the cast has no second factor; tests/agencies/test_second_factor.py",
    "mfa_generate_recovery_codes": "the cast has no second factor; tests/agencies/test_second_factor.py",
    "mfa_download_recovery_codes": "a file; tests/agencies/test_second_factor.py",
}
OF_CASES = ("cases:", "consent:")


@pytest.mark.parametrize("of_cases", [True, False], ids=["cases-and-consent", "the-rest"])
def test_every_page_is_looked_at(
    site: str, visit: Visit, cast: Cast, shift_clock: Callable[..., None], of_cases: bool
) -> None:
    things = Things(cast, shift_clock)
    visitors: dict[str, Visitor] = {}
    unreached = {}

    for name, wanted in addresses():
        if name in NOT_LOOKED_AT or name.startswith(OF_CASES) != of_cases or name.startswith("api:"):
            continue
        key = LOOKED_AT_BY.get(name, "ingrid")
        if key not in visitors:
            visitors[key] = visit(getattr(cast, key).user.name if key else None)
        page = visitors[key].page
        try:
            address = reverse(name, kwargs={each: things.of(name, each) for each in wanted})
        except (NoReverseMatch, KeyError) as missing:
            unreached[name] = f"no {missing}"
            continue
        if is_shown(page, address):
            visitors[key].check(f"every-{name.replace(':', '-').replace('_', '-')}", narrow=False)
            continue
        answer = page.request.get(address, max_redirects=0)
        if answer.status not in {200, 302, 405}:  # neither a file, nor a way on, nor something that is only done
            unreached[name] = f"{answer.status} for {key or 'nobody'}"

    assert not unreached


def is_shown(page: Page, address: str) -> bool:
    """Whether the browser now shows what is at the address itself: not where it leads on to, not a file to keep."""
    try:
        answer = page.goto(address)
    except Error:  # nothing to show: a file, or an answer without a body
        return False
    return answer is not None and answer.status == 200 and answer.request.redirected_from is None


def addresses(
    patterns: list[URLPattern | URLResolver] | None = None, prefix: str = ""
) -> Iterator[tuple[str, list[str]]]:
    """Every named address, with what stands in it."""
    for pattern in get_resolver().url_patterns if patterns is None else patterns:
        if isinstance(pattern, URLResolver):
            inner = f"{prefix}{pattern.namespace}:" if pattern.namespace else prefix
            yield from addresses(pattern.url_patterns, inner)
        elif pattern.name:
            yield f"{prefix}{pattern.name}", list(pattern.pattern.regex.groupindex)


class Things:
    """One of each thing an address can name: of Elias's case with its plan, unless a page needs another case."""

    def __init__(self, cast: Cast, shift_clock: Callable[..., None]) -> None:
        case = planning.planned(cast)
        at_intake, waiting, against = stories.received(cast), stories.consent_pending(cast), stories.revoked(cast)
        shared = disclosing.disclosed(cast, case, parts=("housing",))
        not_approved = disclosing.disclosed(
            cast, against, on=disclosing.grounds(despite_objection="Hjelpen kan ikke vente.")
        )
        marked = stories.routed(cast, stories.received(cast, stories.submitted(cast)))
        # Another person, whom Mona has hidden: Oda may answer what Mona asks, and Ingrid sees nothing of it.
        secret = stories.assigned(cast, stories.routed(cast, stories.received(cast, stories.submitted(cast))))
        with acting_as(cast.mona):
            assignments.assign(secret, user=cast.oda.user, by=cast.mona)
            conflicts.declare_for(secret, user=cast.ingrid.user, by=cast.mona)
            noted = Conflict.objects.get(case=secret)
            level = ProtectionLevel.STRICTLY_CONFIDENTIAL
            protection.raise_level(secret, level=level, reason="Trusler fra et miljø.", by=cast.mona)
            hidden = protection.write_sealed(secret, kind=WhereaboutsKind.WORK, text="Verkstedet", by=cast.mona)
            milder = ProtectionLevel.CONFIDENTIAL
            asked = protection.request_lower(secret, level=milder, reason="Trusselen er mindre nå.", by=cast.mona)
            # And one that is hidden with nothing asked, where Mona may ask.
            protection.raise_level(marked, level=ProtectionLevel.MARKED, reason="Sekretessmarkering.", by=cast.mona)
        past, coming = tables.called(cast, days=1), tables.called(cast, days=30)
        spoken_of, to_be_spoken_of = (tables.on_agenda(cast, case, meeting) for meeting in (past, coming))
        opened = breaking.opened_at_intake(cast)
        with acting_as(cast.marte):
            theme = agenda.add_general(coming, by=cast.marte, title="Natteravnene")
        with acting_as(cast.arne):
            request = people.ask_for_reset(cast.ingrid.user, by=cast.arne)
        with acting_as(cast.ingrid):
            grandfather = needs.add_resource_person(case, by=cast.ingrid, name="Odd Prøvedal", relation="bestefar")
            entry = entries.write(
                case, by=cast.ingrid, kind=EntryKind.NOTE, part=Part.ECONOMY, text="Har gjeld hos tre selskaper."
            )
            self.known = {
                "case_id": case.pk,
                "entry_id": entry.pk,
                "person_id": grandfather.pk,
                "consent_id": case.consents.get().pk,
                "disclosure_id": shared.pk,
                "kind": "responsibility_group",
                "user_id": cast.ingrid.user.pk,
                "membership_id": cast.ingrid.user.memberships.get().pk,
                "request_id": request.pk,
                "sign_in_id": uuid.uuid4(),  # only ended, never looked at
                "measure_id": Measure.objects.filter(case=case).earliest("created_at").pk,
                "commitment_id": Commitment.objects.get(case=case).pk,
                "follow_up_id": FollowUp.objects.get(case=case).pk,
                "meeting_id": coming.pk,
                "theme_id": theme.pk,
                "glass_id": opened.pk,
                "report_id": weekly.made_for(cast.pia.agency).pk,
                "item_id": to_be_spoken_of.pk,
                "decision_id": to_be_spoken_of.pk,  # only taken away, never looked at
                "change_id": asked.pk,
                "conflict_id": noted.pk,
                "row_id": hidden.pk,
                "worker_id": cast.ingrid.user.pk,
                "uidb36": "0",
                "key": "not-a-key",
            }
        self.known |= of_the_log(cast, case)
        self.instead = {
            ("cases:report", "case_id"): at_intake.pk,
            ("cases:reject", "case_id"): at_intake.pk,
            ("cases:talk", "case_id"): waiting.pk,
            ("consent:refuse", "case_id"): waiting.pk,
            ("consent:approve_disclosure", "case_id"): against.pk,
            ("consent:approve_disclosure", "disclosure_id"): not_approved.pk,
            ("meetings:record", "item_id"): spoken_of.pk,
            ("cases:end_conflict", "case_id"): secret.pk,
            ("cases:protection", "case_id"): secret.pk,
            ("cases:answer_lower", "case_id"): secret.pk,
            ("cases:sealed", "case_id"): secret.pk,
            ("cases:remove_sealed", "case_id"): secret.pk,
            ("cases:lower_protection", "case_id"): marked.pk,
        }
        shift_clock(days=1, hours=13)

    def of(self, name: str, what: str) -> object:
        """What stands for `what` in the address called `name`. KeyError when there is nothing."""
        return self.instead.get((name, what)) or self.known[what]


def of_the_log(cast: Cast, case: Case) -> dict[str, uuid.UUID]:
    """A look-up that is shown, one that a manager may withhold, and one that was found unlawful."""
    event = looking.read_by(cast.nils, case)
    waits = looking.withheld(cast, case, looking.read_by(cast.leif, case), approved=False)
    looking.read_by(cast.oda, case, kind="glass.opened")
    with acting_as(cast.pia):
        log_review.look_now(by=cast.pia)
        odd = log_review.waiting_ids(cast.pia)
        breach = next(one.pk for one in log_review.items(odd) if one.employee == cast.oda.user)
        log_review.settle(breach, ReviewOutcome.UNLAWFUL, by=cast.pia)
    return {"event_id": event, "withholding_id": waits.pk, "review_id": breach}
