"""Backup and restore, as somebody at a keyboard does it: with real files, on SQLite and on PostgreSQL."""

import contextlib
import fcntl
import json
import os
import shutil
import stat
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from django.conf import settings

from sendiass_site.ops import backups
from tests.environment import PROGRAMS, new_postgresql, old_pg_dump
from tests.factories import run_manage, start_manage
from tests.running_site import get, running_site

LEAFLET = "/leaflets/sen-in-mainstream-schools/"
KINDS = ("sqlite", "postgresql")
# What has nothing to do with the database is seen on one.
ON_ONE_KIND = pytest.mark.parametrize("kind", ["sqlite"])
pytestmark = pytest.mark.server


class Site:
    """A site of its own: a folder, a database, and the commands that somebody gives."""

    def __init__(self, data_dir: Path, address: str) -> None:
        self.data_dir = data_dir
        self.environment = {
            "DATA_DIR": str(data_dir),
            "DATABASE_URL": address,
            "PATH": f"{PROGRAMS}:{os.environ['PATH']}",
            "HTTPS": "off",
        }

    def manage(self, *arguments: object) -> str:
        """Run a command that must not fail; return what it printed."""
        status, printed, complained = run_manage(*arguments, **self.environment)
        assert status == 0, complained
        return printed

    def complaint(self, *arguments: object, **environment: str) -> str:
        """Run a command that must fail; return what it complained of."""
        status, _, complained = run_manage(*arguments, **(self.environment | environment))
        assert status == 1
        assert "Traceback" not in complained
        return complained

    def start(self, code: str) -> subprocess.Popen[str]:
        """Start a program on this site."""
        return subprocess.Popen(
            [sys.executable, "-c", f"import django; django.setup()\n{code}"],
            cwd=settings.BASE_DIR,
            env=os.environ | self.environment | {"DJANGO_SETTINGS_MODULE": "sendiass_site.settings"},
            stdout=subprocess.PIPE,
            text=True,
        )

    def run(self, code: str) -> None:
        """Run a program on this site, to its end."""
        process = self.start(code)
        process.communicate(timeout=60)
        assert process.returncode == 0

    def fill(self, *comments: str) -> None:
        """Load the leaflets, add a picture, and let people send comments."""
        self.manage("migrate", "--verbosity=0")
        self.manage("load_leaflets")
        self.run(
            "import io; from PIL import Image; from leaflets.editing import pictures\n"
            "from tests.factories import message\n"
            "file = io.BytesIO(); Image.new('RGB', (40, 30), 'red').save(file, 'PNG'); file.seek(0)\n"
            "pictures.save_picture(file)\n"
            f"for comments in {comments!r}: message(comments)"
        )

    def rows(self) -> str:
        """Every row of every table, apart from those that the daily job writes and deletes."""
        return self.manage("dumpdata", "--indent=1", "--exclude=feedback.purge", "--exclude=feedback.sending")

    def comments(self) -> list[str]:
        """What people sent, in alphabetical order."""
        rows = json.loads(self.manage("dumpdata", "feedback.feedback"))
        return sorted(row["fields"]["comments"] for row in rows)

    def uploads(self) -> dict[str, bytes]:
        media = self.data_dir / "media"
        return {
            str(path.relative_to(media)): path.read_bytes() for path in media.rglob("*") if path.is_file()
        }


def make_site(kind: str, data_dir: Path, like: Site | None = None) -> Site:
    """A site on a kind of database: a copy of another one, or with nothing in it, not even tables."""
    if like:
        shutil.copytree(like.data_dir, data_dir)
    else:
        data_dir.mkdir()
    if kind == "sqlite":
        return Site(data_dir, f"sqlite:///{data_dir}/db.sqlite3")
    template = urlsplit(like.environment["DATABASE_URL"]).path[1:] if like else "template1"
    return Site(data_dir, new_postgresql(template))


