"""`manage.py purge_due [--dry-run]`: deletes closed cases whose time is over. Run each night as the database's owner.

The application's role may not delete; manage.py runs this command as the owner. A case under legal hold stays.
"""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError

from cases.services import closing


class Command(BaseCommand):
    help = "Deletes closed cases that are past the day they are kept until (F-23). Nothing else is touched."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="only say how many cases would be deleted")

    def handle(self, *args: Any, **options: Any) -> None:
        """Each case is deleted in a transaction of its own: one that fails does not keep the others.

        CommandError at the end when one did, so that whoever runs it each night hears of it.
        """
        due = closing.cases_past_their_date()
        if options["dry_run"]:
            self.stdout.write(f"{len(due)} cases are past their date. Nothing was deleted.")
            return
        purged = failed = 0
        for case in due:
            try:
                purged += closing.purge(case)
            except DatabaseError as error:
                failed += 1
                self.stderr.write(f"Case {case.pk} was not deleted: {type(error).__name__}.")
        self.stdout.write(f"{purged} of {len(due)} cases past their date were deleted.")
        if failed:
            raise CommandError(f"{failed} cases could not be deleted.")
