"""The thread that applies scheduled changes when they are due."""

import datetime as dt
import threading
from collections.abc import Callable

import pytest
from django.core.handlers.wsgi import WSGIHandler
from django.db import OperationalError

from leaflets.editing.due_changes import process_due_changes
from sendiass_site.web.page_cache import PageCache
from sendiass_site.web.scheduled_change_thread import ScheduledChangeThread
from tests.factories import SLUG, create_staff, leaflet_with_introduction, load, published_edition
from tests.publishing.test_scheduling import HOUR, schedule_draft
from tests.running_site import TIMEOUT
from tests.wsgi import Clock, ask

SOON = dt.datetime.fromtimestamp(0, dt.UTC)
NEVER = dt.datetime(9999, 1, 1, tzinfo=dt.UTC)


class Acts:
    """Counts how often it was called, and lets a test wait for that. `failures` are raised by the first calls."""

    def __init__(self, *failures: Exception) -> None:
        self.count = 0
        self._failures = list(failures)
        self._called = threading.Semaphore(0)

    def __call__(self) -> None:
        self.count += 1
        self._called.release()
        if self._failures:
            raise self._failures.pop(0)

    def wait(self) -> None:
        assert self._called.acquire(timeout=TIMEOUT)


@pytest.fixture
def start():
    """Make threads that are stopped when the test ends."""
    threads = []

    def make(act: Callable[[], object], **options: object) -> ScheduledChangeThread:
        threads.append(ScheduledChangeThread(act, **options))
        return threads[-1]

    yield make
    for thread in threads:
        thread.stop()


def test_what_is_due_is_carried_out_once(start):
    acts = Acts()
    thread = start(acts)
    thread.set_next_due(SOON)
    acts.wait()
    thread.set_next_due(None)
    thread.stop()

    assert acts.count == 1


def test_what_is_not_due_waits_and_an_earlier_change_wakes_it(start):
    acts = Acts()
    thread = start(acts)
    thread.set_next_due(NEVER)
    assert acts.count == 0
    thread.set_next_due(SOON)
    acts.wait()


def test_a_cancelled_change_is_not_applied(start):
    time = Clock()
    acts = Acts()
    thread = start(acts, clock=time)
    thread.set_next_due(dt.datetime.fromtimestamp(2000, dt.UTC))
    thread.set_next_due(None)
    time.advance(5000)
    thread.stop()

    assert acts.count == 0


def test_it_tries_again_after_the_database_did_not_answer(start, caplog):
    acts = Acts(OperationalError("No database."))
    thread = start(acts, retry_interval=0.01)
    thread.set_next_due(SOON)
    acts.wait()
    thread.set_next_due(SOON)
    acts.wait()

    assert (
        "Scheduled changes are tried again in a minute: django OperationalError: No database." in caplog.text
    )


def test_it_does_not_try_again_at_once_after_the_database_did_not_answer(start):
    time = Clock()
    acts = Acts(OperationalError("No database."))
    thread = start(acts, clock=time)
    thread.set_next_due(SOON)
    acts.wait()
    thread.set_next_due(SOON)
    thread.stop()

    assert acts.count == 1


def test_an_unexpected_failure_does_not_end_it(start, caplog):
    acts = Acts(ValueError("Ours."))
    thread = start(acts)
    thread.set_next_due(SOON)
    acts.wait()
    thread.set_next_due(None)
    thread.set_next_due(SOON)
    acts.wait()

    assert "After scheduled changes were carried out, something failed." in caplog.text


def test_it_ignores_changes_in_a_process_that_will_be_forked(start):
    acts = Acts()
    thread = start(acts)
    with thread.paused():
        thread.set_next_due(SOON)
    thread.stop()

    assert acts.count == 0


@pytest.mark.usefixtures("committed_db")
def test_a_page_that_is_asked_for_after_the_time_shows_the_new_text_a_second_later(tmp_path, start):
    load(tmp_path, leaflets=[leaflet_with_introduction("The first words.", slug=SLUG)])
    done = threading.Event()

    def act() -> None:
        process_due_changes()
        done.set()

    time = Clock()
    thread = start(act)
    site = PageCache(WSGIHandler(), 2**20, time, set_next_due=thread.set_next_due)
    change = schedule_draft(create_staff("Publishers"))
    assert "The first words." in ask(site, f"/leaflets/{SLUG}/").text
    type(change).objects.update(due_at=change.due_at - 2 * HOUR)
    time.advance(1.1)
    ask(site, "/")
    assert done.wait(TIMEOUT)
    time.advance(1.1)

    assert "New words." in ask(site, f"/leaflets/{SLUG}/").text
    assert published_edition().number == 2
