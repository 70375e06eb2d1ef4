"""Twenty ways of getting the sentence wrong, each one clause answered as somebody in a hurry would write it.

A question put to the application kills a mutant when the mutant's answer differs from the application's. A question
set that lets one live is not worth its number (security.md G1: uniform questions killed six of nine).
"""

import datetime as dt
from collections.abc import Iterator

from tests.oracle.rule import (
    ANSWERING_ROLES,
    CORE,
    GLASS_LASTS,
    NEVER,
    ZONE,
    ConsentRecorded,
    DisclosureRecorded,
    GlassBroken,
    MembershipGiven,
    Right,
    Rule,
    Written,
    instant,
)


class ExpiryInclusive(Rule):
    """A consent still holds at the instant it ends: `<=` for `<`."""

    def day_ends(self, day: dt.date) -> int:
        return super().day_ends(day) + 1


class RevocationIgnored(Rule):
    def consent_revoked(self, consent: ConsentRecorded) -> int | None:
        return None


class RevocationInclusive(Rule):
    """A revoked consent still holds at the instant it was revoked."""

    def consent_revoked(self, consent: ConsentRecorded) -> int | None:
        revoked = super().consent_revoked(consent)
        return None if revoked is None else revoked + 1


class PartIgnored(Rule):
    def consent_covers(self, consent: ConsentRecorded, agency: int, written: Written) -> bool:
        return written.author in consent.givers


class GiverIgnored(Rule):
    def consent_covers(self, consent: ConsentRecorded, agency: int, written: Written) -> bool:
        return written.part == CORE or (agency, written.part) in consent.boxes


class RecipientsMixed(Rule):
    """Every recipient of the consent gets what any of them was given: the wrong agency."""

    def consent_covers(self, consent: ConsentRecorded, agency: int, written: Written) -> bool:
        parts = {part for _recipient, part in consent.boxes}
        return (written.part == CORE or written.part in parts) and written.author in consent.givers


class CoreFromAnybody(Rule):
    """Core comes with every right, whoever wrote it: what others than the givers wrote slips in with it."""

    def consent_covers(self, consent: ConsentRecorded, agency: int, written: Written) -> bool:
        return written.part == CORE or super().consent_covers(consent, agency, written)


class ConflictIgnored(Rule):
    def is_in_conflict(self, user: int, case: int, t: int) -> bool:
        return False


class MembershipEndIgnored(Rule):
    def membership_end(self, given: MembershipGiven) -> int:
        return NEVER


class MembershipEndInclusive(Rule):
    """A membership holds at the very instant it ends."""

    def membership_end(self, given: MembershipGiven) -> int:
        return super().membership_end(given) + 1


class RoleIgnored(Rule):
    """Any member will do."""

    def role_permits(self, roles: frozenset[str]) -> bool:
        return bool(roles)


class AdministratorAnswers(Rule):
    """Those who see to people and roles take themselves to answer for the cases too."""

    def role_permits(self, roles: frozenset[str]) -> bool:
        return super().role_permits(roles) or "agency_administrator" in roles

    def answers(self, user: int, agency: int, t: int) -> bool:
        return not self.roles(user, agency, t).isdisjoint(ANSWERING_ROLES | {"agency_administrator"})


class AssignmentIgnored(Rule):
    def is_assigned(self, user: int, agency: int, case: int, t: int) -> bool:
        return True


class AssignmentTakenLate(Rule):
    """An assignment holds at the very instant it is taken away."""

    def is_assigned(self, user: int, agency: int, case: int, t: int) -> bool:
        before, now = (super(AssignmentTakenLate, self).is_assigned(user, agency, case, at) for at in (t - 1, t))
        return before or now


class AssignmentInAnyAgency(Rule):
    """Assigned for one agency, and working on it for another."""

    def is_assigned(self, user: int, agency: int, case: int, t: int) -> bool:
        agencies = {where for (who, where) in list(self.memberships) if who == user}
        return any(super(AssignmentInAnyAgency, self).is_assigned(user, where, case, t) for where in agencies)


class ClearanceIgnored(Rule):
    def is_cleared(self, user: int, agency: int, case: int, t: int) -> bool:
        return True


class ApprovalIgnored(Rule):
    """A disclosure against a no counts before a second person stood behind it."""

    def is_approved(self, disclosure: DisclosureRecorded, t: int) -> bool:
        return True


class GlassForColleagues(Rule):
    def glass_is_for(self, glass: GlassBroken, user: int, agency: int) -> bool:
        return glass.agency == agency


class GlassInclusive(Rule):
    """The glass is still broken at sixty minutes and nothing."""

    def glass_holds(self, glass: GlassBroken, t: int) -> bool:
        return super().glass_holds(glass, t) or t == glass.at + GLASS_LASTS


class LeadReadsOn(Rule):
    """Who once led keeps its sight after routing."""

    def leads_at(self, agency: int, case: int, t: int) -> bool:
        return any(said.agency == agency for said in self.leads[case] if said.at <= t)


class LeadSeesAll(Rule):
    """Leading is owning."""

    def lead_receives(self, agency: int, written: Written) -> bool:
        return True


class LeadReadsTheSender(Rule):
    """A lead sees whatever the report's sender writes, not only what came with the report."""

    def lead_receives(self, agency: int, written: Written) -> bool:
        return super().lead_receives(agency, written) or any(
            sent.author == written.author and sent.sent for sent in self.contents_of[written.case]
        )


class SenderReadsOn(Rule):
    """Who sent the report keeps a right to the case."""

    def rights(self, user: int, agency: int, case: int, t: int) -> Iterator[Right]:
        yield from super().rights(user, agency, case, t)
        if any(written.sent and written.author == agency and written.at <= t for written in self.contents_of[case]):
            yield Right(lambda written: written.part == CORE or written.author == agency)


class AuthorFindsTheCase(Rule):
    """Who wrote anything in the case finds what it wrote there, right or no right."""

    def rights(self, user: int, agency: int, case: int, t: int) -> Iterator[Right]:
        yield from super().rights(user, agency, case, t)
        yield Right(lambda written: written.author == agency)


class FutureCounts(Rule):
    """A right counts from the day it is written down, not from its first day."""

    def has_begun(self, begins: int, t: int) -> bool:
        return True


class DayEndsInWinterTime(Rule):
    """The day ends an hour late while it is summer."""

    def day_ends(self, day: dt.date) -> int:
        winter = dt.timezone(dt.timedelta(hours=1))
        return instant(dt.datetime.combine(day + dt.timedelta(days=1), dt.time.min, tzinfo=winter))


class DayEndsBeforeItIsOver(Rule):
    """ "T.o.m." read as "until": the last day is lost."""

    def day_ends(self, day: dt.date) -> int:
        return instant(dt.datetime.combine(day, dt.time.min, tzinfo=ZONE))


class ClosedAccountCounts(Rule):
    def account_is_good(self, user: int, t: int) -> bool:
        return True


class AccountClosedLate(Rule):
    """An account is good at the very instant it is closed."""

    def account_is_good(self, user: int, t: int) -> bool:
        return super().account_is_good(user, t) or super().account_is_good(user, t - 1)


NAMED: tuple[type[Rule], ...] = tuple(kind for kind in Rule.__subclasses__() if kind.__module__ == __name__)
