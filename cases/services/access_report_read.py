"""The weekly report as one reader may know it: names are drawn now, numbers are those of the levels the reader is cleared for."""

import datetime as dt
import uuid
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from itertools import chain
from typing import Any

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from agencies.actors import Actor
from agencies.enums import Role
from agencies.models import Agency, User
from cases import policies, registers
from cases.enums import RightReason
from cases.models import AccessReport, Case
from cases.registers import ReportFigure
from cases.services.access_report import WEEK

# A quarter without signing in: either the person has stopped, or does not need the access.
DORMANT = dt.timedelta(days=90)

FIGURES = (
    ReportFigure("grant_approved", _("Roller og klareringer godkjent"), "people"),
    ReportFigure("grant_declined", _("Roller og klareringer avslått"), "people"),
    ReportFigure("grant_waiting", _("Roller og klareringer som venter på godkjenning"), "people", waits=True),
    ReportFigure("protection_raised", _("Vern hevet")),
    ReportFigure("protection_lowered", _("Vern senket")),
    ReportFigure("protection_waiting", _("Ønsker om å senke vernet som venter på svar"), waits=True, sticks_out=True),
    ReportFigure("conflict_declared", _("Ansatte meldt inhabile")),
    ReportFigure("conflict_ended", _("Inhabilitet opphevet")),
    ReportFigure("look_up_found", _("Uvanlige oppslag funnet"), "cases:log_review"),
    ReportFigure("look_up_settled", _("Uvanlige oppslag vurdert"), "cases:log_review"),
    ReportFigure("look_up_waiting", _("Oppslag som venter på vurdering"), "cases:log_review", waits=True),
    ReportFigure(
        "look_up_late", _("Oppslag som har ventet mer enn 14 dager"), "cases:log_review", waits=True, sticks_out=True
    ),
    ReportFigure(
        "breach_open", _("Avvik som ikke er fulgt opp"), "cases:log_review_breaches", waits=True, sticks_out=True
    ),
)


@dataclass(frozen=True)
class Counted:
    """A figure that is not zero for this reader."""

    figure: ReportFigure
    number: int

    @property
    def label(self) -> str | Promise:
        return self.figure.label

    @property
    def url(self) -> str:
        """Where more of it stands; "" for nowhere."""
        return reverse(self.figure.url_name) if self.figure.url_name else ""


@dataclass(frozen=True)
class MembershipThen:
    """A membership as it was when the report was made: whose, as what, from when until when, and who gave it."""

    user: User
    role: Role
    valid_from: dt.datetime
    valid_until: dt.datetime | None
    given_by: User | None
    approved_by: User | None


@dataclass(frozen=True)
class Colleague:
    """One of the agency's people, or a machine account, with how many cases they were given and could see."""

    user: User
    memberships: tuple[MembershipThen, ...]
    signed_in_at: dt.datetime | None
    assigned: int
    seen: int
    is_dormant: bool


@dataclass(frozen=True)
class Right:
    """What one agency could see on one ground: how many cases, until when, and the numbers of those the reader may know."""

    agency: Agency
    reason: RightReason
    count: int
    first_end: dt.datetime | None
    last_end: dt.datetime | None
    cases: tuple[Case, ...]

    @property
    def ends_within_the_day(self) -> bool:
        """Whether its end is told by the clock: break-glass."""
        return self.reason == RightReason.BREAK_GLASS


@dataclass(frozen=True)
class Report:
    """One week for one reader. `own` and `others` stood when it was made; `began`, `ended` and `ending` are changes. That a
    break-glass ends is no change worth telling: it always does, within the hour.
    """

    row: AccessReport
    colleagues: tuple[Colleague, ...]
    seen: int
    own: tuple[Right, ...]
    others: tuple[Right, ...]
    rights_began: tuple[Right, ...]
    rights_ended: tuple[Right, ...]
    rights_ending: tuple[Right, ...]
    roles_began: tuple[MembershipThen, ...]
    roles_ended: tuple[MembershipThen, ...]
    figures: tuple[Counted, ...]

    @property
    def dormant(self) -> list[Colleague]:
        """Colleagues with access who have not signed in for 90 days, or never although they could."""
        return [colleague for colleague in self.colleagues if colleague.is_dormant]

    @property
    def endless(self) -> list[MembershipThen]:
        """Memberships nobody has given an end."""
        return [one for one in self._memberships if one.valid_until is None]

    @property
    def ending_roles(self) -> list[MembershipThen]:
        """Memberships that end within a week of the report."""
        soon = self.row.made_at + WEEK
        return [one for one in self._memberships if one.valid_until is not None and one.valid_until <= soon]

    @property
    def alarms(self) -> list[Counted]:
        """The figures that must not be overlooked."""
        return [counted for counted in self.figures if counted.figure.sticks_out]

    @property
    def changes(self) -> list[Counted]:
        """The figures of the week itself."""
        return [counted for counted in self.figures if not counted.figure.waits]

    @property
    def waiting(self) -> list[Counted]:
        """What waited when the report was made and does not stand first already."""
        return [counted for counted in self.figures if counted.figure.waits and not counted.figure.sticks_out]

    @property
    def sticks_out(self) -> bool:
        return bool(self.alarms or self.dormant or self.endless or self.ending_roles or self.rights_ending)

    @property
    def has_changes(self) -> bool:
        """Whether anything happened in the week itself."""
        return bool(self.rights_began or self.rights_ended or self.roles_began or self.roles_ended or self.changes)

    @property
    def shown_cases(self) -> set[uuid.UUID]:
        """The cases the page names, for the log."""
        rights = chain(self.others, self.rights_began, self.rights_ended, self.rights_ending, self.own)
        return {case.pk for right in rights for case in right.cases}

    @property
    def _memberships(self) -> list[MembershipThen]:
        return [membership for colleague in self.colleagues for membership in colleague.memberships]


