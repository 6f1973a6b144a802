"""The pages about the law: its sources, their chapters and provisions, and where leaflets quote them."""

import dataclasses
import datetime as dt
import re
from dataclasses import replace
from pathlib import Path

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from leaflets.law.sources import ProvisionSource
from leaflets.models import Citation, Leaflet, Provision
from leaflets.publishing import editions
from leaflets.publishing.provisions import store_provision
from tests.factories import SLUG, draft_as_staff, edit_as_staff
from tests.pages import GUIDE, addresses_in_sitemap, leaflet_from_text, load_site, visit
from tests.texts import act, act_in_force, code, paragraph, source

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]


@pytest.fixture(scope="module", autouse=True)
def _site(module_database, tmp_path_factory) -> None:
    with module_database.unblock():
        load_site(tmp_path_factory.mktemp("site"))


ACT_IN_FORCE = act_in_force(
    has_unapplied_changes=True,
    chapters=(("3", "Children with special educational needs"),),
    provisions=(
        ProvisionSource(
            "36", "3", "Assessment", "(1) A parent may ask.\n\n(8) They **must** assess:\n\n- (a) if needed."
        ),
        ProvisionSource("37", "3", "Plans"),
        ProvisionSource("38", "3", "Draft plans", "(1) They must send a draft."),
    ),
)
ABOUT_THE_ACT = leaflet_from_text(
    "See section 37 CFA 2014.\n\n> They must assess. (section 36(8) CFA 2014)",
    "assessment",
    title="Assessment",
)


def load_act(folder: Path) -> None:
    load_site(folder, ABOUT_THE_ACT, sources=[source(), act()], codes=[code(), ACT_IN_FORCE])


# All sources


def test_the_sources_that_leaflets_cite_are_listed(client, tmp_path):
    load_act(tmp_path)

    page = visit(client, "/law/")

    assert page.text("h1") == "The law"
    links = page.links("main")
    assert links["Children and Families Act 2014"] == "/law/cfa-2014/"
    assert links["SEND Code of Practice"] == "/law/code-of-practice/"


def test_a_source_without_text_that_no_leaflet_cites_is_not_listed(client, tmp_path):
    empty = dataclasses.replace(ACT_IN_FORCE, provisions=())
    load_site(tmp_path, sources=[source(), act()], codes=[code(), empty])

    assert "Children and Families Act 2014" not in visit(client, "/law/").links("main")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("/code-of-practice/", "/law/code-of-practice/"),
        ("/code-of-practice/6.17/", "/law/code-of-practice/6.17/"),
    ],
)
def test_the_addresses_that_were_printed_lead_to_the_new_ones(client, old, new):
    response = client.get(old)

    assert (response.status_code, response["Location"]) == (301, new)
    assert client.get(new).status_code == 200


# One source


def test_a_source_lists_what_leaflets_quote_and_its_chapters(client):
    page = visit(client, "/law/code-of-practice/")

    assert page.text("h1") == "SEND Code of Practice"
    assert page.texts("main//section[1]//li") == ["Paragraph 6.2", "Paragraph 6.17"]
    assert page.links("main")["Paragraph 6.17"] == "/law/code-of-practice/6.17/"
    assert page.texts("main//h2")[1] == "Chapters"
    assert page.links("main")["Chapter 6: Schools"] == "?chapter=6"


def test_the_chapters_of_an_act_are_its_parts(client, tmp_path):
    load_act(tmp_path)

    page = visit(client, "/law/cfa-2014/")

    assert page.texts("main//h2")[1] == "Parts"
    assert page.links("main")["Section 36"] == "/law/cfa-2014/36/"


def test_a_chapter_lists_its_provisions_that_have_a_page(client, tmp_path):
    load_act(tmp_path)

    page = visit(client, "/law/cfa-2014/?chapter=3")

    assert page.text("h1") == "Children and Families Act 2014, part 3"
    assert page.texts("main//li") == [
        "Section 36: Assessment",
        "Section 37: Plans",
        "Section 38: Draft plans",
    ]


def test_a_chapter_that_is_not_there_shows_the_source_and_is_not_cached(client):
    response = client.get("/law/code-of-practice/?chapter=99")

    assert response.status_code == 200
    assert response["Cache-Control"] == "no-cache"


