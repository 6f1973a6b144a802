"""Notices: short texts at the top of pages for some hours or days. One YAML file.

Times are those of a clock in the United Kingdom, without a zone.
"""

import datetime as dt
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import islice
from typing import Protocol, TypeVar
from urllib.parse import urlsplit

from leaflets.files.dates import YEAR_MESSAGE, is_plausible
from leaflets.files.digests import digest
from leaflets.files.fields import CONTROL_CHARACTERS, Fields, write_fields
from leaflets.files.problems import Kind, Problem

from .clock import clocks_change_at
from .home_links import HomeLink, find_mistake

LEVELS = ("information", "important")
MAX_NOTICES = 200
MAX_AT_ONCE = 2  # on one page
MAX_NAMED = 4  # of those with which a notice would be too many
# The max_length of the fields of `models.Notice`.
MAX_TEXT = 300
MAX_LINK_WORDS = 80
MAX_LINK = 200
MAX_PAGES = 20

_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}(?:[ T][0-9]{2}:[0-9]{2})?")
_PAGE = re.compile(r"/(?![/\\])[^\s\\<>\"'`{|}?#]*")
_WEB_ADDRESS = re.compile(r"https://[!-~]+")
_EMAIL_ADDRESS = re.compile(r"mailto:[A-Za-z0-9.!$*+/=^_~-]+@[A-Za-z0-9.-]+")
_UNSAFE_IN_ADDRESS = re.compile(r"[\"'<>\\^`{|}]")


class NoticeError(ValueError):
    """A value of a notice cannot be used. The message says why, in words for staff."""


@dataclass(frozen=True)
class NoticeSource:
    """A text at the top of pages from a time until another one.

    `link` is a page of this site, `https://`, `tel:` or `mailto:`, and `link_words` its words; both are "" in a notice
    without a link. `pages` are the paths of the pages that show it; empty for every page. `line` is that of the notice in
    the file.
    """

    text: str
    starts: dt.datetime
    ends: dt.datetime
    level: str = LEVELS[0]
    link_words: str = ""
    link: str = ""
    pages: tuple[str, ...] = ()
    line: int = field(default=1, compare=False)


@dataclass(frozen=True)
class NoticesSource:
    """All notices, also those that are over. Their order means nothing: the file is written by their times."""

    notices: tuple[NoticeSource, ...]
    path: str = field(default="", compare=False)

    @cached_property
    def digest(self) -> str:
        return digest(write_notices(self))


def read_notices(text: str, path: str, _name: str = "") -> tuple[NoticesSource, list[Problem]]:
    """Read the YAML of the notices. They are complete only if the list of problems is empty."""
    problems: list[Problem] = []
    fields = Fields(text, path, problems)
    notices = []
    for line, entry in fields.entries("notices", required=False):
        notice = _read_notice(line, entry)
        if notice:
            notices.append(notice)
    fields.finish()
    if len(notices) > MAX_NOTICES:
        message = f"There are more than {MAX_NOTICES} notices. Take out those that are over."
        problems.append(Problem(path, 1, message, Kind.TOO_LONG))
    elif not problems:
        problems += _find_repeated(notices, path)
    if not problems:
        for overlapping in find_overlaps(notices):
            last, others = overlapping[-1], overlapping[:-1]
            problems.append(Problem(path, last.line, describe_overlap(others), Kind.FIELD_VALUE))
    return NoticesSource(tuple(notices), path), problems


def _read_notice(line: int, entry: Fields) -> NoticeSource | None:
    """Read one notice; None where one of its times is missing or not understood."""
    starts, ends = _read_time(entry, "from"), _read_time(entry, "until")
    text, level = entry.text("text"), entry.choice("level", LEVELS, LEVELS[0])
    link_words, link = entry.text("link_words", required=False), entry.text("link", required=False)
    pages = entry.texts("pages", required=False)
    entry.finish()
    if starts is None or ends is None:
        return None
    notice = NoticeSource(text, starts, ends, level, link_words, link, pages, line)
    for name, message in find_mistakes(notice):
        written = {"starts": "from", "ends": "until"}.get(name, name)
        entry.add_problem(entry.line(written), f"`{written}`: {message}", Kind.FIELD_VALUE)
    return notice


def _read_time(entry: Fields, name: str) -> dt.datetime | None:
    value = entry.text(name)
    try:
        return read_time(value) if value else None
    except NoticeError as error:
        entry.add_problem(entry.line(name), f"`{name}`: {error}", Kind.FIELD_VALUE)
        return None


def read_time(text: str) -> dt.datetime:
    """Read a time such as "2026-12-24 12:00", or a day, which begins at midnight.

    Raises `NoticeError` for a time that is not on a clock in the United Kingdom once: when the clocks change, one hour is
    left out and one comes twice.
    """
    shown = text[:40]
    if not _TIME.fullmatch(text):
        raise NoticeError(f"“{shown}” has to be a day and a time, such as 2026-12-24 12:00.")
    try:
        time = dt.datetime.fromisoformat(text)
    except ValueError:
        raise NoticeError(f"“{shown}”: there is no such day or time. Check it.") from None
    if not is_plausible(time):
        raise NoticeError(f"“{shown}”: {YEAR_MESSAGE}")
    if clocks_change_at(time):
        raise NoticeError(f"“{shown}”: the clocks change in this hour. Choose another time.")
    return time


