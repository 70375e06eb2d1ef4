"""The police's machine, as the proofs of the API use it."""

from tests.cases.conftest import police

__all__ = ["police"]
