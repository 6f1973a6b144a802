"""What holds for every request and every answer, and neither Django nor a library does for us."""

from collections.abc import Callable, Iterable
from typing import Any

from django.core.exceptions import RequestDataTooBig, TooManyFieldsSent
from django.http import HttpRequest, QueryDict
from django.http.response import HttpResponseBase

from .proxies import Wsgi

View = Callable[[HttpRequest], HttpResponseBase]

# Nobody embeds our pages, files and pictures, and our pages embed nobody's.
ISOLATION = {
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Embedder-Policy": "require-corp",
}

# The longest that a form of ours sends: a picture for a leaflet (5 MB) and what is around it.
LONGEST_BODY = 6 * 1024 * 1024  # bytes


def isolation(get_response: View) -> View:
    """Stands before all others, so that static files and errors say it too."""

    def answer(request: HttpRequest) -> HttpResponseBase:
        response = get_response(request)
        for name, value in ISOLATION.items():
            response[name] = value
        return response

    return answer


def readable_requests(get_response: View) -> View:
    """Refuses, with a page that helps, what no browser sends for a form or a link of ours.

    A body is refused before any of it is read: Django bounds fields, and files not at all. An address with a
    thousand parameters would otherwise break the error page too.
    """

    def answer(request: HttpRequest) -> HttpResponseBase:
        length = request.META.get("CONTENT_LENGTH") or "0"
        bounds_its_own = request.path_info.startswith("/admin/editor/")  # And says so in JSON, to a script.
        if length.isdecimal() and int(length) > LONGEST_BODY and not bounds_its_own:
            raise RequestDataTooBig("The body is longer than any form of this site sends.")
        try:
            _ = request.GET
        except TooManyFieldsSent:
            request.GET = QueryDict()  # The error page asks for the display.
            raise
        return get_response(request)

    return answer


def in_utf8(application: Wsgi) -> Wsgi:
    """Stands in front of Django: every request is in UTF-8, as our pages are, whatever else it claims.

    Django believes a claim before its first middleware runs, and breaks where it names no alphabet (`hex_codec`).
    """

    def answer(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        kind, *parameters = environ.get("CONTENT_TYPE", "").split(";")
        if any("charset" in parameter.lower() for parameter in parameters):
            others = [parameter for parameter in parameters if "charset" not in parameter.lower()]
            environ["CONTENT_TYPE"] = ";".join([kind, *others])
        return application(environ, start_response)

    return answer
