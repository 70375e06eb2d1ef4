"""What holds for every template: it compiles, obeys the content security policy, and says nothing untranslated."""

import re
from pathlib import Path

import pytest
from django.template import engines
from django.template.loader import get_template, render_to_string

ROOT = Path(__file__).resolve().parent.parent.parent
FOLDER = ROOT / "templates"
ALL = sorted(str(path.relative_to(FOLDER)) for path in FOLDER.rglob("*") if path.suffix in {".html", ".txt", ".ics"})
PAGES = [name for name in ALL if name.endswith(".html")]
ERRORS = ["400.html", "403.html", "403_csrf.html", "404.html", "409.html", "429.html", "500.html", "503.html"]

# Names and signs that are the same in every language.
SAME_EVERYWHERE = {"Samlos", "Esc", "g", "d", "kl", "PDF"}
WORDY_ATTRIBUTES = r'\b(?:aria-label|title|placeholder|alt|data-label|data-on|data-off)="([^"]*)"'


def source(name):
    return (FOLDER / name).read_text("utf-8")


def without_template_syntax(text):
    """The markup that is left when everything the template engine fills in is taken out."""
    text = re.sub(r"\{#.*?#\}", "", text, flags=re.DOTALL)
    text = re.sub(r"\{% comment.*?endcomment %\}", "", text, flags=re.DOTALL)
    text = re.sub(r"\{% block (?:main_class|size) %\}.*?\{% endblock %\}", "", text)
    text = re.sub(r"\{% blocktrans.*?endblocktrans(?:late)? %\}", "", text, flags=re.DOTALL)
    return re.sub(r"\{%.*?%\}|\{\{.*?\}\}", "", text, flags=re.DOTALL)


@pytest.mark.parametrize("name", ALL)
def test_the_template_compiles(name):
    assert get_template(name) is not None


@pytest.mark.parametrize("name", PAGES)
def test_the_content_security_policy_finds_nothing_to_block(name):
    text = source(name)

    assert not re.search(r"\sstyle\s*=", text), "inline style"
    assert not re.search(r"<style\b", text), "style element"
    assert not re.search(r"<script(?![^>]*\bsrc=)", text), "inline script"
    assert not re.search(r"\son[a-z]+\s*=", text), "inline handler"
    assert not re.search(r"hx-(?:on|vals)\b[^>]*js:", text), "htmx evaluating script"


@pytest.mark.parametrize("name", PAGES)
def test_nothing_is_fetched_from_another_site(name):
    assert not re.search(r'(?:src|href)="(?:https?:)?//', source(name))


@pytest.mark.parametrize("name", PAGES)
def test_attributes_that_are_read_aloud_are_translated(name):
    markup = re.sub(r"\{#.*?#\}", "", source(name), flags=re.DOTALL)
    # Quotes inside template tags would end the attribute early: take the tags out, leaving a mark of them.
    markup = re.sub(r"\{%.*?%\}|\{\{.*?\}\}", "§", markup, flags=re.DOTALL)

    bare = [words for words in re.findall(WORDY_ATTRIBUTES, markup) if re.search(r"[A-Za-zÆØÅæøå]{2,}", words)]

    assert not bare


@pytest.mark.parametrize("name", PAGES)
def test_text_on_the_page_is_translated(name):
    text = re.sub(r"<[^>]*>", " ", without_template_syntax(source(name)))

    assert set(re.findall(r"[A-Za-zÆØÅæøå]+", text)) <= SAME_EVERYWHERE


@pytest.mark.parametrize("name", PAGES)
def test_help_is_escaped_like_everything_else(name):
    assert "|safe" not in source(name)
    assert "autoescape off" not in source(name)


@pytest.mark.parametrize("name", ERRORS)
def test_the_error_page_renders_with_nothing_to_go_on(name):
    page = render_to_string(name)

    assert page.count("<h1") == 1
    assert "<title>" in page
    assert " – Samlos</title>" in page
    assert 'lang="nb"' in page
    assert 'id="innhold"' in page


def test_the_404_page_is_the_same_whatever_was_asked_for():
    """Absent and forbidden look alike: the page repeats neither the address nor the reason."""
    plain = render_to_string("404.html")

    asked = render_to_string("404.html", {"request_path": "/cases/1234/", "exception": "No Case matches"})

    assert asked == plain


@pytest.mark.parametrize("name", ["403.html", "409.html"])
def test_a_refusal_gives_its_reason_escaped(name):
    page = render_to_string(name, {"reason": "Bare <lederen> kan gjøre dette."})

    assert "Bare &lt;lederen&gt; kan gjøre dette." in page


def test_the_title_begins_with_error_when_the_form_has_errors():
    page = engines["django"].from_string('{% extends "base.html" %}{% block title %}Side{% endblock %}')

    class Form:
        errors = {"name": ["Fyll ut dette feltet."]}

    assert "<title>Feil: Side – Samlos</title>" in page.render({"form": Form()})
    assert "<title>Side – Samlos</title>" in page.render({})


def test_the_frame_names_who_one_acts_for_and_where_one_is():
    class Actor:
        class agency:  # noqa: N801
            name = "Barne- og familietjenesten"

    class Person:
        name = "Ingrid Testnes"
        is_authenticated = True

    class Request:
        actor = Actor

    page = render_to_string(
        "base.html",
        {
            "request": Request,
            "user": Person,
            "csrf_token": "t",
            "demonstration": True,
            "reminder_count": 3,
            "navigation": [
                {"url": "/", "label": "Min dag", "current": True},
                {"url": "/cases/", "label": "Saker", "current": False},
            ],
        },
    )

    assert "Ingrid Testnes<small>Handler for Barne- og familietjenesten</small>" in page
    assert '<a href="/" aria-current="page">Min dag</a>' in page
    assert '<a href="/cases/">Saker</a>' in page
    assert "Demodata." in page


def test_the_frame_without_anyone_signed_in_shows_no_menu():
    page = render_to_string("base.html")

    assert "app-nav" not in page
    assert "app-who" not in page
    assert "Demodata" not in page
    assert 'href="#innhold"' in page


@pytest.mark.parametrize("sheet", sorted(path.name for path in (ROOT / "static/css").glob("*.css")))
def test_stylesheets_fetch_only_what_we_serve(sheet):
    text = (ROOT / "static/css" / sheet).read_text("utf-8")

    assert "http" not in text
    assert "@import" not in text
    fetched = {address.strip('"') for address in re.findall(r"url\(([^)]*)\)", text)}
    assert {address for address in fetched if not (ROOT / "static/css" / address).is_file()} == set()
    assert all(address.startswith("../vendor/fonts/") for address in fetched)


def test_paper_has_each_weight_it_prints_in():
    text = (ROOT / "static/css/plan-print.css").read_text("utf-8")
    faces = "".join(re.findall(r"@font-face\{.*?\}", text))

    weights = set(re.findall(r"font-weight:(\d+)", faces))
    assert set(re.findall(r"font-weight:(\d+)", text)) == weights | {"400"}
