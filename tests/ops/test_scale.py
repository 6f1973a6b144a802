"""A page takes as many queries with two thousand leaflets as with one."""

from collections.abc import Iterator

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from leaflets.models import Citation, Edition, Leaflet, Provision, Section
from tests.factories import SLUG, published_edition
from tests.pages import load_site, visit, visitor

MANY = 2_000
PAGES = [
    "/",
    "/leaflets/",
    "/leaflets/?page=50",
    f"/leaflets/{SLUG}/",
    f"/leaflets/{SLUG}/editions/",
    "/law/code-of-practice/",
    "/contact/",
    f"/have-your-say/?leaflet={SLUG}&section=duties",
]


def queries(path: str) -> list[str]:
    """Return the SQL queries of a page."""
    with CaptureQueriesContext(connection) as captured:
        page = visit(visitor(), path)
    assert page.status == 200
    return [query["sql"] for query in captured]


def make_many() -> None:
    """Store leaflets with three editions each; the newest is published and cites the Code."""
    model = published_edition()
    leaflets = Leaflet.objects.bulk_create(
        Leaflet(slug=f"leaflet-{number}", placement="leaflet") for number in range(MANY)
    )
    editions = Edition.objects.bulk_create(
        Edition(
            leaflet=leaflet,
            number=number,
            status="published" if number == 3 else "superseded",
            placement="leaflet",
            title=f"Leaflet {leaflet.pk % 997} of {leaflet.pk}",
            summary=model.summary,
            code_version_id=model.code_version_id,
            digest=model.digest,
            rendered_by=model.rendered_by,
            published_at=timezone.now(),
        )
        for leaflet in leaflets
        for number in (1, 2, 3)
    )
    sections = Section.objects.bulk_create(
        Section(
            edition=edition, position=1, anchor="one", heading="One", body="Words.", body_html="<p>Words.</p>"
        )
        for edition in editions
        if edition.number == 3
    )
    paragraph = Provision.objects.get(number="6.2")
    Citation.objects.bulk_create(
        Citation(section=section, position=0, provision=paragraph, quoted="Words.") for section in sections
    )
    # A database updates its statistics some time later; the query plans depend on them.
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


@pytest.fixture(scope="module")
def queries_of_one(django_db_setup, django_db_blocker, tmp_path_factory) -> Iterator[dict[str, list[str]]]:
    """The queries of each page with one leaflet; afterwards there are two thousand, until the module ends."""
    with django_db_blocker.unblock(), transaction.atomic():
        load_site(tmp_path_factory.mktemp("content"))
        found = {path: queries(path) for path in PAGES}
        make_many()
        yield found
        transaction.set_rollback(True)


@pytest.fixture(autouse=True)
def _many(queries_of_one, db) -> None:
    pass


@pytest.mark.parametrize("path", PAGES)
def test_a_page_takes_no_more_queries_with_two_thousand_leaflets_than_with_one(queries_of_one, path):
    found = queries(path)

    assert len(found) <= len(queries_of_one[path]), "\n".join(found)


@pytest.mark.parametrize("path", PAGES)
def test_a_page_takes_few_queries(path):
    # The service, the words explained and the notices are read once for all pages of a site version.
    assert len(queries(path)) <= 7


def test_the_list_is_paginated(client):
    page = visit(client, "/leaflets/")

    assert len(page.all("main//ul[@class='leaflet-list plain-list']/li")) == 20
    assert "Page 1 of 101" in page.text("nav[@aria-label='Pages']")
    assert page.links("nav[@aria-label='Pages']") == {"Next page": "?page=2"}


def test_a_page_of_the_list_links_to_the_next_and_the_previous(client):
    page = visit(client, "/leaflets/?page=50")

    assert page.links("nav[@aria-label='Pages']") == {"Previous page": "?page=49", "Next page": "?page=51"}
    assert page.text("title") == "Leaflets, page 50 – Example SENDIASS"


def test_the_last_page_of_the_list_holds_the_last_leaflet(client):
    page = visit(client, "/leaflets/?page=101")

    assert page.links("main")["SEN support"] == f"/leaflets/{SLUG}/"
    assert page.links("nav[@aria-label='Pages']") == {"Previous page": "?page=100"}


def test_a_page_of_the_list_is_its_own_canonical_address(client):
    page = visit(client, "/leaflets/?page=50")

    assert page.canonical == "https://testserver/leaflets/?page=50"


def test_the_display_form_returns_to_the_same_page_of_the_list(client):
    page = visit(client, "/leaflets/?page=50")

    assert page.one("form[@action='/display/']/input[@name='next']").get("value") == "/leaflets/?page=50"


def test_the_home_page_stays_short(client):
    page = visit(client, "/")

    assert len(page.html) < 30_000
    assert page.links("main")["All leaflets, with what they are about"] == "/leaflets/"


def test_the_index_of_the_code_stays_short(client):
    page = visit(client, "/law/code-of-practice/")

    assert page.texts("main//section[1]//li") == ["Paragraph 6.2", "Paragraph 6.17"]


def test_the_page_of_a_paragraph_that_is_cited_often_stays_short(client):
    page = visit(client, "/law/code-of-practice/6.2/")

    assert page.status == 200
    assert len(page.html) < 40_000


def test_the_sitemap_has_all_leaflets(client):
    sitemap = client.get("/sitemap.xml").content

    assert sitemap.count(b"<loc>") > MANY


@pytest.mark.skipif(connection.vendor != "sqlite", reason="The query plan is that of SQLite.")
@pytest.mark.parametrize("start", [0, 1000])
def test_a_page_of_the_list_is_read_from_its_index_without_sorting(start):
    listed = Edition.objects.published().leaflets().for_lists()

    plan = listed[start : start + 20].explain()

    assert "editions_by_title" in plan
    assert "TEMP B-TREE" not in plan
    assert "SCAN" not in plan
