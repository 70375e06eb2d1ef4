"""How often one machine may ask. Counted per client's account, in Redis; the keys hold an id and nothing else."""

import logging
from typing import TYPE_CHECKING

from redis.exceptions import RedisError
from rest_framework.request import Request
from rest_framework.throttling import ScopedRateThrottle

if TYPE_CHECKING:
    from rest_framework.views import APIView

log = logging.getLogger(__name__)


class ClientThrottle(ScopedRateThrottle):
    """The rate of the view's `throttle_scope`. A counter that cannot be reached stops no report (design.md: losing
    the broker loses nothing).
    """

    def allow_request(self, request: Request, view: "APIView") -> bool:
        """Whether one more may come now."""
        try:
            return super().allow_request(request, view)
        except (RedisError, OSError):
            log.warning("requests are not counted: the counter cannot be reached")
            return True
