"""Sharing on a legal basis: what it takes, what it gives, and that it stops (C4 step 4, U23-11, U23-31)."""

import datetime as dt
from dataclasses import replace
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from agencies.decisions import NotNow, Refused
from agencies.enums import Part
from agencies.models.programmes import LegalBasis
from audit import clock
from audit.models import Event
from cases.models import Case, ConcernReport, Person, ReportInformation
from cases.registers import day_rows_for
from consent import services
from consent.models import Disclosure
from consent.services.disclosures import Grounds, usable_bases
from tests import stories
from tests.cast import Cast, acting_as
from tests.consent.reading import finds, give_case_to, raw_rows, wrote


def grounds(code: str = "NO-FVL-13B-5", **changed: Any) -> Grounds:
    """Grounds in order, with what is named changed."""
    in_order = Grounds(
        basis=LegalBasis.objects.get(code=code),
        facts="Kontoret har vedtatt en tjeneste som mottakeren utfører.",
        necessity="Mottakeren kan ikke begynne uten.",
        proportionality="Bare det som trengs.",
        benefit="Hjelpen kommer i gang.",
        why_not_consent="Vi har ikke fått tak i ungdommen.",
        why_not_anonymous="Mottakeren må vite hvem det gjelder.",
        decided_by="Mona Eksempelås, leder",
        subject_informed=True,
    )
    return replace(in_order, **changed)


def disclosed(
    cast: Cast,
    case: Case,
    *,
    by: str = "ingrid",
    to: str = "stavne",
    parts: tuple[str, ...] = ("crime",),
    includes_report: bool = False,
    until: dt.date | None = None,
    on: Grounds | None = None,
) -> Disclosure:
    actor = getattr(cast, by)
    with acting_as(actor):
        return services.disclose(
            case,
            cast.agency(to),
            [Part(part) for part in parts],
            on or grounds(),
            by=actor,
            valid_until_date=until or clock.today() + dt.timedelta(days=30),
            includes_report=includes_report,
        )


@pytest.mark.req("U23-31")
def test_the_recipient_reads_the_disclosers_own_words_in_these_parts_and_no_others(cast: Cast) -> None:
    case = stories.consented(cast, scopes={"nav": ["housing"]})
    give_case_to(case, cast.nora, by=cast.nils)
    wrote(cast.ingrid, case, "crime", "avtale med politiet")
    wrote(cast.ingrid, case, "health", "legetime")
    wrote(cast.nora, case, "crime", "NAV om kriminalitet")

    disclosed(cast, case)
    give_case_to(case, cast.stine, by=cast.stine)

    assert finds(cast.stine, case) == {"avtale med politiet"}
    assert raw_rows(cast.sara, case) == 0
    with acting_as(cast.ingrid):
        event = Event.objects.get(kind="disclosure.recorded", case_id=case.pk)
        assert (event.parts, event.basis) == (["crime"], "NO-FVL-13B-5")


@pytest.mark.req("U23-11")
def test_a_copy_of_the_report_is_the_report_and_nothing_the_police_write_later(cast: Cast) -> None:
    case = stories.assigned(cast)
    disclosed(cast, case, includes_report=True)
    give_case_to(case, cast.stine, by=cast.stine)

    with acting_as(cast.stine):
        parts = set(ReportInformation.objects.filter(case=case).readable_by(cast.stine).values_list("part", flat=True))
        assert parts == {Part.CRIME}
        assert ConcernReport.objects.filter(case=case).count() == 1
        assert ReportInformation.objects.filter(case=case).count() == 1  # by row-level security alone
    waiting = stories.consent_pending(cast, stories.summoned(cast, stories.reviewed(cast, case)))
    stories.consented(cast, waiting, scopes={"police-analysis": ["housing"], "nav": ["housing"]})
    wrote(cast.leif, case, "crime", "nytt fra politiet")
    assert finds(cast.stine, case) == set()


@pytest.mark.req("U23-11")
def test_intake_hands_the_copy_on_with_a_basis_of_its_own_before_it_routes(cast: Cast) -> None:
    case = stories.received(cast)
    disclosed(cast, case, by="rune", includes_report=True)
    give_case_to(case, cast.stine, by=cast.stine)

    stories.routed(cast, case)

    with acting_as(cast.stine):
        assert ReportInformation.objects.filter(case=case).readable_by(cast.stine).count() == 1
    assert raw_rows(cast.rune, case) == 0


