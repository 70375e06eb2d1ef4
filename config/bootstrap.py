"""Make a fresh machine able to run Samlos: the Python packages, Pango, the front-end packages, and for tests Chromium.

    python3 config/bootstrap.py         what `make demo` needs
    python3 config/bootstrap.py dev     what `make test` and `make check` need too

Run by the machine's own Python with nothing installed, so it uses the standard library only, and a syntax that an old
Python can read far enough to say that it is too old. A step that is done is skipped the next time.
"""

from __future__ import annotations

import ctypes
import hashlib
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
STAMP = VENV / "installed-locks.json"
OLDEST_PYTHON = (3, 11)
LOCKS = {"runtime": ["requirements.lock"], "dev": ["requirements-dev.lock", "requirements.lock"]}

# What WeasyPrint opens, and the Debian packages that carry it.
PANGO_LIBRARIES = ("libpango-1.0.so.0", "libpangoft2-1.0.so.0", "libharfbuzz-subset.so.0")
PANGO_PACKAGES = ("libpango-1.0-0", "libpangoft2-1.0-0", "libharfbuzz-subset0")
CHROMIUM_NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")

# (what pip, venv or apt says, what the person at the keyboard needs to hear)
REMEDIES = (
    (r"No space left|ENOSPC", "The disk is full. Free about 2 GB where {root} lies, and try again."),
    (
        r"ensurepip is not available|No module named '?(ensurepip|venv)",
        "Python's venv module is missing. Run: {sudo}apt-get install -y python3-venv",
    ),
    (
        r"HASHES|do not match the hashes",
        (
            "A downloaded package is not the one the lock file names, so it was not installed. Check the package index "
            "this machine uses (pip config list), and try again."
        ),
    ),
    (
        (
            r"NewConnectionError|Name or service not known|Temporary failure|Connection (refused|reset|timed out)|"
            r"ReadTimeout|Max retries|No matching distribution|ProxyError|Could not (resolve|connect)|Failed to fetch"
        ),
        (
            "There is no network, or the package index does not answer. Connect this machine (or point pip at an index it "
            "can reach: pip config set global.index-url ADDRESS), and try again."
        ),
    ),
    (
        r"Permission denied|EACCES|Read-only file system",
        "No permission to write in {root}. Run as the owner of that folder, or change its owner.",
    ),
)


class BootstrapError(Exception):
    """One sentence for the person at the keyboard: what stopped, and what to do about it."""


def require_python(version: tuple[int, ...]) -> None:
    """Stop when this Python is too old to run Samlos."""
    if version < OLDEST_PYTHON:
        raise BootstrapError(
            "Samlos needs Python {}.{} or newer, and this is Python {}.{}. Install a newer one (Debian 12 and Ubuntu "
            "24.04 have it as python3), or name it: make PYTHON=/path/to/python3 demo".format(
                *OLDEST_PYTHON, *version[:2]
            )
        )


