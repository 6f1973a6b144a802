"""Reports of errors: what a real receiver gets from the real `sentry_sdk`, and that nothing of a person is in it."""

import contextlib
import gzip
import json
import logging
import os
import re
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import brotli
import pytest
import sentry_sdk
from django.core.handlers.wsgi import WSGIHandler
from django.core.signals import got_request_exception
from django.http import HttpRequest, HttpResponse
from django.test import override_settings
from django.urls import path

from sendiass_site import urls
from sendiass_site.ops import doctor
from sendiass_site.ops.doctor import Status
from sendiass_site.web import error_reports
from sendiass_site.web.logs import RequestLog
from tests.conftest import HttpsClient
from tests.documentation import ROOT
from tests.feedback.test_durability import FORM, LARGE, full_disk, signed_token
from tests.pages import leaflet_from_text, load_site, visit
from tests.running_site import TIMEOUT, get, running_site
from tests.wsgi import ask

# What a person wrote or is, each in another place of a request.
SECRETS = {
    "name": "Philippa Quackenbush",
    "message": "My daughter cannot sleep before school",
    "address": "203.0.113.77",
    "cookie": "sessionvalue0cookie",
    "token": "tokenvalue0in0path",
    "query": "queryvalue0searched",
    "e-mail": "philippa@home.example",
    "browser": "BrowserName/77",
    "referrer": "referrer0page",
    "host": "attacker.example",
    "database": "secret0password",
}


def fail(request: HttpRequest, token: str = "") -> HttpResponse:
    """A view that fails with everything that it knows in its variables and in the words of its error."""
    everything = f"{request.META} {request.GET} {request.POST} {request.body!r} {token}"
    logging.getLogger("some.library").error(f"Could not do {everything}")  # noqa: G004 - as libraries do
    try:
        raise KeyError(everything)
    except KeyError as error:
        error.add_note(everything)
        raise ValueError(f"Cannot be understood: {everything}") from error


def log_with_values(request: HttpRequest) -> HttpResponse:
    logging.getLogger("leaflets.feedback").error(
        "A message of %s could not be stored.", request.GET["q"], extra={"words": request.GET["q"]}
    )
    return HttpResponse("done")


urlpatterns = [
    path("fail/", fail, name="fail"),
    path("shared/<str:token>/", fail, name="shared-draft"),
    path("log/", log_with_values, name="log"),
    *urls.urlpatterns,
]
handler404, handler500 = urls.handler404, urls.handler500

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.any_database,
    pytest.mark.urls(__name__),
    pytest.mark.usefixtures("connection_of_the_test", "_without_csrf"),
]


class Receiver:
    """An HTTP server that takes reports as Sentry does."""

    def __init__(self, port: int) -> None:
        self.dsn = f"http://publickey@127.0.0.1:{port}/1"
        self.bodies: list[str] = []
        self.arrived = threading.Condition()

    def take(self, body: str) -> None:
        with self.arrived:
            self.bodies.append(body)
            self.arrived.notify_all()

    def wait(self) -> dict[str, Any]:
        """Wait for the first report, and return it."""
        with self.arrived:
            assert self.arrived.wait_for(lambda: self.bodies, TIMEOUT)
        return self.events[0]

    @property
    def events(self) -> list[dict[str, Any]]:
        return [json.loads(body.splitlines()[2]) for body in self.bodies]


@contextlib.contextmanager
def receiver() -> Iterator[Receiver]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            unpack = {"gzip": gzip.decompress, "br": brotli.decompress}.get(
                self.headers.get("Content-Encoding", ""), bytes
            )
            own.take(f"{unpack(body).decode()}\n{self.path}")
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        own = Receiver(server.server_port)
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield own
        server.shutdown()
        thread.join()


@pytest.fixture
def reports(settings, monkeypatch) -> Iterator[Receiver]:
    """The receiver of the reports of this process."""
    monkeypatch.setattr(threading, "excepthook", threading.excepthook)
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)
    with receiver() as found:
        settings.SENTRY_DSN = found.dsn
        error_reports.start()
        yield found
        sentry_sdk.get_client().close(timeout=0)
        sentry_sdk.get_global_scope().set_client(None)
        got_request_exception.disconnect(dispatch_uid="error_reports")


