"""Backups that are kept in a folder, encrypted, tried, and restored with newer programs."""

import datetime as dt
import errno
import os
import resource
import subprocess
import sys
from pathlib import Path

import psycopg
import pyrage
import pytest
from django.conf import settings

from sendiass_site.ops import backups, doctor, drills
from tests.environment import PROGRAMS, new_postgresql, start_postgresql
from tests.ops.sites import Site

pytestmark = pytest.mark.server


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "backups"
    path.mkdir()
    return path


def zips(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


# --- Kept in a folder ---


def test_a_folder_keeps_the_newest_backups_and_every_other_file(on_sqlite: Site, folder: Path):
    older = [f"sendiass-2026-11-{day:02}-030000.zip" for day in (1, 2, 3)]
    others = ["sendiass-2026-11-01.zip", "sendiass-2026-11-01-030000.zip.part", "notes.txt"]
    for name in [*older, *others]:
        (folder / name).touch()
    output = on_sqlite.manage("backup", "--keep", 2, folder)
    left = zips(folder)
    assert older[2] in left
    assert not {*older[:2]} & {*left}
    assert {*others} <= {*left}
    assert len(left) == len(others) + 2
    assert output.count("deleted") == 2
    newest = max(set(left) - {*others})
    assert on_sqlite.manage("restore", "--check", folder / newest).startswith("This backup of")


def test_a_backup_that_fails_deletes_none(empty_sqlite: Site, folder: Path):
    (folder / "sendiass-2026-11-01-030000.zip").touch()
    (folder / "sendiass-2026-11-02-030000.zip").touch()
    assert "There is no site" in empty_sqlite.manage_fails("backup", "--keep", 1, folder)
    assert len(zips(folder)) == 2


def test_a_folder_that_is_not_there_is_not_made(on_sqlite: Site, tmp_path: Path):
    assert "There is no folder" in on_sqlite.manage_fails("backup", "--keep", 1, tmp_path / "not-mounted")
    assert not (tmp_path / "not-mounted").exists()


@pytest.mark.parametrize("number", ["0", "-1", "seven", "²"])
def test_a_number_of_backups_that_is_none_is_refused(on_sqlite: Site, folder: Path, number: str):
    assert "not a number from 1" in on_sqlite.manage_fails("backup", f"--keep={number}", folder)


# --- Encrypted ---


@pytest.fixture
def key(tmp_path: Path) -> tuple[str, Path]:
    """A public key, and the file with the private one, as age-keygen writes it."""
    identity = pyrage.x25519.Identity.generate()
    file = tmp_path / "key.txt"
    file.write_text(f"# public key: {identity.to_public()}\n{identity}\n")
    return str(identity.to_public()), file


@pytest.mark.parametrize("vendor", ["sqlite", "postgresql"])
def test_an_encrypted_backup_is_restored_with_its_key(used_site, new_site, vendor: str, tmp_path: Path, key):
    site, empty, file = used_site(vendor, "site"), new_site(vendor, "empty"), tmp_path / "site.zip.age"
    site.manage("backup", "--encrypt-to", key[0], file)
    empty.manage("restore", "--identity", key[1], file)
    assert empty.comments() == site.comments()
    assert empty.uploads() == site.uploads()


def test_an_encrypted_backup_is_private_and_nothing_else_is_left(on_sqlite: Site, folder: Path, key):
    on_sqlite.manage("backup", "--keep", 3, "--encrypt-to", key[0], folder)
    [name] = zips(folder)
    assert name.endswith(".zip.age")
    file = folder / name
    assert file.stat().st_mode & 0o777 == 0o600
    assert file.read_bytes().startswith(b"age-encryption.org/v1")
    assert not [path for path in on_sqlite.data_dir.rglob("*") if path.name.startswith(".backup-")]


def test_an_encrypted_backup_without_its_key_is_refused(on_sqlite: Site, tmp_path: Path, key):
    file, other = tmp_path / "site.zip.age", tmp_path / "other.txt"
    on_sqlite.manage("backup", "--encrypt-to", key[0], file)
    other.write_text(f"{pyrage.x25519.Identity.generate()}\n")
    assert "--identity FILE" in on_sqlite.manage_fails("restore", "--check", file)
    assert "does not open" in on_sqlite.manage_fails("restore", "--check", "--identity", other, file)
    other.write_text("# no key\n")
    assert "There is no key" in on_sqlite.manage_fails("restore", "--check", "--identity", other, file)
    other.write_bytes(b"\xff\xfe")
    assert "no file with a key" in on_sqlite.manage_fails("restore", "--check", "--identity", other, file)


def test_an_encrypted_backup_that_was_changed_is_refused(on_sqlite: Site, tmp_path: Path, key):
    file = tmp_path / "site.zip.age"
    on_sqlite.manage("backup", "--encrypt-to", key[0], file)
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)
    assert "damaged" in on_sqlite.manage_fails("restore", "--check", "--identity", key[1], file)


