"""Durability: acknowledged messages are never lost, and others are returned in the form.

Confidentiality: no log, URL, cookie or page contains what was sent.
"""

import contextlib
import http.client
import logging
import os
import re
import signal
import sqlite3
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from io import StringIO
from itertools import count
from pathlib import Path
from socketserver import StreamRequestHandler, ThreadingTCPServer
from urllib.parse import parse_qs, urlencode, urlsplit

import psutil
import psycopg
import pytest
from django.conf import settings as site_settings
from django.core.management import CommandError, call_command
from django.db import InterfaceError, connection
from django.http import HttpResponse

from leaflets.feedback import submissions
from leaflets.feedback.models import Feedback, SubmissionLog
from tests.conftest import HttpsClient
from tests.factories import create_feedback
from tests.pages import Page, crawl, load_site, lost_database, visit
from tests.running_site import ROOT, free_port, loaded_postgresql, loaded_sqlite, wait_until

FORM = "/have-your-say/"
TIMEOUT = 120  # seconds, for a machine under heavy load

# Distinctive words, which occur nowhere else.
COMMENTS = "The marmalade was unclear to us."
PERSON = {"name": "Quillon Bassett", "email": "quillon@bassett.example", "phone": "01632 960777"}
WRITTEN = {"comments": COMMENTS, **PERSON}
SECRETS = ("marmalade", "Quillon", "Bassett", "960777", "bassett.example", "Wigglesworth")


def signed_token(seconds_ago: float = 60) -> str:
    """The token of a form that was opened so long ago."""
    return submissions.FormToken(uuid.uuid4().hex, time.time() - seconds_ago).sign()


def reference_in(response: HttpResponse) -> str:
    """The reference in the redirect that acknowledges a message."""
    assert response.status_code == 303
    return parse_qs(urlsplit(response["Location"]).query)["reference"][0]


def form_contents(response: HttpResponse) -> dict[str, str]:
    """The contents of the form in a response."""
    page = Page(FORM, response)
    boxes = {name: page.one(f"form//input[@name='{name}']").get("value", "") for name in PERSON}
    return boxes | {"comments": (page.one("form//textarea").text or "").lstrip("\n")}


# Killed processes


class Server:
    """The site as `script/server` runs it, at a fixed address."""

    def __init__(self, data_dir: Path, database_url: str) -> None:
        port = free_port()
        self.base = f"http://127.0.0.1:{port}"
        self.database_url = database_url
        self.log = data_dir / "server.log"
        self._environment = os.environ | {
            "DATA_DIR": str(data_dir),
            "DATABASE_URL": database_url,
            "PORT": str(port),
            "HTTPS": "off",
            # Tests sign tokens themselves.
            "SECRET_KEY": site_settings.SECRET_KEY,
        }

    def start(self) -> None:
        """Start gunicorn. The database is loaded: it needs nothing of what `script/server` does first."""
        config, address = "python:sendiass_site.gunicorn_config", self.base.removeprefix("http://")
        with self.log.open("a") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "gunicorn", "-c", config, "-b", address],
                cwd=ROOT,
                env=self._environment,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        wait_until(self._is_ready)

    def _is_ready(self) -> bool:
        assert self._process.poll() is None, f"The site did not start:\n{self.log.read_text()}"
        with contextlib.suppress(OSError, http.client.HTTPException):
            return send_request(self.base, "GET", "/readyz").status_code == 200
        return False

    def stop(self) -> None:
        self._process.terminate()
        self._process.wait(timeout=TIMEOUT)

    def kill(self) -> None:
        """End every process of the server at once, as a power cut does."""
        os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()

    def kill_a_worker(self) -> None:
        self._workers()[0].kill()

    def has_both_workers(self) -> bool:
        return len(self._workers()) == 2

    def _workers(self) -> list[psutil.Process]:
        """The live workers, oldest first."""
        children = psutil.Process(self._process.pid).children()
        with contextlib.suppress(psutil.NoSuchProcess):
            alive = [child for child in children if child.status() != psutil.STATUS_ZOMBIE]
            return sorted(alive, key=psutil.Process.create_time)
        return []

    def stored(self, beginning: str) -> list[tuple[str, str]]:
        """Comments and reference of each message whose comments begin so, read directly from the database."""
        with self.connect() as database:
            query = "SELECT comments, reference FROM feedback_feedback"
            return [row for row in database.execute(query).fetchall() if row[0].startswith(beginning)]

    @contextlib.contextmanager
    def connect(self) -> Iterator[sqlite3.Connection | psycopg.Connection]:
        """A connection of its own to the server's database."""
        is_sqlite = self.database_url.startswith("sqlite:///")
        path = self.database_url.removeprefix("sqlite:///")
        with contextlib.closing(
            sqlite3.connect(path, isolation_level=None, timeout=TIMEOUT)
            if is_sqlite
            else psycopg.connect(self.database_url, autocommit=True)
        ) as database:
            yield database


