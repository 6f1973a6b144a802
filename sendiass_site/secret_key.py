"""The secret key, generated once and stored in a file."""

import os
import tempfile
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured
from django.core.management.utils import get_random_secret_key

from . import environment


def read_or_create(path: Path) -> str:
    """Return the key in a file; create the file, readable by its owner only, if it does not exist.

    Safe for concurrent processes: all of them return the same key. Raises `ImproperlyConfigured` if the file can
    neither be read nor created.
    """
    try:
        if not path.exists():
            _create(path)
        key = path.read_text(encoding="ascii").strip()
    except OSError as error:
        raise ImproperlyConfigured(
            f"No secret key: {path} cannot be read or written ({error.strerror})."
            f"{environment.owner_hint(path)} "
            "Make the folder writable, name another one in DATA_DIR, or set SECRET_KEY."
        ) from error
    if not key:
        raise ImproperlyConfigured(f"No secret key: {path} is empty. Remove it, and a new one is made.")
    return key


def _create(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, temporary = tempfile.mkstemp(dir=path.parent)
    try:
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(get_random_secret_key() + "\n")
            file.flush()
            os.fsync(file.fileno())
        # Atomic, and fails if another process was first.
        os.link(temporary, path)
    except FileExistsError:
        pass
    finally:
        Path(temporary).unlink()
