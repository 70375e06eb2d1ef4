"""PostgreSQL and Valkey from two wheels: they start, stop, keep what they hold, and tell nobody else."""

import os
import shutil
import stat
import subprocess
import sys
import tempfile
from pathlib import Path

import psycopg
import pytest
import redis

from config import embedded


def processes_of(home: Path) -> list[str]:
    """The command lines of all processes whose working folder lies in this home."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if str((process / "cwd").readlink()).startswith(str(home)):
                found.append((process / "cmdline").read_bytes().replace(b"\0", b" ").decode())
        except OSError:
            continue
    return found


def test_both_roles_sign_in_and_neither_may_do_everything(servers):
    for url in (servers.database_url, servers.owner_url):
        with psycopg.connect(url) as connection:
            row = connection.execute(
                "SELECT rolsuper, rolbypassrls, rolcreaterole, rolreplication FROM pg_roles WHERE rolname = current_user"
            ).fetchone()

        assert row == (False, False, False, False)


def test_only_the_owner_may_create_a_database_or_a_schema(servers):
    with psycopg.connect(servers.database_url, autocommit=True) as connection:
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("CREATE DATABASE another")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("CREATE SCHEMA another")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("CREATE TABLE public.another (id int)")


def test_nobody_gets_in_without_the_password(servers):
    wrong = servers.database_url.replace(servers.database_url.split(":")[2].split("@")[0], "wrong")

    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(wrong)
    with pytest.raises(redis.AuthenticationError):
        embedded._valkey(servers.place.valkey_socket, "wrong").ping()


def test_the_servers_listen_on_sockets_only(servers):
    with psycopg.connect(servers.owner_url) as connection:
        assert connection.execute("SHOW listen_addresses").fetchone() == ("",)
    with redis.Redis.from_url(servers.redis_url) as broker:
        assert broker.config_get("port") == {"port": "0"}
        assert broker.config_get("maxmemory-policy") == {"maxmemory-policy": "noeviction"}


def test_passwords_and_sockets_are_for_their_owner_alone(servers):
    place = servers.place

    assert stat.S_IMODE(place.passwords.stat().st_mode) == 0o600
    for folder in (place.data, place.postgres_sockets, place.valkey_sockets):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_starting_twice_gives_the_same_servers(home, servers):
    again = embedded.start(home, scratch=True)

    assert again.environment == servers.environment


def test_a_second_start_keeps_the_data_and_stop_leaves_no_process(home, servers):
    with psycopg.connect(servers.owner_url) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS kept AS SELECT 'still here' AS word")

    servers.stop()
    left = processes_of(home)
    embedded.start(home, scratch=True)

    assert left == []
    with psycopg.connect(servers.owner_url) as connection:
        assert connection.execute("SELECT word FROM kept").fetchone() == ("still here",)


def test_stopping_twice_is_harmless(servers):
    servers.stop()
    servers.stop()


def test_a_process_id_that_now_is_another_programs_does_not_stop_the_start(home, servers):
    servers.stop()
    (servers.place.data / "postmaster.pid").write_text(f"{os.getpid()}\n{servers.place.data}\n")
    lock = servers.place.postgres_sockets / ".s.PGSQL.5432.lock"
    lock.write_text(f"{os.getpid()}\n")

    embedded.start(home, scratch=True)

    with psycopg.connect(servers.database_url) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)


def test_the_database_log_names_nobody(servers):
    with psycopg.connect(servers.owner_url, autocommit=True) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS people (name text UNIQUE)")
        for _ in range(2):
            try:
                connection.execute("INSERT INTO people VALUES (%s)", ["Elias Prøvedal"])
            except psycopg.errors.UniqueViolation:
                refused = True

    assert refused
    assert "Elias" not in servers.place.log.read_text("utf-8")


def test_passwords_are_in_no_log(servers):
    logs = "".join(path.read_text("utf-8", errors="replace") for path in servers.place.folder.glob("postgres.log*"))

    assert not [word for word in embedded._passwords(servers.place).values() if word in logs]


def test_a_home_in_a_closed_folder_works_and_the_folder_stays_closed():
    closed = Path(tempfile.mkdtemp(prefix="samlos-closed-"))
    home = closed / "home"
    try:
        servers = embedded.start(home, scratch=True)

        assert stat.S_IMODE(closed.stat().st_mode) == 0o700
        with psycopg.connect(servers.database_url) as connection:
            assert connection.execute("SELECT current_user").fetchone() == ("samlos_app",)
    finally:
        folder = embedded._find_place(home).folder
        embedded.stop(home)
        shutil.rmtree(folder)
        shutil.rmtree(closed)


def test_a_long_home_gets_its_sockets_in_a_short_place():
    folder = Path(tempfile.mkdtemp(prefix="samlos-long-")) / ("x" * 80)
    folder.mkdir()

    place = embedded._socket_folder(folder, folder / "run", None)

    assert len(str(place)) < 80
    assert stat.S_IMODE(place.stat().st_mode) == 0o700
    place.rmdir()
    shutil.rmtree(folder.parent)


def test_someone_elses_socket_folder_is_refused(tmp_path):
    (tmp_path / "run").mkdir(mode=0o777)
    (tmp_path / "run").chmod(0o777)

    with pytest.raises(embedded.EmbeddedError, match="open to others"):
        embedded._socket_folder(tmp_path, tmp_path / "run", None)


@pytest.fixture
def memory(monkeypatch):
    """A folder everybody may write to, that passes for memory with room enough."""
    folder = Path(tempfile.mkdtemp(prefix="samlos-memory-"))
    folder.chmod(0o1777)
    monkeypatch.setattr(embedded, "MEMORY", folder)
    monkeypatch.setattr(embedded, "ROOM_IN_MEMORY", 0)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def small_home():
    folder = Path(tempfile.mkdtemp(prefix="samlos-small-"))
    yield folder
    embedded.stop(folder)
    shutil.rmtree(folder)


def test_in_memory_the_data_lies_there_for_all_users_and_goes_when_the_servers_stop(memory, small_home):
    servers = embedded.start(small_home, scratch=True, in_memory=True)
    assert memory in servers.place.data.parents
    assert stat.S_IMODE(servers.place.data.parent.stat().st_mode) == 0o700
    with psycopg.connect(servers.owner_url) as connection:
        connection.execute("CREATE TABLE kept (id int)")

    again = embedded.start(small_home, scratch=True)
    assert again.place == servers.place
    with psycopg.connect(again.owner_url) as connection:
        connection.execute("SELECT * FROM kept")

    embedded.stop(small_home)
    again.stop()
    assert list(memory.iterdir()) == []
    assert processes_of(small_home) == processes_of(memory) == []


def test_in_memory_nothing_is_left_of_a_home_that_was_deleted(memory, small_home):
    before = embedded.start(small_home, scratch=True, in_memory=True)
    embedded._stop_valkey(before.place)
    before.place.passwords.unlink()

    servers = embedded.start(small_home, scratch=True, in_memory=True)

    with psycopg.connect(servers.database_url) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)


def test_without_room_in_memory_the_data_lies_on_disk(memory, small_home, monkeypatch):
    assert embedded._room_in_memory() > 0
    monkeypatch.setattr(embedded, "ROOM_IN_MEMORY", embedded._room_in_memory() * 2)
    assert embedded._find_place(small_home, in_memory=True).memory is None
    monkeypatch.setattr(embedded, "MEMORY", memory / "absent")
    assert embedded._room_in_memory() == 0


def test_a_folder_in_memory_that_others_can_write_to_is_refused(memory, small_home):
    folder = embedded._find_place(small_home, in_memory=True).memory
    assert folder is not None
    folder.chmod(0o777)

    with pytest.raises(embedded.EmbeddedError, match="open to others"):
        embedded.start(small_home, scratch=True, in_memory=True)
    folder.rmdir()


def test_env_prints_what_a_shell_can_read(home, servers):
    command = [sys.executable, "-m", "config.embedded", "env", "--home", str(home)]
    printed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    shell = f'{printed}\nprintf %s "$DATABASE_OWNER_URL"'

    assert subprocess.run(["sh", "-c", shell], capture_output=True, text=True, check=True).stdout == servers.owner_url


def test_run_gives_the_command_the_servers_and_passes_its_exit_code_on(home):
    program = "import os, sys; sys.exit(7 if os.environ['DATABASE_URL'] and os.environ['REDIS_URL'] else 0)"
    command = [sys.executable, "-m", "config.embedded", "run", "--scratch", "--home", str(home), "--"]

    assert subprocess.run([*command, sys.executable, "-c", program], check=False).returncode == 7
    assert processes_of(home) == []


def test_programs_that_were_copied_out_of_a_closed_environment_still_find_their_libraries(tmp_path):
    programs = embedded._copied_programs(tmp_path)

    for program in ("initdb", "psql", "postgres"):
        assert subprocess.run([programs / program, "--version"], env={}, check=False).returncode == 0
