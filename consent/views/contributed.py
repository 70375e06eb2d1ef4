"""What this app adds to pages of the cases: the header's line on consent, and approvals on "Min dag"."""

from collections.abc import Iterable

from django.db.models import Max
from django.urls import reverse
from django.utils.translation import gettext as _

from agencies.actors import Actor
from agencies.enums import Role
from agencies.templatetags.samlos import last_day
from cases.enums import CaseState, RightReason
from cases.models import Case, CaseAccess
from cases.registers import DayRow, HeaderFact
from cases.services.access_explained import part_words
from cases.workflow import BEFORE_ROUTING
from consent import policies
from consent.models import Disclosure
from consent.views.shown import state_of, summary


def header_fact(actor: Actor, case: Case) -> HeaderFact | None:
    """The lead sees how the consent stands; others only their own line of it."""
    if case.state in BEFORE_ROUTING:
        return None
    label = _("Samtykke")
    if not policies.may_see_consents(actor, case):
        return _own_line(actor, case, label)
    last = case.consents.newest_first().prefetch_related("scopes", "forums", "signatures").first()
    if last is None:
        refused = case.state == CaseState.CONSENT_REFUSED
        return HeaderFact(label, _("Ungdommen ville ikke samtykke") if refused else _("Ikke innhentet"))
    if last.valid_from <= actor.at < last.ends_at:
        return HeaderFact(
            label, _("Gjelder til og med %(day)s") % {"day": last_day(last.valid_until)}, summary(last, actor.at)
        )
    state, since, _tone = state_of(last, actor.at)
    return HeaderFact(label, _("Gjelder ikke"), f"{state} {since}")


def _own_line(actor: Actor, case: Case, label: str) -> HeaderFact | None:
    lines = CaseAccess.objects.in_force_for(actor).filter(case=case, reason=RightReason.CONSENT)
    until = lines.aggregate(until=Max("valid_until"))["until"]
    if until is None:
        return None
    parts = {part for line in lines.values_list("parts", flat=True) for part in line}
    return HeaderFact(
        label,
        _("Samtykke til og med %(day)s") % {"day": last_day(until)},
        _("Dere ser %(parts)s.") % {"parts": part_words(parts)},
    )


def approvals_waiting(actor: Actor) -> Iterable[DayRow]:
    """A manager's: sharing against a no that waits for a second person (C4)."""
    if not actor.has_role(Role.MANAGER):
        return []
    waiting = Disclosure.objects.awaiting_approval().filter(author_agency=actor.agency).exclude(author=actor.user)
    waiting = waiting.filter(case__in=Case.objects.visible_to(actor).values("pk"))
    return [
        DayRow(
            due_at=None,
            title=_("Godkjenn deling på lovgrunnlag"),
            context=_("Sak %(case)s") % {"case": shared.case.label},
            action=_("Les og avgjør"),
            url=reverse("consent:approve_disclosure", args=[shared.case_id, shared.pk]),
            case_id=shared.case_id,
        )
        for shared in waiting.select_related("case").newest_first()
    ]
