"""The police's system as the tests play it: a key of its own, tokens in Maskinporten's form, and reports to send."""

import base64
import copy
import datetime as dt
import json
import time
import uuid
from functools import cache
from pathlib import Path
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa
from django.test import Client

from agencies import demonstration
from agencies.models import MachineClient
from cases.api.schema import REPORT
from tests import stories

ADDRESS = "/api/v1/concern-reports/"
ISSUER, AUDIENCE = "https://token.samlos.example/", "https://samlos.example/api"


@cache
def signing_key(name: str = "first") -> rsa.RSAPrivateKey:
    """A key pair made once a run."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def publish(path: Path, *names: str) -> None:
    """Write the public halves of these keys where the API looks for them."""
    keys = []
    for name in names:
        row = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(signing_key(name).public_key()))
        keys.append(row | {"kid": name, "use": "sig", "alg": "RS256"})
    path.write_text(json.dumps({"keys": keys}), encoding="utf-8")


def claims(**changed: Any) -> dict[str, Any]:
    """What a good token says; what is named is changed, None leaves it out."""
    now = dt.datetime.fromtimestamp(
        time.time(), tz=dt.UTC
    )  # a token's life is real time, whatever the database's clock says
    client = MachineClient.objects.select_related("agency").get(client_id=demonstration.MACHINE_CLIENT)
    known = {
        "iss": ISSUER,
        "aud": AUDIENCE,
        "iat": now,
        "exp": now + dt.timedelta(minutes=10),
        "jti": str(uuid.uuid4()),
        "scope": demonstration.MACHINE_SCOPE,
        "client_id": client.client_id,
        "consumer": {"authority": "iso6523-actorid-upis", "ID": f"0192:{client.agency.organisation_number}"},
    }
    return {name: value for name, value in (known | changed).items() if value is not None}


def token(*, key: str = "first", kid: str | None = None, **changed: Any) -> str:
    """A signed token."""
    return jwt.encode(claims(**changed), signing_key(key), algorithm="RS256", headers={"kid": kid or key})


def unsigned_token(**changed: Any) -> str:
    """A token that says alg=none."""
    head = base64.urlsafe_b64encode(json.dumps({"alg": "none", "kid": "first"}).encode()).rstrip(b"=").decode()
    return head + "." + jwt.encode(claims(**changed), "", algorithm="none").split(".")[1] + "."


def report(**changes: Any) -> dict[str, Any]:
    """The example of the API's description about somebody who is 21 today. `person__birth_date="…"` changes inside."""
    document: dict[str, Any] = copy.deepcopy(dict[str, Any](REPORT))
    document["person"].pop("national_id")
    document["person"]["birth_date"] = stories.years_ago(21).isoformat()
    document["information"][0].pop("occurred_on")
    for path, value in changes.items():
        *inner, last = (int(step) if step.isdigit() else step for step in path.split("__"))
        target: Any = document
        for step in inner:
            target = target[step]
        target[last] = value
    return document


def post(client: Client, body: Any, *, key: str | None = "", bearer: str | None = "", **headers: str) -> Any:
    """Send a report, each with a key of its own; `key=None` and `bearer=None` leave the header out."""
    if key is not None:
        headers["Idempotency-Key"] = key or str(uuid.uuid4())
    if bearer is not None:
        headers["Authorization"] = f"Bearer {bearer or token()}"
    kind = headers.pop("Content-Type", "application/json")
    raw = body if isinstance(body, (bytes, str)) else json.dumps(body)
    return client.generic("POST", ADDRESS, raw, content_type=kind, headers=headers)


def get(client: Client, path: str = ADDRESS, *, bearer: str | None = "", **headers: str) -> Any:
    """Ask as the police's system."""
    if bearer is not None:
        headers["Authorization"] = f"Bearer {bearer or token()}"
    return client.get(path, headers=headers)


def mistakes(response: Any) -> dict[str, str]:
    """The pointers of a problem with their codes."""
    return {error["pointer"]: error["code"] for error in response.json()["errors"]}
