"""The content of the public pages."""

import json
from dataclasses import replace
from itertools import pairwise
from urllib.parse import urljoin, urlsplit

import pytest

from leaflets.models import Leaflet
from leaflets.publishing import editions
from tests.conftest import HttpsClient
from tests.factories import SLUG, draft_as_staff, edit_as_staff
from tests.pages import (
    GUIDE,
    PAGES,
    Page,
    addresses_in_sitemap,
    crawl,
    leaflet_from_text,
    load_site,
    visit,
    visitor,
    words,
)
from tests.texts import code, paragraph, service

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]


@pytest.fixture(scope="module", autouse=True)
def _site(module_database, tmp_path_factory) -> None:
    with module_database.unblock():
        load_site(tmp_path_factory.mktemp("site"))


@pytest.fixture(params=PAGES, scope="module")
def page(_site, module_database, request) -> Page:
    """Each page, which is opened and parsed once for all tests that only read it."""
    with module_database.unblock():
        return visit(HttpsClient(), request.param)


# The home page


def test_the_home_page_describes_the_service(client):
    page = visit(client, "/")

    assert page.status == 200
    assert page.text("main//h1") == "Free, confidential and impartial"


def test_the_home_page_shows_each_leaflet_with_its_summary(client):
    page = visit(client, "/")

    assert page.links("main")["SEN support"] == "/leaflets/sen-support/"
    assert "What the school must do, and what it should do." in page.text("main")


def test_the_home_page_links_to_sections_of_leaflets(client):
    links = visit(client, "/").links("main")

    assert links["What must my school do?"] == "/leaflets/sen-support/#duties"
    assert links["How help goes on"] == "/leaflets/sen-support/#graduated-approach"
    assert "/leaflets/sen-support/#have-your-say" not in links.values()


def test_the_footer_links_to_the_footer_pages(client):
    links = visit(client, "/").links("body//footer")

    assert links["Privacy"] == "/privacy/"
    assert links["Have Your Say"] == "/have-your-say/"


def test_a_footer_page_is_not_listed_with_the_leaflets(client):
    page = visit(client, "/leaflets/")

    assert page.texts("ul[@class='leaflet-list plain-list']//h2") == ["SEN support"]


# A leaflet


def test_a_whole_leaflet_is_on_one_page(client):
    page = visit(client, "/leaflets/sen-support/")

    assert page.text("h1") == "SEN support"
    headings = page.texts("div[@class='leaflet-text']//div[@class='heading']/h2")
    assert headings == ["The duties of schools", "How help goes on", "Have Your Say"]
    assert page.texts("article//h3") == ["1 Assess", "2 Plan", "3 Do", "4 Review"]
    for said in ("This guide is about the help that schools give.", "Everybody helps.", "What changed?"):
        assert said in page.text("article")


def test_a_leaflet_starts_with_its_contents(client):
    page = visit(client, "/leaflets/sen-support/")

    assert page.links("nav[@id='page-contents']") == {
        "What must my school do?": "#duties",
        "How help goes on": "#graduated-approach",
        "Assess": "#assess",
        "Plan": "#plan",
        "Do": "#do",
        "Review": "#review",
        "Have Your Say": "#have-your-say",
    }


def test_headings_inside_a_section_are_listed_inside_it(client):
    page = visit(client, "/leaflets/sen-support/")

    assert page.texts("nav[@id='page-contents']/ol/li/ol/li") == ["Assess", "Plan", "Do", "Review"]


def test_what_is_about_the_service_stands_apart_in_the_contents(client):
    page = visit(client, "/leaflets/sen-support/")

    assert page.texts("nav[@id='page-contents']/ul[@class='less plain-list']/li") == ["Have Your Say"]


@pytest.mark.parametrize("display", ["standard", "large"])
def test_the_contents_are_not_folded(client, display):
    client.cookies["display"] = display

    page = visit(client, "/leaflets/sen-support/")

    assert page.all("nav[@id='page-contents']//details") == []
    assert "#page-contents" in page.links("article").values()


def test_the_label_of_a_section_stands_above_its_heading(client):
    page = visit(client, "/leaflets/sen-support/")

    assert page.texts("article//p[@class='question']") == ["What must my school do?"]


