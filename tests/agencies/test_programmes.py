"""Loading a programme: twice the same changes nothing, a change makes a version, a broken file says where and why."""

import json
from io import StringIO
from pathlib import Path

import pytest
import yaml
from django.core.management import CommandError, call_command

from agencies.enums import AgencyKind, ForumBasis, ForumKind, Part, Role, Standing
from agencies.models import ProgrammeVersion
from agencies.models.programme_definition import ProgrammeDefinition
from agencies.services import programmes
from agencies.services.yaml_files import BrokenFileError

U23 = programmes.FOLDER / "u23_trondheim.yaml"


@pytest.fixture
def u23():
    return ProgrammeDefinition.from_document(programmes.read(U23).document)


@pytest.fixture
def edited(tmp_path, monkeypatch):
    """Writes the U23 file with one piece of text exchanged, and returns its path as a person would type it."""
    monkeypatch.chdir(tmp_path)

    def edit(old: str, new: str) -> Path:
        text = U23.read_text(encoding="utf-8")
        assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times"
        path = Path("programmes") / U23.name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text.replace(old, new), encoding="utf-8")
        return path

    return edit


def complaint(path: Path) -> str:
    with pytest.raises(BrokenFileError) as caught:
        programmes.read(path)
    return str(caught.value)


def line_of(path: Path, text: str) -> int:
    lines = path.read_text(encoding="utf-8").splitlines()
    return next(number for number, line in enumerate(lines, start=1) if text in line)


