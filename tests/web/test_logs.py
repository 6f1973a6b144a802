"""What the site writes down: enough to mend what broke, by request, and nothing about who read what."""

import io
import json
import logging
import re
from typing import Any

import pytest
from django.db import IntegrityError

from sendiass_site.web import logs
from sendiass_site.web.logs import JsonLines, MistakesOfVisitors, PlainLines, RequestLog, request_id
from sendiass_site.web.proxies import TrustedProxies, read_networks
from tests.routes import ROUTES
from tests.running_site import get, running_site

# What comes after these is a secret.
SECRET_PLACES = ["/shared/", "/staff/invitation/", "/staff/break-glass/", "/staff/password/new/"]


class Log(logging.StreamHandler):
    """What a logger writes, line by line."""

    def __init__(self, formatter: logging.Formatter) -> None:
        super().__init__(io.StringIO())
        self.setFormatter(formatter)

    @property
    def text(self) -> str:
        return self.stream.getvalue()

    @property
    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.text.splitlines()]


@pytest.fixture
def log():
    """All that is logged during a test, as JSON lines."""
    handler = Log(JsonLines())
    handler.addFilter(MistakesOfVisitors())
    root = logging.getLogger()
    root.addHandler(handler)
    yield handler
    root.removeHandler(handler)


def site(status: str = "200 OK", during=lambda: None):
    """A site that answers every request with this status, after doing something."""

    def application(environ, start_response):
        during()
        start_response(status, [("Content-Type", "text/plain")])
        return [b"answer"]

    return application


def ask(application, path: str = "/", method: str = "GET", query: str = "", **environ: str) -> dict[str, str]:
    """Ask a WSGI application for a page; return the headers of its answer."""
    found: dict[str, str] = {}

    def start_response(_status, headers):
        found.update(headers)

    environ = {"REQUEST_METHOD": method, "PATH_INFO": path, "QUERY_STRING": query} | environ
    assert b"".join(application(environ, start_response)) == b"answer"
    return found


# Ids


def test_each_request_has_an_id_of_its_own():
    application = RequestLog(site())

    ids = {ask(application)["X-Request-ID"] for _ in range(3)}

    assert len(ids) == 3
    assert all(re.fullmatch("[0-9a-f]{16}", one) for one in ids)


def test_the_id_that_a_proxy_gave_is_kept():
    headers = ask(RequestLog(site()), HTTP_X_REQUEST_ID="6e2c9d1a-7f30-4b62-9d3a-0c5f6a1b2c3d")

    assert headers["X-Request-ID"] == "6e2c9d1a-7f30-4b62-9d3a-0c5f6a1b2c3d"


@pytest.mark.parametrize("given", ["", "x" * 65, "a b", "a\nb", 'a"b', "ä", "<script>", "a_b"])
def test_an_id_that_looks_like_none_is_not_kept(given):
    headers = ask(RequestLog(site()), HTTP_X_REQUEST_ID=given)

    assert re.fullmatch("[0-9a-f]{16}", headers["X-Request-ID"])


@pytest.mark.parametrize(("address", "is_kept"), [("10.0.0.5", True), ("192.0.2.7", False)])
def test_only_a_proxy_of_ours_gives_ids(address, is_kept):
    application = TrustedProxies(RequestLog(site()), read_networks(["10.0.0.5"]))

    headers = ask(application, HTTP_X_REQUEST_ID="mine", REMOTE_ADDR=address)

    assert (headers["X-Request-ID"] == "mine") is is_kept


def test_every_line_that_a_request_causes_has_its_id(log):
    application = RequestLog(
        site("500 Oh", during=lambda: logging.getLogger("some.room").warning("Look here"))
    )

    this_id = ask(application)["X-Request-ID"]

    assert [(line["logger"], line["request_id"]) for line in log.lines] == [
        ("some.room", this_id),
        ("sendiass_site.web.logs", this_id),
    ]


# Which requests are written down


@pytest.mark.parametrize(
    "path", ["/", "/leaflets/sen-support/", "/have-your-say/", "/shared/token/", "/admin"]
)
def test_a_page_that_was_read_leaves_no_line(log, path):
    ask(RequestLog(site("200 OK")), path)

    assert log.lines == []


@pytest.mark.parametrize(
    ("status", "level"), [("404 Not Found", "INFO"), ("503 Later", "ERROR"), ("422 Unclear", "INFO")]
)
def test_a_request_that_failed_is_written_down(log, status, level):
    ask(RequestLog(site(status)), "/leaflets/lost/", method="HEAD")

    [line] = log.lines
    assert (line["method"], line["path"], line["status"]) == ("HEAD", "/leaflets/lost/", int(status[:3]))
    assert line["level"] == level
    assert line["ms"] >= 0


def test_all_that_staff_do_is_written_down(log):
    ask(RequestLog(site("302 Found")), "/admin/leaflets/leaflet/", method="POST")

    [line] = log.lines
    assert (line["method"], line["path"], line["status"]) == ("POST", "/admin/leaflets/leaflet/", 302)


