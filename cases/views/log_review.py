"""Loggkontroll: the privacy officer judges look-ups one click each, and follows up what was unlawful."""

import uuid
from typing import Any

from django.contrib import messages
from django.core.paginator import Page, Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from agencies.decisions import Decision
from agencies.http import Request
from agencies.templatetags.samlos import clock_time
from audit.enums import Purpose
from audit.services import record
from cases import policies
from cases.enums import FollowUpOfBreach, OddReason, ReviewOutcome, WhyReported
from cases.forms.log_review import FollowUpForm, SettleForm
from cases.models import LookUpReview
from cases.services import log_review
from cases.views.outcomes import carried_out

PAGE = 25


@require_safe
def queue(request: Request) -> HttpResponse:
    """What waits to be judged, what was judged today and can be taken back, and how the agency keeps up."""
    policies.may_review_look_ups(request.actor).enforce()
    return _queue(request)


def _queue(request: Request, *, form: SettleForm | None = None, form_of: uuid.UUID | None = None) -> HttpResponse:
    actor = request.actor
    page = _page(request, log_review.waiting_ids(actor))
    waiting = [_shown(request, review) for review in log_review.items(list(page.object_list))]
    settled = [_shown(request, review) for review in log_review.items(log_review.just_settled_ids(actor)[:PAGE])]
    _record_list(request, [row["review"] for row in (*waiting, *settled)])
    context = {
        "page": page,
        "waiting": waiting,
        "settled": settled,
        "in_time": log_review.answered_in_time(actor.agency),
        "breaches": log_review.open_breaches(actor.agency),
        "form": form,
        "form_of": form_of,
        "rules": log_review.RULES,
    }
    return render(request, "cases/log_review.html", context, status=422 if form is not None else 200)


@require_POST
def look_now(request: Request) -> HttpResponse:
    """Look for odd look-ups now instead of tonight."""
    found: list[int] = []
    if carried_out(request, lambda: found.append(log_review.look_now(by=request.actor))):
        _say(request, found[0])
    return redirect("cases:log_review")


@require_POST
def settle(request: Request, review_id: uuid.UUID) -> HttpResponse:
    """One click: lawful, unlawful or unclear. What cannot be read comes back with what was typed."""
    policies.may_review_look_ups(request.actor).enforce()
    form = SettleForm(request.POST)
    if not form.is_valid():
        return _queue(request, form=form, form_of=review_id)
    outcome = ReviewOutcome(form.cleaned_data["outcome"])
    found: list[LookUpReview | None] = []

    def act() -> None:
        found.append(log_review.settle(review_id, outcome, by=request.actor, note=form.cleaned_data["note"]))

    done = {
        ReviewOutcome.LAWFUL: _("Oppslaget er vurdert som lovlig. Du kan angre det i ett døgn."),
        ReviewOutcome.UNLAWFUL: _(
            "Oppslaget er vurdert som ulovlig, og står nå under «Avvik». Fristen på 72 timer løper."
        ),
        ReviewOutcome.UNCLEAR: _("Oppslaget er vurdert som uklart. Du kan angre det i ett døgn."),
    }
    carried_out(request, act, done=done[outcome])
    if found == [None]:
        raise Http404
    return redirect("cases:log_review")


@require_POST
def undo(request: Request, review_id: uuid.UUID) -> HttpResponse:
    """Take a judgement back: the look-up waits again."""
    found: list[LookUpReview | None] = []
    done = _("Vurderingen er angret. Oppslaget venter igjen.")
    carried_out(request, lambda: found.append(log_review.undo(review_id, by=request.actor)), done=done)
    if found == [None]:
        raise Http404
    return redirect("cases:log_review")


@require_safe
def breaches(request: Request) -> HttpResponse:
    """What was found unlawful, with the 72 hours of GDPR art. 33 counted from when it was found."""
    policies.may_review_look_ups(request.actor).enforce()
    page = _page(request, log_review.breach_ids(request.actor))
    rows = [_shown(request, review) for review in log_review.items(list(page.object_list))]
    _record_list(request, [row["review"] for row in rows])
    return render(request, "cases/log_review_breaches.html", {"page": page, "rows": rows})


@require_http_methods(["GET", "HEAD", "POST"])
def follow_up(request: Request, review_id: uuid.UUID) -> HttpResponse:
    """Note what was done about a breach."""
    policies.may_review_look_ups(request.actor).enforce()
    review = next(iter(log_review.items([review_id])), None)
    if review is None or review.outcome != ReviewOutcome.UNLAWFUL or review.followed_up_at is not None:
        raise Http404
    form = FollowUpForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        how = FollowUpOfBreach(form.cleaned_data["how"])
        note = form.cleaned_data["note"]
        done = _("Avviket er fulgt opp.")
        carried_out(request, lambda: log_review.follow_up(review_id, how, note, by=request.actor), done=done)
        return redirect("cases:log_review_breaches")
    _record_list(request, [review])
    context = {"form": form, "row": _shown(request, review)}
    return render(request, "cases/log_review_follow_up.html", context, status=422 if form.is_bound else 200)


def _shown(request: Request, review: LookUpReview) -> dict[str, Any]:
    """An item in words. The employee is the agency's own; the case is a reference that leads nowhere."""
    many = ngettext("%(count)d oppslag", "%(count)d oppslag", len(review.event_ids)) % {"count": len(review.event_ids)}
    return {
        "review": review,
        "who": review.employee.name if review.employee else _("Samlos"),
        "how_often": many,
        "one_minute": clock_time(review.first_at) == clock_time(review.last_at),
        "reasons": [OddReason(reason).label for reason in OddReason if reason in review.reasons],
        "why_reported": WhyReported(review.why_reported).label if review.why_reported else "",
        "outcome": ReviewOutcome(review.outcome).label if review.outcome else "",
        "follow_up": FollowUpOfBreach(review.follow_up).label if review.follow_up else "",
        "may_settle": policies.may_settle_look_up(request.actor, review),
        "may_undo": _may_undo(request, review),
        "due_at": review.settled_at + log_review.BREACH_CLOCK if review.settled_at else None,
    }


def _may_undo(request: Request, review: LookUpReview) -> Decision:
    if log_review.may_be_undone(review, by=request.actor):
        return policies.may_settle_look_up(request.actor, review)
    return Decision(allowed=False, reason=_("Vurderingen kan ikke angres lenger."), code="too_late")


def _page(request: Request, ids: list[uuid.UUID]) -> Page[uuid.UUID]:
    return Paginator(ids, PAGE).get_page(request.GET.get("page"))


def _record_list(request: Request, reviews: list[LookUpReview]) -> None:
    """Whoever controls the log is in it too: one event a page. It names no case, since none is shown."""
    record(
        "log_review.listed",
        user_id=request.actor.user.pk,
        agency_id=request.actor.agency.pk,
        role=request.actor.role_codes,
        object_type="look_up_review",
        object_id=reviews[0].pk if len(reviews) == 1 else "",
        purpose=Purpose.CONTROL,
    )


def _say(request: Request, count: int) -> None:
    words = ngettext("%(count)d nytt oppslag å vurdere.", "%(count)d nye oppslag å vurdere.", count)
    messages.success(request, words % {"count": count} if count else _("Ingen nye oppslag å vurdere."))
