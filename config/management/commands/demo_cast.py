"""`manage.py demo_cast`: where the demonstration is, and whom one can be there."""

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.urls import reverse

from agencies import demonstration


class Command(BaseCommand):
    """Print the address of the sign-in page and a table of the cast."""

    help = "Skriver ut adressen og hvem man kan være i demonstrasjonen."

    def handle(self, **options: object) -> None:
        try:
            demonstration.refuse_elsewhere()
        except demonstration.NotADemonstrationError as error:
            raise CommandError(str(error)) from error
        names = {office.slug: office.name for office in demonstration.OFFICES}
        rows = [("Navn", "Rolle", "Tjeneste")] + [
            (member.name, str(member.role.label), " og ".join(names[slug] for slug in member.agencies))
            for member in demonstration.CAST
        ]
        widths = [max(len(row[column]) for row in rows) for column in range(3)]
        self.stdout.write(f"Velg hvem du vil være: {settings.PUBLIC_URL}{reverse('demo_cast')}\n\n")
        for row in rows:
            line = "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True))
            self.stdout.write(line.rstrip())
