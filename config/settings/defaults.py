"""What the demonstration and the suite use when the environment is silent. Production never reads this file."""

import base64
import fcntl
import os
import secrets
from pathlib import Path


def _key() -> str:
    return base64.b64encode(secrets.token_bytes(32)).decode()


SECRETS = {
    "SECRET_KEY": lambda: secrets.token_urlsafe(48),
    "FIELD_KEYS": lambda: f"1:{_key()}",
    "BLIND_INDEX_KEY": _key,
    "AUDIT_SIGNING_KEY": _key,
}


def fill_demonstration_environment(home: Path) -> None:
    """Set the variables that are not set yet. Secrets are made once and kept in `secrets.env` under `home` (0600)."""
    port = os.environ.get("PORT", "8000")
    os.environ.setdefault("ALLOWED_HOSTS", "localhost,127.0.0.1,[::1],testserver")
    os.environ.setdefault("PUBLIC_URL", f"http://localhost:{port}")
    os.environ.setdefault("MACHINE_TOKEN_ISSUER", "https://token.samlos.example/")
    os.environ.setdefault("MACHINE_TOKEN_JWKS", str(home.resolve() / "machine-token-jwks.json"))
    os.environ.setdefault("AUDIT_HEAD_DIR", str(home.resolve() / "heads"))
    for name, value in _kept_secrets(home).items():
        os.environ.setdefault(name, value)


def find_running_demonstration(home: Path) -> None:
    """Use the servers and the port of the demonstration that runs from `home`, for manage.py in another terminal.

    Does nothing when a database is named already, and ends the program with one sentence when none runs.
    """
    if "DATABASE_URL" in os.environ:
        return
    running = home / "running.env"
    if not running.exists():
        raise SystemExit(
            f"No demonstration runs from {home}. Start it with make demo (with the same SAMLOS_HOME), or set DATABASE_URL."
        )
    for name, value in _read(running).items():
        os.environ.setdefault(name, value)


def _kept_secrets(home: Path) -> dict[str, str]:
    home.mkdir(parents=True, exist_ok=True)
    path = home / "secrets.env"
    path.touch(mode=0o600)
    with path.open("a", encoding="utf-8") as file:
        fcntl.flock(file, fcntl.LOCK_EX)  # two processes starting at once must agree on one set of keys
        known = _read(path)
        # A home made by an earlier version lacks what came later.
        file.writelines(f"{name}={make()}\n" for name, make in SECRETS.items() if name not in known)
    return _read(path)


def _read(path: Path) -> dict[str, str]:
    lines = path.read_text(encoding="utf-8").splitlines()
    return dict(line.split("=", 1) for line in lines if "=" in line)
