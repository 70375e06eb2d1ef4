"""`manage.py demo_token --agency police-analysis`: a bearer token to knock at the demonstration's API with."""

import datetime as dt
from argparse import ArgumentParser

from django.core.management.base import BaseCommand, CommandError

from agencies import demonstration, demonstration_tokens


class Command(BaseCommand):
    """Print the token and nothing else, so that it can be put into a variable."""

    help = "Skriver ut et token for tjenestens maskinklient. Bare i demonstrasjonen."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--agency", default="police-analysis", help="Tjenesten, som «police-analysis».")
        parser.add_argument("--hours", type=float, default=12, help="Hvor mange timer det varer, opptil 24.")

    def handle(self, *, agency: str, hours: float, **options: object) -> None:
        try:
            token = demonstration_tokens.token_for(agency, lifetime=dt.timedelta(hours=hours))
        except (
            demonstration.NotADemonstrationError,
            demonstration_tokens.NoSuchClientError,
            OverflowError,
            ValueError,
        ) as error:
            raise CommandError(str(error)) from error
        self.stdout.write(token)
