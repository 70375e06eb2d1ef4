from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class SignerRole(TextChoices):
    """Who signs (C2): at 18 the young person alone; below, every holder of parental responsibility too."""

    YOUNG_PERSON = "young_person", _("Ungdommen selv")
    GUARDIAN = "guardian", _("Forelder eller verge")


class SignatureMethod(TextChoices):
    """How (F-26). Oral consent is not accepted for what is shared between agencies (C3, "written")."""

    PAPER = "paper", _("På papir")
    ELECTRONIC_ID = "electronic_id", _("Med e-ID")


class RevocationChannel(TextChoices):
    """How the wish to stop reached us: as easy as giving, so spoken is enough (C5, SIG-63)."""

    SPOKEN = "spoken", _("Muntlig")
    WRITTEN = "written", _("Skriftlig")


class EndReason(TextChoices):
    REVOKED = "revoked", _("Trukket tilbake")
    REPLACED = "replaced", _("Erstattet av et nytt samtykke")
    CASE_CLOSED = "case_closed", _("Saken er avsluttet")  # set by the database: the purpose is gone


class Verdict(TextChoices):
    """What the engine answers about one disclosure (requirements.md C4), in the order it asks."""

    DENY = "deny", _("Kan ikke deles")
    MUST = "must", _("Skal meldes, uansett samtykke")
    ALLOW = "allow", _("Kan deles etter samtykke")
    ALLOW_WITH_RECORD = "allow_with_record", _("Kan deles på lovgrunnlag som skrives ned")
    ANONYMOUS_ONLY = "anonymous_only", _("Kan bare drøftes uten at noen kan kjennes igjen")


class GlassOutcome(TextChoices):
    """What came of breaking the glass (F-39). What its user may not know of counts as nothing."""

    OPENED = "opened", _("Åpnet")
    NOTHING = "nothing", _("Ingen funnet")
    SEVERAL = "several", _("Flere passet")  # a name and a birth date that two people share: none is opened


class GlassVerdict(TextChoices):
    """What the second person says."""

    CONFIRMED = "confirmed", _("Bekreftet")
    OBJECTED = "objected", _("Innvendt mot")
