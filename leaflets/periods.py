"""The years in which services report, and months: periods of whole months."""

import datetime as dt
import re
from dataclasses import dataclass

# The first months of the years in which services report: financial, school and calendar years.
YEARS = {4: "Years from April to March", 9: "Years from September to August", 1: "Calendar years"}

_KEY = re.compile(r"(year|month)-([0-9]{4})-([0-9]{2})", re.ASCII)
_FIRST_YEAR, _LAST_YEAR = 2000, 2100


@dataclass(frozen=True)
class Period:
    """A year or a month: its first day, and the first day after it."""

    first: dt.date
    after: dt.date

    @property
    def is_year(self) -> bool:
        return (self.after - self.first).days > 31

    @property
    def key(self) -> str:
        """Its value in an address."""
        return f"{'year' if self.is_year else 'month'}-{self.first:%Y-%m}"

    @property
    def last(self) -> dt.date:
        return self.after - dt.timedelta(days=1)

    @property
    def months(self) -> list[dt.date]:
        return [add_months(self.first, number) for number in range(12 if self.is_year else 1)]

    @property
    def before(self) -> "Period":
        """The period of the same kind that ended before this one began."""
        return Period(add_months(self.first, -len(self.months)), self.first)

    def __str__(self) -> str:
        return f"{self.first:%B %Y} to {self.last:%B %Y}" if self.is_year else f"{self.first:%B %Y}"


def add_months(day: dt.date, number: int) -> dt.date:
    """Return the first day of the month that is this number of months after a day, or before it."""
    months = day.year * 12 + day.month - 1 + number
    return dt.date(months // 12, months % 12 + 1, 1)


def year_from(first: dt.date) -> Period:
    """Return the year that begins on a day, which is the first of a month."""
    return Period(first, add_months(first, 12))


def year_of(today: dt.date, first_month: int) -> Period:
    """Return the year that begins with a month and that has this day."""
    return year_from(dt.date(today.year - (today.month < first_month), first_month, 1))


def years_since(since: dt.date, today: dt.date) -> list[tuple[str, list[Period]]]:
    """Return the years of each kind since a day, the newest first, under their headings. Each has a key."""
    groups = []
    for month, heading in YEARS.items():
        year = year_of(today, month)
        years = [year]
        while year.first > since and year.first.year > _FIRST_YEAR:
            year = year.before
            years.append(year)
        groups.append((heading, years))
    return groups


def read_period(key: str) -> Period | None:
    """Read a period's key; None for one that cannot be meant."""
    found = _KEY.fullmatch(key)
    if not found or not _FIRST_YEAR <= int(found[2]) <= _LAST_YEAR or not 1 <= int(found[3]) <= 12:
        return None
    first = dt.date(int(found[2]), int(found[3]), 1)
    if found[1] == "month":
        return Period(first, add_months(first, 1))
    return year_from(first) if first.month in YEARS else None