def test_a_label_that_is_the_heading_is_not_repeated(client, tmp_path):
    load_site(
        tmp_path, leaflet_from_text('Words.\n\n## Plan {#plan label="plan"}\n\nMore.', "plans", title="Plans")
    )

    assert visit(client, "/leaflets/plans/").all("article//p[@class='question']") == []


def test_a_leaflet_without_headings_has_no_contents(client, tmp_path):
    load_site(tmp_path, leaflet_from_text("Words.", "plans", title="Plans"))

    assert visit(client, "/leaflets/plans/").all("nav[@id='page-contents']") == []


def test_a_screen_reader_meets_each_heading_once_and_no_section_as_a_landmark(client):
    page = visit(client, "/leaflets/sen-support/")

    parts = page.all("div[@class='leaflet-text']/section")

    named = [
        part.get("aria-labelledby") for part in parts if part.get("aria-labelledby") or part.get("aria-label")
    ]
    assert named == ["page-key-heading", "page-dates"]
    steps = page.all("section[@class='step']")
    assert [step.keys() for step in steps] == [["class"]] * 4


def test_sections_about_the_service_are_marked_as_less_important(client):
    page = visit(client, "/leaflets/sen-support/")

    parts = page.all("div[@class='leaflet-text']/section")

    assert [part.get("class") for part in parts] == [
        "panel key",
        None,
        "part",
        "part",
        "part quiet",
        "part quiet",
    ]


def test_the_caption_of_a_quotation_links_to_its_paragraph(client):
    page = visit(client, "/leaflets/sen-support/")

    first = page.all("figure")[0]

    assert words(first.find("blockquote")) == "Schools must do everything they can."
    assert words(first.find("figcaption")) == "SEND Code of Practice (January 2015), paragraph 6.2"
    assert first.find("figcaption/a").get("href") == "/law/code-of-practice/6.2/"


def test_a_paragraph_that_is_named_without_being_quoted_is_a_link_too(client):
    links = visit(client, "/leaflets/sen-support/").links("article")

    assert "/law/code-of-practice/6.17/" in links.values()


def test_must_and_should_are_marked(client):
    page = visit(client, "/leaflets/sen-support/")

    assert "must" in page.texts("article//section//*[@class='must']")
    assert "should" in page.texts("article//section//*[@class='should']")


def test_a_key_says_what_must_and_should_mean(client):
    page = visit(client, "/leaflets/sen-support/")

    key = page.one("section[@id='page-key']")
    assert page.text(f"*[@id='{key.get('aria-labelledby')}']") == "What the marks mean"
    assert [(words(row.find("dt")), words(row.find("dd"))) for row in key.iter("div")] == [
        ("Must", "a legal duty: it has to be done"),
        ("Should", "to be done, unless there is a good reason not to"),
    ]
    assert [tag.get("class") for tag in key.iter("span")] == ["tag is-must", "tag is-should"]
    assert "it is the leaflet's plain advice" in words(key.find("details"))


@pytest.mark.parametrize(
    ("body", "word"), [("They **must** ask.", "Must"), ("They **should** ask.", "Should")]
)
def test_the_key_has_only_the_words_that_the_leaflet_marks(client, tmp_path, body, word):
    load_site(tmp_path, leaflet_from_text(body, "short", title="A short one"))

    assert visit(client, "/leaflets/short/").texts("section[@id='page-key']//dt") == [word]


def test_a_page_that_quotes_no_law_has_no_key(client):
    page = visit(client, "/privacy/")

    assert page.all("*[@id='page-key']") == []


def test_the_four_steps_are_shown_as_a_diagram_with_a_description(client):
    page = visit(client, "/leaflets/sen-support/")

    picture = page.one("article//*[@class='cycle']")

    label = page.text(f"*[@id='{picture.get('aria-labelledby')}']")
    assert label == "A cycle of four steps: Assess, Plan, Do, Review, and then Assess again."


def test_a_page_awaiting_approval_starts_with_a_notice(client):
    page = visit(client, "/privacy/")

    text = page.text("main")
    assert text.index("Draft for the service to approve") < text.index("We keep little.")


def test_an_approved_leaflet_does_not_call_itself_a_draft(client):
    page = visit(client, "/leaflets/sen-support/")

    assert "Draft for the service to approve" not in page.text("main")