class TestWhatU23Says:
    @pytest.mark.req("U23-02")
    def test_its_purpose_is_to_prevent_new_crime(self, u23):
        assert "ny kriminalitet" in u23.purpose

    @pytest.mark.req("U23-03")
    @pytest.mark.parametrize(("age", "included"), [(17, False), (18, True), (25, True), (26, False)])
    def test_the_age_band_includes_both_ends(self, u23, age, included):
        assert u23.age_band.includes(age) is included

    @pytest.mark.req("U23-04")
    @pytest.mark.parametrize(
        ("answers", "met"),
        [
            ({"crime": True, "repeated": True}, True),
            ({"violence": True, "drugs": False, "repeated": False}, True),
            ({"crime": False, "violence": False, "drugs": False, "repeated": True}, False),
            ({"drugs": True}, False),
            ({}, False),
        ],
    )
    def test_a_proposal_names_a_ground_and_says_whether_it_is_repeated(self, u23, answers, met):
        assert u23.selection.is_met_by(answers) is met

    @pytest.mark.req("U23-05", "U23-06")
    def test_four_parties_own_it_and_the_rest_take_part(self, u23):
        owners = {party.kind for party in u23.parties if party.standing == Standing.OWNER}

        assert owners == {
            AgencyKind.COORDINATION,
            AgencyKind.MUNICIPAL_COMPANY,
            AgencyKind.POLICE,
            AgencyKind.PROBATION,
        }
        assert u23.standing_of(AgencyKind.NAV) == Standing.PARTICIPANT
        assert u23.standing_of(AgencyKind.OUTREACH) is None

    @pytest.mark.req("U23-09")
    def test_police_analysts_propose_and_a_function_receives(self, u23):
        assert [(function.kind, function.role) for function in u23.proposers] == [(AgencyKind.POLICE, Role.ANALYST)]
        assert (u23.intake.kind, u23.intake.role) == (AgencyKind.INTAKE_OFFICE, Role.INTAKE)

    @pytest.mark.req("U23-20")
    def test_the_consent_form_is_versioned_first_person_and_at_most_twelve_months(self, u23):
        assert u23.consent.form_version
        assert "hjelpe meg" in u23.consent.purpose
        assert (u23.consent.default_months, u23.consent.max_months) == (6, 12)
        assert Part.CORE not in u23.consent.parts
        assert {item.code for item in u23.consent.informed_items} == {
            "why", "what", "with_whom", "from_whom", "who_processes", "voluntary", "revocable", "consequences",
        }  # fmt: skip

    def test_the_review_asks_about_services_family_and_children(self, u23):
        items = {item.code: item for item in u23.initial_review}

        assert list(items) == ["ordinary_services", "family", "has_children"]
        assert items["has_children"].answer == "yes_no_unknown"
        assert items["has_children"].follow_up.when == "yes"

    @pytest.mark.req("U23-23")
    def test_six_basic_needs_are_checked(self, u23):
        assert [need.code for need in u23.basic_needs] == [
            "housing", "income", "assessment_treatment", "nav_contact", "occupation", "day_evening_follow_up",
        ]  # fmt: skip
        assert u23.basic_need("income").part == Part.ECONOMY

    def test_responsibility_group_and_individual_plan_are_assessed(self, u23):
        assert [assessment.code for assessment in u23.assessments] == ["responsibility_group", "individual_plan"]

    @pytest.mark.req("U23-27")
    def test_the_working_group_meets_six_to_eight_times_a_year(self, u23):
        group = u23.forum("working_group")

        assert [(cadence.unit, cadence.min, cadence.max) for cadence in group.cadences] == [("per_year", 6, 8)]
        assert u23.members_out_of_scope(group) == (AgencyKind.OUTREACH,)

    def test_the_working_group_hears_persons_on_consent_or_statute_and_only_in_the_part_for_them(self, u23):
        group = u23.forum("working_group")

        assert group.individual_cases == {ForumBasis.CONSENT, ForumBasis.STATUTE}
        assert [u23.agenda_part(code).about_persons for code in group.agenda_parts] == [False, True]

    def test_agendas_are_due_ten_working_days_before_and_status_five(self, u23):
        times = u23.forum("working_group").lead_times

        assert (times.agenda, times.status) == (10, 5)

    @pytest.mark.req("SIG-67", "SIG-69")
    def test_every_plan_area_has_help_and_belongs_to_a_part_in_play(self, u23):
        assert all(area.help and area.part in u23.parts for area in u23.plan_areas)
        assert "aldri navn på andre unge" in u23.plan_area("peers").help

    def test_its_cases_have_priority_and_each_early_state_a_deadline(self, u23):
        assert u23.priority
        assert (u23.deadline_for("received").since, u23.deadline_for("received").working_days) == ("submitted", 2)
        assert u23.deadline_for("initial_review").working_days == 5
        assert u23.deadline_for("collaborating") is None

    def test_closed_cases_are_kept_a_year_and_rejected_reports_not_a_day(self, u23):
        assert (u23.retention.closed_months, u23.retention.rejected_days) == (12, 0)
        assert u23.reminders.consent_ending == (30, 14, 3)

    @pytest.mark.parametrize("lookup", ["forum", "agenda_part", "basic_need", "plan_area"])
    def test_a_code_that_is_not_there_is_a_key_error(self, u23, lookup):
        with pytest.raises(KeyError):
            getattr(u23, lookup)("nothing")