@pytest.mark.each_database
def test_paragraphs_stand_in_the_order_of_the_code(client, tmp_path):
    chapters = (("6", "Schools"), ("9", "Plans"), ("10", "Children"))
    paragraphs = tuple(map(paragraph, ("10.1", "9.2", "6.17", "6.2", "6.9")))
    cited = "(10.1) (9.2) (6.17) (6.2) (6.9)"

    load_site(
        tmp_path,
        leaflet_from_text(cited, "all", title="All"),
        codes=[code(chapters=chapters, provisions=paragraphs)],
    )

    links = visit(client, "/law/code-of-practice/").links("main")
    assert [text for text in links if text.startswith("Paragraph")] == [
        "Paragraph 6.2",
        "Paragraph 6.9",
        "Paragraph 6.17",
        "Paragraph 9.2",
        "Paragraph 10.1",
    ]


def test_a_source_links_to_where_it_is_published(client):
    page = visit(client, "/law/code-of-practice/")

    assert "https://www.example.org/send-code" in page.links("main").values()
    assert "in force from 31 January 2015" in page.text("main")


def test_every_page_of_the_law_says_under_which_licence_it_is_quoted(client):
    for address in ("/law/code-of-practice/", "/law/code-of-practice/6.17/"):
        assert "Open Government Licence v3.0" in visit(client, address).links("main")


def test_a_source_that_no_leaflet_cites_now_has_its_page(client):
    editions.withdraw(Leaflet.objects.get(slug=SLUG))

    page = visit(client, "/law/code-of-practice/")

    assert page.status == 200
    assert page.texts("main//h2")[0] == "Chapters"


@pytest.mark.parametrize("slug", ["nowhere", "code", "Code-of-Practice"])
def test_a_source_that_is_not_there_is_not_found(client, slug):
    assert client.get(f"/law/{slug}/").status_code == 404
    assert client.get(f"/law/{slug}/6.17/").status_code == 404


def test_a_page_costs_as_many_queries_with_a_whole_code_as_with_two_paragraphs(client, tmp_path):
    addresses = ("/law/code-of-practice/", "/law/code-of-practice/?chapter=6", "/law/code-of-practice/6.17/")

    def queries() -> list[int]:
        counts = []
        for address in addresses:
            client.get(address)
            with CaptureQueriesContext(connection) as captured:
                client.get(address)
            counts.append(len(captured))
        return counts

    few = queries()
    numbers = [f"{chapter}.{place}" for chapter in range(1, 12) for place in range(1, 30)]
    chapters = tuple((str(chapter), "A title") for chapter in range(1, 12))
    load_site(
        tmp_path,
        codes=[code(chapters=chapters, provisions=tuple(paragraph(number, "Words.") for number in numbers))],
    )

    assert [many <= before + 2 for many, before in zip(queries(), few, strict=True)] == [True] * 3


# One provision


def test_a_paragraph_shows_which_leaflet_and_section_cite_it(client):
    page = visit(client, "/law/code-of-practice/6.2/")

    assert page.text("h1") == "SEND Code of Practice, paragraph 6.2"
    assert page.links("main")["SEN support: The duties of schools"] == "/leaflets/sen-support/#duties"


def test_a_paragraph_shows_what_we_quote_of_it(client):
    page = visit(client, "/law/code-of-practice/6.2/")

    assert page.text("main//figure/blockquote") == (
        "The SEND Code of Practice says: Schools must do everything they can."
    )
    assert page.text("main//figure/figcaption") == "SEND Code of Practice (January 2015), paragraph 6.2"


def test_every_section_that_cites_a_paragraph_is_listed_with_or_without_a_quotation(client):
    page = visit(client, "/law/code-of-practice/6.17/")

    text = page.text("main")
    assert "This leaflet names the paragraph without quoting it." in text
    assert "A school should always involve the parents." in text


@pytest.mark.each_database
@pytest.mark.parametrize(
    ("quotation", "duty"),
    [
        pytest.param("Schools **must**:\n\n> - Help.\n> - Listen.\n>\n> (6.2)", "must", id="led into"),
        pytest.param("> - They must.\n> - They should.\n>\n> (6.2)", "must", id="both"),
        pytest.param("> - They should.\n> - Listen.\n>\n> (6.2)", "should", id="should"),
        pytest.param("> - Help.\n> - Listen.\n>\n> (6.2)", "", id="neither"),
    ],
)
def test_a_quoted_list_is_a_list_on_the_page_of_its_paragraph_with_the_duty_that_it_states(
    client, tmp_path, quotation, duty
):
    load_site(tmp_path, leaflet_from_text(quotation, "short", title="A short one"))

    page = visit(client, "/law/code-of-practice/6.2/")

    assert len(page.all("main//figure//ul/li")) == 2
    citation = Citation.objects.published().get(section__edition__leaflet__slug="short")
    assert citation.duty == duty


