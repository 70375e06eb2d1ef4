"""Every way into the application, found and never listed: addresses, the API's routes, tasks, commands.

What is found must be sorted below by what protects it; something new that nobody has sorted fails the build.
"""

import io
import pkgutil
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum, auto
from functools import cache
from typing import cast

import pypdf
from django.apps import apps
from django.core.management import find_commands
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from config.celery import app as celery
from tests.access.world import World

OURS = ("config", "meetings", "actionplans", "consent", "cases", "reminders", "agencies", "audit")


class Kind(StrEnum):
    """What protects an address."""

    CASE = auto()  # knowing of the case it names
    MEETING = auto()  # a seat at the meeting it names
    ITEM = auto()  # hearing the item it names
    OWN = auto()  # lists what the reader may know: open to all who act for an agency, different for each
    STAFF = auto()  # about people and roles, agencies and forums: nothing of a young person
    ACCOUNT = auto()  # the reader's own account and sign-in
    OPEN = auto()  # to everybody, and the same for everybody
    MACHINE = auto()  # the API: a machine's token, its agency's own reports


SORTED: dict[Kind, str] = {
    Kind.CASE: """
        cases:report cases:receive cases:route cases:reject cases:detail cases:who_will_see cases:entry cases:correct_entry
        cases:declare_conflict cases:assign cases:unassign cases:review cases:talk cases:summon cases:did_not_come
        cases:hold_talk cases:needs cases:network cases:remove_resource_person cases:assessments cases:assess
        cases:start_collaboration cases:close
        cases:readers cases:protection cases:raise_protection cases:lower_protection cases:answer_lower cases:sealed
        cases:remove_sealed cases:insight cases:insight_pdf cases:insight_prepare cases:insight_report
        cases:insight_withhold cases:insight_decide cases:insight_end cases:conflicts cases:end_conflict
        consent:of_consent consent:detail consent:record consent:refuse consent:ask_again consent:revoke consent:disclose
        consent:end_disclosure consent:approve_disclosure
        actionplans:detail actionplans:edit actionplans:pdf actionplans:own_pdf actionplans:main_goal actionplans:area_goals
        actionplans:approve actionplans:add_measure actionplans:measure actionplans:move_measure actionplans:remove_measure
        actionplans:restore_measure actionplans:progress actionplans:add_commitment actionplans:commitment
        actionplans:remove_commitment actionplans:add_follow_up actionplans:follow_up actionplans:hold_follow_up
        actionplans:cancel_follow_up actionplans:of_measure actionplans:of_follow_up
        meetings:case meetings:propose meetings:withdraw meetings:begin_follow_up meetings:finish_follow_up
    """,
    Kind.MEETING: """
        meetings:detail meetings:change meetings:attendees meetings:cancel meetings:hold meetings:calendar
        meetings:add_theme meetings:answer meetings:theme
    """,
    Kind.ITEM: "meetings:status meetings:record meetings:remove_decision",
    Kind.OWN: """
        home search cases:list cases:contributions cases:inbox meetings:list meetings:create reminders open_reminder
        mark_reminders_seen mailbox mailbox_invitation
        cases:log_review cases:log_review_look_now cases:log_review_breaches cases:log_review_settle cases:log_review_undo
        cases:log_review_follow_up cases:access_reports cases:access_report cases:exposure cases:staffing cases:hand_over
        consent:glasses consent:open_glass consent:glass consent:review_glass consent:end_glass
    """,
    Kind.STAFF: """
        choose_agency demo_cast people people_invite decide_grant person person_give_role person_reset_sign_in
        person_send_link person_close_account person_end person_change_role person_change_clearance
    """,
    Kind.ACCOUNT: """
        confirm_identity declare_secrecy own_sessions end_other_sessions end_own_session account_login account_logout account_inactive account_reauthenticate account_change_password account_set_password
        account_reset_password account_reset_password_done account_reset_password_from_key
        account_reset_password_from_key_done mfa_index mfa_authenticate mfa_reauthenticate mfa_activate_totp
        mfa_deactivate_totp mfa_view_recovery_codes mfa_generate_recovery_codes mfa_download_recovery_codes
    """,
    Kind.OPEN: "front_door healthz readyz accessibility privacy shortcuts api:schema api:no-such-address",
    Kind.MACHINE: "api:concern-reports api:concern-report api:audit-heads",
}
KINDS = {name: kind for kind, names in SORTED.items() for name in names.split()}
PROTECTED = (Kind.CASE, Kind.MEETING, Kind.ITEM)

# What each program of ours prints or does. None answers a question about a young person to somebody who signed in.
COMMANDS = {
    "access": "tells the operator who has which right, of what part and why: never what is written",
    "audit": "reckons the log anew, and prints how many rows and where it breaks",
    "bench": "measures on data of its own making",
    "demo_cast": "prints the invented people",
    "demo_clock": "moves the demonstration's clock",
    "demo_token": "signs for the demonstration's machine",
    "docs": "writes the tables of states and permissions",
    "load_demo": "builds the demonstration",
    "load_programmes": "reads the programmes' files",
    "purge_due": "ends what is past its date, and prints how many",
    "requirements": "prints the list of requirements",
}

