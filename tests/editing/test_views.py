"""The editing views, without a browser."""

import datetime as dt
import re
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoDbBlocker

from leaflets.editing.forms import SectionFormSet
from leaflets.models import Edition, Leaflet
from leaflets.publishing import drafts
from leaflets.publishing.records import leaflet_source
from tests.conftest import HttpsClient
from tests.editing.pages import new_section, opened, page, shown_fields, sign_in
from tests.factories import (
    SLUG,
    basis_of,
    draft_as_staff,
    edit_as_staff,
    history,
    introduction_of,
    leaflet_with_introduction,
    load,
    published_edition,
)
from tests.pages import Page

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]


@pytest.fixture(scope="module", autouse=True)
def _two_leaflets(module_database: DjangoDbBlocker, tmp_path_factory: pytest.TempPathFactory) -> None:
    leaflets = [
        leaflet_with_introduction("The first words.", slug=SLUG),
        leaflet_with_introduction("Another leaflet.", slug="other"),
    ]
    with module_database.unblock():
        load(tmp_path_factory.mktemp("content"), leaflets=leaflets)


def test_saving_an_unchanged_form_keeps_the_text(editor: Client, leaflet: Leaflet) -> None:
    editor.post(page("edit", leaflet), opened(editor, leaflet) | {"action": "save"})

    assert leaflet.editions.get(status="draft").digest == published_edition().digest


def test_a_leaflet_with_the_greatest_number_of_sections_is_saved(editor: Client, leaflet: Leaflet) -> None:
    count = SectionFormSet.max_num
    sections = {"form-TOTAL_FORMS": str(count)}
    for number in range(count):
        sections |= new_section(number, heading=f"Heading {number}")

    response = editor.post(page("edit", leaflet), opened(editor, leaflet) | sections | {"action": "save"})

    assert response.status_code == 302
    assert leaflet.editions.get(status="draft").sections.count() == count + 1


def test_a_page_that_was_refused_asks_before_it_is_left(editor: Client, leaflet: Leaflet) -> None:
    typed = opened(editor, leaflet) | {"title": "", "introduction": "New.", "action": "save"}

    response = editor.post(page("edit", leaflet), typed)

    assert response.status_code == 422
    assert 'data-unsaved="yes"' in response.content.decode()


def test_saving_keeps_readers_on_the_live_edition(editor: Client, leaflet: Leaflet) -> None:
    editor.post(page("edit", leaflet), opened(editor, leaflet) | {"introduction": "New.", "action": "save"})

    assert "The first words." in editor.get(leaflet.get_absolute_url()).content.decode()


@pytest.mark.parametrize(
    ("body", "message"),
    [
        pytest.param("x" * 40_000, "Line 1: This text is longer than 60,000 characters.", id="long"),
        pytest.param("a\n" * 2_000, "Line 2000: This text has more than 2,000 lines.", id="lines"),
        pytest.param(
            "Words.\n" + "[" * 10_001, "Line 2: Up to this line there are more than 10,000 marks", id="marks"
        ),
        pytest.param("|a|b|\n|-|-|\n" + "|\n" * 2_000, "Line 1502: The tables up to this line", id="cells"),
    ],
)
def test_a_text_that_is_too_large_is_refused_at_its_field_and_preserved(
    editor: Client, leaflet: Leaflet, body: str, message: str
) -> None:
    typed = opened(editor, leaflet) | {"introduction": "x" * 30_000, "form-TOTAL_FORMS": "1"}
    if message.startswith("Line 2000"):
        typed["introduction"] = "Words."

    response = editor.post(page("edit", leaflet), typed | new_section(0, body=body) | {"action": "save"})

    html = response.content.decode()
    assert response.status_code == 422
    assert message in html
    assert body.strip() in html
    assert "Nothing you typed is lost." in html
    assert not leaflet.editions.filter(status="draft").exists()


