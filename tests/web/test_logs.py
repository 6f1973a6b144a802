"""The log: failed requests and those of staff, by request id, without personal data."""

import io
import json
import logging
import re
from typing import Any

import pytest
from django.db import IntegrityError

from sendiass_site.web import logs
from sendiass_site.web.logs import DowngradeBadRequests, JsonFormatter, RequestLog, TextFormatter, request_id
from sendiass_site.web.proxies import TrustedProxies, parse_networks
from tests.routes import ROUTES
from tests.running_site import get, loaded_sqlite, started_site

# Prefixes of addresses with a token.
TOKEN_PREFIXES = ["/shared/", "/staff/invitation/", "/staff/break-glass/", "/staff/password/new/"]


class Log(logging.StreamHandler):
    """A handler that stores the formatted lines."""

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
    """All that is logged during a test, as JSON."""
    handler = Log(JsonFormatter())
    handler.addFilter(DowngradeBadRequests())
    root = logging.getLogger()
    root.addHandler(handler)
    yield handler
    root.removeHandler(handler)


def site(status: str = "200 OK", during=lambda: None):
    """A WSGI application that answers each request with this status, after calling `during`."""

    def application(environ, start_response):
        during()
        start_response(status, [("Content-Type", "text/plain")])
        return [b"answer"]

    return application


def ask(application, path: str = "/", method: str = "GET", query: str = "", **environ: str) -> dict[str, str]:
    """Request a page from a WSGI application; return the headers of the response."""
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


def test_the_id_of_a_proxy_is_adopted():
    headers = ask(RequestLog(site()), HTTP_X_REQUEST_ID="6e2c9d1a-7f30-4b62-9d3a-0c5f6a1b2c3d")

    assert headers["X-Request-ID"] == "6e2c9d1a-7f30-4b62-9d3a-0c5f6a1b2c3d"


@pytest.mark.parametrize("given", ["", "x" * 65, "a b", "a\nb", 'a"b', "ä", "<script>", "a_b"])
def test_an_invalid_id_is_replaced(given):
    headers = ask(RequestLog(site()), HTTP_X_REQUEST_ID=given)

    assert re.fullmatch("[0-9a-f]{16}", headers["X-Request-ID"])


@pytest.mark.parametrize(("address", "is_adopted"), [("10.0.0.5", True), ("192.0.2.7", False)])
def test_only_the_id_of_a_trusted_proxy_is_adopted(address, is_adopted):
    application = TrustedProxies(RequestLog(site()), parse_networks(["10.0.0.5"]))

    headers = ask(application, HTTP_X_REQUEST_ID="mine", REMOTE_ADDR=address)

    assert (headers["X-Request-ID"] == "mine") is is_adopted


def test_every_line_of_a_request_has_its_id(log):
    application = RequestLog(
        site("500 Oh", during=lambda: logging.getLogger("some.logger").warning("A warning"))
    )

    this_id = ask(application)["X-Request-ID"]

    assert [(line["logger"], line["request_id"]) for line in log.lines] == [
        ("some.logger", this_id),
        ("sendiass_site.web.logs", this_id),
    ]


# Which requests are logged


@pytest.mark.parametrize(
    "path", ["/", "/leaflets/sen-support/", "/have-your-say/", "/shared/token/", "/admin"]
)
def test_a_successful_request_is_not_logged(log, path):
    ask(RequestLog(site("200 OK")), path)

    assert log.lines == []


@pytest.mark.parametrize(
    ("status", "level"), [("404 Not Found", "INFO"), ("503 Later", "ERROR"), ("422 Unclear", "INFO")]
)
def test_a_failed_request_is_logged(log, status, level):
    ask(RequestLog(site(status)), "/leaflets/lost/", method="HEAD")

    [line] = log.lines
    assert (line["method"], line["path"], line["status"]) == ("HEAD", "/leaflets/lost/", int(status[:3]))
    assert line["level"] == level
    assert line["ms"] >= 0


def test_every_request_to_the_admin_is_logged(log):
    ask(RequestLog(site("302 Found")), "/admin/leaflets/leaflet/", method="POST")

    [line] = log.lines
    assert (line["method"], line["path"], line["status"]) == ("POST", "/admin/leaflets/leaflet/", 302)


def test_query_address_browser_and_cookies_are_not_logged(log):
    ask(
        RequestLog(site("500 Oh")),
        "/leaflets/",
        query="name=Ada",
        REMOTE_ADDR="192.0.2.7",
        HTTP_USER_AGENT="Phone",
        HTTP_COOKIE="session=cookie-value",
        HTTP_REFERER="https://example.org/",
    )

    # No secret consists of hexadecimal digits only: a random request id could contain it.
    for secret in ("Ada", "192.0.2.7", "Phone", "cookie-value", "example.org"):
        assert secret not in log.text