# What a form is sent where an empty one would stop before anything was looked for.
ANYTHING = {
    "kind": "note", "part": "economy", "parts": "economy", "text": "zqsendt", "confirm": "1", "words": "zqord",
    "question": "zqsendt", "starts": "10:00", "minutes": "10", "direction": "up", "agency": "nav", "user": "1",
}  # fmt: skip
# Tables that a refused request may write in: the log of the refusal, and the session that asked with its line in the list.
WRITTEN_ANYWAY = ("audit_", "django_session", "account_", "agencies_signin")


@dataclass(frozen=True)
class Surface:
    """One address: its view's name and the words in it."""

    name: str
    words: tuple[str, ...]

    @property
    def kind(self) -> Kind:
        return KINDS[self.name]

    def url(self, world: World) -> str:
        """The address of the world's own thing."""
        if self.name == "api:no-such-address":
            return "/api/v1/ingen/"
        return reverse(self.name, kwargs=world.arguments(self.name, list(self.words)))


@cache
def all_surfaces() -> tuple[Surface, ...]:
    """Every address the site answers at, by walking what Django itself resolves with."""
    return tuple(Surface(name, words) for name, words in _addresses(get_resolver().url_patterns, "", ()))


def sorted_surfaces(*kinds: Kind) -> list[Surface]:
    """Those of these kinds. What is in no kind is what `test_surfaces` fails for."""
    return [surface for surface in all_surfaces() if KINDS.get(surface.name) in kinds]


def _addresses(
    patterns: list[URLPattern | URLResolver], prefix: str, before: tuple[str, ...]
) -> Iterator[tuple[str, tuple[str, ...]]]:
    for pattern in patterns:
        words = (*before, *pattern.pattern.regex.groupindex)
        if isinstance(pattern, URLResolver):
            inner = f"{prefix}{pattern.namespace}:" if pattern.namespace else prefix
            yield from _addresses(pattern.url_patterns, inner, words)
        else:
            # An address without a name is one nobody can sort: it stands here by its path.
            yield f"{prefix}{pattern.name or pattern.pattern}", words


def our_commands() -> set[str]:
    """The programs our apps bring."""
    return {name for label in OURS for name in find_commands(f"{apps.get_app_config(label).path}/management")}


def our_tasks() -> dict[str, object]:
    """The tasks the workers know, Celery's own apart."""
    celery.loader.import_default_modules()
    return {name: task for name, task in celery.tasks.items() if not name.startswith("celery.")}


def our_modules() -> list[str]:
    """Every module of our apps, without importing them."""
    return [
        module.name
        for label in OURS
        for module in pkgutil.walk_packages([apps.get_app_config(label).path], f"{label}.")
        if ".migrations." not in module.name
    ]


# --- asking ----------------------------------------------------------------------------------------------------------


def ask(
    client: Client,
    surface: Surface,
    url: str,
    method: str = "GET",
    body: dict[str, str] | None = None,
    headers: dict[str, str] | None = None,
) -> HttpResponse:
    """What the signed-in client is answered. Pieces of pages are asked for as htmx does."""
    sent = {"HX-Request": "true", **(headers or {})} if surface.name == "cases:who_will_see" else headers
    if method == "POST":
        return cast("HttpResponse", client.post(url, ANYTHING if body is None else body, headers=sent))
    return cast("HttpResponse", client.get(url, headers=sent))


def text_of(response: HttpResponse) -> str:
    """Everything that reaches the reader: headers, body, and what stands on the pages of a PDF."""
    heads = "\n".join(f"{name}: {value}" for name, value in response.headers.items())
    cookies = response.cookies.output()
    if response.headers.get("Content-Type", "").startswith("application/pdf"):
        paper = pypdf.PdfReader(io.BytesIO(response.content))
        body = "\n".join([*(page.extract_text() for page in paper.pages), str(paper.metadata)])
    else:
        body = response.content.decode()
    return f"{heads}\n{cookies}\n{body}"


def leaks(response: HttpResponse, forbidden: list[str], body: dict[str, str] | None = None) -> list[str]:
    """The forbidden words in the answer, those apart that the reader typed."""
    text = text_of(response)
    typed = " ".join((body or {}).values())
    return [word for word in forbidden if word in text and word not in typed]


def rows_written() -> dict[str, int]:
    """How many rows of each table this transaction has written so far, also in what was undone again."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname, n_tup_ins + n_tup_upd + n_tup_del FROM pg_stat_xact_user_tables WHERE schemaname = 'public'"
        )
        return {name: count for name, count in cursor.fetchall() if not name.startswith(WRITTEN_ANYWAY)}