def test_each_part_about_the_subject_ends_with_links_to_the_contents_and_to_us(client):
    page = visit(client, "/leaflets/sen-support/")

    feet = page.all("div[@class='leaflet-text']/section/p[@class='part-foot']")

    assert [{words(link): link.get("href") for link in foot.iter("a")} for foot in feet] == [
        {
            "Contents": "#page-contents",
            f"Unclear? Tell us about “{heading}”": f"/have-your-say/?leaflet=sen-support&section={anchor}",
            f"Send this part: “{heading}”": f"/leaflets/sen-support/parts/{anchor}/",
            "Call us": "tel:01632960000",
        }
        for heading, anchor in [
            ("The duties of schools", "duties"),
            ("How help goes on", "graduated-approach"),
        ]
    ]


def test_each_step_ends_with_a_link_to_write_about_it(client):
    page = visit(client, "/leaflets/sen-support/")

    feet = page.all("section[@class='step']/p[@class='part-foot']")

    assert [{words(link): link.get("href") for link in foot.iter("a")} for foot in feet] == [
        {
            f"Unclear? Tell us about “{step}”": f"/have-your-say/?leaflet=sen-support&section={step.lower()}",
            f"Send this part: “{step}”": f"/leaflets/sen-support/parts/{step.lower()}/",
        }
        for step in ("Assess", "Plan", "Do", "Review")
    ]


def test_the_steps_of_an_older_edition_have_no_such_links(client):
    edit_as_staff("This guide was edited.")

    page = visit(client, "/leaflets/sen-support/editions/1/")

    assert page.all("section[@class='step']") != []
    assert page.all("section[@class='step']/p[@class='part-foot']") == []


@pytest.mark.parametrize("kind", ["privacy", "retention", "contact", "feedback"])
def test_a_part_about_the_service_has_no_such_links(client, tmp_path, kind):
    load_site(
        tmp_path,
        leaflet_from_text(f"Words.\n\n## One {{#one .{kind}}}\n\nMore.", "short", title="A short one"),
    )

    page = visit(client, "/leaflets/short/")

    assert page.one("div[@class='leaflet-text']/section[2]").get("class") == "part quiet"
    assert page.all("p[@class='part-foot']") == []


@pytest.mark.parametrize(("number", "feet"), [(3, 0), (4, 4)])
def test_a_page_of_the_footer_has_such_links_from_four_sections_on(client, tmp_path, number, feet):
    text = "Words.\n" + "".join(f"\n## Part {index} {{#part-{index}}}\n\nMore.\n" for index in range(number))
    load_site(tmp_path, leaflet_from_text(text, "help", title="Help", placement="footer"))

    assert len(visit(client, "/help/").all("p[@class='part-foot']")) == feet


@pytest.mark.parametrize(
    ("text", "before", "after"),
    [
        pytest.param("First.\n\nSecond.", "First.", "Second.", id="paragraphs"),
        pytest.param("- First.\n\nSecond.", "First. Second.", "", id="a list first"),
        pytest.param("First.", "First.", "", id="one paragraph"),
        pytest.param("First.\n\n### Second {#second}", "First.", "Second", id="a heading"),
    ],
)
def test_the_section_about_feedback_leads_to_the_form(client, tmp_path, text, before, after):
    body = f"Words.\n\n## Have Your Say {{#say .feedback}}\n\n{text}"
    load_site(tmp_path, leaflet_from_text(body, "short", title="A short one"))

    page = visit(client, "/leaflets/short/")

    button = page.one("p[@class='screen-only']/a")
    assert (words(button), button.get("href")) == (
        "Write to us about this leaflet",
        "/have-your-say/?leaflet=short",
    )
    said = page.texts("div[@class='leaflet-text']/section[2]")[0]
    start, end = said.split("Write to us about this leaflet")
    assert start.strip().endswith(f"Link to “Have Your Say” {before}")
    assert end.strip().startswith(after)


# Links to a part


def links_to_parts(page):
    """The target and the words of each link beside a heading, and its heading."""
    headings = page.all("div[@class='heading']")
    return [(one[1].get("class"), one[1].get("href"), words(one[1]), words(one[0])) for one in headings]


