"""The words of the field (requirements.md part E) as closed lists."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class Role(TextChoices):
    """What a membership lets a person do in the agency. A person may hold several, each with its own dates."""

    CASEWORKER = "caseworker", _("Saksbehandler")
    MANAGER = "manager", _("Leder")  # answers for the agency's cases without being assigned
    COORDINATOR = "coordinator", _("SLT-koordinator")  # runs forums and meetings
    ANALYST = "analyst", _("Analytiker")  # police analysis group: sends reports, follows their state
    INTAKE = "intake", _("Mottak")  # U23-09: the functional role a report is sent to
    PRIVACY_OFFICER = "privacy_officer", _("Personvernombud")
    AGENCY_ADMINISTRATOR = "agency_administrator", _("Administrator")  # people and roles, never cases

    @property
    def grants(self) -> bool:
        """Whether the role gives sight or power over others, so that a second person must agree before it is given."""
        return self in {Role.MANAGER, Role.COORDINATOR, Role.PRIVACY_OFFICER, Role.AGENCY_ADMINISTRATOR}


class AgencyKind(TextChoices):
    """What an agency is, so that a programme can speak of kinds and not of one municipality's offices."""

    POLICE = "police", _("Politi")
    INTAKE_OFFICE = "intake_office", _("Service og internkontroll")
    HEALTH_WELFARE_OFFICE = "health_welfare_office", _("Helse- og velferdskontor")
    NAV = "nav", _("NAV")
    MUNICIPAL_COMPANY = "municipal_company", _("Kommunalt foretak")
    PROBATION = "probation", _("Friomsorg")
    MEDIATION = "mediation", _("Konfliktråd")
    CHILD_FAMILY = "child_family", _("Barne- og familietjeneste")
    MENTAL_HEALTH = "mental_health", _("Psykisk helse og rus")
    OUTREACH = "outreach", _("Uteseksjon")
    COORDINATION = "coordination", _("SLT-koordinering")
    CHILD_WELFARE = "child_welfare", _("Barneverntjeneste")
    SCHOOL = "school", _("Skole")
    SOCIAL_SERVICES = "social_services", _("Sosialtjeneste")
    OTHER = "other", _("Annen tjeneste")


class Standing(TextChoices):
    """U23-06: four parties own the programme, the others take part."""

    OWNER = "owner", _("Eier")
    PARTICIPANT = "participant", _("Deltaker")


class Part(TextChoices):
    """Information parts: the closed list every piece of content is marked with (F-21: a new part is a new consent)."""

    CORE = "core", _("Kjerne")  # label, name, age, lead, state: in every right
    CONTACT = "contact", _("Kontakt")  # address and phone: whereabouts
    CRIME = "crime", _("Kriminalitet")
    HEALTH = "health", _("Helse")
    SUBSTANCE_USE = "substance_use", _("Rus")
    OCCUPATION_SCHOOL = "occupation_school", _("Skole og arbeid")
    ECONOMY = "economy", _("Økonomi")
    HOUSING = "housing", _("Bolig")
    FAMILY = "family", _("Familie")
    LEISURE_NETWORK = "leisure_network", _("Fritid og nettverk")
    CHILD_WELFARE = "child_welfare", _("Barnevern")


class ProtectionLevel(TextChoices):
    """How hidden a person's whereabouts are (F-19): Norwegian kode 7 and 6, the Swedish levels, and none."""

    NONE = "none", _("Ingen adressesperre")
    MARKED = "marked", _("Sekretessmarkering")
    CONFIDENTIAL = "confidential", _("Fortrolig adresse")
    STRICTLY_CONFIDENTIAL = "strictly_confidential", _("Strengt fortrolig adresse")
    FICTITIOUS_ID = "fictitious_id", _("Fiktiv identitet")


class GrantKind(TextChoices):
    """What an administrator asks a second person to agree to."""

    MEMBERSHIP = "membership", _("Rolle eller klarering")
    SIGN_IN_RESET = "sign_in_reset", _("Ny innlogging")


class GrantOutcome(TextChoices):
    """What became of it."""

    PENDING = "pending", _("Venter")
    APPROVED = "approved", _("Godkjent")
    DECLINED = "declined", _("Avslått")
    WITHDRAWN = "withdrawn", _("Trukket")


class ForumKind(TextChoices):
    """What a forum is: what it may do follows the kind, whoever attends (SLT-29, F-12)."""

    POLICE_COUNCIL = "police_council", _("Politiråd")  # never individual cases (SLT-21), no formal decisions (SLT-22)
    STEERING_GROUP = "steering_group", _("Styringsgruppe")  # aims and resources, aggregates only
    COORDINATION_GROUP = "coordination_group", _("Koordineringsgruppe")
    WORKING_GROUP = "working_group", _("Arbeidsgruppe")
    OPERATIONAL_GROUP = "operational_group", _("Operativ gruppe")  # few services, often (LIL-17, LIL-34)
    INTERVENTION_GROUP = "intervention_group", _("Social insatsgrupp")  # around one young person (SIG-14)
    RESPONSIBILITY_GROUP = "responsibility_group", _("Ansvarsgruppe")
    NETWORK_GROUP = "network_group", _("Nettverksgruppe")  # with the young person and guardians (FA-05)
    TOPIC_FORUM = "topic_forum", _("Temaforum")  # no personal data (LIL-51)

    @property
    def never_hears_individuals(self) -> bool:
        """SLT-21 and F-12: in these kinds an individual case is impossible, on whatever basis."""
        return self in {ForumKind.POLICE_COUNCIL, ForumKind.STEERING_GROUP, ForumKind.TOPIC_FORUM}


class ForumBasis(TextChoices):
    """On what a forum may hear about a named person (LIL-40: consent first, else a statutory exception)."""

    CONSENT = "consent", _("Samtykke")
    STATUTE = "statute", _("Lovhjemmel")


class LegalEffect(TextChoices):
    """What a row of the catalogue does to secrecy."""

    DUTY = "duty", _("Plikt til å opplyse")
    DUTY_ON_REQUEST = "duty_on_request", _("Plikt til å opplyse når noen ber om det")
    DUTY_BALANCED = "duty_balanced", _("Plikt til å opplyse etter avveining")
    RIGHT = "right", _("Rett til å opplyse")
    ORDER = "order", _("Pålegg om å opplyse")
    RESTRICTION = "restriction", _("Innskrenker andre hjemler")
    CONFIDENTIALITY = "confidentiality", _("Taushetsplikt")
    NON_IDENTIFYING = "non_identifying", _("Anonymisert")
    CONSENT = "consent", _("Samtykke")
    PROCEDURE = "procedure", _("Regler om framgangsmåten")


class LegalUse(TextChoices):
    """For what a row of the catalogue can be chosen in the product. Most rows only explain, and have no use."""

    CONCERN_REPORT = "concern_report", _("Bekymringsmelding fra politiet")
    DISCLOSURE = "disclosure", _("Deling uten samtykke")
    MANDATORY_REPORT = "mandatory_report", _("Lovpålagt melding")  # its own track, never to the group (F-34)
    BREAK_GLASS = "break_glass", _("Nødtilgang")  # life or health now (F-39)
    LOG_WITHHOLDING = "log_withholding", _("Vente med å vise et oppslag")  # the person's log, for a time
