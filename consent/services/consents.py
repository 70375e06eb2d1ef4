"""Giving, refusing and taking back consent. Each is one transaction; sight follows in the same instant (C5)."""

import uuid
from collections.abc import Iterable

from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.utils.translation import gettext as _

from agencies.actors import Actor
from agencies.decisions import NotNow
from agencies.enums import Part
from agencies.models import Agency, User
from audit import clock
from cases.enums import CaseState, EntryKind, FactKind
from cases.models import Case, Fact
from cases.services.lifecycle import (
    change_state,
    demand,
    fact_established,
    facts_ended,
    lock,
    record_change,
    write_entry,
)
from cases.workflow import RESTS_ON_CONSENT
from consent import policies
from consent.contents import Contents, problems, template_of
from consent.enums import EndReason, RevocationChannel, SignerRole
from consent.models import Consent, ConsentForum, ConsentScope, Signature
from reminders.services import raise_reminder, withdraw

ENDING, ENDED = "consent_ending", "consent_ended"  # kinds of reminder


@transaction.atomic
def record(case: Case, contents: Contents, *, by: Actor, replaces: uuid.UUID | None = None) -> Consent:
    """Record a signed consent, in force from this instant until the end of its last day (T9a, U23-18, SIG-59).

    `replaces` is the consent the caller saw in force, or None: when somebody else has changed it since, NotNow. The
    old one ends at the instant the new one begins, so that nothing more and nothing less than the new form holds.
    Raises ValidationError, field by field, when the form is not complete.
    """
    case = lock(case)
    demand(policies.may_record(by, case))
    running = case.consents.in_force().first()
    if (running.pk if running else None) != replaces:
        raise NotNow(_("Samtykket er endret siden du åpnet siden. Se over det som gjelder nå."), "changed_since")
    found = problems(contents, case)
    if found:
        raise ValidationError({field: str(message) for field, message in found.items()})
    if running is not None:
        _end(running, EndReason.REPLACED, by=by)
    consent = _write(case, contents, by=by, replaces=running)
    _establish_given(case, consent, by=by)
    if case.state == CaseState.CONSENT_PENDING:
        change_state(case, CaseState.MAPPING, by=by)
    write_entry(case, kind=EntryKind.CONSENT, part=Part.CORE, by=by, source_type="consent", source_id=consent.pk)
    record_change("consent.recorded", case, by=by, parts=_parts(contents), basis=f"consent:{consent.version}")
    return consent


@transaction.atomic
def refuse(case: Case, *, by: Actor) -> Case:
    """Note that the person wants help but no sharing between agencies: the lead helps alone (T9b)."""
    case = lock(case)
    demand(policies.may_refuse(by, case))
    fact_established(case, FactKind.CONSENT_REFUSED, by=by)
    case = change_state(case, CaseState.CONSENT_REFUSED, by=by)
    record_change("consent.refused", case, by=by)
    return case


@transaction.atomic
def ask_again(case: Case, *, by: Actor) -> Case:
    """Note that somebody who said no to sharing wants to talk about it again (T8a)."""
    case = lock(case)
    demand(policies.may_ask_again(by, case))
    facts_ended(case, FactKind.CONSENT_REFUSED, by=by)
    case = change_state(case, CaseState.CONSENT_PENDING, by=by)
    record_change("consent.asked_again", case, by=by)
    return case


@transaction.atomic
def revoke(
    consent: Consent,
    *,
    by: Actor,
    who: SignerRole = SignerRole.YOUNG_PERSON,
    channel: RevocationChannel = RevocationChannel.SPOKEN,
    wants_help: bool = True,
) -> Case:
    """End a consent now because somebody who signed it took it back (SIG-63, C5, T12). Spoken is enough.

    Every right that rested on it is gone in the same instant. The case waits for a new consent, or, when the person
    no longer wants help, goes the ordinary way. NotNow when it has ended already.
    """
    case = lock(consent.case)
    consent = case.consents.select_for_update().get(pk=consent.pk)
    consent.case = case
    demand(policies.may_revoke(by, consent))
    if consent.ends_at <= clock.now():
        raise NotNow(_("Dette samtykket er allerede avsluttet."), "already_ended")
    _end(consent, EndReason.REVOKED, by=by, who=who, channel=channel)
    _stop_what_rested_on(case, consent, by=by)
    if wants_help:
        target = CaseState.CONSENT_PENDING
    else:
        facts_ended(case, FactKind.WANTS_HELP, by=by)
        fact_established(case, FactKind.DECLINES_HELP, by=by, source_type="consent", source_id=consent.pk)
        target = CaseState.DECLINED
    if case.state in RESTS_ON_CONSENT:
        case = change_state(case, target, by=by)
    record_change("consent.revoked", case, by=by, basis=f"consent:{consent.version}", purpose=channel)
    return case


