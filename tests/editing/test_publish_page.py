"""The order of the page for publishing: what stops, what changes, what is new to look at, and what was there before."""

import re

import pytest

from leaflets.models import Edition, Leaflet
from tests.editing.pages import page
from tests.factories import SLUG, draft_as_staff, publish_as_staff
from tests.pages import Page, visit

pytestmark = [pytest.mark.django_db, pytest.mark.any_database, pytest.mark.usefixtures("one_leaflet")]

OLD = "The school must help (ABC)."
NEW = "The school must help (ABC). Ask about XYZQ too."


def publish_page(client, leaflet: Leaflet) -> Page:
    return visit(client, page("publish", leaflet))


def new_hints(shown: Page) -> list[str]:
    return shown.texts("section[h2='Worth a look']/ul/li")


def old_hints(shown: Page) -> list[str]:
    return shown.texts("details[@id='old-hints']//li")


def test_what_stops_comes_first_then_what_changes_then_what_is_worth_a_look(publisher, leaflet):
    draft_as_staff("See (99.99).\n\n> Words of no paragraph.\n>\n> (99.99)")

    html = publisher.get(page("publish", leaflet)).content.decode()

    headings = [" ".join(text.split()) for text in re.findall(r"<h2[^>]*>(.*?)</h2>", html)]
    wanted = ["To be mended before publishing", "What changes for readers", "Worth a look"]
    assert [heading for heading in headings if heading in wanted] == wanted


def test_hints_that_readers_see_already_are_folded_below_the_new_ones(publisher, leaflet):
    publish_as_staff(draft_as_staff(OLD))
    draft_as_staff(NEW)

    shown = publish_page(publisher, leaflet)

    assert any("XYZQ" in hint for hint in new_hints(shown))
    assert not any("ABC" in hint for hint in new_hints(shown))
    assert any("ABC" in hint for hint in old_hints(shown))
    assert shown.one("details[@id='old-hints']").get("open") is None


def test_a_draft_without_new_hints_says_so(publisher, leaflet):
    publish_as_staff(draft_as_staff(OLD))
    draft_as_staff(f"{OLD} It has a plan.")

    shown = publish_page(publisher, leaflet)

    assert new_hints(shown) == []
    assert "Nothing new was found." in shown.text("section[h2='Worth a look']")


def test_a_wrong_phone_number_is_never_folded(publisher, leaflet):
    publish_as_staff(draft_as_staff("Ring 01999 123456."))
    draft_as_staff("Ring 01999 123456. Ask us.")

    assert any("01999 123456" in hint for hint in new_hints(publish_page(publisher, leaflet)))


def test_all_hints_of_a_new_leaflet_are_new(publisher, leaflet):
    Edition.objects.filter(leaflet__slug=SLUG).delete()
    draft_as_staff(OLD)

    shown = publish_page(publisher, leaflet)

    assert any("ABC" in hint for hint in new_hints(shown))
    assert old_hints(shown) == []
