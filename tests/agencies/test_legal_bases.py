"""The catalogue of legal bases: what may rest on which row, on which date, and how a broken catalogue is told of."""

import datetime as dt
import json
from pathlib import Path

import pytest

from agencies.enums import LegalEffect, LegalUse
from agencies.models import LegalBasis
from agencies.services import legal_bases
from agencies.services.yaml_files import BrokenFileError

NORWAY = legal_bases.FOLDER / "no.yaml"
SWEDEN = legal_bases.FOLDER / "se.yaml"
TODAY = dt.date(2026, 11, 21)


@pytest.fixture
def catalogue(db):
    legal_bases.load(NORWAY)
    legal_bases.load(SWEDEN)


@pytest.fixture
def edited(tmp_path, monkeypatch):
    """Writes a small catalogue and returns its path."""
    monkeypatch.chdir(tmp_path)

    def write(*rows: str, head: str = 'country: "NO"\nreviewed_on: 2026-11-21\n') -> Path:
        path = Path("no.yaml")
        path.write_text(head + "bases:\n" + "".join(rows), encoding="utf-8")
        return path

    return write


def row(code: str = "NO-TEST-1", more: str = "") -> str:
    return (
        f"  - code: {code}\n    label: Prøve\n    statute: Prøveloven\n    section: '1'\n    effect: right\n"
        f"    url: https://lovdata.no/\n    confidence: verified\n{more}"
    )


def codes_for(use: str, *, on: dt.date = TODAY, country: str = "NO") -> set[str]:
    return set(legal_bases.usable_for(use, on=on, country=country).values_list("code", flat=True))


@pytest.mark.req("U23-31")
def test_a_concern_report_from_the_police_rests_on_one_of_three_rows(catalogue):
    assert codes_for("concern_report") == {"NO-PREG-27-4", "NO-PREG-27-2-1", "NO-PREG-30"}


@pytest.mark.req("U23-31")
def test_a_disclosure_rests_on_a_right_and_never_on_a_duty_of_secrecy_or_a_procedure(catalogue):
    assert set(legal_bases.usable_for("disclosure", on=TODAY).values_list("effect", flat=True)) == {LegalEffect.RIGHT}
    assert "NO-FVL-13B-7" in codes_for("disclosure")


@pytest.mark.req("SLT-31")
def test_a_duty_to_report_is_its_own_track_and_no_basis_for_telling_the_group(catalogue):
    duties = codes_for("mandatory_report")

    assert "NO-BVL-13-2" in duties
    assert duties.isdisjoint(codes_for("disclosure"))


def test_break_glass_rests_on_danger_to_life_or_health(catalogue):
    assert codes_for("break_glass") == {"NO-FVL-13B-7", "NO-HPL-23-4", "NO-HPL-31", "NO-STRL-196", "NO-STRL-287"}


def test_countries_are_kept_apart(catalogue):
    assert all(code.startswith("SE-") for code in codes_for("disclosure", country="SE"))
    assert codes_for("concern_report", country="SE") == set()


def test_an_unknown_use_is_refused(catalogue):
    with pytest.raises(ValueError, match="gossip"):
        codes_for("gossip")


@pytest.mark.req("LIL-43", "LIL-45")
def test_best_interests_and_intoxication_are_no_rows(catalogue):
    assert not LegalBasis.objects.filter(statute__icontains="barnekonvensjonen").exists()
    assert not LegalBasis.objects.filter(label__icontains="ruset").exists()


@pytest.mark.req("LIL-44")
def test_the_repealed_child_welfare_act_is_no_row(catalogue):
    assert LegalBasis.objects.get(code="NO-BVL-13-1-3").citation == "Barnevernsloven § 13-1 tredje ledd"
    assert not LegalBasis.objects.filter(statute__contains="1992").exists()


@pytest.mark.req("U23-32")
def test_statutes_carry_their_true_dates_and_numbers(catalogue):
    statutes = dict(LegalBasis.objects.values_list("code", "statute"))

    assert "04.08.1995 nr. 53" in statutes["NO-POLL-24"]
    assert "18.12.2009 nr. 131" in statutes["NO-STJL-43"]


@pytest.mark.parametrize(
    ("code", "citation"),
    [
        ("NO-PREG-27-4", "Politiregisterloven § 27 fjerde ledd"),
        ("NO-HPL-25", "Helsepersonelloven §§ 25 og 29"),
        ("NO-STJL-44-3", "Sosialtjenesteloven § 44 første, andre og tredje ledd"),
        ("SE-SOL-19-4", "Socialtjänstlagen (2025:400) 19 kap. 4 §"),
    ],
)
def test_a_row_cites_its_provision_as_lawyers_do(catalogue, code, citation):
    assert str(LegalBasis.objects.get(code=code)) == citation


def test_rows_that_are_switched_off_in_the_catalogue_cannot_be_used(catalogue):
    off = set(LegalBasis.objects.filter(enabled=False).values_list("code", flat=True))

    assert off == {"NO-FVL-13G", "NO-FVL2025-34", "SE-2016-774"}
    assert codes_for("disclosure").isdisjoint(off)


