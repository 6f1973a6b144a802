"""Health checks for load balancers and containers, and the system check of the database."""

import hashlib
import logging
import mmap
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.apps.config import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Tags, Warning as CheckWarning, register
from django.db import Error, connection, transaction
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from leaflets import database_writes
from leaflets.models import Edition, Service
from leaflets.public.views import plain_text_response

# Of the disk of a SQLite database. Below it, the next messages may not be stored.
MIN_FREE_SPACE = 20 * 1024 * 1024  # bytes
# More than a message has, so that a nearly full disk refuses it too.
_TRIAL_SIZE = 32 * 1024  # bytes

logger = logging.getLogger(__name__)

# A digest of why /readyz said last that the site is not ready; zeros while it is ready. In memory that gunicorn's workers
# share, so that each reason is logged once and not by each of them.
_logged = mmap.mmap(-1, hashlib.sha256().digest_size)
_READY = bytes(hashlib.sha256().digest_size)

_NO_ANSWER = "The database does not answer."
_RESTORE_OR_START = "If there was a site here, restore the last backup. For a new site, start it."


@dataclass(frozen=True)
class DatabaseProblem:
    """Why the database cannot be used, as /readyz shows it to the public, and what the web team can do."""

    message: str
    remedy: str


def is_file_gone() -> bool:
    """Whether the file of a SQLite database was deleted. Open connections still read and write it, new ones make another."""
    return connection.vendor == "sqlite" and not Path(connection.settings_dict["NAME"]).exists()


def count_pending_migrations() -> int:
    """Return how many migrations of this version the database does not have. Raises `Error`."""
    executor = MigrationExecutor(connection)
    return len(executor.migration_plan(executor.loader.graph.leaf_nodes()))


def find_database_problem() -> DatabaseProblem | None:
    """Return why the database cannot be used: it is missing, does not answer, is empty or is not migrated."""
    if is_file_gone():
        name = connection.settings_dict["NAME"]
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


def find_write_problem() -> DatabaseProblem | None:
    """Return why nothing can be stored, though the database can be read. Raises `Error` where it cannot be read.

    Health checks come every few seconds, so this looks and does not write: a SQLite database is written where its disk
    has space, is not mounted read-only, and its file and folder belong to this user; a PostgreSQL database says whether
    it is read-only, as a standby is. Its disk, and limits of the system, show only where a write fails. A failure is
    remembered, and from then on a small write is tried every `TRIAL_INTERVAL` seconds until one succeeds.
    """
    if connection.vendor == "sqlite":
        if problem := _find_file_problem(Path(connection.settings_dict["NAME"])):
            return problem
    else:
        with connection.cursor() as cursor:
            cursor.execute("SHOW transaction_read_only")
            if cursor.fetchone()[0] == "on":
                return DatabaseProblem(
                    "The database is read-only.",
                    "Check DATABASE_URL: it leads to a standby or a locked database.",
                )
    if not database_writes.has_failed():
        return None
    reason = "See the first line of the log about a message that could not be stored."
    if database_writes.may_try():
        try:
            _try_to_write()
        except Error as error:
            reason = f"It says: {database_writes.describe(error)}"
        else:
            database_writes.note_success()
            return None
    return DatabaseProblem("The database cannot be written.", reason)


def _find_file_problem(file: Path) -> DatabaseProblem | None:
    disk = os.statvfs(file.parent)
    if disk.f_flag & os.ST_RDONLY:
        return DatabaseProblem(
            "The disk is read-only.", f"Mount the volume of {file.parent} so that it can be written."
        )
    # The write-ahead log is a file beside it.
    if not (os.access(file, os.W_OK) and os.access(file.parent, os.W_OK)):
        return DatabaseProblem(
            "The database's file may not be written.",
            f"Give {file.parent} and {file} to user {os.geteuid()}.",
        )
    free = disk.f_bavail * disk.f_frsize
    if free < MIN_FREE_SPACE:
        return DatabaseProblem(
            "The disk is full.", f"Free some space: {free // 1024**2} MB are left in {file.parent}."
        )
    return None


def _try_to_write() -> None:
    """Store a row that nothing reads, and delete it. Raises `Error`."""
    table, key = connection.ops.quote_name(str(settings.CACHES["default"]["LOCATION"])), "trial of /readyz"
    with connection.cursor() as cursor:
        with transaction.atomic():
            cursor.execute(f"DELETE FROM {table} WHERE cache_key = %s", [key])  # noqa: S608 - a name of ours
            cursor.execute(
                f"INSERT INTO {table} (cache_key, value, expires) VALUES (%s, %s, %s)",  # noqa: S608
                [key, "x" * _TRIAL_SIZE, "2000-01-01 00:00:00"],
            )
        cursor.execute(f"DELETE FROM {table} WHERE cache_key = %s", [key])  # noqa: S608


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
    """Readiness: the database answers and can be written, migrations are applied and content is loaded."""
    problem = _find_problem()
    _log_once(problem)
    if problem is None:
        return plain_text_response("ready\n")
    return plain_text_response(f"Not ready. {problem.message}\n", status=503)


def _find_problem() -> DatabaseProblem | None:
    if problem := find_database_problem():
        return problem
    try:
        if not (Service.objects.exists() and Edition.objects.published().exists()):
            return DatabaseProblem("There is no content. Run `manage.py load_leaflets`.", "")
        return find_write_problem()
    except Error as error:
        return DatabaseProblem(_NO_ANSWER, f"It says: {database_writes.describe(error)}")


def _log_once(problem: DatabaseProblem | None) -> None:
    """Log why the site is not ready when the reason changes, and that it is ready again."""
    digest = hashlib.sha256(problem.message.encode()).digest() if problem else _READY
    if digest == _logged[:]:
        return
    _logged[:] = digest
    if problem:
        logger.error("Not ready. %s", f"{problem.message} {problem.remedy}".strip())
    else:
        logger.info("Ready again.")
