"""Backups: the whole site in one file, made while it runs, and put back all or nothing.

The file is a ZIP archive with the database, the uploads and `manifest.json`, which names each of them with its
SHA-256. The archive's comment, the last 64 bytes of the file, is the SHA-256 of all bytes before it: one
changed or missing byte, anywhere, and the file is refused. It holds personal data (feedback, staff's accounts)
and not the secret key: whoever finds a backup can sign nothing in the site's name.

The uploads are pictures that are named by their own digest. So they are added before the database changes, and
the database changes in one transaction: at whatever moment a restore is killed, the site is whole, as it was
before or as it is afterwards.
"""

import contextlib
import datetime as dt
import fcntl
import hashlib
import json
import os
import shutil
import sqlite3
import tempfile
import zipfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path, PurePosixPath
from typing import IO, Any

from django.apps import apps
from django.conf import settings
from django.contrib.auth.models import Group, Permission
from django.contrib.contenttypes.models import ContentType
from django.db import connection, connections
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder

from . import postgresql

FORMAT = 1
_MANIFEST = "manifest.json"
_MEDIA = "media/"
_DATABASES = {"sqlite": "database.sqlite3", "postgresql": "database.pgdump"}
_KINDS = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}
_SEAL_LENGTH = 64  # hexadecimal digits of a SHA-256
_CHUNK = 1024 * 1024
# What the names begin with of folders with copies under way, and of sites that were replaced.
_WORK, _REPLACED = ".backup-", "replaced-"
# What `migrate` fills by itself is in an empty site too.
_MADE_BY_MIGRATE = {ContentType, Group, Permission}


class BackupError(Exception):
    """Why a backup was not made or not restored, in words for whoever asked. Nothing was changed."""


@dataclass(frozen=True)
class Made:
    """A backup that was made: when (UTC, ISO 8601), which file, how many bytes."""

    at: str
    file: str
    bytes: int


# --- Making one ---


def make(file: Path) -> Made:
    """Write a backup of the whole site to a file, which only its owner can read.

    The file appears, or replaces an older one of its name, when it is complete and on the disk. When that was
    is kept in `DATA_DIR`, for `last_made`. Raises `BackupError` or `OSError`.
    """
    if not connection.introspection.table_names():
        raise BackupError("There is no site in this database. Check DATA_DIR and DATABASE_URL.")
    with _work_folder() as folder:
        made = _make(file, folder)
    _remember(made)
    return made


def _make(file: Path, folder: Path) -> Made:
    part = file.with_name(file.name + ".part")
    # First the database: whatever picture it names was in its folder before.
    database = _dump(folder)
    with contextlib.ExitStack() as cleaning, _private(part) as target:
        cleaning.callback(part.unlink, missing_ok=True)
        _write_archive(target, database)
        size = _seal(target)
        os.fsync(target.fileno())
        part.replace(file)
    _sync_folder(file.parent)
    return Made(dt.datetime.now(dt.UTC).isoformat(timespec="seconds"), str(file.absolute()), size)


def last_made() -> Made | None:
    """The last backup that was made with this `DATA_DIR`, or nothing where none was or nobody knows any more."""
    try:
        return Made(**json.loads(_memory().read_text(encoding="utf-8")))
    except (FileNotFoundError, ValueError, TypeError):
        return None


def kept_for_going_back() -> list[Path]:
    """The sites that `restore` has replaced, the oldest first. They hold personal data."""
    return sorted(settings.DATA_DIR.glob(f"{_REPLACED}*.zip"))


def _memory() -> Path:
    return settings.DATA_DIR / "last_backup.json"


def _remember(made: Made) -> None:
    with tempfile.NamedTemporaryFile("w", dir=settings.DATA_DIR, encoding="utf-8", delete=False) as note:
        json.dump(asdict(made), note)
    Path(note.name).replace(_memory())


