"""The page to edit a leaflet: its list of sections, and what it says of leaflets without a text."""

import pytest
from django.contrib.admin.models import LogEntry
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from leaflets.models import Leaflet
from leaflets.publishing import editions
from tests.editing.pages import new_section, opened, page, shown_fields, sign_in
from tests.factories import draft_as_staff, edit_as_staff
from tests.pages import Page

pytestmark = [pytest.mark.django_db, pytest.mark.any_database, pytest.mark.usefixtures("one_leaflet")]


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

    links = shown.links("nav[@id='sections']/ol")

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


# Leaflets without a text, and withdrawn ones


@pytest.fixture
def fresh(db: None) -> Leaflet:
    """A leaflet that was added and has no text yet."""
    return Leaflet.objects.create(slug="fresh", placement="leaflet")


@pytest.fixture
def withdrawn(leaflet: Leaflet) -> Leaflet:
    editions.withdraw(leaflet)
    return leaflet


def test_a_fresh_leaflet_says_how_to_begin_and_names_no_problem(editor: Client, fresh: Leaflet) -> None:
    html = editor.get(page("edit", fresh)).content.decode()

    assert "How to begin" in html
    assert "To be mended" not in html


def test_a_saved_draft_without_a_text_says_how_to_begin(editor: Client, fresh: Leaflet) -> None:
    typed = opened(editor, fresh) | {"title": "A title", "summary": "A summary.", "action": "save"}
    editor.post(page("edit", fresh), typed)

    html = editor.get(page("edit", fresh)).content.decode()

    assert "How to begin" in html
    assert "To be mended" not in html


def test_a_section_without_a_text_is_a_problem(editor: Client, fresh: Leaflet) -> None:
    typed = opened(editor, fresh) | {"title": "A title", "summary": "A summary.", "action": "save"}
    typed |= {"form-TOTAL_FORMS": "1"} | new_section(0, body="")
    editor.post(page("edit", fresh), typed)

    html = editor.get(page("edit", fresh)).content.decode()

    assert "This section is empty" in html
    assert "How to begin" not in html


def test_the_introduction_says_that_it_is_optional(editor: Client, fresh: Leaflet) -> None:
    assert "A leaflet does not need one." in editor.get(page("edit", fresh)).content.decode()


def test_a_leaflet_without_an_introduction_is_published(client: Client, fresh: Leaflet) -> None:
    sign_in(client, "Publishers", "paula")
    typed = opened(client, fresh) | {"title": "A title", "summary": "A summary.", "action": "save"}
    client.post(page("edit", fresh), typed | {"form-TOTAL_FORMS": "1"} | new_section(0))

    client.post(
        page("publish", fresh), shown_publish_fields(client, fresh) | {"change_note": "The first edition."}
    )

    assert fresh.editions.published().exists()


def start_first_draft(client: Client, leaflet: Leaflet) -> None:
    typed = opened(client, leaflet) | {"title": "A title", "summary": "A summary.", "action": "save"}
    client.post(page("edit", leaflet), typed | {"form-TOTAL_FORMS": "1"} | new_section(0))


def test_a_leaflet_is_published_first_without_saying_what_changed(client: Client, fresh: Leaflet) -> None:
    sign_in(client, "Publishers", "paula")
    start_first_draft(client, fresh)
    shown = Page("", client.get(page("publish", fresh)))
    fields = shown_publish_fields(client, fresh)

    answers = [client.post(page("publish", fresh), fields) for _ in range(2)]

    assert "What changed?" not in shown.html
    assert [answer.status_code for answer in answers] == [302, 302]
    history = Page("", client.get(page("history", fresh)))
    assert "First published on this website." in history.text("table[@class='admin-table admin-stack']")


def test_a_note_about_a_first_edition_is_kept(client: Client, fresh: Leaflet) -> None:
    sign_in(client, "Publishers", "paula")
    start_first_draft(client, fresh)

    # A page that was opened before an upgrade has the field.
    client.post(page("publish", fresh), shown_publish_fields(client, fresh) | {"change_note": "New."})

    assert fresh.editions.published().get().change_note == "New."


def test_the_log_names_a_first_edition(client: Client, fresh: Leaflet) -> None:
    sign_in(client, "Publishers", "paula")
    start_first_draft(client, fresh)
    client.post(page("publish", fresh), shown_publish_fields(client, fresh))

    assert LogEntry.objects.latest("pk").get_change_message() == "Published edition 1"


