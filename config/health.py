"""Whether this process is up, and whether it may be sent requests."""

from collections.abc import Callable

from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe

from eventstore.server import unfit
from projections.engine.reading import behind


@csrf_exempt
@require_safe
@never_cache
def healthz(request: HttpRequest) -> JsonResponse:
    """The process answers."""
    return JsonResponse({"status": "ok"})


async def _alive(request: HttpRequest) -> JsonResponse:
    return healthz(request)


# However busy the threads are, the process is alive.
setattr(healthz, "lean", lambda method: _alive)  # noqa: B010


@csrf_exempt
@require_safe
@never_cache
def readyz(request: HttpRequest) -> JsonResponse:
    """The database is safe, migrated, and the read tables are as far as the log."""
    checks = {name: _sentence(check) for name, check in CHECKS.items()}
    ready = all(sentence == "ok" for sentence in checks.values())
    return JsonResponse(
        {"status": "ok" if ready else "not ready", "checks": checks}, status=200 if ready else 503
    )


def _sentence(check: Callable[[], list[str]]) -> str:
    try:
        return " ".join(check()) or "ok"
    except DatabaseError:
        return "The database does not answer."


def missing_migrations() -> list[str]:
    """What migrate has not done yet, a sentence; empty is good."""
    executor = MigrationExecutor(connection)
    missing = executor.migration_plan(executor.loader.graph.leaf_nodes())
    return [f"{len(missing)} migrations are missing: run manage.py migrate."] if missing else []


CHECKS: dict[str, Callable[[], list[str]]] = {
    "database": unfit,
    "migrations": missing_migrations,
    "projections": behind,
}
