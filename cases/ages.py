"""Ages as the programmes count them: whole years, both ends of a band included (U23-03)."""

import datetime as dt

from agencies.models.programme_definition import AgeBand


def age_on(birth_date: dt.date, day: dt.date) -> int:
    """How many whole years somebody born on `birth_date` has turned on `day`. Negative for a birth date ahead."""
    had_birthday = (day.month, day.day) >= (birth_date.month, birth_date.day)
    return day.year - birth_date.year - (0 if had_birthday else 1)


def last_day_within(birth_date: dt.date, band: AgeBand) -> dt.date | None:
    """The last day somebody born on `birth_date` is within `band`; None when the band has no end.

    18 to 25 lasts until the day before the 26th birthday (U23-03). Born on 29 February, the birthday of a common year
    is 1 March, as `age_on` counts.
    """
    if band.max is None:
        return None
    year = birth_date.year + band.max + 1
    try:
        birthday = birth_date.replace(year=year)
    except ValueError:
        birthday = dt.date(year, 3, 1)
    return birthday - dt.timedelta(days=1)
