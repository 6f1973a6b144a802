"""Sitemaps: published leaflets, cited provisions of the law, and fixed pages."""

import datetime as dt

from django.contrib.sitemaps import Sitemap
from django.urls import reverse

from leaflets.models import Edition, EditionQuerySet, provisions_cited_in_public


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
        return ["home", "leaflets", "law", "words", "contact", "have-your-say", "you-said-we-did"]

    def location(self, name: str) -> str:
        return reverse(name)


SITEMAPS = {"pages": PageSitemap, "leaflets": LeafletSitemap, "law": LawSitemap}
