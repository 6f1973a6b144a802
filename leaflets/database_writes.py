"""Errors of the database in words for the log, and whether the last attempt to store something failed.

The last failure is known to all processes of a server: what one of them could not store, a health check that another one
answers has to tell. It is in memory that gunicorn's workers share, because a full disk takes no file.
"""

import mmap
import struct
import time

from django.db import Error, InterfaceError, InternalError, OperationalError

# Seconds between two trials while writing fails.
TRIAL_INTERVAL = 10.0

# When a trial may be made (`time.monotonic()`, which is the same in all processes); 0 while writing succeeds. Imported
# before gunicorn forks.
_next_trial = mmap.mmap(-1, 8)


def describe(error: Error) -> str:
    """Return the kind and the words of a database's error: "sqlite3 OperationalError: database or disk is full".

    The words are those of errors about the database itself. Those of others, such as a value that does not fit, may
    repeat the value, which may be of a message; of these only the kind is returned.
    """
    cause = error.__cause__ or error
    kind = f"{type(cause).__module__.partition('.')[0]} {type(cause).__name__}"
    if not isinstance(error, OperationalError | InterfaceError | InternalError):
        return kind
    # PostgreSQL puts details and a part of the query, with values, on further lines.
    return f"{kind}: {str(cause).partition(chr(10))[0].strip()}".removesuffix(": ")


def note_failure() -> None:
    """Remember that something could not be stored, until something is."""
    if not has_failed():
        _set(time.monotonic())


def note_success() -> None:
    """Remember that something was stored."""
    if has_failed():
        _set(0.0)


def has_failed() -> bool:
    """Whether the last attempt to store something failed."""
    return _get() > 0


def may_try() -> bool:
    """Whether a trial is due. The next one is due `TRIAL_INTERVAL` later."""
    now = time.monotonic()
    if not 0 < _get() <= now:
        return False
    _set(now + TRIAL_INTERVAL)
    return True


def _get() -> float:
    (value,) = struct.unpack("d", _next_trial[:])
    return float(value)


def _set(value: float) -> None:
    _next_trial[:] = struct.pack("d", value)
