"""What the site says of itself while it runs: lines that can be followed by request, without personal data.

Who reads which page is nobody's business here, so a page that was read with success leaves no line. What is
written down: requests that failed, because somebody has to mend them, and all of staff's under /admin/,
because whoever has a login answers for what was done with it. Never a query, an address or a message.
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

_SANE_ID = re.compile(r"[A-Za-z0-9-]{1,64}")
_LONGEST_PATH = 200
# What a record about a whole request is called that holds its parts. Django gives others a `request`.
_ANSWER = "answer_to_request"
_STAFF = "/admin/"
_SECRETS = [
    # Whoever has these addresses reads a draft, or signs in.
    (re.compile(r"(/shared/|/staff/(?:invitation|break-glass|password/new)/)[^/\s]+"), r"\1…"),
    # Gunicorn names the address that sent it nonsense.
    (re.compile(r" from ip=\S+:"), ":"),
]


class RequestLog:
    """WSGI in front of Django: each request has an id, in its response and in every line about it.

    A proxy's `X-Request-ID` is taken over if it looks like one; `TrustedProxies`, in front of this, lets
    nobody else's through. A page that is kept in memory is answered before this, and leaves no line.
    """

    def __init__(self, application: Wsgi) -> None:
        self._application = application

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        begun = time.perf_counter()
        given = environ.get("HTTP_X_REQUEST_ID", "")
        this_id = given if _SANE_ID.fullmatch(given) else secrets.token_hex(8)
        request_id.set(this_id)
        # Whatever is in front of Django may rewrite these.
        method, path = environ["REQUEST_METHOD"], environ.get("PATH_INFO", "")
        answered = ""

        def start(status: str, headers: list[tuple[str, str]], *error: Any) -> Any:
            nonlocal answered
            answered = status
            return start_response(status, [*headers, ("X-Request-ID", this_id)], *error)

        # The body goes through untouched: gunicorn sends files by a shorter way.
        body = self._application(environ, start)
        if answered and (answered[0] in "45" or path.startswith(_STAFF)):
            _write_down(method, path, answered, begun)
        # What this thread writes next may be about another request.
        request_id.set("")
        return body


def _write_down(method: str, path: str, answered: str, begun: float) -> None:
    status = int(answered[:3])
    # WSGI hands over bytes dressed as Latin-1.
    path = path.encode("latin-1", "replace").decode("utf-8", "replace")[:_LONGEST_PATH]
    milliseconds = round((time.perf_counter() - begun) * 1000)
    logger.log(
        logging.ERROR if status >= 500 else logging.INFO,
        "%s %s %s in %s ms",
        method,
        path,
        status,
        milliseconds,
        extra={_ANSWER: {"method": method, "path": path, "status": status, "ms": milliseconds}},
    )


class MistakesOfVisitors(logging.Filter):
    """What machines send that try every door (wrong names, a thousand fields) is a line, no alarm and no traceback."""

    def filter(self, record: logging.LogRecord) -> bool:
        if record.name.startswith("django.security."):
            record.levelno, record.levelname = logging.WARNING, "WARNING"
            record.exc_info = None
        return True


class PlainLines(logging.Formatter):
    """Lines for a person, without secrets."""

    def format(self, record: logging.LogRecord) -> str:
        return _without_secrets(super().format(record))

    def formatException(self, ei: Any) -> str:  # noqa: N802 - logging's name
        return _formatted(*ei)


class JsonLines(logging.Formatter):
    """One JSON object a line, for machines that collect logs.

    Always `time` (UTC), `level`, `logger` and `message`; `request_id` within a request; `method`, `path`,
    `status` and `ms` for a request as a whole; `exception` where something broke.
    """

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "time": time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created))
            + f".{int(record.msecs):03d}Z",
            "level": record.levelname,
            "logger": record.name,
            "message": _without_secrets(record.getMessage()),
        }
        if this_id := request_id.get():
            line["request_id"] = this_id
        for name, value in getattr(record, _ANSWER, {}).items():
            line[name] = _without_secrets(value) if isinstance(value, str) else value
        if record.exc_info and record.exc_info[0]:
            line["exception"] = _without_secrets(_formatted(*record.exc_info))
        return json.dumps(line, ensure_ascii=False)


def _without_secrets(text: str) -> str:
    for pattern, instead in _SECRETS:
        text = pattern.sub(instead, text)
    return text


def _formatted(kind: type[BaseException], error: BaseException, place: TracebackType | None) -> str:
    """A traceback. PostgreSQL repeats the row that it refuses: of its errors the first line is enough."""
    summary = traceback.TracebackException(kind, error, place)
    return "".join(_without_details(line) for line in summary.format()).rstrip()


def _without_details(text: str) -> str:
    return text.partition("\nDETAIL:")[0] + "\n" if "\nDETAIL:" in text else text


def configuration(form: str) -> dict[str, Any]:
    """Python's logging configuration, for Django and gunicorn alike. `form` is "json" or "text"."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "text": {"()": PlainLines, "format": "{asctime} {levelname} {name}: {message}", "style": "{"},
            "json": {"()": JsonLines},
        },
        "filters": {"mistakes": {"()": MistakesOfVisitors}},
        "handlers": {
            "console": {
                "class": "logging.StreamHandler",
                "filters": ["mistakes"],
                "formatter": form,
                # A container's log is its standard output; at a keyboard that belongs to a command's answer.
                "stream": "ext://sys.stdout" if form == "json" else "ext://sys.stderr",
            }
        },
        "loggers": {
            # A line of RequestLog says the same of a page that was not found, with the path alone.
            "django.request": {"level": "ERROR"},
            # It names somebody's passkey each time that one is used.
            "fido2": {"level": "WARNING"},
            # Gunicorn has a way of its own to write; here it writes as everybody does.
            "gunicorn.error": {"level": "INFO", "handlers": [], "propagate": True},
        },
        "root": {"handlers": ["console"], "level": "INFO"},
    }
