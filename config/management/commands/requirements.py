"""`manage.py requirements`: a line for each requirement with its tags and the number of tests that name it."""

from pathlib import Path

from django.conf import settings
from django.core.management.base import BaseCommand

from config import requirements_list


class Command(BaseCommand):
    """Print `U23-16 G 3` for each requirement, and last how many of those that can be proved are."""

    help = "Viser hvilke krav testene dekker."
    requires_system_checks = []

    def handle(self, **options: object) -> None:
        root = Path(settings.BASE_DIR)
        requirements = requirements_list.read_list(root / "docs" / "requirements.csv")
        tests = requirements_list.tests_for_each(requirements, requirements_list.namings_in(root / "tests"))
        for requirement in requirements:
            self.stdout.write(f"{requirement.id} {requirement.tags} {tests[requirement.id]}")
        counted = [requirement for requirement in requirements if requirement.is_counted]
        covered = sum(1 for requirement in counted if tests[requirement.id])
        self.stdout.write(f"covered {covered} of {len(counted)}")