@pytest.mark.parametrize("wrong", ["age1", "ssh-ed25519 AAAA", "AGE-SECRET-KEY-1", "", "ü"])
def test_a_word_that_is_no_public_key_is_refused(on_sqlite: Site, tmp_path: Path, wrong: str):
    error = on_sqlite.manage_fails("backup", f"--encrypt-to={wrong}", tmp_path / "site.zip")
    assert "is no public key" in error
    assert not (tmp_path / "site.zip").exists()


# --- Tried ---


@pytest.mark.parametrize("vendor", ["sqlite", "postgresql"])
def test_a_backup_is_tried_and_nothing_here_changes(used_site, vendor: str, tmp_path: Path):
    site, file = used_site(vendor, "site"), tmp_path / "site.zip"
    site.manage("backup", file)
    rows, uploads, databases = site.rows(), site.uploads(), names_of_databases()
    output = site.manage("restore", "--check", file)
    assert "2 messages, 1 uploads. Nothing here was changed." in output
    assert (site.rows(), site.uploads(), names_of_databases()) == (rows, uploads, databases)


def names_of_databases() -> set[str]:
    with psycopg.connect(start_postgresql().get_uri()) as connection:
        return {name for (name,) in connection.execute("SELECT datname FROM pg_database")}


@pytest.mark.parametrize("vendor", ["sqlite", "postgresql"])
def test_a_backup_of_an_older_version_is_brought_up_to_date_when_it_is_tried(used_site, vendor, tmp_path):
    site, file = used_site(vendor, "site"), tmp_path / "site.zip"
    site.become_older()
    site.manage("backup", file)
    assert "2 messages, 1 uploads" in site.manage("restore", "--check", file)


def test_a_damaged_backup_is_refused_when_it_is_tried(on_sqlite: Site, tmp_path: Path):
    file = tmp_path / "site.zip"
    on_sqlite.manage("backup", file)
    file.write_bytes(file.read_bytes()[:-1])
    assert "The backup cannot be restored." in on_sqlite.manage_fails("restore", "--check", file)
    assert not (on_sqlite.data_dir / "last_drill.json").exists()


