"""Logging: each line carries the id of its request, and no line holds personal data.

Logged are failed requests (4xx and 5xx) and every request to /admin/, which is the audit trail of staff. Successful
requests for public pages are not logged, so that the log does not record who reads what. Query strings, IP addresses
and feedback texts are never logged.
"""

import contextvars
import json
import logging
import re
import secrets
import time
import traceback
from collections.abc import Callable, Iterable
from types import TracebackType
from typing import Any

from .proxies import Wsgi

logger = logging.getLogger(__name__)

request_id: contextvars.ContextVar[str] = contextvars.ContextVar("request_id", default="")

_VALID_ID = re.compile(r"[A-Za-z0-9-]{1,64}")
_MAX_PATH_LENGTH = 200
# The attribute of a log record with the fields of a request. Django sets `request` on records of its own.
_REQUEST_FIELDS = "request_fields"
_STAFF_PREFIX = "/admin/"
# Addresses with a token that gives access to a draft or an account. Not all of these are ours, but somebody who copied
# a link badly sends the token too: with capitals, more slashes, or a space in it.
_SLASH = "(?:/|%2f)++"
_TOKEN = re.compile(
    rf"((?<!/){_SLASH}(?:shared|staff{_SLASH}(?:invitation|break-glass|password{_SLASH}new)){_SLASH})(?!…)(.+)",
    re.IGNORECASE | re.DOTALL,
)
# Gunicorn logs the IP address of an invalid request.
_ADDRESS = re.compile(r" from ip=\S+:")


class RequestLog:
    """WSGI middleware that gives each request an id, in its response and in its log lines, and logs the request.

    A valid `X-Request-ID` is adopted: `TrustedProxies`, in front of this, removes it from requests that do not come
    from a trusted proxy. Cached pages are answered before this, and are not logged.
    """

    def __init__(self, application: Wsgi) -> None:
        self._application = application

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        started_at = time.perf_counter()
        given = environ.get("HTTP_X_REQUEST_ID", "")
        this_id = given if _VALID_ID.fullmatch(given) else secrets.token_hex(8)
        request_id.set(this_id)
        # The application may change these.
        method, path = environ["REQUEST_METHOD"], environ.get("PATH_INFO", "")
        response_status = ""

        def start(status: str, headers: list[tuple[str, str]], *error: Any) -> Any:
            nonlocal response_status
            response_status = status
            return start_response(status, [*headers, ("X-Request-ID", this_id)], *error)

        # Not wrapped: gunicorn sends a `wsgi.file_wrapper` body with sendfile.
        body = self._application(environ, start)
        if response_status and (response_status[0] in "45" or path.startswith(_STAFF_PREFIX)):
            _log_request(method, path, response_status, started_at)
        # The thread is reused.
        request_id.set("")
        return body


def _log_request(method: str, path: str, response_status: str, started_at: float) -> None:
    status = int(response_status[:3])
    # WSGI decodes paths as Latin-1 (PEP 3333).
    path = loggable_path(path.encode("latin-1", "replace").decode("utf-8", "replace"))
    milliseconds = round((time.perf_counter() - started_at) * 1000)
    logger.log(
        logging.ERROR if status >= 500 else logging.INFO,
        "%s %s %s in %s ms",
        method,
        path,
        status,
        milliseconds,
        extra={_REQUEST_FIELDS: {"method": method, "path": path, "status": status, "ms": milliseconds}},
    )


def loggable_path(path: str) -> str:
    """Return a path as it may be stored: without a token that gives access to something, and not too long."""
    return _redact(path)[:_MAX_PATH_LENGTH]


class DowngradeBadRequests(logging.Filter):
    """Log what scanners cause (disallowed hosts, too many fields) as a warning without traceback, not as an error."""

    def filter(self, record: logging.LogRecord) -> bool:
        if record.name.startswith("django.security."):
            record.levelno, record.levelname = logging.WARNING, "WARNING"
            record.exc_info = None
        return True


