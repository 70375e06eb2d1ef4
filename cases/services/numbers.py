"""Numbers people call things by: `26-0417` for a case, `M-26-0091` for a report. Labels, never keys."""

from django.db import connection

from audit import clock

CASES = ""
REPORTS = "M-"


def next_label(series: str) -> str:
    """The next label of a series in the municipality's year. Two at once wait for each other; a rollback leaves no gap."""
    year = clock.today().year
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO cases_numberseries AS s (prefix, year, last) VALUES (%s, %s, 1) "
            "ON CONFLICT (prefix, year) DO UPDATE SET last = s.last + 1 RETURNING last",
            [series, year],
        )
        (number,) = cursor.fetchone()
    return f"{series}{year % 100:02d}-{number:04d}"
