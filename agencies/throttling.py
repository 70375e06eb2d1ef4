"""How many may try to sign in in a minute, all together: a password check takes a twentieth of a second of a processor.

Counted in Redis for all processes. When Redis is gone each process counts for itself, and more strictly: a counter that
cannot be reached must not become a door (security.md 5, "fail closed to a strict local limit").
"""

import time
from collections import deque

from django.conf import settings
from django.core.cache import cache
from redis.exceptions import RedisError

WINDOW_SECONDS = 60
LOCAL_SHARE = 3  # a process alone lets through a third

_local: deque[float] = deque()


def may_try_to_sign_in() -> bool:
    """Count one attempt, and say whether this minute has room for it."""
    try:
        attempts = _counted_together()
    except (RedisError, OSError):
        attempts = _counted_here() * LOCAL_SHARE
    limit: int = settings.SIGN_INS_A_MINUTE
    return attempts <= limit


def _counted_together() -> int:
    key = f"sign-ins:{int(time.time()) // WINDOW_SECONDS}"
    cache.add(key, 0, timeout=2 * WINDOW_SECONDS)
    return cache.incr(key)


def _counted_here() -> int:
    now = time.monotonic()
    while _local and _local[0] < now - WINDOW_SECONDS:
        _local.popleft()
    _local.append(now)
    return len(_local)