def test_each_heading_has_a_link_to_its_part(client):
    page = visit(client, "/leaflets/sen-support/")

    assert links_to_parts(page) == [
        ("here", "#duties", "Link to “The duties of schools”", "The duties of schools"),
        ("here", "#graduated-approach", "Link to “How help goes on”", "How help goes on"),
        ("here", "#assess", "Link to “Assess”", "1 Assess"),
        ("here", "#plan", "Link to “Plan”", "2 Plan"),
        ("here", "#do", "Link to “Do”", "3 Do"),
        ("here", "#review", "Link to “Review”", "4 Review"),
        ("here", "#have-your-say", "Link to “Have Your Say”", "Have Your Say"),
    ]


@pytest.mark.parametrize("asked", [{"path": "/leaflets/sen-support/?display=large"}, {"cookie": "large"}])
def test_a_link_to_a_part_keeps_large_print_for_those_who_get_it(asked):
    reader = visitor(display=asked["cookie"]) if "cookie" in asked else visitor()
    page = visit(reader, asked.get("path", "/leaflets/sen-support/"))

    assert {href.partition("#")[0] for _, href, _, _ in links_to_parts(page)} == {"?display=large"}
    assert ("here", "?display=large#plan", "Link to “Plan”", "2 Plan") in links_to_parts(page)


def test_a_link_to_a_part_keeps_the_query_of_a_page_in_standard_print():
    page = visit(visitor(display="large"), "/leaflets/sen-support/?display=standard")

    target = urljoin("https://testserver/leaflets/sen-support/?display=standard", links_to_parts(page)[3][1])

    assert target == "https://testserver/leaflets/sen-support/?display=standard#plan"


def test_words_with_signs_are_escaped_once_in_the_link_to_their_heading(client, tmp_path):
    text = "Words.\n\n## A & B {#a}\n\n### C < “D” {#c}\n\nMore."
    load_site(tmp_path, leaflet_from_text(text, "short", title="A short one"))

    page = visit(client, "/leaflets/short/")

    assert [link[2] for link in links_to_parts(page)] == ["Link to “A & B”", "Link to “C < “D””"]


# Steps

STEPS = "Words.\n\n## Steps {#steps .steps}\n\n"


def with_steps(*headings, introduction="Four steps.", text="Words."):
    steps = [f"### {heading} {{#step-{number}}}\n\n{text}" for number, heading in enumerate(headings)]
    return STEPS + "\n\n".join([introduction, *steps])


def steps_page(client, tmp_path, text):
    load_site(tmp_path, leaflet_from_text(text, "short", title="A short one"))
    return visit(client, "/leaflets/short/")


def test_each_step_is_a_section_whose_heading_begins_with_its_number(client):
    page = visit(client, "/leaflets/sen-support/")

    assert page.texts("section[@class='step']//h3") == ["1 Assess", "2 Plan", "3 Do", "4 Review"]
    assert "Everybody helps." in page.texts("section[@class='step']")[2]
    assert page.texts("*[@role='img']//{http://www.w3.org/2000/svg}text") == [
        "1 Assess",
        "2 Plan",
        "3 Do",
        "4 Review",
    ]
    assert "A cycle" not in page.text("nav[@id='page-contents']")


@pytest.mark.parametrize(
    ("introduction", "before", "beside"),
    [
        ("Four steps.\n\nThey are:", "Four steps.", "They are:"),
        ("> They should. (6.2)\n\nThese are:", "paragraph 6.2", "These are:"),
        ("Four steps.", "Link to “Steps”", "Four steps."),
        ("- Four.\n- Steps.", "Steps.", ""),
        ("Four.\n\n> They should. (6.2)", "paragraph 6.2", ""),
    ],
)
def test_the_last_paragraph_before_the_steps_stands_beside_the_drawing(
    client, tmp_path, introduction, before, beside
):
    page = steps_page(client, tmp_path, with_steps("Ask", "Try", "See", "Go on", introduction=introduction))

    section = page.one("div[@class='leaflet-text']/section[last()-1]")
    drawing = [child.get("role") for child in section].index("img")
    above, below = section[:drawing], section[drawing + 1 :]
    assert words(above[-1]).endswith(before)
    said = words(below[0])
    assert said == beside if beside else said.startswith("1 Ask")


