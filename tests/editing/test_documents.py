"""Drafts from Word documents in the editor, without a browser."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from leaflets.content.convert import Question
from leaflets.models import Edition, Leaflet
from leaflets.publishing.questions import open_questions
from tests.editing.pages import opened, page
from tests.word_documents import docx, paragraph, run, table

pytestmark = [pytest.mark.django_db, pytest.mark.any_database, pytest.mark.usefixtures("one_leaflet")]

BOLD = "<w:b/>"
LEAFLET = (
    paragraph("Help in school", "Title"),
    paragraph("Words before the first heading."),
    paragraph("What is SEN support?", "Heading1"),
    paragraph("Every child is different."),
    paragraph(run("Who can help me?", BOLD)),
    paragraph("They MUST tell you."),
    table(("Step", "Times"), ("Review", "3")),
)


def upload(*body: str) -> SimpleUploadedFile:
    return SimpleUploadedFile("leaflet.docx", docx(*body))


def put_in(client: Client, leaflet: Leaflet, *body: str) -> Edition:
    """Replace the leaflet's text by that of a document, and return the draft."""
    basis = client.get(page("document", leaflet)).context["basis"]
    response = client.post(page("document", leaflet), {"basis": str(basis), "document": upload(*body)})
    assert response.status_code == 302, response.content.decode()
    return draft_of(leaflet)


def draft_of(leaflet: Leaflet) -> Edition:
    return leaflet.editions.get(status="draft")


def text_of(draft: Edition) -> dict[str, str]:
    """The text of each section by its heading."""
    return dict(draft.sections.order_by("position").values_list("heading", "body"))


def question_about(leaflet: Leaflet, kind: str) -> Question:
    (question,) = [one for one in open_questions(draft_of(leaflet)) if one.kind == kind]
    return question


def answer(client: Client, leaflet: Leaflet, kind: str, yes: str = "yes", **fields: str) -> None:
    action = f"{yes}-{question_about(leaflet, kind).id}"
    client.post(page("edit", leaflet), opened(client, leaflet) | fields | {"action": action})


def test_a_new_leaflet_starts_from_a_document(publisher: Client) -> None:
    response = publisher.post(
        reverse("admin:leaflets_leaflet_add"), {"placement": "leaflet", "document": upload(*LEAFLET)}
    )

    leaflet = Leaflet.objects.get(slug="help-in-school")
    assert response.url == page("edit", leaflet) + "#questions"
    assert draft_of(leaflet).title == "Help in school"
    assert text_of(draft_of(leaflet))[""] == "Words before the first heading."
    assert text_of(draft_of(leaflet))["What is SEN support?"].startswith("Every child is different.")


def test_a_second_click_that_starts_the_same_leaflet_ends_where_the_first_did(publisher: Client) -> None:
    answers = [
        publisher.post(
            reverse("admin:leaflets_leaflet_add"), {"placement": "leaflet", "document": upload(*LEAFLET)}
        ).url
        for _ in range(2)
    ]

    assert answers[0] == answers[1]
    assert Leaflet.objects.filter(slug__startswith="help-in-school").count() == 1


def test_another_document_does_not_replace_a_leaflet_with_its_address(publisher: Client) -> None:
    add = reverse("admin:leaflets_leaflet_add")
    publisher.post(add, {"placement": "leaflet", "document": upload(*LEAFLET)})

    response = publisher.post(
        add, {"placement": "leaflet", "document": upload(*LEAFLET, paragraph("More words."))}
    )

    assert response.status_code == 422
    assert "More words." not in "".join(
        text_of(draft_of(Leaflet.objects.get(slug="help-in-school"))).values()
    )


def test_a_new_leaflet_from_a_document_can_have_another_address(publisher: Client) -> None:
    publisher.post(
        reverse("admin:leaflets_leaflet_add"),
        {"slug": "support", "placement": "leaflet", "document": upload(*LEAFLET)},
    )

    assert draft_of(Leaflet.objects.get(slug="support")).title == "Help in school"


def test_a_document_without_a_title_needs_an_address(publisher: Client) -> None:
    response = publisher.post(
        reverse("admin:leaflets_leaflet_add"),
        {"placement": "leaflet", "document": upload(paragraph("Only words, and no more than that."))},
    )

    assert response.status_code == 422
    assert "Write an address: no title was found in the document." in response.content.decode()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"%PDF-1.7 words", "PDF"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, ".docx"),
        (b"nothing that Word writes", "Word"),
        (b"", "empty"),
        (b"PK" + b"x" * 10_000_000, "This file is larger than 10 MB. Take large pictures out of it."),
    ],
)
def test_a_file_that_is_no_word_document_is_refused_and_nothing_is_stored(
    publisher: Client, content: bytes, message: str
) -> None:
    before = Leaflet.objects.count()

    response = publisher.post(
        reverse("admin:leaflets_leaflet_add"),
        {"slug": "new", "placement": "leaflet", "document": SimpleUploadedFile("x.docx", content)},
    )

    assert response.status_code == 422
    assert message in " ".join(response.context["form"].errors["document"])
    assert Leaflet.objects.count() == before


