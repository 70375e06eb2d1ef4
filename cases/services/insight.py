"""The young person's log: who has read about them, opened by the lead's caseworker together with the person (G21).

What is shown and what is lawfully withheld make up the whole log of the case: an entry is left out by an approval in force
and by nothing else, and comes back by itself when the approval's end passes. Names are not told: the person can ask the
agency for them (C-579/21).
"""

import datetime as dt
import itertools
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.utils.translation import gettext as _

from agencies.actors import Actor
from agencies.decisions import NotNow
from agencies.enums import LegalUse
from agencies.models import Agency, LegalBasis
from agencies.services.legal_bases import usable_for
from audit import clock
from audit.enums import Purpose
from audit.services import record
from cases import policies
from cases.enums import ReviewOutcome, WhyReported
from cases.models import Case, LogWithholding
from cases.services import log_words
from cases.services.lifecycle import lock, record_change

RECENT = dt.timedelta(days=30)
LONGEST = dt.timedelta(days=365)


@dataclass(frozen=True)
class Look:
    """One event of the log as the lead may know it: never who."""

    event_id: uuid.UUID
    at: dt.datetime
    kind: str
    agency_id: int | None
    role: str
    parts: tuple[str, ...]
    basis: str
    purpose: str
    withheld: bool


@dataclass(frozen=True)
class AnswerToReport:
    """What has become of a look-up the person asked about."""

    reported_at: dt.datetime
    outcome: ReviewOutcome | None


@dataclass(frozen=True)
class Entry:
    """Looks of one day that read alike: "NAV åpnet saken din", with their times, newest first."""

    day: dt.date
    who: str
    did: str
    saw: str
    role: str
    purpose: str
    basis: str
    is_exception: bool
    withheld: bool
    by_agency: bool
    looks: tuple[Look, ...] = ()
    answer: AnswerToReport | None = None

    @property
    def first(self) -> Look:
        """The one an entry is asked about by; the others of it are answered with it."""
        return self.looks[0]

    @property
    def can_be_reported(self) -> bool:
        """What no agency did, nobody can be asked about."""
        return self.by_agency


@dataclass(frozen=True)
class Counted:
    """How many entries the log has, and how many by how many agencies in the last thirty days."""

    entries: int
    recent: int
    recent_agencies: int


NO_ANSWERS: Mapping[uuid.UUID, AnswerToReport] = MappingProxyType({})


# --- reading the log ---------------------------------------------------------------------------------------------------


def looks_of(
    case: Case, *, most: int, skipped: int = 0, with_withheld: bool = False, only: uuid.UUID | None = None
) -> list[Look]:
    """The newest `most` events of the case after `skipped`, whoever made them; none unless the asking agency leads it."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT event_id, at, kind, agency_id, role, parts, basis, purpose, withheld"
            " FROM samlos.reads_of_case(%s, %s, %s, %s, %s)",
            [case.pk, with_withheld, most, skipped, only],
        )
        return [
            Look(event_id, at, kind, agency_id, role, tuple(parts), basis, purpose, withheld)
            for event_id, at, kind, agency_id, role, parts, basis, purpose, withheld in cursor.fetchall()
        ]


def count_of(case: Case, *, by: Actor, with_withheld: bool = False) -> Counted:
    """The numbers of the log's first sentence. What is withheld counts only where it is shown."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT entries, recent, recent_agencies FROM samlos.count_reads_of_case(%s, %s, %s)",
            [case.pk, with_withheld, by.at - RECENT],
        )
        return Counted(*cursor.fetchone())


def in_words(looks: Iterable[Look], answers: Mapping[uuid.UUID, AnswerToReport] = NO_ANSWERS) -> list[Entry]:
    """The looks as sentences, those of a day that read alike in one entry, with what the person was answered about any of
    them. Two queries, however many.
    """
    looks = list(looks)
    agencies = Agency.objects.in_bulk({look.agency_id for look in looks if look.agency_id is not None})
    codes = {code for look in looks for code in look.basis.split(",") if code}
    citations = {basis.code: basis.citation for basis in LegalBasis.objects.filter(code__in=codes)} if codes else {}
    alike: dict[Entry, list[Look]] = {}
    for look in looks:
        # Codes that differ may say the same: what reads alike is one entry.
        alike.setdefault(_said(look, agencies, citations), []).append(look)
    return [
        replace(
            said,
            looks=tuple(group),
            answer=next((answers[one.event_id] for one in group if one.event_id in answers), None),
        )
        for said, group in alike.items()
    ]


