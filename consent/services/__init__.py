"""The verbs of consent and disclosure."""

from consent.services.consents import ask_again, end_expired, record, refuse, revoke
from consent.services.disclosures import approve, disclose, end_disclosure

__all__ = ["approve", "ask_again", "disclose", "end_disclosure", "end_expired", "record", "refuse", "revoke"]
