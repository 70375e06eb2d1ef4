"""The demonstration's control: emergencies, odd look-ups, a withheld entry and last week's report, so that those who control
find what they control. Everybody in it is invented, and everything is done by somebody who may.
"""

import datetime as dt
import uuid

from django.db.models import Q

from agencies.actors import Actor
from agencies.demonstration import CAST
from agencies.demonstration_actors import acting, actor_called
from agencies.enums import Part
from agencies.models import Agency, User
from audit import clock, context
from audit.enums import Outcome, Purpose
from audit.models import Event
from audit.services import record
from cases.enums import RightReason, WhyReported
from cases.models import Case
from cases.services import access_report, insight, log_review
from cases.services.log_review import RULES
from consent.services import confirm_glass, open_glass
from consent.services.glass import Wanted, usable_laws

# Somebody the weekly report points out: she has access, and has not signed in since the summer.
AWAY = "gro"
AWAY_FOR = dt.timedelta(days=131)


def build(elias: Case) -> None:
    """After Elias's consent: what the privacy officer, the managers and Elias himself find on their pages."""
    _in_emergencies()
    _odd_look_ups(elias)
    _withheld(elias)
    _signed_in()
    for agency in Agency.objects.all():
        with context.acting(user_id=None, agency_id=agency.pk):
            access_report.make(agency=agency)


def _in_emergencies() -> None:
    """Oda has helped a person of another office, whose manager agreed; Sara's emergency waits for somebody's word."""
    oda, vidar = actor_called("oda", "hvk-ost"), actor_called("vidar", "hvk-vest")
    noah = _led_by(vidar, "Noah")
    _break_glass(oda, noah, "Ringte vakttelefonen vår og sa at han ikke orker mer. Vi må vite hvem vi kan ringe.")
    with acting(vidar):
        glass = noah.break_glasses.select_related("user", "agency").get()
        confirm_glass(glass, by=vidar, note="Riktig gjort. Han er funnet og er trygg.")
    emil = _led_by(actor_called("mona", "hvk-ost"), "Emil")
    _break_glass(
        actor_called("sara", "outreach"), emil, "Funnet bevisstløs ved elva i natt. Sykehuset spør hva han kan ha tatt."
    )


def _break_glass(by: Actor, case: Case, reason: str) -> None:
    person = case.person
    with acting(by):
        wanted = Wanted("", person.given_name, person.family_name, person.birth_date)
        law = next(law for law in usable_laws(by.agency) if law.code == "NO-STRL-287")
        open_glass(wanted, [Part.HEALTH, Part.SUBSTANCE_USE], by=by, basis=law, reason=reason)


def _odd_look_ups(elias: Case) -> None:
    """Ingrid has mistyped again and again, and Elias asks why Mona looked: the control has put both in Pia's queue."""
    ingrid, mona, pia = (actor_called(key, "hvk-ost") for key in ("ingrid", "mona", "pia"))
    with acting(ingrid):
        for _miss in range(RULES["misses"]):  # type: ignore[call-overload]
            record(
                "access.absent",
                user_id=ingrid.user.pk,
                agency_id=ingrid.agency.pk,
                role=ingrid.role_codes,
                outcome=Outcome.REFUSED,
            )
    asked = _looked(mona, elias, RightReason.LEAD)
    with acting(ingrid):
        insight.report(elias, asked, WhyReported.NOT_INVOLVED, by=ingrid)
    with acting(pia):
        log_review.look_now(by=pia)


def _withheld(elias: Case) -> None:
    """Siv's look-up waits two weeks before Elias reads of it: Ingrid asked, and Mona agreed."""
    ingrid, mona, siv = (
        actor_called(*who) for who in (("ingrid", "hvk-ost"), ("mona", "hvk-ost"), ("siv", "mental-health"))
    )
    looked = _looked(siv, elias, RightReason.CONSENT)
    with acting(ingrid):
        withholding = insight.ask_to_withhold(
            elias,
            looked,
            by=ingrid,
            basis=next(basis for basis in insight.usable_bases(elias) if basis.code == "NO-POPPLYL-16-C"),
            reason="Behandleren vil fortelle om henvisningen selv, i samtalen om to uker.",
            existence_is_told=True,
            valid_until_date=clock.today() + dt.timedelta(days=14),
        )
    with acting(mona):
        insight.approve_withholding(withholding, by=mona)


def _looked(by: Actor, case: Case, basis: RightReason) -> uuid.UUID:
    """What opening the case's page writes in the log; the event's id."""
    with acting(by):
        known = Q(kind="case.read", user_id=by.user.pk, case_id=case.pk)
        before = set(Event.objects.filter(known).values_list("pk", flat=True))
        record(
            "case.read",
            user_id=by.user.pk,
            agency_id=by.agency.pk,
            role=by.role_codes,
            case_id=case.pk,
            parts=[Part.CORE],
            basis=basis,
            purpose=Purpose.CASE_WORK,
            object_type="case",
            object_id=case.pk,
        )
        return Event.objects.filter(known).exclude(pk__in=before).get().pk


def _signed_in() -> None:
    """Everybody was here this morning, but for one. Whoever has really signed in keeps that."""
    now = clock.now()
    for member in CAST:
        at = now - AWAY_FOR if member.key == AWAY else now - dt.timedelta(hours=2)
        if not member.is_new:
            User.objects.filter(email=member.email, last_login=None).update(last_login=at)


def _led_by(lead: Actor, given_name: str) -> Case:
    with acting(lead):
        return Case.objects.visible_to(lead).select_related("person").get(person__given_name=given_name)