@contextlib.contextmanager
def _work_folder() -> Iterator[Path]:
    """A new folder of ours for copies of the database. What backups that were killed left behind goes first."""
    settings.DATA_DIR.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (settings.DATA_DIR / "backup.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise BackupError("Another backup or restore is running. Try again when it has ended.") from None
        for leftover in settings.DATA_DIR.glob(f"{_WORK}*"):
            shutil.rmtree(leftover)
        with tempfile.TemporaryDirectory(prefix=_WORK, dir=settings.DATA_DIR) as folder:
            yield Path(folder)


def _private(path: Path) -> IO[bytes]:
    """Open a new file to write and read, which nobody but its owner can read."""
    path.unlink(missing_ok=True)
    return os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600), "w+b")


def _dump(folder: Path) -> Path:
    """A consistent copy of the database, as it is at one moment. The site goes on reading and writing."""
    copy = folder / _DATABASES[connection.vendor]
    if connection.vendor == "postgresql":
        with _program_errors():
            postgresql.dump(copy)
        return copy
    connection.ensure_connection()
    with contextlib.closing(sqlite3.connect(copy)) as target:
        connection.connection.backup(target)
        # One file, without the two that a running site has beside it.
        target.execute("PRAGMA journal_mode = DELETE")
    return copy


@contextlib.contextmanager
def _program_errors() -> Iterator[None]:
    try:
        yield
    except postgresql.ProgramError as error:
        raise BackupError(str(error)) from error


def _write_archive(target: IO[bytes], database: Path) -> None:
    media = Path(settings.MEDIA_ROOT)
    uploads = {
        _MEDIA + path.relative_to(media).as_posix(): path
        for path in sorted(media.rglob("*"))
        if path.is_file() and path.suffix != ".part"
    }
    with zipfile.ZipFile(target, "w") as archive:
        archive.comment = b"0" * _SEAL_LENGTH
        digests = {database.name: _add(archive, database.name, database, zipfile.ZIP_DEFLATED)}
        for name, path in uploads.items():
            digests[name] = _add(archive, name, path, zipfile.ZIP_STORED)  # pictures are compressed already
        archive.writestr(_MANIFEST, json.dumps(_manifest(digests), indent=1))


def _manifest(digests: dict[str, str]) -> dict[str, Any]:
    return {
        "format": FORMAT,
        "made_at": dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
        "database": connection.vendor,
        "database_version": ".".join(map(str, connection.get_database_version())),
        "migrations": sorted(map("/".join, MigrationRecorder(connection).applied_migrations())),
        "files": digests,
    }


def _add(archive: zipfile.ZipFile, name: str, path: Path, compression: int) -> str:
    """Put a file into the archive; return its SHA-256."""
    entry = zipfile.ZipInfo.from_file(path, name, strict_timestamps=False)
    entry.compress_type = compression
    digest = hashlib.sha256()
    with path.open("rb") as source, archive.open(entry, "w") as target:
        while chunk := source.read(_CHUNK):
            digest.update(chunk)
            target.write(chunk)
    return digest.hexdigest()


def _seal(file: IO[bytes]) -> int:
    """Write the digest of all that is before it into the last bytes; return the size of the file."""
    size = file.seek(0, os.SEEK_END)
    digest = _digest_of_start(file, size - _SEAL_LENGTH)
    file.seek(size - _SEAL_LENGTH)
    file.write(digest.encode("ascii"))
    file.flush()
    return size


def _digest_of_start(file: IO[bytes], length: int) -> str:
    digest = hashlib.sha256()
    file.seek(0)
    while length > 0 and (chunk := file.read(min(_CHUNK, length))):
        digest.update(chunk)
        length -= len(chunk)
    return digest.hexdigest()