def test_a_document_with_more_text_than_a_leaflet_can_have_is_refused(
    publisher: Client, leaflet: Leaflet
) -> None:
    long = [paragraph("A sentence of some words. " * 40)] * 70

    response = publisher.post(page("document", leaflet), {"document": upload(*long)})

    assert response.status_code == 422
    assert "more than 60,000 characters" in response.content.decode()


def test_the_text_of_a_document_replaces_the_draft_and_can_be_undone(
    publisher: Client, leaflet: Leaflet
) -> None:
    before = text_of(leaflet.editions.get(status="published"))
    put_in(publisher, leaflet, *LEAFLET)
    replaced = text_of(draft_of(leaflet))

    basis = str(publisher.get(page("edit", leaflet)).context["edit_state"].basis)
    publisher.post(page("bring-back", leaflet), {"basis": basis})

    assert "What is SEN support?" in replaced
    assert text_of(draft_of(leaflet)) == before
    assert open_questions(draft_of(leaflet)) == []


def test_a_second_click_on_replace_keeps_the_text_from_before_the_document(
    publisher: Client, leaflet: Leaflet
) -> None:
    basis = str(publisher.get(page("document", leaflet)).context["basis"])
    for _ in range(2):
        publisher.post(page("document", leaflet), {"basis": basis, "document": upload(*LEAFLET)})

    basis = str(publisher.get(page("edit", leaflet)).context["edit_state"].basis)
    publisher.post(page("bring-back", leaflet), {"basis": basis})

    assert text_of(draft_of(leaflet)) == {"": "The first words."}


def test_a_section_of_the_same_heading_keeps_its_printed_address(publisher: Client, leaflet: Leaflet) -> None:
    fields = opened(publisher, leaflet) | {"form-TOTAL_FORMS": "1", "action": "save"}
    stored = {
        "heading": "What is SEN support?",
        "anchor": "support",
        "kind": "support",
        "body": "Old.",
        "label": "Help",
    }
    publisher.post(
        page("edit", leaflet), fields | {f"form-0-{name}": value for name, value in stored.items()}
    )

    put_in(publisher, leaflet, *LEAFLET)

    section = draft_of(leaflet).sections.get(heading="What is SEN support?")
    assert (section.anchor, section.kind, section.label) == ("support", "support", "Help")
    assert question_about(leaflet, "heading").section == "support"


def test_a_document_does_not_replace_what_a_colleague_saved_meanwhile(
    publisher: Client, leaflet: Leaflet
) -> None:
    basis = str(publisher.get(page("document", leaflet)).context["basis"])
    fields = opened(publisher, leaflet) | {"introduction": "A colleague's words.", "action": "save"}
    publisher.post(page("edit", leaflet), fields)

    response = publisher.post(page("document", leaflet), {"basis": basis, "document": upload(*LEAFLET)})

    assert response.status_code == 409
    assert text_of(draft_of(leaflet))[""] == "A colleague's words."


def test_readers_do_not_see_the_text_of_a_document_before_it_is_published(
    publisher: Client, leaflet: Leaflet
) -> None:
    put_in(publisher, leaflet, *LEAFLET)

    assert "The first words." in publisher.get(leaflet.get_absolute_url()).content.decode()


def test_the_editor_lists_the_questions_with_links_to_their_places(
    publisher: Client, leaflet: Leaflet
) -> None:
    put_in(publisher, leaflet, *LEAFLET)

    html = publisher.get(page("edit", leaflet)).content.decode()

    assert "Is this line a heading?" in html
    assert '<a href="#section-1" data-excerpt="' in html
    assert 'id="section-1"' in html


def test_yes_makes_a_line_a_heading_and_the_question_goes(publisher: Client, leaflet: Leaflet) -> None:
    put_in(publisher, leaflet, *LEAFLET)

    answer(publisher, leaflet, "heading")

    text = text_of(draft_of(leaflet))
    assert list(text) == ["", "What is SEN support?", "Who can help me?"]
    assert text["Who can help me?"].startswith("They MUST tell you.")
    assert "heading" not in [question.kind for question in open_questions(draft_of(leaflet))]


