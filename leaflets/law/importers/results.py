"""What an importer is told, what it returns, and the error that it raises."""

import datetime as dt
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from leaflets.law.sources import KINDS, LawSource, VersionSource, default_chapter, sort_key

MAX_BYTES = 50_000_000


class ImportFailed(Exception):  # noqa: N818 - ImportError is Python's
    """The file cannot be imported. The message is a sentence for the person who ran the command."""


@dataclass(frozen=True)
class VersionDetails:
    """What the person says about the version. An importer fills in what is empty, where the file says it."""

    slug: str = ""
    label: str = ""
    in_force_from: dt.date | None = None
    url: str = ""


@dataclass(frozen=True)
class Imported:
    """A version as it was read. `gaps` are missing numbers, and `remarks` are sentences: what a person should check."""

    source: LawSource
    version: VersionSource
    gaps: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()


def read_bytes(path: Path) -> bytes:
    """Return what is in the file. Raises `ImportFailed`."""
    try:
        if path.stat().st_size > MAX_BYTES:
            raise ImportFailed(f"{path} is larger than {MAX_BYTES // 1_000_000} MB, so it was not read.")
        return path.read_bytes()
    except OSError as error:
        raise ImportFailed(f"{path} cannot be read: {error.strerror}.") from error


def find_gaps(kind: str, numbers: Sequence[str]) -> tuple[str, ...]:
    """Return the numbers that are missing between those that are there, each as a number or a range.

    The paragraphs of each chapter of a code start with 1. Other sources may be imported in part.
    """
    gaps = []
    places: dict[str, list[int]] = {}
    for number in numbers:
        chapter = default_chapter(kind, number)
        digits = re.match(r"\d+", number.removeprefix(f"{chapter}."))
        if digits:
            places.setdefault(chapter, [0] if chapter else []).append(int(digits[0]))
    for chapter, found in places.items():
        prefix = f"{chapter}." if chapter else ""
        for before, after in pairwise(sorted(found)):
            first, last = f"{prefix}{before + 1}", f"{prefix}{after - 1}"
            if after - before > 1:
                gaps.append(first if first == last else f"{first} to {last}")
    return tuple(gaps)


def check_numbers(numbers: Iterable[tuple[str, str]], source: LawSource, path: Path) -> None:
    """Raise `ImportFailed` where a number stands twice. `numbers` are numbers and their places in the file."""
    places: dict[str, str] = {}
    for number, place in numbers:
        if number in places:
            raise ImportFailed(
                f"{path}: {source.unit} {number} stands here twice, {places[number]} and {place}. "
                "Is it one document?"
            )
        places[number] = place


def in_order(numbers: Iterable[str]) -> list[str]:
    return sorted(numbers, key=sort_key)


def number_pattern(source: LawSource) -> re.Pattern[str]:
    return KINDS[source.kind].number


def shorten(text: str, length: int = 60) -> str:
    """Return the first words of a text, to name it in a remark."""
    text = " ".join(text.split())
    return text if len(text) <= length else f"{text[:length].rsplit(' ', 1)[0]} …"
