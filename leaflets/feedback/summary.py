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
from leaflets.editing.reading_figures import Reading
from leaflets.periods import Period

from . import replies as noted_replies, reply_deadlines
from .models import Feedback, FeedbackQuerySet

PARTS_SHOWN = 15

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


@dataclass(frozen=True)
class Replies:
    """How many messages asked for a reply, and what became of it.

    `asked` is the sum of `sent`, `none` and `unknown`, and `sent` that of `in_time`, `late` and `without_day`. `none` has no
    reply noted; of them, `never` are those of which the promised day is over or which were closed, and of `maybe_never`,
    tallies of an older version, that is not known. Of `unknown` it was not noted whether a reply was sent, and of `maybe_asked`, tallies of an older version,
    whether one was asked for. `median_days` are the working days until half of the replies with a day were sent.
    """

    asked: int
    sent: int
    in_time: int
    late: int
    none: int
    never: int
    maybe_never: int
    unknown: int
    maybe_asked: int
    median_days: float | None

    @property
    def without_day(self) -> int:
        return self.sent - self.in_time - self.late

    @property
    def overdue(self) -> int:
        """The promised replies that were late or never given."""
        return self.late + self.never


@dataclass(frozen=True)
class Changes:
    """How many messages led to a change, how many of them readers see, with their texts, and how many may have."""

    made: int
    unknown: int
    shown: list[tuple[str, str]]


@dataclass(frozen=True)
class Figures:
    """All figures of messages that were sent in one period."""

    period: Period
    total: Row
    months: list[tuple[dt.date, Row]]
    leaflets: list[Row]
    parts: list[Row]
    replies: Replies
    changes: Changes

    @property
    def shown_parts(self) -> list[Row]:
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
_NEVER = Q(_ANONYMISED, reply_sent=False, reply_never=True) | Q(
    ~_ANONYMISED, reply_sent=False, status=Feedback.Status.CLOSED
)
_CHANGED = ~Q(we_did="") | Q(_ANONYMISED, had_change=True)


def find_first_day() -> dt.date | None:
    """The day of the oldest message; of an anonymised one the first of its month. None where there is no message."""
    first = Feedback.objects.aggregate(first=Min("sent_at"))["first"]
    return localdate(first) if first else None


def count_messages(period: Period, today: dt.date) -> Figures:
    """Return the figures of a period, with the months up to today."""
    sent = _sent_in(period)
    return Figures(
        period,
        _row("", sent.aggregate(**_COUNTS)),
        _by_month(sent, period, today),
        _by_leaflet(sent),
        _by_part(sent),
        _count_replies(sent, today),
        _count_changes(sent),
    )


def _by_month(sent: FeedbackQuerySet, period: Period, today: dt.date) -> list[tuple[dt.date, Row]]:
    found = {
        row["month"].date(): row
        for row in sent.annotate(month=TruncMonth("sent_at")).values("month").annotate(**_COUNTS)
    }
    months = [month for month in period.months if month <= today or month in found]
    return [(month, _row(f"{month:%B %Y}", found.get(month))) for month in months]


def _by_leaflet(sent: FeedbackQuerySet) -> list[Row]:
    """By leaflet, the one with most messages first."""
    found = sent.with_titles().values("leaflet", "leaflet_title").annotate(**_COUNTS)
    rows = found.order_by("-messages", "leaflet_title", "leaflet")
    return [_row(row["leaflet_title"] or "no leaflet", row) for row in rows]


def _by_part(sent: FeedbackQuerySet) -> list[Row]:
    """By section, or heading inside one, the one with most messages first."""
    names = ("leaflet_title", "section_heading")
    found = sent.exclude(section="").with_titles().values("leaflet", "section", *names).annotate(**_COUNTS)
    rows = found.order_by("-messages", *names, "leaflet", "section")
    return [_row(f"{row['leaflet_title']}: {row['section_heading'] or row['section']}", row) for row in rows]


def _count_replies(sent: FeedbackQuerySet, today: dt.date) -> Replies:
    asked = sent.filter(_ASKED)
    late_before = _begin_of(reply_deadlines.late_before(today, noted_replies.closed_days()))
    counts = asked.aggregate(
        asked=Count("pk"),
        sent=Count("pk", filter=_SENT),
        in_time=Count("pk", filter=_SENT & Q(reply_in_time=True)),
        late=Count("pk", filter=_SENT & Q(reply_in_time=False)),
        never=Count("pk", filter=_NEVER | Q(_OPEN, ~_ANONYMISED, sent_at__lt=late_before)),
        maybe_never=Count("pk", filter=Q(_ANONYMISED, reply_sent=False, reply_never=None)),
        unknown=Count("pk", filter=_SENT_UNKNOWN),
    )
    noted = asked.filter(_SENT).values_list("reply_days", flat=True)
    days = [number for number in noted if number is not None]
    return Replies(
        **counts,
        none=counts["asked"] - counts["sent"] - counts["unknown"],
        maybe_asked=sent.filter(_ANONYMISED, reply_asked=None).count(),
        median_days=statistics.median(days) if days else None,
    )


