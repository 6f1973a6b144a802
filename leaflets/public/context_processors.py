"""What every page shows around its own content."""

from typing import Any

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from . import layout
from .display import display_of, path_without_display


def site(request: HttpRequest) -> dict[str, Any]:
    """The service, the header and footer, and how this reader wants pages shown."""
    return _around(request, layout.furniture_for(request), here=path_without_display(request))


def without_database(request: HttpRequest) -> dict[str, Any]:
    """The same where the database does not answer."""
    return _around(request, layout.without_database(), here=request.path) | {"request": request}


def _around(request: HttpRequest, found: layout.Furniture, here: str) -> dict[str, Any]:
    return {
        "furniture": found,
        "service": found.service,
        "urls": found.urls,
        "display": display_of(request),
        "here": here,
        # The page that refuses an unknown host asks for no address.
        "origin": SimpleLazyObject(lambda: f"{request.scheme}://{request.get_host()}"),
    }