@pytest.mark.parametrize(
    "headings", [("Ask", "Try", "See"), ("Ask", "Try", "See", "Go on", "End"), ()], ids=["3", "5", "none"]
)
def test_other_numbers_of_steps_are_not_drawn_and_not_numbered(client, tmp_path, headings):
    page = steps_page(client, tmp_path, with_steps(*headings))

    assert page.all("*[@class='cycle']") == []
    assert page.texts("article//h3") == list(headings)


def test_steps_with_long_words_are_numbered_and_not_drawn(client, tmp_path):
    page = steps_page(client, tmp_path, with_steps("Investigate", "Communicate", "Do", "Consolidate"))

    assert page.all("*[@class='cycle']") == []
    assert page.texts("article//h3")[1] == "2 Communicate"


def test_a_table_or_a_list_in_a_step_changes_nothing(client, tmp_path):
    inside = "| a | b |\n|:-:|---|\n| c | d |\n\n- One\n- Two"
    page = steps_page(client, tmp_path, with_steps("Ask", "Try", "See", "Go on", text=inside))

    assert len(page.all("section[@class='step']//table")) == 4


def test_two_sections_with_steps_have_drawings_of_their_own(client, tmp_path):
    second = "\n\n## More {#more .steps}\n\n" + "\n\n".join(f"### {one} {{#{one}}}" for one in "abcd")
    page = steps_page(client, tmp_path, with_steps("Ask", "Try", "See", "Go on") + second)

    names = [drawing.get("aria-labelledby") for drawing in page.all("*[@class='cycle']")]
    assert len(set(names)) == 2
    assert [page.text(f"*[@id='{name}']")[:25] for name in names] == [
        "A cycle of four steps: As",
        "A cycle of four steps: a,",
    ]


def test_a_printed_leaflet_begins_with_the_phone_number_and_its_url(client):
    letterhead = visit(client, "/leaflets/sen-support/").text("p[@class='print-only letterhead']")

    assert letterhead.endswith("https://testserver/leaflets/sen-support/")
    assert letterhead.startswith("Phone 01632 960000")


# A second leaflet is only a file

EHC_PLANS = leaflet_from_text(
    "This leaflet is about plans.\n\n## What is a plan? {#plan}\n\n> A plan sets out needs.\n>\n> (6.45)",
    "ehc-plans",
    title="EHC plans",
)
WIDER_CODE = code(provisions=(*code().provisions, paragraph("6.45")))


@pytest.fixture
def _second_leaflet(tmp_path) -> None:
    load_site(tmp_path, EHC_PLANS, codes=[WIDER_CODE])


@pytest.mark.usefixtures("_second_leaflet")
@pytest.mark.parametrize("where", ["/", "/leaflets/"])
def test_a_second_leaflet_appears_among_the_leaflets(client, where):
    links = visit(client, where).links("main")

    assert links["EHC plans"] == "/leaflets/ehc-plans/"
    assert list(links).index("EHC plans") < list(links).index("SEN support"), "They stand by title."


@pytest.mark.usefixtures("_second_leaflet")
def test_a_second_leaflet_has_its_page_and_is_in_the_sitemap(client):
    page = visit(client, "/leaflets/ehc-plans/")

    assert page.text("h1") == "EHC plans"
    assert "/leaflets/ehc-plans/" in addresses_in_sitemap(client)


@pytest.mark.usefixtures("_second_leaflet")
def test_what_a_second_leaflet_cites_appears_in_the_index_of_the_code(client):
    links = visit(client, "/law/code-of-practice/").links("main")

    assert links["Paragraph 6.45"] == "/law/code-of-practice/6.45/"


@pytest.mark.usefixtures("_second_leaflet")
@pytest.mark.parametrize("where", ["/", "/leaflets/", "/law/code-of-practice/", "/sitemap.xml"])
def test_a_withdrawn_leaflet_disappears_from_all_lists(client, where):
    assert client.get(where).content.count(b"ehc-plans") + client.get(where).content.count(b"6.45") > 0

    editions.withdraw(Leaflet.objects.get(slug="ehc-plans"))

    listed = client.get(where).content
    assert b"ehc-plans" not in listed
    assert b"6.45" not in listed


# Contact


def test_a_phone_number_is_shown_with_spaces_and_links_to_its_digits(client):
    page = visit(client, "/contact/")

    assert page.links("main")["Call 01632 960000"] == "tel:01632960000"


def test_an_e_mail_address_is_a_mailto_link(client):
    page = visit(client, "/contact/")

    assert page.links("main")["help@example.org"] == "mailto:help@example.org"


