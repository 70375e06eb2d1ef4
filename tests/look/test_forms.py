"""Forms as they are drawn: messages that say what to do, tied to their fields for those who cannot see them."""

import datetime as dt
import re

import pytest
from allauth.account.adapter import DefaultAccountAdapter
from django import forms as django_forms
from django.template.loader import render_to_string

from agencies.forms import DateField, Form, TimeField
from agencies.forms.accounts import AuthenticateForm, LoginForm

CHILDREN = [("yes", "Ja"), ("no", "Nei")]


class TalkForm(Form):
    """One of each kind of field."""

    summary = django_forms.CharField(label="Hva ble sagt?", widget=django_forms.Textarea, max_length=20)
    held_on = DateField(label="Dato")
    held_at = TimeField(label="Klokkeslett", required=False)
    children = django_forms.ChoiceField(
        label="Har barn?", choices=CHILDREN, widget=django_forms.RadioSelect, help_text="Svaret åpner en vurdering."
    )
    informed = django_forms.BooleanField(label="Fikk vite at meldingen kom fra politiet")
    case_token = django_forms.CharField(widget=django_forms.HiddenInput, required=False)

    def clean(self):
        if self.cleaned_data.get("summary") == "tvil":
            raise django_forms.ValidationError("Dere er ikke enige om <hva> som ble sagt.")


def filled(**changes):
    data = {"summary": "Vil ha hjelp", "held_on": "20.11.2026", "children": "no", "informed": "on"}
    return TalkForm({**data, **changes})


def tag(page, element_id):
    """The opening tag with this id."""
    found = re.search(rf'<[^>]*\bid="{element_id}"[^>]*>', page)
    assert found
    return found[0]


def test_an_empty_form_shows_hints_and_no_errors():
    page = str(TalkForm())

    assert "error-summary" not in page
    assert "aria-invalid" not in page
    assert 'aria-describedby="id_held_on_helptext"' in tag(page, "id_held_on")
    assert 'id="id_held_on_helptext">dd.mm.åååå</div>' in page


def test_the_browsers_own_bubbles_are_not_asked_for():
    assert " required" not in str(TalkForm())


def test_every_field_that_can_be_seen_wears_the_design_systems_class():
    page = str(TalkForm())

    seen = [found for found in re.findall(r"<(?:input|select|textarea)\b[^>]*>", page) if 'type="hidden"' not in found]
    assert len(seen) == 6
    assert all('class="ds-input' in found for found in seen)
    assert 'class="ds-input app-short"' in tag(page, "id_held_on")
    assert "ds-input" not in tag(page, "id_case_token")


def test_a_field_in_error_is_marked_and_says_why():
    page = str(filled(held_on="i går"))

    assert 'aria-invalid="true"' in tag(page, "id_held_on")
    assert 'aria-describedby="id_held_on_helptext id_held_on_error"' in tag(page, "id_held_on")
    assert 'id="id_held_on_error">Skriv datoen som dd.mm.åååå, for eksempel 20.11.2026.</p>' in page
    assert "aria-invalid" not in tag(page, "id_summary")


def test_the_summary_stands_first_takes_focus_and_leads_to_each_field():
    page = str(filled(held_on="", children="", informed=""))

    assert page.lstrip().startswith("<ds-error-summary")
    assert "autofocus" in page
    assert re.findall(r'class="ds-link" href="#([^"]+)"', page) == ["id_held_on", "id_children_0", "id_informed"]
    assert tag(page, "id_children_0").startswith("<input")


def test_a_group_of_choices_is_a_fieldset_with_its_question_hint_and_error():
    page = str(filled(children=""))

    assert 'aria-describedby="id_children_helptext id_children_error"' in tag(page, "id_children")
    assert tag(page, "id_children").startswith("<fieldset")
    assert '<legend class="ds-label">Har barn?' in page
    assert 'id="id_children_error">Velg et av svarene.</p>' in page


def test_an_error_of_the_whole_form_is_escaped():
    page = str(filled(summary="tvil"))

    assert "<li>Dere er ikke enige om &lt;hva&gt; som ble sagt.</li>" in page