@pytest.fixture(scope="module")
def used_sites(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Site]:
    """A site that people have used, on each kind of database. Tests change copies of it."""
    sites = {kind: make_site(kind, tmp_path_factory.mktemp(kind) / "used") for kind in KINDS}
    for site in sites.values():
        site.fill("Very clear.", "Ich verstehe – 日本語.")
    return sites


@pytest.fixture
def new_site(tmp_path: Path) -> Callable[[str, str], Site]:
    """Makes a site with nothing in it, on a kind of database and with a name."""
    return lambda kind, name: make_site(kind, tmp_path / name)


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture
def site(used_sites, tmp_path: Path, kind: str) -> Site:
    """A site that people have used."""
    return make_site(kind, tmp_path / "site", like=used_sites[kind])


@pytest.fixture
def other(used_sites, tmp_path: Path, kind: str) -> Site:
    """Another site, which other people have used."""
    other = make_site(kind, tmp_path / "other", like=used_sites[kind])
    other.run("from leaflets.feedback.models import Feedback; Feedback.objects.update(comments='Mine.')")
    return other


@pytest.fixture
def empty(new_site, kind: str) -> Site:
    """A site that nobody has used."""
    return new_site(kind, "empty")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "backup.zip"


# The drill


def test_a_site_that_was_lost_is_back_with_every_row_and_picture_and_page(site, empty, file):
    with running_site(site.data_dir, **site.environment) as base:
        site.manage("backup", file)
        page = get(base + LEAFLET)[2].replace(base.encode(), b"")

    empty.manage("restore", file)

    assert empty.rows() == site.rows()
    assert empty.uploads() == site.uploads() != {}
    with running_site(empty.data_dir, **empty.environment) as base:
        status, _, restored = get(base + LEAFLET)
    assert (status, restored.replace(base.encode(), b"")) == (200, page)


WRITE_PAIRS = """
from django.db import transaction
from tests.factories import message
print("ready", flush=True)
for number in range(1_000_000):
    with transaction.atomic():
        message(f"{number} first")
        message(f"{number} second")
"""


def test_a_backup_of_a_site_that_is_being_written_to_is_of_one_moment(site, empty, file):
    writer = site.start(WRITE_PAIRS)
    writer.stdout.readline()
    site.manage("backup", file)
    assert writer.poll() is None
    writer.kill()
    writer.communicate()

    empty.manage("restore", file)

    pairs = [comments.split()[0] for comments in empty.comments() if comments[0].isdigit()]
    assert pairs != []
    assert all(pairs.count(number) == 2 for number in pairs)
    assert len(pairs) < len(site.comments()) - 2  # It went on being written to.


# What a backup is


@ON_ONE_KIND
def test_a_backup_is_read_by_its_owner_only(site, file):
    site.manage("backup", file)

    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_a_backup_holds_database_and_uploads_and_nothing_else_of_the_folder(site, kind, file):
    (site.data_dir / "pdf").mkdir()
    (site.data_dir / "pdf" / "made-again.pdf").touch()

    site.manage("backup", file)

    database = {"sqlite": "database.sqlite3", "postgresql": "database.pgdump"}[kind]
    uploads = {f"media/{name}" for name in site.uploads()}
    with zipfile.ZipFile(file) as archive:
        assert set(archive.namelist()) == {"manifest.json", database} | uploads
        assert set(json.loads(archive.read("manifest.json"))["files"]) == {database} | uploads
        assert archive.testzip() is None


@ON_ONE_KIND
def test_the_secret_key_is_not_in_a_backup(site, file):
    site.manage("backup", file)

    key = (site.data_dir / "secret_key").read_bytes().strip()
    with zipfile.ZipFile(file) as archive:
        assert not any(key in archive.read(name) for name in archive.namelist())