def reports_for(actor: Actor) -> QuerySet[AccessReport]:
    """The reports of the actor's agency, the newest week first; none for whoever is no privacy officer there."""
    if not policies.may_read_access_reports(actor):
        return AccessReport.objects.none()
    return AccessReport.objects.filter(agency=actor.agency).defer("content").order_by("-monday")


def read(report_id: uuid.UUID, *, by: Actor) -> Report | None:
    """One week as `by` may know it; None when there is none for them. Four queries, however much it holds."""
    row = reports_for(by).defer(None).filter(pk=report_id).first()
    return _Drawing(row, by).report() if row is not None else None


class _Drawing:
    """Turns the stored ids and numbers of one report into what one reader may know."""

    def __init__(self, row: AccessReport, by: Actor) -> None:
        self.row, self.by, self.content = row, by, row.content
        rights = [right for right in self.content["rights"] if by.is_cleared_for(right["level"])]
        self.rights: list[dict[str, Any]] = rights
        self.users = User.objects.in_bulk(self._user_ids())
        self.agencies = Agency.objects.in_bulk({right["agency"] for right in rights})
        named = {pk for right in rights for pk in right["cases"]}
        self.cases = {
            str(case.pk): case for case in Case.objects.visible_to(by).filter(pk__in=named, number__isnull=False)
        }

    def report(self) -> Report:
        mine = self.row.agency_id
        return Report(
            row=self.row,
            colleagues=tuple(self._colleague(one) for one in self.content["colleagues"]),
            seen=sum(right["count"] for right in self.rights if right["what"] == "seen"),
            own=self._of("in_force", lambda agency: agency == mine),
            others=self._of("in_force", lambda agency: agency != mine),
            rights_began=self._of("began"),
            rights_ended=self._of("ended"),
            rights_ending=tuple(one for one in self._of("ending") if one.reason != RightReason.BREAK_GLASS),
            roles_began=tuple(self._membership(one) for one in self.content["began"]),
            roles_ended=tuple(self._membership(one) for one in self.content["ended"]),
            figures=tuple(self._figures()),
        )

    def _user_ids(self) -> set[int]:
        colleagues = self.content["colleagues"]
        memberships = [
            *chain.from_iterable(one["memberships"] for one in colleagues),
            *self.content["began"],
            *self.content["ended"],
        ]
        ids = {one[who] for one in memberships for who in ("user", "given_by", "approved_by")}
        return {pk for pk in ids if pk is not None}

    def _within(self, by_level: Mapping[str, int]) -> int:
        """The number as far as the reader is cleared: what is about nobody counts for everybody."""
        return sum(count for level, count in by_level.items() if not level or self.by.is_cleared_for(level))

    def _colleague(self, one: dict[str, Any]) -> Colleague:
        memberships = tuple(self._membership(membership) for membership in one["memberships"])
        signed_in_at = _instant(one["signed_in_at"])
        since = signed_in_at or min(membership.valid_from for membership in memberships)
        return Colleague(
            user=self.users[one["user"]],
            memberships=memberships,
            signed_in_at=signed_in_at,
            assigned=self._within(one["assigned"]),
            seen=self._within(one["seen"]),
            is_dormant=not one["is_machine"] and since <= self.row.made_at - DORMANT,
        )

    def _membership(self, one: dict[str, Any]) -> MembershipThen:
        return MembershipThen(
            user=self.users[one["user"]],
            role=Role(one["role"]),
            valid_from=dt.datetime.fromisoformat(one["from"]),
            valid_until=_instant(one["until"]),
            given_by=self.users.get(one["given_by"]),
            approved_by=self.users.get(one["approved_by"]),
        )

    def _of(self, what: str, is_wanted: Callable[[int], bool] = lambda agency: True) -> tuple[Right, ...]:
        """The rights of this kind, one row an agency and ground: the levels within the clearance are added up."""
        together: dict[tuple[int, str], list[dict[str, Any]]] = {}
        for right in self.rights:
            if right["what"] == what and is_wanted(right["agency"]):
                together.setdefault((right["agency"], right["reason"]), []).append(right)
        found = [self._right(agency, reason, rights) for (agency, reason), rights in together.items()]
        order = list(RightReason)
        return tuple(sorted(found, key=lambda right: (right.agency.name, order.index(right.reason))))

    def _right(self, agency: int, reason: str, rights: list[dict[str, Any]]) -> Right:
        firsts, lasts = ([_instant(one[end]) for one in rights] for end in ("first_end", "last_end"))
        cases = [self.cases[pk] for one in rights for pk in one["cases"] if pk in self.cases]
        return Right(
            agency=self.agencies[agency],
            reason=RightReason(reason),
            count=sum(one["count"] for one in rights),
            first_end=min((end for end in firsts if end), default=None),
            last_end=max((end for end in lasts if end), default=None),
            cases=tuple(sorted(cases, key=lambda case: case.label)),
        )

    def _figures(self) -> Iterable[Counted]:
        for source in registers.report_sources():
            for figure in source.figures:
                number = self._within(self.content["figures"].get(figure.code, {}))
                if number:
                    yield Counted(figure, number)


def _instant(value: str | None) -> dt.datetime | None:
    return dt.datetime.fromisoformat(value) if value else None
