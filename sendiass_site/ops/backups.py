"""Backups: the whole site in one file, made while it runs, and restored atomically.

The file is a ZIP archive with the database, the uploads and `manifest.json`, which lists them with their SHA-256. The
archive's comment, the last 64 bytes of the file, is the SHA-256 of all bytes before it, so that any changed or missing
byte is detected. It includes personal data (feedback, staff accounts) and not the secret key: with a backup alone no
session or link can be forged. The whole file can be encrypted.

Uploads are pictures and files, named by their digest. A restore adds them before it replaces the database in one
transaction. So it can be killed at any time: the site is complete, either the old or the new one.
"""

import contextlib
import datetime as dt
import errno
import fcntl
import hashlib
import json
import os
import re
import shutil
import sqlite3
import stat
import tempfile
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path, PurePosixPath
from typing import IO, Any, TypeVar

from django.apps import apps
from django.conf import settings
from django.contrib.auth.models import Group, Permission
from django.contrib.contenttypes.models import ContentType
from django.db import connection, connections
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder

from . import encryption, postgresql

FORMAT = 1
_Record = TypeVar("_Record")
_MANIFEST = "manifest.json"
_MEDIA = "media/"
_DATABASES = {"sqlite": "database.sqlite3", "postgresql": "database.pgdump"}
_VENDOR_NAMES = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}
_CHECKSUM_LENGTH = 64  # hexadecimal digits of a SHA-256
_CHUNK = 1024 * 1024
_MAX_MANIFEST = 50 * 1024 * 1024  # bytes; 100,000 uploads need 15 MB
# A file may be as large as this (bytes), or as many times larger than it is compressed. A database is 3 to 20 times larger.
_MAX_UNPACKED, _MAX_RATIO = 100 * 1024 * 1024, 100
# Prefixes of the names of temporary folders, and of backups of replaced sites.
_TEMPORARY_PREFIX, _REPLACED_PREFIX = ".backup-", "replaced-"
_BACKUP_RECORD = "last_backup.json"
# The names of the backups that `make_backup_in` writes and deletes. In the order of their names they are in that of their times.
_KEPT_NAME = "sendiass-%Y-%m-%d-%H%M%S.zip"
_KEPT_PATTERN = re.compile(r"sendiass-\d{4}-\d\d-\d\d-\d{6}\.zip(\.age)?")
# `migrate` creates rows of these models, so an empty site has them too.
CREATED_BY_MIGRATE = {ContentType, Group, Permission}


class BackupError(Exception):
    """A backup was not made or not restored, and nothing was changed. The message is shown to the user."""


@dataclass(frozen=True)
class Backup:
    """A backup that was made: time (UTC, ISO 8601), file and size. The fields are the keys of last_backup.json."""

    at: str
    file: str
    bytes: int


# --- Backup ---


def make_backup(file: Path, recipients: Sequence[str] = ()) -> Backup:
    """Write a backup of the whole site to a file that only its owner can read, encrypted where there are `recipients`.

    The file is created, or replaced, when it is complete and synced to the disk. It is recorded in `DATA_DIR` for
    `get_last_backup`. Raises `BackupError` or `OSError`.
    """
    if not connection.introspection.table_names():
        raise BackupError("There is no site in this database. Check DATA_DIR and DATABASE_URL.")
    if file.is_dir():
        raise BackupError(f"{file} is a folder. Name a file in it, or use --keep.")
    if not file.parent.is_dir():
        raise BackupError(f"There is no folder {file.parent}.")
    with locked_temporary_folder() as folder:
        backup = _write_backup(file, folder, recipients)
    write_record(_BACKUP_RECORD, backup)
    return backup


def make_backup_in(folder: Path, keep: int, recipients: Sequence[str] = ()) -> tuple[Backup, list[Path]]:
    """Write a backup to a new file in a folder, and delete all but the `keep` newest that were written so.

    Nothing is deleted where the backup fails. Returns the backup and what was deleted. Raises `BackupError` or `OSError`.
    """
    if not folder.is_dir():
        # Not created: the disk of backups may just not be mounted.
        raise BackupError(f"There is no folder {folder}.")
    name = dt.datetime.now(dt.UTC).strftime(_KEPT_NAME) + (encryption.SUFFIX if recipients else "")
    backup = make_backup(folder / name, recipients)
    written = sorted(path for path in folder.iterdir() if _KEPT_PATTERN.fullmatch(path.name))
    for path in written[:-keep]:
        path.unlink()
    return backup, written[:-keep]


