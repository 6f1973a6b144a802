"""Applies the scheduled changes of leaflets on time, in a thread of each process that serves the site.

The page cache reads when the next change is due in the query that reads the site version, at most once a second, so this
costs no query of its own, and no process polls. The thread waits until then. All processes wake at the same moment: the
database decides which one does it (`leaflets.publishing.scheduling`). After downtime the first request finds what is due.
"""

import datetime as dt
import logging
import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from django.db import Error, connection

from leaflets import database_writes
from leaflets.editing.due_changes import process_due_changes

RETRY_INTERVAL = 60.0  # seconds after a failure of the database
STOP_TIMEOUT = 10.0  # seconds to wait for the thread when the process ends

logger = logging.getLogger(__name__)


class ScheduledChangeThread:
    """`set_next_due` is told when the next change is due; a thread then applies it.

    `apply_due_changes` applies what is due. `clock` returns seconds since 1970.
    """

    def __init__(
        self,
        apply_due_changes: Callable[[], object] = process_due_changes,
        retry_interval: float = RETRY_INTERVAL,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._apply_due_changes = apply_due_changes
        self._retry_interval = retry_interval
        self._clock = clock
        self._is_paused = False
        self._reset()
        # A process that is forked has no thread.
        os.register_at_fork(after_in_child=self._reset)

    def _reset(self) -> None:
        self._condition = threading.Condition()
        self._thread: threading.Thread | None = None
        self._due: float | None = None
        self._not_before = 0.0
        self._is_stopped = False

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Ignore what is due meanwhile, such as in a process that will be forked."""
        self._is_paused = True
        try:
            yield
        finally:
            self._is_paused = False

    def set_next_due(self, next_change: dt.datetime | None) -> None:
        """Take note of when the next change is due; None for never."""
        due = next_change.timestamp() if next_change else None
        if due == self._due or self._is_paused:
            return
        with self._condition:
            if self._is_stopped:
                return
            self._due = due
            if due is not None and self._thread is None:
                self._start_thread()
            self._condition.notify()

    def _start_thread(self) -> None:
        thread = threading.Thread(target=self._run, name="scheduled-changes", daemon=True)
        try:
            thread.start()
        except RuntimeError:
            self._due = None  # No more threads now. The next look at the site version tries again.
            return
        self._thread = thread

    def _run(self) -> None:
        while self._wait_until_due():
            self._apply()

    def _wait_until_due(self) -> bool:
        """Return True when a change is due, False when the process ends."""
        with self._condition:
            while not self._is_stopped:
                left = None if self._due is None else max(self._due, self._not_before) - self._clock()
                if left is not None and left <= 0:
                    self._due = None
                    return True
                # Not for longer than an hour: the clock of the machine may be set.
                self._condition.wait(None if left is None else min(left, 3600.0))
        return False

    def _apply(self) -> None:
        try:
            self._apply_due_changes()
        except Error as error:
            logger.warning(
                "Scheduled changes are tried again in a minute: %s", database_writes.describe(error)
            )
            self._not_before = self._clock() + self._retry_interval
        except OSError as error:
            # Only the type: the message of a mail server's error may repeat addresses.
            logger.warning(
                "An e-mail about a scheduled change could not be sent (%s). `manage.py publish_due` tries again.",
                type(error).__name__,
            )
        except Exception:
            # The thread goes on: the next change is another one.
            logger.exception("After scheduled changes were carried out, something failed.")
        finally:
            if not connection.in_atomic_block:
                connection.close()  # Seldom used: a pool has few of them.

    def stop(self) -> None:
        """Finish what was begun, when the process ends in order."""
        with self._condition:
            self._is_stopped = True
            self._condition.notify()
        if self._thread is not None:
            self._thread.join(STOP_TIMEOUT)
