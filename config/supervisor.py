"""The demonstration on one machine: servers, database, web, worker and beat under one roof, until Ctrl-C.

    python -m config.supervisor

PORT chooses the port (8000) and SAMLOS_HOME the data folder (.local). DATABASE_URL with DATABASE_OWNER_URL, and
REDIS_URL, replace the embedded servers. The processes run in groups of their own and stop with this one, however it
ends; the data stays.
"""

from __future__ import annotations

import contextlib
import ctypes
import fcntl
import hashlib
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from config import embedded

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType

ROOT = Path(__file__).resolve().parent.parent
CELERY = ("-m", "celery", "-A", "config.celery", "--quiet")
PROGRAMS: dict[str, tuple[str, ...]] = {
    "web": ("-m", "gunicorn", "-c", "config/gunicorn.py", "config.wsgi:application"),
    "worker": (*CELERY, "worker", "--loglevel=WARNING", "--concurrency=1", "--without-gossip", "--without-mingle"),
    # The schedule is in the settings and beat keeps no file: two beats are harmless, a lost one starts afresh.
    "beat": (*CELERY, "beat", "--loglevel=WARNING", "--scheduler=celery.beat:Scheduler", "--pidfile="),
}
SERVER_VARIABLES = ("DATABASE_URL", "DATABASE_OWNER_URL", "REDIS_URL")
READY_SECONDS = 60
GRACE_SECONDS = 25  # a worker is given 20 seconds to end the task in hand (config/celery.py)
LONGEST_PAUSE = 30.0
STEADY_SECONDS = 60.0
CRASHES_BEFORE_GIVING_UP = 3
PR_SET_PDEATHSIG = 1


class SupervisorError(Exception):
    """One sentence for the person at the keyboard: what stopped, and what to do about it."""


class Stopped(BaseException):
    """Someone pressed Ctrl-C or sent SIGTERM."""


@dataclass
class Program:
    """One process of the demonstration, started again when it ends, a little later each time."""

    name: str
    arguments: tuple[str, ...]
    environment: dict[str, str]
    log: Path
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    ended: float = 0.0
    pause: float = 1.0
    crashes: int = 0

    def start(self) -> None:
        """Start it in a process group of its own, writing to its log."""
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, *self.arguments],
                cwd=ROOT,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=_die_with_parent,  # safe: this process has one thread
            )
        self.started, self.ended = time.monotonic(), 0.0

    def keep_alive(self) -> None:
        """Start it again when it ended and its pause is over. Whoever ran for a minute is forgiven earlier crashes."""
        if self.process is None or self.process.poll() is None:
            return
        now = time.monotonic()
        if not self.ended:
            steady = now - self.started > STEADY_SECONDS
            self.ended = now
            self.crashes = 1 if steady else self.crashes + 1
            self.pause = min(2.0 ** (self.crashes - 1), LONGEST_PAUSE)
            self.tell(signal.SIGKILL)  # what it left behind would keep its port
        if now - self.ended >= self.pause:
            self.start()

    def tell(self, number: signal.Signals) -> None:
        """Send a signal to the whole group, if any of it is left."""
        if self.process is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, number)

    def last_words(self) -> str:
        """The last line of its log."""
        lines = [line for line in self.log.read_text("utf-8", errors="replace").splitlines() if line.strip()]
        return lines[-1].strip() if lines else "it said nothing"


