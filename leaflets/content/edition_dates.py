"""The dates of a leaflet's editions that say how old its words are: since when it is on this site, and when they changed."""

import datetime as dt
import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from .leaflet import LeafletSource
from .plain_text import markdown_to_text

# Soft hyphens and other characters that are not seen.
_INVISIBLE = re.compile("[\xad\u200b\u2060\ufeff]")


@dataclass(frozen=True)
class LeafletWords:
    """What of a leaflet counts as its words: its title, and the heading and the Markdown of each section, in reading order.

    The summary, "In short", anchors, labels and dates do not.
    """

    title: str
    sections: tuple[tuple[str, str], ...]

    @classmethod
    def of(cls, source: LeafletSource) -> "LeafletWords":
        return cls(source.title, tuple((section.heading.text, section.body) for section in source.sections))


@dataclass(frozen=True)
class EditionDates:
    """Dates of a published edition.

    `on_site_since` is the day of the leaflet's first edition on this site. `words_changed_on` is the day of the newest
    edition up to this one whose words differ from those before it, None where they never changed.
    """

    on_site_since: dt.date
    words_changed_on: dt.date | None = None


def have_same_words(old: LeafletWords, new: LeafletWords) -> bool:
    """Return whether both texts read the same, also where their Markdown is written in another way."""
    before, after = _filled_sections(old), _filled_sections(new)
    return (
        _normalise(old.title) == _normalise(new.title)
        and len(before) == len(after)
        and all(_read_the_same(*pair) for pair in zip(before, after, strict=True))
    )


def date_first_edition(day: dt.date) -> EditionDates:
    """Return the dates of a leaflet's first edition, which is published on this day."""
    return EditionDates(on_site_since=day)


def date_next_edition(
    before: EditionDates, old: LeafletWords, new: LeafletWords, day: dt.date
) -> EditionDates:
    """Return the dates of an edition that is published on this day after one with the dates `before` and the text `old`."""
    changed_on = before.words_changed_on if have_same_words(old, new) else day
    return EditionDates(before.on_site_since, changed_on)


def date_editions(editions: Iterable[tuple[dt.date, LeafletWords]]) -> Iterator[EditionDates]:
    """Yield the dates of all editions of a leaflet, of which each is the day of publication and the text, oldest first."""
    dates, old = None, None
    for day, new in editions:
        if dates is None or old is None:
            dates = date_first_edition(day)
        else:
            dates = date_next_edition(dates, old, new, day)
        old = new
        yield dates


def _filled_sections(text: LeafletWords) -> list[tuple[str, str]]:
    return [section for section in text.sections if any(part.strip() for part in section)]


def _read_the_same(old: tuple[str, str], new: tuple[str, str]) -> bool:
    if old == new:
        return True
    (old_heading, old_body), (new_heading, new_body) = old, new
    if _normalise(old_heading) != _normalise(new_heading):
        return False
    return _normalise(markdown_to_text(old_body)) == _normalise(markdown_to_text(new_body))


def _normalise(text: str) -> str:
    """Return a text with single spaces, without what is not seen, and each letter written in one way."""
    return " ".join(_INVISIBLE.sub("", unicodedata.normalize("NFC", text)).split())
