"""The life of a case and of a report, as closed lists (requirements.md part B)."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class CaseState(TextChoices):
    """Where the case is. Whose turn it is, and what may follow, stand in `workflow.py`."""

    SUBMITTED = "submitted", _("Sendt inn")
    RECEIVED = "received", _("Mottatt")
    ROUTED = "routed", _("Fordelt")
    INITIAL_REVIEW = "initial_review", _("Første vurdering")
    SUMMONED = "summoned", _("Innkalt til samtale")
    INFORMED = "informed", _("Orientert")
    CONSENT_PENDING = "consent_pending", _("Venter på samtykke")
    MAPPING = "mapping", _("Kartlegging")
    COLLABORATING = "collaborating", _("Samarbeid pågår")
    WORKING_GROUP_FOLLOW_UP = "working_group_follow_up", _("Følges opp i arbeidsgruppen")
    DECLINED = "declined", _("Takket nei")
    CONSENT_REFUSED = "consent_refused", _("Ville ikke samtykke")
    CLOSED = "closed", _("Avsluttet")


class ReportState(TextChoices):
    """What the sender of a report may know of it: never where it went, never what came of it."""

    SUBMITTED = "submitted", _("Sendt")
    RECEIVED = "received", _("Mottatt")
    FORWARDED = "forwarded", _("Videresendt")
    REJECTED = "rejected", _("Sendt tilbake")
    WITHDRAWN = "withdrawn", _("Trukket")


class RejectionReason(TextChoices):
    """Why intake sends a report back (T2x): the content is purged, the code stays in the receipt."""

    OUTSIDE_AGE = "outside_age", _("Personen er utenfor aldersgruppen")
    NOT_RESIDENT = "not_resident", _("Personen bor ikke i kommunen")
    NO_CRITERION = "no_criterion", _("Ingen av vilkårene er oppfylt")
    DUPLICATE = "duplicate", _("Meldingen er sendt før")
    MISDIRECTED = "misdirected", _("Meldingen hører hjemme et annet sted")


class ClosingReason(TextChoices):
    """Why a case ended (T13)."""

    GOAL_MET = "goal_met", _("Målet er nådd")
    WITHDREW = "withdrew", _("Ungdommen ønsket å avslutte")
    AGED_OUT = "aged_out", _("Ungdommen er for gammel for programmet")
    MOVED = "moved", _("Ungdommen har flyttet")
    NO_CONTACT = "no_contact", _("Vi fikk ikke kontakt")
    DIED = "died", _("Ungdommen er død")
    ERROR = "error", _("Saken ble opprettet ved en feil")


class FactKind(TextChoices):
    """What a guard in `workflow.py` may ask about. A fact says that something was established, never what it held."""

    CASEWORKER_ASSIGNED = "caseworker_assigned", _("saksbehandler er tildelt")
    SERVICES_REVIEWED = "services_reviewed", _("ordinære tilbud er sjekket")
    FAMILY_REVIEWED = "family_reviewed", _("familiesituasjonen er vurdert")
    CHILDREN_ANSWERED = "children_answered", _("spørsmålet om barn er besvart")
    HAS_CHILDREN = "has_children", _("personen har barn")
    CHILD_REPORT_ASSESSED = "child_report_assessed", _("melding til barne- og familietjenesten er vurdert")
    SUMMONED = "summoned", _("innkalling er sendt")
    TOLD_OF_REPORT = "told_of_report", _("personen er orientert om at meldingen kom fra politiet")
    WANTS_HELP = "wants_help", _("personen ønsker bistand")
    DECLINES_HELP = "declines_help", _("personen ønsker ikke bistand")
    UNDECIDED = "undecided", _("personen har ikke bestemt seg")
    CONSENT_GIVEN = "consent_given", _("samtykke er gitt")
    CONSENT_REFUSED = "consent_refused", _("samtykke er nektet")
    BASIC_NEEDS_ASSESSED = "basic_needs_assessed", _("alle seks grunnleggende behov er vurdert")
    COOPERATION_MEETING_CALLED = "cooperation_meeting_called", _("samarbeidsmøte med personen er innkalt")
    RESPONSIBILITY_GROUP_ASSESSED = "responsibility_group_assessed", _("ansvarsgruppe er vurdert")
    INDIVIDUAL_PLAN_ASSESSED = "individual_plan_assessed", _("individuell plan er vurdert")
    ON_WORKING_GROUP_AGENDA = "on_working_group_agenda", _("saken står på arbeidsgruppens sakliste")


class EntryKind(TextChoices):
    """What a line of the timeline tells of. Titles come from the kind; only notes carry text of their own."""

    NOTE = "note", _("Notat")
    CONVERSATION = "conversation", _("Samtale")
    AGREEMENT = "agreement", _("Avtale")
    STATUS = "status", _("Status fra tjenesten")
    REPORT = "report", _("Bekymringsmelding fra politiet")
    ROUTED = "routed", _("Saken er fordelt")
    ASSIGNED = "assigned", _("Saksbehandler er tildelt")
    REVIEWED = "reviewed", _("Første vurdering er gjort")
    SUMMONED = "summoned", _("Innkalt til samtale")
    INFORMED = "informed", _("Orientert om meldingen")
    CONSENT = "consent", _("Samtykke er registrert")
    CONSENT_ENDED = "consent_ended", _("Samtykket er avsluttet")
    DISCLOSURE = "disclosure", _("Delt på lovgrunnlag")
    NEEDS = "needs", _("Grunnleggende behov er oppdatert")
    MEETING = "meeting", _("Møte")
    PLAN = "plan", _("Planen er endret")
    FOLLOW_UP = "follow_up", _("Oppfølging")
    CLOSED = "closed", _("Saken er avsluttet")


# Lines a person writes and may correct; the others are written when something happens.
WRITTEN_BY_HAND = (EntryKind.NOTE, EntryKind.CONVERSATION, EntryKind.AGREEMENT, EntryKind.STATUS)


class RightReason(TextChoices):
    """Why an agency may know something of a case: the sentence's four (design.md, "Access")."""

    LEAD = "lead", _("leder saken")
    CONSENT = "consent", _("samtykke")
    DISCLOSURE = "disclosure", _("lovgrunnlag")
    BREAK_GLASS = "break_glass", _("nødtilgang")


