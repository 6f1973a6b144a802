"""Sending e-mails in a thread, so that a response does not wait for the mail server."""

import logging
import threading
from collections.abc import Callable

from django.db import Error as DBError, connection

from . import database_writes

logger = logging.getLogger(__name__)


def send_in_background(send: Callable[[], object], *, about: str, command: str) -> None:
    """Call `send` in a thread, with a connection of its own to the database.

    What fails is a line of the log: `about` says there what the e-mails are about, and `command` is the management command
    that sends what was not sent.
    """
    try:
        threading.Thread(target=_send, args=(send, about, command), daemon=True).start()
    except RuntimeError:  # No more threads, or the process is shutting down.
        logger.warning("No e-mail could be sent just now. `manage.py %s` does it.", command)


def _send(send: Callable[[], object], about: str, command: str) -> None:
    try:
        send()
    except (OSError, DBError) as error:
        # Of a mail server's error only the type: its message may repeat addresses.
        reason = database_writes.describe(error) if isinstance(error, DBError) else type(error).__name__
        logger.warning(
            "An e-mail about %s could not be sent (%s). `manage.py %s` tries again.", about, reason, command
        )
    finally:
        connection.close()