def by_day(entries: Iterable[Entry]) -> list[tuple[dt.date, list[Entry]]]:
    """The entries under their days, in the order they come."""
    return [(day, list(group)) for day, group in itertools.groupby(entries, key=lambda entry: entry.day)]


def _said(look: Look, agencies: Mapping[int, Agency], citations: Mapping[str, str]) -> Entry:
    """What is said of a look, whenever on its day it was: an entry still without looks."""
    agency = agencies.get(look.agency_id) if look.agency_id is not None else None
    return Entry(
        day=look.at.astimezone(clock.local_zone()).date(),
        who=agency.name if agency is not None else _("Samlos"),
        did=log_words.what_was_done(look.kind, look.purpose),
        saw=log_words.could_read(look.parts) if look.kind in log_words.READS else "",
        role=log_words.role_words(look.role),
        purpose=log_words.purpose_words(look.purpose),
        basis=log_words.basis_words(look.basis, citations),
        is_exception=log_words.is_exception(look.kind, look.basis),
        withheld=look.withheld,
        by_agency=look.agency_id is not None,
    )


# --- withholding an entry for a time -----------------------------------------------------------------------------------


def usable_bases(case: Case) -> list[LegalBasis]:
    """What an entry may be withheld on, in the case's country (personopplysningsloven § 16)."""
    country = case.lead_agency.municipality.country
    return list(usable_for(LegalUse.LOG_WITHHOLDING, on=clock.today(), country=country))


def told_of(case: Case) -> list[LogWithholding]:
    """The withholdings in force whose existence the person may know: each with its basis and its end."""
    rows = LogWithholding.objects.in_force().filter(case=case, existence_is_told=True)
    return list(rows.select_related("basis").order_by("valid_until", "pk"))


def decisions_of(case: Case) -> list[LogWithholding]:
    """Every withholding that waits or is in force, the waiting first: what the lead's own page lists."""
    rows = LogWithholding.objects.filter(case=case, ended_at=None, valid_until__gt=clock.now())
    return list(rows.select_related("basis", "asked_by", "approved_by").order_by("-approved_at", "asked_at", "pk"))


@transaction.atomic
def ask_to_withhold(
    case: Case,
    event_id: uuid.UUID,
    *,
    by: Actor,
    basis: LegalBasis,
    reason: str,
    existence_is_told: bool,
    valid_until_date: dt.date,
) -> LogWithholding:
    """Ask a manager to keep one entry out of the person's log up to and including `valid_until_date`.

    Until somebody else has approved it the entry is shown. The log's own row names no case: asking is nothing anybody
    did with the person's information, and would tell what it asks to withhold. ValidationError by field; NotNow when
    the entry is not there (any longer) or is asked about already.
    """
    case = lock(case)
    policies.may_show_log(by, case).enforce()
    found: dict[str, str] = {}
    if basis.pk not in {usable.pk for usable in usable_bases(case)}:
        found["basis"] = _("Velg en av hjemlene i listen.")
    if not reason.strip():
        found["reason"] = _("Skriv hvorfor oppslaget ikke kan vises ennå.")
    if not clock.today() <= valid_until_date < clock.today() + LONGEST:
        found["valid_until_date"] = _("Velg en sluttdato fra i dag og inntil ett år fram.")
    if found:
        raise ValidationError(found)
    same = LogWithholding.objects.filter(case=case, event_id=event_id, ended_at=None, valid_until__gt=clock.now())
    if same.exists() or not _is_in_log(case, event_id):
        raise NotNow(_("Oppslaget er allerede holdt tilbake, eller står ikke i loggen."), "already_withheld")
    withholding = LogWithholding.objects.create(
        case=case,
        event_id=event_id,
        basis=basis,
        reason=reason.strip(),
        existence_is_told=existence_is_told,
        asked_by=by.user,
        asked_at=clock.now(),
        valid_until=clock.end_of(valid_until_date),
    )
    _record("insight.withholding_asked", withholding, by=by)
    return withholding


