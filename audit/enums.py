from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class Outcome(TextChoices):
    ALLOWED = "allowed"
    REFUSED = "refused"


class Purpose(TextChoices):
    """What somebody looked at a case for, in words the young person can read (GDPR art. 15, CJEU C-579/21)."""

    CASE_WORK = "case_work", _("Følge opp saken")
    INTAKE = "intake", _("Ta imot og fordele en bekymringsmelding")
    OVERVIEW = "overview", _("Få oversikt over egne saker")
    SEARCH = "search", _("Finne en sak")
    CONSENT = "consent", _("Innhente eller forvalte samtykke")
    DISCLOSURE = "disclosure", _("Vurdere å dele uten samtykke")
    PLAN = "plan", _("Lage eller følge opp planen")
    MEETING = "meeting", _("Forberede eller holde et møte")
    OWN_WORDS = "own_words", _("Finne igjen det tjenesten selv har skrevet")
    STAFFING = "staffing", _("Fordele saken mellom ansatte")
    EMERGENCY = "emergency", _("Hjelpe når liv eller helse er i fare")
    PROTECTION = "protection", _("Beskytte adressen og oppholdsstedet")
    INSIGHT = "insight", _("Vise personen hvem som har sett saken")
    CONTROL = "control", _("Kontrollere at oppslag er lovlige")