def find_mistakes(notice: NoticeSource) -> Iterator[tuple[str, str]]:
    """Yield the name of each field with a value that cannot be used, and a sentence about it for staff."""
    if notice.ends <= notice.starts:
        yield "ends", "The notice has to end after it begins. Correct one of the two times."
    for name, limit in (("text", MAX_TEXT), ("link_words", MAX_LINK_WORDS), ("link", MAX_LINK)):
        value = str(getattr(notice, name))
        if len(value) > limit:
            yield name, f"“{value[:40]}…” is longer than {limit} characters. Shorten it."
        elif CONTROL_CHARACTERS.search(value):
            yield name, "This has an invisible character in it. Type it again."
    if bool(notice.link) != bool(notice.link_words):
        missing = "link_words" if notice.link else "link"
        yield missing, "A link needs an address and words. Fill in both, or neither."
    elif notice.link and len(notice.link) <= MAX_LINK and (mistake := _find_mistake_in_link(notice)):
        yield "link", mistake
    yield from (("pages", mistake) for mistake in _find_mistakes_in_pages(notice.pages))


def _find_mistakes_in_pages(pages: tuple[str, ...]) -> Iterator[str]:
    if len(pages) > MAX_PAGES:
        yield f"There are more than {MAX_PAGES} pages. Take some out, or leave it empty for every page."
    for page in pages[:MAX_PAGES]:
        if len(page) > MAX_LINK or CONTROL_CHARACTERS.search(page) or not _PAGE.fullmatch(page):
            yield f"“{page[:60]}” has to be the address of a page of this site, such as /contact/. Correct it."
    repeated = next((page for page, count in Counter(pages).items() if count > 1), "")
    if repeated:
        yield f"“{repeated[:60]}” stands here twice. Take one out."


def _find_mistake_in_link(notice: NoticeSource) -> str:
    link = notice.link
    if link.startswith(("/", "tel:")):
        words = notice.link_words[:MAX_LINK_WORDS]
        return find_mistake(HomeLink(words, link))
    is_address = bool(_EMAIL_ADDRESS.fullmatch(link))
    if _WEB_ADDRESS.fullmatch(link) and not _UNSAFE_IN_ADDRESS.search(link):
        try:
            parts = urlsplit(link)
            is_address = (
                "." in (parts.hostname or "") and "@" not in parts.netloc and parts.port in (None, 443)
            )
        except ValueError:
            is_address = False
    if is_address:
        return ""
    return (
        f"“{link[:60]}” has to be a page of this site, such as /contact/, an address that starts with https://, a phone "
        "number, such as tel:01632960000, or an e-mail address, such as mailto:send@example.org."
    )


def _find_repeated(notices: Iterable[NoticeSource], path: str) -> Iterator[Problem]:
    lines: dict[NoticeSource, int] = {}
    for notice in notices:
        if notice in lines:
            message = f"The notice “{notice.text[:60]}” stands in line {lines[notice]} too. Keep one."
            yield Problem(path, notice.line, message, Kind.FIELD_REPEATED)
        lines.setdefault(notice, notice.line)


class _Dated(Protocol):
    """What `find_overlaps` needs of a notice."""

    @property
    def starts(self) -> dt.datetime: ...

    @property
    def ends(self) -> dt.datetime: ...

    @property
    def pages(self) -> Sequence[str]: ...


class _Named(Protocol):
    """What `describe_overlap` needs of a notice."""

    @property
    def text(self) -> str: ...


_Notice = TypeVar("_Notice", bound=_Dated)


def find_overlaps(notices: Iterable[_Notice]) -> Iterator[list[_Notice]]:
    """Yield the notices of each time and page with more than `MAX_AT_ONCE`, in the order in which they begin.

    An overlap is complete when the last of its notices begins, so the times at which one begins are enough.
    """
    in_order = sorted(notices, key=lambda notice: notice.starts)
    shown: list[_Notice] = []
    for notice in in_order:
        shown = [one for one in shown if one.ends > notice.starts]
        shown.append(notice)
        named = Counter(page for one in shown for page in one.pages)
        # "" stands for a page that no notice names.
        page = max(sorted(notice.pages or {"", *named}), key=named.__getitem__)
        overlapping = [one for one in shown if not one.pages or page in one.pages]
        if len(overlapping) > MAX_AT_ONCE:
            yield overlapping


def describe_overlap(others: Iterable[_Named]) -> str:
    """Return a sentence for staff with the notices with which one would be too many."""
    names = " and ".join(f"“{other.text[:60]}”" for other in islice(others, MAX_NAMED))
    return (
        f"A page can show {MAX_AT_ONCE} notices at once, and at some time this one would stand with {names}. "
        "Change its times or pages, or end one of the others."
    )


def write_notices(source: NoticesSource) -> str:
    """Return the YAML of the notices, in canonical form: by their times, then by their words."""
    in_order = sorted(
        source.notices, key=lambda one: (one.starts, one.ends, one.text, one.level, one.link, one.pages)
    )
    entries = [
        {
            name: value
            for name, value in (
                ("text", notice.text),
                ("level", notice.level if notice.level != LEVELS[0] else ""),
                ("link_words", notice.link_words),
                ("link", notice.link),
                ("from", f"{notice.starts:%Y-%m-%d %H:%M}"),
                ("until", f"{notice.ends:%Y-%m-%d %H:%M}"),
                ("pages", list(notice.pages)),
            )
            if value
        }
        for notice in in_order
    ]
    return write_fields({"notices": entries})
