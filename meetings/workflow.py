"""What may follow what for a meeting and for a case on its agenda. No users, no database: two tables to read."""

from meetings.enums import ItemState as I
from meetings.enums import MeetingState as M

MEETING_TRANSITIONS: frozenset[tuple[M, M]] = frozenset({(M.PLANNED, M.HELD), (M.PLANNED, M.CANCELLED)})

ITEM_TRANSITIONS: frozenset[tuple[I, I]] = frozenset(
    {
        (I.PROPOSED, I.ACCEPTED),
        (I.PROPOSED, I.DECLINED),
        (I.PROPOSED, I.WITHDRAWN),
        (I.ACCEPTED, I.ACCEPTED),  # another time on the same agenda
        (I.ACCEPTED, I.DECLINED),
        (I.ACCEPTED, I.WITHDRAWN),
        (I.DECLINED, I.ACCEPTED),
    }
)

# What a coordinator decides about; the rest is over.
WAITING_OR_ON = frozenset({I.PROPOSED, I.ACCEPTED})
