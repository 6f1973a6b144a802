"""Page layout: the service and the records that the header and footer of every page show.

They are cached in each process for one site version.
"""

from functools import cached_property

from django.http import HttpRequest

from leaflets.models import Edition, Service
from leaflets.models.site_version import Version

from .caching import ENVIRON_KEY


class PageLayout:
    """The records that the header and footer show, for one site version. Each is read on its first use."""

    def __init__(self, version: Version | None, service: Service | None) -> None:
        self.version = version
        self.service = service

    @cached_property
    def footer_pages(self) -> list[Edition]:
        return list(Edition.objects.published().footer_pages().for_lists())

    @cached_property
    def leaflet_count(self) -> int:
        """The number of published leaflets, for pagination. Cached here because counting thousands is slow."""
        return Edition.objects.published().leaflets().count()


_last: PageLayout | None = None


def get_layout(request: HttpRequest) -> PageLayout:
    """Return the layout for the request's site version, from the cache if possible."""
    global _last
    version = request.META.get(ENVIRON_KEY)
    if _last is not None and version is not None and _last.version == version:
        return _last
    layout = PageLayout(version, Service.objects.first())
    if layout.service is not None:
        _last = layout
    return layout


def layout_without_database() -> PageLayout:
    """Return a layout without queries, with the cached service if there is one: error pages show its phone number."""
    layout = PageLayout(None, _last.service if _last else None)
    layout.footer_pages = []
    return layout