def test_optional_fields_are_marked_and_required_ones_are_not():
    page = str(TalkForm())

    assert page.count("Valgfritt") == 1
    assert re.search(r'for="id_held_at">Klokkeslett <span class="ds-tag"[^>]*>Valgfritt', page)


@pytest.mark.parametrize(
    ("field", "typed", "message"),
    [
        ("summary", "", "Fyll ut dette feltet."),
        ("summary", "x" * 25, "Kort ned teksten: den har 25 tegn, og det er plass til 20."),
        ("held_on", "", "Skriv datoen som dd.mm.åååå."),
        ("held_on", "31.02.2026", "Skriv datoen som dd.mm.åååå, for eksempel 20.11.2026."),
        ("held_on", "20.11.0206", "Skriv datoen som dd.mm.åååå, for eksempel 20.11.2026."),
        ("held_at", "kvart over", "Skriv klokkeslettet som tt.mm, for eksempel 13.00."),
        ("children", "maybe", "Velg et av svarene."),
        ("informed", "", "Kryss av her for å gå videre."),
    ],
)
def test_messages_say_what_to_do(field, typed, message):
    assert filled(**{field: typed}).errors[field] == [message]


def test_a_message_of_the_forms_own_stands():
    class OwnWords(Form):
        reason = django_forms.CharField(error_messages={"required": "Skriv hvorfor meldingen avvises."})

    assert OwnWords({}).errors["reason"] == ["Skriv hvorfor meldingen avvises."]


@pytest.mark.parametrize("typed", ["20.11.2026", "2026-11-20", "20. 11. 2026", "20/11/2026", "20.11.26"])
def test_a_date_is_understood_as_people_write_it(typed):
    assert DateField().clean(typed) == dt.date(2026, 11, 20)


@pytest.mark.parametrize("typed", ["13.00", "13:00", "1300", "13"])
def test_a_time_is_understood_as_people_write_it(typed):
    assert TimeField().clean(typed) == dt.time(13, 0)


@pytest.mark.parametrize("typed", ["130", "25.00", "13.60", "ett"])
def test_a_time_that_could_mean_two_things_is_asked_about(typed):
    with pytest.raises(django_forms.ValidationError, match=r"for eksempel 13\.00"):
        TimeField().clean(typed)


def test_a_date_that_is_known_is_shown_the_norwegian_way():
    page = str(TalkForm(initial={"held_on": dt.date(2026, 11, 2), "held_at": dt.time(9, 5)}))

    assert 'value="02.11.2026"' in tag(page, "id_held_on")
    assert 'value="09.05"' in tag(page, "id_held_at")


def test_what_was_typed_comes_back_escaped():
    page = str(filled(held_on='"><script>'))

    assert "<script>" not in page
    assert "&quot;&gt;&lt;script&gt;" in page


def test_the_sign_in_form_asks_in_our_words_and_lets_password_managers_help():
    page = str(LoginForm())

    assert "E-postadresse" in page
    assert "placeholder" not in page
    assert 'autocomplete="current-password"' in page
    assert 'autocomplete="email"' in page


@pytest.mark.parametrize("code", ["email_password_mismatch", "too_many_login_attempts"])
def test_a_refused_sign_in_says_what_to_do_and_not_whether_the_account_exists(code):
    form = LoginForm({"login": "mona@eksempel.no", "password": "feil"})
    form._errors = django_forms.utils.ErrorDict()
    form.cleaned_data = {}

    form.add_error(None, DefaultAccountAdapter().validation_error(code))

    (sentence,) = form.non_field_errors()
    assert "røv igjen" in sentence
    assert "finnes" not in sentence


def test_the_code_form_says_where_the_code_comes_from():
    page = str(AuthenticateForm(user=None))

    assert "Kode fra appen" in page
    assert 'autocomplete="one-time-code"' in page
    assert "reservekodene" in page


def test_a_page_that_lays_out_its_own_fields_can_put_the_summary_first():
    assert 'href="#id_held_on"' in render_to_string("ds/errors.html", {"form": filled(held_on="")})
    assert "ds-error-summary" not in render_to_string("ds/errors.html", {"form": filled()})
