from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class MeetingState(TextChoices):
    PLANNED = "planned", _("Innkalt")
    HELD = "held", _("Holdt")
    CANCELLED = "cancelled", _("Avlyst")


class ItemState(TextChoices):
    """What became of the wish to take up a case. The one who proposed may take it back until the meeting is held."""

    PROPOSED = "proposed", _("Foreslått")
    ACCEPTED = "accepted", _("På saklisten")
    DECLINED = "declined", _("Ikke tatt med")
    WITHDRAWN = "withdrawn", _("Trukket")
