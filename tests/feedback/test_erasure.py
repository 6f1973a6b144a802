"""What staff are told is erased is erased from every file of the database, or they are told that it is not yet."""

import contextlib
import sqlite3
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.db import OperationalError, connection
from django.urls import reverse

from leaflets.feedback import retention
from leaflets.feedback.models import AccessLog, Feedback, UnfinishedErasure
from sendiass_site.ops import doctor
from sendiass_site.ops.doctor import Status
from tests.conftest import HttpsClient
from tests.factories import create_feedback, create_staff
from tests.pages import Page

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("committed_db")]
on_sqlite = pytest.mark.skipif("connection.vendor != 'sqlite'", reason="SQLite's files")
on_postgresql = pytest.mark.skipif("connection.vendor != 'postgresql'", reason="PostgreSQL's files")

WORDS = "Zanzibar-Quokka-1234567"
DETAILS = {"name": WORDS, "email": f"{WORDS}@example.org", "note": f"Rang {WORDS}.", "wants_reply": True}


@pytest.fixture
def reader() -> HttpsClient:
    visitor = HttpsClient()
    visitor.force_login(create_staff("Feedback readers"))
    return visitor


def erase(visitor: HttpsClient, feedback: Feedback, what: str) -> str:
    """Erase in the admin, and return what the page says of it."""
    address = reverse("admin:feedback-erase", args=[feedback.pk])
    page = Page(address, visitor.post(address, {"what": what}, follow=True))
    return page.text("ul[@class='messagelist']")


def purge() -> str:
    output = StringIO()
    call_command("purge_feedback", stdout=output)
    return output.getvalue()


def files_with_words() -> list[str]:
    """The names of the database's files that hold the words."""
    base = Path(connection.settings_dict["NAME"])
    files = [base, Path(f"{base}-wal"), Path(f"{base}-shm"), Path(f"{base}-journal")]
    return [file.name for file in files if file.exists() and WORDS.encode() in file.read_bytes()]


@contextlib.contextmanager
def another_process_reads() -> Iterator[None]:
    """A transaction that reads the database, such as that of a copying program."""
    with contextlib.closing(sqlite3.connect(connection.settings_dict["NAME"])) as other:
        other.execute("BEGIN")
        other.execute("SELECT * FROM feedback_feedback").fetchall()
        yield


def failing(statement: str) -> AbstractContextManager[None]:
    """Let the database refuse the statements that begin so."""

    def execute(execute: Callable[..., Any], sql: str, *rest: Any) -> Any:
        if sql.startswith(statement):
            raise OperationalError("disk I/O error")
        return execute(sql, *rest)

    return connection.execute_wrapper(execute)


def doctor_status() -> Status:
    found = {finding.check: finding for finding in doctor.run_checks(request_site=False)}
    return found["deleting on time"].status


@on_sqlite
@pytest.mark.parametrize(
    ("what", "comments", "said"),
    [
        ("all", WORDS, "All that this person wrote is erased. The month and the answer still count."),
        ("details", "Very clear.", "Name, e-mail, phone and our note are erased."),
    ],
)
def test_what_is_called_erased_is_in_no_file_of_the_database(reader, what, comments, said):
    one = create_feedback(comments, **DETAILS)
    assert files_with_words() != []

    assert erase(reader, one, what) == said

    assert files_with_words() == []
    assert doctor_status() == Status.OK


@on_sqlite
def test_what_was_purged_is_in_no_file_of_the_database():
    create_feedback(WORDS, days_ago=400, **DETAILS)

    assert "log file" not in purge()

    assert files_with_words() == []


@on_sqlite
@pytest.mark.parametrize("what", ["all", "details"])
def test_staff_are_told_where_a_file_may_still_hold_it(reader, what):
    one = create_feedback("Very clear.", **DETAILS)

    with another_process_reads():
        said = erase(reader, one, what)

    assert files_with_words() != []
    assert "One file of the database may still hold it: it goes with the next daily deletion." in said
    assert doctor_status() == Status.WARNING