def send_request(base: str, method: str, path: str, body: str | None = None, **headers: str) -> HttpResponse:
    """Send a request to a running site.

    Raises `OSError` or `http.client.HTTPException` where the response is incomplete.
    """
    client = http.client.HTTPConnection(urlsplit(base).netloc, timeout=TIMEOUT)
    with contextlib.closing(client):
        client.request(method, path, body, headers)
        response = client.getresponse()
        return HttpResponse(response.read(), status=response.status, headers=dict(response.getheaders()))


def send(base: str, fields: dict[str, str], address: str = "198.51.100.1") -> HttpResponse:
    """Submit the form from an IP address."""
    headers = {"Content-Type": "application/x-www-form-urlencoded", "X-Forwarded-For": address}
    return send_request(base, "POST", FORM, urlencode(fields), **headers)


def addresses() -> Iterator[str]:
    """Distinct IP addresses."""
    return (f"10.20.{number // 250}.{number % 250 + 1}" for number in count())


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("site")
    url = loaded_sqlite(folder) if request.param == "sqlite" else loaded_postgresql()
    running = Server(folder, url)
    running.start()
    yield running
    running.stop()


def send_until_acknowledged(base: str, comments: str, address: str) -> tuple[str, str, int]:
    """Repeat one submission until it is acknowledged. Returns its comments, its reference and the number of attempts."""
    fields = {"comments": comments, "opened": signed_token()}
    deadline = time.monotonic() + TIMEOUT
    for attempts in count(1):
        assert time.monotonic() < deadline, "It was never acknowledged."
        with contextlib.suppress(OSError, http.client.HTTPException):
            return comments, reference_in(send(base, fields, address)), attempts
        time.sleep(0.1)
    raise AssertionError


@pytest.mark.server
def test_every_acknowledged_message_is_stored_once_although_processes_are_killed(server):
    each_time = 20
    sender = addresses()
    sent = []

    with ThreadPoolExecutor(4) as pool:
        for kill in ["a worker", "all", "a worker", "all"]:
            wait_until(server.has_both_workers)
            before = len(sent)
            sent += [
                pool.submit(send_until_acknowledged, server.base, f"Killed {before + number}.", next(sender))
                for number in range(each_time)
            ]
            wait_until(lambda: sum(one.done() for one in sent) >= before + 5)  # noqa: B023 - called before the loop goes on
            if kill == "all":
                server.kill()
                server.start()
            else:
                server.kill_a_worker()
    acknowledged = [one.result() for one in sent]

    stored = server.stored("Killed")
    assert sorted(stored) == sorted((comments, reference) for comments, reference, _ in acknowledged)
    assert sum(attempts for _, _, attempts in acknowledged) > len(acknowledged), "No request was interrupted."


@pytest.mark.server
def test_a_message_repeated_after_a_lost_connection_is_stored_once(server):
    same = {"comments": "Cut off.", "opened": signed_token()}
    cut_off = http.client.HTTPConnection(urlsplit(server.base).netloc)
    with contextlib.closing(cut_off):
        cut_off.request("POST", FORM, urlencode(same), {"Content-Type": "application/x-www-form-urlencoded"})
        wait_until(lambda: len(server.stored("Cut off.")) == 1)
        server.kill()
    server.start()

    references = [reference_in(send(server.base, same)) for _ in range(2)]

    assert server.stored("Cut off.") == [("Cut off.", reference) for reference in references[:1]]
    assert len(set(references)) == 1