def _count_changes(sent: FeedbackQuerySet) -> Changes:
    texts = sent.filter(is_public=True).order_by("sent_at", "pk").values_list("you_said", "we_did")
    unknown = sent.filter(_ANONYMISED, had_change=None).filter(we_did="").count()
    return Changes(sent.filter(_CHANGED).count(), unknown, sorted(texts))


def bars(months: list[tuple[dt.date, Row]]) -> list[Bar]:
    """The bars of the chart, from left to right."""
    highest = max((row.messages for _, row in months), default=0) or 1
    result = []
    for place, (month, row) in enumerate(months):
        height = round(_HEIGHT * row.messages / highest)
        result.append(Bar(place * (_BAR + _GAP), _HEIGHT - height, height, f"{month:%b}", row.messages))
    return result


def describe_reading(reading: Reading) -> list[tuple[str, str]]:
    """Return how often leaflets, their PDFs and pages of the law were read, in words."""
    views = {"Leaflets": reading.pages, "PDFs of leaflets": reading.pdfs, "Pages of the law": reading.law}
    return [(kind, "not known" if number is None else str(number)) for kind, number in views.items()]


def describe_gaps(reading: Reading) -> str:
    """Say of which days there are no numbers of what was read, or return ""."""
    if reading.pages is None:
        return "Nothing was counted in this year, or the numbers were deleted since."
    if reading.since:
        return f"There are no numbers for the days before {date_format(reading.since, 'j F Y')}."
    return ""


def describe_replies(replies: Replies) -> list[tuple[str, str]]:
    """Return each figure of the replies in words, without those that only matter where something is not known."""
    days = "not known" if replies.median_days is None else f"{replies.median_days:g}"
    rows = [
        ("Messages that asked for a reply", replies.asked),
        ("Replies sent", replies.sent),
        ("of these in time", replies.in_time),
        ("of these late", replies.late),
        ("of these, the day was not noted", replies.without_day or None),
        ("No reply noted", replies.none),
        ("of these never given: closed, or the promised day is over", replies.never),
        ("Overdue: late or never given", replies.overdue),
        ("Not known whether a reply was sent", replies.unknown or None),
        ("Erased earlier: not known whether the reply was overdue", replies.maybe_never or None),
        ("Erased earlier: not known whether a reply was asked for", replies.maybe_asked or None),
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
    figures: Figures, levels: Iterable[tuple[str, str]], levels_note: str, reading: Reading
) -> bytes:
    """Return the figures and notes of the page as CSV: UTF-8 with a BOM, without which Excel assumes another encoding."""
    file = io.StringIO(newline="")
    writer = csv.writer(file, quoting=csv.QUOTE_ALL)
    writer.writerow(["table", "line", "number", "useful", "not useful", "did not say", "text"])
    for name, line, *numbers, text in _lines(figures, levels, levels_note, reading):
        writer.writerow([name, escape_cell(line), *numbers, escape_cell(text)])
    return file.getvalue().encode("utf-8-sig")


def _lines(
    figures: Figures, levels: Iterable[tuple[str, str]], levels_note: str, reading: Reading
) -> Iterator[list[str]]:
    tables: list[tuple[str, Iterable[Row]]] = [
        ("all messages", [figures.total]),
        ("messages by month", (row for _, row in figures.months)),
        ("messages by leaflet", figures.leaflets),
        ("messages by part of a leaflet", figures.parts),
    ]
    for name, rows in tables:
        for row in rows:
            numbers = map(str, (row.messages, row.useful, row.not_useful, row.no_answer))
            yield [name, row.label or str(figures.period), *numbers, ""]
    for name, pairs, note in (
        ("replies", describe_replies(figures.replies), ""),
        ("changes", describe_changes(figures.changes), ""),
        ("intervention levels", levels, levels_note),
        ("read on the website", describe_reading(reading), describe_gaps(reading)),
    ):
        for line, number in pairs:
            yield [name, line, number, "", "", "", ""]
        if note:
            yield [name, "Note", "", "", "", "", note]
    for said, did in figures.changes.shown:
        yield ["you said, we did", said, "", "", "", "", did]


def _sent_in(period: Period) -> FeedbackQuerySet:
    first, after = _begin_of(period.first), _begin_of(period.after)
    return Feedback.objects.filter(sent_at__gte=first, sent_at__lt=after).order_by()


def _begin_of(day: dt.date) -> dt.datetime:
    return make_aware(dt.datetime.combine(day, dt.time.min))


def _row(label: str, found: dict[str, Any] | None) -> Row:
    return Row(label, found["messages"], found["yes"], found["no"]) if found else Row(label, 0, 0, 0)