@on_sqlite
def test_the_next_purge_finishes_what_a_reader_prevented(reader):
    one = create_feedback(WORDS, **DETAILS)
    with another_process_reads():
        erase(reader, one, "all")
        assert "The next run finishes this." in purge()

    assert "The next run" not in purge()

    assert files_with_words() == []
    assert doctor_status() == Status.OK


@on_sqlite
def test_an_erasure_that_readers_block_restores_the_busy_timeout(reader):
    one = create_feedback("Very clear.", **DETAILS)
    with connection.cursor() as cursor, another_process_reads():
        before = cursor.execute("PRAGMA busy_timeout").fetchone()
        retention.erase_all(one)

        assert cursor.execute("PRAGMA busy_timeout").fetchone() == before


@on_postgresql
def test_staff_are_told_that_the_server_has_files_of_its_own(reader):
    said = erase(reader, create_feedback("Very clear.", **DETAILS), "all")

    assert said.endswith("Files of the database server may hold it for some time.")
    assert not UnfinishedErasure.objects.exists()


@pytest.mark.parametrize(
    ("what", "statement"),
    [("all", 'DELETE FROM "feedback_sending"'), ("details", 'UPDATE "feedback_feedback"')],
)
def test_an_erasure_that_fails_changes_nothing_and_is_not_logged(reader, what, statement):
    one = create_feedback("Very clear.", **DETAILS)
    reader.raise_request_exception = False

    with failing(statement):
        response = reader.post(reverse("admin:feedback-erase", args=[one.pk]), {"what": what})

    one.refresh_from_db()
    assert (response.status_code, one.comments, one.name) == (500, "Very clear.", WORDS)
    assert not AccessLog.objects.exists()


def test_erasing_keeps_the_public_texts_that_a_colleague_has_just_written():
    opened = create_feedback("Very clear.", **DETAILS)
    Feedback.objects.update(you_said="It was long.", we_did="We cut it.", is_public=True)

    retention.erase_all(opened)

    stored = Feedback.objects.get()
    assert (stored.you_said, stored.we_did, stored.is_public, stored.comments) == (
        "It was long.", "We cut it.", True, "",
    )  # fmt: skip


# A second click


@pytest.mark.parametrize("what", ["all", "details"])
def test_a_second_click_ends_where_the_first_ended_and_is_not_logged(reader, what):
    one = create_feedback(**DETAILS)
    address = reverse("admin:feedback-erase", args=[one.pk])

    answers = [reader.post(address, {"what": what}, follow=True) for _ in range(2)]

    first, second = (Page(address, answer) for answer in answers)
    assert answers[0].redirect_chain == answers[1].redirect_chain
    assert second.status == 200
    assert second.text("ul[@class='messagelist']") == first.text("ul[@class='messagelist']")
    assert AccessLog.objects.filter(action="erased").count() == 1


@pytest.mark.parametrize("what", ["all", "details"])
def test_two_clicks_at_the_same_time_erase_and_log_once(reader, what):
    one = create_feedback(**DETAILS)
    address = reverse("admin:feedback-erase", args=[one.pk])
    together = threading.Barrier(2)

    def click(_: int) -> tuple[int, str | None]:
        browser = HttpsClient(raise_request_exception=False)
        browser.cookies.update(reader.cookies)
        together.wait()
        try:
            response = browser.post(address, {"what": what})
        finally:
            connection.close()
        return response.status_code, response.get("Location")

    with ThreadPoolExecutor(2) as pool:
        first, second = pool.map(click, range(2))

    assert first == second
    assert first[0] == 302
    assert AccessLog.objects.filter(action="erased").count() == 1
    one.refresh_from_db()
    assert (one.name, one.email, one.note) == ("", "", "")


def test_what_was_erased_has_no_page_to_erase_it(reader):
    one = create_feedback(**DETAILS)
    erase(reader, one, "all")

    assert reader.get(reverse("admin:feedback-erase", args=[one.pk])).status_code == 404
