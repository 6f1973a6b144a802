"""Ten thousand leaflets cost a page no more questions than one."""

from collections.abc import Iterator

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from leaflets.models import Citation, CodeParagraph, Edition, Leaflet, Section
from tests.factories import SLUG, live
from tests.pages import load_site, visit, visitor

MANY = 10_000
PAGES = [
    "/",
    "/leaflets/",
    "/leaflets/?page=250",
    f"/leaflets/{SLUG}/",
    f"/leaflets/{SLUG}/editions/",
    "/code-of-practice/",
    "/contact/",
    f"/have-your-say/?leaflet={SLUG}&section=duties",
]


def questions(path: str) -> list[str]:
    """What a page asks the database."""
    with CaptureQueriesContext(connection) as asked:
        page = visit(visitor(), path)
    assert page.status == 200
    return [query["sql"] for query in asked]


def make_many() -> None:
    """Leaflets with three editions each, the newest of which is published and cites the Code."""
    model = live()
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
            code_edition_id=model.code_edition_id,
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
    paragraph = CodeParagraph.objects.get(number="6.2")
    Citation.objects.bulk_create(
        Citation(section=section, position=0, paragraph=paragraph, quoted="Words.") for section in sections
    )
    # A database counts its rows by itself some time after so many came. Here, nobody waits.
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


@pytest.fixture(scope="module")
def asked_of_one(django_db_setup, django_db_blocker, tmp_path_factory) -> Iterator[dict[str, list[str]]]:
    """What pages asked when there was one leaflet. Then there are ten thousand; nothing of it stays."""
    with django_db_blocker.unblock(), transaction.atomic():
        load_site(tmp_path_factory.mktemp("content"))
        asked = {path: questions(path) for path in PAGES}
        make_many()
        yield asked
        transaction.set_rollback(True)


@pytest.fixture(autouse=True)
def _many(asked_of_one, db) -> None:
    pass


@pytest.mark.parametrize("path", PAGES)
def test_a_page_asks_as_many_questions_of_ten_thousand_leaflets_as_of_one(asked_of_one, path):
    asked = questions(path)

    assert len(asked) == len(asked_of_one[path]), "\n".join(asked)


@pytest.mark.parametrize("path", PAGES)
def test_a_page_asks_few_questions(path):
    assert len(questions(path)) <= 6


def test_the_list_is_read_page_by_page(client):
    page = visit(client, "/leaflets/")

    assert len(page.all("main//ul[@class='leaflet-list']/li")) == 20
    assert "Page 1 of 501" in page.text("nav[@aria-label='Pages']")
    assert page.links("nav[@aria-label='Pages']") == {"Next page": "?page=2"}


def test_a_page_of_the_list_leads_on_and_back(client):
    page = visit(client, "/leaflets/?page=250")

    assert page.links("nav[@aria-label='Pages']") == {"Previous page": "?page=249", "Next page": "?page=251"}
    assert page.text("title") == "Leaflets, page 250 – Example SENDIASS"


def test_the_last_page_of_the_list_holds_the_last_leaflet(client):
    page = visit(client, "/leaflets/?page=501")

    assert page.links("main")["SEN support"] == f"/leaflets/{SLUG}/"
    assert page.links("nav[@aria-label='Pages']") == {"Previous page": "?page=500"}


def test_a_page_of_the_list_names_itself_as_its_one_address(client):
    page = visit(client, "/leaflets/?page=250")

    assert page.canonical == "https://testserver/leaflets/?page=250"


def test_large_print_comes_back_to_the_same_page_of_the_list(client):
    page = visit(client, "/leaflets/?page=250")

    assert page.one("header//input[@name='next']").get("value") == "/leaflets/?page=250"


def test_the_home_page_stays_short(client):
    page = visit(client, "/")

    assert len(page.html) < 30_000
    assert page.links("main")["All leaflets"] == "/leaflets/"


def test_the_index_of_the_code_stays_short(client):
    page = visit(client, "/code-of-practice/")

    assert page.texts("main//section[1]//li") == ["Paragraph 6.2", "Paragraph 6.17"]


def test_a_paragraph_that_everybody_cites_is_still_a_page_that_a_phone_can_show(client):
    page = visit(client, "/code-of-practice/6.2/")

    assert page.status == 200
    assert len(page.html) < 200_000


def test_the_sitemap_holds_them_all(client):
    sitemap = client.get("/sitemap.xml").content

    assert sitemap.count(b"<loc>") > MANY


@pytest.mark.skipif(connection.vendor != "sqlite", reason="Only SQLite says in words how it finds rows.")
@pytest.mark.parametrize("start", [0, 5000])
def test_a_page_of_the_list_is_read_straight_from_its_index(start):
    listed = Edition.objects.published().leaflets().for_lists()

    plan = listed[start : start + 20].explain()

    assert "editions_by_title" in plan
    assert "TEMP B-TREE" not in plan
    assert "SCAN" not in plan
