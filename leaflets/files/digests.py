"""Digests that tell whether a file's text and a stored record's text are the same."""

import hashlib


def digest(text: str) -> str:
    """Return the SHA-256 of a text's UTF-8 bytes, in 64 hexadecimal digits."""
    return hashlib.sha256(text.encode()).hexdigest()
