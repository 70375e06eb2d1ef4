"""`make demo` under one roof: it starts, says what is wrong in one sentence, and leaves nothing running.

The programs are small ones here (the real ones are started by `make demo` itself, see the browser tests); the supervisor,
its processes, signals and servers are the real ones.
"""

import os
import re
import signal
import socket
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

from config import supervisor

MANAGE = """
    import sys
    from pathlib import Path
    home = Path(__file__).parent
    with (home / "commands.txt").open("a") as commands:
        commands.write(sys.argv[1] + "\\n")
    if sys.argv[1] == (home / "fails.txt").read_text():
        sys.exit("CommandError: The programme could not be read.")
    if sys.argv[1] == "demo_cast":
        print("Mona Eksempelås, saksbehandler")
"""
WEB = """
    import http.server, os
    class Web(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.end_headers()
        def log_message(self, *_):
            pass
    http.server.HTTPServer(("127.0.0.1", int(os.environ["PORT"])), Web).serve_forever()
"""
# Two levels of processes, as a worker has, and deaf to the polite signal: it must be insisted upon.
STUBBORN = """
    import signal, subprocess, sys, time
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    time.sleep(600)
"""
RUNNER = """
    import sys
    from pathlib import Path
    from config import supervisor
    supervisor.ROOT = Path(sys.argv[1])
    supervisor.GRACE_SECONDS = 1
    supervisor.static_fingerprint = lambda: "unchanged"
    supervisor.PROGRAMS = {"web": (sys.argv[2],), "worker": ("stubborn.py",)}
    sys.exit(supervisor.main())
"""


@pytest.fixture
def project(tmp_path):
    """A project with a management command and programs of a few lines."""
    for name, text in {"manage.py": MANAGE, "web.py": WEB, "stubborn.py": STUBBORN, "runner.py": RUNNER}.items():
        (tmp_path / name).write_text(textwrap.dedent(text), "utf-8")
    (tmp_path / "broken.py").write_text("raise SystemExit('Fonts are missing.')", "utf-8")
    (tmp_path / "fails.txt").write_text("", "utf-8")
    return tmp_path


@pytest.fixture
def port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture
def begin(project, home, port):
    """Start the supervisor; whatever is left of it is ended after the test."""
    begun = []

    def begin(*, web: str = "web.py", port: int = port, **variables: str) -> subprocess.Popen[str]:
        environment = {name: value for name, value in os.environ.items() if name not in {"DATABASE_URL", "REDIS_URL"}}
        environment.pop("DATABASE_OWNER_URL", None)
        process = subprocess.Popen(
            [sys.executable, str(project / "runner.py"), str(project), web],
            env={
                **environment,
                "PYTHONPATH": str(supervisor.ROOT),
                "SAMLOS_HOME": str(home),
                "PORT": str(port),
                **variables,
            },
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        begun.append(process)
        return process

    yield begin
    for process in begun:
        if process.poll() is None:
            process.terminate()
        process.communicate(timeout=30)


def wait_for_address(process: subprocess.Popen[str]) -> str:
    """Everything it printed up to the last line of its greeting."""
    assert process.stdout
    assert process.stderr
    printed = ""
    while "Ctrl-C stops it" not in printed:
        line = process.stdout.readline()
        assert line, f"It ended before it served: {process.stderr.read()}"
        printed += line
    return printed


def running_in(*folders: Path) -> list[str]:
    """The command lines of the processes that work in these folders."""
    return [
        _command_line(process).replace(b"\0", b" ").decode()
        for process in Path("/proc").glob("[0-9]*")
        if any(_works_in(process, folder) for folder in folders)
    ]


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_it_greets_with_address_and_cast_and_stops_without_a_trace(begin, project, home, port, how):
    process = begin()

    printed = wait_for_address(process)
    process.send_signal(how)
    process.communicate(timeout=30)

    assert f"http://localhost:{port}/" in printed
    assert "Mona Eksempelås" in printed
    assert process.returncode == 0
    assert running_in(project, home) == []


def test_manage_in_another_terminal_finds_it_while_it_runs_and_is_told_when_it_does_not(begin, home, port):
    asking = "from django.conf import settings; print(settings.PUBLIC_URL, settings.DATABASES['default']['USER'])"
    environment = {
        "PATH": os.environ["PATH"],
        "SAMLOS_HOME": str(home),
        "DJANGO_SETTINGS_MODULE": "config.settings.dev",
    }

    def ask() -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-c", asking],
            cwd=supervisor.ROOT,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )

    process = begin()
    wait_for_address(process)
    assert (home / "running.env").stat().st_mode & 0o077 == 0
    assert ask().stdout.split() == [f"http://localhost:{port}", "samlos_app"]

    process.terminate()
    process.communicate(timeout=30)
    assert ask().stderr.startswith(f"No demonstration runs from {home}")