def test_a_citation_before_the_first_heading_links_to_the_introduction(client, tmp_path):
    load_site(tmp_path, leaflet_from_text("Parents first. (6.17)", "short", title="A short one"))

    page = visit(client, "/law/code-of-practice/6.17/")

    assert page.links("main")["A short one"] == "/leaflets/short/#introduction"


def test_a_paragraph_links_to_the_published_code(client):
    page = visit(client, "/law/code-of-practice/6.2/")

    assert "https://www.example.org/send-code" in page.links("main").values()
    assert "Look for paragraph 6.2 in chapter 6 of" in page.text("main")


def test_the_laws_own_words_are_shown_with_their_version(client):
    page = visit(client, "/law/code-of-practice/6.17/")

    assert page.texts("main//h2")[0] == "What the law says"
    official = page.all("main//figure")[0]
    assert official.find("blockquote").get("cite") == "https://www.example.org/send-code"
    assert "A school should always involve the parents." in "".join(official.find("blockquote").itertext())
    caption = " ".join("".join(official.find("figcaption").itertext()).split())
    assert "January 2015, Chapter 6: Schools. In force from 31 January 2015." in caption


def test_words_that_are_not_in_the_record_are_not_shown(client):
    page = visit(client, "/law/code-of-practice/6.2/")

    assert "We do not have the words yet." in page.text("main")
    assert page.all("main//figure[@class='official']") == []


def test_a_subsection_has_the_anchor_that_a_leaflet_links_to(client, tmp_path):
    load_act(tmp_path)

    leaflet = visit(client, "/leaflets/assessment/")
    page = visit(client, "/law/cfa-2014/36/")

    assert "/law/cfa-2014/36/#part-8" in leaflet.links("article").values()
    assert "They must assess:" in "".join(page.all("main//p[@id='part-8']")[0].itertext())
    assert len(page.all("main//li[@id='part-8-a']")) == 1
    assert "section 36(8)" in page.text("main")
    assert "The law has changed" in page.text("main")


def test_a_provision_links_to_those_with_text_before_and_after_it(client, tmp_path):
    load_act(tmp_path)

    links = visit(client, "/law/cfa-2014/36/").links("main")

    assert links["Next: section 38"] == "/law/cfa-2014/38/"
    assert visit(client, "/law/cfa-2014/38/").links("main")["Before: section 36"] == "/law/cfa-2014/36/"


def test_the_links_to_the_provisions_before_and_after_need_two_queries(tmp_path, django_assert_num_queries):
    load_act(tmp_path)
    planning = Provision.objects.select_related("version__source").get(number="37")

    with django_assert_num_queries(2):
        links = [provision.get_absolute_url() for provision in planning.neighbours()]

    assert links == ["/law/cfa-2014/36/", "/law/cfa-2014/38/"]


def test_a_provision_with_text_that_no_leaflet_cites_has_a_page_that_says_so(client, tmp_path):
    load_act(tmp_path)

    page = visit(client, "/law/cfa-2014/38/")

    assert page.status == 200
    assert "No leaflet quotes this section now." in page.text("main")


def test_html_in_the_laws_own_words_is_escaped(client):
    provision = Provision.objects.get(number="6.17")
    provision.text = "<script>alert(1)</script>\n\n</blockquote>"
    store_provision(provision)

    page = visit(client, "/law/code-of-practice/6.17/")

    assert page.all("main//script") == []
    assert "<script>alert(1)</script> </blockquote>" in page.text("main")


# Paragraphs without a page


@pytest.mark.parametrize(
    "number", ["6.3", "99.99", "6", "6.2.1", "x", "6.2%00", "%00", "6.2%20", "é", "6" * 500]
)
def test_a_paragraph_that_no_leaflet_cites_is_not_found(client, number):
    response = client.get(f"/law/code-of-practice/{number}/")

    assert response.status_code == 404


def test_a_paragraph_of_the_record_that_no_leaflet_cites_is_not_found(client, tmp_path):
    load_site(tmp_path, codes=[code(provisions=(*code().provisions, paragraph("6.49")))])

    response = client.get("/law/code-of-practice/6.49/")

    assert response.status_code == 404


