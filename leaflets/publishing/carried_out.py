"""Which editions were published or withdrawn by the website as scheduled, and for when: the history has it."""

import re
from collections.abc import Iterable, Iterator
from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.db.models import Q

from leaflets.models import Edition, HistoryEntry, Leaflet

CARRIED_OUT = "Carried out by the website, as scheduled on"
_FOR = re.compile(r".+ for (?P<time>.+)")
_PUBLISHED = re.compile(r"Published edition (?P<number>[0-9]+)\b")
_WITHDREW = "Withdrew the leaflet"


def describe_carried_out(scheduled_at: str, due_at: str) -> str:
    """Return the words of the entry that comes before those of the act. `find_times` reads them."""
    return f"{CARRIED_OUT} {scheduled_at} for {due_at}"


def add_times(leaflet: Leaflet, editions: Iterable[Edition]) -> None:
    """Set `published_for` and `withdrawn_for` of these editions of a leaflet: the time in words, "" where it is not known.

    The website may have done it later than that, after a stop. Entries are kept for two years.
    """
    by_number: dict[int, Any] = {edition.number: edition for edition in editions}
    for one in by_number.values():
        one.published_for = one.withdrawn_for = ""
    for entry, time in _find_entries(leaflet):
        if published := _PUBLISHED.match(entry.words):
            edition = by_number.get(int(published["number"]))
            if edition:
                edition.published_for = time
            continue
        # The entry of a withdrawal names no edition: it is stored in the same transaction, after the edition.
        before = [one for one in by_number.values() if one.withdrawn_at and one.withdrawn_at <= entry.at]
        if before:
            max(before, key=lambda one: one.withdrawn_at).withdrawn_for = time


def _find_entries(leaflet: Leaflet) -> Iterator[tuple[HistoryEntry, str]]:
    """Yield the entries of what was carried out, each with the time for which it was scheduled."""
    words = Q(words__startswith=CARRIED_OUT) | Q(words__startswith="Published edition ")
    entries = HistoryEntry.objects.filter(
        words | Q(words__startswith=_WITHDREW),
        content_type=ContentType.objects.get_for_model(Leaflet),
        object_id=str(leaflet.pk),
    )
    time = ""
    for entry in entries.order_by("pk"):
        if entry.words.startswith(CARRIED_OUT):
            found = _FOR.fullmatch(entry.words)
            time = found["time"] if found else ""
        elif time:
            # The act of the same transaction, which has locked the leaflet, comes next.
            yield entry, time
            time = ""
