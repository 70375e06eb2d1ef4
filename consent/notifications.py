"""What the reminders about consents say, and to whom they still may be said."""

import uuid
from collections.abc import Collection, Mapping

from django.db import connection
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from agencies.actors import Actor
from agencies.templatetags.samlos import last_day
from cases.models import Case
from consent.models import Consent
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


RULES = (
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