def test_what_was_asked_and_by_whom_is_written_down_nowhere(log):
    ask(
        RequestLog(site("500 Oh")),
        "/leaflets/",
        query="name=Ada",
        REMOTE_ADDR="192.0.2.7",
        HTTP_USER_AGENT="Phone",
        HTTP_COOKIE="session=abc",
        HTTP_REFERER="https://example.org/",
    )

    for secret in ("Ada", "192.0.2.7", "Phone", "abc", "example.org"):
        assert secret not in log.text


def test_a_path_in_another_script_is_readable_and_a_long_one_cut(log):
    ask(RequestLog(site("404 No")), "/für-eltern/".encode().decode("latin-1"))
    ask(RequestLog(site("404 No")), "/" + "x" * 5000)

    assert log.lines[0]["path"] == "/für-eltern/"
    assert len(log.lines[1]["path"]) == 200


# What no line may hold


@pytest.mark.parametrize("formatter", [JsonLines(), PlainLines("%(message)s")], ids=["json", "text"])
@pytest.mark.parametrize("place", SECRET_PLACES)
def test_an_address_that_lets_somebody_in_is_in_no_line(formatter, place):
    log = Log(formatter)
    log.handle(logging.makeLogRecord({"msg": "Internal Server Error: %s", "args": (f"{place}c2VjcmV0/",)}))

    assert f"{place}…/" in log.text
    assert "c2VjcmV0" not in log.text


@pytest.mark.parametrize("place", SECRET_PLACES)
def test_a_request_that_failed_is_written_down_without_the_address_that_lets_somebody_in(log, place):
    ask(RequestLog(site("403 Forbidden")), f"{place}c2VjcmV0/")

    assert log.lines[0]["path"] == f"{place}…/"
    assert "c2VjcmV0" not in log.text


def test_every_address_with_a_secret_is_known_to_the_log():
    secret = [route.replace("^", "") for route in ROUTES if "token" in route or "<key>" in route]

    assert {re.sub(r"[<(].*", "", f"/{route}") for route in secret} == set(SECRET_PLACES)


@pytest.mark.django_db
def test_a_request_under_a_wrong_name_is_one_line_and_no_alarm(log, client):
    assert client.get("/", headers={"host": "evil.example"}).status_code == 400

    [line] = [line for line in log.lines if line["logger"] == "django.security.DisallowedHost"]
    assert line["level"] == "WARNING"
    assert "evil.example" in line["message"]
    assert "exception" not in line


@pytest.mark.parametrize("formatter", [JsonLines(), PlainLines("%(message)s")], ids=["json", "text"])
def test_whoever_sends_nonsense_keeps_their_address_to_themselves(formatter):
    log = Log(formatter)
    # Gunicorn's words.
    log.handle(logging.makeLogRecord({"msg": "Invalid request from ip=192.0.2.7: Invalid HTTP request line"}))

    assert "Invalid request: Invalid HTTP request line" in log.text
    assert "192.0.2.7" not in log.text


# As PostgreSQL says it.
REFUSAL = """null value in a column
DETAIL:  Failing row contains (1, My child
is 9)."""


def refused_row() -> tuple[Any, ...]:
    try:
        try:
            raise ValueError(REFUSAL)
        except ValueError as cause:
            raise IntegrityError(*cause.args) from cause
    except IntegrityError as error:
        return type(error), error, error.__traceback__


@pytest.mark.parametrize("formatter", [JsonLines(), PlainLines("%(message)s")], ids=["json", "text"])
def test_a_row_that_the_database_refused_is_not_repeated(formatter):
    log = Log(formatter)
    log.handle(logging.makeLogRecord({"msg": "Broken", "exc_info": refused_row()}))

    assert "null value in a column" in log.text
    assert "refused_row" in log.text  # where it happened
    assert "My child" not in log.text
    assert "is 9" not in log.text


def test_a_line_break_in_what_somebody_sent_makes_no_line_of_its_own(log):
    logging.getLogger("some.room").warning('"}\n{"level": "forged"}')

    [line] = log.lines
    assert line["level"] == "WARNING"


def test_outside_a_request_there_is_no_id(log):
    request_id.set("")
    logging.getLogger("some.room").warning("Look here")

    assert "request_id" not in log.lines[0]


@pytest.mark.parametrize("form", ["json", "text"])
def test_gunicorn_and_django_write_the_same_way(form):
    configured = logs.configuration(form)

    assert configured["loggers"]["gunicorn.error"]["propagate"] is True
    assert [handler["formatter"] for handler in configured["handlers"].values()] == [form]


# As it runs


@pytest.mark.server
def test_a_server_that_logs_json_writes_nothing_else(tmp_path):
    with running_site(tmp_path, LOG_FORMAT="json") as base:
        _, headers, _ = get(f"{base}/no-such-page/?name=Ada", **{"X-Request-ID": "from-the-proxy"})
        get(f"{base}/leaflets/")

    lines = [json.loads(line) for line in (tmp_path / "server.log").read_text().splitlines()]
    of_request = [line for line in lines if line.get("request_id") == "from-the-proxy"]
    assert headers["x-request-id"] == "from-the-proxy"
    assert [(line["path"], line["status"]) for line in of_request] == [("/no-such-page/", 404)]
    assert {"sendiass_site.ops.serve", "gunicorn.error"} <= {line["logger"] for line in lines}
    assert "/leaflets/" not in {line.get("path") for line in lines}
