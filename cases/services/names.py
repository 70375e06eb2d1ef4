"""Sorting people's names by the Norwegian alphabet, alike on every machine."""

import unicodedata

# Letters after z, and those other alphabets use for them. Digits sort before letters in every collation, so that
# "zzz1" comes after every name in z; punctuation would be skipped by some.
_AFTER_Z = str.maketrans(
    {"æ": "zzz1", "ä": "zzz1", "ø": "zzz2", "ö": "zzz2", "å": "zzz3", "ü": "y", "đ": "d", "ð": "d"}
)
LONGEST = 200


def sort_key(given_name: str, family_name: str) -> str:
    """What a list of people is ordered by: family name, then given name; aa counts as å."""
    return f"{_spelled(family_name)}0{_spelled(given_name)}"[:LONGEST]


def _spelled(name: str) -> str:
    composed = unicodedata.normalize("NFC", name.casefold()).replace("aa", "å").translate(_AFTER_Z)
    plain = unicodedata.normalize("NFKD", composed)
    kept = (letter for letter in plain if not unicodedata.combining(letter))
    return "".join(letter if letter.isalnum() else "0" for letter in kept)