def test_every_step_is_announced_and_done_in_order(begin, project):
    printed = wait_for_address(begin())

    assert (project / "commands.txt").read_text("utf-8").split()[:2] == ["migrate", "load_demo"]
    assert re.search(r"PostgreSQL and Valkey.*schema.*municipality.*Web, worker and beat", printed, re.DOTALL)


def test_a_taken_port_is_told_in_one_sentence(begin, port):
    with socket.socket() as other:
        other.bind(("127.0.0.1", port))
        other.listen()
        process = begin(port=port)
        _, said = process.communicate(timeout=30)

    assert process.returncode == 1
    assert said == f"Port {port} is taken. Choose another: make demo PORT={port + 1}\n"


@pytest.mark.parametrize("text", ["eight thousand", "0", "65536", "-1"])
def test_a_port_that_is_none_is_told_in_one_sentence(text):
    with pytest.raises(supervisor.SupervisorError, match="PORT must be a number from 1 to 65535"):
        supervisor.chosen_port(text)


def test_data_among_the_programs_own_files_is_refused_in_one_sentence(begin, project):
    process = begin(SAMLOS_HOME=str(project))

    _out, told = process.communicate(timeout=20)
    assert process.returncode == 1
    assert told.startswith("SAMLOS_HOME is the folder of the program itself.") and told.count("\n") == 1
    assert not (project / "postgres").exists()


def test_a_second_demonstration_in_the_same_folder_is_refused(begin):
    wait_for_address(begin())
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        free = probe.getsockname()[1]

    second = begin(port=free)
    _, said = second.communicate(timeout=30)

    assert second.returncode == 1
    assert said.startswith("A demonstration already runs from")


def test_a_failing_step_is_told_in_one_sentence_and_leaves_no_process(begin, project, home):
    (project / "fails.txt").write_text("load_demo", "utf-8")

    process = begin()
    _, said = process.communicate(timeout=60)

    assert process.returncode == 1
    assert said.startswith("manage.py load_demo failed: CommandError: The programme could not be read.")
    assert running_in(project, home) == []


def test_a_web_that_never_starts_is_told_with_its_last_words(begin, project, home):
    process = begin(web="broken.py")
    _, said = process.communicate(timeout=60)

    assert process.returncode == 1
    assert said.startswith("The web did not start: Fonts are missing.")
    assert running_in(project, home) == []


def test_a_program_that_crashes_is_started_again(begin, project, port):
    wait_for_address(begin())
    (web,) = (
        int(process.name)
        for process in Path("/proc").glob("[0-9]*")
        if b"web.py" in _command_line(process)
        and _works_in(process, project)
        and b"runner" not in _command_line(process)
    )

    os.kill(web, signal.SIGKILL)

    deadline = time.monotonic() + 20
    time.sleep(0.5)
    while not supervisor.answers(port):
        assert time.monotonic() < deadline, "It was not started again."
        time.sleep(0.1)


def test_when_the_supervisor_itself_is_killed_its_programs_end(begin, project):
    process = begin()
    wait_for_address(process)

    process.kill()

    deadline = time.monotonic() + 20
    while any("web.py" in command for command in running_in(project)):
        assert time.monotonic() < deadline, "The web outlived its supervisor."
        time.sleep(0.1)
    for left in Path("/proc").glob("[0-9]*"):
        if b"stubborn.py" in _command_line(left) and _works_in(left, project):
            os.killpg(int(left.name), signal.SIGKILL)


def test_half_a_database_is_refused():
    with pytest.raises(supervisor.SupervisorError, match="Set both DATABASE_URL"):
        supervisor.needs_embedded({"DATABASE_URL": "postgres://someone@somewhere/samlos"})


def test_servers_that_are_given_replace_the_embedded_ones():
    given = {"DATABASE_URL": "postgres://a@b/c", "DATABASE_OWNER_URL": "postgres://d@b/c", "REDIS_URL": "redis://e"}

    assert supervisor.needs_embedded({}) is True
    assert supervisor.needs_embedded(given) is False


def _command_line(process: Path) -> bytes:
    try:
        return (process / "cmdline").read_bytes()
    except OSError:
        return b""


def _works_in(process: Path, folder: Path) -> bool:
    try:
        return (process / "cwd").readlink().is_relative_to(folder)
    except OSError:
        return False


def test_what_is_collected_does_not_ask_to_be_collected_again(tmp_path, monkeypatch):
    monkeypatch.setattr(supervisor, "ROOT", tmp_path)
    (tmp_path / "requirements.lock").touch()
    for folder in (tmp_path / "static", tmp_path / "cases" / "static" / "cases", tmp_path / ".local" / "static"):
        folder.mkdir(parents=True)
    before = supervisor.static_fingerprint()

    (tmp_path / ".local" / "static" / "page.css").touch()
    assert supervisor.static_fingerprint() == before
    (tmp_path / "cases" / "static" / "cases" / "page.css").touch()
    assert supervisor.static_fingerprint() != before
