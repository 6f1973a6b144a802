"""What stands around every page: who publishes, the header and the footer.

All of it is the same on every page until the site changes, so that it is read and rendered once for each
stamp of the site (see `freshness`) in each process.
"""

from functools import cached_property

from django.conf import settings
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.safestring import SafeString

from leaflets.models import Edition, Service
from leaflets.models.site_version import Version
from leaflets.stencils import Stencil

from .caching import ENVIRON_KEY

LINKED_EVERYWHERE = ("home", "leaflets", "code-of-practice", "contact", "have-your-say")


class Furniture:
    """Header, footer and who publishes, as they are under one stamp of the site."""

    def __init__(self, stamp: Version | None, service: Service | None) -> None:
        self.stamp = stamp
        self.service = service
        self._headers: dict[tuple[str, str], Stencil] = {}

    def header(self, display: str, here: str, writing: str = "") -> SafeString:
        """The header in one display, whose button comes back to the page at `here`.

        On a page where somebody writes, the button sends their words along to the address `writing`.
        """
        kind = display, writing
        if kind not in self._headers:
            context = {"service": self.service, "urls": self.urls, "display": display, "writing": writing}
            self._headers[kind] = Stencil("_header.html", ("here",), **context)
        return self._headers[kind].fill(here=here)

    @cached_property
    def footer(self) -> SafeString:
        context = {"service": self.service, "urls": self.urls, "footer_pages": self.footer_pages}
        return render_to_string("_footer.html", context)

    @cached_property
    def footer_pages(self) -> list[Edition]:
        return list(Edition.objects.published().footer_pages().for_lists())

    @cached_property
    def leaflet_count(self) -> int:
        """How many leaflets the list has: counting thousands takes longer than reading a page of them."""
        return Edition.objects.published().leaflets().count()

    @cached_property
    def head_links(self) -> SafeString:
        """The stylesheet and the icon."""
        return render_to_string("_head_links.html")

    @cached_property
    def imprint(self) -> Stencil:
        """What the last lines of a printed leaflet say."""
        return Stencil("leaflets/_imprint.html", ("title", "number", "date", "url"), service=self.service)

    @cached_property
    def urls(self) -> dict[str, str]:
        """The addresses that many pages link to, by name; with `_` for `-`, as templates want it."""
        return {name.replace("-", "_"): reverse(name) for name in LINKED_EVERYWHERE}


_last: Furniture | None = None


def furniture_for(request: HttpRequest) -> Furniture:
    """The furniture for a page that is made now: the kept one where the request's stamp is still its own."""
    global _last
    # Whoever works on the templates sees each change at once.
    stamp = None if settings.DEBUG else request.META.get(ENVIRON_KEY)
    if _last is not None and stamp is not None and _last.stamp == stamp:
        return _last
    found = Furniture(stamp, Service.objects.first())
    if found.service is not None:
        _last = found
    return found


def without_database() -> Furniture:
    """What can be said where the database does not answer: people still need our phone number."""
    found = Furniture(None, _last.service if _last else None)
    found.footer_pages = []
    return found
