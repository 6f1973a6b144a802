"""The number of messages by month, by leaflet and by part, for the yearly report. Tallies count too."""

import datetime as dt
from dataclasses import dataclass

from django.db.models import Count, Q
from django.db.models.functions import TruncMonth

from .models import Feedback, FeedbackQuerySet

MONTHS = 12

# The measures of the chart, in units of its view box.
_BAR, _GAP, _HEIGHT = 34, 12, 120


@dataclass(frozen=True)
class Row:
    """The number of messages, and of the answers to "Was this useful?"."""

    label: str
    messages: int
    useful: int
    not_useful: int

    @property
    def no_answer(self) -> int:
        return self.messages - self.useful - self.not_useful


@dataclass(frozen=True)
class Bar:
    """One month in the chart."""

    x: int
    y: int
    height: int
    label: str
    messages: int
    width: int = _BAR

    @property
    def middle(self) -> int:
        return self.x + self.width // 2


_COUNTS = {
    "messages": Count("pk"),
    "yes": Count("pk", filter=Q(useful=Feedback.Useful.YES)),
    "no": Count("pk", filter=Q(useful=Feedback.Useful.NO)),
}


def by_month(today: dt.date) -> list[tuple[dt.date, Row]]:
    """The last twelve months, the current one last, with those without messages."""
    months = [_months_before(today, back) for back in reversed(range(MONTHS))]
    found = {
        row["month"].date(): row
        for row in _since(months[0]).annotate(month=TruncMonth("sent_at")).values("month").annotate(**_COUNTS)
    }
    return [(month, _row(f"{month:%B %Y}", found.get(month))) for month in months]


def by_leaflet(today: dt.date) -> list[Row]:
    """The same months by leaflet, the one with most messages first."""
    since = _since(_months_before(today, MONTHS - 1))
    found = since.with_titles().values("leaflet", "leaflet_title").annotate(**_COUNTS)
    rows = found.order_by("-messages", "leaflet_title", "leaflet")
    return [_row(row["leaflet_title"] or "no leaflet", row) for row in rows]


def by_part(today: dt.date) -> list[Row]:
    """The same months by section, or heading inside one, the one with most messages first."""
    since = _since(_months_before(today, MONTHS - 1)).exclude(section="").with_titles()
    names = ("leaflet_title", "section_heading")
    found = since.values("leaflet", "section", *names).annotate(**_COUNTS)
    rows = found.order_by("-messages", *names, "leaflet", "section")
    return [_row(f"{row['leaflet_title']}: {row['section_heading'] or row['section']}", row) for row in rows]


def bars(months: list[tuple[dt.date, Row]]) -> list[Bar]:
    """The bars of the chart, from left to right."""
    highest = max((row.messages for _, row in months), default=0) or 1
    result = []
    for place, (month, row) in enumerate(months):
        height = round(_HEIGHT * row.messages / highest)
        result.append(Bar(place * (_BAR + _GAP), _HEIGHT - height, height, f"{month:%b}", row.messages))
    return result


def _since(month: dt.date) -> FeedbackQuerySet:
    return Feedback.objects.filter(sent_at__date__gte=month).order_by()


def _months_before(today: dt.date, back: int) -> dt.date:
    months = today.year * 12 + today.month - 1 - back
    return dt.date(months // 12, months % 12 + 1, 1)


def _row(label: str, found: dict[str, int] | None) -> Row:
    return Row(label, found["messages"], found["yes"], found["no"]) if found else Row(label, 0, 0, 0)
