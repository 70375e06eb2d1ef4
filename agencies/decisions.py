"""One answer to "may she?": the same for the button, the service, the 403 page and the API problem."""

from dataclasses import dataclass

from django.core.exceptions import PermissionDenied
from django.utils.functional import Promise


@dataclass(frozen=True)
class Decision:
    """Whether something is allowed and, when not, why, in a sentence the person can act on."""

    allowed: bool
    reason: str | Promise = ""
    code: str = ""

    def __bool__(self) -> bool:
        return self.allowed

    def enforce(self) -> None:
        """Raise PermissionDenied with the reason unless allowed."""
        if not self.allowed:
            raise Refused(self)


class Refused(PermissionDenied):
    """The policy said no; carries its decision to the 403 page and the API."""

    def __init__(self, decision: Decision) -> None:
        super().__init__(str(decision.reason))
        self.decision = decision


class NotNow(Exception):  # noqa: N818
    """Allowed to you, but not in this state: shown as a message (409 in the API), not as a refusal."""

    def __init__(self, reason: str | Promise, code: str = "not_now") -> None:
        super().__init__(str(reason))
        self.reason = reason
        self.code = code


ALLOWED = Decision(allowed=True)


def denied(reason: str | Promise, code: str = "") -> Decision:
    """A refusal with its reason."""
    return Decision(allowed=False, reason=reason, code=code)


def all_of(*decisions: Decision) -> Decision:
    """Allowed when every one is; else the first refusal."""
    return next((decision for decision in decisions if not decision), ALLOWED)
