"""The figures of one year: messages by month, leaflet and part, replies, and what was changed because of them.

Anonymised messages count like the others. Everything that is counted here is kept when a message is erased, so that the
figures of a year stay what they were: see `retention` and `replies`. What an older version did not store is counted
as not known.
"""

import csv
import datetime as dt
import io
import statistics
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Min, Q
from django.db.models.functions import TruncMonth
from django.utils.formats import date_format
from django.utils.timezone import localdate, make_aware

from leaflets.content.spreadsheets import escape_cell
from leaflets.editing.page_view_statistics import PageViewTotals
from leaflets.periods import Period

from . import reply_deadlines
from .models import Feedback, FeedbackQuerySet
from .replies import closed_days

PARTS_SHOWN = 15

# The measures of the chart, in units of its view box.
_BAR, _GAP, _HEIGHT = 34, 12, 120


@dataclass(frozen=True)
class MessageCounts:
    """One line of a table: the number of messages, and of the answers to "Was this useful?"."""

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


@dataclass(frozen=True)
class ReplyCounts:
    """How many messages asked for a reply, and what became of it.

    `asked` is the sum of `sent`, `not_sent` and `unknown`, and `sent` that of `in_time`, `late` and `without_day`. Of `unknown`
    it was not noted whether a reply was sent. Those in `not_sent` include `unanswered`, of which the promised day is over or
    which were closed, and `possibly_unanswered`, of which an older version that anonymised them did not store that. Of
    `possibly_asked` it did not store whether a reply was asked for. `median_days` are the working days until half of the
    replies with a day were sent.
    """

    asked: int
    sent: int
    in_time: int
    late: int
    not_sent: int
    unanswered: int
    possibly_unanswered: int
    unknown: int
    possibly_asked: int
    median_days: float | None

    @property
    def without_day(self) -> int:
        return self.sent - self.in_time - self.late

    @property
    def overdue(self) -> int:
        """The promised replies that were late or never given."""
        return self.late + self.unanswered


@dataclass(frozen=True)
class Changes:
    """How many messages led to a change, how many of them readers see, with their texts, and how many may have."""

    made: int
    unknown: int
    shown: list[tuple[str, str]]


@dataclass(frozen=True)
class FeedbackStatistics:
    """The statistics of messages that were sent in one period."""

    period: Period
    total: MessageCounts
    months: list[tuple[dt.date, MessageCounts]]
    leaflets: list[MessageCounts]
    parts: list[MessageCounts]
    replies: ReplyCounts
    changes: Changes

    @property
    def shown_parts(self) -> list[MessageCounts]:
        return self.parts[:PARTS_SHOWN]

    @property
    def more_parts(self) -> int:
        return len(self.parts) - len(self.shown_parts)


_COUNTS = {
    "messages": Count("pk"),
    "yes": Count("pk", filter=Q(useful=Feedback.Useful.YES)),
    "no": Count("pk", filter=Q(useful=Feedback.Useful.NO)),
}
_ANONYMISED = Q(reference=None)
_ASKED = Q(_ANONYMISED, reply_asked=True) | Q(~_ANONYMISED, wants_reply=True)
_SENT = Q(reply_sent=True) | Q(status=Feedback.Status.REPLIED)
# Closed by a version that did not note it.
_SENT_UNKNOWN = Q(reply_sent=None, status=Feedback.Status.CLOSED)
_OPEN = Q(status__in=(Feedback.Status.NEW, Feedback.Status.READ))
# No reply was given, though the message was closed: see `replies.anonymise` for anonymised messages.
_UNANSWERED = Q(_ANONYMISED, reply_sent=False, reply_never=True) | Q(
    ~_ANONYMISED, reply_sent=False, status=Feedback.Status.CLOSED
)
_CHANGED = ~Q(we_did="") | Q(_ANONYMISED, had_change=True)


def find_first_day() -> dt.date | None:
    """The day of the oldest message; of an anonymised one the first of its month. None where there is no message."""
    first = Feedback.objects.aggregate(first=Min("sent_at"))["first"]
    return localdate(first) if first else None


