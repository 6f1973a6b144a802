"""Backup and restore with the management commands and real files, on SQLite and on PostgreSQL."""

import contextlib
import fcntl
import hashlib
import json
import os
import sqlite3
import stat
import subprocess
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder
from django.test import Client

from leaflets.feedback.models import Feedback
from sendiass_site.ops import backups
from tests.environment import old_pg_dump
from tests.factories import create_feedback, run_manage, start_manage
from tests.ops.sites import VENDORS, Site
from tests.running_site import TIMEOUT, get, running_site, without_host

LEAFLET = "/leaflets/sen-in-mainstream-schools/"
# For tests that do not depend on the database.
SQLITE_ONLY = pytest.mark.parametrize("vendor", ["sqlite"])
pytestmark = pytest.mark.server


@pytest.fixture(params=VENDORS)
def vendor(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture
def site(used_site, vendor: str) -> Site:
    """A site with content and feedback."""
    return used_site(vendor, "site")


@pytest.fixture
def other(used_site, vendor: str) -> Site:
    """Another site with content and feedback."""
    other = used_site(vendor, "other")
    with other.selected():
        Feedback.objects.update(comments="Mine.")
    return other


@pytest.fixture
def empty(new_site, vendor: str) -> Site:
    """A site without tables."""
    return new_site(vendor, "empty")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "backup.zip"


# Backup and restore


def test_a_restored_site_has_every_row_picture_and_page(site, empty, file):
    with running_site(site.data_dir, **site.environment) as base:
        site.manage("backup", file)
        page = without_host(get(base + LEAFLET)[2], base)

    empty.manage("restore", file)

    assert empty.rows() == site.rows()
    assert empty.uploads() == site.uploads() != {}
    with running_site(empty.data_dir, **empty.environment) as base:
        status, _, restored = get(base + LEAFLET)
    assert (status, without_host(restored, base)) == (200, page)


WRITE_PAIRS = """
from django.db import transaction
from tests.factories import create_feedback
print("ready", flush=True)
for number in range(1_000_000):
    with transaction.atomic():
        create_feedback(f"{number} first")
        create_feedback(f"{number} second")
"""


def test_a_backup_during_writes_is_consistent(site, empty, file):
    writer = site.start(WRITE_PAIRS)
    try:
        writer.stdout.readline()
        # In a process of its own: the writer writes meanwhile.
        status, _, errors = run_manage("backup", file, **site.environment)
        assert (status, errors, writer.poll()) == (0, "", None)
    finally:
        writer.kill()
        writer.communicate()

    empty.manage("restore", file)

    pairs = [comments.split()[0] for comments in empty.comments() if comments[0].isdigit()]
    assert pairs != []
    assert all(pairs.count(number) == 2 for number in pairs)
    assert len(pairs) < len(site.comments()) - 2  # Writing was not blocked.


# The file


@SQLITE_ONLY
def test_a_backup_is_readable_by_its_owner_only(site, file):
    site.manage("backup", file)

    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_a_backup_contains_the_database_and_the_uploads_only(site, vendor, file):
    (site.data_dir / "pdf").mkdir()
    (site.data_dir / "pdf" / "cached.pdf").touch()

    site.manage("backup", file)

    database = {"sqlite": "database.sqlite3", "postgresql": "database.pgdump"}[vendor]
    uploads = {f"media/{name}" for name in site.uploads()}
    with zipfile.ZipFile(file) as archive:
        assert set(archive.namelist()) == {"manifest.json", database} | uploads
        assert set(json.loads(archive.read("manifest.json"))["files"]) == {database} | uploads
        assert archive.testzip() is None


@SQLITE_ONLY
def test_the_secret_key_is_not_in_a_backup(site, file):
    site.manage("backup", file)

    key = (site.data_dir / "secret_key").read_bytes().strip()
    with zipfile.ZipFile(file) as archive:
        assert not any(key in archive.read(name) for name in archive.namelist())


@SQLITE_ONLY
def test_a_backup_replaces_an_older_one_and_leaves_no_other_files(site, file):
    file.write_text("An older backup.")

    output = site.manage("backup", file)

    assert output == f"{file}: {file.stat().st_size:,} bytes.\n"
    assert zipfile.is_zipfile(file)
    assert sorted(path.name for path in file.parent.iterdir()) == ["backup.zip", "site"]
    assert list(site.data_dir.glob(".backup-*")) == []


@SQLITE_ONLY
def test_the_last_backup_is_recorded(site, file, settings):
    settings.DATA_DIR = site.data_dir
    assert backups.get_last_backup() is None

    site.manage("backup", file)

    backup = backups.get_last_backup()
    assert (backup.file, backup.bytes) == (str(file), file.stat().st_size)
    assert backup.at.endswith("+00:00")


def kill_when(process: subprocess.Popen[str], condition: Callable[[], bool], *, later: float = 0) -> None:
    """Kill a command, as a power cut does, `later` seconds after a condition holds, unless it has ended by then."""
    deadline = time.monotonic() + TIMEOUT
    while not condition() and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.001)
    assert process.poll() is None, process.communicate()
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(later)
    process.kill()
    process.communicate()


