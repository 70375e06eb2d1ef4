"""The verbs of consent, disclosure and break-glass."""

from consent.services.consents import ask_again, end_expired, record, refuse, revoke
from consent.services.disclosures import approve, disclose, end_disclosure
from consent.services.glass import confirm_glass, end_glass, object_to_glass, open_glass

__all__ = [
    "approve",
    "ask_again",
    "confirm_glass",
    "disclose",
    "end_disclosure",
    "end_expired",
    "end_glass",
    "object_to_glass",
    "open_glass",
    "record",
    "refuse",
    "revoke",
]