def test_every_mistake_is_shown_and_the_input_is_preserved(editor: Client, leaflet: Leaflet) -> None:
    typed = opened(editor, leaflet) | {
        "title": "",
        "introduction": "Long and precious.",
        "review": "tomorrow",
    }
    typed |= {"form-TOTAL_FORMS": "1", **new_section(0, heading="", anchor="Not An Anchor")}

    response = editor.post(page("edit", leaflet), typed | {"action": "save"})

    html = response.content.decode()
    assert response.status_code == 422
    assert html.count('class="errornote" id=') == 4
    assert "Long and precious." in html
    assert history() == [(1, "published")]


# Dates


def test_a_date_to_review_by_is_in_the_future_when_it_is_set(editor: Client, leaflet: Leaflet) -> None:
    typed = opened(editor, leaflet) | {"review": f"{timezone.localdate()}", "action": "save"}

    response = editor.post(page("edit", leaflet), typed)

    assert response.status_code == 422
    assert "This day is not in the future. Choose the day by which" in response.content.decode()
    assert history() == [(1, "published")]


@pytest.mark.each_database
def test_a_leaflet_whose_review_date_has_passed_is_edited_without_a_new_date(
    editor: Client, leaflet: Leaflet
) -> None:
    edit_as_staff("Words.", review=dt.date(2020, 1, 1))
    typed = opened(editor, leaflet) | {"introduction": "New.", "action": "save"}

    assert editor.post(page("edit", leaflet), typed).status_code == 302
    assert leaflet.editions.get(status="draft").review_on == dt.date(2020, 1, 1)


def test_the_next_check_is_in_the_future(editor: Client, leaflet: Leaflet) -> None:
    typed = {"basis": basis_of(published_edition()), "next_on": f"{timezone.localdate()}"}

    response = editor.post(page("checked", leaflet), typed)

    assert response.status_code in (200, 422)
    assert "This day is not in the future." in response.content.decode()
    assert not leaflet.reviews.exists()


@pytest.mark.parametrize("field", ["review", "published"])
@pytest.mark.parametrize("year", ["0026", "1989", "2101", "9999"])
def test_a_year_that_nobody_means_is_named(editor: Client, leaflet: Leaflet, field: str, year: str) -> None:
    date = f"{year}-12" if field == "published" else f"{year}-12-31"
    typed = opened(editor, leaflet) | {field: date, "action": "save"}

    response = editor.post(page("edit", leaflet), typed)

    assert "Check the year: it has to be between 1990 and 2100." in response.content.decode()
    assert history() == [(1, "published")]


def test_the_publish_page_knows_that_a_leaflet_was_checked(publisher: Client, leaflet: Leaflet) -> None:
    edit_as_staff("Words.", review=dt.date(2020, 1, 1))
    draft_as_staff("Other words.")
    warning = "The review date, 1 January 2020, has passed."
    assert warning in publisher.get(page("publish", leaflet)).content.decode()

    leaflet.reviews.create(next_on=dt.date(2099, 1, 1))

    assert warning not in publisher.get(page("publish", leaflet)).content.decode()


# Sections


def test_two_sections_cannot_have_the_same_anchor(editor: Client, leaflet: Leaflet) -> None:
    typed = opened(editor, leaflet) | {"form-TOTAL_FORMS": "2", "action": "save"}
    typed |= new_section(0, anchor="help") | new_section(1, anchor="help")

    response = editor.post(page("edit", leaflet), typed)

    assert "“help” is taken by another section" in response.content.decode()


def test_a_section_is_added_at_its_position_and_the_input_is_preserved(
    editor: Client, leaflet: Leaflet
) -> None:
    typed = opened(editor, leaflet) | {"form-TOTAL_FORMS": "1", "introduction": "Typed.", **new_section(0)}

    response = editor.post(page("edit", leaflet), typed | {"action": "add-0"})

    fields = shown_fields(response.content.decode())
    assert fields["introduction"] == "Typed."
    assert (fields["form-0-heading"], fields["form-1-heading"]) == ("", "Who can help?")
    assert history() == [(1, "published")]


