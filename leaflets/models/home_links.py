"""Resolves the links on the home page, and those of notices, to pages that are there for readers. It has no model.

A parent never meets a dead link: pages show only links that have an address, and staff are told of the others.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from django.conf import settings
from django.core.files.storage import default_storage
from django.db.models import Prefetch, Q
from django.urls import Resolver404, ResolverMatch, resolve, reverse

from leaflets.content.home_links import HomeLink, find_mistake
from leaflets.content.phone_numbers import dial_string

from .citations import provisions_with_a_page
from .law import SourceVersion
from .leaflets import Edition, Leaflet, Section

# Pages that are not for readers, or not to be opened by a link.
_NOT_FOR_READERS = ("/admin/", "/shared/", "/display/", "/static/", "/logo/", "/brand/", "/.well-known/")
_LEAFLET_PAGES = ("leaflet", "footer-page")
# Pages of the site itself, by the names of their URLs, with their titles.
_OWN_PAGES = {
    "contact": "Contact us",
    "have-your-say": "Have Your Say",
    "you-said-we-did": "You said, we did",
    "leaflets": "All leaflets",
    "law": "The law",
    "duties": "All duties",
    "words": "Words explained",
}
_MAX_OFFERED = 500
# Pages that the footer's pages do not have.
_PAGES_OF_LEAFLETS = ("leaflet-duties", "meeting", "meeting-sheet", "letter", "leaflet-part")


@dataclass(frozen=True)
class ResolvedLink:
    """A link with its address; `href` is "" where it leads nowhere, and `problem` then says why, for staff."""

    words: str
    about: str
    icon: str
    href: str
    problem: str = ""


def linkable_pages() -> list[tuple[str, str]]:
    """Return the address and title of each page, and of each section of a leaflet, that a link can lead to."""
    sections = Section.objects.only("edition", "anchor", "heading").in_reading_order()
    editions = Edition.objects.published().select_related("leaflet").order_by("title")
    shown = editions.only("title", "status", "leaflet__slug", "leaflet__placement")
    pages = [(reverse(name), title) for name, title in _OWN_PAGES.items()]
    for edition in shown.prefetch_related(Prefetch("sections", sections))[:_MAX_OFFERED]:
        address = edition.get_absolute_url()
        pages.append((address, edition.title))
        if edition.placement == "leaflet":
            pages.append((reverse("meeting", args=[edition.leaflet.slug]), f"{edition.title}: meeting sheet"))
            pages.append((reverse("leaflet-duties", args=[edition.leaflet.slug]), f"{edition.title}: duties"))
        pages += [
            (f"{address}#{section.anchor}", f"{edition.title}: {section.heading}")
            for section in edition.shown_sections
            if section.heading
        ]
    return pages[:_MAX_OFFERED]


def resolve_links(links: Iterable[HomeLink]) -> list[ResolvedLink]:
    """Return each link with its address. Takes three queries for the leaflets, and one for each page of the law."""
    pages = [(link, _resolve(link)) for link in links]
    slugs = {page.kwargs["slug"] for _way, page in pages if page and _is_of_leaflet(page)}
    editions = _find_live(slugs)
    resolved = []
    for link, page in pages:
        href, problem = _find_address(link, page, editions)
        if problem:
            problem = f"“{link.words}” leads to {link.leads_to}: {problem}. It is not shown on the home page."
        resolved.append(ResolvedLink(link.words, link.about, link.icon, href, problem))
    return resolved


def _resolve(link: HomeLink) -> ResolverMatch | None:
    path = _path(link)
    # A path without its last slash would be a redirect, and "/healthz" and "/robots.txt" are for programs.
    if link.is_call or path.startswith(_NOT_FOR_READERS):
        return None
    try:
        page = resolve(path)
    except Resolver404:
        return None
    is_page = path.endswith("/") or page.view_name in ("leaflet-pdf", "media", "attachment")
    return page if is_page else None


def _path(link: HomeLink) -> str:
    return unquote(urlsplit(link.leads_to).path)


def _is_of_leaflet(page: ResolverMatch) -> bool:
    return "slug" in page.kwargs and not str(page.view_name).startswith("law-")


def _find_live(slugs: set[str]) -> dict[str, Edition]:
    """Return the live editions of leaflets with these slugs, also with old ones."""
    if not slugs:
        return {}
    found = Edition.objects.published().filter(
        Q(leaflet__slug__in=slugs) | Q(leaflet__old_slugs__slug__in=slugs)
    )
    anchors = Section.objects.only("edition", "anchor", "kind", "subheadings").in_reading_order()
    editions = list(
        found.distinct()
        .select_related("leaflet")
        .only("status", "leaflet__slug", "leaflet__placement")
        .prefetch_related("leaflet__old_slugs", Prefetch("sections", anchors))
    )
    by_slug = {old.slug: edition for edition in editions for old in edition.leaflet.old_slugs.all()}
    return by_slug | {edition.leaflet.slug: edition for edition in editions}


def _find_address(
    link: HomeLink, page: ResolverMatch | None, editions: dict[str, Edition]
) -> tuple[str, str]:
    """Return the address of a link and "", or "" and why it has none."""
    if find_mistake(link):
        return "", "this is not the address of a page"
    if link.is_call:
        return f"tel:{dial_string(link.leads_to.removeprefix('tel:'))}", ""
    if page is None:
        return "", "there is no such page"
    if _is_of_leaflet(page):
        edition = editions.get(page.kwargs["slug"])
        if edition is None:
            slug = page.kwargs["slug"]
            is_known = Leaflet.objects.filter(Q(slug=slug) | Q(old_slugs__slug=slug)).exists()
            return "", "this leaflet is not published" if is_known else "there is no such page"
        return _leaflet_address(link, page, edition)
    return (link.leads_to, "") if _exists(page, _path(link)) else ("", "there is no such page")


def _leaflet_address(link: HomeLink, page: ResolverMatch, edition: Edition) -> tuple[str, str]:
    if page.view_name == "leaflet-pdf" and page.kwargs["name"] not in edition.pdf_names.values():
        return "", "there is no such page"
    if page.view_name == "edition":
        number = page.kwargs["number"]
        is_public = (
            Edition.objects.shown_to_public().filter(leaflet=edition.leaflet_id, number=number).exists()
        )
        return (link.leads_to, "") if is_public else ("", "there is no such page")
    if page.view_name in _PAGES_OF_LEAFLETS and edition.leaflet.placement != "leaflet":
        return "", "there is no such page"
    if page.view_name == "letter" and page.kwargs["anchor"] not in [one.anchor for one in edition.letters]:
        return "", "there is no such page"
    if page.view_name == "leaflet-part" and page.kwargs["anchor"] not in _anchors(edition):
        return "", "there is no such page"
    if page.view_name not in _LEAFLET_PAGES:
        return link.leads_to, ""
    fragment = unquote(urlsplit(link.leads_to).fragment)
    if fragment and fragment not in _anchors(edition):
        return "", f"this leaflet has no part “{fragment}”"
    # The leaflet's own address, where an old one is written.
    rest = link.leads_to[len(urlsplit(link.leads_to).path) :]
    return f"{edition.leaflet.get_absolute_url()}{rest}", ""


def _anchors(edition: Edition) -> set[str]:
    sections = edition.shown_sections
    inside = {heading["anchor"] for section in sections for heading in section.subheadings}
    return inside | {section.anchor for section in sections}


def _exists(page: ResolverMatch, path: str) -> bool:
    match page.view_name:
        case "law-source":
            return SourceVersion.objects.filter(source__slug=page.kwargs["slug"]).exists()
        case "law-provision" | "code-paragraph":
            slug = page.kwargs.get("slug", "code-of-practice")
            return provisions_with_a_page().with_number(slug, page.kwargs["number"]).exists()
        case "media" | "attachment":
            return default_storage.exists(path.removeprefix(settings.MEDIA_URL))
    return not page.kwargs
