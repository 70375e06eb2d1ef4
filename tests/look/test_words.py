"""Dates, deadlines, tags and buttons: `{% load samlos %}`."""

import datetime as dt
from zoneinfo import ZoneInfo

import pytest
from django.core.paginator import Paginator
from django.template import engines
from django.test import RequestFactory

from agencies.decisions import ALLOWED, denied
from agencies.enums import Part
from agencies.templatetags.icons import PATHS

OSLO = ZoneInfo("Europe/Oslo")
NOW = dt.datetime(2026, 11, 19, 9, 12, tzinfo=OSLO)


def at(day, hour=0, minute=0, month=11):
    return dt.datetime(2026, month, day, hour, minute, tzinfo=OSLO)


def render(template, **context):
    return engines["django"].from_string("{% load samlos %}" + template).render({"now": NOW, **context}).strip()


@pytest.mark.parametrize(
    ("how", "shown"),
    [
        ("day", "20. november 2026"),
        ("weekday", "fredag 20. november"),
        ("full_day", "fredag 20. november 2026"),
        ("month_day", "20. november"),
        ("moment", "20. november 2026 kl. 00.30"),
        ("clock_time", "00.30"),
        ("iso", "2026-11-20T00:30+01:00"),
    ],
)
def test_an_instant_is_shown_in_the_municipalitys_zone(how, shown):
    """23:30 in UTC is the next day in Norway: a deadline must not move by a day."""
    instant = dt.datetime(2026, 11, 19, 23, 30, tzinfo=dt.UTC)

    assert render("{{ when|" + how + " }}", when=instant) == shown


def test_a_right_that_ends_at_midnight_lasts_through_the_day_before():
    assert render("{{ end|last_day }}", end=at(1, month=12)) == "30. november 2026"


@pytest.mark.parametrize(
    ("when", "shown"),
    [
        (dt.date(2026, 11, 16), "3 dager over"),
        (dt.date(2026, 11, 18), "1 dag over"),
        (dt.date(2026, 11, 19), "i dag"),
        (at(19, 9, 0), "over fristen"),
        (at(19, 9, 12), "nå"),
        (at(19, 9, 13), "om 1 minutt"),
        (at(19, 10, 0), "om 48 minutter"),
        (at(19, 10, 30), "om 1 time"),
        (at(19, 15, 0), "om 5 timer"),
        (at(20, 8, 0), "i morgen"),
        (dt.date(2026, 11, 27), "om 8 dager"),
    ],
)
def test_a_deadline_says_how_far_away_it_is(when, shown):
    assert render("{% until when %}", when=when) == shown


@pytest.mark.parametrize(
    ("when", "shown"),
    [
        (at(19, 9, 11), "i dag kl. 09.11"),
        (dt.date(2026, 11, 19), "i dag"),
        (at(18, 23, 59), "i går"),
        (dt.date(2026, 11, 16), "for 3 dager siden"),
        (dt.date(2026, 10, 20), "20. oktober 2026"),
    ],
)
def test_what_happened_says_how_long_ago(when, shown):
    assert render("{% ago when %}", when=when) == shown


def test_the_instant_given_wins_over_the_pages_own():
    assert render("{% until when later %}", when=dt.date(2026, 11, 19), later=at(21)) == "2 dager over"


def test_a_day_is_not_late_until_it_is_over_but_an_instant_is_when_reached():
    assert "app-late" not in render("{% due when %}", when=dt.date(2026, 11, 19))
    assert "app-late" in render("{% due when %}", when=dt.date(2026, 11, 18))
    assert "app-late" in render("{% due when %}", when=at(19, 9, 12))


@pytest.mark.parametrize(
    ("number", "shown"),
    [
        ("14850550051", "148505 *****"),
        ("148505 50051", "148505 *****"),
        ("200505141234", "20050514-****"),
        ("123", "***********"),
        ("", "***********"),
    ],
)
def test_a_national_id_shows_its_date_and_nothing_more(number, shown):
    assert render("{{ number|masked_national_id }}", number=number) == shown


@pytest.mark.parametrize("part", Part)
def test_an_information_part_is_a_purple_tag_with_its_norwegian_name(part):
    assert render("{% part_tag part %}", part=part.value) == (
        f'<span class="ds-tag" data-color="brand2">{part.label}</span>'
    )


def test_an_unknown_information_part_is_an_error_and_not_a_tag():
    with pytest.raises(ValueError, match="secrets"):
        render("{% part_tag 'secrets' %}")


def test_parts_are_a_list_with_a_name():
    shown = render("{% part_tags parts 'Kan se' %}", parts=[Part.HEALTH, Part.FAMILY])

    assert 'aria-label="Kan se"' in shown
    assert shown.count("<li>") == 2


