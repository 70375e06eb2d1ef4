"""Pages that do one thing each, to see what the middleware makes of it."""

import contextlib
import uuid

from django.db import DatabaseError, connection
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse, StreamingHttpResponse
from django.shortcuts import redirect
from django.urls import path

from agencies.decisions import NotNow, denied
from agencies.http import Request
from agencies.models import DemonstrationStep
from audit import context
from audit.clock import now
from audit.services import record, record_once
from config.urls import urlpatterns as house

CASE = uuid.UUID("c0ffee00-0000-4000-8000-000000000001")
SECRET = "noe ingen skal se uten at det er loggført"


def home(request: HttpRequest) -> HttpResponse:
    return HttpResponse("Min dag")


def whoami(request: HttpRequest) -> JsonResponse:
    with connection.cursor() as cursor:
        cursor.execute("SELECT samlos.user_id(), samlos.agency_id()")
        user_id, agency_id = cursor.fetchone()
    behalf = context.current()
    assert behalf is not None
    return JsonResponse({"database": [user_id, agency_id], "python": [behalf.user_id, behalf.agency_id]})


def write(request: Request, outcome: str) -> HttpResponse:
    """Write a row and an event, and then end as asked."""
    actor = request.actor
    DemonstrationStep.objects.create(code=f"written:{outcome}", done_at=now())
    record("test.written", user_id=actor.user.pk, agency_id=actor.agency.pk)
    if outcome == "refused":
        denied("Bare lederen kan gjøre dette.").enforce()
    if outcome == "not-now":
        raise NotNow("Saken er avsluttet.")
    if outcome == "absent":
        raise Http404
    if outcome == "broken":
        raise RuntimeError(SECRET)
    if outcome == "passed-over":  # what the database refused is swallowed, as a template's `if` swallows it
        with contextlib.suppress(DatabaseError):
            DemonstrationStep.objects.create(code=f"written:{outcome}", done_at=now())
    if outcome == "moved":
        return redirect("home")
    return HttpResponse(SECRET)


def read(request: Request, times: int) -> HttpResponse:
    """A page whose pieces each say that they read the case."""
    for _time in range(times):
        record_once("case.read", case_id=CASE, user_id=request.user.pk, agency_id=request.actor.agency.pk)
    return HttpResponse(SECRET)


def stream(request: HttpRequest) -> StreamingHttpResponse:
    return StreamingHttpResponse(iter([SECRET.encode()]))


urlpatterns = [
    path("min-dag/", home, name="home"),
    path("whoami/", whoami, name="whoami"),
    path("write/<slug:outcome>/", write, name="write"),
    path("read/<int:times>/", read, name="read"),
    path("stream/", stream, name="stream"),
    *house,
]
handler403 = "agencies.views.errors.forbidden"
