"""Health checks for load balancers and containers, and the system check of the database."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.apps.config import AppConfig
from django.core.checks import CheckMessage, Tags, Warning as CheckWarning, register
from django.db import Error, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from leaflets.models import Edition, Service
from leaflets.public.views import plain_text_response

_NO_ANSWER = "The database does not answer."
_RESTORE_OR_START = "If there was a site here, restore the last backup. For a new site, start it."


@dataclass(frozen=True)
class DatabaseProblem:
    """Why the database cannot be used, as /readyz shows it to the public, and what the web team can do."""

    message: str
    remedy: str


def find_database_problem() -> DatabaseProblem | None:
    """Return why the database cannot be used: it is missing, does not answer, is empty or is not migrated."""
    name = connection.settings_dict["NAME"]
    if connection.vendor == "sqlite" and not Path(name).exists():
        # Open connections would still read and write the deleted file.
        return DatabaseProblem(
            "The database's file is gone.", f"Mount the volume that {name} is on. {_RESTORE_OR_START}"
        )
    try:
        executor = MigrationExecutor(connection)
    except Error as error:
        reason = str(error).partition("\n")[0]
        return DatabaseProblem(
            _NO_ANSWER,
            "Start it, and check DATABASE_URL and DATA_DIR. If it is damaged, restore the last backup. "
            f"It says: {reason}",
        )
    if not executor.loader.applied_migrations:
        return DatabaseProblem(
            "The database is empty.", f"Check DATABASE_URL and DATA_DIR. {_RESTORE_OR_START}"
        )
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        return DatabaseProblem("Migrations are missing.", "Run `manage.py migrate`.")
    return None


@register(Tags.database)
def check_database(
    app_configs: Sequence[AppConfig] | None, databases: Sequence[str] | None = None, **_: Any
) -> list[CheckMessage]:
    """W001: the database cannot be used. A warning, because `migrate` runs the checks before it migrates."""
    problem = find_database_problem() if databases else None
    return [CheckWarning(problem.message, hint=problem.remedy, id="sendiass_site.W001")] if problem else []


@require_safe
@never_cache
def healthz(_request: HttpRequest) -> HttpResponse:
    """Liveness: this process answers."""
    return plain_text_response("ok\n")


@require_safe
@never_cache
def readyz(_request: HttpRequest) -> HttpResponse:
    """Readiness: the database answers, migrations are applied and content is loaded."""
    if problem := find_database_problem():
        return plain_text_response(f"Not ready. {problem.message}\n", status=503)
    try:
        has_content = Service.objects.exists() and Edition.objects.published().exists()
    except Error:
        return plain_text_response(f"Not ready. {_NO_ANSWER}\n", status=503)
    if not has_content:
        return plain_text_response(
            "Not ready. There is no content. Run `manage.py load_leaflets`.\n", status=503
        )
    return plain_text_response("ready\n")
