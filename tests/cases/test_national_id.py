"""National identity numbers: which are possible, how they are kept, and what a stolen dump gives away."""

import base64
import datetime as dt
import secrets
import uuid
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from hypothesis import given
from hypothesis import strategies as st

from cases.demonstration import synthetic_number
from cases.services import national_ids
from cases.services.national_ids import ImpossibleNumberError, SealBrokenError

NUMBER = "14850550051"


def with_check_digits(first_nine: str) -> list[str]:
    """Every number that begins so and has check digits, by the rule of 2032: found by trying all."""
    found = []
    for tail in range(100):
        number = f"{first_nine}{tail:02d}"
        digits = [int(digit) for digit in number]
        first = sum(w * d for w, d in zip((3, 7, 6, 1, 8, 9, 4, 5, 2, 1), digits, strict=False)) % 11
        second = sum(w * d for w, d in zip((5, 4, 3, 2, 7, 6, 5, 4, 3, 2, 1), digits, strict=True)) % 11
        if first in {0, 1, 2, 3} and second == 0:
            found.append(number)
    return found


def test_a_synthetic_number_tells_its_date() -> None:
    identity = national_ids.read(NUMBER)

    assert (identity.day, identity.month, identity.year_of_century, identity.is_synthetic) == (14, 5, 5, True)
    assert identity.fits(dt.date(2005, 5, 14)) and not identity.fits(dt.date(2005, 5, 15))


@pytest.mark.parametrize(
    "number",
    ["", "1485055005", "148505500510", "1485055005x", "١٤٨٥٠٥٥٠٠٥١", "14850550052", "00000000000", "99999999999"],
)
def test_a_number_nobody_can_have_is_refused(number: str) -> None:
    with pytest.raises(ImpossibleNumberError):
        national_ids.read(number)


@given(position=st.integers(0, 10), digit=st.integers(0, 9))
def test_one_wrong_digit_is_found_except_where_the_new_rule_allows_it(position: int, digit: int) -> None:
    number = NUMBER[:position] + str(digit) + NUMBER[position + 1 :]
    possible = number in with_check_digits(number[:9])

    if number == NUMBER:
        national_ids.read(number)
    elif not possible:
        with pytest.raises(ImpossibleNumberError):
            national_ids.read(number)


def test_check_digits_of_2032_and_temporary_numbers_are_accepted() -> None:
    for number in [*with_check_digits("148505500"), *with_check_digits("548505500")]:
        assert national_ids.read(number).day == 14


def test_the_numbers_of_both_registers_of_test_people_are_synthetic() -> None:
    for first_nine in ("148505500", "147005500"):
        assert all(national_ids.read(number).month == 5 for number in with_check_digits(first_nine))


def test_a_real_number_is_refused_among_invented_people_and_the_other_way_round(settings: Any) -> None:
    real = with_check_digits("140505500")[0]
    with pytest.raises(ImpossibleNumberError):
        national_ids.read(real)

    settings.ALLOW_SYNTHETIC_IDS = False

    assert not national_ids.read(real).is_synthetic
    with pytest.raises(ImpossibleNumberError):
        national_ids.read(NUMBER)


def test_a_day_that_does_not_exist_is_refused() -> None:
    for number in [*with_check_digits("318405500"), *with_check_digits("308205500")]:
        with pytest.raises(ImpossibleNumberError):
            national_ids.read(number)


def test_the_demonstrations_numbers_are_possible_and_fit_their_dates() -> None:
    for day in range(1, 29):
        born = dt.date(2004, 2, day)
        assert national_ids.read(synthetic_number(born, serial=500)).fits(born)


def test_a_sealed_number_is_read_again_in_its_own_row_only() -> None:
    row, other = uuid.uuid4(), uuid.uuid4()
    sealed = national_ids.seal(NUMBER, row_id=row)

    assert national_ids.unseal(sealed, row_id=row) == NUMBER
    assert NUMBER.encode() not in sealed
    assert sealed != national_ids.seal(NUMBER, row_id=row)
    with pytest.raises(SealBrokenError):
        national_ids.unseal(sealed, row_id=other)


@pytest.mark.parametrize("broken", [b"", b"\x01", b"\x09" + bytes(39)])
def test_what_was_changed_cannot_be_read(broken: bytes) -> None:
    row = uuid.uuid4()
    sealed = bytearray(national_ids.seal(NUMBER, row_id=row))
    sealed[-1] ^= 1
    for value in (bytes(sealed), broken):
        with pytest.raises(SealBrokenError):
            national_ids.unseal(value, row_id=row)


def test_a_key_can_be_changed_while_old_numbers_stay_readable(settings: Any) -> None:
    row = uuid.uuid4()
    before = national_ids.seal(NUMBER, row_id=row)
    new = base64.b64encode(secrets.token_bytes(32)).decode()

    settings.FIELD_KEYS = f"2:{new},{settings.FIELD_KEYS}"

    after = national_ids.seal(NUMBER, row_id=row)
    assert (before[0], after[0]) == (1, 2)
    assert national_ids.unseal(before, row_id=row) == national_ids.unseal(after, row_id=row) == NUMBER


@pytest.mark.parametrize(
    "keys",
    [
        "",
        "1:short",
        "1:AAAA",
        "x:" + base64.b64encode(bytes(32)).decode(),
        "300:" + base64.b64encode(bytes(32)).decode(),
    ],
)
def test_keys_that_cannot_be_used_stop_with_the_reason(settings: Any, keys: str) -> None:
    settings.FIELD_KEYS = keys

    with pytest.raises(ImproperlyConfigured, match="FIELD_KEYS"):
        national_ids.seal(NUMBER, row_id=uuid.uuid4())


def test_the_blind_index_is_the_same_for_the_same_number_and_useless_without_its_key(settings: Any) -> None:
    index = national_ids.blind_index(NUMBER)
    assert index == national_ids.blind_index(NUMBER) != national_ids.blind_index("14850550132")

    settings.BLIND_INDEX_KEY = base64.b64encode(secrets.token_bytes(32)).decode()

    assert national_ids.blind_index(NUMBER) != index