@pytest.mark.server
def test_two_hundred_concurrent_messages_are_stored_once_or_rejected_with_their_text(server):
    at_once = threading.Barrier(200)

    def send_one(number: int, address: str) -> tuple[str, HttpResponse]:
        comments = f"At once {number}."
        at_once.wait(TIMEOUT)
        return comments, send(server.base, {"comments": comments, "opened": signed_token()}, address)

    with ThreadPoolExecutor(200) as pool:
        answers = list(pool.map(send_one, range(200), addresses()))

    thanked = [(comments, answer) for comments, answer in answers if answer.status_code == 303]
    rejected = [(comments, answer) for comments, answer in answers if answer.status_code != 303]
    for comments, answer in rejected:
        assert 400 <= answer.status_code < 500 or answer.status_code == 503
        assert form_contents(answer)["comments"] == comments
        assert "again" in Page(FORM, answer).text("*[@role='alert']")
    assert sorted(server.stored("At once")) == sorted(
        (comments, reference_in(answer)) for comments, answer in thanked
    )
    said = " ".join(answer.content.decode() for _, answer in answers) + server.log.read_text()
    assert "locked" not in said


# Database failures


@pytest.fixture
def site(transactional_db, tmp_path) -> HttpsClient:
    """A client of the small site, which has served a page before."""
    load_site(tmp_path)
    client = HttpsClient()
    visit(client, "/")
    return client


@contextlib.contextmanager
def full_disk() -> Iterator[None]:
    """A full disk: the database file cannot grow."""
    if connection.vendor != "sqlite":
        pytest.skip("The size of a PostgreSQL database cannot be limited from here.")
    with connection.cursor() as cursor:
        cursor.execute("VACUUM")
        pages = cursor.execute("PRAGMA page_count").fetchone()[0]
        cursor.execute(f"PRAGMA max_page_count = {pages}")
        yield
        cursor.execute("PRAGMA max_page_count = 4294967294")


@contextlib.contextmanager
def read_only_database() -> Iterator[None]:
    """A database that can be read and not written."""
    lock, unlock = {
        "sqlite": ("PRAGMA query_only = ON", "PRAGMA query_only = OFF"),
        "postgresql": (
            "SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY",
            "SET SESSION CHARACTERISTICS AS TRANSACTION READ WRITE",
        ),
    }[connection.vendor]
    with connection.cursor() as cursor:
        cursor.execute(lock)
        yield
        cursor.execute(unlock)


def lost_connection() -> AbstractContextManager[None]:
    """A closed connection: it raises `InterfaceError`, which is no `DatabaseError`."""
    return lost_database(error=InterfaceError)


DATABASE_FAILURES = {
    "full disk": full_disk,
    "read-only": read_only_database,
    "gone": lost_database,
    "closed": lost_connection,
}
# Larger than a page of the database.
LARGE = {**WRITTEN, "comments": COMMENTS + "🙂" * 3000}


@pytest.mark.parametrize("failure", DATABASE_FAILURES.values(), ids=DATABASE_FAILURES)
def test_when_the_database_fails_the_form_is_shown_with_its_contents(site, failure):
    with failure():
        response = site.post(FORM, LARGE | {"opened": signed_token(), "asked": "true"})

    page = Page(FORM, response)
    assert page.status == 503
    assert page.text("h1") == "Have Your Say"
    assert form_contents(response) == LARGE
    assert "This is our fault, not yours" in page.text("*[@role='alert']")
    assert page.links("*[@role='alert']") == {"01632 960000": "tel:01632960000"}
    assert int(response["Retry-After"]) > 0
    assert "no-store" in response["Cache-Control"]
    assert (Feedback.objects.count(), SubmissionLog.objects.count()) == (0, 0)


@pytest.mark.parametrize("failure", DATABASE_FAILURES.values(), ids=DATABASE_FAILURES)
def test_after_a_database_failure_the_same_form_can_be_sent_again(site, failure):
    same = LARGE | {"opened": signed_token(), "asked": "true"}
    with failure():
        site.post(FORM, same)

    response = site.post(FORM, same)

    assert Feedback.objects.get().reference == reference_in(response)


