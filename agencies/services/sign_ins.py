"""Sessions as rows: begun at sign-in, asked for at each request, ended by their owner, by time or by what happens to the account."""

import datetime as dt
import uuid

from django.conf import settings

from agencies.models import Agency, SignIn, User
from agencies.models.sign_ins import SignInQuerySet
from audit import clock
from audit.asked import Asked

# What a browser says of itself, in the order they must be looked for: Edge calls itself Chrome, and Chrome Safari.
_BROWSERS = (("Edg", "Edge"), ("OPR/", "Opera"), ("Firefox", "Firefox"), ("Chrome", "Chrome"), ("Safari", "Safari"))
_SYSTEMS = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("Macintosh", "Mac"),
    ("CrOS", "Chromebook"),
    ("Linux", "Linux"),
)
KEPT = dt.timedelta(days=30)
_OPEN = Asked(
    lambda sign_in_id, user_id: SignIn.objects.open().filter(pk=sign_in_id, user=user_id), uuid.UUID(int=0), -1
)


def device_words(user_agent: str) -> str:
    """ "Firefox, Windows": enough to know one's own machine again. Nothing when the browser says nothing we know."""
    found = [next((word for mark, word in marks if mark in user_agent), "") for marks in (_BROWSERS, _SYSTEMS)]
    return ", ".join(word for word in found if word)


def begin(user: User, *, user_agent: str) -> SignIn:
    """Note a new session. Where the settings say how many one person may have at once, the oldest end (security.md 5)."""
    now = clock.now()
    most = settings.SESSIONS_AT_ONCE
    if most is not None:
        newest = open_of(user).order_by("-seen_at").values_list("pk", flat=True)[: most - 1]
        open_of(user).exclude(pk__in=list(newest)).update(ended_at=now)
    return SignIn.objects.create(user=user, device=device_words(user_agent), started_at=now, seen_at=now)


def is_open(sign_in_id: object, user: User) -> bool:
    """Whether the session that carries this id may go on: the row is this user's and nobody has ended it.

    False for whatever is no id at all.
    """
    try:
        wanted = uuid.UUID(str(sign_in_id))
    except ValueError:
        return False
    return bool(_OPEN.answer(wanted, user.pk))


def saw(sign_in_id: object) -> None:
    """Note that the session was used, for its owner's list."""
    SignIn.objects.open().filter(pk=uuid.UUID(str(sign_in_id))).update(seen_at=clock.now())


def open_of(user: User) -> SignInQuerySet:
    """The sessions of `user` that are open and have not been idle or old long enough to be over."""
    now = clock.now()
    return SignIn.objects.open().filter(
        user=user,
        seen_at__gt=now - dt.timedelta(seconds=settings.SESSION_IDLE_SECONDS),
        started_at__gt=now - dt.timedelta(seconds=settings.SESSION_COOKIE_AGE),
    )


def end(sign_in_id: uuid.UUID, user: User) -> bool:
    """End one of the user's own sessions: its next request finds itself signed out. False when there was none."""
    return bool(SignIn.objects.open().filter(pk=sign_in_id, user=user).update(ended_at=clock.now()))


def end_if_open(sign_in_id: object, user: User) -> None:
    """Signing out: the row of the session that closes, if it has one that stands."""
    if is_open(sign_in_id, user):
        end(uuid.UUID(str(sign_in_id)), user)


def end_all(user: User, *, but: object = None) -> int:
    """End every session of `user`, except the one named. Returns how many."""
    open_ones = SignIn.objects.open().filter(user=user)
    if but is not None:
        open_ones = open_ones.exclude(pk=uuid.UUID(str(but)))
    return open_ones.update(ended_at=clock.now())


def forget_old(*, agency: Agency) -> int:
    """A sweep: rows of sessions long over go. They belong to no agency, so any agency's turn will do."""
    SignIn.objects.filter(started_at__lt=clock.now() - KEPT).delete()
    return 0
