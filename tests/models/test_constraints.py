"""Constraints of the database."""

from datetime import timedelta

import pytest
from django.db import IntegrityError
from django.db.models import ProtectedError
from django.utils import timezone

from leaflets.models import (
    Chapter,
    Citation,
    Edition,
    Leaflet,
    OldSlug,
    Provision,
    Section,
    Service,
    SourceVersion,
)
from tests.factories import leaflet_with_introduction, load, published_edition
from tests.texts import code, leaflet

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module", autouse=True)
def _loaded(module_database, tmp_path_factory) -> None:
    """A leaflet with two sections, of which the first cites paragraph 6.2."""
    sections = (*leaflet_with_introduction("Listen (6.2).").sections, *leaflet().sections[1:])
    with module_database.unblock():
        load(tmp_path_factory.mktemp("content"), leaflets=[leaflet(sections=sections, code=code().slug)])


def copy(record, **changes):
    """Store a copy of a record with these changes."""
    record.pk = None
    for name, value in changes.items():
        setattr(record, name, value)
    record.save(force_insert=True)


def test_there_is_one_service():
    with pytest.raises(IntegrityError, match="service_is_one"):
        copy(Service.objects.get(), id=2)


def test_a_version_is_once_in_its_source():
    with pytest.raises(IntegrityError):
        copy(SourceVersion.objects.get())


def test_a_chapter_is_once_in_its_version():
    with pytest.raises(IntegrityError):
        copy(Chapter.objects.get())


def test_a_provision_is_once_in_its_version():
    with pytest.raises(IntegrityError):
        copy(Provision.objects.get(number="6.2"))


def test_a_paragraph_that_is_cited_cannot_be_deleted():
    with pytest.raises(ProtectedError):
        Provision.objects.get(number="6.2").delete()


def test_a_leaflet_has_a_slug_of_its_own():
    with pytest.raises(IntegrityError):
        copy(Leaflet.objects.get())


def test_a_leaflet_that_has_editions_cannot_be_deleted():
    with pytest.raises(ProtectedError):
        Leaflet.objects.get().delete()


def test_an_old_slug_leads_to_one_leaflet():
    OldSlug.objects.create(slug="sen", leaflet=Leaflet.objects.get())

    with pytest.raises(IntegrityError):
        OldSlug.objects.create(slug="sen", leaflet=Leaflet.objects.get())


def test_an_edition_has_a_number_of_its_own():
    with pytest.raises(IntegrityError):
        copy(published_edition(), status="superseded")


def test_editions_count_from_one():
    with pytest.raises(IntegrityError, match="editions_count_from_one"):
        copy(published_edition(), status="superseded", number=0)


def test_a_leaflet_has_one_published_edition():
    with pytest.raises(IntegrityError):
        copy(published_edition(), number=2)


def test_a_leaflet_has_one_draft():
    copy(published_edition(), number=2, status="draft")

    with pytest.raises(IntegrityError):
        copy(published_edition(), number=3, status="draft")


def test_a_leaflet_has_any_number_of_older_editions():
    yesterday = timezone.now() - timedelta(days=1)

    copy(published_edition(), number=2, status="superseded", published_at=yesterday)
    copy(published_edition(), number=3, status="superseded", published_at=yesterday)

    assert Edition.objects.count() == 3


@pytest.mark.parametrize("status", ["published", "superseded", "withdrawn"])
def test_every_edition_that_was_public_has_its_publication_date(status):
    with pytest.raises(IntegrityError, match="published_editions_have_a_date"):
        Edition.objects.update(status=status, published_at=None)


def test_a_section_has_a_position_of_its_own():
    with pytest.raises(IntegrityError):
        copy(Section.objects.get(position=1), anchor="another")


def test_a_section_has_an_anchor_of_its_own():
    with pytest.raises(IntegrityError):
        copy(Section.objects.get(position=1), position=2)


def test_every_section_but_the_introduction_has_a_heading():
    with pytest.raises(IntegrityError, match="every_section_but_the_introduction_has_a_heading"):
        Section.objects.filter(position=1).update(heading="")


def test_the_introduction_has_no_heading():
    with pytest.raises(IntegrityError, match="every_section_but_the_introduction_has_a_heading"):
        Section.objects.filter(position=0).update(heading="Introduction")


def test_a_citation_has_a_position_of_its_own():
    with pytest.raises(IntegrityError):
        copy(Citation.objects.get())
