"""`manage.py doctor`: the checks of an installation, and what to do about problems."""

import contextlib
import datetime as dt
import json
import os
import re
import shutil
import socket
import sqlite3
import threading
from collections.abc import Callable, Iterator
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest
from django.db import DEFAULT_DB_ALIAS, InterfaceError, OperationalError, connection, connections
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.utils import timezone
from pytest_django import DjangoDbBlocker

from leaflets.feedback.models import Feedback, PurgeRun
from leaflets.models import Edition, ReminderRun, ScheduledChange
from leaflets.publishing import loading
from sendiass_site.ops import backups, doctor, postgresql
from sendiass_site.ops.doctor import Finding, Status
from sendiass_site.web.proxies import parse_networks
from tests.environment import PROGRAMS, old_pg_dump
from tests.factories import (
    SLUG,
    create_feedback,
    create_staff,
    edit_as_staff,
    published_edition,
    run_manage,
    write_content,
)
from tests.pages import GUIDE, PRIVACY, load_site, lost_database
from tests.publishing.test_scheduling import schedule_draft
from tests.running_site import ROOT, free_port
from tests.texts import UNPRINTABLE

pytestmark = pytest.mark.django_db
on_sqlite = pytest.mark.skipif(connection.vendor != "sqlite", reason="A database that is a file.")