def test_a_participant_shares_only_what_is_its_own_and_never_the_report(cast: Cast) -> None:
    case = stories.consented(cast)
    give_case_to(case, cast.nora, by=cast.nils)
    wrote(cast.nora, case, "economy", "NAV om økonomi")
    wrote(cast.ingrid, case, "economy", "kontoret om økonomi")

    disclosed(cast, case, by="nora", to="mental-health", parts=("economy",))
    give_case_to(case, cast.siv, by=cast.siv)

    assert finds(cast.siv, case) == {"NAV om økonomi"}
    with pytest.raises(ValidationError, match="sende den videre"):
        disclosed(cast, case, by="nora", to="mental-health", parts=("crime",), includes_report=True)


@pytest.mark.parametrize("who", ["oda", "hanne", "aksel", "sara", "marte", "pia"])
def test_somebody_without_work_in_the_case_cannot_share_from_it(cast: Cast, who: str) -> None:
    case = stories.assigned(cast)

    with pytest.raises((Refused, Case.DoesNotExist)):
        disclosed(cast, case, by=who, to="nav")


def test_a_colleague_who_is_not_assigned_in_a_participating_agency_cannot_share(cast: Cast) -> None:
    case = stories.consented(cast)

    with pytest.raises(Refused, match="tildelt"):
        disclosed(cast, case, by="nora", to="mental-health", parts=("economy",))


@pytest.mark.req("U23-31", "LIL-40")
@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"subject_informed": False}, "why_not_informed"),
        ({"despite_objection": "fordi"}, "despite_objection"),
    ],
)
def test_grounds_that_are_not_complete_are_refused(cast: Cast, changed: dict[str, Any], field: str) -> None:
    case = stories.assigned(cast)

    with pytest.raises(ValidationError) as refusal:
        disclosed(cast, case, on=grounds(**changed))

    assert field in refusal.value.message_dict


@pytest.mark.parametrize("code", ["NO-FVL-13", "NO-FVL-13A-1", "NO-STJL-45", "NO-FVL2025-34", "NO-PREG-27-4"])
def test_only_a_row_that_can_carry_a_disclosure_today_is_accepted(cast: Cast, code: str) -> None:
    case = stories.assigned(cast)

    with pytest.raises(ValidationError, match="lovgrunnlag"):
        disclosed(cast, case, on=grounds(code))
    assert code not in {basis.code for basis in usable_bases(case, cast.agency("hvk-ost"))}


@pytest.mark.parametrize("days", [-1, 366])
def test_a_disclosure_ends_within_a_year(cast: Cast, days: int) -> None:
    case = stories.assigned(cast)

    with pytest.raises(ValidationError, match="sluttdato"):
        disclosed(cast, case, until=clock.today() + dt.timedelta(days=days))


@pytest.mark.req("LIL-40")
def test_what_the_consent_covers_needs_no_law(cast: Cast) -> None:
    case = stories.consented(cast, scopes={"nav": ["economy"]})

    with pytest.raises(NotNow, match="Samtykket"):
        disclosed(cast, case, to="nav", parts=("economy",))


def test_sharing_the_same_twice_gives_a_message_and_one_disclosure(cast: Cast) -> None:
    case = stories.assigned(cast)
    disclosed(cast, case)

    with pytest.raises(NotNow, match="allerede delt"):
        disclosed(cast, case)
    with acting_as(cast.ingrid):
        assert Disclosure.objects.filter(case=case).count() == 1


def test_whereabouts_under_protection_are_not_shared_on_any_basis(cast: Cast) -> None:
    case = stories.assigned(cast)
    with acting_as(cast.ingrid):
        Person.objects.filter(case=case).update(protection_level="confidential")

    with pytest.raises(Refused, match="adressesperre"):
        disclosed(cast, case, parts=("contact",))