@dataclass
class Demonstration:
    """One run of `make demo`."""

    home: Path
    port: int
    environment: dict[str, str] = field(default_factory=dict)
    servers: embedded.Servers | None = None
    programs: list[Program] = field(default_factory=list)

    def prepare(self) -> None:
        """Servers, schema, the demonstration's people, static files: each step does nothing when it is done."""
        self.environment = {
            "DJANGO_SETTINGS_MODULE": "config.settings.dev",
            "XDG_RUNTIME_DIR": str(self.home),
            **os.environ,
            "SAMLOS_HOME": str(self.home),
            "PORT": str(self.port),
            "PYTHONUNBUFFERED": "1",
        }
        if needs_embedded(self.environment):
            say("PostgreSQL and Valkey")
            self.servers = embedded.start(self.home)
            self.environment = {**self.environment, **self.servers.environment, **_given(os.environ)}
        self.tell_other_terminals()
        say("Database schema")
        self.manage("migrate", "--noinput", "--verbosity=0")
        say("Demonstration municipality")
        self.manage("load_demo")
        fingerprint, stamp = static_fingerprint(), self.home / "static.stamp"
        if not stamp.exists() or stamp.read_text("utf-8") != fingerprint:
            say("Static files")
            self.manage("collectstatic", "--noinput", "--verbosity=0")
            stamp.write_text(fingerprint, "utf-8")

    def tell_other_terminals(self) -> None:
        """Let manage.py in another terminal find the servers and the port for as long as this runs (settings/dev.py)."""
        found = {name: self.environment[name] for name in (*SERVER_VARIABLES, "PORT")}
        lines = "".join(f"{name}={value}\n" for name, value in found.items())
        embedded.write_private(self.home / "running.env", lines)

    def manage(self, *arguments: str) -> str:
        """Run a management command and give back what it printed; its last line of complaint is the error."""
        done = subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=ROOT,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            log = self.home / "log" / f"{arguments[0]}.log"
            log.write_text(done.stdout + done.stderr, "utf-8")
            said = done.stderr + done.stdout
            if "No space left" in said:
                raise SupervisorError("The disk is full. Free about 500 MB where SAMLOS_HOME lies, and try again.")
            lines = said.strip().splitlines() or ["no reason was given"]
            raise SupervisorError(f"manage.py {arguments[0]} failed: {lines[-1].strip()} (all of it is in {log})")
        return done.stdout

    def serve(self) -> None:
        """Start the three programs and watch them until someone says stop."""
        say("Web, worker and beat")
        for name, arguments in PROGRAMS.items():
            log = self.home / "log" / f"{name}.log"
            log.unlink(missing_ok=True)
            self.programs.append(Program(name, arguments, self.environment, log))
        for program in self.programs:
            program.start()
        cast = self.manage("demo_cast")
        self.wait_until_ready()
        print(
            f"\nSamlos: http://localhost:{self.port}/\n\n{cast.rstrip()}\n\nCtrl-C stops it; the data stays.",
            flush=True,
        )
        while True:
            for program in self.programs:
                program.keep_alive()
            time.sleep(0.5)

    def wait_until_ready(self) -> None:
        """Wait for /healthz to answer 200; a web that keeps dying, or is silent for a minute, is an error."""
        web = self.programs[0]
        deadline = time.monotonic() + READY_SECONDS
        while not answers(self.port):
            web.keep_alive()
            if web.crashes >= CRASHES_BEFORE_GIVING_UP or time.monotonic() > deadline:
                raise SupervisorError(f"The web did not start: {web.last_words()} (its log is {web.log})")
            time.sleep(0.1)

    def stop(self) -> None:
        """Ask everyone to stop, wait, insist, and stop the embedded servers last."""
        for program in self.programs:
            program.tell(signal.SIGTERM)
        deadline = time.monotonic() + GRACE_SECONDS
        for program in self.programs:
            if program.process is not None:
                with contextlib.suppress(subprocess.TimeoutExpired):
                    program.process.wait(max(0.1, deadline - time.monotonic()))
                program.tell(signal.SIGKILL)
                program.process.wait()
        (self.home / "running.env").unlink(missing_ok=True)
        if self.servers is not None:
            self.servers.stop()


def needs_embedded(environment: dict[str, str]) -> bool:
    """Whether a server is not given. Half a database is an error: migrations need the owner, requests must not be it."""
    given = [name in environment for name in ("DATABASE_URL", "DATABASE_OWNER_URL")]
    if any(given) and not all(given):
        raise SupervisorError("Set both DATABASE_URL (the application's role) and DATABASE_OWNER_URL, or neither.")
    return not (all(given) and "REDIS_URL" in environment)