def test_sections_are_moved_up_and_down(editor: Client, leaflet: Leaflet) -> None:
    typed = opened(editor, leaflet) | {"form-TOTAL_FORMS": "2"}
    typed |= new_section(0, heading="First") | new_section(1, heading="Second")

    for action in ("down-0", "up-1"):
        fields = shown_fields(editor.post(page("edit", leaflet), typed | {"action": action}).content.decode())
        assert (fields["form-0-heading"], fields["form-1-heading"]) == ("Second", "First")


def test_a_section_marked_for_removal_is_removed_on_save(editor: Client, leaflet: Leaflet) -> None:
    typed = opened(editor, leaflet) | {"form-TOTAL_FORMS": "2", "action": "save"}
    typed |= new_section(0, heading="Stays") | new_section(1, heading="Goes") | {"form-1-DELETE": "on"}

    editor.post(page("edit", leaflet), typed)

    draft = leaflet.editions.get(status="draft")
    assert [str(section) for section in draft.sections.in_reading_order()] == ["Introduction", "Stays"]


def test_a_save_by_a_colleague_is_shown_beside_the_input(editor: Client, leaflet: Leaflet) -> None:
    mine = opened(editor, leaflet) | {"introduction": "My own words.", "action": "save"}
    draft_as_staff("A colleague's words.")

    response = editor.post(page("edit", leaflet), mine)

    html = response.content.decode()
    assert response.status_code == 409
    assert "officer saved this draft" in html
    assert "A colleague" in "".join(re.findall(r"<del>.*?</del>", html, re.S))
    assert shown_fields(html)["introduction"] == "My own words."
    assert introduction_of(leaflet.editions.get(status="draft")) == "A colleague's words."


def test_after_a_conflict_the_editor_can_save_their_own_text(editor: Client, leaflet: Leaflet) -> None:
    mine = opened(editor, leaflet) | {"introduction": "My own words.", "action": "save"}
    draft_as_staff("A colleague's words.")
    shown = shown_fields(editor.post(page("edit", leaflet), mine).content.decode())

    editor.post(page("edit", leaflet), shown | {"action": "save"})

    assert introduction_of(leaflet.editions.get(status="draft")) == "My own words."


def test_a_draft_that_a_colleague_saved_recently_shows_a_notice(editor: Client, leaflet: Leaflet) -> None:
    draft_as_staff("A colleague's words.")

    assert (
        "officer saved this draft less than an hour ago" in editor.get(page("edit", leaflet)).content.decode()
    )


def test_the_preview_is_the_public_page_marked_as_a_draft_and_not_cached(
    editor: Client, leaflet: Leaflet
) -> None:
    draft_as_staff("Words to be looked at.")

    response = editor.get(page("preview", leaflet))

    html = response.content.decode()
    assert "Words to be looked at." in html
    assert "This is a draft." in html
    assert "site.css" in html or "site." in html
    assert "no-store" in response["Cache-Control"]


def test_the_preview_can_be_in_large_print(editor: Client, leaflet: Leaflet) -> None:
    draft_as_staff("Words to be looked at.")

    assert 'data-display="large"' in editor.get(page("preview", leaflet) + "?display=large").content.decode()


def test_a_share_link_shows_the_draft_without_a_login(editor: Client, leaflet: Leaflet) -> None:
    draft = draft_as_staff("Words to be looked at.")
    editor.post(page("share", leaflet), {"action": "share", "basis": basis_of(draft)})
    html = editor.get(page("history", leaflet)).content.decode()
    link = re.search(r'href="https?://testserver(/shared/[^"]+)"', html)[1]

    response = Client().get(link, secure=True)

    assert "Words to be looked at." in response.content.decode()
    assert response["X-Robots-Tag"] == "noindex"
    assert not response.cookies


def test_a_revoked_share_link_says_whom_to_ask(editor: Client, leaflet: Leaflet) -> None:
    draft = draft_as_staff("Words to be looked at.")
    editor.post(page("share", leaflet), {"action": "share", "basis": basis_of(draft)})
    html = editor.get(page("history", leaflet)).content.decode()
    link = re.search(r'href="https?://testserver(/shared/[^"]+)"', html)[1]

    editor.post(page("share", leaflet), {"action": "revoke"})

    response = Client().get(link, secure=True)
    assert response.status_code == 404
    assert "does not work any more" in response.content.decode()


