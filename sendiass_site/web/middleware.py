"""Middleware of this site, beside that of Django and of libraries."""

import re
from collections.abc import Callable, Iterable
from typing import Any

from django.conf import settings
from django.core.exceptions import RequestDataTooBig, TooManyFieldsSent
from django.http import HttpRequest, QueryDict
from django.http.response import HttpResponseBase

from .proxies import Wsgi

View = Callable[[HttpRequest], HttpResponseBase]

# Other sites cannot embed our resources, and our pages embed none of theirs.
CROSS_ORIGIN_HEADERS = {
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Embedder-Policy": "require-corp",
}

MAX_BODY_SIZE = 6 * 1024 * 1024  # bytes
# Staff send Word documents here. A form says what to do about one that is a little too large.
_DOCUMENTS = re.compile(r"/admin/leaflets/leaflet/(add|[0-9]+/document)/")
MAX_DOCUMENT_BODY_SIZE = 11 * 1024 * 1024  # bytes; as much as deploy/nginx.conf lets through


def cross_origin_headers(get_response: View) -> View:
    """Set `CROSS_ORIGIN_HEADERS` on every response. Must come first, to include static files and error pages."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        response = get_response(request)
        for name, value in CROSS_ORIGIN_HEADERS.items():
            response[name] = value
        return response

    return middleware


def probes_for_any_host(get_response: View) -> View:
    """Let /healthz and /metrics be asked under any name.

    Load balancers and monitoring programs send the address of a machine, and cannot be told another. The answers have nothing
    of the host. Must come before the middleware that checks the host.
    """

    def middleware(request: HttpRequest) -> HttpResponseBase:
        if request.path_info in ("/healthz", "/metrics") and request.method in ("GET", "HEAD"):
            request.META["HTTP_HOST"] = settings.ALLOWED_HOSTS[0].lstrip(".").replace("*", "localhost")
        return get_response(request)

    return middleware


def reject_oversized_requests(get_response: View) -> View:
    """Reject requests with a body or a query that no form or link of this site sends, with an error page.

    The body is rejected by its Content-Length, before it is read: Django limits form fields but not files. Too many
    query parameters would otherwise raise again while the error page is rendered.
    """

    def middleware(request: HttpRequest) -> HttpResponseBase:
        length = request.META.get("CONTENT_LENGTH") or "0"
        limit = MAX_DOCUMENT_BODY_SIZE if _DOCUMENTS.fullmatch(request.path_info) else MAX_BODY_SIZE
        # Pictures and files for leaflets are sent to /admin/editor/, whose script needs an error in JSON.
        has_own_limit = request.path_info.startswith("/admin/editor/")
        if length.isdecimal() and int(length) > limit and not has_own_limit:
            raise RequestDataTooBig("The body is longer than any form of this site sends.")
        try:
            _ = request.GET
        except TooManyFieldsSent:
            request.GET = QueryDict()  # The error page reads the display from it.
            raise
        return get_response(request)

    return middleware


def force_utf8(application: Wsgi) -> Wsgi:
    """WSGI middleware that removes the charset from Content-Type: forms of this site are sent in UTF-8.

    Django uses the charset before its first middleware runs, and fails for codecs that are no charset (`hex_codec`).
    """

    def middleware(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        kind, *parameters = environ.get("CONTENT_TYPE", "").split(";")
        if any("charset" in parameter.lower() for parameter in parameters):
            others = [parameter for parameter in parameters if "charset" not in parameter.lower()]
            environ["CONTENT_TYPE"] = ";".join([kind, *others])
        return application(environ, start_response)

    return middleware
