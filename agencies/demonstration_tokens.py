"""The demonstration's stand-in for Maskinporten: it signs tokens in the same form with a key made on this machine.

The private key lies under SAMLOS_HOME, readable by its owner alone; the public one where the API looks for the issuer's
keys. In production that setting names Maskinporten's own address, and this module refuses to work.
"""

import datetime as dt
import json
import os
import secrets
import time
from pathlib import Path

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from django.conf import settings
from jwt.algorithms import RSAAlgorithm

from agencies import demonstration
from agencies.models import Agency, MachineClient

LONGEST = dt.timedelta(hours=24)  # the API believes no token that lives longer


class NoSuchClientError(Exception):
    """The agency has no machine client that may knock."""


def token_for(slug: str, *, lifetime: dt.timedelta = dt.timedelta(hours=12)) -> str:
    """A bearer token for the machine client of agency `slug`, valid from now and for `lifetime` (at most 24 hours).

    Raises NotADemonstrationError elsewhere, NoSuchClientError when the agency has no client in use, and ValueError for
    a lifetime the API would not believe.
    """
    demonstration.refuse_elsewhere()
    if not dt.timedelta(0) < lifetime <= LONGEST:
        raise ValueError("Et token kan vare i opptil 24 timer.")
    client = MachineClient.objects.select_related("agency").filter(agency__slug=slug, disabled_at=None).first()
    if client is None:
        raise NoSuchClientError(f"Tjenesten {slug} har ingen maskinklient.")
    key = signing_key()
    issued = int(time.time())  # whoever checks it compares with the real time, not with the demonstration's
    claims = {
        "iss": settings.MACHINE_TOKEN_ISSUER,
        "aud": settings.MACHINE_TOKEN_AUDIENCE,
        "scope": " ".join(client.scopes),
        "client_id": client.client_id,
        "consumer": consumer(client.agency),
        "iat": issued,
        "exp": issued + int(lifetime.total_seconds()),
        "jti": secrets.token_urlsafe(16),
    }
    return jwt.encode(claims, key, algorithm="RS256", headers={"kid": key_id(key)})


def consumer(agency: Agency) -> dict[str, str]:
    """The organisation as Maskinporten names it: ISO 6523 with the Norwegian register's prefix."""
    return {"authority": "iso6523-actorid-upis", "ID": f"0192:{agency.organisation_number}"}


def signing_key() -> rsa.RSAPrivateKey:
    """The key that signs, made the first time it is asked for. Two processes asking at once get the same one."""
    path = Path(settings.SAMLOS_HOME) / "machine-token-key.pem"
    if not path.exists():
        _keep_new_key(path)
    key = serialization.load_pem_private_key(path.read_bytes(), password=None)
    if not isinstance(key, rsa.RSAPrivateKey):
        raise TypeError(f"{path} holds no RSA key. Remove it, and a new one is made.")
    _publish(key)
    return key


def key_id(key: rsa.RSAPrivateKey) -> str:
    """A name for the key that follows from it, so that the API finds it among others."""
    return f"samlos-demo-{key.public_key().public_numbers().n % 2**64:016x}"


def _keep_new_key(path: Path) -> None:
    made = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    text = made.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_name(f"{path.name}.{os.getpid()}")
    new.touch(mode=0o600)
    new.write_bytes(text)
    try:
        path.hardlink_to(new)
    except FileExistsError:
        pass  # another process was first, and its key is the one we use
    finally:
        new.unlink()


def _publish(key: rsa.RSAPrivateKey) -> None:
    """Write the public key where the API reads the issuer's keys, unless it stands there already."""
    public = {**RSAAlgorithm.to_jwk(key.public_key(), as_dict=True), "kid": key_id(key), "use": "sig", "alg": "RS256"}
    text = json.dumps({"keys": [public]}, indent=2) + "\n"
    path = Path(settings.MACHINE_TOKEN_JWKS)
    if path.exists() and path.read_text("utf-8") == text:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_name(f"{path.name}.{os.getpid()}")
    new.write_text(text, "utf-8")
    new.replace(path)
