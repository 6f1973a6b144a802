"""Reports of errors to Sentry, or to a service that takes the same, where SENTRY_DSN is set. Nothing is imported without it.

A report says what kind of error it was and where in the code, which kind of page was asked for, and the id of the request, under
which the log has the rest. What is sent is listed here, and everything else is left out: the words of an error and the values in
the code may repeat what somebody wrote. `sentry_sdk` collects requests with its integration for Django, which is not used.
"""

import logging
import sys
import threading
from pathlib import PurePath
from typing import Any

from django.conf import settings
from django.core.signals import got_request_exception
from django.http import HttpRequest

from sendiass_site.version import VERSION

from . import logs
from .request_counts import kind_of

_EVENT_FIELDS = (
    "event_id",
    "timestamp",
    "level",
    "platform",
    "logger",
    "release",
    "environment",
    "transaction",
    "sdk",
)
_EXCEPTION_FIELDS = ("type", "module")
_FRAME_FIELDS = ("module", "function", "lineno", "in_app", "context_line", "pre_context", "post_context")
# Loggers whose lines have words of ours, with places for values. Other libraries may put values into the words themselves.
_OUR_LOGGERS = ("leaflets.", "sendiass_site.")
# What Django logs of an error is reported by its signal; the third logs that again. The second logs what scanners send.
_UNREPORTED_LOGGERS = ("django.request", "django.security", "sendiass_site.web.logs")


def start() -> None:
    """Report errors of requests, threads and commands, and lines of the log from ERROR on."""
    import sentry_sdk
    from sentry_sdk.integrations.atexit import AtexitIntegration
    from sentry_sdk.integrations.dedupe import DedupeIntegration
    from sentry_sdk.integrations.excepthook import ExcepthookIntegration
    from sentry_sdk.integrations.logging import LoggingIntegration

    sentry_sdk.init(
        settings.SENTRY_DSN,
        release=VERSION,
        before_send=_filter_event,
        # All others read more than is sent, or change what the site sends to other hosts.
        default_integrations=False,
        auto_enabling_integrations=False,
        integrations=[
            AtexitIntegration(callback=lambda _pending, _timeout: None),
            DedupeIntegration(),
            ExcepthookIntegration(),
            LoggingIntegration(level=None, event_level=logging.ERROR),
        ],
        ignore_errors=[KeyboardInterrupt],
        in_app_include=["leaflets", "sendiass_site"],
        # Not even collected.
        include_local_variables=False,
        max_request_body_size="never",
        max_breadcrumbs=0,
        server_name="",
        # Errors alone: no times of requests, no sessions, no numbers about reports, no copies to other programs.
        traces_sample_rate=None,
        auto_session_tracking=False,
        send_client_reports=False,
        propagate_traces=False,
        spotlight=False,
    )
    got_request_exception.connect(_report_request, dispatch_uid="error_reports")
    threading.excepthook = _report_thread


def _report_request(request: HttpRequest | None = None, **_: object) -> None:
    """Report the error that is being handled, with the request: its method, kind and address, but no query and no headers."""
    context: dict[str, Any] = {}
    if request is not None:
        context = {
            "transaction": kind_of(request.resolver_match, request.path_info),
            "request": {"method": request.method, "url": logs.loggable_path(request.path_info)},
        }
    _report(sys.exc_info(), context)


def _report_thread(failed: threading.ExceptHookArgs) -> None:
    _report((failed.exc_type, failed.exc_value, failed.exc_traceback), {})
    threading.__excepthook__(failed)


def _report(error: Any, context: dict[str, Any]) -> None:
    import sentry_sdk
    from sentry_sdk.utils import event_from_exception

    options = sentry_sdk.get_client().options
    event, hint = event_from_exception(error, options, {"type": "sendiass", "handled": False})
    sentry_sdk.capture_event({**event, **context}, hint)  # type: ignore[typeddict-item]


def _filter_event(event: Any, hint: dict[str, Any]) -> Any:
    """Return what is sent of an event, None for nothing."""
    record = hint.get("log_record")
    if record is not None and record.name.startswith(_UNREPORTED_LOGGERS):
        return None
    kept = _pick(event, _EVENT_FIELDS)
    if record is not None and record.name.startswith(_OUR_LOGGERS):
        # With places for its values: "A message could not be stored (%s)."
        kept["logentry"] = {"message": str(record.msg)}
    if "exception" in event:
        kept["exception"] = {"values": [_filter_exception(one) for one in event["exception"]["values"]]}
    if "request" in event:
        kept["request"] = _pick(event["request"], ("method", "url"))
    if this_id := logs.request_id.get():
        kept["tags"] = {"request_id": this_id}
    return kept


def _filter_exception(exception: dict[str, Any]) -> dict[str, Any]:
    """Return the class of an exception, and the places in the code that it came through."""
    kept = _pick(exception, _EXCEPTION_FIELDS)
    kept["mechanism"] = _pick(exception.get("mechanism") or {}, ("type", "handled"))
    frames = (exception.get("stacktrace") or {}).get("frames", [])
    kept["stacktrace"] = {"frames": [_filter_frame(frame) for frame in frames]}
    return kept


def _filter_frame(frame: dict[str, Any]) -> dict[str, Any]:
    # A path of this machine may have a person's name.
    name = PurePath(frame.get("filename") or "")
    return _pick(frame, _FRAME_FIELDS) | {"filename": name.name if name.is_absolute() else str(name)}


def _pick(fields: Any, names: tuple[str, ...]) -> dict[str, Any]:
    return {name: fields[name] for name in names if name in fields}
