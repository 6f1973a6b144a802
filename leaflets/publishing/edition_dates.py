"""Storing since when a leaflet is on this site, and when its words changed. Pages then need no other edition to say so."""

from django.utils import timezone

from leaflets.content.edition_dates import (
    EditionDates,
    LeafletWords,
    date_editions,
    date_first_edition,
    date_next_edition,
)
from leaflets.models import Edition, EditionQuerySet, Leaflet
from leaflets.models.site_version import bump_site_version


def set_dates(edition: Edition, words: LeafletWords) -> None:
    """Set the dates of an edition with this text that is published today. The caller saves it.

    The text is compared with that of the edition that was public last, even if it was withdrawn.
    """
    leaflet, today = edition.leaflet, timezone.localdate()
    if _public_editions(leaflet).filter(on_site_since=None).exists():
        _fill_dates(leaflet)
    last = _public_editions(leaflet).last()
    if last is None or last.on_site_since is None:
        dates = date_first_edition(today)
    else:
        before = EditionDates(last.on_site_since, last.words_changed_on)
        dates = date_next_edition(before, _words_of(last), words, today)
    edition.on_site_since, edition.words_changed_on = dates.on_site_since, dates.words_changed_on


def fill_missing_dates() -> None:
    """Fill in the dates of editions that the release before these dates published while servers were exchanged."""
    undated = Edition.objects.shown_to_public().filter(on_site_since=None)
    leaflets = list(Leaflet.objects.filter(pk__in=undated.values("leaflet")))
    for leaflet in leaflets:
        _fill_dates(leaflet)
    if leaflets:
        bump_site_version()


def _public_editions(leaflet: Leaflet) -> EditionQuerySet:
    return Edition.objects.shown_to_public().filter(leaflet=leaflet).order_by("published_at", "number")


def _fill_dates(leaflet: Leaflet) -> None:
    editions = list(_public_editions(leaflet).only("title", "published_at"))
    texts = ((timezone.localdate(edition.published_at), _words_of(edition)) for edition in editions)
    for edition, dates in zip(editions, date_editions(texts), strict=True):
        Edition.objects.filter(pk=edition.pk, on_site_since=None).update(
            on_site_since=dates.on_site_since, words_changed_on=dates.words_changed_on
        )


def _words_of(edition: Edition) -> LeafletWords:
    sections = edition.sections.in_reading_order().values_list("heading", "body")
    return LeafletWords(edition.title, tuple(sections))
