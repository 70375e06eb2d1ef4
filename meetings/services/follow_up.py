"""T11: a case taken up by the group is followed up by it, until its lead says that this is done."""

from django.db import transaction
from django.utils.translation import gettext as _

from agencies.actors import Actor
from agencies.decisions import NotNow
from cases.enums import CaseState, FactKind
from cases.models import Case
from cases.policies import may_work_on
from cases.services import lifecycle
from meetings import policies
from meetings.models import CaseItem, Meeting

SOURCE = "meetings.caseitem"


def begin_for_all(meeting: Meeting, *, by: Actor) -> None:
    """For every case on the agenda that `by` hears: the fact, and the state when it collaborates.

    The timeline gets no line: an entry has one part, and who lacks another of the item's parts must not learn of it.
    """
    items = meeting.case_items.heard_by(by).on_agenda().select_related("case")
    for item in items.order_by("case"):
        _begin(item, by=by)


@transaction.atomic
def begin(item: CaseItem, *, by: Actor) -> Case:
    """The lead says so itself, when whoever led the meeting may not hear the case. Raises NotNow when it is done."""
    policies.enforce(policies.may_follow_up(by, item))
    case = lifecycle.lock(item.case)
    if case.state != CaseState.COLLABORATING:
        raise NotNow(
            _("Saken er i «%(state)s», og kan ikke følges opp i arbeidsgruppen nå.")
            % {"state": CaseState(case.state).label},
            "wrong_state",
        )
    return _begin(item, by=by)


@transaction.atomic
def finish(case: Case, *, by: Actor) -> Case:
    """The group's follow-up is done: the case goes on as ordinary collaboration. Raises NotNow when none is going on."""
    case = lifecycle.lock(case)
    lifecycle.demand(may_work_on(by, case))
    if case.state != CaseState.WORKING_GROUP_FOLLOW_UP:
        raise NotNow(_("Saken følges ikke opp i arbeidsgruppen nå."), "wrong_state")
    case = lifecycle.change_state(case, CaseState.COLLABORATING, by=by)
    lifecycle.facts_ended(case, FactKind.ON_WORKING_GROUP_AGENDA, by=by)
    return case


def _begin(item: CaseItem, *, by: Actor) -> Case:
    case = lifecycle.lock(item.case)
    lifecycle.fact_ensured(case, FactKind.ON_WORKING_GROUP_AGENDA, by=by, source_type=SOURCE, source_id=item.pk)
    if case.state == CaseState.COLLABORATING:
        case = lifecycle.change_state(case, CaseState.WORKING_GROUP_FOLLOW_UP, by=by)
    return case
