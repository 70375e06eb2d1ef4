"""`manage.py load_demo`: build the demonstration's municipality, once."""

from argparse import ArgumentParser
from importlib import import_module
from importlib.util import find_spec

from django.core.management.base import BaseCommand, CommandError

from agencies import demonstration

# From the lowest: reports before consents, consents before meetings and plans.
APPS = ("cases", "consent", "meetings", "actionplans")


class Command(BaseCommand):
    """Build what is not built yet. A second start does nothing, and one that was killed goes on where it stopped."""

    help = "Bygger demonstrasjonskommunen Fjordvik. Gjør ingenting når den er bygd."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--people", action="store_true", help="Bare tjenester og ansatte, ingen saker.")

    def handle(self, *, people: bool, **options: object) -> None:
        try:
            demonstration.refuse_elsewhere()
            with demonstration.as_owner():
                demonstration.build_once("agencies", demonstration.build)
        except demonstration.NotADemonstrationError as error:
            raise CommandError(str(error)) from error
        for app in () if people else APPS:
            name = f"{app}.demonstration"
            if find_spec(name) is not None:
                demonstration.build_once(app, import_module(name).build)
