"""Break-glass (F-39): one person reads named parts of one case for an hour because life or health cannot wait.

How does one find a case one may not see? Never by browsing. One names one person completely, and the database answers
about open cases of one's own municipality only. Before it looks it writes down who asks, why and on which law, in the
same statement; nothing is answered unless that row and the log's are committed. So somebody who is only curious leaves
the same trace as somebody who saves a life, found or not: the privacy officer of their agency is told at once, and so is
whoever leads the case. Who must act now is told when nothing was found. A case that is kept from this very person (a
declared conflict, a protection they are not cleared for) is not found, and its lead is told of the attempt.
"""

import datetime as dt
import uuid
from collections.abc import Collection
from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.utils.translation import gettext as _

from agencies.actors import Actor
from agencies.decisions import NotNow
from agencies.enums import LegalUse, Part
from agencies.models import Agency, User
from agencies.models.programmes import LegalBasis
from audit import clock
from audit.enums import Outcome, Purpose
from audit.services import record
from cases.services import national_ids
from cases.services.names import sort_key
from consent import policies
from consent.engine import is_law_of
from consent.enums import GlassOutcome, GlassVerdict
from consent.models import GLASS_REASON_LENGTH, BreakGlass
from reminders.services import raise_reminder

OPENED, FLAGGED, OBJECTED = "glass_opened", "glass_flagged", "glass_objected"


@dataclass(frozen=True)
class Wanted:
    """The one person looked for: by the whole national identity number, or by the whole name and the birth date."""

    national_id: str = ""
    given_name: str = ""
    family_name: str = ""
    birth_date: dt.date | None = None

    def key(self) -> tuple[bytes | None, str | None, dt.date | None]:
        """What the database compares: the number's blind index, or the name's spelling and the date.

        Raises ValidationError when it is neither, or when no person can have the number.
        """
        if self.national_id:
            try:
                return national_ids.blind_index(national_ids.read(self.national_id).number), None, None
            except national_ids.ImpossibleNumberError as wrong:
                raise ValidationError(
                    {"national_id": _("Det er ikke et gyldig fødselsnummer. Se etter skrivefeil.")}
                ) from wrong
        if not (self.given_name and self.family_name and self.birth_date):
            raise ValidationError({"national_id": _("Skriv fødselsnummeret, eller hele navnet og fødselsdatoen.")})
        return None, sort_key(self.given_name, self.family_name), self.birth_date


def usable_laws(agency: Agency) -> list[LegalBasis]:
    """The rows of the catalogue a person in `agency` may rest a break-glass on today."""
    usable = LegalBasis.objects.usable_for(LegalUse.BREAK_GLASS, on=clock.today(), country=agency.municipality.country)
    return [basis for basis in usable if is_law_of(agency, basis)]


@transaction.atomic
def open_glass(wanted: Wanted, parts: Collection[Part], *, by: Actor, basis: LegalBasis, reason: str) -> BreakGlass:
    """Open what is found of `wanted` to `by` alone for 60 minutes, in these parts whoever wrote them, and tell those who
    control it. Look at the answer's `outcome`: the act is written down whatever it is.

    Pressed twice, the hour that runs is answered again. Raises ValidationError for what is not complete.
    """
    policies.may_break_glass(by).enforce()
    found: dict[str, str] = {}
    if not parts or not set(parts) <= set(policies.parts_in_emergency(by)):
        found["parts"] = _("Velg minst én del av listen.")
    if basis.pk not in {one.pk for one in usable_laws(by.agency)}:
        found["basis"] = _("Velg et lovgrunnlag fra listen.")
    if len(reason.strip()) < GLASS_REASON_LENGTH:
        found["reason"] = _("Skriv hva som haster, med minst %(count)d tegn.") % {"count": GLASS_REASON_LENGTH}
    if found:
        raise ValidationError(found)
    number, name_key, born = wanted.key()
    before = set(BreakGlass.objects.running().filter(user=by.user, agency=by.agency).values_list("pk", flat=True))
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT samlos.open_glass(%s::varchar[], %s, %s, %s, %s, %s)",
            [sorted(str(part) for part in parts), basis.code, reason.strip(), number, name_key, born],
        )
        (glass_id,) = cursor.fetchone()
    glass = BreakGlass.objects.get(pk=glass_id)
    if glass.pk not in before:
        opened = glass.outcome == GlassOutcome.OPENED
        _log("glass.opened" if opened else "glass.not_found", glass, by=by)
        _tell(OPENED, glass.pk)
    return glass


@transaction.atomic
def confirm_glass(glass: BreakGlass, *, by: Actor, note: str = "") -> BreakGlass:
    """The second person says that it was an emergency."""
    return _review(glass, GlassVerdict.CONFIRMED, by=by, note=note)