@pytest.mark.parametrize(
    ("on", "usable"),
    [
        (dt.date(2025, 12, 31), False),
        (dt.date(2026, 1, 1), True),
        (dt.date(2026, 6, 30), True),
        (dt.date(2026, 7, 1), False),
    ],
)
@pytest.mark.django_db
def test_a_row_can_be_used_from_its_first_to_its_last_day(edited, on, usable):
    more = "    uses: [disclosure]\n    valid_from: 2026-01-01\n    valid_to: 2026-06-30\n"
    legal_bases.load(edited(row(more=more)))

    assert ("NO-TEST-1" in codes_for("disclosure", on=on)) is usable


def test_a_row_not_read_for_a_year_is_due_but_still_offered(catalogue):
    basis = LegalBasis.objects.get(code="NO-PREG-27-4")

    assert not basis.review_is_due(on=TODAY + dt.timedelta(days=365))
    assert basis.review_is_due(on=TODAY + dt.timedelta(days=366))
    assert basis.code in codes_for("concern_report", on=TODAY + dt.timedelta(days=366))


def test_a_row_says_who_decides_and_what_it_requires(catalogue):
    basis = LegalBasis.objects.get(code="NO-PREG-30")

    assert basis.decider_role == "controller"
    assert {"necessity", "proportionality", "controller_decision", "written_form"} <= basis.requires
    assert basis.conditions


def test_every_row_a_person_can_choose_has_conditions_a_decider_and_a_record(catalogue):
    for basis in LegalBasis.objects.exclude(document__uses=[]):
        assert basis.conditions, basis.code
        assert basis.decider_role, basis.code
    for basis in legal_bases.usable_for(LegalUse.DISCLOSURE, on=TODAY):
        assert "record_disclosure" in basis.requires, basis.code


def test_loading_twice_changes_nothing(catalogue):
    again = legal_bases.load(NORWAY)

    assert not again.anything_changed
    assert LegalBasis.objects.filter(country="NO").count() == 57
    assert LegalBasis.objects.filter(country="SE").count() == 31


@pytest.mark.django_db
def test_a_changed_row_keeps_its_identity_and_a_row_that_left_the_file_is_switched_off(edited):
    legal_bases.load(edited(row("NO-TEST-1"), row("NO-TEST-2")))
    before = LegalBasis.objects.get(code="NO-TEST-1")

    loaded = legal_bases.load(edited(row("NO-TEST-1", "    note: Ny\n"), row("NO-TEST-3")))

    after = LegalBasis.objects.get(code="NO-TEST-1")
    assert (after.pk, after.document["note"]) == (before.pk, "Ny")
    assert not LegalBasis.objects.get(code="NO-TEST-2").enabled
    assert (loaded.created, loaded.changed) == (1, 1)


@pytest.mark.parametrize(
    ("rows", "place", "part_of_message"),
    [
        ([row(), row()], "linje 11, bases[1].code", "står to ganger"),
        ([row("SE-TEST-1")], "linje 4, bases[0].code", "landkoden, NO"),
        ([row("test")], "linje 4, bases[0].code", "feil form"),
        ([row(more="    narrows: [NO-GONE]\n")], "linje 11, bases[0].narrows[0]", "finnes ikke"),
        (
            [row(more="    valid_from: 2026-02-01\n    valid_to: 2026-01-01\n")],
            "linje 12, bases[0].valid_to",
            "slutter før",
        ),
        ([row(more="    uses: [gossip]\n")], "linje 11, bases[0].uses[0]", "«gossip» er ukjent"),
        ([row(more="    enabled_default: yes\n")], "linje 11, bases[0].enabled_default", 'Skriv "yes"'),
    ],
)
def test_a_broken_catalogue_is_told_of_with_file_line_and_key(edited, rows, place, part_of_message):
    with pytest.raises(BrokenFileError) as caught:
        legal_bases.read(edited(*rows))

    assert str(caught.value).startswith(f"no.yaml, {place}: ")
    assert part_of_message in str(caught.value)


def test_an_unquoted_norwegian_country_code_is_explained(edited):
    with pytest.raises(BrokenFileError, match=r'no\.yaml, linje 1, country: .*Skriv "NO"'):
        legal_bases.read(edited(row(), head="country: NO\nreviewed_on: 2026-11-21\n"))


def test_the_schema_knows_the_same_words_as_the_code():
    properties = json.loads(legal_bases.SCHEMA.read_text(encoding="utf-8"))["$defs"]["basis"]["properties"]

    assert properties["effect"]["enum"] == LegalEffect.values
    assert properties["uses"]["items"]["enum"] == LegalUse.values


def test_a_look_up_is_withheld_from_the_persons_log_only_on_an_exception_from_access(catalogue):
    assert codes_for("log_withholding") == {f"NO-POPPLYL-16-{letter}" for letter in "BCDF"}
    assert codes_for("log_withholding", country="SE") == {"SE-DSL-5-1"}
    assert (
        LegalBasis.objects.get(code="NO-POPPLYL-16-B").citation == "Personopplysningsloven § 16 første ledd bokstav b"
    )