@ON_ONE_KIND
def test_a_backup_takes_the_place_of_an_older_one_and_leaves_nothing_else_behind(site, file):
    file.write_text("An older one.")

    printed = site.manage("backup", file)

    assert printed == f"{file}: {file.stat().st_size:,} bytes.\n"
    assert zipfile.is_zipfile(file)
    assert sorted(path.name for path in file.parent.iterdir()) == ["backup.zip", "site"]
    assert list(site.data_dir.glob(".backup-*")) == []


@ON_ONE_KIND
def test_when_the_last_backup_was_made_is_kept(site, file, settings):
    settings.DATA_DIR = site.data_dir
    assert backups.last_made() is None

    site.manage("backup", file)

    made = backups.last_made()
    assert (made.file, made.bytes) == (str(file), file.stat().st_size)
    assert made.at.endswith("+00:00")


def kill_when(process: subprocess.Popen[str], begun: Callable[[], bool], *, later: float = 0) -> None:
    """Kill a command, as a power cut does, as soon as this is so, or so many seconds later if it still runs then."""
    deadline = time.monotonic() + 60
    while not begun() and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.001)
    assert process.poll() is None, process.communicate()
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(later)
    process.kill()
    process.communicate()


def copies_under_way(site: Site) -> list[Path]:
    """What a backup or a restore has laid out beside the site while it works."""
    return list(site.data_dir.glob(".backup-*/*"))


def add_large_upload(site: Site) -> None:
    with (site.data_dir / "media" / "pictures" / "large.png").open("wb") as large:
        large.truncate(300_000_000)


@ON_ONE_KIND
def test_a_backup_that_was_killed_leaves_no_file_under_its_name(site, file):
    add_large_upload(site)
    part = file.with_name("backup.zip.part")

    kill_when(start_manage("backup", file, **site.environment), part.exists)

    assert not file.exists()
    assert backups_recorded(site) == []


@ON_ONE_KIND
def test_the_backup_after_one_that_was_killed_is_whole_and_tidies_up(site, empty, file):
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


@ON_ONE_KIND
@pytest.mark.parametrize("name", ["backup", ".backup", "backups"])
def test_backups_may_be_kept_in_the_folder_of_the_data_and_stay_there(site, other, name):
    folder = site.data_dir / name
    folder.mkdir()
    for day in ("monday", "tuesday"):
        site.manage("backup", folder / f"{day}.zip")

    other.manage("restore", folder / "monday.zip", "--replace")

    assert {path.name for path in folder.iterdir()} == {"monday.zip", "tuesday.zip"}
    assert other.rows() == site.rows()


@ON_ONE_KIND
def test_a_backup_to_a_folder_that_is_not_there_says_so(site, tmp_path):
    complaint = site.complaint("backup", tmp_path / "nowhere" / "backup.zip")

    assert complaint.startswith("CommandError: No backup was made. ")
    assert str(tmp_path / "nowhere") in complaint


@ON_ONE_KIND
def test_what_is_restored_is_read_by_nobody_else_on_the_machine(site, empty, file):
    site.manage("backup", file)

    empty.manage("restore", file)

    assert stat.S_IMODE((empty.data_dir / "db.sqlite3").stat().st_mode) == 0o600


def test_nothing_takes_the_place_of_a_backup_where_there_is_no_site(empty, file):
    file.write_text("Yesterday's backup.")

    complaint = empty.complaint("backup", file)

    assert "There is no site in this database. Check DATA_DIR and DATABASE_URL." in complaint
    assert file.read_text() == "Yesterday's backup."


