"""What the demonstration has built so far. Empty in production."""

from django.db import models


class DemonstrationStep(models.Model):
    """One part of the demonstration that is done, so that the next start does not build it again."""

    code = models.CharField(max_length=60, primary_key=True)
    done_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.code