def test_publishing_shows_what_changes_and_asks_for_a_note(publisher: Client, leaflet: Leaflet) -> None:
    draft_as_staff("The second words.")

    html = publisher.get(page("publish", leaflet)).content.decode()

    assert re.search(r"<del>.*first.*</del>", html, re.S)
    assert re.search(r"<ins>.*second.*</ins>", html, re.S)
    assert "What changed?" in html


def test_two_postcodes_are_named_first_before_publishing(publisher: Client, leaflet: Leaflet) -> None:
    draft_as_staff("Ask an ABCD. Write to EX9 9ZZ.\n\nOr write to EX9 9YZ.")

    for name in ("edit", "publish"):
        first, second, third = [
            item
            for item in Page("", publisher.get(page(name, leaflet))).texts("li")
            if "worth" not in item and "the introduction" in item
        ]
        assert "EX9 9ZZ is printed here, and EX9 9YZ in the introduction" in first
        assert "EX9 9YZ is printed here, and EX9 9ZZ in the introduction" in second
        assert "ABCD" in third


def test_publishing_needs_a_change_note(publisher: Client, leaflet: Leaflet) -> None:
    draft = draft_as_staff("The second words.")

    response = publisher.post(page("publish", leaflet), {"basis": basis_of(draft), "change_note": ""})

    assert response.status_code == 422
    assert history() == [(1, "published"), (2, "draft")]


def test_a_published_edition_is_live_with_its_note_in_the_public_history(
    publisher: Client, leaflet: Leaflet
) -> None:
    draft = draft_as_staff("The second words.")

    publisher.post(
        page("publish", leaflet), {"basis": basis_of(draft), "change_note": "The words were mended."}
    )

    assert "The second words." in publisher.get(leaflet.get_absolute_url()).content.decode()
    assert "The words were mended." in publisher.get(reverse("editions", args=[SLUG])).content.decode()


def test_a_draft_with_a_problem_has_no_button_to_publish_it(publisher: Client, leaflet: Leaflet) -> None:
    draft = draft_as_staff("An unknown paragraph (9.99).")

    html = publisher.get(page("publish", leaflet)).content.decode()
    publisher.post(page("publish", leaflet), {"basis": basis_of(draft), "change_note": "Anyway."})

    assert "To be mended before publishing" in html
    assert "Publish edition" not in html
    assert introduction_of(published_edition()) == "The first words."


def test_a_draft_based_on_an_older_edition_shows_a_notice(
    publisher: Client, leaflet: Leaflet, tmp_path: Path
) -> None:
    draft_as_staff("Staff's words.")
    load(
        tmp_path,
        leaflets=[
            leaflet_with_introduction("The file's new words.", slug=SLUG),
            leaflet_with_introduction("Another leaflet.", slug="other"),
        ],
    )

    assert "readers now see edition 3" in publisher.get(page("publish", leaflet)).content.decode()


@pytest.mark.each_database
def test_withdrawing_points_readers_to_another_leaflet(publisher: Client, leaflet: Leaflet) -> None:
    other = Leaflet.objects.get(slug="other")

    publisher.post(
        page("withdraw", leaflet), {"basis": basis_of(published_edition()), "read_instead": other.pk}
    )

    response = publisher.get(leaflet.get_absolute_url())
    assert response.status_code == 410
    assert other.get_absolute_url() in response.content.decode()


def test_a_withdrawn_leaflet_is_restored_by_publishing_it_again(publisher: Client, leaflet: Leaflet) -> None:
    publisher.post(page("withdraw", leaflet), {"basis": basis_of(published_edition()), "read_instead": ""})
    publisher.post(page("draft-from", leaflet, 1))
    draft = leaflet.editions.get(status="draft")

    publisher.post(page("publish", leaflet), {"basis": basis_of(draft), "change_note": "It is back."})

    assert publisher.get(leaflet.get_absolute_url()).status_code == 200