def _write_backup(file: Path, folder: Path, recipients: Sequence[str] = ()) -> Backup:
    part = file.with_name(file.name + ".part")
    # The database first: pictures are stored before a row refers to them.
    database = _dump_database(folder)
    with contextlib.ExitStack() as cleanup:
        cleanup.callback(part.unlink, missing_ok=True)
        # What is not encrypted stays in `DATA_DIR`.
        plain = folder / "backup.zip" if recipients else part
        with _open_private(plain) as target:
            _write_archive(target, database)
            _write_checksum(target)
            os.fsync(target.fileno())
        if recipients:
            _open_private(part).close()
            with _convert_encryption_errors():
                encryption.encrypt(plain, part, recipients)
        size = part.stat().st_size
        part.replace(file)
    _sync_folder(file.parent)
    return Backup(dt.datetime.now(dt.UTC).isoformat(timespec="seconds"), str(file.absolute()), size)


def describe_error(error: OSError) -> str:
    """Return what went wrong in a sentence: a full disk, a file of another user, or one that is not there."""
    name = os.fsdecode(error.filename) if isinstance(error.filename, str | bytes) else ""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return f"The disk of {name or settings.DATA_DIR} is full."
    if error.errno in (errno.EACCES, errno.EPERM) and name:
        owned = next(
            (path for path in (Path(name), *Path(name).parents) if os.access(path, os.F_OK)), Path("/")
        )
        return (
            f"{name} cannot be read or written: {owned} belongs to user {owned.stat().st_uid}, and this command runs as "
            f"user {os.geteuid()}."
        )
    if error.errno in (errno.ENOENT, errno.ENOTDIR) and name:
        return f"There is no file {name}."
    if error.errno == errno.EISDIR and name:
        return f"{name} is a folder."
    return str(error)


def get_last_backup() -> Backup | None:
    """Return the last backup made with this `DATA_DIR`; None if there is no valid record of one."""
    return read_record(_BACKUP_RECORD, Backup)


def list_replaced_sites() -> list[Path]:
    """Return the backups of sites that `restore` has replaced, oldest first. They include personal data."""
    return sorted(settings.DATA_DIR.glob(f"{_REPLACED_PREFIX}*.zip"))


def write_record(name: str, record: Any) -> None:
    """Write a dataclass to a file of this name in `DATA_DIR`."""
    with tempfile.NamedTemporaryFile("w", dir=settings.DATA_DIR, encoding="utf-8", delete=False) as file:
        json.dump(asdict(record), file)
    Path(file.name).replace(settings.DATA_DIR / name)


def read_record(name: str, kind: type[_Record]) -> _Record | None:
    """Read what `write_record` wrote; None if there is no valid record."""
    try:
        return kind(**json.loads((settings.DATA_DIR / name).read_text(encoding="utf-8")))
    except (FileNotFoundError, ValueError, TypeError):
        return None


@contextlib.contextmanager
def locked_temporary_folder() -> Iterator[Path]:
    """Yield an empty folder in `DATA_DIR`, and delete those of backups that were killed.

    Raises `BackupError` if another backup or restore is running.
    """
    settings.DATA_DIR.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (settings.DATA_DIR / "backup.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise BackupError("Another backup or restore is running. Try again when it has ended.") from None
        for leftover in settings.DATA_DIR.glob(f"{_TEMPORARY_PREFIX}*"):
            shutil.rmtree(leftover)
        with tempfile.TemporaryDirectory(prefix=_TEMPORARY_PREFIX, dir=settings.DATA_DIR) as folder:
            yield Path(folder)


def _open_private(path: Path) -> IO[bytes]:
    """Open a new file, readable by its owner only, for writing and reading."""
    path.unlink(missing_ok=True)
    return os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600), "w+b")


