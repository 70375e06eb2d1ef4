"""Min dag: what is late, what is today, this week and after, each row with one action. Charts nobody asked for are absent."""

import datetime as dt
import uuid
from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Exists, OuterRef, Q
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET

from agencies.actors import Actor
from agencies.enums import Part, Role
from agencies.http import Request
from agencies.templatetags.samlos import ago_at
from audit import clock
from audit.clock import Now
from audit.models import Event
from cases import registers
from cases.enums import CaseState
from cases.grants import assigned_case_ids
from cases.models import Case, CaseUserObjectPermission
from cases.registers import DayRow
from cases.views import next_steps, words
from cases.views.case_list import case_rows, report_labels
from cases.views.loading import record_list
from cases.workflow import OWNERS, Turn
from reminders.services import unseen_for

# A day's page is for acting, not for reading lists: what is beyond this stands in the list of cases.
MOST = 60
MINE_SHOWN = 8
# The last minute of a day (`clock.deadline_on`), or the first instant after it (the end of a right).
_END_OF_DAY = (dt.time(23, 59), dt.time.min)


@dataclass(frozen=True)
class Section:
    """One panel of rows: until when they are due, and what its chip says."""

    id: str
    title: str | Promise
    chip: str | Promise
    rows: list[dict[str, object]]

    @property
    def is_late(self) -> bool:
        return self.id == "over"


@require_GET
def home(request: Request) -> HttpResponse:
    """Everything that waits for the actor, from every app, and the cases that are theirs."""
    actor = request.actor
    waiting = registers.day_rows_for(actor)
    sections = _sections(waiting, actor.at)
    mine = assigned_case_ids(actor)
    visible = Case.objects.visible_to(actor).exclude(state=CaseState.CLOSED)
    ids = list(visible.filter(pk__in=mine).soonest_first().values_list("pk", flat=True))
    record_list(
        request,
        "case.listed",
        {*ids[:MINE_SHOWN], *(row.case_id for row in waiting if row.case_id is not None)},
        parts={Part.CORE, *(row.part for row in waiting if row.part)},
        object_type="my_day",
    )
    unseen = unseen_for(actor)
    context = {
        "today": actor.at,
        "sections": [section for section in sections if section.rows],
        "unseen": unseen,
        "reminder_count": len(unseen),
        "mine": case_rows(actor, ids[:MINE_SHOWN], mine),
        "mine_count": len(ids),
        "sees_cases": actor.answers_for_agency or actor.has_role(Role.CASEWORKER),
        "answers": actor.answers_for_agency,
    }
    return render(request, "cases/my_day.html", context)


def own_rows(actor: Actor) -> Iterable[DayRow]:
    """This app's own rows: deadlines of cases where the next step is the actor's, cases they were newly given, and for
    a manager those of the agency that are late with somebody else. A case has one row: new, until it is opened or late.
    """
    given = _unopened(actor)
    mine = assigned_case_ids(actor)
    unstaffed = _unstaffed_ids(actor)
    due = [pk for pk in _due_ids(actor, mine) if pk not in unstaffed]
    found = Case.objects.visible_to(actor).exclude(state=CaseState.CLOSED)
    cases = found.select_related("person", "lead_agency", "programme_version").in_bulk({*due, *given, *unstaffed})
    reports = report_labels(actor, cases.values())
    # A case may have gone between the queries: what is not found any more is not shown.
    for pk in unstaffed:
        if pk in cases:
            yield _unstaffed_row(actor, cases[pk])
    for pk in dict.fromkeys([*due, *given]):
        if pk in cases:
            yield _row(actor, cases[pk], given.get(pk), reports.get(pk, ""), assigned=pk in mine)


def _row(actor: Actor, case: Case, given: CaseUserObjectPermission | None, report: str, *, assigned: bool) -> DayRow:
    step = next_steps.step_for(case)
    is_mine = words.is_turn_of(actor, case, assigned=assigned)
    is_new = given is not None and not (is_mine and case.is_late(actor.at))
    action, url = _("Åpne saken"), reverse("cases:detail", args=[case.pk])
    title: str | Promise = _("Du er tildelt en sak") if is_new else CaseState(case.state).label
    if is_mine and step is not None:
        title, action, url = words.deadline_label(case) or step[0].action, str(step[0].action), step[1]
    elif not is_new:
        title = words.deadline_label(case) or title
    about = [_label(case, report)]
    if case.number is not None:
        about.append(case.person.short_name)
    if given is not None:
        when = {"when": ago_at(given.assigned_at, actor.at), "name": given.assigned_by.name}
        about.append(_("Fordelt %(when)s av %(name)s") % when)
    elif not is_mine:
        about.append(words.whose_turn(actor, case, assigned=assigned))
    return DayRow(
        due_at=None if is_new else case.due_at,
        title=title,
        context=" · ".join(about),
        action=action,
        url=url,
        case_id=case.pk,
    )


