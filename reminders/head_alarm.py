"""The privacy officers are told when signed heads of their agency's log do not reach its head store (G8)."""

import uuid
from collections.abc import Collection

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from agencies.actors import Actor
from agencies.enums import Role
from agencies.models import Agency, Membership, User
from audit import clock, head_store
from audit.heads import Chain
from audit.models import Head
from reminders.rules import Rule
from reminders.services import raise_reminder

KIND = "audit_heads_unwritable"


def tell_privacy_officers(chain: Chain, head_id: uuid.UUID) -> None:
    """Say it once a day to each of the agency's privacy officers, in the agency's own context."""
    agency = Agency.objects.filter(pk=chain.number).first()
    if agency is None:
        return  # nobody's chain has no agency: its log line is all
    members = Membership.objects.in_force().filter(agency=agency, role=Role.PRIVACY_OFFICER, user__is_active=True)
    for officer in User.objects.filter(pk__in=members.values("user")):
        raise_reminder(
            KIND,
            recipient=officer,
            agency=agency,
            subject_id=head_id,
            occurrence=clock.today().isoformat(),
            due_at=clock.now(),
        )


def _not_kept(head_ids: Collection[uuid.UUID], actor: Actor) -> dict[uuid.UUID, str]:
    """Those of the heads that still are not in the agency's store."""
    if not actor.has_role(Role.PRIVACY_OFFICER):
        return {}
    heads = Head.objects.filter(pk__in=head_ids, chain=actor.agency.pk).in_bulk()
    words = _("Kopien av revisjonsloggen er ikke oppdatert. Be driften om å se på den.")
    return {pk: words for pk, head in heads.items() if not head_store.holds(actor.agency.slug, head.number)}


RULE = Rule(
    kind=KIND,
    title=gettext_lazy("Revisjonsloggen kunne ikke kopieres ut"),
    action=gettext_lazy("Se påminnelsene"),
    to_tell=_not_kept,
    url=lambda head_id: "",
)
