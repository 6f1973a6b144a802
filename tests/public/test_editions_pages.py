"""The history of a leaflet, and pages of older editions."""

import pytest

from leaflets.models import Leaflet
from leaflets.publishing import editions
from tests.factories import SLUG, draft_as_staff, edit_as_staff
from tests.pages import addresses_in_sitemap, load_site, visit

OLDER = "/leaflets/sen-support/editions/1/"
HISTORY = "/leaflets/sen-support/editions/"


pytestmark = [pytest.mark.django_db, pytest.mark.any_database]


@pytest.fixture(scope="module", autouse=True)
def _site(module_database, tmp_path_factory) -> None:
    with module_database.unblock():
        load_site(tmp_path_factory.mktemp("site"))


@pytest.fixture
def _edited() -> None:
    edit_as_staff("This guide was edited.")


# The history


def test_a_leaflet_links_to_its_history(client):
    links = visit(client, "/leaflets/sen-support/").links("article")

    assert links["What changed"] == HISTORY


@pytest.mark.usefixtures("_edited")
def test_the_history_lists_every_edition_newest_first(client):
    page = visit(client, HISTORY)

    assert page.texts("main//ol//h2") == ["Edition 2, the leaflet as it is now", "Edition 1"]
    assert page.links("main")["Edition 2, the leaflet as it is now"] == "/leaflets/sen-support/"
    assert page.links("main")["Edition 1"] == OLDER


@pytest.mark.usefixtures("_edited")
def test_the_history_says_what_changed(client):
    page = visit(client, HISTORY)

    newest, first = page.texts("main//ol/li")

    assert "Clearer words." in newest
    assert "First published on this website." in first
    assert "First printed March 2020" in first


def test_the_history_leads_to_the_leaflet_and_to_have_your_say(client):
    links = visit(client, HISTORY).links("main//section")

    assert links == {
        "Read the leaflet": "/leaflets/sen-support/",
        "Tell us what you think of it": "/have-your-say/?leaflet=sen-support",
    }


def test_the_history_of_a_withdrawn_leaflet_does_not_lead_to_it(client):
    editions.withdraw(Leaflet.objects.get(slug=SLUG))

    assert "Read the leaflet" not in visit(client, HISTORY).links("main//section")


def test_a_draft_is_not_in_the_history(client):
    draft_as_staff("Only staff may read this.")

    page = visit(client, HISTORY)

    assert page.texts("main//ol//h2") == ["Edition 1, the leaflet as it is now"]


def test_a_footer_page_has_a_history_too(client):
    assert visit(client, "/leaflets/privacy/editions/").text("h1") == "Editions of Privacy"


def test_the_history_of_a_withdrawn_leaflet_says_that_it_was_withdrawn(client):
    editions.withdraw(Leaflet.objects.get(slug=SLUG))

    page = visit(client, HISTORY)

    assert "This edition was withdrawn on " in page.text("main")


# One older edition


@pytest.mark.usefixtures("_edited")
def test_an_older_edition_shows_its_text(client):
    page = visit(client, OLDER)

    assert page.status == 200
    assert "This guide is about the help that schools give." in page.text("article")
    assert "This guide was edited." not in page.text("article")


@pytest.mark.usefixtures("_edited")
def test_an_older_edition_is_marked_before_its_text_and_links_to_the_newest(client):
    page = visit(client, OLDER)

    text = page.text("article")
    assert text.index("This is an older edition.") < text.index("This guide is about")
    assert page.links("article")["the leaflet as it is now"] == "/leaflets/sen-support/"


@pytest.mark.usefixtures("_edited")
def test_an_older_edition_has_a_title_of_its_own(client):
    page = visit(client, OLDER)

    assert page.text("title") == "SEN support, edition 1 – Example SENDIASS"
    assert page.texts("nav[@aria-label='Breadcrumbs']//li") == [
        "Home",
        "Leaflets",
        "SEN support",
    ]


@pytest.mark.usefixtures("_edited")
def test_an_older_edition_is_not_found_by_search_engines(client):
    page = visit(client, OLDER)

    assert page.meta("robots") == "noindex"
    assert OLDER not in addresses_in_sitemap(client)


@pytest.mark.usefixtures("_edited")
def test_an_older_edition_has_no_feedback_links(client):
    page = visit(client, OLDER)

    assert not any("Tell us" in text for text in page.links("article"))


def test_the_url_of_the_newest_edition_has_the_canonical_url_of_the_leaflet(client):
    page = visit(client, OLDER)

    assert page.canonical == "https://testserver/leaflets/sen-support/"
    assert page.meta("robots") == "noindex"
    assert "This is an older edition." not in page.text("article")


def test_a_withdrawn_edition_can_be_read_and_says_that_it_was_withdrawn(client):
    editions.withdraw(Leaflet.objects.get(slug=SLUG))

    page = visit(client, OLDER)

    assert page.status == 200
    assert "This leaflet was withdrawn." in page.text("article")


def test_an_edition_of_a_withdrawn_leaflet_does_not_link_to_the_current_leaflet(client):
    edit_as_staff("This guide was edited.")
    editions.withdraw(Leaflet.objects.get(slug=SLUG))

    page = visit(client, OLDER)

    assert "the leaflet as it is now" not in page.links("article")


@pytest.mark.each_database
@pytest.mark.parametrize(
    "number", ["01", "0001", "0" * 3000 + "1", "\N{ARABIC-INDIC DIGIT ONE}", "1%0A", "+1"]
)
def test_an_edition_has_one_spelling_of_its_number(client, number):
    response = client.get(f"/leaflets/sen-support/editions/{number}/")

    assert response.status_code == 404


@pytest.mark.each_database
@pytest.mark.parametrize("number", ["0", "2", "99", "x", "-1", "1.5", "9" * 30])
def test_an_unknown_edition_answers_404(client, number):
    response = client.get(f"/leaflets/sen-support/editions/{number}/")

    assert response.status_code == 404


@pytest.mark.each_database
def test_the_history_of_an_unknown_leaflet_answers_404(client):
    response = client.get("/leaflets/never-was/editions/")

    assert response.status_code == 404
