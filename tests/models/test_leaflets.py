"""Queries of leaflets and editions."""

import pytest

from leaflets.models import Edition
from tests.factories import SLUG, load

pytestmark = pytest.mark.django_db


def test_the_live_edition_is_limited_to_the_queryset(tmp_path):
    load(tmp_path)

    assert Edition.objects.get_live(SLUG, "leaflet") is not None
    assert Edition.objects.none().get_live(SLUG, "leaflet") is None
    assert Edition.objects.filter(title="Another").get_live(SLUG, "leaflet") is None


def test_the_live_edition_and_its_sections_need_two_queries(tmp_path, django_assert_num_queries):
    load(tmp_path)

    with django_assert_num_queries(2):
        edition = Edition.objects.with_page_content().get_live(SLUG, "leaflet")
        assert edition.leaflet.slug == SLUG
        assert all(section.body_html for section in edition.shown_sections)
