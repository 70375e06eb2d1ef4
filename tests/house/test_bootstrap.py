"""A fresh machine is made ready, or one sentence says what to do."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from config import bootstrap


def test_an_old_python_is_told_so_in_one_sentence():
    with pytest.raises(bootstrap.BootstrapError, match=r"needs Python 3\.11 or newer, and this is Python 3\.9"):
        bootstrap.require_python((3, 9, 2))


def test_the_oldest_python_we_support_is_let_through():
    bootstrap.require_python((3, 11, 0))


def test_make_takes_a_python_that_can_run_samlos_unless_one_is_named():
    alone = {name: value for name, value in os.environ.items() if name not in {"PYTHON", "MAKEFLAGS", "MAKEOVERRIDES"}}

    def taken(*options):
        call = ["make", "-n", *options, "demo"]
        said = subprocess.run(call, cwd=bootstrap.ROOT, env=alone, capture_output=True, text=True)
        return next(line for line in said.stdout.splitlines() if "bootstrap" in line).split()[0]

    can_run = "import ensurepip, sys, venv; assert sys.version_info >= (3, 11)"
    assert subprocess.run([taken(), "-c", can_run], capture_output=True).returncode == 0
    assert taken("PYTHON=/opt/another/python3") == "/opt/another/python3"


@pytest.mark.parametrize(
    ("said", "remedy"),
    [
        ("OSError: [Errno 28] No space left on device", "The disk is full"),
        ("The virtual environment was not created: ensurepip is not available.", "apt-get install -y python3-venv"),
        ("NewConnectionError: [Errno -3] Temporary failure in name resolution", "There is no network"),
        (
            "ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE.",
            "not the one the lock file names",
        ),
        ("[Errno 13] Permission denied: '.venv'", "No permission to write"),
        ("something nobody foresaw", "The step failed: something nobody foresaw"),
    ],
)
def test_what_went_wrong_becomes_what_to_do(said, remedy):
    assert remedy in bootstrap._remedy(said, "The step failed")


def test_where_apt_is_not_allowed_the_exact_command_is_given(monkeypatch):
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    monkeypatch.setattr(shutil, "which", lambda name: None if name == "sudo" else f"/usr/bin/{name}")

    with pytest.raises(bootstrap.BootstrapError) as refused:
        bootstrap.install_with_apt(bootstrap.PANGO_PACKAGES, "PDFs need Pango, which is not installed.")

    assert str(refused.value) == (
        "PDFs need Pango, which is not installed. Run: sudo apt-get install -y --no-install-recommends "
        "libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0"
    )


def test_without_a_network_the_machine_is_told_so(tmp_path, monkeypatch):
    monkeypatch.setattr(bootstrap, "VENV", tmp_path / "venv")
    monkeypatch.setattr(bootstrap, "STAMP", tmp_path / "venv" / "stamp.json")
    for name in ("PIP_EXTRA_INDEX_URL", "PIP_FIND_LINKS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:9/simple/")
    monkeypatch.setenv("PIP_NO_CACHE_DIR", "1")
    monkeypatch.setenv("PIP_RETRIES", "0")

    with pytest.raises(bootstrap.BootstrapError, match="There is no network"):
        bootstrap.prepare_environment("runtime")

    assert not (tmp_path / "venv" / "stamp.json").exists()


def test_what_is_installed_already_is_not_installed_again(tmp_path, monkeypatch):
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "python").symlink_to(sys.executable)
    stamp = tmp_path / "stamp.json"
    installed = {name: bootstrap._fingerprint(bootstrap.ROOT / name) for name in bootstrap.LOCKS["dev"]}
    stamp.write_text(json.dumps(installed | {"python": bootstrap._this_python()}))
    ran = []
    monkeypatch.setattr(bootstrap, "VENV", tmp_path)
    monkeypatch.setattr(bootstrap, "STAMP", stamp)
    monkeypatch.setattr(bootstrap, "_quiet", lambda command: subprocess.CompletedProcess(command, 0, "", ""))
    monkeypatch.setattr(bootstrap, "_run", lambda command, what: ran.append(command))

    assert bootstrap.prepare_environment("dev") is False
    assert bootstrap.prepare_environment("runtime") is False
    assert ran == []

    stamp.write_text(json.dumps(installed | {"python": "/opt/another/python3 3.12.1"}))
    assert bootstrap.prepare_environment("dev") is True
    assert [sys.executable, "-m", "venv", "--clear", str(tmp_path)] in ran, "made anew on the Python that was asked for"
    assert json.loads(stamp.read_text())["python"] == bootstrap._this_python()


def test_an_unknown_kind_of_machine_gets_the_usage(capsys):
    assert bootstrap.main(["everything"]) == 2
    assert "Usage" in capsys.readouterr().err


@pytest.mark.parametrize("lock", ["requirements.lock", "requirements-dev.lock", "package-lock.json"])
def test_no_lock_file_holds_an_address(lock):
    text = (bootstrap.ROOT / lock).read_text("utf-8")
    named_by_packages = [line for line in text.splitlines() if "://" in line and '"url"' not in line]

    assert named_by_packages == []


def test_every_locked_python_package_has_a_hash():
    for lock in ("requirements.lock", "requirements-dev.lock"):
        blocks = Path(bootstrap.ROOT / lock).read_text("utf-8").replace("\\\n", " ").splitlines()
        pinned = [line for line in blocks if "==" in line and not line.lstrip().startswith("#")]

        assert pinned
        assert all("--hash=sha256:" in line for line in pinned)