class TestAgainstANo:
    """C4: after a refusal or a revocation a second person stands behind it, or nothing happens."""

    def decision(self, cast: Cast, case: Case, **changed: Any) -> Disclosure:
        against = grounds(despite_objection="Faren for at han mister boligen er stor.", **changed)
        return disclosed(cast, case, to="nav", parts=("housing",), on=against)

    def test_the_reason_why_must_be_written(self, cast: Cast) -> None:
        case = stories.revoked(cast)

        with pytest.raises(ValidationError, match="sagt nei"):
            disclosed(cast, case, to="nav", parts=("housing",))

    def test_nobody_sees_more_until_a_manager_has_approved(self, cast: Cast) -> None:
        case = stories.revoked(cast)
        wrote(cast.ingrid, case, "housing", "hybel")
        shared = self.decision(cast, case)
        with acting_as(cast.nils):
            assert not Case.objects.visible_to(cast.nils).filter(pk=case.pk).exists()
        assert raw_rows(cast.nils, case) == 0
        with acting_as(cast.mona):
            assert "Godkjenn deling på lovgrunnlag" in [row.title for row in day_rows_for(cast.mona)]
            services.approve(shared, by=cast.mona)

        give_case_to(case, cast.nora, by=cast.nils)
        assert finds(cast.nora, case) == {"hybel"}
        with acting_as(cast.mona), pytest.raises(NotNow, match="allerede godkjent"):
            services.approve(shared, by=cast.mona)

    @pytest.mark.parametrize("who", ["ingrid", "oda", "nils", "vidar"])
    def test_only_a_manager_of_the_sharing_agency_approves(self, cast: Cast, who: str) -> None:
        case = stories.revoked(cast)
        shared = self.decision(cast, case)
        actor = getattr(cast, who)

        with acting_as(actor), pytest.raises((Refused, Case.DoesNotExist)):
            services.approve(shared, by=actor)

    def test_a_manager_does_not_approve_their_own_decision(self, cast: Cast) -> None:
        case = stories.revoked(cast)
        with acting_as(cast.mona):
            shared = services.disclose(
                case, cast.agency("nav"), [Part.HOUSING], grounds(despite_objection="Stor fare."),
                by=cast.mona, valid_until_date=clock.today(),
            )  # fmt: skip
            with pytest.raises(Refused, match="En annen"):
                services.approve(shared, by=cast.mona)
            with pytest.raises(IntegrityError), transaction.atomic():
                Disclosure.objects.filter(pk=shared.pk).update(approved_by=cast.mona.user, approved_at=clock.now())

    def test_an_approval_cannot_be_taken_back_or_changed(self, cast: Cast) -> None:
        case = stories.revoked(cast)
        shared = self.decision(cast, case)
        with acting_as(cast.mona):
            services.approve(shared, by=cast.mona)
            with pytest.raises(IntegrityError), transaction.atomic():
                Disclosure.objects.filter(pk=shared.pk).update(approved_by=None, approved_at=None)


def test_a_disclosure_ends_at_once_and_only_once(cast: Cast) -> None:
    case = stories.assigned(cast)
    wrote(cast.ingrid, case, "crime", "avtale")
    shared = disclosed(cast, case)
    give_case_to(case, cast.stine, by=cast.stine)
    assert finds(cast.stine, case) == {"avtale"}

    with acting_as(cast.ingrid):
        services.end_disclosure(shared, by=cast.ingrid)
        with pytest.raises(NotNow, match="allerede avsluttet"):
            services.end_disclosure(shared, by=cast.ingrid)

    assert finds(cast.stine, case) == set()
    assert raw_rows(cast.stine, case) == 0
    with acting_as(cast.stine):
        assert not Disclosure.objects.exists()


def test_the_recipient_cannot_end_or_lengthen_what_it_was_given(cast: Cast) -> None:
    case = stories.assigned(cast)
    shared = disclosed(cast, case)
    give_case_to(case, cast.stine, by=cast.stine)

    with acting_as(cast.stine):
        with pytest.raises((Refused, Disclosure.DoesNotExist)):
            services.end_disclosure(shared, by=cast.stine)
        longer = Disclosure.objects.filter(pk=shared.pk).update(valid_until=clock.now() + dt.timedelta(days=900))
        assert longer == 0


def test_revoking_the_consent_leaves_a_disclosure_as_it_was(cast: Cast) -> None:
    case = stories.consented(cast, scopes={"nav": ["economy"]})
    wrote(cast.ingrid, case, "crime", "avtale")
    disclosed(cast, case)
    give_case_to(case, cast.stine, by=cast.stine)

    stories.revoked(cast, case)

    assert finds(cast.stine, case) == {"avtale"}
