"""The issuer's keys: kept, asked for again when a new one appears, and not asked for at every knock."""

import json
from collections.abc import Callable
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from agencies.api import keys
from agencies.api.keys import KeySet, UnknownKeyError

ADDRESS = "https://issuer.example/jwks"


def document(*names: str, bits: int = 2048) -> bytes:
    rows = []
    for name in names:
        public = rsa.generate_private_key(public_exponent=65537, key_size=bits).public_key()
        rows.append(json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(public)) | {"kid": name})
    return json.dumps({"keys": rows}).encode()


class Issuer:
    """Answers with what it publishes now, and counts how often it was asked."""

    def __init__(self) -> None:
        self.published: bytes | Exception = document("first")
        self.asked = 0

    def __call__(self, source: str) -> bytes:
        self.asked += 1
        if isinstance(self.published, Exception):
            raise self.published
        return self.published


@pytest.fixture
def issuer(monkeypatch: pytest.MonkeyPatch, settings: Any) -> Issuer:
    settings.MACHINE_TOKEN_JWKS = ADDRESS
    known = Issuer()
    monkeypatch.setattr(keys, "_read", known)
    return known


@pytest.fixture
def wait(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    now = [1000.0]
    monkeypatch.setattr("agencies.api.keys.time.monotonic", lambda: now[0])

    def later(seconds: float) -> None:
        now[0] += seconds

    return later


def test_keys_are_kept_and_asked_for_again_after_a_while(issuer: Issuer, wait: Callable[[float], None]) -> None:
    known = KeySet()
    for _ in range(5):
        known.find("first")
    assert issuer.asked == 1

    wait(keys.KEEP_SECONDS + 1)
    known.find("first")

    assert issuer.asked == 2


def test_an_unknown_key_is_not_asked_for_at_every_knock(issuer: Issuer, wait: Callable[[float], None]) -> None:
    known = KeySet()
    known.find("first")
    for _ in range(5):
        with pytest.raises(UnknownKeyError):
            known.find("second")
    assert issuer.asked == 1

    issuer.published = document("first", "second")
    wait(keys.ASK_AGAIN_SECONDS + 1)

    assert known.find("second") is not None
    assert issuer.asked == 2


def test_an_issuer_that_is_away_does_not_take_its_keys_along(issuer: Issuer, wait: Callable[[float], None]) -> None:
    known = KeySet()
    first = known.find("first")
    issuer.published = OSError("away")
    wait(keys.KEEP_SECONDS + 1)

    assert known.find("first") == first


@pytest.mark.parametrize(
    "published", [b"", b"[]", b'{"keys": 7}', b'{"keys": [{"kty": "RSA"}]}', b"[" * 100_000, OSError("away")], ids=str
)
def test_what_is_no_set_of_keys_is_no_key(issuer: Issuer, published: Any) -> None:
    issuer.published = published

    with pytest.raises(UnknownKeyError):
        KeySet().find("first")


def test_a_short_key_or_a_private_one_is_not_believed(issuer: Issuer) -> None:
    issuer.published = document("first", bits=1024)
    with pytest.raises(UnknownKeyError):
        KeySet().find("first")

    private = json.loads(
        jwt.algorithms.RSAAlgorithm.to_jwk(rsa.generate_private_key(public_exponent=65537, key_size=2048))
    )
    issuer.published = json.dumps({"keys": [private | {"kid": "first"}]}).encode()
    with pytest.raises(UnknownKeyError):
        KeySet().find("first")


@pytest.mark.parametrize("key_id", [None, 7, ["first"], {}])
def test_a_token_that_does_not_name_its_key_has_none(issuer: Issuer, key_id: object) -> None:
    with pytest.raises(UnknownKeyError):
        KeySet().find(key_id)
