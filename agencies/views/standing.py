"""Pages and answers that need nobody signed in: they say nothing about anybody."""

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe
from redis import Redis, RedisError


@login_not_required
@require_safe
def front_door(request: HttpRequest) -> HttpResponse:
    """The bare address leads to Min dag, which asks for a sign-in where there is none; in the demonstration to its people."""
    if settings.DEMONSTRATION and not request.user.is_authenticated:
        return redirect("demo_cast")
    return redirect("home")


@login_not_required
@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """Whether this process serves. Writes nothing, so that it can be asked every second."""
    return HttpResponse("ok\n", content_type="text/plain")


@login_not_required
@require_safe
def readyz(request: HttpRequest) -> HttpResponse:
    """Whether everything a request needs is there: the database with every migration applied, and the broker."""
    parts = {"database": _database_is_current(), "redis": _redis_answers()}
    lines = "".join(f"{name} {'ok' if ready else 'failed'}\n" for name, ready in parts.items())
    return HttpResponse(lines, content_type="text/plain", status=200 if all(parts.values()) else 503)


@login_not_required
@require_safe
def accessibility(request: HttpRequest) -> HttpResponse:
    return render(request, "pages/accessibility.html")


@login_not_required
@require_safe
def privacy(request: HttpRequest) -> HttpResponse:
    return render(request, "pages/privacy.html")


@login_not_required
@require_safe
def shortcuts(request: HttpRequest) -> HttpResponse:
    return render(request, "pages/shortcuts.html")


def _database_is_current() -> bool:
    try:
        executor = MigrationExecutor(connection)
        return not executor.migration_plan(executor.loader.graph.leaf_nodes())
    except DatabaseError:
        return False


def _redis_answers() -> bool:
    try:
        with Redis.from_url(settings.REDIS_URL, socket_timeout=1, socket_connect_timeout=1) as redis:
            return bool(redis.ping())
    except (RedisError, OSError):
        return False