def test_losing_the_database_at_any_query_either_stores_the_message_or_returns_it(site):
    same = WRITTEN | {
        "opened": signed_token(),
        "asked": "true",
        "leaflet": "sen-support",
        "section": "duties",
    }

    for answers in count():
        with lost_database(answers=answers):
            response = site.post(FORM, same)
        if response.status_code == 303:
            break
        assert response.status_code == 503
        assert form_contents(response) == WRITTEN
        assert Feedback.objects.count() == 0

    assert answers > 3
    assert Feedback.objects.get().reference == reference_in(response)


def test_changing_the_display_without_a_database_keeps_the_contents(site):
    with lost_database():
        page = Page(FORM, site.post(FORM, WRITTEN | {"opened": signed_token()}))
        button = page.one("button[@name='display']")
        chosen = site.post(FORM, WRITTEN | {"opened": signed_token(), "display": "large"})

    assert (button.get("form"), button.get("formaction")) == ("page-writing", FORM)
    assert page.one("*[@id='page-writing']").tag == "form"
    assert form_contents(chosen) == WRITTEN


# Mail server failures


class WorkingMailServer(StreamRequestHandler):
    """A mail server that accepts every e-mail."""

    def say(self, line: str) -> None:
        self.wfile.write(f"{line}\r\n".encode())

    def handle(self) -> None:
        self.say("220 Good day")
        for line in self.rfile:
            command = line[:4].upper()
            if command == b"DATA":
                self.say("354 Go on")
                self.server.mails.append(b"".join(iter(self.rfile.readline, b".\r\n")).decode())
            self.say("221 Good night" if command == b"QUIT" else "250 Yes")


class NeverAnswers(StreamRequestHandler):
    def handle(self) -> None:
        self.rfile.read()


class ClosesConnection(StreamRequestHandler):
    def handle(self) -> None:
        pass


class SendsGarbage(StreamRequestHandler):
    def handle(self) -> None:
        self.wfile.write(b"\xff\xfe\x00 What?\r\n")


class RefusesEveryCommand(StreamRequestHandler):
    def handle(self) -> None:
        self.wfile.write(b"220 Good day\r\n")
        for line in self.rfile:
            self.wfile.write(b"550 Not for " + line)


class AnswersLate(StreamRequestHandler):
    """A mail server that does not answer until `released` is set."""

    def handle(self) -> None:
        self.server.released.wait(TIMEOUT)


@pytest.fixture
def start_mail_server(settings):
    """`start_mail_server(kind)` starts a mail server for the notifications of staff, and returns it."""
    settings.FEEDBACK_NOTIFY = ["office@example.org"]
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_TIMEOUT = "127.0.0.1", free_port(), 0.5
    servers: list[ThreadingTCPServer] = []

    def run(kind: type[StreamRequestHandler]) -> ThreadingTCPServer:
        server = ThreadingTCPServer(("127.0.0.1", 0), kind)
        server.mails, server.released = [], threading.Event()
        settings.EMAIL_PORT = server.server_address[1]
        threading.Thread(target=server.serve_forever, name="mail server").start()
        servers.append(server)
        return server

    yield run
    for server in servers:
        server.released.set()
        server.shutdown()
        server.server_close()


@contextlib.contextmanager
def wait_for_mail_threads() -> Iterator[None]:
    """On exit, wait for the threads that send e-mail."""
    before = set(threading.enumerate())
    yield
    for thread in set(threading.enumerate()) - before:
        # A thread of the mail server may be listed before it has started, and cannot be joined yet.
        if thread.is_alive():
            thread.join(TIMEOUT)


def send_notifications() -> str:
    printed = StringIO()
    call_command("send_notifications", stdout=printed)
    return printed.getvalue().strip()


FAILING_MAIL_SERVERS = [None, NeverAnswers, ClosesConnection, SendsGarbage, RefusesEveryCommand]


