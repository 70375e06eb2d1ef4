"""The key that signs heads of the log, and the public keys by which anybody can tell a true head from an invented one."""

import base64
import binascii
import hashlib
from functools import lru_cache

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

# What the signature is about, so that one made for another purpose proves nothing here.
CONTEXT = b"samlos.audit.head.v1\n"


def own_key() -> Ed25519PrivateKey:
    """The key of `AUDIT_SIGNING_KEY`: base64 of 32 random bytes. Raises ImproperlyConfigured for anything else."""
    return _private(settings.AUDIT_SIGNING_KEY)


def public_keys() -> dict[str, Ed25519PublicKey]:
    """The keys heads may be signed with, by id: today's, and those of `AUDIT_EARLIER_SIGNERS` (base64 public keys)."""
    earlier = [_public(text) for text in settings.AUDIT_EARLIER_SIGNERS]
    return {key_id(key): key for key in [own_key().public_key(), *earlier]}


def key_id(key: Ed25519PublicKey) -> str:
    """A name for the key that follows from it: 16 hexadecimal digits."""
    return hashlib.sha256(key.public_bytes_raw()).hexdigest()[:16]


def published() -> dict[str, str]:
    """Every public key by id, base64 of its 32 bytes: what the API and the head stores hand out."""
    return {name: base64.b64encode(key.public_bytes_raw()).decode() for name, key in public_keys().items()}


def sign(message: bytes) -> bytes:
    """The signature of `message` by our key."""
    return own_key().sign(CONTEXT + message)


def is_signed(message: bytes, *, key: str, signature: bytes) -> bool:
    """Whether one of the known keys, the one called `key`, signed exactly this message."""
    known = public_keys().get(key)
    if known is None:
        return False
    try:
        known.verify(signature, CONTEXT + message)
    except InvalidSignature:
        return False
    return True


@lru_cache(maxsize=8)
def _private(text: str) -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(_bytes(text, "AUDIT_SIGNING_KEY"))


@lru_cache(maxsize=32)
def _public(text: str) -> Ed25519PublicKey:
    return Ed25519PublicKey.from_public_bytes(_bytes(text, "AUDIT_EARLIER_SIGNERS"))


def _bytes(text: str, name: str) -> bytes:
    try:
        raw = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise ImproperlyConfigured(f"{name} must hold base64 of 32 bytes.") from error
    if len(raw) != 32:
        raise ImproperlyConfigured(f"{name} must hold base64 of 32 bytes.")
    return raw
