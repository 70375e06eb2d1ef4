"""The police's concern report: handed in (T1), received (T2), sent back (T2x) or passed on to an office (T3)."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db import connection, transaction
from django.utils.translation import gettext as _

from agencies.actors import Actor
from agencies.decisions import NotNow
from agencies.enums import Part, ProtectionLevel, Role
from agencies.models import Agency, ProgrammeVersion
from audit import clock
from audit.services import record
from cases.enums import AddressKind, CaseState, RejectionReason, ReportState
from cases.models import Case, ConcernReport, Person, PersonContact, PersonIdentity, ReportInformation, ReportReceipt
from cases.policies import may_receive, may_reject, may_route, may_submit_report
from cases.services import eligibility, names, national_ids, protection
from cases.services.lifecycle import change_state, deadline_for, lock, record_change
from cases.services.numbers import CASES, REPORTS, next_label

if TYPE_CHECKING:
    from django.db.models import QuerySet


@dataclass(frozen=True)
class Address:
    """Where somebody lives: street, postal code and town."""

    street: str
    postal_code: str
    city: str


@dataclass(frozen=True)
class Subject:
    """The one named person a report is about (U23-08). Number, phone and registered address may be unknown ("", None),
    and so may the address of somebody whose address is hidden.
    """

    given_name: str
    family_name: str
    birth_date: dt.date
    address: Address | None
    national_id: str = ""
    phone: str = ""
    registered_address: Address | None = None
    protection_level: ProtectionLevel = ProtectionLevel.NONE


@dataclass(frozen=True)
class Information:
    """One piece of information in its own part, verified or not (politiregisterloven § 27)."""

    part: Part
    text: str
    verified: bool
    occurred_on: dt.date | None = None


@dataclass(frozen=True)
class Submission:
    """A report as its sender hands it in: whom it is about, on which criteria, on what basis, decided by whom (T1)."""

    programme: str
    sender_reference: str
    subject: Subject
    criteria: Mapping[str, bool]
    legal_basis: str
    necessity: str
    proportionality: str
    decided_by: str
    information: tuple[Information, ...]


@transaction.atomic
def submit(submission: Submission, *, by: Actor) -> ReportReceipt:
    """Hand in a report: it opens a case led by the programme's intake, and the sender keeps a receipt to follow.

    Raises Refused for others than the programme's proposers (U23-07) and NotNow with the reason when the person is
    not for the programme (U23-03, U23-04) or the basis cannot be used.
    """
    may_submit_report(by).enforce()
    version = eligibility.programme_open_to(by, submission.programme)
    if version is None:
        raise NotNow(_("Tjenesten din kan ikke melde til dette programmet."), "unknown_programme")
    _refuse_unfit(submission, version)
    intake = eligibility.intake_of(version, by.agency)
    if intake is None:
        raise NotNow(_("Programmet har ikke noe mottak i kommunen."), "no_intake")
    if not protection.somebody_cleared(intake, Role.INTAKE, level=submission.subject.protection_level):
        # Taken in, it would lie there unseen (F-19).
        raise NotNow(_("Ingen ved mottaket er klarert for dette vernet. Ring mottaket."), "no_cleared_intake")
    opened_at = clock.now()
    case = Case(
        programme_version=version,
        lead_agency=intake,
        opened_by_agency=by.agency,
        state_since=opened_at,
        opened_at=opened_at,
        priority=version.definition.priority,
    )
    case.due_at = deadline_for(case, CaseState.SUBMITTED, since=opened_at)
    case.save(force_insert=True)
    receipt = ReportReceipt.objects.create(
        agency=by.agency, sender_reference=submission.sender_reference, submitted_at=opened_at
    )
    _write_person(case, submission.subject, by=by)
    _write_report(case, receipt, submission, by=by)
    record(
        "report.submitted",
        user_id=by.user.pk,
        agency_id=by.agency.pk,
        role=by.role_codes,
        case_id=case.pk,
        parts=[information.part for information in submission.information],
        object_type="report",
        object_id=receipt.pk,
        basis=submission.legal_basis,
    )
    return receipt


def _refuse_unfit(submission: Submission, version: ProgrammeVersion) -> None:
    """The API has said all this field by field; whoever else calls is held to it too."""
    today = clock.today()
    definition = version.definition
    objection = eligibility.age_objection(
        submission.subject.birth_date, definition, on=today
    ) or eligibility.criteria_objection(dict(submission.criteria), definition)
    if objection:
        raise NotNow(objection, "not_eligible")
    if not eligibility.basis_is_usable(submission.legal_basis, version, on=today):
        raise NotNow(_("En bekymringsmelding kan ikke bygge på dette rettsgrunnlaget."), "unknown_basis")


def _write_person(case: Case, subject: Subject, *, by: Actor) -> None:
    Person.objects.create(
        case=case,
        given_name=subject.given_name,
        family_name=subject.family_name,
        sort_key=names.sort_key(subject.given_name, subject.family_name),
        birth_date=subject.birth_date,
        protection_level=subject.protection_level,
    )
    sent = {
        "case": case,
        "part": Part.CONTACT,
        "author_agency": by.agency,
        "author": by.user,
        "created_at": case.opened_at,
    }
    if subject.address or subject.phone:
        _write_contact(AddressKind.STATED, subject.address or Address("", "", ""), sent, phone=subject.phone)
    if subject.registered_address:
        _write_contact(AddressKind.REGISTERED, subject.registered_address, sent)
    if subject.national_id:
        identity = PersonIdentity(**sent, number_index=national_ids.blind_index(subject.national_id))
        identity.number_encrypted = national_ids.seal(subject.national_id, row_id=identity.pk)
        identity.save(force_insert=True)


def _write_contact(kind: AddressKind, address: Address, sent: Mapping[str, object], *, phone: str = "") -> None:
    PersonContact.objects.create(
        **sent, kind=kind, street=address.street, postal_code=address.postal_code, city=address.city, phone=phone
    )


def _write_report(case: Case, receipt: ReportReceipt, submission: Submission, *, by: Actor) -> None:
    sent = {"case": case, "author_agency": by.agency, "author": by.user, "created_at": case.opened_at}
    report = ConcernReport.objects.create(
        **sent,
        part=Part.CRIME,
        receipt=receipt,
        label=next_label(REPORTS),
        sender_reference=submission.sender_reference,
        crime=submission.criteria["crime"],
        violence=submission.criteria["violence"],
        drugs=submission.criteria["drugs"],
        repeated=submission.criteria["repeated"],
        legal_basis=submission.legal_basis,
        necessity=submission.necessity,
        proportionality=submission.proportionality,
        decided_by=submission.decided_by,
    )
    ReportInformation.objects.bulk_create(
        ReportInformation(
            **sent,
            report=report,
            part=information.part,
            text=information.text,
            verified=information.verified,
            occurred_on=information.occurred_on,
        )
        for information in submission.information
    )


@transaction.atomic
def receive(case: Case, *, by: Actor) -> Case:
    """Intake takes the report in (T2): from now on the sender sees that it has arrived."""
    case = lock(case)
    may_receive(by, case).enforce()
    ConcernReport.objects.filter(case=case).update(received_by=by.user)
    _move_receipts(case, ReportState.RECEIVED, received_at=clock.now())
    return change_state(case, CaseState.RECEIVED, by=by)


@transaction.atomic
def reject(case: Case, *, reason: RejectionReason, by: Actor) -> None:
    """Intake sends the report back (T2x): everything about the person is deleted, the sender's receipt stays.

    Raises NotNow when the case is held by a legal hold: then nothing is changed.
    """
    case = lock(case)
    may_reject(by, case).enforce()
    _move_receipts(case, ReportState.REJECTED, decided_at=clock.now(), rejection_reason=reason)
    record_change("report.rejected", case, by=by, purpose=reason)
    with connection.cursor() as cursor:
        cursor.execute("SELECT samlos.purge_case(%s)", [case.pk])
        (purged,) = cursor.fetchone()
    if not purged:
        raise NotNow(_("Saken er holdt tilbake og kan ikke slettes nå."), "legal_hold")


@transaction.atomic
def route(case: Case, *, office: Agency, by: Actor) -> Case:
    """Intake passes the report on to the office that leads the case from now on (T3, U23-10), and loses sight of it.

    The case gets its number. Raises NotNow for an agency that the programme does not let lead, and for one where no
    manager is cleared for the person's protection: there the case would lie unseen (F-19).
    """
    case = lock(case)
    may_route(by, case).enforce()
    if not offices_for(case).filter(pk=office.pk).exists():
        raise NotNow(_("%(office)s kan ikke lede saker i dette programmet.") % {"office": office}, "wrong_office")
    if not protection.somebody_cleared(office, Role.MANAGER, level=case.person.protection_level):
        raise NotNow(
            _("Ingen leder ved %(office)s er klarert for vernet i saken. Ring kontoret først.") % {"office": office},
            "office_not_cleared",
        )
    _move_receipts(case, ReportState.FORWARDED, decided_at=clock.now())
    case.number = next_label(CASES)
    case.save(update_fields=["number"])
    case = change_state(case, CaseState.ROUTED, by=by)
    record_change("case.routed", case, by=by, purpose=office.slug)
    case.lead_agency = office
    case.save(update_fields=["lead_agency"])
    return case


def offices_for(case: Case) -> "QuerySet[Agency]":
    """The agencies of the municipality that the case's programme lets lead, by name."""
    municipality = case.lead_agency.municipality_id
    kinds = case.programme_version.definition.lead_kinds
    return Agency.objects.filter(municipality=municipality, kind__in=kinds).select_related("district").order_by("name")


def _move_receipts(case: Case, state: ReportState, **fields: object) -> None:
    """What the senders may know, moved on. Asked through the reports: a receipt does not know its case."""
    receipts = ConcernReport.objects.filter(case=case).values("receipt")
    ReportReceipt.objects.filter(pk__in=receipts).update(state=state, **fields)