def temporary_files(site: Site) -> list[Path]:
    """Return the temporary files of a running backup or restore."""
    return list(site.data_dir.glob(".backup-*/*"))


def add_large_upload(site: Site) -> None:
    with (site.data_dir / "media" / "pictures" / "large.png").open("wb") as large:
        large.truncate(300_000_000)


@SQLITE_ONLY
def test_a_backup_that_was_killed_leaves_no_file(site, file):
    add_large_upload(site)
    part = file.with_name("backup.zip.part")

    kill_when(start_manage("backup", file, **site.environment), part.exists)

    assert not file.exists()
    assert backups_recorded(site) == []


@SQLITE_ONLY
def test_the_backup_after_one_that_was_killed_is_complete_and_deletes_temporary_files(site, empty, file):
    add_large_upload(site)
    kill_when(start_manage("backup", file, **site.environment), file.with_name("backup.zip.part").exists)
    (site.data_dir / "media" / "pictures" / "large.png").unlink()

    site.manage("backup", file)

    empty.manage("restore", file)
    assert empty.rows() == site.rows()
    assert not file.with_name("backup.zip.part").exists()
    assert list(site.data_dir.glob(".backup-*")) == []


def backups_recorded(site: Site) -> list[Path]:
    return list(site.data_dir.glob("last_backup*"))


@SQLITE_ONLY
@pytest.mark.parametrize("name", ["backup", ".backup", "backups"])
def test_backups_in_the_data_folder_are_not_deleted(site, other, name):
    folder = site.data_dir / name
    folder.mkdir()
    for day in ("monday", "tuesday"):
        site.manage("backup", folder / f"{day}.zip")

    other.manage("restore", folder / "monday.zip", "--replace")

    assert {path.name for path in folder.iterdir()} == {"monday.zip", "tuesday.zip"}
    assert other.rows() == site.rows()


@SQLITE_ONLY
def test_an_upload_whose_name_is_not_utf_8_is_named_and_the_last_backup_is_kept(site, file):
    site.manage("backup", file)
    before = file.read_bytes()
    (Path(os.fsdecode(os.fsencode(site.data_dir) + b"/media/Sch\xfcler.png"))).touch()

    error = site.manage_fails("backup", file)

    assert "media/Sch\\xfcler.png" in error
    assert "Rename it, or take it out" in error
    assert file.read_bytes() == before


@SQLITE_ONLY
def test_a_backup_to_a_missing_folder_is_refused(site, tmp_path):
    error = site.manage_fails("backup", tmp_path / "nowhere" / "backup.zip")

    assert error.startswith("No backup was made. ")
    assert str(tmp_path / "nowhere") in error


@SQLITE_ONLY
def test_a_restored_database_is_readable_by_its_owner_only(site, empty, file):
    site.manage("backup", file)

    status, _, errors = run_manage("restore", file, **empty.environment)

    assert (status, errors) == (0, "")
    assert stat.S_IMODE((empty.data_dir / "db.sqlite3").stat().st_mode) == 0o600