@transaction.atomic
def end_expired(case: Case, *, by: Actor) -> bool:
    """Let the case follow a consent that has run out (T12). Sight ended by the clock; this is only the state.

    False when a consent is in force after all, or nothing rested on one.
    """
    case = lock(case)
    if case.state not in RESTS_ON_CONSENT or case.consents.in_force().exists():
        return False
    last = case.consents.newest_first().first()
    if last is None:
        return False
    _stop_what_rested_on(case, last, by=by)
    change_state(case, CaseState.CONSENT_PENDING, by=by)
    record_change("consent.expired", case, by=by, basis=f"consent:{last.version}")
    return True


@transaction.atomic
def case_closed(case: Case, by: Actor) -> None:
    """Tell those on the consent that it ended with its case (T13). The database has ended it in the same transaction."""
    last = case.consents.newest_first().first()
    facts_ended(case, FactKind.CONSENT_GIVEN, by=by)
    if last is not None and last.end_reason == EndReason.CASE_CLOSED:
        withdraw(ENDING, subject_id=last.pk)
        _tell(last)


def _write(case: Case, contents: Contents, *, by: Actor, replaces: Consent | None) -> Consent:
    template = template_of(case)
    newest = case.consents.newest_first().first()
    consent = Consent.objects.create(
        case=case,
        version=newest.version + 1 if newest else 1,
        author_agency=by.agency,
        author=by.user,
        form_version=template.form_version,
        purpose=template.purpose,
        language=contents.language,
        interpreter=contents.interpreter,
        copy_handed_over=contents.copy_handed_over,
        informed_items=sorted(contents.informed_items),
        collector_name=contents.collector_name,
        collector_phone=contents.collector_phone,
        place=contents.place,
        signed_on=contents.signed_on,
        valid_from=clock.now(),
        valid_until_date=contents.valid_until_date,
        valid_until=clock.end_of(contents.valid_until_date),
        givers=sorted(contents.giver_ids(case.lead_agency)),
        research_follow_up=contents.research_follow_up,
        replaces=replaces,
    )
    Signature.objects.bulk_create(
        Signature(consent=consent, role=one.role, name=one.name, method=one.method, signed_on=contents.signed_on)
        for one in contents.signatures
    )
    ConsentForum.objects.bulk_create(
        ConsentForum(consent=consent, forum=code, agency=agency)
        for code, participants in contents.forums.items()
        for agency in participants
    )
    ConsentScope.objects.bulk_create(
        ConsentScope(consent=consent, agency=agency, part=part)
        for agency, parts in contents.scopes.items()
        for part in parts
    )
    return consent


def _end(consent: Consent, reason: EndReason, *, by: Actor, who: str = "", channel: str = "") -> None:
    consent.ended_at = clock.now()
    consent.end_reason = reason
    consent.ended_by = by.user
    consent.revoked_by_whom = who
    consent.revocation_channel = channel
    consent.save(update_fields=["ended_at", "end_reason", "ended_by", "revoked_by_whom", "revocation_channel"])
    withdraw(ENDING, subject_id=consent.pk)


def _establish_given(case: Case, consent: Consent, *, by: Actor) -> None:
    """The fact ends with the consent by the clock, so that no guard rests on one that has run out."""
    facts_ended(case, FactKind.CONSENT_GIVEN, by=by)
    given = fact_established(case, FactKind.CONSENT_GIVEN, by=by, source_type="consent", source_id=consent.pk)
    Fact.objects.filter(pk=given.pk).update(ended_at=consent.valid_until)


def _stop_what_rested_on(case: Case, consent: Consent, *, by: Actor) -> None:
    """The group's follow-up rested on the consent too: under a new one the case is taken up anew (T11, T12)."""
    facts_ended(case, FactKind.CONSENT_GIVEN, FactKind.ON_WORKING_GROUP_AGENDA, by=by)
    write_entry(case, kind=EntryKind.CONSENT_ENDED, part=Part.CORE, by=by, source_type="consent", source_id=consent.pk)
    _tell(consent)


def _tell(consent: Consent) -> None:
    for recipient, agency in _people_to_tell(consent):
        raise_reminder(
            ENDED, recipient=recipient, agency=agency, subject_id=consent.pk, occurrence="ended", due_at=clock.now()
        )


def _people_to_tell(consent: Consent) -> Iterable[tuple[User, Agency]]:
    """C5: those who worked on the case in the listed agencies are told that it ended, never why."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT user_id, agency_id FROM samlos.people_told_of_end(%s)", [consent.pk])
        pairs = cursor.fetchall()
    users = User.objects.in_bulk([user_id for user_id, _agency in pairs])
    agencies = Agency.objects.in_bulk([agency_id for _user, agency_id in pairs])
    return [(users[user_id], agencies[agency_id]) for user_id, agency_id in pairs]


def _parts(contents: Contents) -> set[str]:
    return {str(part) for parts in contents.scopes.values() for part in parts}