def test_a_non_ascii_path_is_decoded_and_a_long_one_truncated(log):
    ask(RequestLog(site("404 No")), "/für-eltern/".encode().decode("latin-1"))
    ask(RequestLog(site("404 No")), "/" + "x" * 5000)

    assert log.lines[0]["path"] == "/für-eltern/"
    assert len(log.lines[1]["path"]) == 200


# What no line contains


@pytest.mark.parametrize("formatter", [JsonFormatter(), TextFormatter("%(message)s")], ids=["json", "text"])
@pytest.mark.parametrize("prefix", TOKEN_PREFIXES)
def test_a_token_in_an_address_is_redacted(formatter, prefix):
    log = Log(formatter)
    log.handle(logging.makeLogRecord({"msg": "Internal Server Error: %s", "args": (f"{prefix}c2VjcmV0/",)}))

    assert f"{prefix}…/" in log.text
    assert "c2VjcmV0" not in log.text


TOKEN_PATHS = [
    "/staff//invitation/c2VjcmV0/",
    "//staff/invitation//c2VjcmV0/",
    "/STAFF/Invitation/c2VjcmV0/",
    "/Shared/c2VjcmV0/",
    "/staff/invitation/c2V c2VjcmV0/",
    "/staff/invitation/c2V\nc2VjcmV0",
    "/staff/invitation/c2V%20c2VjcmV0",
    "/staff/invitation/c2V/c2VjcmV0/",
    "/staff%2Finvitation%2fc2VjcmV0/",
    "/staff/password//new/1-c2VjcmV0/",
]


@pytest.mark.parametrize("formatter", [JsonFormatter(), TextFormatter("%(message)s")], ids=["json", "text"])
@pytest.mark.parametrize("path", TOKEN_PATHS)
def test_a_token_in_an_odd_address_is_redacted(formatter, path):
    log = Log(formatter)
    log.handle(logging.makeLogRecord({"msg": "Not Found: %s", "args": (path,)}))

    assert "c2VjcmV0" not in log.text
    assert "…" in log.text


@pytest.mark.parametrize("path", TOKEN_PATHS)
def test_a_token_in_an_odd_path_of_a_failed_request_is_redacted_and_the_status_kept(path):
    handler = Log(TextFormatter("%(message)s"))
    logger = logging.getLogger("sendiass_site.web.logs")
    logger.addHandler(handler)
    try:
        ask(RequestLog(site("404 No")), path)
    finally:
        logger.removeHandler(handler)

    assert "c2VjcmV0" not in handler.text
    assert " 404 in " in handler.text


@pytest.mark.parametrize("prefix", TOKEN_PREFIXES)
def test_a_token_in_the_path_of_a_failed_request_is_redacted(log, prefix):
    ask(RequestLog(site("403 Forbidden")), f"{prefix}c2VjcmV0/")

    assert log.lines[0]["path"] == f"{prefix}…/"
    assert "c2VjcmV0" not in log.text


def test_every_url_pattern_with_a_token_is_redacted():
    with_token = [route.replace("^", "") for route in ROUTES if re.search(r"token>|<key>", route)]

    assert {re.sub(r"[<(].*", "", f"/{route}") for route in with_token} == set(TOKEN_PREFIXES)


@pytest.mark.django_db
def test_a_disallowed_host_is_one_warning_without_traceback(log, client):
    assert client.get("/", headers={"host": "evil.example"}).status_code == 400

    [line] = [line for line in log.lines if line["logger"] == "django.security.DisallowedHost"]
    assert line["level"] == "WARNING"
    assert "evil.example" in line["message"]
    assert "exception" not in line


@pytest.mark.parametrize("formatter", [JsonFormatter(), TextFormatter("%(message)s")], ids=["json", "text"])
def test_the_address_in_gunicorns_line_about_an_invalid_request_is_redacted(formatter):
    log = Log(formatter)
    # As gunicorn logs it.
    log.handle(logging.makeLogRecord({"msg": "Invalid request from ip=192.0.2.7: Invalid HTTP request line"}))

    assert "Invalid request: Invalid HTTP request line" in log.text
    assert "192.0.2.7" not in log.text


# As PostgreSQL words it.
REJECTION = """null value in a column
DETAIL:  Failing row contains (1, My child
is 9)."""


def rejected_row() -> tuple[Any, ...]:
    try:
        try:
            raise ValueError(REJECTION)
        except ValueError as cause:
            raise IntegrityError(*cause.args) from cause
    except IntegrityError as error:
        return type(error), error, error.__traceback__


@pytest.mark.parametrize("formatter", [JsonFormatter(), TextFormatter("%(message)s")], ids=["json", "text"])
def test_a_row_that_the_database_rejected_is_not_logged(formatter):
    log = Log(formatter)
    log.handle(logging.makeLogRecord({"msg": "Broken", "exc_info": rejected_row()}))

    assert "null value in a column" in log.text
    assert "rejected_row" in log.text  # where it happened
    assert "My child" not in log.text
    assert "is 9" not in log.text


