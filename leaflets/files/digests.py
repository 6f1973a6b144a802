"""Digests: which text a file, or a stored record, holds."""

import hashlib


def digest(text: str) -> str:
    """Return the SHA-256 of a text's UTF-8 bytes, in 64 hexadecimal digits."""
    return hashlib.sha256(text.encode()).hexdigest()
