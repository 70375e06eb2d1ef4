"""Heads of the log: every five minutes each chain's last position is signed and copied to a place we cannot reach back to.

A chain alone shows that a row was changed, not that its end was cut off or that everything after a change was reckoned
anew. A head somebody else keeps shows both (security.md G8).
"""

import base64
import datetime as dt
import json
import logging
import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from django.db import IntegrityError, connection, transaction

from audit import clock, head_store, signing
from audit.context import acting
from audit.models import Head

log = logging.getLogger(__name__)

INTERVAL = dt.timedelta(minutes=5)
# A chain nothing is added to is signed once a day all the same: silence is told from a signer that has stopped.
HEARTBEAT = dt.timedelta(days=1)


@dataclass(frozen=True)
class Chain:
    """One agency's log: `number` is the agency's id, `slug` the name of its folder in the head store."""

    number: int
    slug: str


#: What happened for no agency: people signing in before they choose one, the nightly work.
NOBODYS = Chain(0, "_system")


class BrokenChainError(Exception):
    """What stood under the last signed head is gone or changed. Nothing more is signed until somebody has looked."""


class _Registered:
    """What apps above the log tell it at start-up."""

    agencies: Callable[[], Iterable[Chain]] = staticmethod(list)
    alarm: Callable[[Chain, uuid.UUID], None] = staticmethod(lambda chain, head_id: None)


def register_agencies(chains: Callable[[], Iterable[Chain]]) -> None:
    """Say which agencies there are; called from AppConfig.ready()."""
    _Registered.agencies = staticmethod(chains)


def register_alarm(alarm: Callable[[Chain, uuid.UUID], None]) -> None:
    """Say whom to tell, in the agency's own context, when the head with that id could not be kept; from ready()."""
    _Registered.alarm = staticmethod(alarm)


def chains() -> list[Chain]:
    """Every agency's chain, and nobody's."""
    return [*_Registered.agencies(), NOBODYS]


def seal_all() -> list[Chain]:
    """Sign every chain that has moved and bring every head store up to date, each on its own; returns those that failed.

    One agency's store that cannot be written keeps none of the others', and no request waits for any of it.
    """
    return [chain for chain in chains() if not seal_and_copy(chain)]


def seal_and_copy(chain: Chain) -> bool:
    """Sign where the chain stands, and copy what its store lacks, also from intervals that were missed; False when not."""
    try:
        with _for(chain):
            seal(chain)
        with _for(chain):
            copy_out(chain)
    except (BrokenChainError, head_store.StoreError) as error:
        log.error("heads of chain %s are not in order: %s", chain.number, type(error).__name__)  # noqa: TRY400 (it may name a path)
        _alarm(chain)
        return False
    return True


def seal(chain: Chain) -> Head | None:
    """Sign where `chain` stands now; None when nothing was added since the last head, or when it has no event yet.

    Asked inside the chain's own context. Raises BrokenChainError when what the last head stood on is not there.
    """
    last = Head.objects.filter(chain=chain.number).order_by("-number").first()
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM samlos.audit_tip(%s)", [last.position if last else 0])
        position, digest, added, digest_after = cursor.fetchone()
    if last is not None and (position is None or position < last.position or digest_after != bytes(last.digest)):
        raise BrokenChainError
    at = clock.now()
    if position is None or (last is not None and not added and at - last.at < HEARTBEAT):
        return None
    head = Head(
        chain=chain.number,
        number=last.number + 1 if last else 1,
        position=position,
        count=(last.count if last else 0) + added,
        digest=digest,
        at=at,
        key=signing.key_id(signing.own_key().public_key()),
    )
    head.signature = signing.sign(message(claims(head)))
    try:
        with transaction.atomic():
            head.save(force_insert=True)
    except IntegrityError:
        return None  # another worker was first
    return head


def copy_out(chain: Chain) -> int:
    """Append to the chain's head store what it lacks, in order; returns how many heads that was. Raises StoreError."""
    return head_store.append(chain.slug, lambda after: [document(head) for head in after_number(chain.number, after)])


def after_number(chain: int, after: int) -> Iterable[Head]:
    """The heads of a chain from number `after` on, that one included: it must be the one that was copied."""
    return Head.objects.filter(chain=chain, number__gte=after).order_by("number")


def claims(head: Head) -> dict[str, Any]:
    """What is signed, as plain values."""
    return {
        "chain": head.chain,
        "number": head.number,
        "position": head.position,
        "count": head.count,
        "digest": bytes(head.digest).hex(),
        "at": head.at.astimezone(dt.UTC).isoformat(timespec="microseconds"),
        "key": head.key,
    }


def message(claimed: dict[str, Any]) -> bytes:
    """The bytes a signature is about: the claims as JSON, names in order, without blanks."""
    return json.dumps(claimed, sort_keys=True, separators=(",", ":")).encode("ascii")


def document(head: Head) -> dict[str, Any]:
    """A head as the head stores and the API hold it: the claims and the signature (base64)."""
    return claims(head) | {"signature": base64.b64encode(bytes(head.signature)).decode()}


def _alarm(chain: Chain) -> None:
    try:
        with _for(chain):
            last = Head.objects.filter(chain=chain.number).order_by("-number").values_list("pk", flat=True).first()
            if last is not None:
                _Registered.alarm(chain, last)
    except Exception:
        log.exception("nobody could be told of the heads of chain %s", chain.number)


def _for(chain: Chain) -> Any:
    return acting(user_id=None, agency_id=chain.number or None)
