"""The words for this app's own content, where it is listed for somebody else (cases.shown)."""

from typing import cast

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from agencies.templatetags.samlos import day
from cases.enums import EntryKind, NeedStatus
from cases.models import (
    BasicNeed,
    ConcernReport,
    Entry,
    PersonContact,
    PersonIdentity,
    ReportInformation,
    ResourcePerson,
)
from cases.shown import Kind, register


def register_kinds() -> None:
    """Called when the application starts."""
    register(Entry, Kind(gettext_lazy("Tidslinjen"), _entry, lambda row: row.text))
    register(BasicNeed, Kind(gettext_lazy("Grunnleggende behov"), _need, lambda row: row.text))
    register(
        ResourcePerson,
        Kind(
            gettext_lazy("Nettverket"),
            lambda row: f"{row.name}, {row.relation}",
            lambda row: row.contact,
            {"removed_at": None},
        ),
    )
    register(ConcernReport, Kind(gettext_lazy("Meldingen"), lambda row: _("Melding %(label)s") % {"label": row.label}))
    register(
        ReportInformation,
        Kind(gettext_lazy("Meldingen"), lambda row: _("Opplysning i meldingen"), lambda row: row.text),
    )
    register(PersonContact, Kind(gettext_lazy("Adresse og telefon"), lambda row: _("Adresse og telefon"), _contact))
    # The number itself is shown nowhere but on the page of the report.
    register(PersonIdentity, Kind(gettext_lazy("Fødselsnummer"), lambda row: _("Fødselsnummeret")))


def _entry(row: Entry) -> str:
    return f"{EntryKind(row.kind).label}, {day(row.occurred_at)}"


def _need(row: BasicNeed) -> str:
    needs = {need.code: need.label for need in row.case.programme_version.definition.basic_needs}
    status = cast("str", NeedStatus(row.status).label)
    return f"{needs.get(row.need, row.need)}: {status.lower()}"


def _contact(row: PersonContact) -> str:
    place = " ".join(filter(None, [row.postal_code, row.city]))
    return ", ".join(filter(None, [row.street, place, row.phone]))