def test_a_scratch_database_that_was_left_is_replaced_and_a_foreign_one_is_not(used_site, tmp_path: Path):
    site, file = used_site("postgresql", "site"), tmp_path / "site.zip"
    site.manage("backup", file)
    own = site.environment["DATABASE_URL"].partition("?")[0].rpartition("/")[2]
    with psycopg.connect(start_postgresql().get_uri(), autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{own}_drill"')
        assert "which is not a scratch database" in site.manage_fails("restore", "--check", file)
        comment = "A scratch database of manage.py restore --check"
        connection.execute(f"COMMENT ON DATABASE \"{own}_drill\" IS '{comment}'")
        assert "can be restored" in site.manage("restore", "--check", file)
    assert f"{own}_drill" not in names_of_databases()


def test_a_user_who_may_not_create_databases_is_told_what_to_do(used_site, tmp_path: Path):
    site, file = used_site("postgresql", "site"), tmp_path / "site.zip"
    site.manage("backup", file)
    with psycopg.connect(site.environment["DATABASE_URL"], autocommit=True) as connection:
        connection.execute("DROP ROLE IF EXISTS plain_user")
        connection.execute("CREATE ROLE plain_user LOGIN IN ROLE pg_read_all_data")
    url = site.environment["DATABASE_URL"]
    plain = url.replace("//postgres:", "//plain_user:").replace("//postgres@", "//plain_user@")
    assert plain != url
    error = site.manage_fails("restore", "--check", file, DATABASE_URL=plain)
    assert "ALTER ROLE … CREATEDB" in error


def test_doctor_knows_when_a_backup_was_last_tried(on_sqlite: Site, tmp_path: Path):
    def found() -> doctor.Finding:
        with on_sqlite.selected():
            return next(one for one in doctor.run_checks(request_site=False) if one.check == "restoring")

    on_sqlite.manage("backup", tmp_path / "site.zip")
    assert (found().status, found().message) == (doctor.Status.WARNING, "No backup was tried yet.")
    on_sqlite.manage("restore", "--check", tmp_path / "site.zip")
    assert found().status == doctor.Status.OK
    with on_sqlite.selected():
        drill = drills.get_last_drill()
        long_ago = (dt.datetime.now(dt.UTC) - dt.timedelta(days=101)).isoformat()
        backups.write_record("last_drill.json", drills.Drill(long_ago, *list(vars(drill).values())[1:]))
    assert found().status == doctor.Status.WARNING


# --- Newer programs than the server ---


def test_a_backup_made_with_newer_programs_is_restored_on_an_older_server(
    used_site, new_site, tmp_path: Path, django_db_blocker
):
    """pg_restore 18 writes `SET transaction_timeout`, which a server 16 does not know."""
    server = start_postgresql(Path(os.environ["DATA_DIR"]) / "postgresql-16", version=16)
    site, empty = (
        Site(new_site("sqlite", name).data_dir, new_postgresql(server=server), django_db_blocker)
        for name in ("site", "empty")
    )
    file = tmp_path / "site.zip"
    used_site("postgresql", "newer").manage("backup", file)
    site.manage("restore", file)
    site.fill("SET transaction_timeout = 0;")
    site.manage("backup", file)
    empty.manage("restore", file)
    assert len(empty.comments()) == 3
    assert empty.comments() == site.comments()
    assert "3 messages" in site.manage("restore", "--check", file)


# --- Errors of the disk ---


@pytest.mark.parametrize("size", [200_000, 2_000_000])
def test_a_full_disk_is_a_sentence_and_leaves_no_half_file(on_sqlite: Site, folder: Path, size: int):
    """A limit for the size of files stands for the full disk: writing fails in the middle."""
    big = on_sqlite.data_dir / "media" / "big"
    big.write_bytes(os.urandom(3_000_000))
    done = subprocess.run(
        [sys.executable, "manage.py", "backup", folder / "site.zip"],
        cwd=settings.BASE_DIR,
        env=os.environ | on_sqlite.environment,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (size, size)),
        capture_output=True,
        text=True,
    )
    assert done.returncode == 1
    assert done.stderr.startswith("CommandError: No backup was made. ")
    assert "Traceback" not in done.stderr
    assert zips(folder) == []


def test_a_full_disk_and_a_file_of_another_user_are_named(tmp_path: Path):
    path = tmp_path / "site.zip"
    assert backups.describe_error(OSError(errno.ENOSPC, "", str(path))) == f"The disk of {path} is full."
    os.chown(tmp_path, 12345, -1) if os.geteuid() == 0 else None
    owner = tmp_path.stat().st_uid
    assert backups.describe_error(PermissionError(errno.EACCES, "", str(path))) == (
        f"{path} cannot be read or written: {tmp_path} belongs to user {owner}, and this command runs as user "
        f"{os.geteuid()}."
    )


