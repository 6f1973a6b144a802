"""Page layout: the service, the records that the header and footer show, and the HTML that is the same on all pages.

They are cached in each process for one site version.
"""

from dataclasses import dataclass
from functools import cached_property

from django.db.models import Count
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString

from leaflets.models import (
    Edition,
    ResolvedLink,
    Service,
    SourceVersion,
    Term,
    Topic,
    find_shown_notices,
    resolve_links,
)
from leaflets.models.notices import ShownNotice
from leaflets.models.site_version import Version

from .caching import SITE_VERSION_ENVIRON_KEY
from .pagination import ListedEdition, read_editions
from .words import Glossary

# The links in the header: the names of their URLs, and their words.
MENU = {"leaflets": "Leaflets", "law": "Law", "words": "Words", "search": "Search", "contact": "Contact"}

# Leaflets in `PageLayout.topics`. A service has about 25.
MAX_IN_TOPICS = 60

# Pixels into which the logo is fitted, for the attributes of its element.
LOGO_BOX = (240, 48)


@dataclass(frozen=True)
class LogoImage:
    """The logo as an image on a page: its path, its size in pixels, its words or "", and the classes that it needs."""

    url: str
    width: int
    height: int
    words: str
    classes: str = ""


class PageLayout:
    """The layout for one site version. Each part is read or rendered on its first use."""

    def __init__(self, version: Version | None, service: Service | None) -> None:
        self.version = version
        self.service = service
        self._headers: dict[tuple[str, str], SafeString] = {}

    @cached_property
    def footer_pages(self) -> list[Edition]:
        return list(Edition.objects.published().footer_pages().for_lists())

    @cached_property
    def _addresses(self) -> dict[str, str]:
        """The paths of the links in the header, by name."""
        return {name: reverse(name) for name in MENU}

    def render_header(self, path: str) -> SafeString:
        """Return the header for a page. The link to the page, or to one above it, is marked as current."""
        here = next((name for name, address in self._addresses.items() if path.startswith(address)), "")
        current = here and ("page" if path == self._addresses[here] else "true")
        if (here, current) not in self._headers:
            menu = [
                {"href": self._addresses[name], "words": words, "current": current if name == here else ""}
                for name, words in MENU.items()
            ]
            context = {"service": self.service, "logo": self.logo, "menu": menu}
            self._headers[here, current] = render_to_string("_header.html", context)
        return self._headers[here, current]

    @property
    def header_of_error(self) -> SafeString:
        """The header of an error page, which is none of the pages above it: no link is marked as current."""
        return self.render_header("")

    @cached_property
    def footer(self) -> SafeString:
        return render_to_string("_footer.html", {"service": self.service, "footer_pages": self.footer_pages})

    @cached_property
    def brand_stylesheet(self) -> str:
        """The path of the stylesheet with the service's colours, to be linked after site.css; "" where there is none."""
        return self.service.brand_stylesheet_url if self.service else ""

    @cached_property
    def logo(self) -> LogoImage | None:
        size = self.service.logo_size(*LOGO_BOX) if self.service else None
        if self.service is None or size is None:
            return None
        return LogoImage(self.service.logo_url, *size, self.service.logo_alt, self.service.logo_classes)

    @cached_property
    def home_links(self) -> list[ResolvedLink]:
        """The links of the home page that lead somewhere."""
        links = resolve_links(self.service.home_links) if self.service else []
        return [link for link in links if link.href]

    @cached_property
    def notices(self) -> list[ShownNotice]:
        """The notices that some page shows now. The site version changes when one begins or ends."""
        return find_shown_notices(timezone.now())

    @cached_property
    def service_files(self) -> dict[str, bytes]:
        """The logo by its path, for a PDF, which requests nothing. The service's colours are for screens only."""
        if self.service is None or self.logo is None:
            return {}
        return {self.logo.url: bytes(self.service.logo_file or b"")}

    @cached_property
    def has_superseded_law(self) -> bool:
        """Whether some source has more than one version that came into force, so that leaflets may cite an older one."""
        sources = SourceVersion.objects.begun().values("source")
        return sources.annotate(versions=Count("pk")).filter(versions__gt=1).exists()

    def find_newer_law(self, edition: Edition) -> list[SourceVersion]:
        """Return the versions in force of sources of which this edition cites an older version."""
        return list(SourceVersion.objects.newer_than_cited(edition.pk)) if self.has_superseded_law else []

    @cached_property
    def glossary(self) -> Glossary:
        return Glossary(Term.objects.in_alphabetical_order())

    @cached_property
    def listed(self) -> list[ListedEdition]:
        """All live editions of leaflets, under their topics, in the order of lists.

        Cached here, so that a page of a list reads only its own rows: the order of thousands is read once per version.
        """
        in_topics = Edition.objects.published().leaflets().in_topics()
        return [(topic, key) for topic, keys in in_topics for key in keys]

    @cached_property
    def listed_with_duties(self) -> list[ListedEdition]:
        """Those of `listed` that mark a duty."""
        marking = set(Edition.objects.published().leaflets().that_mark_duties().values_list("pk", flat=True))
        return [(topic, key) for topic, key in self.listed if key in marking]

    @cached_property
    def topics(self) -> list[tuple[Topic | None, list[Edition]]]:
        """The leaflets under their topics, for the home page: `[(topic, [edition, …]), …]`, without empty topics.

        Leaflets without a topic come last, under None: "More leaflets", or no heading where that is the only group.
        At most `MAX_IN_TOPICS` leaflets, the first in the order of `/leaflets/`, which has them all; compare their
        number with `leaflet_count`. The editions are `for_lists`: title, summary, dates, address, but no sections.
        """
        return read_editions(self.listed[:MAX_IN_TOPICS], Edition.objects.for_lists())

    @cached_property
    def only_leaflet(self) -> Edition | None:
        """The first leaflet with the headings of its sections, for the home page where there is one leaflet."""
        return Edition.objects.published().leaflets().for_lists().with_headings().first()

    @property
    def leaflet_count(self) -> int:
        """The number of published leaflets, for pagination."""
        return len(self.listed)


_last: PageLayout | None = None


def get_layout(request: HttpRequest) -> PageLayout:
    """Return the layout for the request's site version, from the cache if possible; one layout for a request."""
    global _last
    version = request.META.get(SITE_VERSION_ENVIRON_KEY)
    if _last is not None and version is not None and _last.version == version:
        return _last
    layout: PageLayout | None = getattr(request, "page_layout", None)
    if layout is None or layout.version != version:
        layout = PageLayout(version, Service.objects.first())
        request.page_layout = layout  # type: ignore[attr-defined]
    if layout.service is not None:
        _last = layout
    return layout


def layout_without_database() -> PageLayout:
    """Return a layout without queries, with the cached service if there is one: error pages show its phone number."""
    layout = PageLayout(None, _last.service if _last else None)
    layout.footer_pages, layout.home_links, layout.notices = [], [], []
    return layout
