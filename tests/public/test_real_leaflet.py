"""The pages of duties and the meeting sheet of the leaflet of this repository."""

import pytest
from django.conf import settings

from leaflets.publishing import loading
from tests.pages import visit, words
from tests.public.test_duties_pages import shown

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]

REAL = "/leaflets/sen-in-mainstream-schools/duties/"
MEETING = "/leaflets/sen-in-mainstream-schools/meeting/"


@pytest.fixture(scope="module", autouse=True)
def _content(module_database) -> None:
    with module_database.unblock():
        loading.load(settings.CONTENT_DIR)


def test_the_leaflet_of_this_repository_has_seven_duties_and_four_shoulds(client):
    page = visit(client, REAL)

    assert page.text("h1") == "What the school must do"
    assert "7 duties and 4 “shoulds” from the leaflet" in page.text("main")
    musts = shown(page, "musts")
    assert [text[:1] for text in musts] == list("1234567")
    assert musts[0].startswith(
        "1Use their best endeavours to make sure that a child gets the support they need."
    )
    assert musts[4].startswith(
        "5Publish an SEN information report and their arrangements for the admission of"
    )
    assert musts[5:] == [
        "6If the school decides that your child needs SEN support it must tell you.",
        "7Sometimes the next step may be to ask the local authority for an EHC needs assessment. If the school decides "
        "to do this they must tell you.",
    ]
    assert [text[:9] for text in shown(page, "shoulds")] == [
        "1Class an",
        "2Where a ",
        "3School s",
        "4Schools ",
    ]


def test_each_duty_of_the_leaflet_of_this_repository_is_in_its_printed_words(client):
    printed = (settings.BASE_DIR / "tests/printed/sen-in-mainstream-schools.txt").read_text()

    page = visit(client, REAL)

    printed = " ".join(printed.split())
    for text in [*shown(page, "musts"), *shown(page, "shoulds")]:
        assert text[1:] in printed


def test_a_duty_has_its_lead_who_must_its_provision_and_its_place(client):
    first, plan, review = visit(client, REAL).all("section[@aria-labelledby='page-musts']/div")

    assert words(first[0]) == "The SEND Code of Practice says mainstream schools must:"
    assert [words(one) for one in first.findall("./ul[2]/li")] == [
        "Who: mainstream schools",
        "SEND Code of Practice (January 2015), paragraph 6.2",
        "In the leaflet: The duties in schools to make SEN provision",
    ]
    assert [link.get("href") for link in first.iter("a")] == [
        "/law/code-of-practice/6.2/",
        "/leaflets/sen-in-mainstream-schools/#duties",
    ]
    assert [words(one) for one in plan.findall("./ul[2]/li")] == [
        "Who: the school",
        "No paragraph of the law is named",
        "In the leaflet: Plan",
    ]
    assert [link.get("href") for link in review.iter("a")] == ["/leaflets/sen-in-mainstream-schools/#review"]


def test_the_home_page_of_this_repository_leads_to_the_duties_and_the_meeting_sheet(client):
    links = visit(client, "/").links("main")

    assert links["What must the school do?"] == REAL
    assert links["Prepare for a meeting"] == "/leaflets/sen-in-mainstream-schools/meeting/"


def test_the_sheet_of_the_leaflet_of_this_repository_has_the_lead_of_a_list_once(client):
    page = visit(client, f"{MEETING}sheet/")

    (lead,) = page.all("tr[@class='duty-lead']")
    assert words(lead) == (
        "The SEND Code of Practice says mainstream schools must: (SEND Code of Practice 6.2)"
    )
    assert "(our leaflet, “Plan”)" in page.text("article")
    assert "Schools should meet the parents at least three times a year." in page.text("article")
    assert page.texts("article//label")[-4:] == [
        "Last meeting", "The one before", "Before that", "Next meeting",
    ]  # fmt: skip
    assert "Draft for the service to approve." in page.text("article")
