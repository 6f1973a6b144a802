"""Pasting: what the server makes of the text of word processors, and the page for browsers without JavaScript."""

import pytest
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from leaflets.editing.forms import SectionFormSet
from leaflets.models import Leaflet
from tests.editing.pages import new_section, opened, page, shown_fields
from tests.factories import history
from tests.pages import Page

pytestmark = [pytest.mark.django_db, pytest.mark.any_database, pytest.mark.usefixtures("one_leaflet")]
WHOLE = (
    "<h1>Moving to a new school</h1><p>Read this <b>first</b>.</p><h2>Before the move</h2><ul><li>Ask.</li></ul>"
    "<h2>After the move</h2><p>Ask again.</p>"
)


def pasted(client: Client, **fields: str) -> HttpResponse:
    return client.post(reverse("editor-paste"), fields)


def test_html_becomes_markdown(editor: Client) -> None:
    answer = pasted(editor, html="<p>Read <b>this</b>:</p><ul><li>one</li><li>two</li></ul>").json()

    assert answer == {"markdown": "Read **this**:\n\n- one\n- two", "sections": 0, "questions": []}


def test_the_lines_of_a_plain_text_are_joined(editor: Client) -> None:
    answer = pasted(editor, text="This is a line that a viewer broke\nin the middle of a sentence.").json()

    assert answer["markdown"] == "This is a line that a viewer broke in the middle of a sentence."


def test_a_whole_leaflet_says_how_many_sections_it_would_be(editor: Client) -> None:
    answer = pasted(editor, html=WHOLE).json()

    assert answer["sections"] == 2
    assert "After the move" in answer["markdown"]


def test_a_question_has_the_place_that_it_is_about(editor: Client) -> None:
    table = "<table><tr><td>a</td><td>b</td></tr><tr><td>c</td><td>d</td></tr></table>"

    [question] = pasted(editor, html=table).json()["questions"]

    assert "header" in question["text"]
    assert question["excerpt"] in pasted(editor, html=table).json()["markdown"]
    assert question["replacement"].startswith("| a | b |")


@pytest.mark.parametrize("length", [2_000_001, 2_600_000])
def test_a_text_that_is_too_long_is_refused_in_words(editor: Client, length: int) -> None:
    response = pasted(editor, html="a" * length)

    assert response.status_code == 400
    assert response.json() == {
        "error": "This is more than can be pasted at once. Paste one part after the other."
    }


def test_pasting_nothing_returns_empty_markdown(editor: Client) -> None:
    assert pasted(editor).json() == {"markdown": "", "sections": 0, "questions": []}


# A whole leaflet as sections


def as_sections(editor: Client, leaflet: Leaflet, **fields: str) -> dict[str, str]:
    typed = opened(editor, leaflet) | {"form-TOTAL_FORMS": "2", "action": "sections"}
    typed |= new_section(0, heading="First", anchor="before-the-move") | new_section(1, heading="Second")
    return shown_fields(editor.post(page("edit", leaflet), typed | fields).content.decode())


def headings(fields: dict[str, str]) -> list[str]:
    return [fields[f"form-{number}-heading"] for number in range(int(fields["form-TOTAL_FORMS"]))]


def test_a_leaflet_that_was_pasted_into_the_introduction_becomes_the_first_sections(
    editor: Client, leaflet: Leaflet
) -> None:
    fields = as_sections(editor, leaflet, pasted_html=WHOLE, pasted_into="0")

    assert headings(fields) == ["Before the move", "After the move", "First", "Second"]
    assert fields["introduction"] == "The first words.\n\nRead this **first**."
    assert fields["form-0-body"] == "- Ask."


def test_a_leaflet_that_was_pasted_into_a_section_follows_it(editor: Client, leaflet: Leaflet) -> None:
    fields = as_sections(editor, leaflet, pasted_html=WHOLE, pasted_into="1")

    assert headings(fields) == ["First", "Before the move", "After the move", "Second"]
    assert fields["form-0-body"] == "We can.\n\nRead this **first**."


def test_an_anchor_that_another_section_has_is_not_taken(editor: Client, leaflet: Leaflet) -> None:
    fields = as_sections(editor, leaflet, pasted_html=WHOLE, pasted_into="2")

    assert [fields[f"form-{number}-anchor"] for number in (0, 2, 3)] == [
        "before-the-move",
        "",
        "after-the-move",
    ]


def test_a_title_that_was_typed_stays(editor: Client, leaflet: Leaflet) -> None:
    title = opened(editor, leaflet)["title"]

    assert as_sections(editor, leaflet, pasted_html=WHOLE)["title"] == title
    assert as_sections(editor, leaflet, pasted_html=WHOLE, title="")["title"] == "Moving to a new school"


def test_making_sections_saves_nothing(editor: Client, leaflet: Leaflet) -> None:
    as_sections(editor, leaflet, pasted_html=WHOLE)

    assert history() == [(1, "published")]


def test_more_sections_than_a_leaflet_can_have_are_refused_and_the_text_stays(
    editor: Client, leaflet: Leaflet
) -> None:
    many = "".join(f"<h2>Heading {number}</h2><p>Words.</p>" for number in range(SectionFormSet.max_num))

    fields = as_sections(editor, leaflet, pasted_html=f"<h1>Title</h1>{many}")

    assert headings(fields) == ["First", "Second"]


@pytest.mark.parametrize("into", ["", "x", "99", "9" * 5000, "-1"])
def test_a_place_that_is_not_there_is_no_error(editor: Client, leaflet: Leaflet, into: str) -> None:
    assert len(headings(as_sections(editor, leaflet, pasted_html=WHOLE, pasted_into=into))) == 4


# The page for browsers without JavaScript


TEXT = "Moving to a new school\n\nBefore the move\n\n• Ask.\n• Ask again.\n"


def test_a_text_that_was_pasted_into_the_page_comes_after_the_last_section(
    editor: Client, leaflet: Leaflet
) -> None:
    assert "Paste here" in Page("", editor.get(page("paste", leaflet))).text("label")

    fields = shown_fields(editor.post(page("paste", leaflet), {"pasted_text": TEXT}).content.decode())

    assert "- Ask.\n- Ask again." in "\n".join(fields.values())
    assert fields["introduction"].startswith("The first words.")
    assert history() == [(1, "published")]


def test_what_came_from_the_page_is_saved_as_a_draft(editor: Client, leaflet: Leaflet) -> None:
    fields = shown_fields(editor.post(page("paste", leaflet), {"pasted_text": TEXT}).content.decode())

    assert editor.post(page("edit", leaflet), fields | {"action": "save"}).status_code == 302

    text = "\n".join(section.body for section in leaflet.editions.get(status="draft").sections.all())
    assert "The first words." in text
    assert "- Ask again." in text


def test_an_empty_box_is_named(editor: Client, leaflet: Leaflet) -> None:
    response = editor.post(page("paste", leaflet), {"pasted_text": " "})

    assert response.status_code == 422
    assert "Paste a text into the box first." in response.content.decode()


def test_a_text_that_is_too_long_for_the_page_is_refused_and_the_leaflet_stays(
    editor: Client, leaflet: Leaflet
) -> None:
    response = editor.post(page("paste", leaflet), {"pasted_text": "a " * 1_000_001})

    assert "Paste one part after the other." in response.content.decode()
    assert shown_fields(response.content.decode())["introduction"] == "The first words."


def test_the_page_to_edit_leads_to_it(editor: Client, leaflet: Leaflet) -> None:
    shown = Page("", editor.get(page("edit", leaflet)))

    assert shown.links("nav[@id='sections']")["Paste a whole text …"] == page("paste", leaflet)