# --- Older programs than those that made the backup, or than ours ---


def test_a_backup_is_made_with_programs_that_do_not_know_what_our_driver_adds(used_site, tmp_path: Path):
    """Those of PostgreSQL 15 refuse `sslcertmode`, which the driver's newer library sets in each connection."""
    site = used_site("postgresql", "site")
    old = tmp_path / "programs"
    old.mkdir()
    for name in ("pg_dump", "psql"):
        program = old / name
        program.write_text(
            '#!/bin/sh\ncase "$*" in *sslcertmode*) echo "invalid connection option \\"sslcertmode\\"" >&2; exit 1;; esac\n'
            f'exec "{PROGRAMS / name}" "$@"\n'
        )
        program.chmod(0o755)
    site.environment["PATH"] = f"{old}:{site.environment['PATH']}"

    site.manage("backup", tmp_path / "site.zip")

    assert "2 messages" in site.manage("restore", "--check", tmp_path / "site.zip")


def test_a_setting_of_the_connection_that_was_given_reaches_the_programs(used_site, tmp_path: Path):
    site = used_site("postgresql", "site")
    site.environment["DATABASE_URL"] += "&" if "?" in site.environment["DATABASE_URL"] else "?"
    site.environment["DATABASE_URL"] += "sslcertmode=disable"
    log, old = tmp_path / "arguments", tmp_path / "programs"
    old.mkdir()
    program = old / "pg_dump"
    program.write_text(f'#!/bin/sh\necho "$*" >> "{log}"\nexec "{PROGRAMS / "pg_dump"}" "$@"\n')
    program.chmod(0o755)
    site.environment["PATH"] = f"{old}:{site.environment['PATH']}"

    site.manage("backup", tmp_path / "site.zip")

    assert "sslcertmode=disable" in log.read_text()


@pytest.mark.parametrize("options", [["--check"], ["--replace"]])
def test_programs_that_are_too_old_for_a_backup_are_named(used_site, tmp_path: Path, options: list[str]):
    """pg_dump 18 writes a format that pg_restore 16 does not read."""
    site = used_site("postgresql", "site")
    site.manage("backup", tmp_path / "site.zip")
    [older] = [folder for folder in PROGRAMS.parent.parent.glob("pginstall/bin") if folder != PROGRAMS]

    # The backup of what is replaced needs programs that can read the server.
    programs = tmp_path / "programs"
    programs.mkdir()
    (programs / "pg_restore").symlink_to(older / "pg_restore")
    error = site.manage_fails(
        "restore", *options, tmp_path / "site.zip", PATH=f"{programs}:{site.environment['PATH']}"
    )

    assert "made with newer programs: pg_restore here is of PostgreSQL 16" in error
    assert "On Debian: apt-get install postgresql-client-17 or newer" in error
    assert site.comments() == ["Ich verstehe – 日本語.", "Very clear."]


# --- Files that are not there ---


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("missing.zip", "There is no file {}."),
        ("folder", "{} is a folder."),
        ("a/b.zip", "There is no file {}."),
    ],
)
def test_a_backup_that_is_not_there_is_a_sentence(on_sqlite: Site, folder: Path, name: str, sentence: str):
    (folder / "folder").mkdir()
    (folder / "a").touch()

    assert (
        on_sqlite.manage_fails("restore", folder / name)
        == f"Nothing was restored. {sentence.format(folder / name)}"
    )


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("no/b.zip", "There is no folder {parent}."),
        ("folder", "{path} is a folder. Name a file in it, or use --keep."),
    ],
)
def test_a_backup_that_cannot_be_written_is_a_sentence(
    on_sqlite: Site, folder: Path, name: str, sentence: str
):
    (folder / "folder").mkdir()
    path = folder / name

    error = on_sqlite.manage_fails("backup", path)

    assert error == f"No backup was made. {sentence.format(path=path, parent=path.parent)}"
