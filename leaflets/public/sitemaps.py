"""Sitemaps: published leaflets, cited paragraphs of the Code, and fixed pages."""

import datetime as dt

from django.contrib.sitemaps import Sitemap
from django.urls import reverse

from leaflets.models import Edition, EditionQuerySet, paragraphs_cited_in_public


class LeafletSitemap(Sitemap):
    """Leaflets and footer pages."""

    def items(self) -> EditionQuerySet:
        return Edition.objects.published().for_lists()

    def lastmod(self, edition: Edition) -> dt.datetime | None:
        return edition.published_at


class CodeSitemap(Sitemap):
    """The cited paragraphs of the Code."""

    def items(self) -> list[str]:
        # Editions of the Code share one page per paragraph number.
        return list(dict.fromkeys(paragraphs_cited_in_public().values_list("number", flat=True)))

    def location(self, number: str) -> str:
        return reverse("code-paragraph", args=[number])


class PageSitemap(Sitemap):
    """Fixed pages."""

    def items(self) -> list[str]:
        return ["home", "leaflets", "code-of-practice", "contact", "have-your-say", "you-said-we-did"]

    def location(self, name: str) -> str:
        return reverse(name)


SITEMAPS = {"pages": PageSitemap, "leaflets": LeafletSitemap, "code": CodeSitemap}
