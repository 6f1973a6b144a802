"""Publishing, withdrawing and renaming leaflets and their editions."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from leaflets.content.limits import MAX_LINES
from leaflets.models import Edition, Leaflet, OldSlug, Section, Service, SourceVersion
from leaflets.publishing import editions, records
from tests.factories import (
    SLUG,
    draft_as_staff,
    edit_as_staff,
    get_officer,
    history,
    introduction_of,
    leaflet_with_introduction,
    load,
    publish_as_staff,
    published_edition,
)
from tests.texts import code, leaflet, service

pytestmark = pytest.mark.django_db

_FIRST_TABLE = re.compile(r'(?:SELECT .*? FROM|UPDATE) "(\w+)"')


def the_leaflet():
    return Leaflet.objects.get(slug=SLUG)


# Publishing


def test_a_draft_is_not_public(tmp_path):
    load(tmp_path, leaflets=[leaflet_with_introduction("Old words.")])

    draft_as_staff("New words.")

    assert introduction_of(published_edition()) == "Old words."
    assert history() == [(1, "published"), (2, "draft")]


def test_publishing_a_draft_makes_it_public(tmp_path):
    load(tmp_path, leaflets=[leaflet_with_introduction("Old words.")])
    draft = draft_as_staff("New words.")

    publish_as_staff(draft)

    assert introduction_of(published_edition()) == "New words."


def test_what_was_published_before_is_kept_as_an_older_edition(tmp_path):
    load(tmp_path, leaflets=[leaflet_with_introduction("Old words.")])

    edit_as_staff("New words.")

    assert history() == [(1, "superseded"), (2, "published")]
    assert introduction_of(Edition.objects.get(number=1)) == "Old words."


def test_an_edition_has_its_publisher_date_and_change_note(tmp_path):
    load(tmp_path)

    edit_as_staff("New words.")

    edition = published_edition()
    assert edition.published_by == get_officer()
    assert edition.published_at >= edition.created_at
    assert edition.change_note == "Clearer words."


def test_an_edition_from_a_file_has_no_publisher(tmp_path):
    load(tmp_path)

    assert published_edition().published_by is None
    assert published_edition().published_at is not None


def test_publishing_one_leaflet_changes_no_other(tmp_path):
    load(tmp_path, leaflets=[leaflet(), leaflet(slug="transport")])

    edit_as_staff("New words.")

    assert history("transport") == [(1, "published")]


# Withdrawing


def test_a_withdrawn_leaflet_is_not_public_and_stays_stored(tmp_path):
    load(tmp_path, leaflets=[leaflet_with_introduction("Words.")])

    editions.withdraw(the_leaflet())

    assert not Edition.objects.published().exists()
    assert introduction_of(Edition.objects.get()) == "Words."
    assert history() == [(1, "withdrawn")]


def test_withdrawing_names_a_replacement(tmp_path):
    load(tmp_path, leaflets=[leaflet(), leaflet(slug="transport")])
    other = Leaflet.objects.get(slug="transport")

    editions.withdraw(the_leaflet(), read_instead=other)

    assert the_leaflet().read_instead == other


def test_withdrawing_locks_the_leaflet_before_its_editions(tmp_path):
    """Publishing locks in the same order; taken in two orders, the locks could deadlock."""
    load(tmp_path)
    leaflet = the_leaflet()

    with CaptureQueriesContext(connection) as queries:
        editions.withdraw(leaflet)

    tables = [found[1] for query in queries if (found := _FIRST_TABLE.match(query["sql"]))]
    assert tables[:2] == ["leaflets_leaflet", "leaflets_edition"]


def test_withdrawing_keeps_a_draft(tmp_path):
    load(tmp_path)
    draft_as_staff("Half a sen")

    editions.withdraw(the_leaflet())

    assert history() == [(1, "withdrawn"), (2, "draft")]


def test_publishing_a_withdrawn_leaflet_again_removes_its_replacement(tmp_path):
    load(tmp_path, leaflets=[leaflet(), leaflet(slug="transport")])
    editions.withdraw(the_leaflet(), read_instead=Leaflet.objects.get(slug="transport"))

    edit_as_staff("Back again.")

    assert history() == [(1, "withdrawn"), (2, "published")]
    assert the_leaflet().read_instead is None


# Renaming


def test_a_renamed_leaflet_keeps_its_old_address(tmp_path):
    load(tmp_path)

    editions.rename(the_leaflet(), "help-at-school", placement="leaflet")

    assert Leaflet.objects.get().slug == "help-at-school"
    assert OldSlug.objects.get(slug=SLUG).leaflet == Leaflet.objects.get()


def test_every_address_that_a_leaflet_ever_had_leads_to_it(tmp_path):
    load(tmp_path)

    editions.rename(the_leaflet(), "second", placement="leaflet")
    editions.rename(Leaflet.objects.get(), "third", placement="leaflet")

    assert {old.slug for old in Leaflet.objects.get().old_slugs.all()} == {SLUG, "second"}


def test_an_old_address_that_is_current_again_is_no_longer_old(tmp_path):
    load(tmp_path)

    editions.rename(the_leaflet(), "second", placement="leaflet")
    editions.rename(Leaflet.objects.get(), SLUG, placement="leaflet")

    assert [old.slug for old in OldSlug.objects.all()] == ["second"]


def test_an_unchanged_slug_leaves_no_old_address(tmp_path):
    load(tmp_path)

    editions.rename(the_leaflet(), SLUG, placement="footer")

    assert not OldSlug.objects.exists()
    assert the_leaflet().get_absolute_url() == "/sen-support/"


# Stored content as files


def test_stored_content_equals_its_files(tmp_path):
    source = leaflet(code=code().slug, formerly=("help", "sen"), placement="footer")

    load(tmp_path, leaflets=[source])

    assert records.leaflet_source(published_edition()) == source
    assert records.version_source(SourceVersion.objects.get()) == code()
    assert records.service_source(Service.objects.get()) == service()


def test_the_html_of_a_text_beyond_the_limits_is_not_rendered_again(tmp_path):
    load(tmp_path)
    section = published_edition().sections.get(position=1)
    Section.objects.filter(pk=section.pk).update(body="- x\n" * 2 * MAX_LINES, body_html="<p>As it was.</p>")
    Edition.objects.update(rendered_by="an older renderer")

    assert editions.render_stale_texts() == 1

    section.refresh_from_db()
    assert section.body_html == "<p>As it was.</p>"
    assert editions.render_stale_texts() == 0


@pytest.mark.parametrize(
    "match",
    [
        '<span class="tag is-exact">Word for word</span>',
        '<span class="tag is-short">Shortened</span>',
        '<span class="match">(word for word)</span>',
    ],
)
def test_a_text_beyond_the_limits_says_no_more_how_it_matches_another_law(tmp_path, match):
    load(tmp_path)
    html = "<p>As it was.</p><figcaption><a>6.17</a>{}</figcaption>"
    stored = {"body": "- x\n" * 2 * MAX_LINES, "body_html": html.format(f" {match}")}
    section = published_edition().sections.get(position=1)
    Section.objects.filter(pk=section.pk).update(**stored)
    Edition.objects.update(rendered_by="an older renderer")

    editions.render_stale_texts()

    section.refresh_from_db()
    assert section.body_html == html.format("")


def test_looking_for_stale_texts_takes_as_many_queries_for_ten_leaflets_as_for_one(tmp_path):
    def queries(number):
        cited = [
            leaflet_with_introduction("Listen. (6.17)", slug=f"leaflet-{index}", code=code().slug)
            for index in range(number)
        ]
        load(tmp_path, leaflets=cited)
        with CaptureQueriesContext(connection) as captured:
            assert editions.render_stale_texts() == 0
        return len(captured)

    assert queries(1) == queries(10)
