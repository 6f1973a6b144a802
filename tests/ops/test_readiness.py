"""/readyz when nothing can be written, and what the log says of it."""

import io
import logging
import os
from collections.abc import Iterator

import pytest
from django.db import DataError, IntegrityError, OperationalError, connection
from psycopg.errors import DiskFull

from leaflets import database_writes
from leaflets.models import Service
from sendiass_site.ops import readiness
from sendiass_site.web import logs
from tests.conftest import HttpsClient
from tests.feedback.test_durability import FORM, LARGE, full_disk, read_only_database, signed_token
from tests.pages import load_site, lost_database

on_sqlite = pytest.mark.skipif(connection.vendor != "sqlite", reason="A database that is a file.")


@pytest.fixture(autouse=True)
def _nothing_failed() -> Iterator[None]:
    yield
    database_writes.note_success()
    readiness._log_once(None)


@pytest.fixture
def site(db, tmp_path) -> HttpsClient:
    load_site(tmp_path)
    return HttpsClient()


@pytest.fixture
def committing_site(transactional_db, tmp_path) -> HttpsClient:
    """For failures that end a transaction."""
    load_site(tmp_path)
    return HttpsClient()


def send(site: HttpsClient) -> int:
    return site.post(FORM, LARGE | {"opened": signed_token(), "asked": "true"}).status_code


def ready(site: HttpsClient) -> tuple[int, str]:
    response = site.get("/readyz")
    return response.status_code, response.content.decode().strip()


def no_space(monkeypatch: pytest.MonkeyPatch, *, free: int = 0, flags: int = 0) -> None:
    """Let the disk have so many free bytes and these flags, as the system says it."""
    real = os.statvfs

    def statvfs(path: object) -> os.statvfs_result:
        values = list(real(path))
        values[1], values[4], values[8] = 1, free, flags
        return os.statvfs_result(values)

    monkeypatch.setattr(os, "statvfs", statvfs)


# The reason in the log


def test_the_log_says_in_the_words_of_the_database_why_a_message_was_not_stored(committing_site, caplog):
    with full_disk():
        send(committing_site)

    assert (
        "A message could not be stored (sqlite3 OperationalError: database or disk is full)." in caplog.text
    )


def test_a_read_only_database_is_named_in_its_words(committing_site, caplog):
    with read_only_database():
        send(committing_site)

    words = {
        "sqlite": "(sqlite3 OperationalError: attempt to write a readonly database)",
        "postgresql": "(psycopg ReadOnlySqlTransaction",
    }[connection.vendor]
    assert words in caplog.text


def test_of_an_error_about_a_value_only_the_kind_is_told():
    assert database_writes.describe(DataError("invalid input: 'Ada'")) == "django DataError"
    assert database_writes.describe(IntegrityError("(Ada) already exists")) == "django IntegrityError"


def test_only_the_first_line_of_the_words_is_told():
    error = OperationalError("no space left\nDETAIL: Ada\nCONTEXT: Ada")
    error.__cause__ = DiskFull(str(error))

    assert database_writes.describe(error) == "psycopg DiskFull: no space left"


# Readiness


@on_sqlite
def test_a_full_disk_makes_the_site_not_ready_and_leaves_its_pages(site, monkeypatch):
    no_space(monkeypatch, free=readiness.MIN_FREE_SPACE - 1)

    assert ready(site) == (503, "Not ready. The disk is full.")
    assert site.get("/contact/").status_code == site.get("/healthz").status_code == 200


@on_sqlite
def test_a_disk_with_enough_space_is_ready(site, monkeypatch):
    no_space(monkeypatch, free=readiness.MIN_FREE_SPACE)

    assert ready(site) == (200, "ready")


@on_sqlite
def test_a_read_only_disk_makes_the_site_not_ready(site, monkeypatch):
    no_space(monkeypatch, free=10**12, flags=os.ST_RDONLY)

    assert ready(site) == (503, "Not ready. The disk is read-only.")


