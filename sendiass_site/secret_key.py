"""The key that signs sessions and links, made once and kept."""

import os
import tempfile
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured
from django.core.management.utils import get_random_secret_key


def read_or_make(path: Path) -> str:
    """Return the key kept in a file, making the file (readable by its owner only) where there is none.

    Several processes may do this at once: all of them return the same key. Raises `ImproperlyConfigured`
    where the file can neither be read nor made.
    """
    try:
        if not path.exists():
            _make(path)
        key = path.read_text(encoding="ascii").strip()
    except OSError as error:
        raise ImproperlyConfigured(
            f"No secret key: {path} cannot be read or written ({error.strerror}). "
            "Make the folder writable, name another one in DATA_DIR, or set SECRET_KEY."
        ) from error
    if not key:
        raise ImproperlyConfigured(f"No secret key: {path} is empty. Remove it, and a new one is made.")
    return key


def _make(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, temporary = tempfile.mkstemp(dir=path.parent)
    try:
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(get_random_secret_key() + "\n")
            file.flush()
            os.fsync(file.fileno())
        # A link appears whole or not at all, and fails where another process was first.
        os.link(temporary, path)
    except FileExistsError:
        pass
    finally:
        Path(temporary).unlink()