def all_reports(found: Receiver) -> list[dict[str, Any]]:
    """Wait until everything was sent, and return it."""
    sentry_sdk.flush(TIMEOUT)
    return found.events


def named(found: Receiver) -> list[str]:
    """Which of the secrets are anywhere in what was sent."""
    text = "\n".join(found.bodies)
    return [name for name, secret in SECRETS.items() if secret in text or secret.split()[0] in text]


def ask_with_secrets(address: str, **more: str) -> None:
    """Send a request that has all of the secrets, through the application that logs requests."""
    body = f"name={SECRETS['name']}&comments={SECRETS['message']}&email={SECRETS['e-mail']}&password={SECRETS['database']}"
    ask(
        RequestLog(WSGIHandler()),
        f"{address}?q={SECRETS['query']}",
        "POST",
        body=body.encode(),
        x_forwarded_for=SECRETS["address"],
        cookie=f"session={SECRETS['cookie']}",
        user_agent=SECRETS["browser"],
        referer=f"https://testserver/{SECRETS['referrer']}/",
        x_forwarded_host=SECRETS["host"],
        baggage=f"sentry-user_id={SECRETS['cookie']}",
        sentry_trace="0123456789abcdef0123456789abcdef-0123456789abcdef-1",
        authorization=f"Bearer {SECRETS['token']}",
        **more,
    )


@pytest.fixture
def _without_csrf(settings) -> None:
    """So that a view of these tests is reached with a body."""
    settings.MIDDLEWARE = [name for name in settings.MIDDLEWARE if "Csrf" not in name]


# Of requests


def test_an_error_of_a_view_arrives_once_with_its_place(reports):
    ask_with_secrets("/fail/")

    events = [event for event in all_reports(reports) if "exception" in event]
    (event,) = events
    assert [one["type"] for one in event["exception"]["values"]] == ["KeyError", "ValueError"]
    last = event["exception"]["values"][-1]["stacktrace"]["frames"][-1]
    assert (last["function"], last["module"]) == ("fail", __name__)
    assert last["context_line"].strip().startswith("raise ValueError")
    assert event["transaction"] == "fail"
    assert event["request"] == {"method": "POST", "url": "/fail/"}


@pytest.mark.parametrize("address", ["/fail/", f"/shared/{SECRETS['token']}/"])
def test_nothing_that_a_person_sent_is_in_a_report(reports, address):
    ask_with_secrets(address)

    all_reports(reports)
    assert named(reports) == []


def test_a_token_in_a_path_is_left_out_as_in_the_log(reports):
    ask_with_secrets(f"/shared/{SECRETS['token']}/")

    (event,) = [event for event in all_reports(reports) if "exception" in event]
    assert event["request"]["url"] == "/shared/…/"


def test_a_report_has_the_id_under_which_the_log_has_the_rest(reports, caplog):
    ask_with_secrets("/fail/", x_request_id="0123456789abcdef")

    assert {event["tags"]["request_id"] for event in all_reports(reports)} == {"0123456789abcdef"}


def test_a_report_has_no_other_fields_than_the_documentation_lists(reports):
    ask_with_secrets("/fail/")

    (event,) = [event for event in all_reports(reports) if "exception" in event]
    text = (ROOT / "docs" / "operating.md").read_text()
    listed = set(re.findall(r"`([a-z_]+)`", text.partition("These fields are sent:")[2].partition("\n\n")[0]))
    frames = [frame for one in event["exception"]["values"] for frame in one["stacktrace"]["frames"]]
    sent = {*event, *event["request"], *event["tags"], *(name for frame in frames for name in frame)}
    sent |= {name for one in event["exception"]["values"] for name in one}
    assert sent - listed == set()


def test_of_a_line_of_our_log_the_words_are_sent_without_the_values(reports):
    ask_with_secrets("/log/")

    (event,) = all_reports(reports)
    assert event["logentry"] == {"message": "A message of %s could not be stored."}
    assert event["logger"] == "leaflets.feedback"
    assert named(reports) == []


def test_of_a_line_of_another_log_the_name_of_the_logger_alone_is_sent(reports):
    ask_with_secrets("/fail/")

    (event,) = [event for event in all_reports(reports) if event.get("logger") == "some.library"]
    assert "logentry" not in event