def compute_statistics(period: Period, today: dt.date) -> FeedbackStatistics:
    """Return the statistics of a period, with the months up to today."""
    sent = _filter_by_period(period)
    return FeedbackStatistics(
        period,
        _build_counts("", sent.aggregate(**_COUNTS)),
        _by_month(sent, period, today),
        _by_leaflet(sent),
        _by_part(sent),
        _count_replies(sent, today),
        _count_changes(sent),
    )


def _by_month(sent: FeedbackQuerySet, period: Period, today: dt.date) -> list[tuple[dt.date, MessageCounts]]:
    found = {
        row["month"].date(): row
        for row in sent.annotate(month=TruncMonth("sent_at")).values("month").annotate(**_COUNTS)
    }
    months = [month for month in period.months if month <= today or month in found]
    return [(month, _build_counts(f"{month:%B %Y}", found.get(month))) for month in months]


def _by_leaflet(sent: FeedbackQuerySet) -> list[MessageCounts]:
    """By leaflet, the one with most messages first."""
    found = sent.with_titles().values("leaflet", "leaflet_title").annotate(**_COUNTS)
    rows = found.order_by("-messages", "leaflet_title", "leaflet")
    return [_build_counts(row["leaflet_title"] or "no leaflet", row) for row in rows]


def _by_part(sent: FeedbackQuerySet) -> list[MessageCounts]:
    """By section, or heading inside one, the one with most messages first."""
    names = ("leaflet_title", "section_heading")
    found = sent.exclude(section="").with_titles().values("leaflet", "section", *names).annotate(**_COUNTS)
    rows = found.order_by("-messages", *names, "leaflet", "section")
    return [
        _build_counts(f"{row['leaflet_title']}: {row['section_heading'] or row['section']}", row)
        for row in rows
    ]


def _count_replies(sent: FeedbackQuerySet, today: dt.date) -> ReplyCounts:
    asked = sent.filter(_ASKED)
    late_before = _start_of_day(reply_deadlines.late_before(today, closed_days()))
    counts = asked.aggregate(
        asked=Count("pk"),
        sent=Count("pk", filter=_SENT),
        in_time=Count("pk", filter=_SENT & Q(reply_in_time=True)),
        late=Count("pk", filter=_SENT & Q(reply_in_time=False)),
        unanswered=Count("pk", filter=_UNANSWERED | Q(_OPEN, ~_ANONYMISED, sent_at__lt=late_before)),
        possibly_unanswered=Count("pk", filter=Q(_ANONYMISED, reply_sent=False, reply_never=None)),
        unknown=Count("pk", filter=_SENT_UNKNOWN),
    )
    noted = asked.filter(_SENT).values_list("reply_days", flat=True)
    days = [number for number in noted if number is not None]
    return ReplyCounts(
        **counts,
        not_sent=counts["asked"] - counts["sent"] - counts["unknown"],
        possibly_asked=sent.filter(_ANONYMISED, reply_asked=None).count(),
        median_days=statistics.median(days) if days else None,
    )


def _count_changes(sent: FeedbackQuerySet) -> Changes:
    texts = sent.filter(is_public=True).order_by("sent_at", "pk").values_list("you_said", "we_did")
    unknown = sent.filter(_ANONYMISED, had_change=None).filter(we_did="").count()
    return Changes(sent.filter(_CHANGED).count(), unknown, sorted(texts))


def build_bars(months: list[tuple[dt.date, MessageCounts]]) -> list[Bar]:
    """The bars of the chart, from left to right."""
    highest = max((row.messages for _, row in months), default=0) or 1
    result = []
    for place, (month, row) in enumerate(months):
        height = round(_HEIGHT * row.messages / highest)
        result.append(Bar(place * (_BAR + _GAP), _HEIGHT - height, height, f"{month:%b}", row.messages))
    return result


def describe_page_views(page_views: PageViewTotals) -> list[tuple[str, str]]:
    """Return how often leaflets, their PDFs and pages of the law were read, in words."""
    views = {
        "Leaflets": page_views.pages,
        "PDFs of leaflets": page_views.pdfs,
        "Pages of the law": page_views.law,
    }
    return [(kind, "not known" if number is None else str(number)) for kind, number in views.items()]


