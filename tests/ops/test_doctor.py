"""`manage.py doctor`: what is right and wrong with an installation, and how to mend it."""

import contextlib
import datetime as dt
import json
import os
import re
import socket
import sqlite3
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.db import InterfaceError, OperationalError, connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.utils import timezone

from leaflets.feedback.models import Feedback
from leaflets.models import Edition
from leaflets.publishing import loading
from sendiass_site.ops import backups, doctor
from sendiass_site.ops.doctor import Finding, Verdict
from sendiass_site.web.proxies import parse_networks
from tests.environment import PROGRAMS, new_postgresql, old_pg_dump
from tests.factories import SLUG, edit_as_staff, live, message, run_manage, write_content
from tests.pages import GUIDE, PRIVACY, load_site, lost_database
from tests.running_site import free_port

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _site(tmp_path: Path, settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", f"{PROGRAMS}:{os.environ['PATH']}")
    settings.DATA_DIR = tmp_path / "data"
    settings.DATA_DIR.mkdir()
    settings.CONTENT_DIR = tmp_path / "content"
    settings.CONTENT_DIR.mkdir()
    load_site(settings.CONTENT_DIR)


def found(about: str) -> list[Finding]:
    """What the doctor has to say about one thing."""
    return [finding for finding in doctor.examine(visit=False) if finding.about == about]


def verdict(about: str) -> Verdict:
    return max(finding.verdict for finding in found(about))


def test_whatever_is_not_right_comes_with_a_remedy():
    findings = doctor.examine(visit=False)

    assert [finding for finding in findings if finding.verdict and not finding.remedy] == []


def test_a_site_that_answers_under_any_name_is_wrong(settings):
    settings.ALLOWED_HOSTS = ["*"]

    assert verdict("settings") == Verdict.WRONG


def test_a_site_without_https_is_worth_one_look_and_no_more(settings):
    settings.HTTPS = settings.SECURE_SSL_REDIRECT = settings.SESSION_COOKIE_SECURE = False
    settings.SECURE_HSTS_SECONDS = 0

    assert [(finding.verdict, finding.words[:13]) for finding in found("settings")] == [
        (Verdict.LOOK, "HTTPS is off:")
    ]


def test_links_in_mails_that_the_site_would_not_answer_are_wrong(settings):
    settings.SITE_URL, settings.ALLOWED_HOSTS = "https://leaflets.example.org", ["www.example.org"]

    (finding,) = [finding for finding in found("settings") if finding.verdict == Verdict.WRONG]

    assert finding.remedy == "Add it: ALLOWED_HOSTS=www.example.org,leaflets.example.org."


@pytest.mark.parametrize("everybody", ["0.0.0.0/0", "::/0"])
def test_a_site_that_believes_everybody_is_wrong(settings, everybody):
    settings.TRUSTED_PROXIES = parse_networks(["127.0.0.1", everybody])

    assert verdict("settings") == Verdict.WRONG


@pytest.mark.parametrize(
    ("site_url", "allowed"),
    [
        ("https://www.example.org:8443", "www.example.org"),
        ("http://[::1]:8000", "[::1]"),
        ("https://a.example.org", ".example.org"),
    ],
)
def test_links_in_mails_that_lead_here_are_right(settings, site_url, allowed):
    settings.SITE_URL, settings.ALLOWED_HOSTS = site_url, [allowed]

    assert verdict("settings") == Verdict.RIGHT


def test_a_database_that_answers_is_right():
    assert verdict("database") == Verdict.RIGHT


@pytest.mark.parametrize("error", [OperationalError, InterfaceError])
def test_a_database_that_is_gone_is_named_and_the_rest_is_still_looked_at(error):
    with lost_database(error=error):
        findings = {finding.about: finding.verdict for finding in doctor.examine(visit=False)}

    assert findings["database"] == Verdict.WRONG
    assert findings["disk"] == Verdict.RIGHT


def test_a_database_whose_file_is_gone_is_told_from_a_new_one(settings, tmp_path):
    lost = tmp_path / "lost.sqlite3"

    with_lost = run_manage("doctor", "--offline", DATA_DIR=str(tmp_path), DATABASE_URL=f"sqlite:///{lost}")

    assert "WRONG  database: The database's file is gone." in with_lost[1]
    assert "restore the last backup" in with_lost[1]
    assert "manage.py migrate" not in with_lost[1]


@pytest.mark.parametrize("damage", ["a page", "the first half", "all of it"])
def test_whoever_has_a_damaged_file_is_sent_to_the_last_backup(tmp_path, damage):
    file = tmp_path / "db.sqlite3"
    environment = {"DATA_DIR": str(tmp_path), "DATABASE_URL": f"sqlite:///{file}"}
    run_manage("migrate", "--verbosity=0", **environment)
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

    _, printed, _ = run_manage("doctor", "--offline", **environment)

    said = re.search(r"WRONG  database: .+\n +→ (.+)", printed)[1]
    assert "estore the last backup" in said


def test_one_thing_that_cannot_be_looked_at_hides_none_of_the_others(settings, tmp_path):
    settings.DATA_DIR = tmp_path / "not-mounted"

    findings = {finding.about: finding for finding in doctor.examine(visit=False)}

    assert findings["disk"].verdict == Verdict.WRONG
    assert "FileNotFoundError" in findings["disk"].words
    assert findings["database"].verdict == Verdict.RIGHT


def test_a_missing_migration_is_wrong():
    (newest,) = MigrationLoader(connection).graph.leaf_nodes("feedback")
    MigrationRecorder(connection).record_unapplied(*newest)

    assert verdict("database") == Verdict.WRONG


def test_a_conflict_of_file_and_site_is_worth_a_look_and_looking_changes_nothing(settings):
    edit_as_staff("Staff say so.")
    write = replace(GUIDE, summary="The file says so.")

    write_content(settings.CONTENT_DIR, leaflets=[write])

    assert [finding.verdict for finding in found("content")] == [Verdict.LOOK]
    assert SLUG in found("content")[0].words
    assert [finding.verdict for finding in found("content")] == [Verdict.LOOK]


def test_looking_at_the_files_loads_nothing(settings):

    write_content(settings.CONTENT_DIR, leaflets=[replace(GUIDE, summary="The file says so.")])

    found("content")

    assert live().summary == GUIDE.summary


def refuse_writes(execute: Callable[..., Any], sql: str, *arguments: Any) -> Any:
    """Let only statements through that read and take no lock. A transaction would lock SQLite for writing."""
    assert re.match(r"\s*(SELECT|PRAGMA)\b", sql), sql
    assert not re.search(r"FOR (NO KEY )?UPDATE|advisory", sql), sql
    return execute(sql, *arguments)


@pytest.mark.parametrize("summary", [GUIDE.summary, "The file says so."], ids=["unchanged", "conflict"])
def test_no_check_writes_to_the_database_or_locks_it(settings, summary):
    edit_as_staff("Staff say so.")
    write_content(settings.CONTENT_DIR, leaflets=[replace(GUIDE, summary=summary)])

    with connection.execute_wrapper(refuse_writes):
        findings = doctor.examine(visit=False)

    assert [finding for finding in findings if "AssertionError" in finding.words] == []


def test_a_new_file_and_a_missing_one_are_no_conflict(settings):
    write_content(
        settings.CONTENT_DIR, leaflets=[replace(GUIDE, slug="new-leaflet"), replace(GUIDE, slug="newer")]
    )

    assert [finding.verdict for finding in found("content")] == [Verdict.RIGHT]


def test_two_files_of_one_leaflet_are_wrong(settings):
    """The second has an old address of the leaflet as its name."""
    leaflets = [replace(GUIDE, slug="sen-help", formerly=(SLUG,)), PRIVACY]
    write_content(settings.CONTENT_DIR, leaflets=leaflets)
    loading.load(settings.CONTENT_DIR)

    write_content(settings.CONTENT_DIR, leaflets=[replace(GUIDE, slug="sen-help"), GUIDE, PRIVACY])

    (finding,) = found("content")
    assert (finding.verdict, finding.words) == (Verdict.WRONG, "1 things in the files are wrong.")


def test_a_file_that_is_wrong_is_wrong(settings):
    (settings.CONTENT_DIR / "leaflets" / f"{SLUG}.md").write_text("nothing")

    assert verdict("content") == Verdict.WRONG


def test_pages_that_nobody_has_approved_yet_are_worth_a_look():
    (finding,) = found("published")
    assert (finding.verdict, finding.words) == (
        Verdict.LOOK,
        "Readers are told that these are drafts: privacy.",
    )

    Edition.objects.update(unapproved=False)
    assert verdict("published") == Verdict.RIGHT


def test_a_leaflet_that_prints_another_postcode_than_the_record_is_worth_a_look():
    Edition.objects.update(unapproved=False)
    edit_as_staff("Write to us: EX1 9ZZ")

    (finding,) = found("published")

    assert finding.verdict == Verdict.LOOK
    assert "EX1 9ZZ is printed here, and EX1 2AB in the service's record." in finding.words


def test_messages_that_should_have_been_deleted_are_wrong():
    assert verdict("deleting on time") == Verdict.RIGHT
    message(days_ago=8)

    assert verdict("deleting on time") == Verdict.WRONG

    call_command("purge_feedback", verbosity=0)
    assert verdict("deleting on time") == Verdict.RIGHT


def test_a_site_without_a_backup_is_worth_a_look(tmp_path):
    assert verdict("backup") == Verdict.LOOK


def test_a_server_that_is_newer_than_the_program_for_backups_is_named_before_anybody_needs_one(tmp_path):
    path = f"{old_pg_dump(tmp_path / 'bin')}:{os.environ['PATH']}"
    environment = {"DATABASE_URL": new_postgresql(), "PATH": path}
    run_manage("migrate", "--verbosity=0", **environment)

    _status, printed, _ = run_manage("doctor", "--offline", **environment)

    assert (
        "WRONG  backup: None can be made here.\n       → pg_dump is of PostgreSQL 9, and the server is "
        in printed
    )


@pytest.mark.parametrize("note", ["", "not JSON", "{}", '{"at": 1}'])
def test_a_note_of_the_last_backup_that_is_damaged_is_as_good_as_none(settings, note):
    (settings.DATA_DIR / "last_backup.json").write_text(note)

    assert verdict("backup") == Verdict.LOOK


def test_a_site_that_was_replaced_is_named_until_it_is_deleted(settings):
    kept = settings.DATA_DIR / "replaced-2026-01-01-120000.zip"
    kept.touch()

    assert f"Delete it once nobody wants to go back: {kept}." in [
        finding.remedy for finding in found("backup")
    ]


def test_a_fresh_backup_is_right_and_an_old_one_is_not(settings):
    def made(ago: dt.timedelta) -> None:
        at = (timezone.now() - ago).isoformat()
        (settings.DATA_DIR / "last_backup.json").write_text(json.dumps({"at": at, "file": "/b", "bytes": 1}))
        assert backups.last_made() is not None

    made(dt.timedelta(hours=25))
    assert verdict("backup") == Verdict.RIGHT
    made(dt.timedelta(days=3))
    assert verdict("backup") == Verdict.LOOK


def test_without_a_mail_server_nobody_is_told_and_that_is_worth_a_look():
    assert verdict("mail") == Verdict.LOOK


def test_a_mail_server_that_does_not_answer_is_wrong(settings):
    settings.HAS_MAIL = True
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", free_port()

    assert verdict("mail") == Verdict.WRONG


def test_a_mail_server_and_nobody_to_write_to_is_worth_a_look(settings):
    settings.HAS_MAIL, settings.FEEDBACK_NOTIFY = True, []

    (finding,) = [finding for finding in found("mail") if finding.verdict]

    assert (finding.verdict, finding.words) == (Verdict.LOOK, "Nobody is told of new messages.")


def test_staff_who_were_not_told_are_worth_a_look(settings):
    settings.HAS_MAIL, settings.FEEDBACK_NOTIFY = True, ["office@example.org"]
    message(days_ago=1)
    assert verdict("mail") == Verdict.LOOK

    Feedback.objects.update(notified_at=timezone.now())
    assert verdict("mail") == Verdict.RIGHT


def test_a_site_that_cannot_be_reached_is_worth_a_look(settings):
    settings.SITE_URL = f"http://127.0.0.1:{free_port()}"

    (finding,) = [finding for finding in doctor.examine() if finding.about == "address"]

    assert finding.verdict == Verdict.LOOK


def test_something_else_that_answers_at_the_address_is_no_reason_to_break_down(settings):
    def greet(other: socket.socket) -> None:
        visitor, _ = other.accept()
        with visitor:
            visitor.sendall(b"220 Good day\r\n")

    with socket.create_server(("127.0.0.1", 0)) as other:
        settings.SITE_URL = f"http://127.0.0.1:{other.getsockname()[1]}"
        greeting = threading.Thread(target=greet, args=[other])
        greeting.start()

        (finding,) = [finding for finding in doctor.examine() if finding.about == "address"]
        greeting.join()

    assert finding.verdict == Verdict.LOOK


@pytest.mark.server
def test_monitoring_reads_the_verdict_from_the_exit_status(tmp_path):
    environment = {"DATA_DIR": str(tmp_path / "new"), "DATABASE_URL": f"sqlite:///{tmp_path}/none.sqlite3"}

    status, printed, complained = run_manage("doctor", "--offline", **environment)

    assert (status, complained) == (2, "")
    assert "WRONG  database: The database's file is gone." in printed
    assert f"→ Mount the volume that {tmp_path}/none.sqlite3 is on." in printed