class TestWhatIsWrongWithAFile:
    @pytest.mark.parametrize(
        ("old", "new", "key", "part_of_message"),
        [
            ("age: {min: 18, max: 25}", "age: {min: 18, max: ungdom}", "age.max", "et helt tall"),
            ("age: {min: 18, max: 25}", "age: {min: 18, max: 17}", "age.max", "17 er mindre enn det minste, 18"),
            ("age: {min: 18, max: 25}", "age: voksne", "age", "en gruppe nøkler"),
            ("age: {min: 18, max: 25}", "age: {min: 18}", "age.max", "mangler"),
            ('country: "NO"', "country: NO", "country", 'Skriv "NO"'),
            ('country: "NO"', 'country: "DK"', "country", "«DK» er ukjent. Velg blant: NO, SE"),
            ("name: U23", "name: U23\nname: U24", "name", "står to ganger, første gang i linje"),
            ("name: U23", "name: ''", "name", "tom"),
            ("priority: true", "priority: true\nprioritet: true", "prioritet", "Ukjent nøkkel"),
            ("priority: true", "priority: yes", "priority", 'Skriv "yes"'),
            ("priority: true", "priority: kanskje", "priority", "true eller false"),
            ("lead_kinds: [health_welfare_office]", "lead_kinds: []", "lead_kinds", "for kort"),
            ("lead_kinds: [health_welfare_office]", "lead_kinds: [hvk]", "lead_kinds[0]", "«hvk» er ukjent"),
            ("lead_kinds: [health_welfare_office]", "lead_kinds: [school]", "lead_kinds[0]", "ikke i parties"),
            ("{kind: police, role: analyst}", "{kind: school, role: analyst}", "proposers[0].kind", "ikke i parties"),
            ("intake: {kind: intake_office", "intake: {kind: school", "intake.kind", "ikke i parties"),
            ("kind: coordination, role: coordinator", "kind: school, role: coordinator",
             "forums[0].convenor.kind", "ikke i parties"),
            ("asked: [repeated]", "asked: [often]", "selection.asked[0]", "ikke beskrevet i selection.criteria"),
            ("asked: [repeated]", "asked: [repeated, repeated]", "selection.asked", "to ganger"),
            ("agenda_parts: [general, individual]", "agenda_parts: [general, del2]",
             "forums[0].agenda_parts[1]", "ikke beskrevet i agenda_parts"),
            ("agenda_parts: [general, individual]", "agenda_parts: [general]", "forums[0].agenda_parts", "enkeltsaker"),
            ("    kind: working_group", "    kind: police_council", "forums[0].individual_cases", "aldri ta opp enkeltsaker"),
            ("min: 6, max: 8", "min: 9, max: 8", "forums[0].cadences[0].max", "8 er mindre enn det minste, 9"),
            ("default_months: 6", "default_months: 13", "consent.default_months", "13 er for mye"),
            ("max_months: 12", "max_months: 3", "consent.default_months", "3 måneder"),
            ("code: income\n", "code: housing\n", "basic_needs[1].code", "«housing» står to ganger"),
            ("    part: housing\n  - code: income", "    part: whereabouts\n  - code: income",
             "basic_needs[0].part", "«whereabouts» er ukjent"),
            ("    part: housing\n  - code: income", "    part: child_welfare\n  - code: income",
             "basic_needs[0].part", "ikke beskrevet i parts"),
            ("parts:\n    - crime", "parts:\n    - child_welfare", "consent.parts[0]", "ikke beskrevet i parts"),
            ("last_revised_on: null", "last_revised_on: i fjor", "routine.last_revised_on", "ikke en dato"),
            ("last_revised_on: null", "last_revised_on: 2026-13-01", "routine.last_revised_on", "kan ikke leses"),
            ("since: submitted", "since: yesterday", "deadlines[1].since", "«yesterday» er ukjent"),
            ("working_days: 1,", "working_days: -1,", "deadlines[0].working_days", "-1 er for lite"),
            ("code: u23_trondheim", "code: U23", "code", "feil form"),
            ("code: u23_trondheim", "code: u24", "code", "samme som filnavnet"),
        ],
    )  # fmt: skip
    def test_it_is_said_with_file_line_and_key(self, edited, old, new, key, part_of_message):
        path = edited(old, new)

        told = complaint(path)

        assert told.startswith("programmes/u23_trondheim.yaml, linje ")
        assert f", {key}: " in told
        assert part_of_message in told

    def test_the_line_is_the_one_where_the_mistake_stands(self, edited):
        path = edited("age: {min: 18, max: 25}", "age:\n  min: 18\n  max: ungdom")

        expected = f"programmes/u23_trondheim.yaml, linje {line_of(path, 'max: ungdom')}, age.max: "

        assert complaint(path) == expected + "Her må det stå et helt tall eller null."

    def test_all_mistakes_are_told_at_once_in_the_order_of_the_file(self, edited):
        path = edited("age: {min: 18, max: 25}", "age: {min: ung, max: gammel}\nfarge: rød")

        keys = [line.split(", ")[2].split(":")[0] for line in complaint(path).splitlines()]

        assert keys == ["age.max", "age.min", "farge"]

    @pytest.mark.parametrize(
        ("content", "part_of_message"),
        [
            (b"name: [U23\nage: 3", "ikke gyldig YAML"),
            (b"name: U23\n age: 3", "ikke gyldig YAML"),
            (b"", "tom"),
            (b"name: \xe5", "UTF-8"),
            (b"name: \x00", "tegn som YAML ikke tillater"),
            (b"- U23", "en gruppe"),
            (b"NO: 1", "anførselstegn"),
            (b"a: &a [1]\nb: *a", "Skriv innholdet ut"),
            (b"a: &a\n  b: *a", "Skriv innholdet ut"),
        ],
    )
    def test_a_file_that_is_no_yaml_is_told_with_its_line(self, tmp_path, monkeypatch, content, part_of_message):
        monkeypatch.chdir(tmp_path)
        path = Path("x.yaml")
        path.write_bytes(content)

        told = complaint(path)

        assert told.startswith("x.yaml, linje ")
        assert part_of_message in told

    def test_a_file_that_is_not_there_is_told_so(self, tmp_path):
        assert "kan ikke leses" in complaint(tmp_path / "missing.yaml")

    def test_the_schema_knows_the_same_words_as_the_code(self):
        definitions = json.loads(programmes.SCHEMA.read_text(encoding="utf-8"))["$defs"]

        assert definitions["agency_kind"]["enum"] == AgencyKind.values
        assert definitions["part"]["enum"] == Part.values
        assert definitions["role"]["enum"] == Role.values
        forum = definitions["forum"]["properties"]
        assert forum["kind"]["enum"] == ForumKind.values
        assert forum["individual_cases"]["items"]["enum"] == ForumBasis.values


