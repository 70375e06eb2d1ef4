"""The declaration of secrecy: made once by each person in each agency, and again when its text changes."""

from django.utils.translation import gettext_lazy as _

from agencies.actors import Actor
from agencies.models import Agency, SecrecyDeclaration, User
from audit import clock
from audit.services import record

#: Counts up when the words below change what is promised; everybody is then asked again.
TEXT_VERSION = 1
#: What is promised: forvaltningsloven §§ 13-13 c, straffeloven §§ 209 and 210.
SENTENCES = (
    _("Jeg skal hindre at andre får vite det jeg får vite om folk i arbeidet mitt (forvaltningsloven § 13)."),
    _("Jeg åpner bare saker jeg trenger i arbeidet mitt. Nysgjerrighet er ikke en grunn."),
    _("Jeg deler bare det samtykket eller loven åpner for, også med kolleger."),
    _("Er jeg inhabil i en sak, sier jeg fra og lar være å åpne den."),
    _("Plikten gjelder også i fritiden, og etter at jeg har sluttet."),
    _("Alt jeg åpner, blir loggført. Den det gjelder, kan få se loggen."),
    _(
        "Brudd kan straffes med bot eller fengsel i inntil ett år, og i inntil tre år når det er grovt (straffeloven §§ 209 og 210)."
    ),
)


def has_declared(user: User, agency: Agency) -> bool:
    """Whether the person has accepted today's text for this agency."""
    return SecrecyDeclaration.objects.filter(user=user, agency=agency, text_version=TEXT_VERSION).exists()


def declare(*, by: Actor) -> SecrecyDeclaration:
    """Note that the actor accepts the text, now, for the agency they act for. Twice changes nothing."""
    declaration, created = SecrecyDeclaration.objects.get_or_create(
        user=by.user, agency=by.agency, text_version=TEXT_VERSION, defaults={"accepted_at": clock.now()}
    )
    if created:
        record("secrecy.declared", user_id=by.user.pk, agency_id=by.agency.pk, role=by.role_codes)
    return declaration
