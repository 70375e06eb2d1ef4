"""Which sections of a case an actor has something to find in."""

from agencies.actors import Actor
from agencies.enums import Part
from cases import policies
from cases.models import Case
from cases.workflow import BEFORE_ROUTING


def is_leads(actor: Actor, case: Case) -> bool:
    """The office's own papers: for the lead, once the case has come to it."""
    return case.is_led_by(actor.agency) and case.state not in BEFORE_ROUTING


def has_needs(actor: Actor, case: Case) -> bool:
    """The lead, and those whose right covers the part of a basic need."""
    if case.is_led_by(actor.agency):
        return is_leads(actor, case)
    parts = {need.part for need in case.programme_version.definition.basic_needs}
    return bool(parts & policies.parts_open_to(actor, case))


def has_network(actor: Actor, case: Case) -> bool:
    """The lead, and those who may know of the person's network."""
    if case.is_led_by(actor.agency):
        return is_leads(actor, case)
    return Part.LEISURE_NETWORK in policies.parts_open_to(actor, case)


def has_log(actor: Actor, case: Case) -> bool:
    """Those who may open the log of who has read about the person."""
    return bool(policies.may_show_log(actor, case))


def reviews_look_ups(actor: Actor) -> bool:
    """Those who judge their agency's look-ups."""
    return bool(policies.may_review_look_ups(actor))


def reads_access_reports(actor: Actor) -> bool:
    """Those who read their agency's weekly report of who can see what."""
    return bool(policies.may_read_access_reports(actor))
