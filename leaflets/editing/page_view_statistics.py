"""Staff's page of how often leaflets, PDFs and provisions were read, for a year as services report it or a month."""

import csv
import datetime as dt
import io
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from django.conf import settings
from django.contrib import admin
from django.db.models import Min, Sum
from django.db.models.functions import TruncMonth
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET

from leaflets.content.spreadsheets import escape_cell
from leaflets.models import Leaflet, Source
from leaflets.models.page_views import YEARS_KEPT, PageViews
from leaflets.periods import Period, add_months, read_period, year_of, years_since

MONTHS_OFFERED = 24
PROVISIONS_SHOWN = 100


@dataclass
class PageRow:
    """One page, and how often it was read in each month. `kind` is a word for staff."""

    kind: str
    title: str
    path: str = ""
    is_live: bool = True
    months: Counter[dt.date] = field(default_factory=Counter)

    @property
    def views(self) -> int:
        return self.months.total()


@dataclass
class LeafletRow:
    """A leaflet with both of its forms."""

    page: PageRow
    pdf: PageRow

    @property
    def views(self) -> int:
        return self.page.views + self.pdf.views


@dataclass
class PageViewStatistics:
    """All numbers of one period, the most read first. `never_viewed` are the leaflets on the site that nobody read."""

    period: Period
    leaflets: list[LeafletRow]
    provisions: list[PageRow]

    @property
    def viewed(self) -> list[LeafletRow]:
        return [row for row in self.leaflets if row.views]

    @property
    def never_viewed(self) -> list[LeafletRow]:
        return [row for row in self.leaflets if not row.views and row.page.is_live]

    @property
    def rows(self) -> Iterator[PageRow]:
        for leaflet in self.leaflets:
            yield from (leaflet.page, leaflet.pdf)
        yield from self.provisions

    @property
    def by_month(self) -> list[tuple[dt.date, int, int, int]]:
        """Return each month with the views of leaflets, of PDFs and of provisions."""
        pages, pdfs = ([getattr(row, name) for row in self.leaflets] for name in ("page", "pdf"))
        parts: tuple[list[PageRow], ...] = (pages, pdfs, self.provisions)
        return [
            (month, *(sum(row.months[month] for row in rows) for rows in parts))
            for month in self.period.months
            if month <= timezone.localdate()
        ]


def offered_periods(since: dt.date, today: dt.date) -> list[tuple[str, list[Period]]]:
    """Return the periods since a day, the newest first, under their headings."""
    # What is older is deleted.
    groups = [(heading, years[: YEARS_KEPT + 1]) for heading, years in years_since(since, today)]
    this_month = today.replace(day=1)
    months = [
        Period(add_months(this_month, -back), add_months(this_month, 1 - back))
        for back in range(MONTHS_OFFERED)
    ]
    groups.append(("Months", [month for month in months if month.last >= since]))
    return groups


def compute_statistics(period: Period) -> PageViewStatistics:
    """Return the statistics of a period. Every leaflet is there, also one that was never read."""
    stored = PageViews.objects.filter(day__gte=period.first, day__lt=period.after)
    by_month = stored.annotate(month=TruncMonth("day")).values_list("kind", "page", "month")
    months: dict[tuple[str, str], Counter[dt.date]] = {}
    for kind, page, month, views in by_month.annotate(total=Sum("views")).order_by():
        months.setdefault((kind, page), Counter())[month] += views
    leaflets = []
    for leaflet in Leaflet.objects.filter(placement="leaflet").for_staff():
        title, path = leaflet.shown_title or leaflet.slug, leaflet.get_absolute_url()
        page, pdf = (
            PageRow(
                word,
                title,
                path,
                leaflet.live_number is not None,
                months.get((kind, str(leaflet.pk)), Counter()),
            )
            for kind, word in ((PageViews.Kind.LEAFLET.value, "leaflet"), (PageViews.Kind.PDF.value, "PDF"))
        )
        if page.is_live or page.views or pdf.views:
            leaflets.append(LeafletRow(page, pdf))
    leaflets.sort(key=lambda row: (-row.views, row.page.title))
    sources = dict(Source.objects.values_list("slug", "title"))
    provisions = [
        _provision_row(page, sources, counted)
        for (kind, page), counted in months.items()
        if kind == PageViews.Kind.PROVISION.value
    ]
    provisions.sort(key=lambda row: (-row.views, row.title))
    return PageViewStatistics(period, leaflets, provisions)


@dataclass(frozen=True)
class PageViewTotals:
    """How often leaflets, PDFs and pages of the law were read in a period. None where nothing was counted, or is kept.

    `since` is the first day that was counted, where that is later than the first day of the period.
    """

    pages: int | None
    pdfs: int | None
    law: int | None
    since: dt.date | None


def count_total_views(period: Period) -> PageViewTotals:
    """Return the sums of a period, also of leaflets that were withdrawn."""
    first = PageViews.objects.aggregate(first=Min("day"))["first"]
    if first is None or first >= period.after:
        return PageViewTotals(None, None, None, None)
    stored = PageViews.objects.filter(day__gte=period.first, day__lt=period.after)
    sums = dict(stored.values_list("kind").annotate(total=Sum("views")).order_by())
    pages, pdfs, law = (
        sums.get(kind.value, 0)
        for kind in (PageViews.Kind.LEAFLET, PageViews.Kind.PDF, PageViews.Kind.PROVISION)
    )
    return PageViewTotals(pages, pdfs, law, first if first > period.first else None)


def _provision_row(page: str, sources: dict[str, str], months: Counter[dt.date]) -> PageRow:
    slug, _, number = page.partition("/")
    path = reverse("law-provision", kwargs={"slug": slug, "number": number})
    return PageRow("law", f"{sources.get(slug, slug)}, {number}", path, months=months)


@require_GET
def show(request: HttpRequest) -> HttpResponse:
    """The statistics of one period. `?period=year-2026-04&format=csv` is the file."""
    today = timezone.localdate()
    since = PageViews.objects.aggregate(first=Min("day"))["first"]
    key = request.GET.get("period")
    period = year_of(today, 4) if key is None else read_period(key)
    if period is None:
        raise Http404
    stats = compute_statistics(period)
    if request.GET.get("format") == "csv":
        name = f"views-{period.key}.csv"
        return HttpResponse(
            write_csv(stats.period, stats.rows),
            content_type="text/csv; charset=utf-8",
            headers={"Content-Disposition": f'attachment; filename="{name}"'},
        )
    context = {
        **admin.site.each_context(request),
        "title": "What is read",
        "stats": stats,
        "provisions": stats.provisions[:PROVISIONS_SHOWN],
        "more_provisions": max(0, len(stats.provisions) - PROVISIONS_SHOWN),
        "since": since,
        "is_running": period.last >= today,
        "periods": offered_periods(since or today, today),
        "is_counting": settings.COUNT_VIEWS,
        "years_kept": YEARS_KEPT,
    }
    return render(request, "admin/leaflets/page_view_statistics.html", context)


def write_csv(period: Period, rows: Iterable[PageRow]) -> bytes:
    """Return the views of each page in each month as CSV: UTF-8 with a BOM, without which Excel assumes another encoding."""
    file = io.StringIO(newline="")
    writer = csv.writer(file, quoting=csv.QUOTE_ALL)
    writer.writerow(["what", "title", "address", *(f"{month:%Y-%m}" for month in period.months), "total"])
    for row in rows:
        views = [str(row.months[month]) for month in period.months]
        writer.writerow([row.kind, escape_cell(row.title), row.path, *views, str(row.views)])
    return file.getvalue().encode("utf-8-sig")


page = admin.site.admin_view(show)
