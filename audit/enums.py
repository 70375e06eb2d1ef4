from django.db.models import TextChoices


class Outcome(TextChoices):
    ALLOWED = "allowed"
    REFUSED = "refused"
