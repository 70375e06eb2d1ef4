from agencies.models.demonstration import DemonstrationStep
from agencies.models.granting import GrantRequest
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
from agencies.models.sign_ins import SecrecyDeclaration, SignIn

__all__ = [
    "Agency",
    "DemonstrationStep",
    "District",
    "GrantRequest",
    "IdempotentAnswer",
    "LegalBasis",
    "MachineClient",
    "Membership",
    "Municipality",
    "Programme",
    "ProgrammeVersion",
    "SecrecyDeclaration",
    "SignIn",
    "User",
]
