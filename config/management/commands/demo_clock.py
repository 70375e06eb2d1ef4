"""`manage.py demo_clock +30d`: let time pass in the demonstration. Only the owner's role can."""

import datetime as dt
import re
from argparse import ArgumentParser

from django.core.management.base import BaseCommand, CommandError
from django.db import connection

from agencies import demonstration
from audit import clock

UNITS = {"h": "hours", "d": "days", "w": "weeks"}
SHIFT = re.compile(r"\+(?P<number>\d{1,4})(?P<unit>[hdw])")
# Enough for any deadline, and far from where the calendar ends.
FURTHEST = dt.timedelta(days=7300)


class Command(BaseCommand):
    """Move `samlos.now()` on from where it stands, or put it back to the real time. Without an argument: say what it is."""

    help = "Flytter klokka i demonstrasjonen: +30d, +2w, +12h eller reset. Uten noe: viser hva den er."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("change", nargs="?", default="", help="+30d, +2w, +12h eller reset")

    def handle(self, *, change: str, **options: object) -> None:
        try:
            demonstration.refuse_elsewhere()
        except demonstration.NotADemonstrationError as error:
            raise CommandError(str(error)) from error
        if change == "reset":
            self.shift_to(dt.timedelta(0))
        elif change:
            by = self.parse(change)
            self.shift_to(self.current_shift() + by)
        now = clock.now().astimezone(clock.local_zone())
        self.stdout.write(f"Klokka i demonstrasjonen er {now:%d.%m.%Y %H:%M}.")

    @staticmethod
    def parse(change: str) -> dt.timedelta:
        """ "+30d" as a time. Raises CommandError with the forms that are understood."""
        found = SHIFT.fullmatch(change)
        if found is None:
            raise CommandError("Skriv +30d, +2w, +12h eller reset.")
        return dt.timedelta(**{UNITS[found["unit"]]: int(found["number"])})

    @staticmethod
    def current_shift() -> dt.timedelta:
        """How far the demonstration's clock is from the real one."""
        with connection.cursor() as cursor:
            cursor.execute("SELECT coalesce((SELECT shift FROM samlos.clock), interval '0')")
            (shift,) = cursor.fetchone()
        return dt.timedelta(seconds=shift.total_seconds())

    @staticmethod
    def shift_to(shift: dt.timedelta) -> None:
        """Store the shift; zero leaves the table empty, as it is in production."""
        if shift > FURTHEST:
            raise CommandError("Lenger enn 20 år går det ikke an å flytte klokka.")
        with connection.cursor() as cursor:
            cursor.execute("DELETE FROM samlos.clock")
            if shift:
                cursor.execute(
                    "INSERT INTO samlos.clock (shift) VALUES (make_interval(secs => %s))", [shift.total_seconds()]
                )
