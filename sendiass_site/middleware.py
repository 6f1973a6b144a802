"""What holds for every request and every answer, and neither Django nor a library does for us."""

from collections.abc import Callable

from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest
from django.http.response import HttpResponseBase

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


def bounded_body(get_response: View) -> View:
    """Refuses what no form of ours sends before any of it is read: Django bounds fields, and files not at all."""

    def answer(request: HttpRequest) -> HttpResponseBase:
        if (
            request.META.get("CONTENT_LENGTH", "").isdecimal()
            and int(request.META["CONTENT_LENGTH"]) > LONGEST_BODY
        ):
            raise RequestDataTooBig("The body is longer than any form of this site sends.")
        return get_response(request)

    return answer