def test_the_postal_address_has_one_part_per_line(client):
    page = visit(client, "/contact/")

    address = page.all("main//address")[0]

    lines = [line.strip() for line in address.itertext()]
    assert lines == ["Example SENDIASS", "Civic Centre", "Example Road", "EX1 2AB"]


def test_the_contact_page_names_the_data_protection_officer(client):
    page = visit(client, "/contact/")

    assert words(page.all("main//address")[1]) == "Data Protection Officer Town Hall EX1 3CD"
    assert page.links("main")["01632 960001"] == "tel:01632960001"
    assert page.links("main")["privacy@example.org"] == "mailto:privacy@example.org"


def test_every_phone_number_of_the_service_is_a_link(client, tmp_path):
    load_site(tmp_path, service=service(phones=("01632 960000", "+44 (0)7700 900 123")))

    links = visit(client, "/contact/").links("main")

    assert [target for target in links.values() if target.startswith("tel:")][:2] == [
        "tel:01632960000",
        "tel:+447700900123",
    ]


# Every page


def test_a_page_is_in_british_english(page):
    assert page.tree.get("lang") == "en-GB"


def test_a_page_has_one_main_heading_in_its_main_part(page):
    assert len(page.all("h1")) == 1
    assert page.text("main//h1") != ""


def test_the_headings_of_a_page_skip_no_level(page):
    levels = [int(element.tag[1]) for element in page.tree.iter() if element.tag in ("h1", "h2", "h3", "h4")]

    assert levels[0] == 1
    assert all(later <= earlier + 1 for earlier, later in pairwise(levels))


def test_a_page_has_the_landmarks_that_screen_readers_jump_to(page):
    assert len(page.all("body/header")) == 1
    assert len(page.all("body/main")) == 1
    assert len(page.all("body/footer")) == 1


def test_every_navigation_has_a_name_of_its_own(page):
    names = [nav.get("aria-label") or nav.get("aria-labelledby") for nav in page.all("nav")]

    assert all(names)
    assert len(names) == len(set(names))


def test_a_page_starts_with_a_skip_link(page):
    first = next(page.one("body").iter("a"))

    assert words(first) == "Skip to the main content"
    assert page.one(f"*[@id='{first.get('href')[1:]}']").tag == "main"


def test_breadcrumbs_list_the_pages_from_the_home_page(client):
    page = visit(client, "/leaflets/sen-support/")

    assert page.texts("nav[@aria-label='Breadcrumbs']//li") == ["Home", "Leaflets"]
    assert page.links("nav[@aria-label='Breadcrumbs']") == {"Home": "/", "Leaflets": "/leaflets/"}


@pytest.mark.parametrize("path", PAGES[1:])
def test_every_page_but_the_first_has_breadcrumbs(client, path):
    page = visit(client, path)

    crumbs = page.all("nav[@aria-label='Breadcrumbs']//li")

    assert words(crumbs[0]) == "Home"
    assert all(crumb.find("a") is not None for crumb in crumbs)


@pytest.mark.parametrize(
    ("path", "link", "current"),
    [
        ("/leaflets/", "Leaflets", "page"),
        ("/leaflets/sen-support/", "Leaflets", "true"),
        ("/law/code-of-practice/6.17/", "Law", "true"),
        ("/contact/", "Contact", "page"),
        ("/words/", "Words", "page"),
    ],
)
def test_the_header_marks_the_link_to_the_page_or_to_the_one_above_it(client, path, link, current):
    marked = visit(client, path).all("nav[@aria-label='Site']//a[@aria-current]")

    assert [(words(one), one.get("aria-current")) for one in marked] == [(link, current)]


@pytest.mark.parametrize(
    "path",
    ["/leaflets/no-such-leaflet/", "/leaflets/a/b/c/", "/law/no-such-law/", "/contact/x/", "/nothing/"],
)
def test_a_page_that_does_not_exist_marks_no_link_in_the_header(client, path):
    page = visit(client, path)

    assert page.response.status_code == 404
    assert page.all("*[@aria-current]") == []
    assert page.links("nav[@aria-label='Site']")["Leaflets"] == "/leaflets/"


