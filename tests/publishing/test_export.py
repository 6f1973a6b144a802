"""Exporting published content to a folder that can be loaded."""

import datetime as dt
from dataclasses import replace
from pathlib import Path

import pytest
from django.conf import settings
from django.db import transaction
from hypothesis import HealthCheck, assume, given, settings as hypothesis_settings, strategies as st

from leaflets.content.topics import TopicSource
from leaflets.files.problems import ContentError
from leaflets.models import Leaflet, Provision, Service
from leaflets.publishing import editions, loading
from leaflets.publishing.export import export_content
from leaflets.quality.preflight import check_leaflets
from tests.factories import (
    SLUG,
    draft_as_staff,
    edit_as_staff,
    leaflet_with_introduction,
    load,
    write_content,
)
from tests.texts import code, laws, leaflet, leaflet_sources

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]


def files(folder: Path) -> dict[str, bytes]:
    """The bytes of every file that a load reads, by relative path."""
    paths = [
        folder / "service.yaml",
        *folder.glob("topics.yaml"),
        *folder.glob("law/*/*.yaml"),
        *folder.glob("leaflets/*.md"),
    ]
    return {str(path.relative_to(folder)): path.read_bytes() for path in paths}


def export(folder: Path) -> dict[str, bytes]:
    export_content(folder)
    return files(folder)


def test_the_real_content_is_exported_unchanged(tmp_path):
    loading.load(settings.CONTENT_DIR)

    assert export(tmp_path) == files(settings.CONTENT_DIR)


def test_loading_what_was_exported_changes_nothing(tmp_path):
    loading.load(settings.CONTENT_DIR)
    export_content(tmp_path)

    report = loading.load(tmp_path)

    assert {outcome for _, outcome in report.outcomes} == {"unchanged"}
    assert report.rendered_again == 0


def test_every_written_file_is_reported(tmp_path):
    load(tmp_path / "in")

    written = export_content(tmp_path / "out")

    assert [str(path.relative_to(tmp_path)) for path in written] == [
        "out/service.yaml",
        "out/law/code-of-practice/source.yaml",
        "out/law/code-of-practice/2015-january.yaml",
        "out/leaflets/sen-support.md",
    ]


def test_edits_by_staff_are_exported(tmp_path):
    load(tmp_path / "in", leaflets=[leaflet_with_introduction("From the file.")])
    edit_as_staff("From staff.")

    written = export(tmp_path / "out")

    assert b"From staff." in written["leaflets/sen-support.md"]


def test_edits_by_staff_are_no_edits_after_export_and_load(tmp_path):
    load(tmp_path, leaflets=[leaflet_with_introduction("From the file.")])
    edit_as_staff("From staff.")
    Service.objects.update(tagline="From staff.")
    Provision.objects.filter(number="6.2").update(text="Pasted by staff.")
    export_content(tmp_path)

    report = loading.load(tmp_path)

    assert {outcome for _, outcome in report.outcomes} == {"unchanged"}


def test_drafts_and_withdrawn_leaflets_are_not_exported(tmp_path):
    load(tmp_path / "in", leaflets=[leaflet(), leaflet(slug="transport")])
    editions.withdraw(Leaflet.objects.get(slug="transport"))
    draft_as_staff("Half a sen")

    written = export(tmp_path / "out")

    assert set(written) == {
        "service.yaml",
        "law/code-of-practice/source.yaml",
        "law/code-of-practice/2015-january.yaml",
        "leaflets/sen-support.md",
    }
    assert b"Half a sen" not in written["leaflets/sen-support.md"]


@pytest.mark.each_database
def test_old_addresses_are_exported_in_alphabetical_order(tmp_path):
    load(tmp_path, leaflets=[leaflet_with_introduction("Words.", formerly=("sen", "help"))])

    written = export(tmp_path)

    assert b"formerly:\n  - help\n  - sen\n" in written["leaflets/sen-support.md"]
    assert dict(loading.load(tmp_path).outcomes)[SLUG] == "unchanged"


def test_old_addresses_that_the_file_omits_are_exported_and_change_nothing(tmp_path):
    load(tmp_path, leaflets=[leaflet_with_introduction("Words.", slug="sen")])
    load(tmp_path, leaflets=[leaflet_with_introduction("Words.", formerly=("sen",))])
    load(tmp_path, leaflets=[leaflet_with_introduction("Words.")])
    export_content(tmp_path)

    assert dict(loading.load(tmp_path).outcomes)[SLUG] == "unchanged"


def test_two_editions_of_the_code_are_exported_each_to_its_file(tmp_path):
    newer = code(slug="2027-january", label="January 2027", in_force_from=dt.date(2027, 1, 1))
    write_content(tmp_path / "in", codes=[code(), newer])
    loading.load(tmp_path / "in")

    assert export(tmp_path / "out") == files(tmp_path / "in")


def test_exporting_before_the_first_load_is_an_error(tmp_path):
    with pytest.raises(ContentError, match="Nothing was loaded yet"):
        export_content(tmp_path / "out")

    assert not (tmp_path / "out").exists()


some_leaflets = st.lists(
    leaflet_sources.map(
        lambda source: replace(source, code=code().slug, formerly=tuple(sorted(source.formerly)))
    ),
    min_size=1,
    max_size=4,
)


@hypothesis_settings(
    max_examples=8,
    deadline=None,
    suppress_health_check=[
        HealthCheck.function_scoped_fixture,
        HealthCheck.filter_too_much,
        HealthCheck.too_slow,
    ],
)
@given(some_leaflets)
def test_all_content_that_can_be_loaded_is_exported_unchanged(tmp_path, leaflets):
    leaflets = [source for source in leaflets if check_leaflets([source], laws())[1] == []]
    assume(leaflets and check_leaflets(leaflets, laws())[1] == [])
    leaflets = [
        replace(source, topic="" if source.placement == "footer" else source.topic) for source in leaflets
    ]
    slugs = dict.fromkeys(source.topic for source in leaflets if source.topic)
    with transaction.atomic():
        load(tmp_path / "in", leaflets=leaflets, topics=[TopicSource(slug, slug) for slug in slugs])

        written = export(write_content(tmp_path / "out", leaflets=[]))

        assert written == files(tmp_path / "in")
        transaction.set_rollback(True)
