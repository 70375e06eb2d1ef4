"""What the lead does next in each state, and where: the card on the case and the action on "Min dag"."""

from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from cases.enums import CaseState as S
from cases.enums import FactKind as F
from cases.models import Case
from cases.workflow import REVIEWED


@dataclass(frozen=True)
class Step:
    """What to do, in the button's words, the page where it is done (`case_id`), and why it comes now."""

    action: str | Promise
    url_name: str
    why: str | Promise


STEPS: dict[S, Step] = {
    S.SUBMITTED: Step(_("Åpne meldingen"), "cases:report", _("Meldingen er sendt inn og må mottas.")),
    S.RECEIVED: Step(
        _("Fordel meldingen"), "cases:report", _("Meldingen skal til helse- og velferdskontoret i bydelen.")
    ),
    S.ROUTED: Step(_("Tildel saken"), "cases:assign", _("Saken trenger en saksbehandler før noe annet kan skje.")),
    S.INITIAL_REVIEW: Step(
        _("Gjør første vurdering"),
        "cases:review",
        _("Sjekk hjelpen personen har fra før, familien, og om personen har barn. Deretter kalles personen inn."),
    ),
    S.SUMMONED: Step(
        _("Registrer samtalen"),
        "cases:talk",
        _("Personen skal få vite om meldingen, og at den kom fra politiet, før noe går videre."),
    ),
    S.INFORMED: Step(
        _("Registrer hva personen ønsker"), "cases:talk", _("Personen bestemmer selv om det blir et samarbeid.")
    ),
    S.CONSENT_PENDING: Step(
        _("Registrer samtykket"),
        "consent:record",
        _("Ingen andre tjenester får vite noe før samtykket er underskrevet."),
    ),
    S.CONSENT_REFUSED: Step(
        _("Åpne samtykket"),
        "consent:detail",
        _("Dere følger opp alene. Ombestemmer personen seg, kan samtykket hentes inn."),
    ),
    S.MAPPING: Step(
        _("Kartlegg behovene"),
        "cases:needs",
        _("Alle seks behov, ansvarsgruppe og individuell plan skal være vurdert før samarbeidet starter."),
    ),
    S.COLLABORATING: Step(
        _("Åpne planen"), "actionplans:detail", _("Følg opp tiltakene, og meld saken til arbeidsgruppen ved behov.")
    ),
    S.WORKING_GROUP_FOLLOW_UP: Step(
        _("Åpne planen"), "actionplans:detail", _("Følg opp det arbeidsgruppen ble enige om.")
    ),
    S.DECLINED: Step(
        _("Kall inn på nytt"),
        "cases:talk",
        _("Personen har takket nei. Ombestemmer personen seg, kalles det inn til ny samtale."),
    ),
}


# Within a state, what comes once these facts hold.
FURTHER: dict[S, tuple[frozenset[F], Step]] = {
    S.INITIAL_REVIEW: (
        REVIEWED,
        Step(_("Kall inn til samtale"), "cases:summon", _("Vurderingen er gjort. Nå skal personen kalles inn.")),
    ),
    S.MAPPING: (
        frozenset({F.BASIC_NEEDS_ASSESSED}),
        Step(
            _("Gjør klart for samarbeidet"),
            "cases:assessments",
            _("Behovene er vurdert. Vurder ansvarsgruppe og individuell plan, og kall inn til samarbeidsmøte."),
        ),
    ),
}


def step_for(case: Case, facts: AbstractSet[F] = frozenset()) -> tuple[Step, str] | None:
    """The next step of `case` and its address, given the facts in force (a list need not ask for them); None when
    nothing follows (a closed case).
    """
    step = STEPS.get(S(case.state))
    if S(case.state) in FURTHER:
        needed, further = FURTHER[S(case.state)]
        step = further if needed <= facts else step
    return (step, reverse(step.url_name, kwargs={"case_id": case.pk})) if step else None
