"""Going through the plan together: agreed beforehand with date, time and place, and noted afterwards (SIG-68)."""

import datetime as dt

from django.db import transaction
from django.utils.translation import gettext as _

from actionplans import policies
from actionplans.models import FollowUp
from agencies.actors import Actor
from agencies.decisions import NotNow
from agencies.enums import Part
from audit import clock
from cases.enums import EntryKind
from cases.models import Case
from cases.policies import may_store_whereabouts
from cases.services.lifecycle import demand, lock, record_change, write_entry


@transaction.atomic
def plan(
    case: Case, *, starts_at: dt.datetime, place: str, young_person_attends: bool, is_urgent: bool, by: Actor
) -> FollowUp:
    """Agree on a follow-up. `is_urgent`: an earlier one than planned, because something cannot wait.

    Raises NotNow for a second one at the same time, for one that is no earlier although it is urgent, and while one
    whose time has passed still waits to be registered.
    """
    case = lock(case)
    demand(policies.may_edit(by, case))
    if place:
        demand(may_store_whereabouts(by, case))
    coming = FollowUp.objects.contributed_by(by.agency).filter(case=case).coming().first()
    if coming is not None and coming.starts_at == starts_at:
        raise NotNow(_("Denne oppfølgingen er avtalt fra før."), "said_before")
    if coming is not None and coming.starts_at <= clock.now():
        raise NotNow(_("Den forrige oppfølgingen er ikke registrert. Registrer eller avlys den først."), "unregistered")
    if coming is not None and not is_urgent:
        raise NotNow(_("Det er avtalt en oppfølging fra før. Endre den, eller kryss av for at det haster."), "planned")
    if coming is not None and starts_at > coming.starts_at:
        raise NotNow(_("Det er avtalt en oppfølging før dette. Velg et tidligere tidspunkt."), "not_earlier")
    instant = clock.now()
    follow_up = FollowUp.objects.create(
        case=case, part=Part.CORE, starts_at=starts_at, place=place, young_person_attends=young_person_attends,
        is_urgent=is_urgent, author=by.user, author_agency=by.agency, created_at=instant, changed_at=instant,
    )  # fmt: skip
    record_change("plan.follow_up_planned", case, by=by, parts=[Part.CORE])
    return follow_up


@transaction.atomic
def move(follow_up: FollowUp, *, starts_at: dt.datetime, place: str, young_person_attends: bool, by: Actor) -> FollowUp:
    """Change the time or place of one that was not held yet. Those concerned are reminded of the new date."""
    case = lock(follow_up.case)
    demand(policies.may_edit(by, case))
    if place:
        demand(may_store_whereabouts(by, case))
    follow_up = _waiting(follow_up)
    follow_up.starts_at, follow_up.place, follow_up.young_person_attends = starts_at, place, young_person_attends
    follow_up.author, follow_up.changed_at = by.user, clock.now()
    follow_up.save(update_fields=["starts_at", "place", "young_person_attends", "author", "changed_at"])
    record_change("plan.follow_up_moved", case, by=by, parts=[Part.CORE])
    return follow_up


@transaction.atomic
def cancel(follow_up: FollowUp, *, by: Actor) -> None:
    """Call off one that was not held yet."""
    case = lock(follow_up.case)
    demand(policies.may_edit(by, case))
    follow_up = _waiting(follow_up)
    follow_up.removed_at = follow_up.changed_at = clock.now()
    follow_up.save(update_fields=["removed_at", "changed_at"])
    record_change("plan.follow_up_cancelled", case, by=by, parts=[Part.CORE])


@transaction.atomic
def hold(
    follow_up: FollowUp,
    *,
    held_on: dt.date,
    note: str,
    part: Part,
    following: tuple[dt.datetime, str] | None,
    by: Actor,
) -> FollowUp:
    """Note that it took place. What was said goes to the timeline, read by those who may know of `part`. `following` is
    the time and place of the next one, when it was agreed at once.
    """
    case = lock(follow_up.case)
    demand(policies.may_edit(by, case))
    follow_up = _waiting(follow_up)
    follow_up.held_on, follow_up.changed_at = held_on, clock.now()
    follow_up.save(update_fields=["held_on", "changed_at"])
    write_entry(
        case, kind=EntryKind.FOLLOW_UP, part=part, by=by, text=note, source_type="follow_up", source_id=follow_up.pk
    )
    record_change("plan.follow_up_held", case, by=by, parts={Part.CORE, part})
    if following is not None:
        starts_at, place = following
        attends = follow_up.young_person_attends
        plan(case, starts_at=starts_at, place=place, young_person_attends=attends, is_urgent=False, by=by)
    return follow_up


def _waiting(follow_up: FollowUp) -> FollowUp:
    current = FollowUp.objects.coming().filter(pk=follow_up.pk).first()
    if current is None:
        raise NotNow(_("Oppfølgingen er alt registrert eller avlyst."), "already_over")
    return current