@pytest.mark.parametrize("kind", FAILING_MAIL_SERVERS, ids=lambda kind: kind.__name__ if kind else "Dead")
def test_a_failing_mail_server_loses_no_message_and_staff_are_notified_later_once(
    site, start_mail_server, kind
):
    if kind:
        start_mail_server(kind)
    with wait_for_mail_threads():
        response = site.post(FORM, WRITTEN | {"opened": signed_token()})
    with pytest.raises(CommandError):
        send_notifications()
    working = start_mail_server(WorkingMailServer)

    said = [send_notifications(), send_notifications()]

    assert Feedback.objects.get().reference == reference_in(response)
    assert visit(site, response["Location"]).text("h1") == "Thank you"
    assert said == ["Told staff of 1 new message(s).", "Nothing new to tell."]
    assert len(working.mails) == 1


def test_the_response_does_not_wait_for_the_mail_server(site, start_mail_server, settings):
    settings.EMAIL_TIMEOUT = TIMEOUT
    slow = start_mail_server(AnswersLate)

    with wait_for_mail_threads():
        response = site.post(FORM, WRITTEN | {"opened": signed_token()})
        assert not slow.released.is_set()
        slow.released.set()

    assert Feedback.objects.get().reference == reference_in(response)


def test_a_message_is_stored_where_no_thread_can_be_started(site, start_mail_server, monkeypatch):
    working = start_mail_server(WorkingMailServer)

    def refuse(_thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    with monkeypatch.context() as patch:
        patch.setattr(threading.Thread, "start", refuse)
        response = site.post(FORM, WRITTEN | {"opened": signed_token()})

    assert Feedback.objects.get().reference == reference_in(response)
    assert send_notifications() == "Told staff of 1 new message(s)."
    assert len(working.mails) == 1


def test_staff_are_notified_at_once_and_only_once(site, start_mail_server):
    working = start_mail_server(WorkingMailServer)

    with wait_for_mail_threads():
        site.post(FORM, WRITTEN | {"opened": signed_token()})

    assert send_notifications() == "Nothing new to tell."
    assert len(working.mails) == 1


def test_concurrent_processes_notify_staff_once(site, start_mail_server):
    working = start_mail_server(WorkingMailServer)
    create_feedback(COMMENTS)
    at_once = threading.Barrier(4)

    def notify() -> str:
        try:
            at_once.wait(TIMEOUT)
            return send_notifications()
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as processes:
        said = [one.result() for one in [processes.submit(notify) for _ in range(4)]]

    assert sorted(said) == ["Nothing new to tell."] * 3 + ["Told staff of 1 new message(s)."]
    assert len(working.mails) == 1


def test_the_email_as_sent_contains_nothing_of_the_message(site, start_mail_server):
    working = start_mail_server(WorkingMailServer)

    with wait_for_mail_threads():
        response = site.post(FORM, WRITTEN | {"opened": signed_token()})

    (mail,) = working.mails
    assert "office@example.org" in mail
    assert [secret for secret in (*SECRETS, reference_in(response)) if secret in mail] == []


# Confidentiality

# Every outcome of a submission: changes to the submitted fields, and the status.
OUTCOMES = {
    "thanked": (dict, 303),
    "asked about": (lambda: {"comments": f"{COMMENTS} Tom Wigglesworth, born 3 May 2015."}, 200),
    "large print": (lambda: {"display": "large"}, 200),
    "too long": (lambda: {"comments": COMMENTS * 200}, 422),
    "no address": (lambda: {"email": "quillon@bassett"}, 422),
    "no phone": (lambda: {"phone": "960777 Wigglesworth"}, 422),
    "quick": (lambda: {"opened": signed_token(0)}, 400),
    "late": (lambda: {"opened": signed_token(25 * 3600)}, 400),
    "forged": (lambda: {"opened": "Wigglesworth"}, 400),
    "trap": (lambda: {"homepage": "Wigglesworth"}, 400),
    "not read": (lambda: {"comments": COMMENTS * 40_000}, 400),
    "too many fields": (lambda: {f"Wigglesworth {number}": COMMENTS for number in range(1501)}, 400),
}


def secrets_in(text: str) -> list[str]:
    """The secrets that a text contains."""
    return [secret for secret in SECRETS if secret.lower() in text.lower()]


@pytest.mark.parametrize(("changes", "status"), OUTCOMES.values(), ids=OUTCOMES)
def test_no_response_puts_message_contents_into_logs_urls_or_cookies(site, caplog, changes, status):
    caplog.set_level(logging.DEBUG)

    response = site.post(FORM, WRITTEN | {"opened": signed_token()} | changes())

    assert response.status_code == status
    assert secrets_in(caplog.text) == []
    assert secrets_in(str(response.headers)) == []
    assert secrets_in(site.cookies.output()) == []
    assert "no-store" in response["Cache-Control"]


@pytest.mark.parametrize("whose", ["SENDER", "SITE"])
def test_reaching_a_rate_limit_logs_no_message_contents(site, caplog, settings, whose):
    caplog.set_level(logging.DEBUG)
    setattr(settings, f"FEEDBACK_{whose}_LIMIT", 0)

    # At the site's limit, the first message of a sender is still taken.
    for comments in (COMMENTS, f"{COMMENTS} And more."):
        response = site.post(FORM, WRITTEN | {"opened": signed_token(), "comments": comments})

    assert response.status_code == 429
    assert secrets_in(caplog.text) == []
    assert secrets_in(str(response.headers)) == []
    assert "no-store" in response["Cache-Control"]


@pytest.mark.parametrize("failure", DATABASE_FAILURES.values(), ids=DATABASE_FAILURES)
def test_a_database_failure_logs_no_message_contents(site, caplog, failure):
    caplog.set_level(logging.DEBUG)

    with failure():
        response = site.post(FORM, LARGE | {"opened": signed_token(), "asked": "true"})

    assert "A message could not be stored" in caplog.text
    assert secrets_in(caplog.text) == []
    assert secrets_in(str(response.headers)) == []


def test_a_mail_failure_logs_no_message_contents_or_recipients(site, caplog, start_mail_server):
    caplog.set_level(logging.DEBUG)
    start_mail_server(RefusesEveryCommand)

    with wait_for_mail_threads():
        site.post(FORM, WRITTEN | {"opened": signed_token()})

    assert "could not be sent" in caplog.text
    assert secrets_in(caplog.text) == []
    assert "office@example.org" not in caplog.text


def test_no_public_page_shows_message_contents(site):
    response = site.post(FORM, WRITTEN | {"opened": signed_token(), "leaflet": "sen-support"})

    pages = {**crawl(HttpsClient()), "thank you": visit(site, response["Location"])}

    assert Feedback.objects.get().comments == COMMENTS
    assert {"/", FORM, "/you-said-we-did/", "/leaflets/sen-support/"} <= pages.keys()
    assert {url: secrets_in(page.html) for url, page in pages.items() if secrets_in(page.html)} == {}


@pytest.mark.server
def test_the_server_log_contains_no_message_contents(server):
    everything = WRITTEN | {"asked": "true"}
    answers = [
        send(server.base, everything | {"opened": signed_token()} | changes(), "10.30.0.1")
        for changes, _ in OUTCOMES.values()
    ]
    answers += [
        send(
            server.base,
            everything | {"opened": signed_token(), "comments": f"{COMMENTS} {number}"},
            "10.30.0.2",
        )
        for number in range(site_settings.FEEDBACK_SENDER_LIMIT + 1)
    ]
    with server.connect() as database:
        database.execute("ALTER TABLE feedback_feedback RENAME TO somewhere_else")
        try:
            answers.append(send(server.base, everything | {"opened": signed_token()}, "10.30.0.3"))
        finally:
            database.execute("ALTER TABLE somewhere_else RENAME TO feedback_feedback")

    assert {answer.status_code for answer in answers} == {200, 303, 400, 422, 429, 503}
    assert "A message could not be stored" in server.log.read_text()
    assert secrets_in(server.log.read_text()) == []
    assert [answer["Location"] for answer in answers if secrets_in(str(answer.headers))] == []
    assert all("no-store" in answer["Cache-Control"] for answer in answers)
    assert all(
        re.fullmatch(r"/have-your-say/thank-you/\?reference=\w{4}-\w{4}", answer["Location"])
        for answer in answers
        if answer.status_code == 303
    )
