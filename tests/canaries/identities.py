"""Three hundred people who do not exist, and every spelling in which one of them could get out (G11).

Names are put together of syllables no word of the application holds, so that a hit is a leak and never a coincidence.
"""

import base64
import html
import json
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from email.header import Header
from functools import cache
from urllib.parse import quote, quote_plus

COUNT = 300
_BEGINNINGS = ("Åqv", "Øqz", "Æqx", "Qwø", "Xqå", "Zqæ")
_MIDDLES = ("ibø", "uvå", "yfæ", "ogø", "emå")
_ENDINGS = ("dqar", "lqin", "rqet", "nqus", "tqik", "vqon", "gqyl", "mqas", "bqur", "kqel")


@dataclass(frozen=True)
class Identity:
    """One invented person: what would tell who it is."""

    given_name: str
    family_name: str
    nickname: str
    national_id: str
    phone: str
    street: str
    school: str

    @property
    def known_by(self) -> tuple[str, ...]:
        return (
            self.given_name, self.family_name, self.nickname, self.national_id, self.phone, self.street, self.school,
            self.initials,
        )  # fmt: skip

    @property
    def initials(self) -> str:
        """As a careless subject line would have them."""
        return f"{self.given_name[:2]}. {self.family_name[:2]}."

    @property
    def told(self) -> str:
        """A sentence that gives everything away."""
        return (
            f"{self.given_name} {self.family_name}, kalt {self.nickname}, {self.national_id}, telefon {self.phone}, bor i "
            f"{self.street} og går på {self.school}."
        )


@cache
def everybody() -> tuple[Identity, ...]:
    """All of them, the same in each run."""
    return tuple(_identity(number) for number in range(COUNT))


def _identity(number: int) -> Identity:
    given = _BEGINNINGS[number % 6] + _MIDDLES[number // 6 % 5] + _ENDINGS[number // 30]
    family = _BEGINNINGS[(number + 3) % 6] + _MIDDLES[(number // 6 + 2) % 5] + _ENDINGS[number // 30] + "sæqen"
    return Identity(
        given_name=given,
        family_name=family,
        nickname=f"{given[:3]}qøqs",
        national_id=f"9988{number:03d}7755",
        phone=f"00 77 {number // 100:02d}{number % 100:02d} 66",
        street=f"{family}veien {number}",
        school=f"{given}skolen",
    )


def spellings(text: str) -> set[bytes]:
    """The text as it looks in files, addresses, mails, markup and data."""
    found: set[bytes] = set()
    for form in ("NFC", "NFD"):
        for written in {unicodedata.normalize(form, text), unicodedata.normalize(form, text.lower())}:
            found |= {
                written.encode(),
                quote(written).encode(),
                quote_plus(written).encode(),
                html.escape(written).encode(),
                written.encode("ascii", "xmlcharrefreplace"),
                json.dumps(written)[1:-1].encode(),
                *_in_base64(written.encode()),
            }
            if form == "NFC":
                found |= {written.encode("latin-1", "replace"), Header(written, "utf-8").encode().encode()}
                found.add(written.encode("utf-16-be"))
            if " " not in written:
                found.add(b"xn--" + written.lower().encode("punycode"))
    found.add(text.replace(" ", "").encode())
    return found


def _in_base64(raw: bytes) -> Iterable[bytes]:
    """The part of the encoding that is the same wherever in a text it stands, for the three places it can begin at."""
    for shift in range(3):
        whole = base64.b64encode(b"\0" * shift + raw)
        yield whole[-(-shift * 4 // 3) + (shift > 0) : (shift + len(raw)) * 4 // 3 - 1]


@cache
def _spelt(identity: Identity) -> tuple[tuple[str, bytes], ...]:
    """Everything to look for of one person. What is shorter than five bytes stands anywhere by chance."""
    return tuple(
        (known, spelling) for known in identity.known_by for spelling in spellings(known) if len(spelling) >= 5
    )


def found_in(sink: bytes, identities: Iterable[Identity]) -> list[str]:
    """Whose names stand in the sink, and in which spelling."""
    return [
        f"{known!r} as {spelling!r}"
        for identity in identities
        for known, spelling in _spelt(identity)
        if spelling in sink
    ]