def _dump_database(folder: Path) -> Path:
    """Write a consistent copy of the database to the folder, without blocking the site."""
    copy = folder / _DATABASES[connection.vendor]
    if connection.vendor == "postgresql":
        with _convert_program_errors():
            postgresql.dump(copy)
        return copy
    connection.ensure_connection()
    try:
        with contextlib.closing(sqlite3.connect(copy)) as target:
            connection.connection.backup(target)
            # No -wal and -shm files beside it.
            target.execute("PRAGMA journal_mode = DELETE")
    except sqlite3.Error as error:
        raise BackupError(f"The database could not be copied to {settings.DATA_DIR}: {error}.") from error
    return copy


@contextlib.contextmanager
def _convert_program_errors() -> Iterator[None]:
    try:
        yield
    except postgresql.ProgramError as error:
        raise BackupError(str(error)) from error


@contextlib.contextmanager
def _convert_encryption_errors() -> Iterator[None]:
    try:
        yield
    except encryption.EncryptionError as error:
        raise BackupError(str(error)) from error


def _write_archive(target: IO[bytes], database: Path) -> None:
    media = Path(settings.MEDIA_ROOT)
    uploads = {
        _MEDIA + path.relative_to(media).as_posix(): path
        for path in sorted(media.rglob("*"))
        if path.is_file() and path.suffix != ".part"
    }
    for name in uploads:
        if not _is_utf8(name):
            shown = os.fsencode(name).decode("utf-8", errors="backslashreplace")
            raise BackupError(
                f"The name of the file {shown} in {settings.DATA_DIR} is not UTF-8, so no archive can have it. "
                "Rename it, or take it out: the site names its uploads itself."
            )
    with zipfile.ZipFile(target, "w") as archive:
        archive.comment = b"0" * _CHECKSUM_LENGTH
        digests = {database.name: _add(archive, database.name, database, zipfile.ZIP_DEFLATED)}
        for name, path in uploads.items():
            digests[name] = _add(archive, name, path, zipfile.ZIP_STORED)  # pictures are already compressed
        archive.writestr(_MANIFEST, json.dumps(_manifest(digests), indent=1))


def _is_utf8(name: str) -> bool:
    """Return whether a file's name can be written as UTF-8. Python reads other bytes as surrogates."""
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True


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
    """Add a file to the archive; return its SHA-256."""
    entry = zipfile.ZipInfo.from_file(path, name, strict_timestamps=False)
    entry.compress_type = compression
    digest = hashlib.sha256()
    with path.open("rb") as source, archive.open(entry, "w") as target:
        while chunk := source.read(_CHUNK):
            digest.update(chunk)
            target.write(chunk)
    return digest.hexdigest()


def _write_checksum(file: IO[bytes]) -> None:
    """Write the SHA-256 of all bytes before the comment into the comment."""
    size = file.seek(0, os.SEEK_END)
    digest = _hash_start(file, size - _CHECKSUM_LENGTH)
    file.seek(size - _CHECKSUM_LENGTH)
    file.write(digest.encode("ascii"))
    file.flush()


def _hash_start(file: IO[bytes], length: int) -> str:
    digest = hashlib.sha256()
    file.seek(0)
    while length > 0 and (chunk := file.read(min(_CHUNK, length))):
        digest.update(chunk)
        length -= len(chunk)
    return digest.hexdigest()


