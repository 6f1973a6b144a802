"""Numbers of the law in a query: "6.65", "paragraph 6.65", "section 36", "s.36(8) CFA"."""

import re
from collections.abc import Iterable
from typing import NamedTuple

from django.db.models import Count, Q

from leaflets.law.sources import KINDS
from leaflets.models import Edition, Provision, Source, SourceVersion, provisions_with_a_page

from .query import tokenize

_UNITS = {
    "paragraph": "paragraphs? paras? ¶",
    "section": "sections? sect sec s §",
    "regulation": "regulations? regs? reg r",
}
_UNIT = "|".join(f"(?P<{unit}>{'|'.join(names.split())})" for unit, names in _UNITS.items())
_NUMBER = re.compile(
    rf"(?<![\w.])(?:(?:{_UNIT})\.?\s?)?"
    r"(?P<number>[1-9][0-9]?\.[1-9][0-9]{0,2}|[1-9][0-9]{0,3}[a-z]{0,3})(?P<sub>(?:\s?\([0-9a-z]{1,4}\)){0,6})(?![\w.]*[0-9])(?!\w)",
    re.IGNORECASE,
)
_YEAR = re.compile(r"(?:19|20)[0-9]{2}")
_IGNORED = frozenset(["the", "of", "in", "and", "see", "under"])
_MAX_SHOWN = 5


class FoundProvision(NamedTuple):
    """A provision, and the part of it that the query names, such as "(8)", or ""."""

    provision: Provision
    sub: str


class NamedProvision(NamedTuple):
    """What a query names. `sources` are those that can be meant."""

    number: str
    sub: str
    sources: tuple[Source, ...]


def read_number(query: str, sources: Iterable[Source]) -> NamedProvision | None:
    """Return the provision that a query names and nothing else, or None.

    The other words have to be of one of the names of a source. Without any, the unit or the form of the number decides.
    """
    matches = [
        match for match in _NUMBER.finditer(query) if _unit(match) or not _YEAR.fullmatch(match["number"])
    ]
    match = next(filter(_unit, matches), next(iter(matches), None))
    if match is None:
        return None
    words = set(tokenize(query[: match.start()] + " " + query[match.end() :])) - _IGNORED
    unit = _unit(match)
    number = match["number"].upper()
    meant = tuple(
        source
        for source in sources
        if (not unit or source.unit == unit)
        and KINDS[source.kind].number.fullmatch(number)
        and (not words or _has_name(source, words))
    )
    return NamedProvision(number, "".join(match["sub"].split()), meant) if meant else None


def _unit(match: re.Match[str]) -> str:
    return next((name for name in _UNITS if match[name]), "")


def _has_name(source: Source, words: set[str]) -> bool:
    names = (source.title, source.full_title, *source.names)
    return any(words <= set(tokenize(name, limit=None)) for name in names)


def find_provisions(query: str) -> tuple[list[FoundProvision], NamedProvision | None]:
    """Return the provisions that a query names, those that leaflets cite most first, and what it names."""
    if not any(character.isdigit() for character in query):
        return [], None
    named = read_number(query, Source.objects.order_by("title"))
    if named is None:
        return [], None
    found = (
        provisions_with_a_page()
        .filter(number=named.number, version__source__in=named.sources)
        .select_related("version__source")
        .annotate(
            cited=Count("citations", filter=Q(citations__section__edition__status=Edition.Status.PUBLISHED))
        )
        .order_by("-cited", "version__source__title", "-version__in_force_from")
    )
    in_force = set(SourceVersion.objects.in_force().values_list("pk", flat=True))
    # All versions of a number share one page: the one in force is shown.
    chosen: dict[int, Provision] = {}
    for provision in sorted(found, key=lambda one: one.version_id not in in_force):
        chosen.setdefault(provision.version.source_id, provision)
    shown = sorted(chosen.values(), key=lambda one: -one.cited)  # type: ignore[attr-defined]
    return [FoundProvision(one, named.sub) for one in shown[:_MAX_SHOWN]], named
