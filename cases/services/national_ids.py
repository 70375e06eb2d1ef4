"""National identity numbers: whether one is possible, how it is kept, and how the same human is found again.

Kept as AES-256-GCM with a key outside the database, bound to its row, so that a stolen dump gives no numbers away and
a value moved to another row cannot be read. Found by an HMAC with a key of its own: there are so few numbers that a
plain hash would be undone in minutes.
"""

import base64
import binascii
import datetime as dt
import hmac
import secrets
import uuid
from dataclasses import dataclass
from functools import lru_cache

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

FIRST_WEIGHTS = (3, 7, 6, 1, 8, 9, 4, 5, 2, 1)
SECOND_WEIGHTS = (5, 4, 3, 2, 7, 6, 5, 4, 3, 2, 1)
# From 2032 the first check digit may also leave 1, 2 or 3: the old rule has run out of numbers.
FIRST_REMAINDERS = frozenset({0, 1, 2, 3})
SYNTHETIC_MONTH = 80  # the tax administration's test people
OTHER_SYNTHETIC_MONTH = 65  # test people of the health network
TEMPORARY_DAY = 40  # a D-number: no permanent number yet
NONCE_BYTES = 12


class ImpossibleNumberError(ValueError):
    """No person can have this number."""


class SealBrokenError(Exception):
    """The stored value was changed, moved to another row, or sealed with a key we do not have."""


@dataclass(frozen=True)
class NationalId:
    """What an eleven-digit number says. The century is left alone: from 2032 the number no longer tells it."""

    number: str
    day: int
    month: int
    year_of_century: int
    is_synthetic: bool

    def fits(self, birth_date: dt.date) -> bool:
        """Whether somebody born on `birth_date` can have this number."""
        return (self.day, self.month, self.year_of_century) == (birth_date.day, birth_date.month, birth_date.year % 100)


def read(number: str) -> NationalId:
    """The number taken apart. Raises ImpossibleNumberError for wrong digits, dates or check digits, and for a real
    number where only synthetic ones are allowed (settings.ALLOW_SYNTHETIC_IDS), or the other way round.
    """
    if len(number) != 11 or not (number.isascii() and number.isdigit()):
        raise ImpossibleNumberError("not eleven digits")
    digits = [int(digit) for digit in number]
    first = sum(weight * digit for weight, digit in zip(FIRST_WEIGHTS, digits[:10], strict=True)) % 11
    second = sum(weight * digit for weight, digit in zip(SECOND_WEIGHTS, digits, strict=True)) % 11
    if first not in FIRST_REMAINDERS or second != 0:
        raise ImpossibleNumberError("wrong check digits")
    day, month, year = int(number[0:2]), int(number[2:4]), int(number[4:6])
    if day > TEMPORARY_DAY:
        day -= TEMPORARY_DAY
    added = next((extra for extra in (SYNTHETIC_MONTH, OTHER_SYNTHETIC_MONTH) if extra < month <= extra + 12), 0)
    month -= added
    if not _is_date(day, month, year):
        raise ImpossibleNumberError("no such date")
    if bool(added) is not settings.ALLOW_SYNTHETIC_IDS:
        raise ImpossibleNumberError("synthetic" if added else "not synthetic")
    return NationalId(number, day, month, year, is_synthetic=bool(added))


def _is_date(day: int, month: int, year_of_century: int) -> bool:
    for century in (1900, 2000):
        try:
            dt.date(century + year_of_century, month, day)
        except ValueError:
            continue
        return True
    return False


def seal(number: str, *, row_id: uuid.UUID) -> bytes:
    """The number encrypted for the identity row `row_id`: key id (1 byte), nonce, ciphertext."""
    key_id, key = next(iter(_keys(settings.FIELD_KEYS).items()))
    nonce = secrets.token_bytes(NONCE_BYTES)
    return bytes([key_id]) + nonce + AESGCM(key).encrypt(nonce, number.encode("ascii"), _place(row_id))


def unseal(sealed: bytes, *, row_id: uuid.UUID) -> str:
    """The number sealed for that row. Raises SealBrokenError when the value does not belong there."""
    key = _keys(settings.FIELD_KEYS).get(sealed[0]) if sealed else None
    if key is None:
        raise SealBrokenError("no key with this id")
    nonce, ciphertext = sealed[1 : 1 + NONCE_BYTES], sealed[1 + NONCE_BYTES :]
    try:
        return AESGCM(key).decrypt(nonce, ciphertext, _place(row_id)).decode("ascii")
    except (InvalidTag, ValueError) as error:
        raise SealBrokenError("changed, or moved from another row") from error


def blind_index(number: str) -> bytes:
    """The same for the same number, telling nothing without the key. Not unique in the database (access.md)."""
    return hmac.digest(base64.b64decode(settings.BLIND_INDEX_KEY), number.encode("ascii"), "sha256")


def _place(row_id: uuid.UUID) -> bytes:
    return f"cases_personidentity:number_encrypted:{row_id}".encode("ascii")


@lru_cache(maxsize=4)
def _keys(setting: str) -> dict[int, bytes]:
    """FIELD_KEYS is "id:base64key,…": the first encrypts, all decrypt, so that a key can be changed without a stop."""
    keys: dict[int, bytes] = {}
    try:
        for pair in setting.split(","):
            key_id, _, encoded = pair.strip().partition(":")
            keys[int(key_id)] = base64.b64decode(encoded, validate=True)
    except (ValueError, binascii.Error) as error:
        raise ImproperlyConfigured('FIELD_KEYS must be "id:base64key,…", ids from 0 to 255.') from error
    if any(len(key) != 32 or not 0 <= key_id <= 255 for key_id, key in keys.items()):
        raise ImproperlyConfigured("FIELD_KEYS must hold keys of 32 bytes, ids from 0 to 255.")
    return keys