def test_a_withdrawn_leaflet_marks_no_link_in_the_header(client):
    editions.withdraw(Leaflet.objects.get(slug=SLUG))

    page = visit(client, "/leaflets/sen-support/")

    assert page.response.status_code == 410
    assert page.all("*[@aria-current]") == []


def test_the_header_has_the_number_to_call(client):
    assert visit(client, "/").links("body/header")["Call 01632 960000"] == "tel:01632960000"


def test_the_title_of_a_page_ends_with_the_service(page):
    assert page.text("title").endswith(" – Example SENDIASS")


def test_no_two_pages_have_the_same_title(client):
    edit_as_staff("The first edition is an older one now.")

    pages = [page for page in crawl(client).values() if "?" not in page.url]

    titles = sorted(page.text("head/title") for page in pages if not page.url.endswith(".atom"))
    assert titles == sorted(set(titles))


def test_a_page_describes_itself_in_a_sentence(page):
    assert 20 < len(page.meta("description")) < 320


def test_a_query_string_does_not_change_the_canonical_url(page, client):
    asked = visit(client, f"{page.url}?display=large&from=somewhere")

    assert asked.canonical == page.canonical == f"https://testserver{page.url}"


def test_a_shared_link_shows_title_and_description(page):
    assert page.meta("og:title") in (
        page.text("title").removesuffix(" – Example SENDIASS"),
        "Example SENDIASS",
    )
    assert page.meta("og:description") == page.meta("description")
    assert page.meta("og:url") == page.canonical
    assert page.meta("og:site_name") == "Example SENDIASS"
    assert page.meta("og:locale") == "en_GB"
    assert page.meta("og:type") in ("website", "article")


def test_a_page_runs_no_script(page):
    assert [script.get("type") for script in page.all("script")] in ([], ["application/ld+json"])


def test_a_page_loads_nothing_from_another_host(page):
    wanted = [element.get("src") or element.get("href") for element in page.all("*[@src]") + page.all("link")]

    assert {urlsplit(address).netloc for address in wanted} <= {"", "testserver"}


@pytest.mark.parametrize("path", PAGES)
def test_a_page_answers_head_requests(client, path):
    response = client.head(path)

    assert response.status_code == 200
    assert response.content == b""


@pytest.mark.parametrize("path", [path for path in PAGES if path != "/have-your-say/"])
@pytest.mark.parametrize("method", ["post", "put", "delete", "patch"])
def test_a_page_refuses_other_methods(client, path, method):
    response = getattr(client, method)(path)

    assert response.status_code == 405
    assert "GET" in response["Allow"]


def test_a_url_without_its_last_slash_redirects(client):
    response = client.get("/leaflets/sen-support")

    assert response.status_code == 301
    assert response["Location"] == "/leaflets/sen-support/"


# Structured data


def structured_data(page: Page) -> dict:
    return json.loads(page.one("script[@type='application/ld+json']").text)


@pytest.mark.parametrize("path", ["/", "/contact/"])
def test_structured_data_describes_the_service(client, path):
    data = structured_data(visit(client, path))

    assert data["@context"] == "https://schema.org"
    assert data["@type"] == "GovernmentService"
    assert data["name"] == "Example SENDIASS"
    assert data["provider"] == {"@type": "GovernmentOrganization", "name": "Example Borough Council"}
    assert data["telephone"] == ["01632 960000"]
    assert data["email"] == "help@example.org"
    assert data["url"] == "https://testserver/"
    assert data["address"]["streetAddress"] == "Civic Centre, Example Road"
    assert data["address"]["postalCode"] == "EX1 2AB"


HOSTILE = [
    pytest.param('The "best" service', id="quotation marks"),
    pytest.param("Parents' service", id="apostrophe"),
    pytest.param("</script><script>alert(1)</script>", id="end of script"),
    pytest.param("<!-- <script> -->", id="comment"),
    pytest.param("Back\\slash \\n \\u0022", id="backslash"),
    pytest.param("Help & advice &quot;", id="ampersand"),
    pytest.param("{{ service.email }} {% now 'Y' %}", id="template"),
    pytest.param("Gwasanaeth ’ é 🙂", id="other letters"),
]


