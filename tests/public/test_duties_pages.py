"""The pages that list what leaflets mark as must and should."""

import pytest

from leaflets.content.topics import TopicSource
from leaflets.models import Leaflet
from leaflets.publishing import editions
from tests.factories import edit_as_staff
from tests.pages import addresses_in_sitemap, leaflet_from_text, load_site, visit, words

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]

PAGE = "/leaflets/sen-support/duties/"


def load_guide(folder, body, **fields):
    load_site(folder, leaflet_from_text(body, "plans", title="Plans", **fields))


def shown(page, section):
    """The words of each point of a section of the page."""
    return [
        words(item)
        for item in page.all(f"section[@aria-labelledby='page-{section}']//ul[@class='duties']/li")
    ]


# Every leaflet


def test_a_leaflet_leads_to_its_duties_and_its_meeting_sheet(client, tmp_path):
    load_guide(tmp_path, "Words.")

    links = visit(client, "/leaflets/sen-support/").links("main")
    assert links["Only the duties"] == PAGE
    assert links["Meeting sheet"] == "/leaflets/sen-support/meeting/"
    links = visit(client, "/leaflets/plans/").links("main")
    assert "Only the duties" not in links
    assert links["Meeting sheet"] == "/leaflets/plans/meeting/"


def test_a_duty_of_somebody_else_than_a_school_changes_the_heading(client, tmp_path):
    load_guide(tmp_path, "The local authority **must** answer.")

    page = visit(client, "/leaflets/plans/duties/")

    assert page.text("h1") == "What must be done"
    assert page.all("*[@id='page-shoulds']") == []


def test_a_leaflet_without_marks_says_so_and_is_not_for_search_engines(client, tmp_path):
    load_guide(tmp_path, "Words.")

    page = visit(client, "/leaflets/plans/duties/")

    assert "marks no “must” and no “should”" in page.text("main")
    assert page.meta("robots") == "noindex"
    assert "/leaflets/plans/duties/" not in addresses_in_sitemap(client)


def test_a_letter_has_no_duties(client, tmp_path):
    load_guide(tmp_path, "Words.\n\n## Ask {#ask .letter}\n\nYou **must** answer (6.2).")

    assert "marks no “must”" in visit(client, "/leaflets/plans/duties/").text("main")
    assert "/leaflets/plans/duties/" not in visit(client, "/duties/").links("main").values()


def test_a_draft_and_a_withdrawn_leaflet_say_so(client, tmp_path):
    load_guide(tmp_path, "Schools **must** act.", approval="draft for the service to approve")

    assert "Draft for the service to approve." in visit(client, "/leaflets/plans/duties/").text("main")
    editions.withdraw(Leaflet.objects.get(slug="plans"))
    assert visit(client, "/leaflets/plans/duties/").status == 410


@pytest.mark.parametrize("page", ["duties", "meeting", "meeting/sheet"])
def test_an_old_address_leads_to_the_same_page_of_the_new_one(client, tmp_path, page):
    load_guide(tmp_path, "Words.", formerly="[ehc-plans]")

    response = client.get(f"/leaflets/ehc-plans/{page}/")

    assert (response.status_code, response["Location"]) == (301, f"/leaflets/plans/{page}/")


@pytest.mark.parametrize("slug", ["privacy", "no-such"])
def test_what_is_no_leaflet_has_no_duties(client, tmp_path, slug):
    load_site(tmp_path)

    assert client.get(f"/leaflets/{slug}/duties/", follow=True).status_code in (200, 404)
    assert client.get(f"/leaflets/{slug}/duties/").status_code != 200


def test_an_edit_changes_the_page(client, tmp_path):
    load_site(tmp_path)

    edit_as_staff("A school **must** write to you.")

    assert "1A school must write to you." in shown(visit(client, PAGE), "musts")


def test_the_law_that_changed_is_named(client, tmp_path):
    from tests.texts import code

    newer = code(
        slug="2026-september", label="September 2026", in_force_from=code().in_force_from.replace(year=2020)
    )
    load_site(tmp_path, codes=[code(), newer])

    assert "The law has changed." in visit(client, PAGE).text("main")
    assert "The law has changed." in visit(client, "/leaflets/sen-support/meeting/sheet/").text("main")


# All leaflets


@pytest.mark.each_database
def test_the_duties_of_all_leaflets_stand_under_their_titles(client, tmp_path):
    load_guide(tmp_path, "The local authority **must** answer. It **should** be kind.")

    page = visit(client, "/duties/")

    assert page.texts("main//section/h2")[:2] == ["Plans", "SEN support"]
    assert [words(item) for item in page.all("ul[@class='duties']/li")] == [
        "1The local authority must answer.",
        "1Schools must do everything they can.",
    ]
    assert page.links("main")["And 1 “should” in Plans"] == "/leaflets/plans/duties/#page-shoulds"


def test_the_duties_of_all_leaflets_stand_under_their_topics(client, tmp_path):
    load_site(
        tmp_path,
        leaflet_from_text("Schools **must** act.", "plans", title="Plans", topic="plans"),
        leaflet_from_text("Words.", "travel", title="Travel", topic="travel"),
        topics=[TopicSource("plans", "EHC plans"), TopicSource("travel", "School transport")],
    )

    page = visit(client, "/duties/")

    headings = [words(one) for one in page.tree.iter() if one.tag in ("h2", "h3")]
    assert headings[:4] == ["EHC plans", "Plans", "More leaflets", "SEN support"]
    assert "School transport" not in headings


def test_a_page_number_that_does_not_exist_is_not_cached(client, tmp_path):
    load_site(tmp_path)

    assert client.get("/duties/?page=7")["Cache-Control"] == "no-cache"
    assert "public" in client.get("/duties/?page=1")["Cache-Control"]


def test_without_any_duty_the_page_says_so(client, tmp_path):
    from tests.factories import load
    from tests.pages import PRIVACY

    load(tmp_path, leaflets=[leaflet_from_text("Words.", "plans"), PRIVACY])

    assert "None of our leaflets marks a duty yet." in visit(client, "/duties/").text("main")


def test_search_engines_find_the_pages(client, tmp_path):
    load_guide(tmp_path, "Schools **must** act.\n\n## Ask {#ask .letter}\n\nDear ____,")

    assert {
        "/duties/",
        PAGE,
        "/leaflets/plans/duties/",
        "/leaflets/plans/meeting/",
        "/leaflets/plans/letters/ask/",
    } <= set(addresses_in_sitemap(client))


def test_the_list_takes_the_same_number_of_queries_for_any_number_of_leaflets(
    client, tmp_path, django_assert_max_num_queries
):
    load_site(
        tmp_path, *(leaflet_from_text("Schools **must** act.", f"plan-{number}") for number in range(15))
    )
    client.get("/duties/")

    with django_assert_max_num_queries(8):
        client.get("/duties/")
