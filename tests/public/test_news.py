"""The news: what changed in leaflets, as an Atom feed."""

from xml.etree import ElementTree as ET

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from leaflets.models import Edition, Leaflet
from leaflets.public.caching import CACHE_CONTROL
from leaflets.publishing.editions import rename
from tests.conftest import HttpsClient
from tests.factories import SLUG, draft_as_staff, edit_as_staff, get_officer, published_edition
from tests.pages import load_site

ATOM = "{http://www.w3.org/2005/Atom}"

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]


@pytest.fixture(scope="module", autouse=True)
def _content(module_database, tmp_path_factory) -> None:
    with module_database.unblock():
        load_site(tmp_path_factory.mktemp("content"))


def feed() -> ET.Element:
    response = HttpsClient().get("/news.atom")
    assert response.status_code == 200
    return ET.fromstring(response.content)  # noqa: S314


def entries() -> list[tuple[str, str]]:
    """The title and the words of each entry."""
    return [
        (entry.findtext(f"{ATOM}title"), entry.findtext(f"{ATOM}summary"))
        for entry in feed().findall(f"{ATOM}entry")
    ]


def test_a_new_leaflet_is_news_with_its_summary():
    assert entries() == [("SEN support: new leaflet", "What the school must do, and what it should do.")]


def test_a_new_edition_is_news_with_its_note_and_comes_first():
    edit_as_staff("Other words.")

    assert entries()[0] == ("SEN support: edition 2", "Clearer words.")
    assert len(entries()) == 2


def test_drafts_and_pages_at_the_foot_are_no_news():
    draft_as_staff("Not yet.")
    edit_as_staff("We keep less.", slug="privacy")

    assert [title for title, _ in entries()] == ["SEN support: new leaflet"]


def test_a_withdrawn_leaflet_is_no_news():
    Edition.objects.filter(leaflet__slug=SLUG).update(status=Edition.Status.WITHDRAWN)

    assert entries() == []


def test_no_person_is_named():
    edit_as_staff("Other words.")

    text = ET.tostring(feed(), encoding="unicode")
    assert get_officer().username not in text
    assert {one.text for one in feed().iter(f"{ATOM}name")} == {"Example SENDIASS"}


def test_the_feed_has_what_atom_asks_for():
    root = feed()
    entry = root.find(f"{ATOM}entry")

    for element in (root, entry):
        assert [element.findtext(f"{ATOM}{name}") for name in ("id", "title", "updated")].count(None) == 0
    links = {link.get("rel"): link.get("href") for link in root.findall(f"{ATOM}link")}
    assert links == {"alternate": "https://testserver/leaflets/", "self": "https://testserver/news.atom"}
    assert root.find(f"{ATOM}author") is not None
    assert entry.find(f"{ATOM}link").get("href") == f"https://testserver/leaflets/{SLUG}/editions/1/"


def test_the_ids_are_all_different_and_stay_when_a_leaflet_is_renamed():
    edit_as_staff("Other words.")
    before = [one.text for one in feed().iter(f"{ATOM}id")]
    rename(Leaflet.objects.get(slug=SLUG), "sen-help", placement="leaflet")

    assert [one.text for one in feed().iter(f"{ATOM}id")] == before
    assert len(set(before)) == len(before)


def test_the_feed_has_the_newest_thirty():
    model = published_edition()
    Edition.objects.bulk_create(
        Edition(
            leaflet=model.leaflet,
            number=number,
            status=Edition.Status.SUPERSEDED,
            placement="leaflet",
            title="Older",
            published_at=timezone.now(),
        )
        for number in range(2, 40)
    )

    assert len(entries()) == 30


def test_a_note_with_characters_that_xml_cannot_have_is_no_error():
    Edition.objects.filter(pk=published_edition().pk).update(
        change_note="One\x0btwo\x1f & <three> \U0001f600"
    )

    assert entries()[0][1] == "Onetwo & <three> \U0001f600"


@pytest.mark.each_database
def test_the_feed_is_xml_that_may_be_cached():
    response = HttpsClient().get("/news.atom")

    assert response["Content-Type"] == "application/atom+xml; charset=utf-8"
    assert response["Cache-Control"] == CACHE_CONTROL


def test_the_feed_takes_as_many_queries_for_many_editions_as_for_one():
    def queries() -> int:
        with CaptureQueriesContext(connection) as found:
            HttpsClient().get("/news.atom")
        return len(found)

    few = queries()
    edit_as_staff("Other words.")
    edit_as_staff("More words.")

    assert queries() == few