@pytest.mark.parametrize("name", HOSTILE)
def test_no_name_of_a_service_breaks_the_structured_data(client, tmp_path, name):
    load_site(tmp_path, service=service(name=name, council=name, address=(name, "Example Road")))

    data = structured_data(visit(client, "/"))

    assert data["name"] == name
    assert data["provider"]["name"] == name
    assert data["address"]["streetAddress"] == f"{name}, Example Road"


@pytest.mark.parametrize("name", HOSTILE)
def test_no_name_of_a_service_breaks_a_page(client, tmp_path, name):
    load_site(tmp_path, service=service(name=name))

    page = visit(client, "/contact/")

    plain = " ".join(name.split())
    assert page.text("title") == f"Contact us – {plain}"
    assert plain in page.text("main")
    assert page.meta("og:site_name") == name
    assert len(page.all("script")) == 1


@pytest.mark.parametrize("title", HOSTILE)
def test_no_title_of_a_leaflet_breaks_a_page(client, tmp_path, title):
    load_site(tmp_path, replace(GUIDE, slug="hostile", title=title, summary=title))

    page = visit(client, "/leaflets/hostile/")

    assert page.text("h1") == " ".join(title.split())
    assert page.meta("description") == title
    assert [script.get("type") for script in page.all("script")] == ["application/ld+json"]
    assert structured_data(page)["headline"] == title


# Redirects and withdrawn leaflets


def test_the_old_address_of_a_leaflet_redirects_permanently(client, tmp_path):
    load_site(tmp_path, leaflet_from_text("Words.", "plans", title="Plans", formerly="[ehc-plans]"))

    response = client.get("/leaflets/ehc-plans/")

    assert response.status_code == 301
    assert response["Location"] == "/leaflets/plans/"


def test_the_history_of_a_leaflet_moves_with_it(client, tmp_path):
    load_site(tmp_path, leaflet_from_text("Words.", "plans", title="Plans", formerly="[ehc-plans]"))

    assert client.get("/leaflets/ehc-plans/editions/")["Location"] == "/leaflets/plans/editions/"
    assert client.get("/leaflets/ehc-plans/editions/1/")["Location"] == "/leaflets/plans/editions/1/"


def test_a_leaflet_that_moved_to_the_footer_redirects_from_its_old_address(client):
    response = client.get("/leaflets/privacy/")

    assert response.status_code == 301
    assert response["Location"] == "/privacy/"


def test_a_withdrawn_leaflet_answers_410_and_links_to_its_replacement(client, tmp_path):
    load_site(tmp_path, replace(GUIDE, slug="newer", title="The newer guide"))
    editions.withdraw(Leaflet.objects.get(slug=SLUG), read_instead=Leaflet.objects.get(slug="newer"))

    page = visit(client, "/leaflets/sen-support/")

    assert page.status == 410
    assert "SEN support" in page.text("main")
    assert page.links("main")["The newer guide"] == "/leaflets/newer/"


def test_a_withdrawn_leaflet_without_a_replacement_shows_the_phone_number(client):
    editions.withdraw(Leaflet.objects.get(slug=SLUG))

    page = visit(client, "/leaflets/sen-support/")

    assert page.status == 410
    assert page.links("main")["Call 01632 960000"] == "tel:01632960000"


def test_a_withdrawn_page_is_not_found_by_search_engines(client):
    editions.withdraw(Leaflet.objects.get(slug=SLUG))

    page = visit(client, "/leaflets/sen-support/")

    assert page.meta("robots") == "noindex"


def test_a_draft_is_on_no_public_page(client):
    draft_as_staff("Only staff may read this.")

    assert not any("Only staff may read this." in page.html for page in crawl(client).values())
    assert client.get("/leaflets/sen-support/editions/2/").status_code == 404


def test_the_only_leaflet_is_listed_as_a_card_with_its_lines_in_short(client):
    edit_as_staff("Words.", in_short=("Ask for [a plan](#plan).",))

    card = visit(client, "/leaflets/")

    assert "In short Ask for a plan." in card.text("li[@class='panel']")
    assert card.links("li[@class='panel']")["a plan"] == "/leaflets/sen-support/#plan"


def test_several_leaflets_are_listed_without_their_lines_in_short(client, tmp_path):
    edit_as_staff("Words.", in_short=("Ask for [a plan](#plan).",))
    load_site(tmp_path, replace(GUIDE, slug="another", title="Another"))

    assert "In short" not in visit(client, "/leaflets/").text("main")