@pytest.fixture(scope="module")
def loaded(module_database: DjangoDbBlocker, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The content folder of the site, which is loaded."""
    folder = tmp_path_factory.mktemp("content")
    with module_database.unblock():
        load_site(folder)
    return folder


@pytest.fixture(autouse=True)
def _site(loaded: Path, tmp_path: Path, settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", f"{PROGRAMS}:{os.environ['PATH']}")
    settings.DATA_DIR = tmp_path / "data"
    settings.DATA_DIR.mkdir()
    settings.CONTENT_DIR = shutil.copytree(loaded, tmp_path / "content")


def find(check: str) -> list[Finding]:
    """Return the findings of one check."""
    return [finding for finding in doctor.run_checks(request_site=False) if finding.check == check]


def status(check: str) -> Status:
    return max(finding.status for finding in find(check))


def test_every_warning_and_error_has_a_remedy():
    findings = doctor.run_checks(request_site=False)

    assert [finding for finding in findings if finding.status and not finding.remedy] == []


def test_a_wildcard_in_allowed_hosts_is_an_error(settings):
    settings.ALLOWED_HOSTS = ["*"]

    assert status("settings") == Status.ERROR


def test_a_site_without_https_is_one_warning(settings):
    settings.HTTPS = settings.SECURE_SSL_REDIRECT = settings.SESSION_COOKIE_SECURE = False
    settings.SECURE_HSTS_SECONDS = 0

    assert [(finding.status, finding.message[:13]) for finding in find("settings")] == [
        (Status.WARNING, "HTTPS is off:")
    ]


def test_a_site_url_that_is_not_an_allowed_host_is_an_error(settings):
    settings.SITE_URL, settings.ALLOWED_HOSTS = "https://leaflets.example.org", ["www.example.org"]

    (finding,) = [finding for finding in find("settings") if finding.status == Status.ERROR]

    assert finding.remedy == "Add it: ALLOWED_HOSTS=www.example.org,leaflets.example.org."


@pytest.mark.parametrize("network", ["0.0.0.0/0", "::/0"])
def test_trusting_all_proxies_is_an_error(settings, network):
    settings.TRUSTED_PROXIES = parse_networks(["127.0.0.1", network])

    assert status("settings") == Status.ERROR


@pytest.mark.parametrize(
    ("site_url", "allowed"),
    [
        ("https://www.example.org:8443", "www.example.org"),
        ("http://[::1]:8000", "[::1]"),
        ("https://a.example.org", ".example.org"),
    ],
)
def test_a_site_url_that_is_an_allowed_host_is_ok(settings, site_url, allowed):
    settings.SITE_URL, settings.ALLOWED_HOSTS = site_url, [allowed]

    assert status("settings") == Status.OK


def test_a_database_that_answers_is_ok():
    assert status("database") == Status.OK


@pytest.mark.parametrize("error", [OperationalError, InterfaceError])
def test_a_lost_database_is_an_error_and_the_other_checks_still_run(error):
    with lost_database(error=error):
        findings = {finding.check: finding.status for finding in doctor.run_checks(request_site=False)}

    assert findings["database"] == Status.ERROR
    assert findings["disk"] == Status.OK


def test_a_check_has_one_name_whatever_it_finds():
    """A monitoring program recognises it by its name."""
    names = {finding.check for finding in doctor.run_checks(request_site=False)}

    with lost_database():
        assert {finding.check for finding in doctor.run_checks(request_site=False)} <= names


@contextlib.contextmanager
def connected_to(file: Path) -> Iterator[None]:
    """Use the SQLite database in this file in place of the tests' own."""
    usual = connections[DEFAULT_DB_ALIAS]
    other = usual.copy()
    other.settings_dict["NAME"] = file
    connections[DEFAULT_DB_ALIAS] = other
    try:
        yield
    finally:
        other.close()
        connections[DEFAULT_DB_ALIAS] = usual


@on_sqlite
def test_a_missing_database_file_is_distinguished_from_a_new_database(tmp_path):
    with connected_to(tmp_path / "lost.sqlite3"):
        findings = doctor.run_checks(request_site=False)

    (finding,) = [finding for finding in findings if finding.check == "database"]
    assert (finding.status, finding.message) == (Status.ERROR, "The database's file is gone.")
    assert "restore the last backup" in finding.remedy
    assert [finding for finding in findings if "manage.py migrate" in finding.remedy] == []


@on_sqlite
@pytest.mark.parametrize("damage", ["a page", "the first half", "all of it"])
def test_a_damaged_database_file_is_an_error_whose_remedy_is_the_last_backup(tmp_path, damage):
    file = tmp_path / "db.sqlite3"
    # What is committed: the tables that migrations made.
    with contextlib.closing(sqlite3.connect(connection.settings_dict["NAME"])) as database:
        database.execute("VACUUM INTO ?", [str(file)])
    whole = file.read_bytes()
    with contextlib.closing(sqlite3.connect(file)) as database:
        [(page,)] = database.execute("SELECT rootpage FROM sqlite_master WHERE name = 'feedback_feedback'")
        [(size,)] = database.execute("PRAGMA page_size")
    start = (page - 1) * size
    file.write_bytes(
        {
            "a page": whole[:start] + b"\xff" * size + whole[start + size :],
            "the first half": whole[: len(whole) // 2],
            "all of it": b"no database " * 1000,
        }[damage]
    )

    with connected_to(file):
        (finding,) = find("database")

    assert finding.status == Status.ERROR
    assert "estore the last backup" in finding.remedy


def test_a_check_that_fails_does_not_hide_the_others(settings, tmp_path):
    settings.DATA_DIR = tmp_path / "not-mounted"

    findings = {finding.check: finding for finding in doctor.run_checks(request_site=False)}

    assert findings["disk"].status == Status.ERROR
    assert "FileNotFoundError" in findings["disk"].message
    assert findings["database"].status == Status.OK


def test_a_missing_migration_is_an_error():
    (newest,) = MigrationLoader(connection).graph.leaf_nodes("feedback")
    MigrationRecorder(connection).record_unapplied(*newest)

    assert status("database") == Status.ERROR


def test_a_conflict_of_file_and_site_is_a_warning_each_time(settings):
    edit_as_staff("Staff say so.")
    write = replace(GUIDE, summary="The file says so.")

    write_content(settings.CONTENT_DIR, leaflets=[write])

    assert [finding.status for finding in find("content")] == [Status.WARNING]
    assert SLUG in find("content")[0].message
    assert [finding.status for finding in find("content")] == [Status.WARNING]


def test_the_check_of_the_content_loads_nothing(settings):

    write_content(settings.CONTENT_DIR, leaflets=[replace(GUIDE, summary="The file says so.")])

    find("content")

    assert published_edition().summary == GUIDE.summary


def refuse_writes(execute: Callable[..., Any], sql: str, *arguments: Any) -> Any:
    """Let only statements through that read and take no lock. A transaction would lock SQLite for writing."""
    assert re.match(r"\s*(SELECT|PRAGMA|SHOW)\b", sql), sql
    assert not re.search(r"FOR (NO KEY )?UPDATE|advisory", sql), sql
    return execute(sql, *arguments)


@pytest.mark.parametrize("summary", [GUIDE.summary, "The file says so."], ids=["unchanged", "conflict"])
def test_no_check_writes_to_the_database_or_locks_it(settings, summary):
    edit_as_staff("Staff say so.")
    write_content(settings.CONTENT_DIR, leaflets=[replace(GUIDE, summary=summary)])

    with connection.execute_wrapper(refuse_writes):
        findings = doctor.run_checks(request_site=False)

    assert [finding for finding in findings if "AssertionError" in finding.message] == []


def test_a_new_file_and_a_missing_one_are_no_conflict(settings):
    write_content(
        settings.CONTENT_DIR, leaflets=[replace(GUIDE, slug="new-leaflet"), replace(GUIDE, slug="newer")]
    )

    assert [finding.status for finding in find("content")] == [Status.OK]


def test_two_files_of_one_leaflet_are_an_error(settings):
    """The second has an old address of the leaflet as its name."""
    leaflets = [replace(GUIDE, slug="sen-help", formerly=(SLUG,)), PRIVACY]
    write_content(settings.CONTENT_DIR, leaflets=leaflets)
    loading.load(settings.CONTENT_DIR)

    write_content(settings.CONTENT_DIR, leaflets=[replace(GUIDE, slug="sen-help"), GUIDE, PRIVACY])

    (finding,) = find("content")
    assert (finding.status, finding.message) == (Status.ERROR, "1 things in the files are wrong.")


def test_an_invalid_file_is_an_error(settings):
    (settings.CONTENT_DIR / "leaflets" / f"{SLUG}.md").write_text("nothing")

    assert status("content") == Status.ERROR


def test_published_pages_that_are_not_approved_are_a_warning():
    (finding,) = find("published")
    assert (finding.status, finding.message) == (
        Status.WARNING,
        "Readers are told that these are drafts: privacy.",
    )

    Edition.objects.update(unapproved=False)
    assert status("published") == Status.OK


def test_a_leaflet_with_another_postcode_than_the_record_is_a_warning():
    Edition.objects.update(unapproved=False)
    edit_as_staff("Write to us: EX1 9ZZ")

    (finding,) = find("published")

    assert finding.status == Status.WARNING
    assert "EX1 9ZZ is printed here, and EX1 2AB in the service's record." in finding.message


@pytest.mark.parametrize("days", [2, -46])
def test_a_date_that_does_not_fit_the_last_purge_is_an_error(days):
    run = PurgeRun.objects.create(details=0, comments=0)
    PurgeRun.objects.update(at=run.at + dt.timedelta(days=days))

    assert status("deleting on time") == Status.ERROR


def test_a_purge_in_the_future_is_an_error_of_hours_too():
    PurgeRun.objects.create(details=0, comments=0)
    PurgeRun.objects.update(at=timezone.now() + dt.timedelta(hours=20))

    (finding,) = find("deleting on time")

    assert finding.status == Status.ERROR
    assert "in the future" in finding.message


@pytest.mark.parametrize(("check", "record"), [("backup", "last_backup"), ("restoring", "last_drill")])
def test_a_backup_or_trial_in_the_future_is_a_warning(settings, check, record):
    rest = (
        {"file": "/b", "bytes": 1},
        {"file": "/b", "made_at": "", "leaflets": 1, "messages": 1, "uploads": 0},
    )
    for name, fields in zip(("last_backup", "last_drill"), rest, strict=True):
        at = timezone.now() + dt.timedelta(days=800 if name == record else 0)
        (settings.DATA_DIR / f"{name}.json").write_text(json.dumps(fields | {"at": at.isoformat()}))

    assert [finding.status for finding in find(check) if "in the future" in finding.message] == [
        Status.WARNING
    ]


def test_reminders_in_the_future_are_a_warning(settings):
    settings.HAS_MAIL = True
    ReminderRun.objects.update_or_create(pk=1, defaults={"at": timezone.now() + dt.timedelta(days=800)})

    assert "in the future" in " ".join(finding.message for finding in find("reminders"))


def test_a_scheduled_change_that_is_late_by_more_than_an_hour_is_named():
    change = schedule_draft(create_staff("Publishers"))
    assert status("schedule") == Status.OK

    ScheduledChange.objects.filter(pk=change.pk).update(due_at=timezone.now() - dt.timedelta(minutes=61))

    assert status("schedule") == Status.WARNING
    assert "publish_due" in find("schedule")[0].remedy


def test_a_site_without_a_backup_is_a_warning():
    assert status("backup") == Status.WARNING


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite needs no other program for a backup.")
def test_a_pg_dump_that_is_older_than_the_server_is_an_error(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", f"{old_pg_dump(tmp_path / 'bin')}:{os.environ['PATH']}")

    finding = find("backup")[0]

    assert (finding.status, finding.message) == (Status.ERROR, "None can be made here.")
    assert finding.remedy.startswith("pg_dump is of PostgreSQL 9, and the server is ")


@pytest.mark.parametrize("record", ["", "not JSON", "{}", '{"at": 1}'])
def test_a_damaged_record_of_the_last_backup_counts_as_none(settings, record):
    (settings.DATA_DIR / "last_backup.json").write_text(record)

    assert status("backup") == Status.WARNING


def test_the_backup_of_a_replaced_site_is_named_until_it_is_deleted(settings):
    replaced = settings.DATA_DIR / "replaced-2026-01-01-120000.zip"
    replaced.touch()

    assert f"Delete it once nobody wants to go back: {replaced}." in [
        finding.remedy for finding in find("backup")
    ]


def test_a_fresh_backup_is_ok_and_an_old_one_is_a_warning(settings):
    def record_backup(ago: dt.timedelta) -> None:
        at = (timezone.now() - ago).isoformat()
        (settings.DATA_DIR / "last_backup.json").write_text(json.dumps({"at": at, "file": "/b", "bytes": 1}))
        assert backups.get_last_backup() is not None

    record_backup(dt.timedelta(hours=25))
    assert status("backup") == Status.OK
    record_backup(dt.timedelta(days=3))
    assert status("backup") == Status.WARNING


def test_a_missing_mail_server_is_a_warning():
    assert status("mail") == Status.WARNING


def test_a_mail_server_that_does_not_answer_is_an_error(settings):
    settings.HAS_MAIL = True
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", free_port()

    assert status("mail") == Status.ERROR


def test_a_mail_server_without_recipients_is_a_warning(settings):
    settings.HAS_MAIL, settings.FEEDBACK_NOTIFY = True, []

    (finding,) = [finding for finding in find("mail") if finding.status]

    assert (finding.status, finding.message) == (Status.WARNING, "Nobody is told of new messages.")


def test_messages_without_a_notification_are_a_warning(settings):
    settings.HAS_MAIL, settings.FEEDBACK_NOTIFY = True, ["office@example.org"]
    create_feedback(days_ago=1)
    assert status("mail") == Status.WARNING

    Feedback.objects.update(notified_at=timezone.now())
    assert status("mail") == Status.OK


def test_where_the_certificate_is_right_the_next_step_of_hsts_is_recommended(settings):
    settings.HSTS = "1day"
    (finding,) = doctor._recommend_hsts()

    assert finding.status == Status.WARNING
    assert finding.remedy == "The certificate is right. When it renews by itself, set HSTS=2years."


@pytest.mark.parametrize("hsts", ["2years", "preload"])
def test_two_years_of_hsts_are_ok(settings, hsts):
    settings.HSTS = hsts

    assert [finding.status for finding in doctor._recommend_hsts()] == [Status.OK]


def test_a_site_that_cannot_be_reached_is_a_warning(settings):
    settings.SITE_URL = f"http://127.0.0.1:{free_port()}"

    (finding,) = [finding for finding in doctor.run_checks() if finding.check == "address"]

    assert finding.status == Status.WARNING


def test_a_server_at_the_address_that_does_not_speak_http_is_a_warning(settings):
    def send_greeting(other: socket.socket) -> None:
        visitor, _ = other.accept()
        with visitor:
            visitor.sendall(b"220 Good day\r\n")

    with socket.create_server(("127.0.0.1", 0)) as other:
        settings.SITE_URL = f"http://127.0.0.1:{other.getsockname()[1]}"
        greeting = threading.Thread(target=send_greeting, args=[other])
        greeting.start()

        (finding,) = [finding for finding in doctor.run_checks() if finding.check == "address"]
        greeting.join()

    assert finding.status == Status.WARNING


@pytest.mark.server
def test_the_exit_status_is_that_of_the_worst_finding(tmp_path):
    environment = {"DATA_DIR": str(tmp_path / "new"), "DATABASE_URL": f"sqlite:///{tmp_path}/none.sqlite3"}

    exit_status, printed, errors = run_manage("doctor", "--offline", **environment)

    assert (exit_status, errors) == (2, "")
    assert "WRONG  database: The database's file is gone." in printed
    assert f"→ Mount the volume that {tmp_path}/none.sqlite3 is on." in printed


def test_leaflets_that_are_no_pdf_for_want_of_a_font_are_named():
    edit_as_staff(f"Words {UNPRINTABLE}.")

    (finding,) = find("PDF")

    assert finding.status == Status.WARNING
    assert finding.message == f"Not offered as PDF: {SLUG}, no font has {UNPRINTABLE} (U+12F90)."
    assert "fonts-noto-core" in finding.remedy


# Remedies in the image, where nothing can be installed, and elsewhere.


@pytest.fixture(params=["in the image", "elsewhere"])
def in_image(request, settings) -> bool:
    settings.IN_IMAGE = request.param == "in the image"
    return settings.IN_IMAGE


def test_missing_fonts_are_added_to_the_image_and_installed_elsewhere(in_image):
    edit_as_staff(f"Words {UNPRINTABLE}.")

    remedy = find("PDF")[0].remedy

    assert ("docker build --build-arg PACKAGES=" in remedy) is in_image
    assert ("Install fonts" in remedy) is not in_image


def test_an_invalid_file_is_corrected_where_the_image_is_built(settings, in_image):
    (settings.CONTENT_DIR / "leaflets/broken.md").write_text("No title.")

    remedy = find("content")[0].remedy

    assert ("Correct them where the image is built" in remedy) is in_image
    assert "`manage.py load_leaflets --check`" in remedy


def connect_without_virtual_tables(
    *arguments: Any, connect=sqlite3.connect, **named: Any
) -> sqlite3.Connection:
    """Connect to SQLite, and let it make no table of FTS5, as where it is built without."""
    opened = connect(*arguments, **named)
    refused = (sqlite3.SQLITE_CREATE_VTABLE,)
    opened.set_authorizer(lambda action, *_: sqlite3.SQLITE_DENY if action in refused else sqlite3.SQLITE_OK)
    return opened


def test_a_search_without_an_index_needs_another_base_of_the_image_or_another_python(in_image, monkeypatch):
    monkeypatch.setattr(sqlite3, "connect", connect_without_virtual_tables)

    remedy = find("search")[0].remedy

    assert ("Build the image from a base" in remedy) is in_image
    assert ("Use a Python" in remedy) is not in_image


def test_a_backup_of_the_image_is_written_and_tried_where_its_files_are(settings, in_image):
    never_made = find("backup")[-1].remedy
    made = backups.Backup(timezone.now().isoformat(), "backup.zip", 1)
    (settings.DATA_DIR / "last_backup.json").write_text(json.dumps(asdict(made)))
    never_tried = find("restoring")[-1].remedy

    where = f" FILE is in {settings.DATA_DIR}." if in_image else ""
    assert never_made == f"Run `manage.py backup FILE` every day.{where}"
    assert never_tried == f"Run `manage.py restore --check FILE`. It changes nothing here.{where}"


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite needs no other program for a backup.")
@pytest.mark.parametrize("installed", [True, False])
def test_programs_for_backups_come_with_the_base_of_the_image_and_are_installed_elsewhere(
    tmp_path, monkeypatch, in_image, installed
):
    monkeypatch.setenv("PATH", str(old_pg_dump(tmp_path / "bin")) if installed else str(tmp_path))

    remedy = find("backup")[0].remedy

    assert ("docker build --build-arg BASE_IMAGE=" in remedy) is in_image
    assert ("apt-get install postgresql-client" in remedy) is not in_image


def test_programs_that_no_debian_has_are_in_a_base_that_the_documentation_describes(settings):
    settings.IN_IMAGE = True

    assert "BASE_IMAGE=python:3.13-slim-trixie" in postgresql.how_to_install(16)
    assert "see docs/operating.md, “PostgreSQL”" in postgresql.how_to_install(18)


def test_every_argument_of_the_build_that_a_remedy_names_is_in_the_dockerfile():
    code = "".join(path.read_text() for path in (ROOT / "sendiass_site/ops").glob("*.py"))
    named = set(re.findall(r"--build-arg (\w+)=", code))

    assert named == {"BASE_IMAGE", "PACKAGES"}
    assert named == set(re.findall(r"^ARG (\w+)", (ROOT / "Dockerfile").read_text(), re.MULTILINE))