def _sync_folder(folder: Path) -> None:
    """Make the rename of a file in this folder survive a power cut."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


# --- Restore ---


@dataclass(frozen=True)
class RestoreResult:
    """What was restored: the time of the backup, the number of its uploads, and the backup of the replaced site."""

    made_at: str
    uploads: int
    replaced: Backup | None


@dataclass(frozen=True)
class UnpackedBackup:
    """The verified content of a backup: its time (UTC, ISO 8601), its database, and its uploads by their names."""

    made_at: str
    database: Path
    uploads: dict[str, Path]
    folder: Path


@contextlib.contextmanager
def unpacked(file: Path, identity: Path | None = None) -> Iterator[UnpackedBackup]:
    """Verify a backup and unpack it into a temporary folder of `DATA_DIR`. `identity` is the file with the key.

    Raises `BackupError` or `OSError`.
    """
    with locked_temporary_folder() as folder:
        if encryption.is_encrypted(file):
            with _convert_encryption_errors():
                plain = encryption.decrypt(file, folder / "backup.zip", identity)
        else:
            plain = file
        with plain.open("rb") as source:
            _verify_checksum(source, file)
            with _convert_archive_errors(file):
                archive = zipfile.ZipFile(source)
                manifest = _read_manifest(archive)
                _check_compatible(manifest)
                _check_entries(archive, manifest["files"])
                files = _unpack(archive, manifest["files"], folder)
        database = files.pop(_DATABASES[connection.vendor])
        if connection.vendor == "sqlite":
            _check_sqlite(database)
        yield UnpackedBackup(manifest["made_at"], database, files, folder)


def restore(file: Path, *, replace: bool = False, identity: Path | None = None) -> RestoreResult:
    """Replace this site, which must be empty unless `replace` is set, with that of a backup.

    The backup is verified before anything is changed. With `replace`, this site is backed up to `DATA_DIR` first.
    Atomic; the site may run meanwhile. Run `migrate` afterwards: the backup may be of an older version. `identity` is the
    file with the key of an encrypted backup. Raises `BackupError` or `OSError`.
    """
    with unpacked(file, identity) as backup:
        is_empty = _is_empty()
        if not is_empty and not replace:
            raise BackupError(
                "This site is not empty. With --replace it is kept in a backup of its own, and then replaced."
            )
        replaced = None if is_empty else _write_backup(_replaced_site_file(), backup.folder)
        for name, path in backup.uploads.items():
            _restore_upload(path, Path(settings.MEDIA_ROOT) / PurePosixPath(name).relative_to(_MEDIA))
        _restore_database(backup.database)
    return RestoreResult(backup.made_at, len(backup.uploads), replaced)


def _verify_checksum(source: IO[bytes], file: Path) -> None:
    size = source.seek(0, os.SEEK_END)
    source.seek(max(0, size - _CHECKSUM_LENGTH))
    checksum = source.read()
    if _hash_start(source, size - _CHECKSUM_LENGTH).encode("ascii") != checksum:
        raise BackupError(f"{file} is not a whole backup: it was changed, cut short, or is something else.")


@contextlib.contextmanager
def _convert_archive_errors(file: Path) -> Iterator[None]:
    """Convert what zipfile raises about an archive, a missing entry or an unknown compression to `BackupError`."""
    try:
        yield
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, KeyError) as error:
        raise BackupError(f"{file} is not a backup of this site, or it is damaged.") from error


def _read_manifest(archive: zipfile.ZipFile) -> dict[str, Any]:
    """Return the manifest, with values of the right types. The checksum does not tell who made the file."""
    if archive.getinfo(_MANIFEST).file_size > _MAX_MANIFEST:
        raise BackupError("The list of files in this backup is too long.")
    try:
        manifest = json.loads(archive.read(_MANIFEST))
    except (ValueError, RecursionError):
        manifest = None
    if not isinstance(manifest, dict) or not (
        isinstance(manifest.get("format"), int)
        and isinstance(manifest.get("made_at"), str)
        and manifest.get("database") in list(_VENDOR_NAMES)
        and isinstance(manifest.get("migrations"), list)
        and all(isinstance(name, str) for name in manifest["migrations"])
        and isinstance(manifest.get("files"), dict)
        and all(isinstance(digest, str) for digest in manifest["files"].values())
    ):
        raise BackupError("The list of files in this backup cannot be read.")
    return manifest


def _check_entries(archive: zipfile.ZipFile, digests: dict[str, str]) -> None:
    """Check names, kinds and sizes of the files, before any of them is unpacked."""
    database = _DATABASES[connection.vendor]
    if database not in digests:
        raise BackupError("There is no database in this backup.")
    if sorted(archive.namelist()) != sorted([*digests, _MANIFEST]):
        raise BackupError("The files in this backup are not those in its list.")
    for name in digests:
        entry, path = archive.getinfo(name), PurePosixPath(name)
        is_upload = path.as_posix() == name and path.is_relative_to(_MEDIA) and ".." not in path.parts
        if name != database and not (is_upload and path != PurePosixPath(_MEDIA)):
            raise BackupError(f"{name} in this backup is neither the database nor an upload.")
        if stat.S_ISLNK(entry.external_attr >> 16) or entry.is_dir():
            raise BackupError(f"{name} in this backup is not a file.")
        # zipfile never unpacks more than `file_size`.
        if entry.file_size > max(_MAX_UNPACKED, entry.compress_size * _MAX_RATIO):
            raise BackupError(f"{name} in this backup would be too large.")
    # Unpacked, and then copied to its place.
    needed = 2 * sum(archive.getinfo(name).file_size for name in digests)
    settings.DATA_DIR.mkdir(mode=0o700, parents=True, exist_ok=True)
    if needed > shutil.disk_usage(settings.DATA_DIR).free:
        raise BackupError(
            f"To restore this backup, {needed:,} bytes are needed on the disk of {settings.DATA_DIR}."
        )


def _check_compatible(manifest: dict[str, Any]) -> None:
    vendor = manifest["database"]
    if manifest["format"] != FORMAT:
        raise BackupError("This backup was made by a newer version of the site. Upgrade this one first.")
    if vendor != connection.vendor:
        raise BackupError(
            f"This backup is of a site on {_VENDOR_NAMES[vendor]}, and this one is on {_VENDOR_NAMES[connection.vendor]}. "
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
    """Whether the database has no tables, or only rows that `migrate` creates."""
    tables = set(connection.introspection.table_names())
    return not any(
        model._meta.db_table in tables and model._default_manager.exists()
        for model in apps.get_models()
        if model not in CREATED_BY_MIGRATE
    )


def _replaced_site_file() -> Path:
    now = dt.datetime.now(dt.UTC)
    return settings.DATA_DIR / f"{_REPLACED_PREFIX}{now:%Y-%m-%d-%H%M%S}.zip"


def _unpack(archive: zipfile.ZipFile, digests: dict[str, str], folder: Path) -> dict[str, Path]:
    """Extract every file into the folder and verify its digest; return their paths by name."""
    files = {}
    for number, (name, digest) in enumerate(digests.items()):
        # Numbered, so that no name in the archive can lead outside the folder.
        files[name] = folder / str(number)
        with archive.open(name) as source, _open_private(files[name]) as target:
            shutil.copyfileobj(source, target, _CHUNK)
            size = target.tell()
            if _hash_start(target, size) != digest or ".." in PurePosixPath(name).parts:
                raise BackupError(f"{name} in this backup is not what was saved.")
    return files


def _check_sqlite(database: Path) -> None:
    with contextlib.closing(sqlite3.connect(database)) as copy:
        try:
            is_intact = copy.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        except sqlite3.DatabaseError:
            is_intact = False
        if not is_intact:
            raise BackupError("The database in this backup is damaged.")
        try:
            is_ours = copy.execute("SELECT 1 FROM django_migrations WHERE app = 'leaflets'").fetchone()
            copy.execute("SELECT 1 FROM leaflets_leaflet")
        except sqlite3.DatabaseError:
            is_ours = None
        if not is_ours:
            raise BackupError("The database in this backup is not a database of this site.")


def _restore_upload(path: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    # Atomic: the site may serve it meanwhile.
    part = target.with_name(target.name + ".part")
    shutil.copyfile(path, part)
    with part.open("rb") as written:
        os.fsync(written.fileno())
    part.replace(target)


def _restore_database(database: Path) -> None:
    """Replace the content of the database in one transaction."""
    if connection.vendor == "postgresql":
        with _convert_program_errors():
            # All tables: a newer version of the site may have created some that this one does not know.
            postgresql.replace(database, connection.introspection.table_names())
    else:
        connection.ensure_connection()
        with contextlib.closing(sqlite3.connect(database)) as source:
            source.backup(connection.connection)
    connections.close_all()
