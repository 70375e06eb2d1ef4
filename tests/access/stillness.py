"""What differs between two answers for no reason of access, held still: the nonce of forms, the second a cookie was signed.

The database's clock stands still by itself in a test's one transaction.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import connection, transaction
from django.http import HttpResponse
from django.test import Client

from tests.access import surfaces
from tests.access.surfaces import Surface, ask

Answer = tuple[int, tuple[tuple[str, str], ...], str, bytes, int]


@pytest.fixture
def still(monkeypatch: pytest.MonkeyPatch) -> None:
    """Forms carry the same nonce each time, and signed cookies the same second."""
    monkeypatch.setattr("django.core.signing.TimestampSigner.timestamp", lambda signer: "1aaaaa")
    monkeypatch.setattr("django.middleware.csrf._mask_cipher_secret", lambda secret: "m" * 64)
    monkeypatch.setattr("django.middleware.csrf._get_new_csrf_string", lambda: "n" * 32)


def stay_signed_in(settings: Any) -> None:
    """For what takes longer than a sign-in stays fresh, or an unused session open: what is done meanwhile is undone."""
    settings.ACCOUNT_REAUTHENTICATION_TIMEOUT = settings.SESSION_IDLE_SECONDS = settings.SESSION_COOKIE_AGE


@contextmanager
def undone() -> Iterator[None]:
    """What is done inside is undone afterwards."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def answer(
    client: Client, surface: Surface, url: str, method: str = "GET", body: dict[str, str] | None = None
) -> Answer:
    """Status, headers in order, cookies, body and how many questions the database was asked."""
    asked = 0

    def counting(execute: Callable[..., Any], *about: Any) -> Any:
        nonlocal asked
        asked += 1
        return execute(*about)

    with undone(), connection.execute_wrapper(counting):
        response = ask(client, surface, url, method, body)
    return _all_of(response, asked)


def _all_of(response: HttpResponse, asked: int) -> Answer:
    body = response.content
    if response.headers.get("Content-Type", "").startswith("application/pdf"):
        body = surfaces.text_of(response).encode()
    return response.status_code, tuple(response.headers.items()), response.cookies.output(), body, asked


def difference(first: Answer, second: Answer) -> str:
    """In words, where two answers differ; empty when they are the same to the byte."""
    for what, one, other in zip(("status", "headers", "cookies", "body", "questions"), first, second, strict=True):
        if one != other:
            if isinstance(one, bytes) and isinstance(other, bytes):
                at = next(
                    (n for n, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other))
                )
                return f"{what} at {at}: {one[max(0, at - 60) : at + 60]!r} and {other[max(0, at - 60) : at + 60]!r}"
            return f"{what}: {one!r} and {other!r}"
    return ""
