"""The public keys tokens are verified with, from a file or an https address, kept for a while and fetched again."""

import json
import threading
import time
import urllib.request
from pathlib import Path

import jwt
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from django.conf import settings

KEEP_SECONDS = 600
# A token with an invented key id must not make us ask the issuer at every knock.
ASK_AGAIN_SECONDS = 30
FETCH_TIMEOUT_SECONDS = 5
LARGEST_ANSWER = 256 * 1024
SMALLEST_KEY_BITS = 2048


class UnknownKeyError(Exception):
    """No key with that id can be had now."""


class KeySet:
    """RSA keys by id from settings.MACHINE_TOKEN_JWKS. An unknown id is asked for again at once, then not for a while:
    the issuer changes keys without telling.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._source = ""
        self._keys: dict[str, RSAPublicKey] = {}
        self._fetched_at = float("-inf")

    def find(self, key_id: object) -> RSAPublicKey:
        """The key with that id. Raises UnknownKeyError when there is none, or the source cannot be read."""
        if not isinstance(key_id, str):
            raise UnknownKeyError("a token must name its key")
        with self._lock:
            if self._is_stale(key_id):
                self._fetch()
            if key_id not in self._keys:
                raise UnknownKeyError("no such key")
            return self._keys[key_id]

    def _is_stale(self, key_id: str) -> bool:
        age = time.monotonic() - self._fetched_at
        if self._source != settings.MACHINE_TOKEN_JWKS or age > KEEP_SECONDS:
            return True
        return key_id not in self._keys and (age > ASK_AGAIN_SECONDS or not self._source.startswith("https://"))

    def _fetch(self) -> None:
        source = settings.MACHINE_TOKEN_JWKS
        self._fetched_at = time.monotonic()
        try:
            document = json.loads(_read(source))
            keys = {row["kid"]: _key(row) for row in document["keys"] if row.get("kty") == "RSA"}
        except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError, jwt.PyJWTError) as error:
            if self._source == source and self._keys:
                return  # the issuer is away: the keys we have are as good as they were
            raise UnknownKeyError("the keys cannot be read") from error
        self._source, self._keys = source, keys


def _read(source: str) -> bytes:
    if not source.startswith("https://"):
        return Path(source).read_bytes()
    with urllib.request.urlopen(source, timeout=FETCH_TIMEOUT_SECONDS) as answer:  # noqa: S310 (https only, just above)
        return bytes(answer.read(LARGEST_ANSWER))


def _key(row: dict[str, str]) -> RSAPublicKey:
    key = jwt.algorithms.RSAAlgorithm.from_jwk(row)
    if not isinstance(key, RSAPublicKey) or key.key_size < SMALLEST_KEY_BITS:
        raise ValueError("only public RSA keys of 2048 bits or more are believed")
    return key
