"""Context for all templates: the service, the page layout and the display."""

from contextlib import suppress
from typing import Any

from django.conf import settings
from django.core.exceptions import DisallowedHost
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from leaflets.models import Edition, select_notices

from .display import get_display, path_without_display
from .layout import PageLayout, get_layout, layout_without_database


def site(request: HttpRequest) -> dict[str, Any]:
    """Return the service, the layout with its header, the display, and the path to return to after changing it."""
    return _context(request, get_layout(request), return_path=path_without_display(request))


def without_database(request: HttpRequest) -> dict[str, Any]:
    """Return the same context while the database is unavailable."""
    return _context(request, layout_without_database(), return_path=request.path) | {"request": request}


def without_request(layout: PageLayout, *, display: str, return_path: str) -> dict[str, Any]:
    """Return the same context for a page that is rendered for the site itself, such as that of a PDF: without notices."""
    return {
        "layout": layout,
        "header": layout.render_header(return_path.partition("?")[0]),
        "service": layout.service,
        "display": display,
        "return_path": return_path,
        "origin": settings.SITE_URL,
        "counts_views": settings.COUNT_VIEWS,
        "error_reports_host": settings.ERROR_REPORTS_HOST,
    }


def for_edition(edition: Edition, **context: object) -> dict[str, Any]:
    """Return the context of `leaflets/detail.html`: the edition, its path, and what `context` says of the page.

    What the template asks for again and again is always there: Django takes six times as long for a name that is missing.
    """
    flags = {"is_draft": False, "is_edition_page": False, "is_pdf": False}
    return {"edition": edition, "url": edition.get_absolute_url()} | flags | context


def _origin(request: HttpRequest) -> str:
    """Return the scheme and host of the request; "" on the error page for a host that is not allowed."""
    with suppress(DisallowedHost):
        return f"{request.scheme}://{request.get_host()}"
    return ""


def _context(request: HttpRequest, layout: PageLayout, return_path: str) -> dict[str, Any]:
    # Lazy: pages of the admin do not show them.
    notices = SimpleLazyObject(lambda: select_notices(layout.notices, request.path))
    context = without_request(layout, display=get_display(request), return_path=return_path)
    return context | {"origin": _origin(request), "notices": notices}