class TestOtherShapes:
    """The programmes still to come: no upper age, no consent, a council without persons, a contract, a dated cadence."""

    @pytest.mark.req("LIL-08")
    def test_a_council_without_consent_age_or_intake_is_a_programme_too(self, tmp_path):
        document = programmes.read(U23).document | {
            "code": "council",
            "intake": None,
            "age": None,
            "proposers": [],
            "consent": None,
            "selection": {"criteria": [], "at_least_one_of": [], "asked": []},
        }
        document["forums"] = [
            document["forums"][0]
            | {
                "kind": ForumKind.POLICE_COUNCIL.value,
                "individual_cases": [],
                "agenda_parts": ["general"],
                "cadences": [
                    {"unit": "per_year", "min": 4, "max": 4, "valid_to": "2022-12-31"},
                    {"unit": "per_year", "min": 2, "max": None, "valid_from": "2023-01-01"},
                ],
            }
        ]
        path = tmp_path / "council.yaml"
        path.write_text(yaml.safe_dump(document), encoding="utf-8")

        definition = ProgrammeDefinition.from_document(programmes.read(path).document)

        assert definition.consent is None and definition.age_band is None and definition.intake is None
        assert not definition.forums[0].hears_individual_cases
        assert [cadence.valid_from for cadence in definition.forums[0].cadences] == [None, "2023-01-01"]

    @pytest.mark.req("FA-03")
    def test_an_age_without_upper_end_and_a_contract_of_six_months(self, tmp_path):
        document = programmes.read(U23).document | {
            "code": "felles",
            "age": {"min": 12, "max": None},
            "contracts": [{"code": "youth", "label": "Ungdomskontrakt", "months": 6, "part": "core"}],
        }
        path = tmp_path / "felles.yaml"
        path.write_text(yaml.safe_dump(document), encoding="utf-8")

        definition = ProgrammeDefinition.from_document(programmes.read(path).document)

        assert definition.age_band is not None
        assert definition.age_band.includes(12) and definition.age_band.includes(40)
        assert [contract.months for contract in definition.contracts] == [6]

    def test_a_forum_that_rests_on_consent_needs_a_consent_form(self, tmp_path):
        path = tmp_path / "u23_trondheim.yaml"
        path.write_text(yaml.safe_dump(programmes.read(U23).document | {"consent": None}), encoding="utf-8")

        assert "noe samtykkeskjema" in complaint(path)