@transaction.atomic
def object_to_glass(glass: BreakGlass, *, by: Actor, note: str) -> BreakGlass:
    """The second person says that it was none, and why. What still runs ends, and its user is told."""
    glass = _review(glass, GlassVerdict.OBJECTED, by=by, note=note)
    raise_reminder(
        OBJECTED,
        recipient=glass.user,
        agency=glass.agency,
        subject_id=glass.pk,
        occurrence="objected",
        due_at=clock.now(),
    )
    return glass


@transaction.atomic
def end_glass(glass: BreakGlass, *, by: Actor) -> BreakGlass:
    """End it before the hour is over. From this instant its user reads no more."""
    policies.may_end_glass(by, glass).enforce()
    glass = BreakGlass.objects.get(pk=glass.pk)
    if not glass.is_running(clock.now()):
        raise NotNow(_("Nødtilgangen er allerede avsluttet."), "already_ended")
    _call("end_glass", glass.pk)
    ended = BreakGlass.objects.get(pk=glass.pk)
    _log("glass.ended", ended, by=by)
    return ended


@transaction.atomic
def flag_unreviewed(*, agency: Agency) -> int:
    """Mark what nobody said anything about within 24 hours, on behalf of the agency that should have, and say so again."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT glass_id, case_id FROM samlos.flag_glasses()")
        flagged: list[tuple[uuid.UUID, uuid.UUID | None]] = cursor.fetchall()
    for glass_id, case_id in flagged:
        record(
            "glass.flagged",
            user_id=None,
            agency_id=agency.pk,
            case_id=case_id,
            purpose=Purpose.CONTROL,
            object_type="break_glass",
            object_id=glass_id,
        )
        _tell(FLAGGED, glass_id)
    return len(flagged)


def count_for_report(_agency: Agency, since: dt.datetime, until: dt.datetime) -> list[tuple[str, str, int]]:
    """Of the asking agency: (code, protection level, number) of what the weekly report of who can see what tells."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT code, level, number FROM samlos.access_report_glasses(%s, %s)", [since, until])
        return list(cursor.fetchall())


def laws_of_glasses(ids: Collection[uuid.UUID]) -> dict[uuid.UUID, str]:
    """The code of the law each of these rests on, of those the database lets the actor know."""
    return dict(BreakGlass.objects.filter(pk__in=ids).values_list("pk", "legal_basis"))


def _review(glass: BreakGlass, verdict: GlassVerdict, *, by: Actor, note: str) -> BreakGlass:
    policies.may_confirm_glass(by, glass).enforce()
    note = note.strip()
    if verdict == GlassVerdict.OBJECTED and not note:
        raise ValidationError({"note": _("Skriv hvorfor du innvender.")})
    if BreakGlass.objects.unreviewed().filter(pk=glass.pk).first() is None:
        raise NotNow(_("Nødtilgangen er allerede kontrollert."), "already_reviewed")
    _call("review_glass", glass.pk, verdict.value, note)
    reviewed = BreakGlass.objects.select_related("user", "agency").get(pk=glass.pk)
    _log(f"glass.{verdict.value}", reviewed, by=by)
    return reviewed


def _call(function: str, *values: str | uuid.UUID) -> None:
    with connection.cursor() as cursor:
        places = ", ".join(["%s"] * len(values))
        cursor.execute(f"SELECT samlos.{function}({places})", values)


def _log(kind: str, glass: BreakGlass, *, by: Actor) -> None:
    """One event. That it names the law and the emergency is what the young person reads of it (F-37)."""
    record(
        kind,
        user_id=by.user.pk,
        agency_id=by.agency.pk,
        role=by.role_codes,
        case_id=glass.case_id,
        parts=glass.parts,
        basis=glass.legal_basis,
        purpose=Purpose.EMERGENCY if glass.user_id == by.user.pk else Purpose.CONTROL,
        object_type="break_glass",
        object_id=glass.pk,
        outcome=Outcome.REFUSED if kind == "glass.not_found" else Outcome.ALLOWED,
    )


def _tell(kind: str, glass_id: uuid.UUID) -> None:
    """Raise a reminder to each of those who control it. The database says who: the user may not know who leads."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT user_id, agency_id FROM samlos.people_told_of_glass(%s)", [glass_id])
        told: list[tuple[int, int]] = cursor.fetchall()
    users = User.objects.in_bulk({user_id for user_id, _agency in told})
    agencies = Agency.objects.in_bulk({agency_id for _user, agency_id in told})
    for user_id, agency_id in sorted(told):
        raise_reminder(
            kind,
            recipient=users[user_id],
            agency=agencies[agency_id],
            subject_id=glass_id,
            occurrence="now",
            due_at=clock.now(),
        )