def _due_ids(actor: Actor, mine: set[uuid.UUID]) -> list[uuid.UUID]:
    """Cases the agency leads whose deadline is this actor's to meet, and for a manager every late one; soonest first."""
    wanted = Q(state__in=_states(Turn.LEAD_CASEWORKER, Turn.AGENCIES), pk__in=mine)
    if actor.has_role(Role.INTAKE):
        wanted |= Q(state__in=_states(Turn.INTAKE))
    if actor.has_role(Role.MANAGER):
        wanted |= Q(state__in=_states(Turn.LEAD_MANAGER)) | Q(due_at__lte=Now())
    led = Case.objects.visible_to(actor).led_by(actor.agency).filter(wanted, due_at__isnull=False)
    return list(led.soonest_first().values_list("pk", flat=True)[:MOST])


def _unstaffed_ids(actor: Actor) -> list[uuid.UUID]:
    """For a manager: the agency's own cases that have lost their last caseworker (a conflict declared, a job left)."""
    if not actor.has_role(Role.MANAGER):
        return []
    anybody = CaseUserObjectPermission.objects.filter(content_object=OuterRef("pk"), agency=actor.agency)
    led = Case.objects.visible_to(actor).led_by(actor.agency).filter(~Exists(anybody))
    needing = led.in_states(*_states(Turn.LEAD_CASEWORKER, Turn.AGENCIES))
    return list(needing.soonest_first().values_list("pk", flat=True)[:MOST])


def _unstaffed_row(actor: Actor, case: Case) -> DayRow:
    today = actor.at.astimezone(clock.local_zone()).date()
    return DayRow(
        due_at=clock.deadline_on(today),
        title=_("Saken har ingen saksbehandler"),
        context=" · ".join([_label(case, ""), case.person.short_name]),
        action=_("Tildel saken"),
        url=reverse("cases:assign", args=[case.pk]),
        case_id=case.pk,
    )


def _label(case: Case, report: str) -> str:
    """The intake's rows bear the report's label and no name: a name appears when a report is opened."""
    if case.number is None:
        return _("Melding %(label)s") % {"label": report}
    return _("Sak %(label)s") % {"label": case.label}


def _states(*turns: Turn) -> list[CaseState]:
    return [state for state, turn in OWNERS.items() if turn in turns and state != CaseState.CLOSED]


def _unopened(actor: Actor) -> dict[uuid.UUID, CaseUserObjectPermission]:
    """Assignments somebody else gave the actor to cases not opened since: the log knows what has been opened."""
    opened = Event.objects.filter(
        kind="case.read", user_id=actor.user.pk, case_id=OuterRef("content_object_id"), at__gte=OuterRef("assigned_at")
    )
    rows = (
        CaseUserObjectPermission.objects.filter(
            user=actor.user, agency=actor.agency, permission__codename="work_on_case"
        )
        .exclude(assigned_by=actor.user)
        .exclude(Exists(opened))
        .select_related("assigned_by")
        .order_by("-assigned_at", "pk")[:MOST]
    )
    return {row.content_object_id: row for row in rows}


def _sections(rows: Iterable[DayRow], now: dt.datetime) -> list[Section]:
    """Rows by when they are due in the municipality's zone; weeks begin on Monday. A past appointment is gone."""
    today = now.astimezone(clock.local_zone()).date()
    sunday = today + dt.timedelta(days=6 - today.weekday())
    sections = [
        Section("over", gettext_lazy("Over fristen"), gettext_lazy("over fristen"), []),
        Section("dag", gettext_lazy("I dag"), gettext_lazy("i dag"), []),
        Section("uke", gettext_lazy("Denne uka"), gettext_lazy("denne uka"), []),
        Section("neste", gettext_lazy("Neste uke"), gettext_lazy("neste uke"), []),
        Section("senere", gettext_lazy("Senere"), gettext_lazy("senere"), []),
    ]
    over, this_day, week, next_week, later = sections
    for row in rows:
        day = clock.last_day(row.due_at) if row.due_at else today
        if row.due_at is not None and row.is_appointment and day < today:
            continue
        if row.due_at is not None and row.due_at <= now and not row.is_appointment:
            place = over
        elif day <= today:
            place = this_day
        elif day <= sunday:
            place = week
        elif day <= sunday + dt.timedelta(days=7):
            place = next_week
        else:
            place = later
        place.rows.append(_drawn(row))
    return sections


def _drawn(row: DayRow) -> dict[str, object]:
    """As `{% rows %}` draws it. A deadline at the end of a day is shown as that day, which is what people know."""
    when: dt.date | dt.datetime | None = row.due_at
    if row.due_at is not None and row.due_at.astimezone(clock.local_zone()).time() in _END_OF_DAY:
        when = clock.last_day(row.due_at)
    return {
        "when": when,
        "note": "" if row.due_at else _("ny for deg"),
        "title": row.title,
        "meta": row.context,
        "action": row.action,
        "url": row.url,
        "is_appointment": row.is_appointment,
    }
