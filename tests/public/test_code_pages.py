"""The pages about the Code of Practice and its paragraphs."""

import datetime as dt

import pytest

from leaflets.law.sources import ParagraphSource
from leaflets.models import CodeParagraph, Leaflet
from leaflets.publishing import editions
from tests.factories import SLUG, draft_as_staff, edit_as_staff
from tests.pages import GUIDE, addresses_in_sitemap, load_site, same_but, visit, written
from tests.texts import code

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module", autouse=True)
def _site(module_database, tmp_path_factory) -> None:
    with module_database.unblock():
        load_site(tmp_path_factory.mktemp("site"))


# All paragraphs


def test_the_index_lists_the_paragraphs_that_leaflets_cite_by_chapter(client):
    page = visit(client, "/code-of-practice/")

    assert page.texts("main//h2")[0] == "Chapter 6: Schools"
    assert page.texts("main//section[1]//li") == ["Paragraph 6.2", "Paragraph 6.17"]
    assert page.links("main")["Paragraph 6.17"] == "/code-of-practice/6.17/"


def test_paragraphs_stand_in_the_order_of_the_code(client, tmp_path):
    chapters = ((9, "Plans"), (6, "Schools"), (10, "Children"))
    paragraphs = tuple(map(ParagraphSource, ("10.1", "9.2", "6.17", "6.2", "6.9")))
    cited = "(10.1) (9.2) (6.17) (6.2) (6.9)"

    load_site(
        tmp_path,
        written(cited, "all", title="All"),
        codes=[code(chapters=chapters, paragraphs=paragraphs)],
    )

    links = visit(client, "/code-of-practice/").links("main")
    assert [text for text in links if text.startswith("Paragraph")] == [
        "Paragraph 6.2",
        "Paragraph 6.9",
        "Paragraph 6.17",
        "Paragraph 9.2",
        "Paragraph 10.1",
    ]


def test_the_index_links_to_the_whole_code(client):
    page = visit(client, "/code-of-practice/")

    assert "https://www.example.org/send-code" in page.links("main").values()
    assert "in force from 31 January 2015" in page.text("main")


def test_the_index_says_under_which_licence_the_code_is_quoted(client):
    page = visit(client, "/code-of-practice/")

    assert "Open Government Licence v3.0" in page.links("main")


def test_an_index_without_citations_says_so(client):
    editions.withdraw(Leaflet.objects.get(slug=SLUG))

    page = visit(client, "/code-of-practice/")

    assert page.status == 200
    assert "No leaflet quotes the Code yet." in page.text("main")


# One paragraph


def test_a_paragraph_shows_which_leaflet_and_section_cite_it(client):
    page = visit(client, "/code-of-practice/6.2/")

    assert page.text("h1") == "Paragraph 6.2"
    assert page.links("main")["SEN support: The duties of schools"] == "/leaflets/sen-support/#duties"


def test_a_paragraph_shows_what_we_quote_of_it(client):
    page = visit(client, "/code-of-practice/6.2/")

    assert page.text("main//figure/blockquote") == "Schools must do everything they can."
    assert page.text("main//figure/figcaption") == "SEND Code of Practice (January 2015), paragraph 6.2"


def test_every_section_that_cites_a_paragraph_is_listed_with_or_without_a_quotation(client):
    page = visit(client, "/code-of-practice/6.17/")

    text = page.text("main")
    assert "This leaflet names the paragraph without quoting it." in text
    assert "A school should always involve the parents." in text


def test_a_citation_before_the_first_heading_links_to_the_introduction(client, tmp_path):
    load_site(tmp_path, written("Parents first. (6.17)", "short", title="A short one"))

    page = visit(client, "/code-of-practice/6.17/")

    assert page.links("main")["A short one"] == "/leaflets/short/#introduction"


def test_a_paragraph_links_to_the_published_code(client):
    page = visit(client, "/code-of-practice/6.2/")

    assert "https://www.example.org/send-code" in page.links("main").values()
    assert "Look for paragraph 6.2 in chapter 6 of" in page.text("main")