class WithoutProbes(logging.Filter):
    """Leave out that /readyz answered 503: it is asked every few seconds, and logs why once (sendiass_site/ops/readiness.py)."""

    def filter(self, record: logging.LogRecord) -> bool:
        fields = getattr(record, _REQUEST_FIELDS, {})
        path = fields.get("path") or getattr(getattr(record, "request", None), "path", "")
        status = fields.get("status") or getattr(record, "status_code", 0)
        return (path, status) != ("/readyz", 503)


class TextFormatter(logging.Formatter):
    """Lines for a terminal, with secrets redacted.

    Only a traceback has several lines. Characters that are not printable, which may come from a request, are escaped: a
    line break would forge a line, and a control sequence reaches the terminal.
    """

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - logging's name
        return _redact(_escape(super().formatMessage(record)))

    def formatException(self, ei: Any) -> str:  # noqa: N802 - logging's name
        return _format_traceback(*ei)


class JsonFormatter(logging.Formatter):
    """One JSON object per line, for log collectors.

    Fields: `time` (UTC), `level`, `logger` and `message` always; `request_id` within a request; `method`, `path`,
    `status` and `ms` in the line of `RequestLog`; `exception` with a traceback.
    """

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "time": time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created))
            + f".{int(record.msecs):03d}Z",
            "level": record.levelname,
            "logger": record.name,
            "message": _redact(record.getMessage()),
        }
        if this_id := request_id.get():
            line["request_id"] = this_id
        line |= getattr(record, _REQUEST_FIELDS, {})
        if record.exc_info and record.exc_info[0]:
            line["exception"] = _format_traceback(*record.exc_info)
        # JSON itself requires only the escape of ASCII controls.
        return "".join(
            character if character.isprintable() else json.dumps(character)[1:-1]
            for character in json.dumps(line, ensure_ascii=False)
        )


def _escape(text: str) -> str:
    """Escape what is not printable: controls, separators of lines, and characters that change the direction of text."""
    return "".join(
        character if character.isprintable() else character.encode("unicode_escape").decode()
        for character in text
    )


def _redact(text: str) -> str:
    """Replace what follows an address with a token, to the end, and IP addresses."""
    text = _TOKEN.sub(lambda found: f"{found[1]}…{'/' if found[2].endswith('/') else ''}", text)
    return _ADDRESS.sub(":", text)


def _format_traceback(kind: type[BaseException], error: BaseException, place: TracebackType | None) -> str:
    """Format a traceback, with a line for each place in the code and one for each exception, indented but the first.

    It is without the DETAIL of PostgreSQL's errors, which repeats the rejected row.
    """
    lines: list[str] = []
    for part in traceback.TracebackException(kind, error, place).format():
        # The parts of a place begin with spaces and hold no text from a request. Others may: exceptions and their notes.
        is_place = part.startswith("  ")
        texts = part.splitlines() if is_place else [_remove_details(part).strip()]
        lines += [_redact(_escape(text)) for text in texts]
    return "\n  ".join(lines)


def _remove_details(text: str) -> str:
    return text.partition("\nDETAIL:")[0] + "\n" if "\nDETAIL:" in text else text


def logging_config(log_format: str) -> dict[str, Any]:
    """Return the `dictConfig` for Django and gunicorn. `log_format` is "json" or "text"."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "text": {"()": TextFormatter, "format": "{asctime} {levelname} {name}: {message}", "style": "{"},
            "json": {"()": JsonFormatter},
        },
        "filters": {
            "downgrade_bad_requests": {"()": DowngradeBadRequests},
            "without_probes": {"()": WithoutProbes},
        },
        "handlers": {
            "console": {
                "class": "logging.StreamHandler",
                "filters": ["downgrade_bad_requests", "without_probes"],
                "formatter": log_format,
                # A container logs to standard output; in a terminal that is for the output of commands.
                "stream": "ext://sys.stdout" if log_format == "json" else "ext://sys.stderr",
            }
        },
        "loggers": {
            # RequestLog logs 4xx responses, without the query string.
            "django.request": {"level": "ERROR"},
            # At INFO it logs the id of each passkey that is used.
            "fido2": {"level": "WARNING"},
            # Gunicorn would add its own handler: it uses the root's.
            "gunicorn.error": {"level": "INFO", "handlers": [], "propagate": True},
        },
        "root": {"handlers": ["console"], "level": "INFO"},
    }
