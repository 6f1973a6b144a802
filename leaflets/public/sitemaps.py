"""Sitemaps: published leaflets, cited provisions of the law, and fixed pages."""

import datetime as dt

from django.contrib.sitemaps import Sitemap
from django.urls import reverse

from leaflets.models import Edition, EditionQuerySet, Section, provisions_cited_in_public


class LeafletSitemap(Sitemap):
    """Leaflets and footer pages."""

    def items(self) -> EditionQuerySet:
        return Edition.objects.published().for_lists()

    def lastmod(self, edition: Edition) -> dt.datetime | None:
        """Return when readers last got another text, summary or "In short".

        Search engines read a page again after this date. It says nothing about the age of its words, which the page's
        structured data does.
        """
        return edition.published_at


class DutySitemap(Sitemap):
    """The duties of each leaflet that marks some."""

    def items(self) -> EditionQuerySet:
        return Edition.objects.published().leaflets().that_mark_duties().for_lists()

    def location(self, edition: Edition) -> str:
        return reverse("leaflet-duties", args=[edition.leaflet.slug])

    def lastmod(self, edition: Edition) -> dt.datetime | None:
        return edition.published_at


class MeetingSitemap(Sitemap):
    """The form for the meeting sheet of each leaflet."""

    def items(self) -> EditionQuerySet:
        return Edition.objects.published().leaflets().for_lists()

    def location(self, edition: Edition) -> str:
        return reverse("meeting", args=[edition.leaflet.slug])


class LetterSitemap(Sitemap):
    """Letters to copy."""

    def items(self) -> list[tuple[str, str]]:
        live = Edition.objects.published().leaflets()
        letters = Section.objects.filter(edition__in=live, kind="letter").order_by(
            "edition__title", "position"
        )
        return list(letters.values_list("edition__leaflet__slug", "anchor"))

    def location(self, letter: tuple[str, str]) -> str:
        return reverse("letter", args=letter)


class LawSitemap(Sitemap):
    """The sources that leaflets cite, and the provisions."""

    def items(self) -> list[tuple[str, ...]]:
        # The versions of a source share one page per number.
        cited = list(provisions_cited_in_public().values_list("version__source__slug", "number"))
        sources = [(slug,) for slug, _number in cited]
        return [*dict.fromkeys(sources), *dict.fromkeys(cited)]

    def location(self, cited: tuple[str, ...]) -> str:
        return reverse("law-provision" if len(cited) > 1 else "law-source", args=cited)


class PageSitemap(Sitemap):
    """Fixed pages."""

    def items(self) -> list[str]:
        return ["home", "leaflets", "duties", "law", "words", "contact", "have-your-say", "you-said-we-did"]

    def location(self, name: str) -> str:
        return reverse(name)


SITEMAPS = {
    "pages": PageSitemap,
    "leaflets": LeafletSitemap,
    "duties": DutySitemap,
    "meetings": MeetingSitemap,
    "letters": LetterSitemap,
    "law": LawSitemap,
}