def test_two_editions_can_be_compared(editor: Client, leaflet: Leaflet) -> None:
    edit_as_staff("The second words.")

    html = editor.get(page("compare", leaflet) + "?from=1&to=2").content.decode()

    assert re.search(r"<ins>.*second.*</ins>", html, re.S)


@pytest.mark.parametrize("query", ["", "?from=1", "?from=x&to=y", "?from=1&to=99"])
def test_editions_that_do_not_exist_are_not_compared(editor: Client, leaflet: Leaflet, query: str) -> None:
    assert editor.get(page("compare", leaflet) + query).status_code == 404


def test_a_new_leaflet_is_created_with_its_slug_and_is_not_public(editor: Client) -> None:
    response = editor.post(
        reverse("admin:leaflets_leaflet_add"), {"slug": "exclusions", "placement": "leaflet"}
    )

    leaflet = Leaflet.objects.get(slug="exclusions")
    assert response["Location"] == page("edit", leaflet)
    assert editor.get(leaflet.get_absolute_url()).status_code == 404


def test_the_list_shows_live_editions_and_open_drafts(editor: Client, leaflet: Leaflet) -> None:
    edit_as_staff("The second words.")
    draft_as_staff("Third words.")

    html = editor.get(reverse("admin:leaflets_leaflet_changelist")).content.decode()

    assert re.search(r"Edition 2, .* by officer", html)
    assert re.search(r"saved .* by officer", html)


def test_the_list_needs_as_many_queries_for_twelve_leaflets_as_for_two(
    editor: Client, tmp_path: Path, django_assert_num_queries
) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    with CaptureQueriesContext(connection) as few:
        editor.get(reverse("admin:leaflets_leaflet_changelist"))
    load(
        tmp_path,
        leaflets=[leaflet_with_introduction("Words.", slug=f"leaflet-{number}") for number in range(10)],
    )

    with django_assert_num_queries(len(few)):
        editor.get(reverse("admin:leaflets_leaflet_changelist"))


def test_published_editions_are_read_only_in_the_admin(leaflet: Leaflet, client: Client) -> None:
    edition = published_edition()
    client.force_login(User.objects.create_superuser("head"))

    html = client.get(
        reverse("admin:leaflets_edition_change", args=[edition.pk]), secure=True
    ).content.decode()
    refused = client.post(
        reverse("admin:leaflets_edition_change", args=[edition.pk]), {"title": "Changed"}, secure=True
    )

    assert 'name="title"' not in html
    assert refused.status_code == 403
    assert Edition.objects.get(pk=edition.pk).title == edition.title


def test_a_form_from_before_the_sign_in_is_refused_in_plain_words(leaflet: Leaflet) -> None:
    client = HttpsClient(enforce_csrf_checks=True)
    sign_in(client, "Editors")

    response = client.post(page("edit", leaflet), {"action": "save"})

    assert response.status_code == 403
    assert "Your words are kept in this browser. Go back and save again." in response.content.decode()


def test_another_page_from_before_the_sign_in_says_to_reload_it(leaflet: Leaflet) -> None:
    client = HttpsClient(enforce_csrf_checks=True)
    sign_in(client, "Publishers")

    response = client.post(page("withdraw", leaflet))

    assert response.status_code == 403
    assert "Go back, reload the page, and try again." in response.content.decode()


def test_an_open_page_gets_a_token_that_is_accepted(leaflet: Leaflet) -> None:
    client = HttpsClient(enforce_csrf_checks=True)
    sign_in(client, "Editors")
    fields = opened(client, leaflet) | {"action": "save"}
    sign_in(client, "Editors", "rose-again")

    fields["csrfmiddlewaretoken"] = client.get(reverse("editor-token")).json()["token"]

    assert (
        client.post(page("edit", leaflet), fields, headers={"Referer": "https://testserver/"}).status_code
        == 302
    )


PAGES = ["edit", "preview", "publish", "discard", "checked", "withdraw", "history"]