def test_questions_about_a_section_that_was_split_stay_with_their_words(
    publisher: Client, leaflet: Leaflet
) -> None:
    put_in(publisher, leaflet, *LEAFLET)

    answer(publisher, leaflet, "heading")
    answer(publisher, leaflet, "capitals")

    assert text_of(draft_of(leaflet))["Who can help me?"].startswith("They **must** tell you.")


def test_no_leaves_the_text_as_it_is_and_the_question_goes(publisher: Client, leaflet: Leaflet) -> None:
    before = text_of(put_in(publisher, leaflet, *LEAFLET))

    answer(publisher, leaflet, "heading", "no")

    assert text_of(draft_of(leaflet)) == before
    assert "heading" not in [question.kind for question in open_questions(draft_of(leaflet))]


def test_an_answer_saves_what_was_typed_elsewhere(publisher: Client, leaflet: Leaflet) -> None:
    put_in(publisher, leaflet, *LEAFLET)

    answer(publisher, leaflet, "capitals", introduction="New words.")

    assert text_of(draft_of(leaflet))[""] == "New words."


def test_a_question_is_answered_by_changing_its_words(publisher: Client, leaflet: Leaflet) -> None:
    put_in(publisher, leaflet, *LEAFLET)
    fields = opened(publisher, leaflet)
    fields["form-0-body"] = fields["form-0-body"].replace("They MUST tell you.", "They tell you.")

    publisher.post(page("edit", leaflet), fields | {"summary": "Help.", "action": "save"})

    assert "capitals" not in [question.kind for question in open_questions(draft_of(leaflet))]


def test_yes_to_a_question_whose_words_were_changed_saves_nothing_and_keeps_what_was_typed(
    publisher: Client, leaflet: Leaflet
) -> None:
    before = text_of(put_in(publisher, leaflet, *LEAFLET))
    fields = opened(publisher, leaflet)
    fields["form-0-body"] = "Other words."
    question = question_about(leaflet, "capitals")

    response = publisher.post(page("edit", leaflet), fields | {"action": f"yes-{question.id}"})

    assert response.status_code == 422
    assert "Other words." in response.content.decode()
    assert text_of(draft_of(leaflet)) == before


def test_a_second_click_on_an_answer_changes_nothing_more(publisher: Client, leaflet: Leaflet) -> None:
    put_in(publisher, leaflet, *LEAFLET)
    fields = opened(publisher, leaflet) | {
        "summary": "Help.", "action": f"yes-{question_about(leaflet, 'capitals').id}"
    }  # fmt: skip

    publisher.post(page("edit", leaflet), fields)
    after = text_of(draft_of(leaflet))
    response = publisher.post(page("edit", leaflet), fields)

    assert response.status_code == 302
    assert text_of(draft_of(leaflet)) == after


def test_a_question_that_matters_stops_publishing_until_it_is_answered(
    publisher: Client, leaflet: Leaflet
) -> None:
    put_in(publisher, leaflet, paragraph("They MUST tell you."))
    edit = opened(publisher, leaflet) | {"summary": "Help.", "action": "save"}
    publisher.post(page("edit", leaflet), edit)
    basis = str(publisher.get(page("publish", leaflet)).context["basis"])

    stopped = publisher.post(page("publish", leaflet), {"basis": basis, "change_note": "New."})
    answer(publisher, leaflet, "capitals", "no")
    basis = str(publisher.get(page("publish", leaflet)).context["basis"])
    published = publisher.post(page("publish", leaflet), {"basis": basis, "change_note": "New."})

    assert stopped.status_code == 422
    assert "A question about the document is open" in stopped.content.decode()
    assert published.status_code == 302
    live = leaflet.editions.get(status="published")
    assert (live.questions, live.replaced_text) == (None, None)


def test_nothing_of_the_authors_of_a_document_is_stored(publisher: Client, leaflet: Leaflet) -> None:
    properties = '<cp:coreProperties xmlns:cp="x"><creator>Jo Bloggs</creator></cp:coreProperties>'
    file = SimpleUploadedFile("Jo Bloggs.docx", docx(*LEAFLET, parts={"docProps/core.xml": properties}))

    publisher.post(
        page("document", leaflet),
        {"basis": str(publisher.get(page("document", leaflet)).context["basis"]), "document": file},
    )

    draft = draft_of(leaflet)
    assert "Bloggs" not in repr([*draft.sections.values(), draft.questions, draft.title, draft.change_note])