UNPRINTABLE = {
    "line break": "\n",
    "carriage return": "\r",
    "escape": "\x1b",
    "null": "\0",
    "delete": "\x7f",
    "C1 line break": "\x85",
    "C1 control sequence": "\x9b",
    "line separator": "\u2028",
    "paragraph separator": "\u2029",
    "right-to-left override": "\u202e",
    "isolate": "\u2066",
    "surrogate": "\ud800",
}
FORGED = "2026-11-26 00:00:00,000 INFO leaflets.staff: boss signed in (password)."


@pytest.mark.parametrize("formatter", [JsonFormatter(), TextFormatter("%(name)s: %(message)s")])
@pytest.mark.parametrize("character", UNPRINTABLE.values(), ids=UNPRINTABLE)
def test_unprintable_characters_are_escaped(formatter, character):
    log = Log(formatter)
    text = f"/x{character}{FORGED}"
    log.handle(logging.makeLogRecord({"name": f"a{character}b", "msg": "Not Found: %s", "args": (text,)}))

    assert log.text.endswith("\n")
    assert log.text[:-1].isprintable()
    assert FORGED in log.text


@pytest.mark.parametrize("character", UNPRINTABLE.values(), ids=UNPRINTABLE)
def test_a_path_starts_no_line_in_a_text_log(character):
    handler = Log(TextFormatter("%(message)s"))
    logger = logging.getLogger("sendiass_site.web.logs")
    logger.addHandler(handler)
    try:
        ask(RequestLog(site("404 No")), f"/x{character}{FORGED}")
    finally:
        logger.removeHandler(handler)

    assert len(handler.text.splitlines()) == 1
    assert handler.text[:-1].isprintable()


def test_json_stays_the_same_text_when_it_is_read(log):
    logging.getLogger("some.logger").warning("für %s", "\u2028\x9b\U000e0001🦉")

    assert log.lines[0]["message"] == "für \u2028\x9b\U000e0001🦉"


def failed(message: str) -> tuple[Any, ...]:
    try:
        raise ValueError(message)
    except ValueError as error:
        error.add_note(message)
        return type(error), error, error.__traceback__


@pytest.mark.parametrize("formatter", [JsonFormatter(), TextFormatter("%(message)s")], ids=["json", "text"])
def test_the_message_of_an_exception_starts_no_line(formatter):
    log = Log(formatter)
    log.handle(logging.makeLogRecord({"msg": "Broken", "exc_info": failed(f"/x\n{FORGED}\x1b[2J")}))

    lines = (
        log.text.replace("\\n", "\n").splitlines()
        if formatter.__class__ is JsonFormatter
        else log.text.splitlines()
    )
    assert "\x1b" not in log.text
    assert not any(line.startswith(FORGED[:10]) for line in log.text.splitlines())
    assert len(lines) >= 4  # the places in the code are lines of their own


def test_a_line_break_in_a_message_does_not_start_a_line(log):
    logging.getLogger("some.logger").warning('"}\n{"level": "forged"}')

    [line] = log.lines
    assert line["level"] == "WARNING"


def test_outside_a_request_there_is_no_id(log):
    request_id.set("")
    logging.getLogger("some.logger").warning("A warning")

    assert "request_id" not in log.lines[0]


@pytest.mark.parametrize("log_format", ["json", "text"])
def test_gunicorn_and_django_log_in_the_same_format(log_format):
    configured = logs.logging_config(log_format)

    assert configured["loggers"]["gunicorn.error"]["propagate"] is True
    assert [handler["formatter"] for handler in configured["handlers"].values()] == [log_format]


# On a real server


@pytest.fixture(scope="module")
def json_log(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    """The log of a server, with a request that has an id, and one that is answered without an error."""
    folder = tmp_path_factory.mktemp("json")
    loaded_sqlite(folder)
    with started_site(folder, LOG_FORMAT="json", REQUIRE_MFA="off") as base:
        _, headers, _ = get(f"{base}/no-such-page/?name=Ada", **{"X-Request-ID": "from-the-proxy"})
        get(f"{base}/leaflets/")
    assert headers["x-request-id"] == "from-the-proxy"
    return [json.loads(line) for line in (folder / "server.log").read_text().splitlines()]


@pytest.mark.server
def test_a_server_that_logs_json_logs_that_there_is_no_second_factor(json_log):
    assert [line for line in json_log if line["message"].startswith("Staff sign in without a second step")]


@pytest.mark.server
def test_a_server_that_logs_json_prints_nothing_else(json_log):
    lines = json_log
    of_request = [line for line in lines if line.get("request_id") == "from-the-proxy"]
    assert [(line["path"], line["status"]) for line in of_request] == [("/no-such-page/", 404)]
    assert {"sendiass_site.ops.serve", "gunicorn.error"} <= {line["logger"] for line in lines}
    assert "/leaflets/" not in {line.get("path") for line in lines}
