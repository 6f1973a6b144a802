"""Several processes carry out a scheduled change once, and one that is killed leaves it to the next."""

import os
import signal
import subprocess
import threading
import time
from urllib.parse import urlsplit

import pytest
from django.contrib.admin.models import LogEntry
from django.db import connection, transaction
from django.utils import timezone

from leaflets.models import Edition, Leaflet, ScheduledChange
from leaflets.publishing.scheduling import apply_due
from tests.factories import (
    SLUG,
    create_staff,
    draft_as_staff,
    history,
    introduction_of,
    leaflet_with_introduction,
    load,
    published_edition,
    start_manage,
)
from tests.publishing.test_scheduling import HOUR, schedule_draft
from tests.running_site import TIMEOUT

pytestmark = pytest.mark.usefixtures("committed_db")


@pytest.fixture(autouse=True)
def due(tmp_path, committed_db) -> ScheduledChange:
    """A draft whose time has come a minute ago."""
    load(tmp_path, leaflets=[leaflet_with_introduction("The first words.", slug=SLUG)])
    change = schedule_draft(create_staff("Publishers"))
    ScheduledChange.objects.update(due_at=timezone.now() - HOUR)
    return change


def published_once() -> bool:
    done = LogEntry.objects.filter(change_message__startswith="Published edition").count()
    return history() == [(1, "superseded"), (2, "published")] and done == 1


def run_together(*acts) -> list:
    """Call functions in threads that begin at the same moment; return what they returned."""
    together, results = threading.Barrier(len(acts)), []

    def run(act) -> None:
        try:
            together.wait()
            results.append(act())
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(act,)) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def test_three_at_the_same_moment_publish_once():
    results = run_together(apply_due, apply_due, apply_due)

    assert sorted(map(len, results)) == [0, 0, 1]
    assert published_once()


def test_a_save_at_the_same_moment_is_neither_lost_nor_published():
    def save() -> str:
        try:
            draft_as_staff("Words that no publisher saw.")
        except Exception as error:  # noqa: BLE001 - the draft may have been published meanwhile
            return type(error).__name__
        return ""

    results = run_together(apply_due, save)

    assert introduction_of(published_edition()) in ("The first words.", "New words.")
    texts = [introduction_of(edition) for edition in Edition.objects.filter(leaflet__slug=SLUG)]
    assert "Words that no publisher saw." in texts or "TextChangedError" in results


def test_the_command_publishes_what_is_due_and_says_so():
    process = start_manage("publish_due", DATABASE_URL=database_url())
    printed, errors = process.communicate(timeout=TIMEOUT)

    assert (process.returncode, printed, errors) == (0, "sen-support: published\n", "")
    assert published_once()


def test_three_commands_at_the_same_moment_publish_once():
    processes = [start_manage("publish_due", DATABASE_URL=database_url()) for _ in range(3)]
    printed = [process.communicate(timeout=TIMEOUT)[0] for process in processes]

    assert sorted(printed) == ["Nothing is due.\n", "Nothing is due.\n", "sen-support: published\n"]
    assert published_once()


def test_a_process_that_is_killed_in_the_middle_publishes_nothing_and_the_next_one_does():
    if connection.vendor != "postgresql":
        pytest.skip(
            "With SQLite no process can be stopped in the middle from outside: it has the lock alone."
        )
    with transaction.atomic():
        # The process has stored the text again when it waits for this row, to supersede it.
        Edition.objects.select_for_update().get(leaflet__slug=SLUG, status="published")
        process = start_manage("publish_due", DATABASE_URL=database_url())
        wait_until_blocked(process)
        process.send_signal(signal.SIGKILL)
        process.communicate(timeout=TIMEOUT)
    assert history() == [(1, "published"), (2, "draft")]
    assert ScheduledChange.objects.waiting().count() == 1

    apply_due()

    assert published_once()


def test_a_leaflet_that_is_deleted_takes_its_schedule_with_it():
    leaflet = Leaflet.objects.get(slug=SLUG)
    leaflet.editions.all().delete()
    leaflet.delete()

    assert apply_due() == []


def wait_until_blocked(process: subprocess.Popen[str]) -> None:
    deadline = time.monotonic() + TIMEOUT
    waiting = "SELECT count(*) FROM pg_locks WHERE NOT granted"
    while process.poll() is None and time.monotonic() < deadline:
        with connection.cursor() as cursor:
            cursor.execute(waiting)
            if cursor.fetchone()[0]:
                return
        time.sleep(0.1)
    raise AssertionError("The process did not come to the row.")


def database_url() -> str:
    """The URL of the database of this test, for another process."""
    name = connection.settings_dict["NAME"]
    if connection.vendor == "sqlite":
        return f"sqlite:///{name}"
    return urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{name}").geturl()