class NeedStatus(TextChoices):
    """How far a basic need is met (U23-23)."""

    NOT_ASSESSED = "not_assessed", _("Ikke vurdert")
    MET = "met", _("Dekket")
    PARTLY = "partly", _("Delvis")
    NOT_MET = "not_met", _("Ikke dekket")


class Answer(TextChoices):
    """An explicit answer to a question that may not be left open."""

    YES = "yes", _("Ja")
    NO = "no", _("Nei")
    UNKNOWN = "unknown", _("Vet ikke")


class WishForHelp(TextChoices):
    """U23-17: whether the person wants help to change lifestyle."""

    YES = "yes", _("Ja")
    NO = "no", _("Nei")
    UNDECIDED = "undecided", _("Har ikke bestemt seg")


class SummonsWay(TextChoices):
    """How the person was called to a talk (T6)."""

    LETTER = "letter", _("Brev")
    PHONE = "phone", _("Telefon")
    IN_PERSON = "in_person", _("Ansikt til ansikt")


class CoordinationKind(TextChoices):
    """What must be considered before the collaboration begins (U23-24, U23-25)."""

    RESPONSIBILITY_GROUP = "responsibility_group", _("Ansvarsgruppe")
    INDIVIDUAL_PLAN = "individual_plan", _("Individuell plan")
    COOPERATION_MEETING = "cooperation_meeting", _("Samarbeidsmøte")


class AddressKind(TextChoices):
    """U23-10: where somebody is registered and where they live can differ."""

    REGISTERED = "registered", _("Registrert bosted")
    STATED = "stated", _("Oppgitt bosted")


class ProtectionOutcome(TextChoices):
    """What became of a change of the protection level: raised at once, or a lowering that waits for a second person."""

    RAISED = "raised", _("Hevet")
    REQUESTED = "requested", _("Venter på svar")
    APPROVED = "approved", _("Senket")
    REFUSED = "refused", _("Avslått")
    WITHDRAWN = "withdrawn", _("Trukket")


class WhereaboutsKind(TextChoices):
    """What a sealed piece of whereabouts is: everything that may lead somebody to the person (F-19)."""

    ADDRESS = "address", _("Adresse")
    PHONE = "phone", _("Telefon")
    SCHOOL = "school", _("Skole")
    WORK = "work", _("Arbeidssted")
    DOCTOR = "doctor", _("Fastlege eller behandler")
    MEETING_PLACE = "meeting_place", _("Møtested")
    NETWORK = "network", _("Kontakt i nettverket")
    NOTE = "note", _("Opplysning om bosted eller kontakt")


class OddReason(TextChoices):
    """Why a look-up is put before the privacy officer. None of them means that it was wrong."""

    SAME_SURNAME = "same_surname", _("Samme etternavn som den ansatte")
    NO_TASK = "no_task", _("Ingen oppgave i saken")
    BURST = "burst", _("Mange saker på kort tid")
    OUT_OF_HOURS = "out_of_hours", _("Utenfor vanlig arbeidstid")
    BREAK_GLASS = "break_glass", _("Nødtilgang")
    REPEATED_MISSES = "repeated_misses", _("Mange forsøk som ikke ga tilgang")
    REPORTED = "reported", _("Meldt av den saken gjelder")


class ReviewOutcome(TextChoices):
    """What the privacy officer finds of a look-up, in one click."""

    LAWFUL = "lawful", _("Lovlig")
    UNLAWFUL = "unlawful", _("Ulovlig")
    UNCLEAR = "unclear", _("Uklart")


class WhyReported(TextChoices):
    """Why a person asks about a look-up. Choices, not free text: it goes to another agency than the one that hears it."""

    KNOWS_READER = "knows_reader", _("Jeg tror at jeg kjenner den som har lest")
    NOT_INVOLVED = "not_involved", _("Tjenesten hjelper meg ikke")
    TOO_MUCH = "too_much", _("De har lest mer enn de trenger")
    CURIOUS = "curious", _("Jeg vil vite hvorfor")


class FollowUpOfBreach(TextChoices):
    """How a breach was followed up (GDPR art. 33 and 34)."""

    AUTHORITY_TOLD = "authority_told", _("Meldt til Datatilsynet")
    NOT_REQUIRED = "not_required", _("Ikke meldepliktig")