@transaction.atomic
def approve_withholding(withholding: LogWithholding, *, by: Actor) -> LogWithholding:
    """A second person stands behind it: from now until its end the person is not shown the entry."""
    withholding = _waiting(withholding, by=by)
    policies.may_decide_withholding(by, withholding.case, withholding).enforce()
    withholding.approved_by, withholding.approved_at = by.user, clock.now()
    withholding.save(update_fields=["approved_by", "approved_at"])
    _record("insight.withholding_approved", withholding, by=by)
    return withholding


@transaction.atomic
def end_withholding(withholding: LogWithholding, *, by: Actor) -> None:
    """Say no to what was asked, or show the entry before its time: any of those who may show the log may do that."""
    case = lock(withholding.case)
    policies.may_show_log(by, case).enforce()
    withholding = LogWithholding.objects.select_for_update().get(pk=withholding.pk)
    if withholding.ended_at is not None or withholding.valid_until <= clock.now():
        raise NotNow(_("Oppslaget vises allerede."), "already_ended")
    withholding.ended_by, withholding.ended_at = by.user, clock.now()
    withholding.save(update_fields=["ended_by", "ended_at"])
    _record("insight.withholding_ended", withholding, by=by)


def _waiting(withholding: LogWithholding, *, by: Actor) -> LogWithholding:
    case = lock(withholding.case)
    policies.may_show_log(by, case).enforce()
    found = LogWithholding.objects.waiting().select_for_update().filter(pk=withholding.pk).first()
    if found is None:
        raise NotNow(_("Det er allerede avgjort."), "already_decided")
    found.case = case
    return found


def _record(kind: str, withholding: LogWithholding, *, by: Actor) -> None:
    record(
        kind,
        user_id=by.user.pk,
        agency_id=by.agency.pk,
        role=by.role_codes,
        object_type="log_withholding",
        object_id=withholding.pk,
        basis=withholding.basis.code,
        purpose=Purpose.INSIGHT,
    )


def _is_in_log(case: Case, event_id: uuid.UUID) -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT samlos.is_read_of_case(%s, %s)", [case.pk, event_id])
        return bool(cursor.fetchone()[0])


def entry_of(case: Case, event_id: uuid.UUID, *, with_withheld: bool = False) -> Entry | None:
    """One entry of the log by one of its events; None when there is none, or the person is not shown it."""
    found = in_words(looks_of(case, most=1, with_withheld=with_withheld, only=event_id))
    return found[0] if found else None


# --- asking about a look-up --------------------------------------------------------------------------------------------


@transaction.atomic
def report(case: Case, event_id: uuid.UUID, why: WhyReported, *, by: Actor) -> None:
    """Ask, for the person, the agency that made a look-up about it: its privacy officer judges it.

    NotNow when it is asked already, or is no entry the person is shown.
    """
    policies.may_show_log(by, case).enforce()
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT samlos.report_look_up(%s, %s, %s, %s)", [case.pk, event_id, why, str(clock.local_zone())]
        )
        made = cursor.fetchone()[0]
    if made is None:
        raise NotNow(_("Det er allerede meldt fra om dette oppslaget."), "already_reported")
    record_change("insight.reported", case, by=by, purpose=Purpose.INSIGHT)


def answers_to_reports(case: Case) -> dict[uuid.UUID, AnswerToReport]:
    """By event: what became of the look-ups the person asked about."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT event_id, reported_at, outcome FROM samlos.answers_to_reports(%s)", [case.pk])
        return {
            event_id: AnswerToReport(reported_at, ReviewOutcome(outcome) if outcome else None)
            for event_id, reported_at, outcome in cursor.fetchall()
        }
