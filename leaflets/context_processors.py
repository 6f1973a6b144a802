"""What every page shows around its own content."""

from typing import Any

from django.http import HttpRequest

from .display import display_of, path_without_display
from .models import Edition, Service


def site(request: HttpRequest) -> dict[str, Any]:
    """The service, the footer's pages, and how this reader wants pages shown."""
    return {
        "service": _remember(Service.objects.first()),
        "footer_pages": Edition.objects.published().footer_pages().for_lists(),
        "display": display_of(request),
        "here": path_without_display(request),
    }


_last_known: Service | None = None


def _remember(service: Service | None) -> Service | None:
    global _last_known
    _last_known = service or _last_known
    return service


def without_database(request: HttpRequest) -> dict[str, Any]:
    """The same where the database does not answer: people still need our phone number."""
    return {
        "service": _last_known,
        "footer_pages": [],
        "display": display_of(request),
        "here": request.path,
        "request": request,
    }