def test_a_host_that_is_refused_and_a_page_that_is_not_there_are_not_reported(reports):
    assert ask(RequestLog(WSGIHandler()), "/fail/", host=SECRETS["host"]).status == 400
    assert ask(RequestLog(WSGIHandler()), "/no/such/page/").status == 404

    assert all_reports(reports) == []


@pytest.mark.django_db(transaction=True)
def test_have_your_say_that_cannot_be_stored_is_reported_without_the_message(reports, tmp_path):
    load_site(tmp_path)
    sent = {
        **LARGE,
        "comments": f"{SECRETS['message']} {LARGE['comments']}"[: len(LARGE["comments"])],
        "name": SECRETS["name"],
        "opened": signed_token(),
        "asked": "true",
    }
    with full_disk():
        response = HttpsClient().post(f"{FORM}?q={SECRETS['query']}", sent, REMOTE_ADDR=SECRETS["address"])

    assert response.status_code == 503
    (event,) = all_reports(reports)
    assert event["logentry"] == {"message": "A message could not be stored (%s)."}
    assert named(reports) == []


# Outside requests


def test_an_error_of_a_thread_arrives_without_its_words(reports):
    def work() -> None:
        raise OSError(SECRETS["database"])

    with contextlib.redirect_stderr(None):
        thread = threading.Thread(target=work)
        thread.start()
        thread.join()

    (event,) = all_reports(reports)
    assert event["exception"]["values"][0]["type"] == "OSError"
    assert named(reports) == []


def test_an_error_of_a_command_arrives_without_its_words_before_the_command_ends(tmp_path):
    program = f"import django; django.setup(); raise ValueError({SECRETS['database']!r})"
    with receiver() as found:
        environment = {"SENTRY_DSN": found.dsn, "DJANGO_SETTINGS_MODULE": "sendiass_site.settings"}
        command = [sys.executable, "-c", program]
        done = subprocess.run(
            command, cwd=ROOT, env=os.environ | environment, capture_output=True, text=True, timeout=TIMEOUT
        )

    assert "ValueError: secret0password" in done.stderr
    (event,) = found.events
    assert event["exception"]["values"][0]["type"] == "ValueError"
    assert named(found) == []


def test_the_name_of_a_folder_of_this_machine_is_left_out():
    frame = {
        "filename": "/home/philippa/site/manage.py",
        "abs_path": "/home/philippa/site/manage.py",
        "lineno": 3,
    }

    assert error_reports._filter_frame(frame) == {"filename": "manage.py", "lineno": 3}


@pytest.mark.server
def test_a_server_reports_an_error_of_a_page_and_starts_without_a_receiver(tmp_path: Path):
    with receiver() as found, running_site(tmp_path, SENTRY_DSN=found.dsn, PAGE_CACHE_MB="0") as base:
        with contextlib.closing(sqlite3.connect(tmp_path / "db.sqlite3", timeout=20)) as database:
            database.execute("DROP TABLE leaflets_edition")
            database.commit()
        secrets = {"User-Agent": SECRETS["browser"], "Cookie": f"display={SECRETS['cookie']}"}
        assert get(f"{base}/leaflets/?q={SECRETS['query']}", **secrets)[0] == 500

        event = found.wait()
        assert event["transaction"] == "leaflets"
        assert event["exception"]["values"][-1]["type"] == "OperationalError"
        assert named(found) == []
        assert str(tmp_path) not in "\n".join(found.bodies)


# What people are told


@pytest.mark.parametrize(("host", "sentences"), [("errors.example.org", 1), ("", 0)])
def test_the_page_about_privacy_says_where_reports_are_sent(client, tmp_path, host, sentences):
    load_site(
        tmp_path,
        leaflet_from_text(
            "Words.\n\n## Reading {#reading .reading}\n\nMore.", "help", title="Help", placement="footer"
        ),
    )

    with override_settings(ERROR_REPORTS_HOST=host):
        html = visit(client, "/help/").html

    assert html.count("a report of the fault is sent to errors.example.org,") == sentences
    assert html.count("a report of the fault is sent to") == sentences


@pytest.mark.parametrize(
    ("host", "words"),
    [
        ("errors.example.org", "Errors are reported to errors.example.org."),
        ("", "Errors are in the log only"),
    ],
)
def test_doctor_says_who_is_told_of_errors(settings, host, words):
    settings.ERROR_REPORTS_HOST = host

    (found,) = doctor._check_error_reports()

    assert found.status == Status.OK
    assert words in found.message
