"""Texts of leaflets as JSON: what a document replaced, and a draft as it was handed over or returned."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import Any

from leaflets.content.leaflet import Heading, LeafletSource, SectionSource


def as_dict(source: LeafletSource) -> dict[str, Any]:
    """Return the text as a dictionary that can be stored as JSON."""
    values = asdict(source)
    return values | {name: _write_date(values[name]) for name in ("published", "review")}


def from_dict(values: Mapping[str, Any], source: LeafletSource) -> LeafletSource:
    """Return the text that `as_dict` was called on. The leaflet's address and placement stay those of `source`."""
    return replace(
        source,
        title=values["title"],
        summary=values["summary"],
        published=_read_date(values["published"]),
        review=_read_date(values["review"]),
        code=values["code"],
        unapproved=values["unapproved"],
        # Texts that an older version stored do not have these.
        topic=values.get("topic", ""),
        in_short=tuple(values.get("in_short", ())),
        in_short_unapproved=values.get("in_short_unapproved", False),
        sections=tuple(
            SectionSource(Heading(**section["heading"]), section["body"]) for section in values["sections"]
        ),
    )


def _write_date(date: dt.date | None) -> str:
    return date.isoformat() if date else ""


def _read_date(text: str) -> dt.date | None:
    return dt.date.fromisoformat(text) if text else None
