"""`manage.py audit verify`: is the log what it was? `manage.py audit seal`: sign and copy out its heads now.

As JSON: {"whole": bool, "events": int, "seconds": float, "chains": [{"chain": int, "agency": "slug" or null, "events": int,
"heads": int, "copies": int, "count": int, "findings": [{"code", "position", "words"}]}]}. Chain 0 is of what happened for
no agency, -1 of what belongs to no chain. `count` is how many findings there were; the first ones are told.
"""

import json
import time
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from audit import head_store, heads, verification
from audit.verification import Account


class Command(BaseCommand):
    help = "Kontrollerer revisjonsloggen (verify), eller signerer og kopierer ut hvor den står nå (seal)."

    def add_arguments(self, parser: ArgumentParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True)
        verify = actions.add_parser("verify", help="Regner kjeden ut på nytt og sammenligner med signerte punkter.")
        verify.add_argument("--agency", default="", help="Bare én tjeneste, som «nav».")
        verify.add_argument(
            "--heads", default="", help="Mappa med tjenestenes kopier, eller én fil. Ellers AUDIT_HEAD_DIR."
        )
        verify.add_argument("--json", action="store_true", help="Svar som JSON.")
        actions.add_parser("seal", help="Signerer og kopierer ut nå, i stedet for innen fem minutter.")

    def handle(self, *, action: str, **options: Any) -> None:
        if action == "seal":
            self.seal()
        else:
            self.verify(options["agency"], options["heads"], as_json=options["json"])

    def seal(self) -> None:
        """Sign every chain and bring every store up to date; exit code 1 when one could not be."""
        failed = heads.seal_all()
        if failed:
            slugs = ", ".join(chain.slug for chain in failed)
            raise CommandError(_("Signerte punkter kunne ikke lagres for: %(slugs)s.") % {"slugs": slugs})
        self.stdout.write(_("Loggen er signert og kopiert ut."))

    def verify(self, agency: str, place: str, *, as_json: bool) -> None:
        """Say whether the log is whole, first in one sentence; exit code 1 when it is not."""
        started = time.monotonic()
        slugs = {chain.number: chain.slug for chain in heads.chains()}
        chosen = [number for number, slug in slugs.items() if slug == agency] if agency else None
        if chosen == []:
            raise CommandError(_("Det finnes ingen tjeneste som heter %(slug)s.") % {"slug": agency})
        outside = Path(place or settings.AUDIT_HEAD_DIR)
        copies = _copies(outside)
        if chosen is None and outside.is_file():
            chosen = list(copies)  # one agency's own copy proves its own chain
        accounts = verification.verify(copies, chains=chosen)
        seconds = time.monotonic() - started
        is_whole = all(account.is_whole for account in accounts)
        if as_json:
            self.stdout.write(json.dumps(_report(accounts, slugs, seconds), ensure_ascii=False, indent=2))
        else:
            self._tell(accounts, slugs)
        if not is_whole:
            raise SystemExit(1)

    def _tell(self, accounts: list[Account], slugs: dict[int, str]) -> None:
        events = sum(account.events for account in accounts)
        broken = [account for account in accounts if not account.is_whole]
        if not broken:
            signed = sum(account.heads for account in accounts)
            words = _("Loggen er hel: %(events)d hendelser og %(heads)d signerte punkter stemmer.")
            self.stdout.write(words % {"events": events, "heads": signed})
            return
        words = _("Loggen er ikke hel: noe er feil i %(broken)d av %(all)d kjeder (%(events)d hendelser lest).")
        self.stdout.write(words % {"broken": len(broken), "all": len(accounts), "events": events})
        for account in broken:
            self.stdout.write(f"  {slugs.get(account.chain, account.chain)}:")
            for finding in account.findings:
                self.stdout.write(f"    {finding.words}")
            if account.count > len(account.findings):
                self.stdout.write("    " + _("… og %(count)d til.") % {"count": account.count - len(account.findings)})


def _copies(place: Path) -> dict[int, list[dict[str, Any]]]:
    """The heads kept outside, by chain. A folder that is not there holds none; a file that cannot be read is an error."""
    files = [place] if place.is_file() else sorted(place.glob(f"*/{head_store.FILE}"))
    found: dict[int, list[dict[str, Any]]] = {}
    for file in files:
        try:
            for head in head_store.read(file):
                found.setdefault(head["chain"], []).append(head)
        except head_store.StoreError as error:
            raise CommandError(_("Kopien %(file)s kan ikke leses.") % {"file": file}) from error
    return found


def _report(accounts: list[Account], slugs: dict[int, str], seconds: float) -> dict[str, Any]:
    return {
        "whole": all(account.is_whole for account in accounts),
        "events": sum(account.events for account in accounts),
        "seconds": round(seconds, 2),
        "chains": [
            {
                "chain": account.chain,
                "agency": slugs.get(account.chain) if account.chain > 0 else None,
                "events": account.events,
                "heads": account.heads,
                "copies": account.copies,
                "count": account.count,
                "findings": [
                    {"code": finding.code, "position": finding.position, "words": finding.words}
                    for finding in account.findings
                ],
            }
            for account in accounts
        ],
    }
