"""Page layout: who publishes, and what the header and footer of every page show.

They are the same on every page until the site changes, so each process reads them once per site version.
"""

from functools import cached_property

from django.http import HttpRequest

from leaflets.models import Edition, Service
from leaflets.models.site_version import Version

from .caching import ENVIRON_KEY


class PageLayout:
    """The records that the header and footer show, as they are in one version of the site."""

    def __init__(self, version: Version | None, service: Service | None) -> None:
        self.version = version
        self.service = service

    @cached_property
    def footer_pages(self) -> list[Edition]:
        return list(Edition.objects.published().footer_pages().for_lists())

    @cached_property
    def leaflet_count(self) -> int:
        """How many leaflets the list has: counting thousands takes longer than reading a page of them."""
        return Edition.objects.published().leaflets().count()


_last: PageLayout | None = None


def get_layout(request: HttpRequest) -> PageLayout:
    """Return the layout for the request's site version: the cached one where it has that version."""
    global _last
    version = request.META.get(ENVIRON_KEY)
    if _last is not None and version is not None and _last.version == version:
        return _last
    layout = PageLayout(version, Service.objects.first())
    if layout.service is not None:
        _last = layout
    return layout


def layout_without_database() -> PageLayout:
    """Return what is known while the database does not answer: people still need our phone number."""
    layout = PageLayout(None, _last.service if _last else None)
    layout.footer_pages = []
    return layout