def require_free_port(port: int) -> None:
    """Stop when something listens there already."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((os.environ.get("BIND", "127.0.0.1"), port))
        except PermissionError:
            raise SupervisorError(f"Port {port} is for root only. Choose another: make demo PORT=8001") from None
        except OSError:
            raise SupervisorError(f"Port {port} is taken. Choose another: make demo PORT={port + 1}") from None


def chosen_port(text: str) -> int:
    """PORT as a number."""
    if not text.isdigit() or not 0 < int(text) < 65536:
        raise SupervisorError(f"PORT must be a number from 1 to 65535, not {text}.")
    return int(text)


def answers(port: int) -> bool:
    """Whether the web serves."""
    address = f"http://{os.environ.get('BIND', '127.0.0.1').replace('0.0.0.0', '127.0.0.1')}:{port}/healthz"  # noqa: S104
    try:
        with urllib.request.urlopen(address, timeout=2) as answer:
            return bool(answer.status == 200)
    except (OSError, urllib.error.URLError):
        return False


def static_fingerprint() -> str:
    """Changes when any file that collectstatic reads may have changed."""
    digest = hashlib.sha256((ROOT / "requirements.lock").read_bytes())
    # No hidden folder: .local/static/ is what collectstatic writes.
    for path in sorted([*(ROOT / "static").rglob("*"), *ROOT.glob("[!.]*/static/**/*")]):
        if path.is_file():
            found = path.stat()
            digest.update(f"{path}:{found.st_mtime_ns}:{found.st_size}\n".encode())
    return digest.hexdigest()


def say(step: str) -> None:
    """One line of progress."""
    print(f"  {step} …", flush=True)


@contextlib.contextmanager
def _alone(home: Path) -> Iterator[None]:
    """Two demonstrations in one folder would stop each other's servers."""
    (home / "log").mkdir(parents=True, exist_ok=True)
    with (home / "demo.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise SupervisorError(
                f"A demonstration already runs from {home}. Stop it first, or choose another SAMLOS_HOME."
            ) from None
        yield


def _given(environment: os._Environ[str]) -> dict[str, str]:
    return {name: environment[name] for name in SERVER_VARIABLES if name in environment}


def _die_with_parent() -> None:
    """Were this process killed outright, the kernel tells its children to stop."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def require_folder_of_its_own(home: Path) -> None:
    """Raise SupervisorError when the data would lie among the program's own files, where its folders have the same names."""
    if home == ROOT:
        raise SupervisorError(
            f"SAMLOS_HOME is the folder of the program itself. Choose a folder of its own for the data, such as {ROOT / '.local'}."
        )


def _stop_here(_number: int, _frame: FrameType | None) -> NoReturn:
    raise Stopped


def main() -> int:
    """Run the demonstration; 0 when it was asked to stop, 1 with one sentence on stderr when it could not go on."""
    home = Path(os.environ.get("SAMLOS_HOME") or ROOT / ".local").resolve()
    signal.signal(signal.SIGINT, _stop_here)
    signal.signal(signal.SIGTERM, _stop_here)
    try:
        port = chosen_port(os.environ.get("PORT") or "8000")
        require_free_port(port)
        require_folder_of_its_own(home)
        with _alone(home):
            demonstration = Demonstration(home, port)
            try:
                demonstration.prepare()
                demonstration.serve()
            finally:
                signal.signal(signal.SIGINT, signal.SIG_IGN)
                signal.signal(signal.SIGTERM, signal.SIG_IGN)
                demonstration.stop()
    except Stopped:
        print("\nStopped.", flush=True)
        return 0
    except (SupervisorError, embedded.EmbeddedError) as error:
        print(error, file=sys.stderr)
        return 1
    except OSError as error:
        print(embedded.sentence(str(error), "The demonstration could not start"), file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