def test_a_paragraph_that_only_a_draft_cites_is_not_found(client, tmp_path):
    load_site(tmp_path, codes=[code(provisions=(*code().provisions, paragraph("6.49")))])
    draft_as_staff("Not yet. (6.49)")

    response = client.get("/law/code-of-practice/6.49/")

    assert response.status_code == 404


def test_a_paragraph_shows_only_what_is_published_now(client):
    edit_as_staff("The edition before this one cites no less.")

    page = visit(client, "/law/code-of-practice/6.2/")

    assert len(page.all("main//figure")) == 1


# Two versions of the Code

NEWER_CODE = code(
    slug="2020-september",
    label="September 2020",
    in_force_from=dt.date(2020, 9, 1),
    url="https://www.example.org/newer-code",
)


@pytest.fixture
def _two_codes(tmp_path) -> None:
    newer = replace(GUIDE, slug="newer", title="The newer guide", code="2020-september")
    load_site(tmp_path, newer, codes=[code(), NEWER_CODE])


def ids(page):
    return [element.get("id") for element in page.all("main//*[@id]")]


@pytest.mark.usefixtures("_two_codes")
def test_a_paragraph_of_two_versions_has_one_page_with_both_separate(client):
    page = visit(client, "/law/code-of-practice/6.2/")

    assert page.texts("main/div/div[1]//h2") == [
        "What the law says",
        "Where we quote it: September 2020",
        "What it said before: January 2015",
        "Where we quote it: January 2015",
    ]
    newer, older = page.all("main/div/div[1]/section")[1::2]
    assert [link.get("href") for link in newer.iter("a")] == ["/leaflets/newer/#duties"]
    assert [link.get("href") for link in older.iter("a")] == ["/leaflets/sen-support/#duties"]


@pytest.mark.usefixtures("_two_codes")
def test_a_paragraph_of_two_versions_is_listed_once(client):
    page = visit(client, "/law/code-of-practice/")

    assert page.texts("main//section[1]//li") == ["Paragraph 6.2", "Paragraph 6.17"]
    assert "September 2020, in force from 1 September 2020" in page.text("main")


def test_a_version_that_is_not_yet_in_force_comes_after_the_law_as_it_is(client, tmp_path):
    future = replace(NEWER_CODE, in_force_from=dt.date(2090, 9, 1), label="September 2090")
    load_site(tmp_path, codes=[code(), future])

    assert visit(client, "/law/code-of-practice/6.17/").texts("main/div/div[1]//h2")[::2] == [
        "What the law says",
        "What it will say from 1 September 2090: September 2090",
    ]
    assert "January 2015, in force from" in visit(client, "/law/code-of-practice/").text("main")


def test_a_paragraph_that_the_newest_version_does_not_have_is_what_the_law_said_before(client, tmp_path):
    load_site(tmp_path, codes=[code(), replace(NEWER_CODE, provisions=(paragraph("6.2"),))])

    assert (
        visit(client, "/law/code-of-practice/6.17/").texts("main//h2")[0]
        == "What it said before: January 2015"
    )


def test_the_anchors_of_two_versions_of_a_text_are_on_their_page_once(client, tmp_path):
    older = code(provisions=(paragraph("6.2"), paragraph("6.17", "(1) One.")))
    newer = replace(NEWER_CODE, provisions=(paragraph("6.17", "(1) Once."),))
    load_site(tmp_path, codes=[older, newer])

    found = ids(visit(client, "/law/code-of-practice/6.17/"))

    assert found.count("part-1") == 1
    assert len(found) == len(set(found))


@pytest.mark.usefixtures("_two_codes")
def test_a_paragraph_of_two_code_versions_is_in_the_sitemap_once(client):
    addresses = addresses_in_sitemap(client)

    assert addresses.count("/law/code-of-practice/6.2/") == 1


def test_the_quotation_of_a_duty_says_so(client, tmp_path):
    load_site(tmp_path)

    assert visit(client, "/law/code-of-practice/6.2/").texts("main//p[@class='tag is-must']") == [
        "Must: a legal duty"
    ]


def test_the_list_counts_what_our_leaflets_quote_of_each_law(client):
    text = visit(client, "/law/").text("ul[@class='lines panel']")

    assert re.search(r"25 years\s*2 paragraphs quoted in our leaflets", text)


def test_the_only_law_is_listed_with_what_our_leaflets_quote(client):
    links = visit(client, "/law/").links("section[@aria-labelledby='page-cited']")

    assert links["Paragraph 6.17"] == "/law/code-of-practice/6.17/"
