"""The page from which one part of a leaflet is sent, in words and without a script."""

from urllib.parse import unquote

import pytest

from tests.factories import edit_as_staff
from tests.pages import leaflet_from_text, load_site, visit, visitor

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]

PART = "/leaflets/sen-support/parts/duties/"
STEPS = "/leaflets/sen-support/parts/graduated-approach/"
LEAFLET = "https://testserver/leaflets/sen-support/"


@pytest.fixture(scope="module", autouse=True)
def _content(module_database, tmp_path_factory) -> None:
    with module_database.unblock():
        load_site(
            tmp_path_factory.mktemp("content"),
            leaflet_from_text("Words.", "plans", title="Plans", formerly="[ehc-plans]"),
        )


def sent(page):
    """Where the links to e-mail and to text lead, without the escapes of addresses."""
    return [
        unquote(link.get("href")) for link in page.all("main//a") if link.get("href")[:4] in ("mail", "sms:")
    ]


def test_each_part_of_a_leaflet_leads_to_the_page_that_sends_it(client):
    links = visit(client, "/leaflets/sen-support/").links("main")

    assert links["Send this part: “The duties of schools”"] == PART
    assert links["Send this part: “How help goes on”"] == STEPS


def test_the_page_has_the_address_of_the_part_in_words_for_e_mail_and_for_a_text_message(client):
    page = visit(client, PART)

    assert page.text("h1") == "Send “The duties of schools”"
    assert page.links("main")["Link to this part: “The duties of schools”"] == "/leaflets/sen-support/#duties"
    assert f"{LEAFLET}#duties" in page.text("main")
    assert sent(page) == [
        f"mailto:?subject=The duties of schools: SEN support&body={LEAFLET}#duties",
        f"sms:?&body=The duties of schools: {LEAFLET}#duties",
    ]


def test_an_anchor_in_an_address_that_is_sent_is_escaped(client):
    hrefs = [link.get("href") for link in visit(client, PART).all("main//a")]

    assert [href for href in hrefs if href.startswith(("mailto:", "sms:")) and "#" in href] == []


def test_the_page_of_a_part_has_the_headings_in_it_too(client):
    page = visit(client, STEPS)

    assert page.texts("main//section/h2")[:4] == ["Assess", "Plan", "Do", "Review"]
    assert page.links("main")["Link to this part: “Review”"] == "/leaflets/sen-support/#review"


def test_a_heading_inside_a_part_has_a_page_of_its_own(client):
    page = visit(client, "/leaflets/sen-support/parts/plan/")

    assert page.text("h1") == "Send “Plan”"
    assert len(sent(page)) == 2


@pytest.mark.parametrize(("address", "cookies"), [("?display=large", {}), ("", {"display": "large"})])
def test_the_address_of_a_part_keeps_large_print(address, cookies):
    page = visit(visitor(**cookies), f"{PART}{address}")

    assert page.links("main")["Link to this part: “The duties of schools”"] == (
        "/leaflets/sen-support/?display=large#duties"
    )
    assert f"{LEAFLET}?display=large#duties" in page.text("main")
    assert all(one.endswith(f"{LEAFLET}?display=large#duties") for one in sent(page))


def test_the_page_is_not_for_search_engines_and_is_kept_in_caches(client):
    page = visit(client, PART)

    assert page.meta("robots") == "noindex"
    assert "public" in page.response["Cache-Control"]


@pytest.mark.parametrize(
    "path", ["sen-support/parts/nothing", "nothing/parts/duties", "privacy/parts/what-we-keep"]
)
def test_what_is_no_part_of_a_leaflet_has_no_page(client, path):
    assert client.get(f"/leaflets/{path}/", follow=True).status_code in (200, 404)
    assert client.get(f"/leaflets/{path}/").status_code != 200


def test_an_old_address_leads_to_the_leaflet(client):
    response = client.get("/leaflets/ehc-plans/parts/plan/")

    assert (response.status_code, response["Location"]) == (301, "/leaflets/plans/")


def test_older_editions_and_pages_from_the_footer_send_no_part(client):
    edit_as_staff("Other words.")

    for path in ("/leaflets/sen-support/editions/1/", "/privacy/"):
        assert "Send this part" not in visit(client, path).text("main")
