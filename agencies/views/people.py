"""Folk og roller: who works in the agency, as what and how long, and what an administrator does about it."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from agencies import accounts, policies
from agencies.decisions import Decision, NotNow
from agencies.forms import Form
from agencies.forms.people import ChangeRoleForm, ClearanceForm, EndForm, InviteForm, TermsForm
from agencies.http import Request, step_up_required
from agencies.models import GrantRequest, Membership, User
from agencies.services import directory, people

GET_OR_POST = ["GET", "HEAD", "POST"]


@require_safe
def everybody(request: Request) -> HttpResponse:
    """The list: those here now, those to come, those who have left, and what waits for a second person."""
    policies.may_see_people(request.actor).enforce()
    context = {
        **directory.of_agency(request.actor),
        "may_administer": policies.may_administer_people(request.actor),
        "events": directory.recent_events(request.actor),
    }
    return render(request, "agencies/people.html", context)


@require_safe
def person(request: Request, user_id: int) -> HttpResponse:
    """One colleague: every membership there has been, and what can be done about each."""
    policies.may_see_people(request.actor).enforce()
    colleague = _colleague(request, user_id)
    context = {
        **directory.of_person(request.actor, colleague),
        "colleague": colleague,
        "may_administer": policies.may_administer_people(request.actor),
        "may_reset": policies.may_ask_for_reset(request.actor, colleague),
    }
    return render(request, "agencies/person.html", context)


@require_http_methods(GET_OR_POST)
@step_up_required
def invite(request: Request) -> HttpResponse:
    """Take somebody new in: an account without a password, a role, and a link to the address."""
    policies.may_administer_people(request.actor).enforce()
    form = InviteForm(request.POST or None, agency=request.actor.agency)
    if form.is_valid():
        given = form.cleaned_data
        try:
            user, outcome = people.invite(
                by=request.actor,
                email=given["email"],
                name=given["name"],
                title=given["title"],
                terms=form.terms(),
            )
        except NotNow as refused:
            form.add_error(None, str(refused.reason))
        else:
            if not user.has_usable_password():
                accounts.send_password_link(user, invitation=True)
            _say(request, outcome, _("Personen er lagt inn."))
            return redirect("person", user_id=user.pk)
    happens = [
        _("Personen får en e-post med en lenke til å velge passord. Det står ikke noe annet i den."),
        _("Ved første innlogging settes det opp kode på telefonen, og personen godtar taushetserklæringen."),
        _("Roller som krever to, gjelder først når en annen har godkjent dem."),
    ]
    return _page(request, form, title=_("Legg inn en ny person"), happens=happens, submit=_("Legg inn"))


@require_http_methods(GET_OR_POST)
@step_up_required
def give_role(request: Request, user_id: int) -> HttpResponse:
    """One more role, or again one that has ended: a new row, since the end was a fact."""
    policies.may_administer_people(request.actor).enforce()
    colleague = _colleague(request, user_id)
    initial = {"role": request.GET.get("rolle", "")}
    form = TermsForm(request.POST or None, agency=request.actor.agency, initial=initial)
    happens = [
        _("Rollen gjelder fra datoen du skriver, eller fra nå."),
        _("Roller som krever to, gjelder først når en annen har godkjent dem."),
        _("Har personen hatt rollen før, blir det stående. Dette er en ny periode."),
    ]
    return _done_or_asked(
        request,
        form,
        lambda: people.employ(colleague, by=request.actor, terms=form.terms()),
        colleague,
        title=_("Gi en rolle"),
        happens=happens,
        submit=_("Gi rollen"),
        done=_("Rollen er gitt."),
    )


@require_http_methods(GET_OR_POST)
@step_up_required
def end(request: Request, membership_id: int) -> HttpResponse:
    """End a membership, now or on a day."""
    membership = _membership(request, membership_id)
    form = EndForm(request.POST or None) if request.method != "POST" else EndForm(request.POST)
    happens = [
        _("Fra da av ser ikke personen noe gjennom denne rollen, heller ikke i vinduer som står åpne."),
        _("Avsluttes siste rolle, slutter lenker som er sendt til personen, å virke."),
        _("At personen har hatt rollen, blir stående."),
    ]
    return _done_or_asked(
        request,
        form,
        lambda: people.end(membership, by=request.actor, at=form.at()),
        membership.user,
        title=_("Avslutt rollen «%(role)s»") % {"role": membership.get_role_display()},
        happens=happens,
        submit=_("Avslutt rollen"),
        done=_("Rollen er avsluttet, eller har fått en sluttdato."),
        decision=policies.may_end_membership(request.actor, membership),
        color="danger",
    )


@require_http_methods(GET_OR_POST)
@step_up_required
def change_role(request: Request, membership_id: int) -> HttpResponse:
    """Another role instead of this one."""
    membership = _membership(request, membership_id)
    form = ChangeRoleForm(request.POST or None, membership=membership)
    happens = [
        _("Den gamle rollen slutter når den nye begynner."),
        _("Personen må velge tjenesten på nytt ved neste klikk. Ulagret arbeid kan gå tapt."),
        _("Klarering for adressesperre følger ikke med til den nye rollen."),
        _("Roller som krever to, gjelder først når en annen har godkjent dem. Den gamle varer så lenge."),
    ]
    return _done_or_asked(
        request,
        form,
        lambda: people.change(membership, by=request.actor, terms=form.terms()),
        membership.user,
        title=_("Bytt rolle"),
        happens=happens,
        submit=_("Bytt rolle"),
        done=_("Rollen er byttet."),
        decision=policies.may_end_membership(request.actor, membership),
    )


@require_http_methods(GET_OR_POST)
@step_up_required
def change_clearance(request: Request, membership_id: int) -> HttpResponse:
    """Which protected people the membership may know of."""
    membership = _membership(request, membership_id)
    form = ClearanceForm(request.POST or None, membership=membership)
    happens = [
        _("Senkes klareringen, gjelder det fra neste klikk."),
        _("Heves den, gjelder det først når en annen har godkjent det."),
        _("Klarering åpner ingen saker alene: personen må også ha rollen og være tildelt."),
    ]
    return _done_or_asked(
        request,
        form,
        lambda: people.change(membership, by=request.actor, terms=form.terms()),
        membership.user,
        title=_("Endre klarering"),
        happens=happens,
        submit=_("Endre klareringen"),
        done=_("Klareringen er endret."),
        decision=policies.may_end_membership(request.actor, membership),
    )


@require_http_methods(GET_OR_POST)
@step_up_required
def reset_sign_in(request: Request, user_id: int) -> HttpResponse:
    """The phone is lost, or the password known: ask that both be made anew."""
    colleague = _colleague(request, user_id)
    happens = [
        _("Det skjer ingenting før en annen har godkjent det."),
        _("Da slutter passordet, koden på telefonen og reservekodene å virke, og personen blir logget ut overalt."),
        _("Snakk med personen selv først. Den som utgir seg for å ha mistet telefonen, kan være en annen."),
    ]
    return _done_or_asked(
        request,
        Form(request.POST if request.method == "POST" else None),
        lambda: people.ask_for_reset(colleague, by=request.actor),
        colleague,
        title=_("Be om ny innlogging"),
        happens=happens,
        submit=_("Be om ny innlogging"),
        done="",
        decision=policies.may_ask_for_reset(request.actor, colleague),
    )


@require_http_methods(GET_OR_POST)
@step_up_required
def close_account(request: Request, user_id: int) -> HttpResponse:
    """Close the account of somebody who works nowhere else."""
    colleague = _colleague(request, user_id)
    happens = [
        _("Alle rollene her slutter, og personen blir logget ut overalt."),
        _("Lenker og koder slutter å virke. Ingen kan logge inn med kontoen igjen."),
        _("Det personen har skrevet og gjort, blir stående."),
    ]
    return _done_or_asked(
        request,
        Form(request.POST if request.method == "POST" else None),
        lambda: people.close_account(colleague, by=request.actor),
        colleague,
        title=_("Steng kontoen"),
        happens=happens,
        submit=_("Steng kontoen"),
        done=_("Kontoen er stengt."),
        decision=policies.may_ask_for_reset(request.actor, colleague),
        color="danger",
    )


@require_http_methods(GET_OR_POST)
@step_up_required
def send_link(request: Request, user_id: int) -> HttpResponse:
    """The first link got lost, or is too old: another one."""
    policies.may_administer_people(request.actor).enforce()
    colleague = _colleague(request, user_id)
    if colleague.has_usable_password() or not colleague.is_active:
        raise NotNow(_("Personen har valgt passord. Glemt passord ordner den selv fra innloggingssiden."))
    return _done_or_asked(
        request,
        Form(request.POST if request.method == "POST" else None),
        lambda: accounts.send_password_link(colleague, invitation=True),
        colleague,
        title=_("Send lenken på nytt"),
        happens=[_("Personen får en e-post med en ny lenke til å velge passord. Det står ikke noe annet i den.")],
        submit=_("Send lenken"),
        done=_("Lenken er sendt."),
    )


def _done_or_asked(
    request: Request,
    form: Form,
    act: Callable[[], Any],
    colleague: User,
    *,
    done: str,
    **page: Any,
) -> HttpResponse:
    """Do it and lead back to the person; or the page, with what stands in the way."""
    if request.method == "POST" and form.is_valid():
        try:
            outcome = act()
        except NotNow as refused:
            form.add_error(None, str(refused.reason))
        else:
            _say(request, outcome, done)
            return redirect("person", user_id=colleague.pk)
    return _page(request, form, colleague=colleague, **page)


def _page(
    request: Request,
    form: Form,
    *,
    title: str,
    happens: list[str],
    submit: str,
    colleague: User | None = None,
    decision: Decision | None = None,
    color: str = "",
) -> HttpResponse:
    context = {
        "form": form,
        "title": title,
        "happens": happens,
        "submit": submit,
        "colleague": colleague,
        "decision": decision or policies.may_administer_people(request.actor),
        "color": color,
    }
    return render(request, "agencies/person_form.html", context, status=422 if form.errors else 200)


def _say(request: Request, outcome: object, done: str | Promise) -> None:
    if isinstance(outcome, GrantRequest):
        messages.success(request, _("Forespørselen er sendt. Den gjelder når en annen har godkjent den."))
    else:
        messages.success(request, str(done))


def _colleague(request: Request, user_id: int) -> User:
    """Somebody who has, had or is asked to get a role here; anybody else is not there."""
    of_agency = Membership.objects.filter(agency=request.actor.agency)
    asked_for = GrantRequest.objects.of_agency(request.actor.agency)
    found = User.objects.filter(pk=user_id)
    known = found.filter(pk__in=of_agency.values("user")) | found.filter(pk__in=asked_for.values("user"))
    colleague = known.first()
    if colleague is None or not policies.may_see_people(request.actor):
        raise Http404
    return colleague


def _membership(request: Request, membership_id: int) -> Membership:
    policies.may_administer_people(request.actor).enforce()
    own = Membership.objects.select_related("user").filter(agency=request.actor.agency)
    return get_object_or_404(own, pk=membership_id)