def prepare_environment(kind: str) -> bool:
    """Install exactly what the lock file names into .venv, on the Python that runs this; False when it already was."""
    wanted = {"python": _this_python()} | {name: _fingerprint(ROOT / name) for name in LOCKS[kind]}
    python, installed = VENV / "bin" / "python", _installed()
    works = python.exists() and _quiet([str(python), "-c", "import pip"]).returncode == 0
    works = works and installed.get("python") == wanted["python"]
    if works and wanted.items() <= installed.items():
        return False
    if not works:
        try:
            import ensurepip  # noqa: F401 (Debian splits it off, and says so only in the middle of making an environment)
            import venv  # noqa: F401
        except ImportError as error:
            raise BootstrapError(_remedy(str(error), "The Python environment could not be made")) from None
        _run([sys.executable, "-m", "venv", "--clear", str(VENV)], "The Python environment could not be made")
    _run(
        [
            *(str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-input"),
            *("--require-hashes", "--requirement", str(ROOT / LOCKS[kind][0])),
        ],
        "The Python packages could not be installed",
    )
    STAMP.write_text(json.dumps(wanted), "utf-8")
    return True


def prepare_pango() -> bool:
    """Install Pango, which lays out the text of PDFs; False when it is there already."""
    if has_pango():
        return False
    install_with_apt(PANGO_PACKAGES, "PDFs need Pango, which is not installed.")
    return True


def has_pango() -> bool:
    """Whether this process can open every library that WeasyPrint opens."""
    try:
        for library in PANGO_LIBRARIES:
            ctypes.CDLL(library)
    except OSError:
        return False
    return True


def prepare_frontend() -> None:
    """Fetch the front-end packages with the Node.js of the machine or of the environment."""
    _run([str(VENV / "bin" / "python"), str(ROOT / "config" / "frontend.py")], "The front-end packages failed")


def prepare_chromium() -> bool:
    """Install Chromium for the browser tests; False when a working one is there already."""
    if _chromium_works():
        return False
    why = "The browser tests need Chromium, which is not installed."
    try:  # Debian's Chromium without windows draws a page in three quarters of the time; Ubuntu has none
        install_with_apt(("chromium-headless-shell",), why)
    except BootstrapError:
        install_with_apt(("chromium",), why)
    if not _chromium_works():
        raise BootstrapError(
            "The browser tests need Chromium, and the one apt gives here does not start (on Ubuntu it is a snap). "
            "Install Google Chrome or a Chromium that answers to: chromium --version"
        )
    return True


def install_with_apt(packages: tuple[str, ...], why: str) -> None:
    """Install Debian packages where we may (root, or sudo that asks for no password); else say the exact command."""
    install = ["apt-get", "install", "-y", "--no-install-recommends", *packages]
    if os.geteuid() == 0:
        may: list[str] | None = []
    elif shutil.which("sudo") and _quiet(["sudo", "-n", "true"]).returncode == 0:
        may = ["sudo", "-n"]
    else:
        may = None
    if may is None or not shutil.which("apt-get"):
        raise BootstrapError(f"{why} Run: sudo {shlex.join(install)}")
    quiet = [*may, "env", "DEBIAN_FRONTEND=noninteractive"]
    _run([*quiet, "apt-get", "update", "-qq"], f"{why} apt-get update failed")
    _run([*quiet, *install, "-qq"], f"{why} apt-get could not install it")


def _chromium_works() -> bool:
    for name in CHROMIUM_NAMES:
        found = shutil.which(name)
        if found and _quiet([found, "--version"]).returncode == 0:
            return True
    return False


def _installed() -> dict[str, str]:
    try:
        stamp: dict[str, str] = json.loads(STAMP.read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return stamp


def _this_python() -> str:
    return "{} {}.{}.{}".format(os.path.realpath(sys.executable), *sys.version_info[:3])


def _fingerprint(lock: Path) -> str:
    return hashlib.sha256(lock.read_bytes()).hexdigest()


def _quiet(command: list[str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)


def _run(command: list[str], what: str) -> None:
    done = _quiet(command)
    if done.returncode != 0:
        raise BootstrapError(_remedy(done.stderr + done.stdout, what))


def _remedy(said: str, what: str) -> str:
    sudo = "" if os.geteuid() == 0 else "sudo "
    for pattern, remedy in REMEDIES:
        if re.search(pattern, said):
            return remedy.format(root=ROOT, sudo=sudo)
    lines = [line.strip() for line in said.splitlines() if line.strip() and not line.startswith("WARNING")]
    # The front-end's own sentence is complete; others get the last line, which is where pip and apt say why.
    return (
        lines[0]
        if what.startswith("The front-end") and lines
        else f"{what}: {lines[-1] if lines else 'no reason given'}"
    )


def _step(title: str) -> None:
    print(f"  {title} …", flush=True)


def main(arguments: list[str]) -> int:
    """Run the steps, one line each; 0 when done, 1 with one sentence on stderr when not."""
    kind = arguments[0] if arguments else "runtime"
    if kind not in LOCKS:
        print("Usage: python3 config/bootstrap.py [runtime|dev]", file=sys.stderr)
        return 2
    try:
        require_python(sys.version_info[:3])
        _step("Python packages")
        prepare_environment(kind)
        _step("Pango, for PDFs")
        prepare_pango()
        _step("Front-end packages")
        prepare_frontend()
        if kind == "dev":
            _step("Chromium, for the browser tests")
            prepare_chromium()
    except BootstrapError as error:
        print(error, file=sys.stderr)
        return 1
    except OSError as error:
        print(_remedy(str(error), "The machine could not be prepared"), file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("Stopped. What was done is kept.", file=sys.stderr)
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