@pytest.mark.parametrize(
    ("group", "allowed"),
    [
        ("Editors", {"edit", "preview", "discard", "checked", "history"}),
        ("Publishers", set(PAGES)),
    ],
)
def test_each_group_sees_its_own_pages(
    client: Client, leaflet: Leaflet, group: str, allowed: set[str]
) -> None:
    draft_as_staff("A draft.")
    sign_in(client, group)

    seen = {name for name in PAGES if client.get(page(name, leaflet)).status_code == 200}

    assert seen == allowed


@pytest.mark.parametrize("name", PAGES)
def test_every_page_needs_a_sign_in(client: Client, leaflet: Leaflet, name: str) -> None:
    draft_as_staff("A draft.")

    response = client.get(page(name, leaflet))

    assert response.status_code == 302
    assert response["Location"].startswith("/admin/login/")


def test_an_unknown_leaflet_answers_404(editor: Client) -> None:
    assert editor.get("/admin/leaflets/leaflet/1/edit/more/change/").status_code == 404


@pytest.mark.each_database
@pytest.mark.parametrize("fields", [{"action": "add-" + "9" * 5000}, {"form-TOTAL_FORMS": "9" * 5000}])
def test_a_number_that_is_too_large_is_no_error(editor, leaflet, fields):
    response = editor.post(
        reverse("admin:leaflet-edit", args=[leaflet.pk]), {"action": "add-0", "title": "Typed", **fields}
    )

    assert response.status_code == 200
    assert "Typed" in response.content.decode()


# Characters of word processors


def test_characters_of_a_word_processor_become_what_they_mean_and_each_place_is_named(
    editor: Client, leaflet: Leaflet
) -> None:
    fields = {
        "title": "SEN\x0bsupport\ufeff",
        "introduction": "Civic Centre\x0bHigh Street\n\n\uf0b7 one\n\uf0b7 two",
        "form-TOTAL_FORMS": "1",
    }
    section = new_section(0, heading="Who\u2028helps?", body="Words.\r\nSo\u200b do we.")

    response = editor.post(
        page("edit", leaflet), opened(editor, leaflet) | fields | section | {"action": "save"}, follow=True
    )

    draft = leaflet.editions.get(status="draft")
    assert draft.title == "SEN support"
    assert introduction_of(draft) == "Civic Centre\\\nHigh Street\n\n- one\n- two"
    assert draft.sections.get(position=1).heading == "Who helps?"
    assert draft.sections.get(position=1).body == "Words.\nSo do we."
    html = response.content.decode()
    for place in (
        "in the title, a line break of Word (U+000B) after “SEN”",
        "in the introduction, line 1, a line break of Word (U+000B) after “Civic Centre”",
        "in the introduction, line 3, a character of another font (U+F0B7) at the beginning of the line",
        "in the heading of “Who helps?”, a line break of Word (U+2028) after “Who”",
        "in the text of “Who helps?”, line 2, a zero width space (U+200B) after “So”",
    ):
        assert place in html


@pytest.mark.each_database
@pytest.mark.parametrize(
    "character", ["\x00", "\x0b", "\x0c", "\x1f", "\x85", "\u2028", "\u2029", "\ufeff", "\uf0b7", "\xad"]
)
def test_a_draft_with_any_such_character_is_saved_and_published(
    publisher: Client, leaflet: Leaflet, character: str
) -> None:
    words = {"introduction": f"One {character} two{character}", "title": f"A{character}title"}

    response = publisher.post(
        page("edit", leaflet), opened(publisher, leaflet) | words | {"action": "publish"}
    )
    html = publisher.get(response["Location"]).content.decode()

    assert response.status_code == 302
    assert 'class="admin-problems"' not in html


@pytest.mark.each_database
def test_a_stored_text_with_such_characters_names_them_instead_of_asking_for_simpler_marks(
    leaflet: Leaflet,
) -> None:
    draft = draft_as_staff("Words.\nCivic Centre\x0bHigh Street")

    _checked, problems = drafts.check_draft(leaflet_source(draft))

    assert [problem.message for problem in problems] == [
        "In the introduction, line 2: There is a line break of Word (U+000B) after “Civic Centre”. "
        "Type these words again, or save them in the editor, which corrects them."
    ]