@pytest.mark.django_db
class TestLoading:
    @pytest.mark.req("U23-01")
    def test_the_first_load_makes_version_one_and_warns_of_what_the_source_left_blank(self):
        loaded = programmes.load(U23)

        assert loaded.programme.code == "u23_trondheim"
        assert any("routine.next_revision_on" in warning for warning in loaded.warnings)

    @pytest.mark.req("U23-27")
    def test_a_member_outside_the_scope_is_warned_of(self):
        assert any("Uteseksjon" in warning for warning in programmes.load(U23).warnings)

    @pytest.mark.req("U23-01")
    def test_loading_twice_changes_nothing(self):
        first = programmes.load(U23)

        again = programmes.load(U23)

        assert not again.changed
        assert again.version == first.version
        assert again.version.loaded_at == first.version.loaded_at

    def test_comments_and_layout_make_no_version(self, edited):
        first = programmes.load(U23)

        again = programmes.load(
            edited("lead_kinds: [health_welfare_office]", "lead_kinds:  # one\n- health_welfare_office")
        )

        assert not again.changed
        assert again.version == first.version

    def test_a_changed_file_makes_the_next_version_and_keeps_the_old(self, edited):
        first = programmes.load(U23)

        changed = programmes.load(edited("max_months: 12", "max_months: 9"))

        assert changed.changed
        assert changed.version.number == first.version.number + 1
        assert changed.programme.current_version() == changed.version
        old = ProgrammeVersion.objects.get(pk=first.version.pk)
        assert old.document["consent"]["max_months"] == 12
        assert changed.version.document["consent"]["max_months"] == 9

    def test_going_back_is_a_new_version_too(self, edited):
        first = programmes.load(U23)
        programmes.load(edited("max_months: 12", "max_months: 9"))

        back = programmes.load(U23)

        assert back.version.number == first.version.number + 2
        assert back.version.checksum == first.version.checksum

    def test_a_broken_file_changes_nothing(self, edited):
        programmes.load(U23)
        before = ProgrammeVersion.objects.count()

        with pytest.raises(BrokenFileError):
            programmes.load(edited("max_months: 12", "max_months: tolv"))

        assert ProgrammeVersion.objects.count() == before

    def test_the_definition_is_parsed_once_per_instance(self):
        version = programmes.load(U23).version

        assert version.definition.name == "U23"
        assert version.definition is version.definition


@pytest.mark.django_db
class TestTheCommand:
    def test_it_loads_every_programme_and_catalogue_and_says_what_came_of_it(self):
        call_command("load_programmes", stdout=StringIO(), stderr=StringIO())
        told, warned = StringIO(), StringIO()

        call_command("load_programmes", stdout=told, stderr=warned)

        assert "u23_trondheim: versjon 1, uendret" in told.getvalue()
        assert "Rettsgrunnlag NO: uendret" in told.getvalue()
        assert "Rettsgrunnlag SE: uendret" in told.getvalue()
        assert "neste revisjon" in warned.getvalue()

    def test_a_broken_file_is_refused_before_any_file_is_loaded(self, edited):
        before = ProgrammeVersion.objects.count()

        with pytest.raises(CommandError, match=r"programmes/u23_trondheim\.yaml, linje \d+, age\.max: "):
            call_command("load_programmes", str(U23), str(edited("max: 25}", "max: x}")), stdout=StringIO())

        assert ProgrammeVersion.objects.count() == before
