"""Encrypting backups, in the format of age (https://age-encryption.org/v1): only who has the key can read them."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyrage

SUFFIX = ".age"
_FIRST_BYTES = b"age-encryption.org/"
# A file with keys has a few lines.
_MAX_IDENTITY = 100_000  # bytes


class EncryptionError(Exception):
    """A key is not one, or does not open the file. The message is shown to the person who runs the command."""


def encrypt(source: Path, target: Path, recipients: Sequence[str]) -> None:
    """Encrypt a file to public keys: `age1…`, or SSH keys. Raises `EncryptionError` or `OSError`.

    `target` must exist: its permissions stay.
    """
    keys = [_parse_recipient(text.strip()) for text in recipients]
    try:
        pyrage.encrypt_file(str(source), str(target), keys)
    except pyrage.EncryptError as error:
        raise EncryptionError(f"The backup could not be encrypted: {error}.") from error


def is_encrypted(file: Path) -> bool:
    """Raises `OSError`."""
    with file.open("rb") as opened:
        return opened.read(len(_FIRST_BYTES)) == _FIRST_BYTES


def decrypt(file: Path, target: Path, identity: Path | None) -> Path:
    """Decrypt a file with the keys in the file `identity`, to a new file that only its owner can read; return `target`.

    Raises `EncryptionError` or `OSError`.
    """
    if identity is None:
        raise EncryptionError("This backup is encrypted. Name the file with the key: --identity FILE.")
    keys = _read_identities(identity)
    target.touch(mode=0o600, exist_ok=False)
    try:
        pyrage.decrypt_file(str(file), str(target), keys)
    except (pyrage.DecryptError, OSError) as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise
        raise EncryptionError(
            f"The key in {identity} does not open {file}, or the file is damaged: {error}."
        ) from error
    return target


def _parse_recipient(text: str) -> Any:
    parse = pyrage.ssh.Recipient.from_str if text.startswith("ssh-") else pyrage.x25519.Recipient.from_str
    try:
        return parse(text)
    except (pyrage.RecipientError, ValueError) as error:
        raise EncryptionError(
            f"“{text[:20]}…” is no public key. It begins with age1, as `age-keygen` prints it, or with ssh-ed25519."
        ) from error


def _read_identities(file: Path) -> list[Any]:
    with file.open("rb") as opened:
        content = opened.read(_MAX_IDENTITY)
    try:
        if content.startswith(b"-----BEGIN"):
            return [pyrage.ssh.Identity.from_buffer(content)]
        lines = [line.strip() for line in content.decode().splitlines()]
        keys = [pyrage.x25519.Identity.from_str(line) for line in lines if line and not line.startswith("#")]
    except (pyrage.IdentityError, ValueError) as error:
        raise EncryptionError(f"{file} is no file with a key, as `age-keygen` writes it.") from error
    if not keys:
        raise EncryptionError(f"There is no key in {file}.")
    return keys