def test_the_official_text_is_shown_once_staff_pasted_it(client):
    page = visit(client, "/code-of-practice/6.17/")

    heading = "What the paragraph says"
    assert heading in page.texts("main//h3")
    assert page.all("main//blockquote")[0].get("cite") == "https://www.example.org/send-code"


def test_a_paragraph_without_its_official_text_shows_none(client):
    page = visit(client, "/code-of-practice/6.2/")

    assert "What the paragraph says" not in page.texts("main//h3")


def test_html_in_the_official_text_is_escaped(client):
    CodeParagraph.objects.filter(number="6.17").update(text="<script>alert(1)</script>\n\n</blockquote>")

    page = visit(client, "/code-of-practice/6.17/")

    assert page.all("script") == []
    assert "<script>alert(1)</script> </blockquote>" in page.text("main")


# Paragraphs without a page


@pytest.mark.parametrize(
    "number", ["6.3", "99.99", "6", "6.2.1", "x", "6.2%00", "%00", "6.2%20", "é", "6" * 500]
)
def test_a_paragraph_that_no_leaflet_cites_is_not_found(client, number):
    response = client.get(f"/code-of-practice/{number}/")

    assert response.status_code == 404


def test_a_paragraph_of_the_record_that_no_leaflet_cites_is_not_found(client, tmp_path):
    load_site(tmp_path, codes=[code(paragraphs=(*code().paragraphs, ParagraphSource("6.49")))])

    response = client.get("/code-of-practice/6.49/")

    assert response.status_code == 404


def test_a_paragraph_that_only_a_draft_cites_is_not_found(client, tmp_path):
    load_site(tmp_path, codes=[code(paragraphs=(*code().paragraphs, ParagraphSource("6.49")))])
    draft_as_staff("Not yet. (6.49)")

    response = client.get("/code-of-practice/6.49/")

    assert response.status_code == 404


def test_a_paragraph_shows_only_what_is_published_now(client):
    edit_as_staff("The edition before this one cites no less.")

    page = visit(client, "/code-of-practice/6.2/")

    assert len(page.all("main//figure")) == 1


# Two editions of the Code with one title

NEWER_CODE = code(
    slug="2026-september",
    label="September 2026",
    in_force_from=dt.date(2026, 9, 1),
    url="https://www.example.org/newer-code",
)


@pytest.fixture
def _two_codes(tmp_path) -> None:
    newer = same_but(GUIDE, slug="newer", title="The newer guide", code="2026-september")
    load_site(tmp_path, newer, codes=[code(), NEWER_CODE])


@pytest.mark.usefixtures("_two_codes")
def test_a_paragraph_of_two_code_editions_has_one_page_with_both_separate(client):
    page = visit(client, "/code-of-practice/6.2/")

    newer, older = page.all("main/section")

    assert "September 2026" in "".join(newer.find("h2").itertext())
    assert [link.get("href") for link in newer.iter("a")] == [
        "/leaflets/newer/#duties",
        "https://www.example.org/newer-code",
    ]
    assert [link.get("href") for link in older.iter("a")] == [
        "/leaflets/sen-support/#duties",
        "https://www.example.org/send-code",
    ]


@pytest.mark.usefixtures("_two_codes")
def test_the_index_says_which_edition_of_the_code_a_paragraph_is_from(client):
    text = visit(client, "/code-of-practice/").text("main")

    assert "From the SEND Code of Practice (September 2026):" in text
    assert "From the SEND Code of Practice (January 2015):" in text


@pytest.mark.usefixtures("_two_codes")
def test_a_paragraph_of_two_code_editions_is_in_the_sitemap_once(client):
    addresses = addresses_in_sitemap(client)

    assert addresses.count("/code-of-practice/6.2/") == 1


def test_two_code_editions_of_the_same_date_stay_separate(client, tmp_path):
    same_day = same_but(NEWER_CODE, in_force_from=code().in_force_from)
    newer = same_but(GUIDE, slug="newer", title="The newer guide", code="2026-september")

    load_site(tmp_path, newer, codes=[code(), same_day])

    page = visit(client, "/code-of-practice/")
    assert [heading.get("id") for heading in page.all("main//h2")].count("chapter-2015-january-6") == 1