def test_nothing_but_a_part_can_be_purple():
    assert 'data-color="warning"' in render("{% state_tag 'Venter' 'warning' %}")
    with pytest.raises(ValueError, match="brand2"):
        render("{% state_tag 'Venter' 'brand2' %}")


def test_every_icon_is_hidden_from_screen_readers():
    for name in PATHS:
        assert 'aria-hidden="true"' in render("{% icon name %}", name=name)


def test_a_decision_that_allows_is_a_button():
    shown = render("{% decision_button decision 'Fordel' name='to' value='øst' %}", decision=ALLOWED)

    assert '<button class="ds-button" type="submit"' in shown
    assert 'name="to" value="øst"' in shown
    assert "disabled" not in shown


def test_a_decision_that_denies_is_a_disabled_button_with_its_reason_beside_it():
    shown = render("{% decision_button decision 'Fordel' %}", decision=denied("Bare <mottaket> fordeler."))

    assert "disabled" in shown
    assert 'type="submit"' not in shown
    assert 'aria-describedby="why-1"' in shown
    assert 'id="why-1"' in shown
    assert "Bare &lt;mottaket&gt; fordeler." in shown


def test_reasons_on_one_page_have_ids_of_their_own():
    shown = render("{% decision_button no 'A' %}{% decision_button no 'B' %}", no=denied("Ikke nå."))

    assert 'id="why-1"' in shown
    assert 'id="why-2"' in shown


def test_a_panel_is_named_by_its_heading_and_escapes_what_it_is_given():
    shown = render(
        "{% panel title id='tl' note='Du ser 7' count=7 %}<p>{{ text }}</p>{% endpanel %}", title="<Tid>", text="a & b"
    )

    assert 'aria-labelledby="tl"' in shown
    assert 'id="tl">&lt;Tid&gt; <span class="app-sect__n">7</span></h2>' in shown
    assert "<p>a &amp; b</p>" in shown
    assert "Du ser 7" in shown


def test_an_empty_state_a_table_frame_and_a_confirmation_hold_what_they_are_given():
    assert "<strong>Ingen møter</strong>De står her." in render("{% empty 'Ingen møter' %}De står her.{% endempty %}")
    assert 'role="region" aria-label="Kø"' in render("{% table_region 'Kø' %}<table></table>{% endtable_region %}")
    assert 'data-color="warning"' in render("{% confirmation 'Dette skjer' 'warning' %}x{% endconfirmation %}")


def test_key_values_leave_out_what_is_not_known():
    shown = render("{% key_values pairs %}", pairs=[("Alder", "22 år"), ("Telefon", ""), ("Vern", None)])

    assert shown == '<dl class="app-kv"><dt>Alder</dt><dd>22 år</dd></dl>'


def test_who_sees_says_in_words_who_does_not():
    shown = render(
        "{% who_sees readers %}",
        readers=[{"name": "Skolen", "sees": True, "detail": "Samtykke"}, {"name": "Politiet", "sees": False}],
    )

    assert "<strong>Skolen</strong><small>Samtykke</small>" in shown
    assert '<strong>Politiet</strong> <span class="app-sr">ser det ikke</span>' in shown


def test_rows_put_the_late_one_first_in_weight():
    shown = render(
        "{% rows rows %}",
        rows=[
            {"title": "Registrer samtalen", "url": "/a", "when": dt.date(2026, 11, 16), "action": "Registrer"},
            {"title": "Møte", "url": "/b", "when": at(19, 10, 0)},
            {"title": "Uten frist", "url": "/c"},
        ],
    )

    assert "16. november</time><small>3 dager over</small>" in shown
    assert 'data-variant="primary" data-size="sm" href="/a">Registrer<span class="app-sr">: Registrer samtalen' in shown
    assert "Kl. 10.00</time><small>om 48 minutter</small>" in shown
    assert shown.count('data-variant="secondary"') == 2


def test_pages_keep_the_filters_of_the_address():
    request = RequestFactory().get("/cases/", {"state": "open", "page": "2"})
    page = Paginator(range(45), 10).page(2)

    shown = render("{% pagination page %}", page=page, request=request)

    assert "Viser 11–20 av 45" in shown
    assert 'href="?state=open&amp;page=3"' in shown
    assert 'aria-current="true"' in shown


def test_a_single_page_has_no_pagination():
    request = RequestFactory().get("/cases/")

    assert render("{% pagination page %}", page=Paginator([1], 10).page(1), request=request) == ""


def test_a_file_names_its_kind():
    assert "Min plan (PDF)</a>" in render("{% file_button '/p' 'Min plan' %}")