@pytest.mark.skipif(connection.vendor != "postgresql", reason="A server that can be read-only.")
def test_a_read_only_server_makes_the_site_not_ready(committing_site):
    with read_only_database():
        assert ready(committing_site) == (503, "Not ready. The database is read-only.")

    assert ready(committing_site) == (200, "ready")


@on_sqlite
@pytest.mark.parametrize("failure", [full_disk, read_only_database])
def test_a_message_that_could_not_be_stored_makes_the_site_not_ready_until_something_can(
    committing_site, failure, monkeypatch
):
    monkeypatch.setattr(database_writes, "TRIAL_INTERVAL", 0.0)
    with failure():
        assert send(committing_site) == 503
        assert [ready(committing_site), ready(committing_site)] == [
            (503, "Not ready. The database cannot be written.")
        ] * 2

    assert ready(committing_site) == (200, "ready")


@on_sqlite
def test_between_two_trials_a_failure_is_remembered_until_a_message_is_stored(committing_site):
    with full_disk():
        send(committing_site)
        ready(committing_site)  # Tries, and the next trial is ten seconds later.

    assert ready(committing_site)[0] == 503
    assert send(committing_site) == 303
    assert ready(committing_site) == (200, "ready")


def test_a_probe_of_a_site_that_can_be_written_writes_nothing(site):
    with connection.execute_wrapper(refuse_writing):
        assert ready(site) == (200, "ready")


def refuse_writing(execute, sql, *rest):
    assert sql.lstrip().upper().startswith(("SELECT", "SHOW", "PRAGMA", "WITH")), sql
    return execute(sql, *rest)


def test_a_trial_leaves_nothing_behind(site):
    def rows() -> int:
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM staff_cache")
            return cursor.fetchone()[0]

    before = rows()
    database_writes.note_failure()

    assert ready(site) == (200, "ready")
    assert rows() == before


def test_a_failure_is_known_to_the_processes_that_were_forked():
    database_writes.note_success()
    child = os.fork()
    if child == 0:
        database_writes.note_failure()
        os._exit(0)
    os.waitpid(child, 0)

    assert database_writes.has_failed()


# Lines of the log


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """What the site's own handler writes."""
    configured = logs.logging_config("text")
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    for name in configured["handlers"]["console"]["filters"]:
        handler.addFilter(configured["filters"][name]["()"]())
    logging.getLogger().addHandler(handler)
    yield stream
    logging.getLogger().removeHandler(handler)


def ask_often(site: HttpsClient) -> None:
    """Ask as a load balancer does, through the log of requests."""
    application = logs.RequestLog(lambda environ, start: respond(site, start))
    for _ in range(3):
        list(application({"REQUEST_METHOD": "GET", "PATH_INFO": "/readyz"}, lambda *_: None))


def respond(site: HttpsClient, start_response) -> list[bytes]:
    response = site.get("/readyz")
    start_response(f"{response.status_code} {response.reason_phrase}", [])
    return [response.content]


def test_the_reason_is_logged_once_and_so_is_that_the_site_is_ready_again(site, log):
    with lost_database():
        ask_often(site)
    ask_often(site)

    assert log.getvalue().splitlines() == [
        "Not ready. The database does not answer. Start it, and check DATABASE_URL and DATA_DIR. If it is damaged, "
        "restore the last backup. It says: the database is gone",
        "Ready again.",
    ]


def test_another_reason_is_logged_too(site, log):
    with lost_database():
        ask_often(site)
    Service.objects.all().delete()
    ask_often(site)

    assert [line[:40] for line in log.getvalue().splitlines()] == [
        "Not ready. The database does not answer.",
        "Not ready. There is no content. Run `man",
    ]


def test_other_pages_that_fail_are_logged(committing_site, log):
    with full_disk():
        send(committing_site)

    assert "Service Unavailable: /have-your-say/" in log.getvalue()
