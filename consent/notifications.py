"""What the reminders about consents and break-glasses say, and to whom they still may be said."""

import uuid
from collections.abc import Collection, Iterable, Mapping

from django.db import connection
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from agencies.actors import Actor
from agencies.enums import Role
from agencies.templatetags.samlos import last_day, moment
from cases.models import Case
from consent.models import BlockedGlass, BreakGlass, Consent
from reminders.rules import Rule


def _ending(subject_ids: Collection[uuid.UUID], actor: Actor) -> Mapping[uuid.UUID, str]:
    """Those still in force in cases the actor may see."""
    visible = Case.objects.visible_to(actor).values("pk")
    running = Consent.objects.in_force().filter(pk__in=subject_ids, case__in=visible).select_related("case")
    return {
        consent.pk: _("Sak %(case)s, går ut %(day)s")
        % {"case": consent.case.label, "day": last_day(consent.valid_until)}
        for consent in running.order_by("pk")
    }


def _ended(subject_ids: Collection[uuid.UUID], actor: Actor) -> Mapping[uuid.UUID, str]:
    """C5: an agency that stood on the form is told that it ended, and no reason. The case itself it no longer sees."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT consent_id, number FROM samlos.ended_consents(%s)", [list(subject_ids)])
        return {
            consent_id: _("Samtykket i sak %(case)s er avsluttet") % {"case": number} for consent_id, number in cursor
        }


def _glass(subject_ids: Collection[uuid.UUID], actor: Actor) -> Mapping[uuid.UUID, str]:
    """F-39: those the actor controls, by the case's label where theirs leads it. Never who, why or what was read."""
    rows = BreakGlass.objects.visible_to(actor).filter(pk__in=subject_ids).exclude(user=actor.user)
    return {glass.pk: words for glass, words in labels_of_glasses(rows, actor).items()}


def _glass_flagged(subject_ids: Collection[uuid.UUID], actor: Actor) -> Mapping[uuid.UUID, str]:
    """As long as nobody has said anything."""
    waiting = BreakGlass.objects.unreviewed().filter(pk__in=subject_ids).exclude(flagged_at=None)
    return _glass(waiting.values_list("pk", flat=True), actor)


def _glass_objected(subject_ids: Collection[uuid.UUID], actor: Actor) -> Mapping[uuid.UUID, str]:
    """To the one who broke the glass: that it was not accepted. Which case it was they may not know any more."""
    mine = BreakGlass.objects.filter(pk__in=subject_ids, user=actor.user, agency=actor.agency, verdict="objected")
    return {glass.pk: _("Nødtilgangen %(when)s") % {"when": moment(glass.valid_from)} for glass in mine}


def labels_of_glasses(glasses: Iterable[BreakGlass], actor: Actor) -> dict[BreakGlass, str]:
    """What each is called to this actor: the case's label where they may know it, else only that nothing was opened or
    that one of the agency's own did. Two queries.
    """
    rows = list(glasses)
    kept_from = dict(BlockedGlass.objects.filter(glass__in=rows).values_list("glass_id", "case_id"))
    about = {row.pk: case for row in rows if (case := row.case_id or kept_from.get(row.pk)) is not None}
    known = Case.objects.filter(pk__in=about.values())
    known = known.led_by(actor.agency) if actor.has_role(Role.PRIVACY_OFFICER) else known.visible_to(actor)
    numbers = {case.pk: case.label for case in known}
    words = {}
    for row in rows:
        number = numbers.get(about[row.pk]) if row.pk in about else None
        if row.case_id is None and number is not None:
            words[row] = _("Sak %(case)s, ble stanset") % {"case": number}
        elif number is not None:
            words[row] = _("Sak %(case)s") % {"case": number}
        elif row.case_id is None:
            words[row] = _("Ingen sak ble åpnet")
        else:
            words[row] = _("En sak en annen tjeneste leder") if row.agency_id == actor.agency.pk else _("En sak")
    return words


RULES = (
    Rule(
        kind="glass_opened",
        title=gettext_lazy("Noen har brukt nødtilgang"),
        action=gettext_lazy("Kontroller"),
        to_tell=_glass,
        url=lambda glass_id: reverse("consent:glass", args=[glass_id]),
    ),
    Rule(
        kind="glass_flagged",
        title=gettext_lazy("En nødtilgang er ikke kontrollert innen 24 timer"),
        action=gettext_lazy("Kontroller"),
        to_tell=_glass_flagged,
        url=lambda glass_id: reverse("consent:glass", args=[glass_id]),
    ),
    Rule(
        kind="glass_objected",
        title=gettext_lazy("Det er innvendt mot nødtilgangen din"),
        action=gettext_lazy("Les innvendingen"),
        to_tell=_glass_objected,
        url=lambda glass_id: reverse("consent:glass", args=[glass_id]),
    ),
    Rule(
        kind="consent_ending",
        title=gettext_lazy("Et samtykke går snart ut"),
        action=gettext_lazy("Se samtykket"),
        to_tell=_ending,
        url=lambda consent_id: reverse("consent:of_consent", args=[consent_id]),
    ),
    Rule(
        kind="consent_ended",
        title=gettext_lazy("Et samtykke er avsluttet"),
        action=gettext_lazy("Se våre bidrag"),
        to_tell=_ended,
        url=lambda consent_id: reverse("cases:contributions"),
    ),
)
