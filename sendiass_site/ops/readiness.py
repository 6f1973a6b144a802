"""Whether this site can serve: what whoever sends readers here asks, and what everybody with trouble asks first."""

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

_SILENT = "The database does not answer."
_FIND_IT = "If there was a site here, restore the last backup. For a new site, start it."


@dataclass(frozen=True)
class Trouble:
    """Why the database cannot be used, in words that anybody may read, and how staff of the machine mend it."""

    words: str
    remedy: str


def database_trouble() -> Trouble | None:
    """What keeps the database from being used: it is gone, silent, empty, or of another version of the site."""
    name = connection.settings_dict["NAME"]
    if connection.vendor == "sqlite" and not Path(name).exists():
        # Connections that are open go on with a file that nobody will find again.
        return Trouble("The database's file is gone.", f"Mount the volume that {name} is on. {_FIND_IT}")
    try:
        executor = MigrationExecutor(connection)
    except Error as error:
        said = str(error).partition("\n")[0]
        return Trouble(
            _SILENT,
            "Start it, and check DATABASE_URL and DATA_DIR. If it is damaged, restore the last backup. "
            f"It says: {said}",
        )
    if not executor.loader.applied_migrations:
        return Trouble("The database is empty.", f"Check DATABASE_URL and DATA_DIR. {_FIND_IT}")
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        return Trouble("Migrations are missing.", "Run `manage.py migrate`.")
    return None


@register(Tags.database)
def check_database(
    app_configs: Sequence[AppConfig] | None, databases: Sequence[str] | None = None, **_: Any
) -> list[CheckMessage]:
    """W001: the database cannot be used as it is. No error, because `migrate` asks first and then mends it."""
    trouble = database_trouble() if databases else None
    return [CheckWarning(trouble.words, hint=trouble.remedy, id="sendiass_site.W001")] if trouble else []


@require_safe
@never_cache
def healthz(_request: HttpRequest) -> HttpResponse:
    """Say that this process answers."""
    return plain_text_response("ok\n")


@require_safe
@never_cache
def readyz(_request: HttpRequest) -> HttpResponse:
    """Say whether readers can be sent here: database reachable, migrations applied, content loaded."""
    if trouble := database_trouble():
        return plain_text_response(f"Not ready. {trouble.words}\n", status=503)
    try:
        has_content = Service.objects.exists() and Edition.objects.published().exists()
    except Error:
        return plain_text_response(f"Not ready. {_SILENT}\n", status=503)
    if not has_content:
        return plain_text_response(
            "Not ready. There is no content. Run `manage.py load_leaflets`.\n", status=503
        )
    return plain_text_response("ready\n")
