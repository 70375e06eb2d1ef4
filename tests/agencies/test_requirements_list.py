"""The list of requirements, and that no test claims to prove one that is not on it."""

from io import StringIO
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import call_command

from config import requirements_list
from config.requirements_list import Requirement

ROOT = Path(settings.BASE_DIR)
LIST = ROOT / "docs" / "requirements.csv"


@pytest.fixture
def requirements():
    return requirements_list.read_list(LIST)


def test_all_201_requirements_are_listed(requirements):
    by_source = {
        source: sum(1 for requirement in requirements if requirement.id.startswith(f"{source}-"))
        for source in ("U23", "LIL", "SIG", "SLT", "FA")
    }

    assert by_source == {"U23": 32, "LIL": 52, "SIG": 71, "SLT": 31, "FA": 15}
    assert len(requirements) == 201


def test_each_has_known_tags_in_their_order_and_a_sentence(requirements):
    for requirement in requirements:
        tags = requirement.tags.split(" ")
        assert tags == sorted(set(tags), key="RFCGPDN".index), requirement.id
        assert requirement.wording.endswith("."), requirement.id


def test_every_requirement_named_in_a_test_is_on_the_list(requirements):
    known = {requirement.id for requirement in requirements}

    strangers = [naming for naming in requirements_list.namings_in(ROOT / "tests") if naming.requirement not in known]

    assert not strangers


def test_marks_on_functions_classes_modules_and_cases_all_count(tmp_path):
    (tmp_path / "test_sample.py").write_text(
        "import pytest\n"
        'pytestmark = [pytest.mark.req("A-1")]\n'
        "\n"
        '@pytest.mark.req("A-2", "A-3")\n'
        "def test_one(): ...\n"
        "\n"
        '@pytest.mark.req("A-4")\n'
        "class TestGroup:\n"
        '    @pytest.mark.parametrize("x", [pytest.param(1, marks=pytest.mark.req("A-5")), 2])\n'
        "    def test_two(self, x): ...\n"
        "\n"
        "    def prepare(self): ...\n"
    )

    namings = {(naming.test, naming.requirement) for naming in requirements_list.namings_in(tmp_path)}

    assert namings == {
        ("test_one", "A-1"),
        ("test_one", "A-2"),
        ("test_one", "A-3"),
        ("test_two", "A-1"),
        ("test_two", "A-4"),
        ("test_two", "A-5"),
    }


def test_an_id_that_is_computed_is_refused(tmp_path):
    path = tmp_path / "test_sample.py"
    path.write_text('import pytest\n\n@pytest.mark.req("A-" + "1")\ndef test_one(): ...\n')

    with pytest.raises(ValueError, match=r"test_sample\.py:3: "):
        list(requirements_list.namings_of(path))


def test_an_id_that_stands_twice_is_refused(tmp_path):
    path = tmp_path / "requirements.csv"
    path.write_text("id,tags,wording\nA-1,G,One.\nA-1,G,Two.\n")

    with pytest.raises(ValueError, match="A-1 stands 2 times"):
        requirements_list.read_list(path)


def test_mere_guidance_is_not_counted():
    assert not Requirement("A-1", "N", "A note.").is_counted
    assert Requirement("A-2", "G N", "A gate with a note.").is_counted


def test_the_command_prints_a_line_for_each_and_the_sum_last(requirements):
    printed = StringIO()

    call_command("requirements", stdout=printed)

    lines = printed.getvalue().splitlines()
    assert len(lines) == 202
    assert lines[2].startswith("U23-03 G ") and int(lines[2].split()[-1]) >= 1
    countable = sum(1 for requirement in requirements if requirement.tags != "N")
    assert lines[-1].startswith("covered ") and lines[-1].endswith(f" of {countable}")
