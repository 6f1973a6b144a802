"""What every template may show around its own content."""

from typing import Any

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from .display import display_of, path_without_display
from .layout import PageLayout, get_layout, layout_without_database


def site(request: HttpRequest) -> dict[str, Any]:
    """The service, the layout, and how this reader wants pages shown."""
    return _context(request, get_layout(request), here=path_without_display(request))


def without_database(request: HttpRequest) -> dict[str, Any]:
    """The same while the database does not answer."""
    return _context(request, layout_without_database(), here=request.path) | {"request": request}


def _context(request: HttpRequest, layout: PageLayout, here: str) -> dict[str, Any]:
    return {
        "layout": layout,
        "service": layout.service,
        "display": display_of(request),
        "here": here,
        # Lazy: the error page for a disallowed host must not ask for the host.
        "origin": SimpleLazyObject(lambda: f"{request.scheme}://{request.get_host()}"),
    }