def test_two_backups_at_once_are_one_too_many(new_site, file):
    site = new_site("sqlite", "site")
    site.manage("migrate", "--verbosity=0")
    with (site.data_dir / "backup.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)

        complaint = site.complaint("backup", file)

    assert "Another backup or restore is running" in complaint


# Putting it back


def test_a_site_that_is_only_migrated_counts_as_empty(site, empty, file):
    site.manage("backup", file)
    empty.manage("migrate", "--verbosity=0")

    empty.manage("restore", file)

    assert empty.comments() == site.comments()


def test_a_site_that_is_not_empty_is_not_replaced_by_mistake(site, other, file):
    site.manage("backup", file)
    before = other.rows()

    complaint = other.complaint("restore", file)

    assert complaint.startswith("CommandError: Nothing was restored. This site is not empty. With --replace")
    assert other.rows() == before


def test_a_site_that_is_replaced_is_kept(site, other, file):
    site.manage("backup", file)
    before = other.rows()

    printed = other.manage("restore", file, "--replace")

    [kept] = other.data_dir.glob("replaced-*.zip")
    assert f"What was here is kept in {kept}.\n" in printed
    assert other.rows() == site.rows()
    assert backups_recorded(other) == []  # It is no backup that somebody keeps elsewhere.
    other.manage("restore", kept, "--replace")
    assert other.rows() == before


@pytest.mark.parametrize("later", [0, 0.1, 0.25], ids=["at once", "later", "later still"])
def test_a_restore_that_was_killed_leaves_the_old_site_or_the_new_one(site, other, file, later):
    site.manage("backup", file)
    sides = (other.comments(), site.comments())

    process = start_manage("restore", file, "--replace", **other.environment)
    kill_when(process, lambda: bool(copies_under_way(other)), later=later)

    assert other.comments() in sides
    other.manage("restore", file, "--replace")
    assert other.comments() == site.comments()


def test_a_backup_of_an_older_version_is_brought_up_to_date(new_site, kind, empty, file):
    old = new_site(kind, "old")
    old.manage("migrate", "leaflets", "0001", "--verbosity=0")
    old.manage("backup", file)

    empty.manage("restore", file)

    assert "[ ]" not in empty.manage("showmigrations")


def test_a_site_that_went_back_to_an_older_version_can_be_upgraded_again(site, other, file):
    site.manage("backup", file)
    # A newer version has been here.
    other.run(
        "from django.db import connection; from django.db.migrations.recorder import MigrationRecorder\n"
        "connection.cursor().execute('CREATE TABLE leaflets_newthing (id integer)')\n"
        "MigrationRecorder(connection).record_applied('leaflets', '9999_newthing')"
    )

    other.manage("restore", file, "--replace")

    other.run(
        "from django.db import connection\nconnection.cursor().execute('CREATE TABLE leaflets_newthing (id integer)')"
    )
    assert other.comments() == site.comments()


def test_what_was_due_to_be_deleted_does_not_come_back_with_a_backup(new_site, kind, empty, file):
    site = new_site(kind, "site")
    site.manage("migrate", "--verbosity=0")
    site.run(
        "import datetime as dt; from tests.factories import message\n"
        "message('Long ago.', days_ago=400); message('Today.')"
    )
    site.manage("backup", file)

    empty.manage("restore", file)

    assert empty.comments() == ["", "Today."]


def test_whoever_was_signed_in_when_a_backup_was_made_is_not_once_it_is_restored(site, empty, file):
    site.run(
        "from django.contrib.auth.models import User; from django.test import Client\n"
        "Client().force_login(User.objects.create_user('ann'))"
    )
    assert len(json.loads(site.manage("dumpdata", "sessions"))) == 1
    site.manage("backup", file)

    empty.manage("restore", file)

    assert [row["fields"]["username"] for row in json.loads(empty.manage("dumpdata", "auth.user"))] == ["ann"]
    assert json.loads(empty.manage("dumpdata", "sessions", "usersessions")) == []


# What is refused, before anything is touched


def refused(site: Site, file: Path) -> str:
    """Why a backup is not restored, with proof that nothing came of it."""
    complaint = site.complaint("restore", file)
    assert complaint.startswith("CommandError: Nothing was restored. ")
    site.manage("migrate", "--verbosity=0")
    assert site.comments() == []
    assert site.uploads() == {}
    return complaint


@ON_ONE_KIND
def test_a_backup_of_a_newer_version_is_refused(site, empty, file):
    site.run(
        "from django.db.migrations.recorder import MigrationRecorder; from django.db import connection\n"
        "MigrationRecorder(connection).record_applied('leaflets', '9999_from_the_future')"
    )
    site.manage("backup", file)

    complaint = refused(empty, file)

    assert (
        "a newer version of the site, which has leaflets/9999_from_the_future. Upgrade this one" in complaint
    )


@pytest.mark.parametrize(
    ("made_on", "restored_on", "sentence"),
    [
        ("sqlite", "postgresql", "This backup is of a site on SQLite, and this one is on PostgreSQL."),
        ("postgresql", "sqlite", "This backup is of a site on PostgreSQL, and this one is on SQLite."),
    ],
)
def test_a_backup_of_the_other_kind_of_database_is_refused(new_site, file, made_on, restored_on, sentence):
    site = new_site(made_on, "site")
    site.manage("migrate", "--verbosity=0")
    site.manage("backup", file)

    assert sentence in refused(new_site(restored_on, "empty"), file)


def test_a_file_that_is_not_there_is_refused(new_site, file):
    assert str(file) in refused(new_site("sqlite", "empty"), file)


@pytest.mark.parametrize("content", [b"", b"no backup", b"no backup" * 1000], ids=["empty", "short", "long"])
def test_a_file_that_is_no_backup_is_refused(new_site, file, content):
    file.write_bytes(content)

    assert "is not a whole backup" in refused(new_site("sqlite", "empty"), file)


@pytest.fixture
def backup(used_sites, file) -> Path:
    used_sites["sqlite"].manage("backup", file)
    return file


# These tests have no database: whatever is refused here is refused before one is asked.


def test_a_flipped_bit_anywhere_is_refused(backup):
    whole = backup.read_bytes()
    for position in [*range(0, len(whole), len(whole) // 200), len(whole) - 1]:
        damaged = bytearray(whole)
        damaged[position] ^= 1
        backup.write_bytes(damaged)

        with pytest.raises(backups.BackupError, match="is not a whole backup"):
            backups.restore(backup)


@pytest.mark.parametrize("missing", [1, 64, 1000])
def test_a_backup_that_was_cut_short_is_refused(backup, missing):
    backup.write_bytes(backup.read_bytes()[:-missing])

    with pytest.raises(backups.BackupError, match="is not a whole backup"):
        backups.restore(backup)


# PostgreSQL's programs


@pytest.fixture
def on_postgresql(new_site) -> Site:
    site = new_site("postgresql", "site")
    site.manage("migrate", "--verbosity=0")
    return site


def test_a_program_that_is_not_installed_is_named_with_what_to_do(on_postgresql, file, tmp_path):
    complaint = on_postgresql.complaint("backup", file, PATH=str(tmp_path))

    assert "pg_dump is not installed." in complaint
    assert "apt-get install postgresql-client" in complaint
    assert not file.exists()


def test_a_program_that_is_older_than_the_server_is_named_with_what_to_do(on_postgresql, file, tmp_path):
    complaint = on_postgresql.complaint("backup", file, PATH=f"{old_pg_dump(tmp_path / 'bin')}:/bin")

    assert "pg_dump is of PostgreSQL 9, and the server is " in complaint
    assert not file.exists()


def test_what_a_program_says_when_it_fails_is_told(on_postgresql, file, tmp_path):
    failing = tmp_path / "pg_dump"
    failing.write_text(
        "#!/bin/sh\n[ \"$1\" = --version ] && { echo 'pg_dump 99'; exit; }\necho 'out of luck' >&2\nexit 1\n"
    )
    failing.chmod(0o755)

    complaint = on_postgresql.complaint("backup", file, PATH=f"{tmp_path}:/bin")

    assert complaint == "CommandError: No backup was made. pg_dump failed. It says: out of luck\n"
    assert not file.exists()