def test_a_site_without_tables_is_not_backed_up(empty, file):
    file.write_text("Yesterday's backup.")

    error = empty.manage_fails("backup", file)

    assert "There is no site in this database. Check DATA_DIR and DATABASE_URL." in error
    assert file.read_text() == "Yesterday's backup."


@SQLITE_ONLY
def test_a_backup_while_another_one_runs_is_refused(site, file):
    with (site.data_dir / "backup.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)

        error = site.manage_fails("backup", file)

    assert "Another backup or restore is running" in error


# Restore


def test_a_site_that_is_only_migrated_is_empty(site, migrated_site, vendor, file):
    site.manage("backup", file)
    migrated = migrated_site(vendor, "migrated")

    migrated.manage("restore", file)

    assert migrated.comments() == site.comments()


def test_a_site_that_is_not_empty_is_not_replaced_without_the_option(site, other, file):
    site.manage("backup", file)
    before = other.rows()

    error = other.manage_fails("restore", file)

    assert error.startswith("Nothing was restored. This site is not empty. With --replace")
    assert other.rows() == before


def test_a_site_that_is_replaced_is_backed_up(site, other, file):
    site.manage("backup", file)
    before = other.rows()

    output = other.manage("restore", file, "--replace")

    [replaced] = other.data_dir.glob("replaced-*.zip")
    assert f"What was here is kept in {replaced}.\n" in output
    assert other.rows() == site.rows()
    assert backups_recorded(other) == []  # It is not a backup outside of the site.
    other.manage("restore", replaced, "--replace")
    assert other.rows() == before


@pytest.mark.parametrize("later", [0, 0.1, 0.25], ids=["at once", "later", "latest"])
def test_a_restore_that_was_killed_leaves_the_old_or_the_new_site(site, other, file, later):
    site.manage("backup", file)
    possible = (other.comments(), site.comments())

    process = start_manage("restore", file, "--replace", **other.environment)
    kill_when(process, lambda: bool(temporary_files(other)), later=later)

    assert other.comments() in possible
    other.manage("restore", file, "--replace")
    assert other.comments() == site.comments()


def test_a_backup_of_an_older_version_is_migrated(site, empty, file):
    site.become_older()
    site.manage("backup", file)

    empty.manage("restore", file)

    assert "[ ]" in site.manage("showmigrations")
    assert "[ ]" not in empty.manage("showmigrations")
    assert empty.comments() == site.comments()


def test_a_backup_of_the_first_version_is_migrated(new_site, empty_sqlite, file):
    first = new_site("sqlite", "first")
    first.manage("migrate", "leaflets", "0001", "--verbosity=0")
    first.manage("backup", file)

    empty_sqlite.manage("restore", file)

    assert "[ ]" not in empty_sqlite.manage("showmigrations")


def test_a_restore_drops_tables_of_a_newer_version(site, other, file):
    site.manage("backup", file)
    # As left by a newer version.
    with other.selected():
        connection.cursor().execute("CREATE TABLE leaflets_newthing (id integer)")
        MigrationRecorder(connection).record_applied("leaflets", "9999_newthing")

    other.manage("restore", file, "--replace")

    assert "leaflets_newthing" not in other.tables()
    assert other.comments() == site.comments()


def test_feedback_that_was_due_to_be_deleted_is_not_restored(site, empty, file):
    with site.selected():
        Feedback.objects.all().delete()
        create_feedback("Long ago.", days_ago=400)
        create_feedback("Today.")
    site.manage("backup", file)

    empty.manage("restore", file)

    assert empty.comments() == ["", "Today."]


def test_sessions_are_not_restored(site, empty, file):
    with site.selected():
        Client().force_login(User.objects.create_user("ann"))
    assert len(json.loads(site.manage("dumpdata", "sessions"))) == 1
    site.manage("backup", file)

    empty.manage("restore", file)

    assert [row["fields"]["username"] for row in json.loads(empty.manage("dumpdata", "auth.user"))] == ["ann"]
    assert json.loads(empty.manage("dumpdata", "sessions", "usersessions")) == []


# Refused before anything is changed


def refuse_to_restore(site: Site, file: Path) -> str:
    """Restore a backup, which must fail without changing the empty site; return the error."""
    error = site.manage_fails("restore", file)
    assert error.startswith("Nothing was restored. ")
    assert site.tables() == []
    assert site.uploads() == {}
    return error


@SQLITE_ONLY
def test_a_backup_of_a_newer_version_is_refused(site, empty, file):
    with site.selected():
        MigrationRecorder(connection).record_applied("leaflets", "9999_from_the_future")
    site.manage("backup", file)

    error = refuse_to_restore(empty, file)

    assert "a newer version of the site, which has leaflets/9999_from_the_future. Upgrade this one" in error


@pytest.mark.parametrize(
    ("backup_vendor", "site_vendor", "sentence"),
    [
        ("sqlite", "postgresql", "This backup is of a site on SQLite, and this one is on PostgreSQL."),
        ("postgresql", "sqlite", "This backup is of a site on PostgreSQL, and this one is on SQLite."),
    ],
)
def test_a_backup_of_the_other_kind_of_database_is_refused(
    used_site, new_site, file, backup_vendor, site_vendor, sentence
):
    used_site(backup_vendor, "site").manage("backup", file)

    assert sentence in refuse_to_restore(new_site(site_vendor, "empty"), file)


def test_a_missing_file_is_refused(new_site, file):
    assert str(file) in refuse_to_restore(new_site("sqlite", "empty"), file)


@pytest.mark.parametrize("content", [b"", b"no backup", b"no backup" * 1000], ids=["empty", "short", "long"])
def test_a_file_that_is_not_a_backup_is_refused(new_site, file, content):
    file.write_bytes(content)

    assert "is not a whole backup" in refuse_to_restore(new_site("sqlite", "empty"), file)


@pytest.fixture
def backup(used_sites, file) -> Path:
    used_sites["sqlite"].manage("backup", file)
    return file


# These tests have no database: the file is verified before the database is used.


def test_a_flipped_bit_anywhere_is_refused(backup):
    whole = backup.read_bytes()
    for position in [*range(0, len(whole), len(whole) // 200), len(whole) - 1]:
        damaged = bytearray(whole)
        damaged[position] ^= 1
        backup.write_bytes(damaged)

        with pytest.raises(backups.BackupError, match="is not a whole backup"):
            backups.restore(backup)


@pytest.mark.parametrize("missing", [1, 64, 1000])
def test_a_truncated_backup_is_refused(backup, missing):
    backup.write_bytes(backup.read_bytes()[:-missing])

    with pytest.raises(backups.BackupError, match="is not a whole backup"):
        backups.restore(backup)


# Crafted backups: the checksum is right, and what is inside is not.


def craft(file: Path, manifest: object, **contents: bytes | zipfile.ZipInfo) -> None:
    """Write a file with a right checksum, from the manifest (bytes, or an object for JSON) and files by name."""
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.comment = b"0" * 64
        for name, content in contents.items():
            if isinstance(content, zipfile.ZipInfo):
                archive.writestr(content, "/etc/passwd")
            else:
                archive.writestr(name, content)
        if manifest is not None:
            archive.writestr(
                "manifest.json", manifest if isinstance(manifest, bytes) else json.dumps(manifest)
            )
    seal(file)


def seal(file: Path) -> None:
    content = file.read_bytes()[:-64]
    file.write_bytes(content + hashlib.sha256(content).hexdigest().encode())


DATABASE = "database.sqlite3"


def listing(*names: str, **changes: object) -> dict[str, object]:
    """Return a manifest with these files beside the database."""
    files = dict.fromkeys([DATABASE, *names], hashlib.sha256(b"").hexdigest())
    made = {"format": 1, "made_at": "2026-01-01T00:00:00+00:00", "database": "sqlite", "migrations": []}
    return made | {"files": files} | changes


def symlink(name: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name)
    entry.external_attr = (stat.S_IFLNK | 0o777) << 16
    return entry


def with_file(name: str) -> tuple[object, dict[str, bytes]]:
    return listing(name), {DATABASE: b"", name: b""}


CRAFTED = {
    "no manifest": (None, {DATABASE: b""}),
    "a manifest that is not JSON": (b"{", {}),
    "a manifest that is not text": (b"\xff\xfe", {}),
    "a manifest that is deeply nested": (b"[" * 100_000, {}),
    "a manifest that is a list": ([], {}),
    "a manifest without keys": ({}, {}),
    "a format that is a text": (listing(format="1"), {DATABASE: b""}),
    "an unknown kind of database": (listing(database="oracle"), {DATABASE: b""}),
    "a kind of database that is a list": (listing(database=[]), {DATABASE: b""}),
    "migrations that are numbers": (listing(migrations=[1]), {DATABASE: b""}),
    "files that are a list": (listing(files=[]), {DATABASE: b""}),
    "a digest that is a number": (listing(files={DATABASE: 1}), {DATABASE: b""}),
    "no database": (listing(files={}), {}),
    "a file that is missing": (listing("media/a.png"), {DATABASE: b""}),
    "a file that is not listed": (listing(), {DATABASE: b"", "media/a.png": b""}),
    "a name that leads outside": with_file("media/../../a.png"),
    "an absolute name": with_file("/etc/a.png"),
    "an absolute name in the folder": with_file("media//etc/a.png"),
    "a name outside of the folder": with_file("secret_key"),
    "the folder itself": with_file("media/"),
    "a symbolic link": (listing("media/a"), {DATABASE: b"", "media/a": symlink("media/a")}),
    "a bomb": (listing(), {DATABASE: bytes(300_000_000)}),
}


@pytest.mark.parametrize("shape", CRAFTED)
def test_a_crafted_backup_is_refused_before_it_is_unpacked(file, shape):
    manifest, contents = CRAFTED[shape]
    craft(file, manifest, **contents)

    # It has no access to a database: nothing is replaced.
    with pytest.raises(backups.BackupError, match=r"^[^\n]+\.$"):
        backups.restore(file)


def test_a_file_with_a_right_checksum_that_is_no_archive_is_refused(file):
    file.write_bytes(b"no archive" * 100 + b"0" * 64)
    seal(file)

    with pytest.raises(backups.BackupError, match="is not a backup of this site"):
        backups.restore(file)


@pytest.mark.parametrize(
    ("table", "sentence"),
    [("songs", "is not a database of this site."), ("", "The database in this backup is damaged.")],
)
def test_a_database_of_another_program_is_refused(new_site, file, tmp_path, table, sentence):
    database = tmp_path / "other.sqlite3"
    if table:
        with contextlib.closing(sqlite3.connect(database)) as other:
            other.execute(f"CREATE TABLE {table} (title text)")
    else:
        database.write_text("This is a letter to my aunt. " * 100)
    content = database.read_bytes()
    craft(file, listing(files={DATABASE: hashlib.sha256(content).hexdigest()}), **{DATABASE: content})

    assert sentence in refuse_to_restore(new_site("sqlite", "empty"), file)


# Programs of PostgreSQL


@pytest.fixture
def on_postgresql(used_site) -> Site:
    return used_site("postgresql", "site")


def test_a_missing_program_is_named_with_what_to_do(on_postgresql, file, tmp_path):
    error = on_postgresql.manage_fails("backup", file, PATH=str(tmp_path))

    assert "pg_dump is not installed. On Debian: apt-get install postgresql-client" in error
    assert not file.exists()


def test_a_program_that_is_older_than_the_server_is_named_with_what_to_do(on_postgresql, file, tmp_path):
    error = on_postgresql.manage_fails("backup", file, PATH=f"{old_pg_dump(tmp_path / 'bin')}:/bin")

    assert "pg_dump is of PostgreSQL 9, and the server is " in error
    assert not file.exists()


def test_the_error_of_a_program_that_fails_is_shown(on_postgresql, file, tmp_path):
    failing = tmp_path / "pg_dump"
    failing.write_text(
        "#!/bin/sh\n[ \"$1\" = --version ] && { echo 'pg_dump 99'; exit; }\necho 'out of luck' >&2\nexit 1\n"
    )
    failing.chmod(0o755)

    error = on_postgresql.manage_fails("backup", file, PATH=f"{tmp_path}:/bin")

    assert error == "No backup was made. pg_dump failed. It says: out of luck"
    assert not file.exists()
