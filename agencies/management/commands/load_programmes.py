"""`manage.py load_programmes [path …]`: bring the database in step with the programme files and the legal bases."""

from argparse import ArgumentParser
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError

from agencies.services import legal_bases, programmes
from agencies.services.yaml_files import BrokenFileError


class Command(BaseCommand):
    """Load everything in programmes/, or only the files named. All files are read before any is loaded."""

    help = "Leser inn programmene og katalogen over rettsgrunnlag. En endret programfil blir en ny versjon."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("paths", nargs="*", type=Path, help="Programfiler. Uten: alt i programmes/.")

    def handle(self, *, paths: list[Path], **options: object) -> None:
        files = paths or sorted(programmes.FOLDER.glob("*.yaml"))
        catalogues = [] if paths else sorted(legal_bases.FOLDER.glob("*.yaml"))
        self.refuse_broken(files, catalogues)
        for path in catalogues:
            self.load_bases(path)
        for path in files:
            self.load_programme(path)

    def refuse_broken(self, files: list[Path], catalogues: list[Path]) -> None:
        """Tell of everything that is wrong in all files at once, before anything has changed."""
        complaints = []
        for read, group in ((legal_bases.read, catalogues), (programmes.read, files)):
            for path in group:
                try:
                    read(path)
                except BrokenFileError as error:
                    complaints.append(str(error))
        if complaints:
            raise CommandError("\n".join(complaints))

    def load_bases(self, path: Path) -> None:
        """Load one catalogue and say what came of it."""
        loaded = legal_bases.load(path)
        if loaded.anything_changed:
            outcome = f"{loaded.created} nye, {loaded.changed} endret, {loaded.retired} slått av"
        else:
            outcome = "uendret"
        self.stdout.write(f"Rettsgrunnlag {loaded.country}: {outcome}")

    def load_programme(self, path: Path) -> None:
        """Load one programme and say what came of it."""
        loaded = programmes.load(path)
        outcome = "ny versjon" if loaded.changed else "uendret"
        self.stdout.write(f"{loaded.programme.code}: versjon {loaded.version.number}, {outcome}")
        for warning in loaded.warnings:
            self.stderr.write(self.style.WARNING(warning))