def _sync_folder(folder: Path) -> None:
    """Make sure that a file which was renamed has its new name after a power cut too."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


# --- Putting it back ---


@dataclass(frozen=True)
class Restored:
    """What a restore did: when the backup was made, how many uploads it had, where the old site is kept."""

    made_at: str
    uploads: int
    replaced: Made | None


def restore(file: Path, *, replace: bool = False) -> Restored:
    """Put the site of a backup in the place of this one, which must be empty unless `replace` is set.

    Everything is read and verified before anything is touched. With `replace`, a backup of what is here is
    made first and kept in `DATA_DIR`. All or nothing; the site may run meanwhile. Afterwards run `migrate`:
    the backup may be from an older version. Raises `BackupError` or `OSError`.
    """
    with file.open("rb") as source:
        _check_seal(source, file)
        with zipfile.ZipFile(source) as archive:
            manifest = json.loads(archive.read(_MANIFEST))
            _check_that_it_fits(manifest)
            is_empty = _is_empty()
            if not is_empty and not replace:
                raise BackupError(
                    "This site is not empty. With --replace it is kept in a backup of its own, and then replaced."
                )
            with _work_folder() as folder:
                files = _unpack(archive, manifest["files"], folder)
                database = files.pop(_DATABASES[connection.vendor])
                if connection.vendor == "sqlite":
                    _check_sqlite(database)
                replaced = None if is_empty else _make(_name_for_replaced(), folder)
                for name, path in files.items():
                    _put_upload(path, Path(settings.MEDIA_ROOT) / PurePosixPath(name).relative_to(_MEDIA))
                _put_database(database)
    return Restored(manifest["made_at"], len(files), replaced)


def _check_seal(source: IO[bytes], file: Path) -> None:
    size = source.seek(0, os.SEEK_END)
    source.seek(max(0, size - _SEAL_LENGTH))
    seal = source.read()
    if _digest_of_start(source, size - _SEAL_LENGTH).encode("ascii") != seal:
        raise BackupError(f"{file} is not a whole backup: it was changed, cut short, or is something else.")


def _check_that_it_fits(manifest: dict[str, Any]) -> None:
    kind = manifest["database"]
    if manifest["format"] != FORMAT:
        raise BackupError("This backup was made by a newer version of the site. Upgrade this one first.")
    if kind != connection.vendor:
        raise BackupError(
            f"This backup is of a site on {_KINDS[kind]}, and this one is on {_KINDS[connection.vendor]}. "
            "Set DATABASE_URL so that both are of one kind."
        )
    known = set(map("/".join, MigrationLoader(None).disk_migrations))
    unknown = [name for name in manifest["migrations"] if name not in known]
    if unknown:
        raise BackupError(
            f"This backup was made by a newer version of the site, which has {unknown[-1]}. "
            "Upgrade this one first."
        )


def _is_empty() -> bool:
    """Whether nobody has put anything into this site: no tables yet, or only what `migrate` writes."""
    tables = set(connection.introspection.table_names())
    return not any(
        model._meta.db_table in tables and model._default_manager.exists()
        for model in apps.get_models()
        if model not in _MADE_BY_MIGRATE
    )


def _name_for_replaced() -> Path:
    now = dt.datetime.now(dt.UTC)
    return settings.DATA_DIR / f"{_REPLACED}{now:%Y-%m-%d-%H%M%S}.zip"


def _unpack(archive: zipfile.ZipFile, digests: dict[str, str], folder: Path) -> dict[str, Path]:
    """Take every file out of the archive, and compare each with its digest."""
    files = {}
    for number, (name, digest) in enumerate(digests.items()):
        # Under names of ours: whatever a name in an archive says, nothing is written elsewhere.
        files[name] = folder / str(number)
        with archive.open(name) as source, _private(files[name]) as target:
            shutil.copyfileobj(source, target, _CHUNK)
            size = target.tell()
            if _digest_of_start(target, size) != digest or ".." in PurePosixPath(name).parts:
                raise BackupError(f"{name} in this backup is not what was saved.")
    return files


def _check_sqlite(database: Path) -> None:
    with contextlib.closing(sqlite3.connect(database)) as copy:
        if copy.execute("PRAGMA integrity_check").fetchall() != [("ok",)]:
            raise BackupError("The database in this backup is damaged.")


def _put_upload(path: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    # Whole or not at all, for readers who ask for it meanwhile.
    part = target.with_name(target.name + ".part")
    shutil.copyfile(path, part)
    with part.open("rb") as written:
        os.fsync(written.fileno())
    part.replace(target)


def _put_database(database: Path) -> None:
    """Replace all that is in the database, in one transaction."""
    if connection.vendor == "postgresql":
        with _program_errors():
            # All of them: a newer version of the site may have made tables that this one does not know.
            postgresql.replace(database, connection.introspection.table_names())
    else:
        connection.ensure_connection()
        with contextlib.closing(sqlite3.connect(database)) as source:
            source.backup(connection.connection)
    connections.close_all()
