"""The page to edit a leaflet: its list of sections, and what it says of leaflets without a text."""

import pytest
from django.http import HttpResponse
from django.test import Client
from pytest_django import DjangoDbBlocker

from leaflets.models import Leaflet
from tests.editing.test_views import new_section, opened, page, shown_fields, sign_in
from tests.factories import SLUG, draft_as_staff, load, saying
from tests.pages import Page

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module", autouse=True)
def _one_leaflet(module_database: DjangoDbBlocker, tmp_path_factory: pytest.TempPathFactory) -> None:
    with module_database.unblock():
        load(tmp_path_factory.mktemp("content"), leaflets=[saying("The first words.", slug=SLUG)])


@pytest.fixture
def leaflet(db: None) -> Leaflet:
    return Leaflet.objects.get(slug=SLUG)


@pytest.fixture
def editor(client: Client) -> Client:
    sign_in(client, "Editors")
    return client


def rearranged(editor: Client, leaflet: Leaflet, action: str, headings: list[str]) -> HttpResponse:
    """The response to an action of the list of sections, of a page with sections of these headings."""
    typed = opened(editor, leaflet) | {"form-TOTAL_FORMS": str(len(headings)), "action": action}
    for number, heading in enumerate(headings):
        typed |= new_section(number, heading=heading)
    return editor.post(page("edit", leaflet), typed)


def focused(response: HttpResponse) -> list[str]:
    """The value or name of each control of a page that is to have the focus."""
    controls = [*Page("", response).all("button"), *Page("", response).all("input")]
    return [c.get("value") or c.get("name", "") for c in controls if c.get("autofocus") is not None]


# The list of sections


def test_the_list_of_sections_leads_to_each_section(editor: Client, leaflet: Leaflet) -> None:
    shown = Page("", rearranged(editor, leaflet, "restore", ["First", "Second", ""]))

    links = shown.links("nav[@id='sections']")

    ids = {element.get("id") for element in shown.tree.iter() if element.get("id")}
    assert list(links)[-3:] == ["1. First", "2. Second", "3. (no heading yet)"]
    assert {link.removeprefix("#") for link in links.values()} <= ids


@pytest.mark.parametrize(
    ("action", "order", "focus"),
    [
        ("down-0", ["b", "a", "c"], "down-1"),
        ("down-1", ["a", "c", "b"], "up-2"),
        ("up-2", ["a", "c", "b"], "up-1"),
        ("up-1", ["b", "a", "c"], "down-0"),
    ],
)
def test_a_section_is_moved_in_the_list_and_its_button_keeps_the_focus(
    editor: Client, leaflet: Leaflet, action: str, order: list[str], focus: str
) -> None:
    response = rearranged(editor, leaflet, action, ["a", "b", "c"])

    fields = shown_fields(response.content.decode())
    assert [fields[f"form-{number}-heading"] for number in range(3)] == order
    assert focused(response) == [focus]


def test_a_section_that_is_added_at_the_end_has_the_focus_in_its_heading(
    editor: Client, leaflet: Leaflet
) -> None:
    response = rearranged(editor, leaflet, "add-2", ["First", "Second"])

    assert focused(response) == ["form-2-heading"]


def test_removing_a_section_in_the_list_keeps_its_words_until_the_draft_is_saved(
    editor: Client, leaflet: Leaflet
) -> None:
    response = rearranged(editor, leaflet, "remove-0", ["First", "Second"])

    fields = shown_fields(response.content.decode())
    assert fields["form-0-heading"] == "First"
    assert (fields.get("form-0-DELETE"), fields.get("form-1-DELETE")) == ("on", None)
    assert "First (goes when you save)" in Page("", response).text("nav[@id='sections']")
    assert focused(response) == ["keep-0"]


def test_a_section_that_was_to_be_removed_is_kept(editor: Client, leaflet: Leaflet) -> None:
    removed = shown_fields(rearranged(editor, leaflet, "remove-0", ["First"]).content.decode())

    response = editor.post(page("edit", leaflet), removed | {"action": "keep-0"})

    assert "form-0-DELETE" not in shown_fields(response.content.decode())
    assert focused(response) == ["remove-0"]


def test_no_section_is_added_beyond_the_greatest_number(editor: Client, leaflet: Leaflet) -> None:
    headings = [f"Heading {number}" for number in range(200)]

    fields = shown_fields(rearranged(editor, leaflet, "add-0", headings).content.decode())

    assert (fields["form-0-heading"], fields["form-199-heading"]) == ("Heading 0", "Heading 199")


@pytest.mark.parametrize("action", ["remove-9", "keep-9", "up-9", "down-9", "remove-x", "remove-"])
def test_an_action_on_a_section_that_is_not_there_changes_nothing(
    editor: Client, leaflet: Leaflet, action: str
) -> None:
    fields = shown_fields(rearranged(editor, leaflet, action, ["First"]).content.decode())

    assert (fields["form-0-heading"], fields.get("form-0-DELETE")) == ("First", None)


def test_the_first_button_of_the_form_saves_the_draft(editor: Client, leaflet: Leaflet) -> None:
    form = Page("", editor.get(page("edit", leaflet))).one("form[@id='editor']")

    assert next(form.iter("button")).get("value") == "save"


# Pages that were opened before an upgrade


def test_a_tick_that_was_sent_by_its_old_name_is_kept(editor: Client, leaflet: Leaflet) -> None:
    fields = opened(editor, leaflet) | {"awaiting_approval": "on", "action": "save"}

    editor.post(page("edit", leaflet), fields)

    assert leaflet.editions.get(status="draft").unapproved


def test_a_tick_with_its_old_name_is_kept_where_a_section_is_added(editor: Client, leaflet: Leaflet) -> None:
    fields = opened(editor, leaflet) | {"awaiting_approval": "on", "action": "add-0"}

    shown = shown_fields(editor.post(page("edit", leaflet), fields).content.decode())

    assert shown["unapproved"] == "on"


# Comparisons


def test_a_comparison_shows_words_without_marks(editor: Client, leaflet: Leaflet) -> None:
    draft_as_staff("The **second** words, and [a link](/contact/).")

    shown = Page("", editor.get(page("compare", leaflet) + "?from=1&to=2"))

    assert (
        shown.texts("p[@class='admin-words']")[0]
        == "The removed: first words. added: second words, and a link."
    )


def test_a_comparison_says_where_only_marks_changed(editor: Client, leaflet: Leaflet) -> None:
    draft_as_staff("The **first** words.")

    html = editor.get(page("compare", leaflet) + "?from=1&to=2").content.decode()

    assert "Only its marks changed" in html
    assert "**first**" in html


def test_a_conflict_shows_words_without_marks(editor: Client, leaflet: Leaflet) -> None:
    typed = opened(editor, leaflet) | {"introduction": "My **own** words.", "action": "save"}
    draft_as_staff("The second words.")

    shown = Page("", editor.post(page("edit", leaflet), typed))

    assert "added: My own" in shown.texts("p[@class='admin-words']")[0]
