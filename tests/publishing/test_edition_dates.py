"""Published editions say since when the leaflet is on the site, and when its words changed."""

import datetime as dt

import pytest
from django.utils import timezone

from leaflets.models import Edition, Leaflet
from leaflets.models.site_version import read_site_version
from leaflets.publishing import editions
from tests.factories import (
    SLUG,
    draft_as_staff,
    edit_as_staff,
    leaflet_with_introduction,
    load,
    published_edition,
)

pytestmark = pytest.mark.django_db

MARCH = dt.date(2026, 3, 1)


def today() -> dt.date:
    return timezone.localdate()


def dates(edition: Edition | None = None) -> tuple[dt.date | None, dt.date | None]:
    edition = edition or published_edition()
    return edition.on_site_since, edition.words_changed_on


def load_in_march(folder) -> None:
    """Load a leaflet as if that had been in March."""
    load(folder, leaflets=[leaflet_with_introduction("Words.")])
    published_at = dt.datetime(2026, 3, 1, 12, tzinfo=dt.UTC)
    Edition.objects.update(published_at=published_at, on_site_since=MARCH)


def without_dates() -> None:
    """What a release without these fields has published."""
    Edition.objects.update(on_site_since=None, words_changed_on=None)


def test_a_leaflet_that_is_loaded_is_on_the_site_since_today_with_its_words_unchanged(tmp_path):
    load(tmp_path, leaflets=[leaflet_with_introduction("Words.", published=dt.date(2020, 3, 1))])

    assert dates() == (today(), None)


def test_a_draft_has_no_dates(tmp_path):
    load_in_march(tmp_path)

    assert dates(draft_as_staff("Other words.")) == (None, None)


def test_an_edit_by_staff_changes_the_words_today(tmp_path):
    load_in_march(tmp_path)

    edit_as_staff("Other words.")

    assert dates() == (MARCH, today())
    assert dates(Edition.objects.get(number=1)) == (MARCH, None)


def test_a_changed_file_changes_the_words_today(tmp_path):
    load_in_march(tmp_path)

    load(tmp_path, leaflets=[leaflet_with_introduction("Other words.")])

    assert dates() == (MARCH, today())


@pytest.mark.parametrize(
    "fields", [{"summary": "Another."}, {"topic": ""}, {"review": dt.date(2030, 1, 1)}, {"in_short": ("A.",)}]
)
def test_other_fields_of_a_file_keep_the_words_unchanged(tmp_path, fields):
    load_in_march(tmp_path)

    load(tmp_path, leaflets=[leaflet_with_introduction("**Words.**", **fields)])

    assert published_edition().number == 2
    assert dates() == (MARCH, None)


def test_a_leaflet_that_was_withdrawn_is_compared_with_the_text_that_was_public_last(tmp_path):
    load_in_march(tmp_path)
    editions.withdraw(Leaflet.objects.get(slug=SLUG))

    edit_as_staff("*Words.*")

    assert dates() == (MARCH, None)


def test_each_leaflet_has_its_own_dates(tmp_path):
    load_in_march(tmp_path)

    load(
        tmp_path,
        leaflets=[leaflet_with_introduction("Words."), leaflet_with_introduction("New.", slug="another")],
    )

    assert dates() == (MARCH, None)
    assert dates(published_edition("another")) == (today(), None)


def test_an_edition_after_one_without_dates_has_the_right_ones(tmp_path):
    load_in_march(tmp_path)
    without_dates()

    edit_as_staff("Other words.")

    assert dates() == (MARCH, today())
    assert dates(Edition.objects.get(number=1)) == (MARCH, None)


def test_a_load_fills_in_missing_dates_and_readers_see_them(tmp_path):
    load_in_march(tmp_path)
    edit_as_staff("Other words.")
    without_dates()
    draft_as_staff("Not yet.")
    before = read_site_version()

    load(tmp_path, leaflets=[leaflet_with_introduction("Words.")])

    assert dates() == (MARCH, today())
    assert dates(Edition.objects.get(number=1)) == (MARCH, None)
    assert dates(Edition.objects.get(status="draft")) == (None, None)
    assert read_site_version() != before


def test_a_load_leaves_dates_that_are_stored_as_they_are(tmp_path):
    load_in_march(tmp_path)
    Edition.objects.update(words_changed_on=MARCH)

    load(tmp_path, leaflets=[leaflet_with_introduction("Words.")])

    assert dates() == (MARCH, MARCH)
