from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class Progress(TextChoices):
    """How far a measure or a commitment has come. The tone is that of its tag on the page."""

    NOT_BEGUN = "not_begun", _("Ikke begynt")
    IN_PROGRESS = "in_progress", _("I gang")
    DONE = "done", _("Ferdig")
    CANCELLED = "cancelled", _("Utgår")  # agreed not to be done after all: no longer waited for

    @property
    def tone(self) -> str:
        return {"in_progress": "info", "done": "success"}.get(self.value, "neutral")

    @property
    def is_over(self) -> bool:
        """Whether nobody waits for it any more."""
        return self in OVER


OVER = frozenset({Progress.DONE, Progress.CANCELLED})
