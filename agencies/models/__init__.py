from agencies.models.demonstration import DemonstrationStep
from agencies.models.people import (
    Agency,
    District,
    IdempotentAnswer,
    MachineClient,
    Membership,
    Municipality,
    User,
)
from agencies.models.programmes import LegalBasis, Programme, ProgrammeVersion

__all__ = [
    "Agency",
    "DemonstrationStep",
    "District",
    "IdempotentAnswer",
    "LegalBasis",
    "MachineClient",
    "Membership",
    "Municipality",
    "Programme",
    "ProgrammeVersion",
    "User",
]
