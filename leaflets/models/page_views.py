"""How often pages were read: a number for each page and day, and nothing about readers."""

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Mapping

from django.db import models, transaction
from django.db.models import F
from django.urls import Resolver404, ResolverMatch, resolve

from .leaflets import Leaflet, OldSlug

YEARS_KEPT = 7


class PageViews(models.Model):
    """How often one page was read on one day, in the United Kingdom.

    `page` is the primary key of a leaflet, for its page and its PDFs, which stays when its address changes, or
    "SOURCE/NUMBER" of a provision, whose versions share a page. Rows are only added to: see `add_views`.
    """

    class Kind(models.TextChoices):
        LEAFLET = "leaflet", "Leaflet"
        PDF = "pdf", "PDF"
        PROVISION = "provision", "Paragraph or section of the law"

    day = models.DateField()
    kind = models.CharField(max_length=20, choices=Kind)
    page = models.CharField(max_length=120)
    views = models.PositiveBigIntegerField(default=0)

    class Meta:
        verbose_name_plural = "page views"
        constraints = [models.UniqueConstraint(fields=["day", "kind", "page"], name="page_views_once_a_day")]

    def __str__(self) -> str:
        return f"{self.kind} {self.page}, {self.day}: {self.views}"


@transaction.atomic
def add_views(counts: Mapping[tuple[dt.date, str], int]) -> None:
    """Add numbers of views by day and path to what is stored. Paths of pages that are not counted are left out.

    The database adds, so processes that write at the same time lose nothing; all write in one order, so they do not wait
    for each other in a circle.
    """
    pages = _identify(path for _day, path in counts)
    added: Counter[tuple[dt.date, str, str]] = Counter()
    for (day, path), views in counts.items():
        if path in pages:
            added[(day, *pages[path])] += views
    in_order = sorted(added)
    rows = [PageViews(day=day, kind=kind, page=page) for day, kind, page in in_order]
    PageViews.objects.bulk_create(rows, ignore_conflicts=True, batch_size=500)
    for day, kind, page in in_order:
        row = PageViews.objects.filter(day=day, kind=kind, page=page)
        row.update(views=F("views") + added[day, kind, page])


def delete_old_views(today: dt.date, *, dry_run: bool = False) -> int:
    """Delete the numbers of days that are more than `YEARS_KEPT` years ago; return how many."""
    is_leap_day = (today.month, today.day) == (2, 29)
    first_kept = today.replace(year=today.year - YEARS_KEPT, day=28 if is_leap_day else today.day)
    old = PageViews.objects.filter(day__lt=first_kept)
    return old.count() if dry_run else old.delete()[0]


def _identify(paths: Iterable[str]) -> dict[str, tuple[str, str]]:
    """Return the kind and the page of each path that is counted."""
    found = {path: page for path in set(paths) if (page := _resolve(path))}
    slugs = {page.kwargs["slug"] for page in found.values()}
    leaflets = dict(OldSlug.objects.filter(slug__in=slugs).values_list("slug", "leaflet"))
    leaflets |= dict(Leaflet.objects.filter(slug__in=slugs).values_list("slug", "pk"))
    pages: dict[str, tuple[str, str]] = {}
    for path, page in found.items():
        slug = page.kwargs["slug"]
        if page.view_name == "law-provision":
            pages[path] = PageViews.Kind.PROVISION.value, f"{slug}/{page.kwargs['number']}"
        elif page.view_name in ("leaflet", "leaflet-pdf") and slug in leaflets:
            kind = PageViews.Kind.LEAFLET if page.view_name == "leaflet" else PageViews.Kind.PDF
            pages[path] = kind.value, str(leaflets[slug])
    return pages


def _resolve(path: str) -> ResolverMatch | None:
    try:
        page = resolve(path)
    except Resolver404:
        return None
    return page if page.view_name in ("leaflet", "leaflet-pdf", "law-provision") else None