def describe_page_view_gaps(page_views: PageViewTotals) -> str:
    """Say of which days there are no numbers of what was read, or return ""."""
    if page_views.pages is None:
        return "Nothing was counted in this year, or the numbers were deleted since."
    if page_views.since:
        return f"There are no numbers for the days before {date_format(page_views.since, 'j F Y')}."
    return ""


def describe_replies(replies: ReplyCounts) -> list[tuple[str, str]]:
    """Return each figure of the replies in words, without those that only matter where something is not known."""
    days = "not known" if replies.median_days is None else f"{replies.median_days:g}"
    rows = [
        ("Messages that asked for a reply", replies.asked),
        ("Replies sent", replies.sent),
        ("of these in time", replies.in_time),
        ("of these late", replies.late),
        ("of these, the day was not noted", replies.without_day or None),
        ("No reply noted", replies.not_sent),
        ("of these never given: closed, or the promised day is over", replies.unanswered),
        ("Overdue: late or never given", replies.overdue),
        ("Not known whether a reply was sent", replies.unknown or None),
        ("Erased earlier: not known whether the reply was overdue", replies.possibly_unanswered or None),
        ("Erased earlier: not known whether a reply was asked for", replies.possibly_asked or None),
        ("Working days until the reply, median", days),
    ]
    return [(label, str(number)) for label, number in rows if number is not None]


def describe_changes(changes: Changes) -> list[tuple[str, str]]:
    """Return each figure of what was changed, in words."""
    rows = [
        ("Messages that led to a change", str(changes.made)),
        ("of these shown under “You said, we did”", str(len(changes.shown))),
    ]
    if changes.unknown:
        rows.append(("Erased earlier: not known whether something was changed", str(changes.unknown)))
    return rows


def write_csv(
    stats: FeedbackStatistics, levels: Iterable[tuple[str, str]], levels_note: str, page_views: PageViewTotals
) -> bytes:
    """Return the figures and notes of the page as CSV: UTF-8 with a BOM, without which Excel assumes another encoding."""
    file = io.StringIO(newline="")
    writer = csv.writer(file, quoting=csv.QUOTE_ALL)
    writer.writerow(["table", "line", "number", "useful", "not useful", "did not say", "text"])
    for name, line, *numbers, text in _lines(stats, levels, levels_note, page_views):
        writer.writerow([name, escape_cell(line), *numbers, escape_cell(text)])
    return file.getvalue().encode("utf-8-sig")


def _lines(
    stats: FeedbackStatistics, levels: Iterable[tuple[str, str]], levels_note: str, page_views: PageViewTotals
) -> Iterator[list[str]]:
    tables: list[tuple[str, Iterable[MessageCounts]]] = [
        ("all messages", [stats.total]),
        ("messages by month", (row for _, row in stats.months)),
        ("messages by leaflet", stats.leaflets),
        ("messages by part of a leaflet", stats.parts),
    ]
    for name, rows in tables:
        for row in rows:
            numbers = map(str, (row.messages, row.useful, row.not_useful, row.no_answer))
            yield [name, row.label or str(stats.period), *numbers, ""]
    for name, pairs, note in (
        ("replies", describe_replies(stats.replies), ""),
        ("changes", describe_changes(stats.changes), ""),
        ("intervention levels", levels, levels_note),
        ("read on the website", describe_page_views(page_views), describe_page_view_gaps(page_views)),
    ):
        for line, number in pairs:
            yield [name, line, number, "", "", "", ""]
        if note:
            yield [name, "Note", "", "", "", "", note]
    for said, did in stats.changes.shown:
        yield ["you said, we did", said, "", "", "", "", did]


def _filter_by_period(period: Period) -> FeedbackQuerySet:
    first, after = _start_of_day(period.first), _start_of_day(period.after)
    return Feedback.objects.filter(sent_at__gte=first, sent_at__lt=after).order_by()


def _start_of_day(day: dt.date) -> dt.datetime:
    return make_aware(dt.datetime.combine(day, dt.time.min))


def _build_counts(label: str, found: dict[str, Any] | None) -> MessageCounts:
    return (
        MessageCounts(label, found["messages"], found["yes"], found["no"])
        if found
        else MessageCounts(label, 0, 0, 0)
    )