def test_publishing_again_after_withdrawing_needs_a_note(client: Client, withdrawn: Leaflet) -> None:
    sign_in(client, "Publishers", "paula")
    draft_as_staff("The second words.")

    assert "What changed?" in client.get(page("publish", withdrawn)).content.decode()
    assert client.post(page("publish", withdrawn), shown_publish_fields(client, withdrawn)).status_code == 422


def shown_publish_fields(client: Client, leaflet: Leaflet) -> dict[str, str]:
    inputs = Page("", client.get(page("publish", leaflet))).all("form//input[@type='hidden']")
    return {element.get("name"): element.get("value", "") for element in inputs}


def test_more_lines_in_short_than_can_be_published_stay_in_the_draft(
    editor: Client, leaflet: Leaflet
) -> None:
    lines = "\n".join(f"Line {number}." for number in range(1, 31))

    editor.post(page("edit", leaflet), opened(editor, leaflet) | {"in_short": lines, "action": "save"})

    html = editor.get(page("edit", leaflet)).content.decode()
    assert opened(editor, leaflet)["in_short"].split() == lines.split()
    assert "“In short” has 30 lines. Write at most 6." in html
    assert "At most 6 lines" in html


def test_the_help_for_in_short_links_to_a_part_of_this_leaflet(
    editor: Client, leaflet: Leaflet, fresh: Leaflet
) -> None:
    editor.post(
        page("edit", leaflet),
        opened(editor, leaflet) | {"form-TOTAL_FORMS": "1", "action": "save"} | new_section(0),
    )

    help_texts = [
        Page("", editor.get(page("edit", one))).text("p[@id='id_in_short_helptext']")
        for one in (leaflet, fresh)
    ]

    assert "[Who can help?](#who-can-help)" in help_texts[0]
    assert "](#" not in help_texts[1]


def test_a_withdrawn_leaflet_says_so_above_its_text(editor: Client, withdrawn: Leaflet) -> None:
    html = editor.get(page("edit", withdrawn)).content.decode()

    assert "This leaflet is withdrawn. This is the text that readers saw last." in html
    assert "no text yet" not in html


def test_a_draft_of_a_withdrawn_leaflet_says_that_it_is_withdrawn(editor: Client, withdrawn: Leaflet) -> None:
    draft_as_staff("The second words.")

    assert (
        "This leaflet is withdrawn. This is the draft" in editor.get(page("edit", withdrawn)).content.decode()
    )


def test_publishing_a_withdrawn_leaflet_does_not_call_it_new(client: Client, withdrawn: Leaflet) -> None:
    sign_in(client, "Publishers", "paula")
    draft_as_staff("The second words.")

    html = client.get(page("publish", withdrawn)).content.decode()

    assert "This leaflet is withdrawn. Publishing it puts it back into the lists." in html
    assert "new to readers" not in html


def test_the_list_tells_withdrawn_leaflets_from_those_that_were_never_published(
    editor: Client, withdrawn: Leaflet, fresh: Leaflet
) -> None:
    rows = Page("", editor.get(reverse("admin:leaflets_leaflet_changelist"))).texts("td[@class='field-live']")

    assert [row.partition(" on ")[0] for row in sorted(rows)] == ["not published yet", "withdrawn"]


def test_a_withdrawn_leaflet_is_not_due_for_a_check(editor: Client, leaflet: Leaflet) -> None:
    leaflet.reviews.create(next_on="2020-01-01")
    editions.withdraw(leaflet)

    shown = Page("", editor.get(reverse("admin:leaflets_leaflet_changelist")))

    assert shown.texts("td[@class='field-review_due_on']") == ["–"]


@pytest.mark.parametrize(
    ("words", "shown"),
    [
        ("Other words.", "31 January 2099, not checked since edition 2"),
        ("*The first words.*", "31 January 2099"),
    ],
    ids=["other words", "same words"],
)
def test_the_list_says_where_words_were_published_after_the_last_check(
    editor: Client, leaflet: Leaflet, words: str, shown: str
) -> None:
    leaflet.reviews.create(next_on="2099-01-31")
    edit_as_staff(words)

    listed = Page("", editor.get(reverse("admin:leaflets_leaflet_changelist")))

    assert listed.texts("td[@class='field-review_due_on']") == [shown]


def test_the_list_of_leaflets_leads_to_what_is_worth_a_look_in_each(editor: Client, leaflet: Leaflet) -> None:
    edit_as_staff("Ask for an ABCD.")

    listed = editor.get(reverse("admin:leaflets_leaflet_changelist")).content.decode()
    page_of_text = editor.get(page("edit", leaflet)).content.decode()

    assert f'href="{page("edit", leaflet)}#hints"' in listed
    assert 'id="hints"' in page_of_text
    assert "“ABCD” is never spelt out" in page_of_text
