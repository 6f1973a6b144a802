"""An editor hands a draft over to publishers, a publisher returns it, and both see what was said."""

import re

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django import DjangoDbBlocker

from leaflets.models import DraftNote, Edition, Leaflet
from leaflets.publishing import share_links
from leaflets.publishing.drafts import get_edit_state
from leaflets.publishing.handovers import open_thread
from tests.conftest import HttpsClient
from tests.editing.pages import opened, page, sign_in
from tests.factories import SLUG, draft_as_staff, history, load, publish_as_staff
from tests.pages import GUIDE, Page, visit

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]
CHANGELIST = "/admin/leaflets/leaflet/"
TASKS = "*[@class='admin-tasks']//li"


@pytest.fixture(scope="module", autouse=True)
def _loaded(module_database: DjangoDbBlocker, tmp_path_factory: pytest.TempPathFactory) -> None:
    with module_database.unblock():
        load(tmp_path_factory.mktemp("content"), leaflets=[GUIDE])


@pytest.fixture
def leaflet() -> Leaflet:
    leaflet = Leaflet.objects.get(slug=SLUG)
    draft_as_staff("New words.")
    return leaflet


def signed_in(group: str, name: str) -> HttpsClient:
    client = HttpsClient()
    sign_in(client, group, name)
    return client


@pytest.fixture
def ed() -> HttpsClient:
    return signed_in("Editors", "ed")


@pytest.fixture
def rose() -> HttpsClient:
    return signed_in("Publishers", "rose")


def shown_form(client: Client, leaflet: Leaflet) -> dict[str, str]:
    """The hidden fields of the form for a note."""
    html = client.get(page("thread", leaflet)).content.decode()
    return dict(re.findall(r'name="(basis|newest)" value="([^"]*)"', html))


def _hidden(leaflet: Leaflet) -> dict[str, str]:
    """What the form for a note has in its hidden fields now."""
    current = get_edit_state(leaflet)
    return {"basis": str(current.basis), "newest": str(open_thread(current.draft).newest_note_pk)}


def say(client: Client, leaflet: Leaflet, kind: str, text: str, anchor: str = "", **fields: str) -> int:
    """Send what the form of the page has in it now; return the status of the answer."""
    typed = _hidden(leaflet) | {"text": text, "anchor": anchor, "action": kind} | fields
    return client.post(page("thread", leaflet), typed).status_code


def tasks(client: Client) -> list[str]:
    return visit(client, "/admin/").texts(TASKS)


def draft_column(client: Client) -> str:
    return visit(client, CHANGELIST).text("td[@class='field-draft']")


def edit_page(client: Client, leaflet: Leaflet) -> Page:
    return visit(client, page("edit", leaflet))


def notes_beside(shown: Page, section: int) -> list[str]:
    return shown.texts(f"fieldset[@id='section-{section}']/aside//li")


def test_the_form_names_the_text_and_the_newest_note_that_the_page_shows(ed, leaflet):
    assert shown_form(ed, leaflet) == _hidden(leaflet)

    say(ed, leaflet, "ready", "Please look.")

    assert shown_form(ed, leaflet) == _hidden(leaflet)
    assert shown_form(ed, leaflet)["newest"] == str(DraftNote.objects.get().pk)


def test_a_draft_is_handed_over_with_a_sentence_and_the_publisher_sees_both(ed, rose, leaflet):
    assert say(ed, leaflet, "ready", "The phone number is new.") == 302

    assert "“SEN support” is ready to publish. ed wrote: The phone number is new." in tasks(rose)
    assert draft_column(rose).startswith("Ready to publish, saved ")
    for name in ("publish", "edit", "history", "thread"):
        assert "The phone number is new." in visit(rose, page(name, leaflet)).text()


def test_an_answer_reaches_who_wrote_about_the_draft_before(ed, rose, leaflet):
    say(ed, leaflet, "ready", "Please look.")
    say(rose, leaflet, "returned", "Which number?")
    say(ed, leaflet, "answer", "Do you mean the first one?")
    answered = "ed answered about “SEN support”: Do you mean the first one?"

    assert answered in tasks(rose)
    assert answered not in tasks(ed)
    assert answered not in tasks(signed_in("Publishers", "paul"))

    say(rose, leaflet, "answer", "Yes.")
    assert answered not in tasks(rose)
    assert "rose answered about “SEN support”: Yes." in tasks(ed)


@pytest.mark.parametrize("text", ["", "  ", "a" * 501])
def test_a_draft_is_not_handed_over_without_a_short_sentence(ed, leaflet, text):
    assert say(ed, leaflet, "ready", text) == 422
    assert not DraftNote.objects.exists()


@pytest.mark.each_database
def test_characters_that_cannot_be_stored_are_taken_out_of_a_sentence(ed, leaflet):
    assert say(ed, leaflet, "ready", "Please\0 look.") == 302
    assert DraftNote.objects.get().text == "Please look."


def test_a_sentence_that_is_too_long_is_shown_again(ed, leaflet):
    long = "word " * 101
    fields = shown_form(ed, leaflet) | {"text": long, "action": "ready"}

    response = ed.post(page("thread", leaflet), fields)

    assert (response.status_code, long.strip() in response.content.decode()) == (422, True)


def test_only_publishers_return_a_draft(ed, leaflet):
    say(ed, leaflet, "ready", "Please look.")

    assert say(ed, leaflet, "returned", "No.") == 403
    assert "Return to the editor" not in visit(ed, page("thread", leaflet)).html


def test_a_returned_draft_comes_back_to_the_editor_with_the_sentence(ed, rose, leaflet):
    say(ed, leaflet, "ready", "Please look.")

    assert say(rose, leaflet, "returned", "Say who decides.") == 302

    assert "“SEN support” came back from rose: Say who decides." in tasks(ed)
    assert draft_column(ed).startswith("Came back, saved ")
    assert not [task for task in tasks(rose) if "is ready to publish" in task]


def test_a_returned_draft_does_not_wait_for_an_editor_who_had_no_part_in_it(ed, rose, leaflet):
    say(ed, leaflet, "ready", "Please look.")
    say(rose, leaflet, "returned", "Say who decides.")

    assert not [task for task in tasks(signed_in("Editors", "kim")) if "came back" in task]


def test_words_about_a_section_stand_beside_it_in_the_editor(ed, rose, leaflet):
    say(ed, leaflet, "ready", "Please look.")
    say(rose, leaflet, "returned", "Which school?", "graduated-approach")

    shown = edit_page(ed, leaflet)

    assert notes_beside(shown, 1) == []
    assert "Which school?" in notes_beside(shown, 2)[0]


@pytest.mark.each_database
def test_the_top_of_the_editor_names_the_section_that_a_returned_draft_is_about(ed, rose, leaflet):
    say(ed, leaflet, "ready", "Please look.")
    say(rose, leaflet, "returned", "Which school?", "graduated-approach")

    shown = edit_page(ed, leaflet)

    (top,) = [words for words in shown.texts("p[@class='admin-notice']") if "This draft came back." in words]
    assert re.search(r"rose returned it on .*, about “How help goes on”: “Which school\?”", top)
    links = [link.get("href") for link in shown.all("p[@class='admin-notice']/a")]
    assert "#section-2" in links
    assert "“SEN support” came back from rose about “How help goes on”: Which school?" in tasks(ed)


def test_all_that_was_said_stands_above_the_text_with_its_section(ed, rose, leaflet):
    say(ed, leaflet, "ready", "Please look.")
    say(rose, leaflet, "returned", "Which school?", "graduated-approach")
    say(ed, leaflet, "answer", "Yours.", "introduction")

    shown = edit_page(ed, leaflet)

    thread = "section[@class='admin-thread']"
    notes = shown.texts(f"{thread}//li")
    assert [note.rsplit(": ", 1)[1] for note in notes] == ["Please look.", "Which school?", "Yours."]
    assert ", about “How help goes on”: " in notes[1]
    links = shown.links(thread)
    assert links["“How help goes on”"] == "#section-2"
    assert links["the introduction"] == "#id_introduction"


def test_words_about_the_introduction_stand_beside_it(ed, rose, leaflet):
    say(ed, leaflet, "ready", "Please look.")
    say(rose, leaflet, "returned", "Too long.", "introduction")

    assert "Too long." in edit_page(ed, leaflet).text("fieldset[@id='leaflet-facts']/aside")


def save(client: Client, leaflet: Leaflet, **fields: str) -> None:
    assert client.post(page("edit", leaflet), opened(client, leaflet) | fields).status_code == 302


def test_words_about_a_section_stay_beside_it_when_sections_are_renamed_moved_and_added(ed, rose, leaflet):
    say(ed, leaflet, "ready", "Please look.")
    say(rose, leaflet, "returned", "Which school?", "graduated-approach")
    typed = opened(ed, leaflet) | {"form-1-heading": "Another name"}
    first, second = (
        {name: typed[f"form-{row}-{name}"] for name in ("heading", "label", "kind", "anchor", "body")}
        for row in (0, 1)
    )
    swapped = {
        f"form-{row}-{name}": value for row, one in ((1, first), (0, second)) for name, value in one.items()
    }
    save(ed, leaflet, **typed | swapped | {"introduction": "Other words."})

    shown = edit_page(ed, leaflet)

    assert "Which school?" in notes_beside(shown, 1)[0]
    assert notes_beside(shown, 2) == []


def test_words_about_a_section_whose_anchor_changed_stay_beside_its_heading(ed, rose, leaflet):
    say(ed, leaflet, "ready", "Please look.")
    say(rose, leaflet, "returned", "Which school?", "graduated-approach")
    save(ed, leaflet, **{"form-1-anchor": "another-anchor"})

    assert "Which school?" in notes_beside(edit_page(ed, leaflet), 2)[0]


def test_words_about_a_section_that_was_deleted_stand_above_the_text(ed, rose, leaflet):
    say(ed, leaflet, "ready", "Please look.")
    say(rose, leaflet, "returned", "Which school?", "graduated-approach")
    save(ed, leaflet, **{"form-1-DELETE": "on"})

    shown = edit_page(ed, leaflet)

    above = shown.text("section[@class='admin-thread']")
    assert "about “How help goes on” (this section is not in the draft any more): Which school?" in above


def test_a_draft_that_was_saved_after_it_was_handed_over_stays_ready_and_says_so(ed, rose, leaflet):
    say(ed, leaflet, "ready", "Please look.")
    save(ed, leaflet, introduction="One more word.")

    assert "“SEN support” is ready to publish. ed wrote: Please look. It was saved again since." in tasks(
        rose
    )
    assert "It was saved again since" in visit(rose, page("publish", leaflet)).text()


def test_an_answer_leaves_the_draft_where_it_is(ed, rose, leaflet):
    say(ed, leaflet, "ready", "Please look.")

    assert say(rose, leaflet, "answer", "I look at it on Monday.") == 302

    assert draft_column(ed).startswith("Ready to publish")
    assert "rose answered" in visit(ed, page("thread", leaflet)).text()


def test_a_publisher_sees_their_own_draft_last_and_can_publish_it(ed, rose, leaflet):
    say(rose, leaflet, "ready", "Mine.")

    own = [task for task in tasks(rose) if "is ready to publish" in task]

    assert own == [
        "“SEN support” is ready to publish. You handed it over: a colleague can look at it, or you publish it yourself."
    ]
    assert visit(rose, page("publish", leaflet)).status == 200


def test_an_editor_sees_that_their_draft_waits_for_a_publisher(ed, leaflet):
    say(ed, leaflet, "ready", "Please look.")

    assert [task for task in tasks(ed) if task.endswith(". It waits for a publisher")]


def test_what_was_said_stays_in_the_history_after_publishing(ed, rose, leaflet):
    say(ed, leaflet, "ready", "The phone number is new.")

    publish_as_staff(leaflet.editions.get(status="draft"))

    shown = visit(rose, page("history", leaflet))
    assert "What was said about edition 2 before it was published" in shown.text()
    assert "The phone number is new." in shown.text()
    assert draft_column(rose) == "–"
    assert not [task for task in tasks(rose) if "is ready" in task]


def test_a_draft_that_is_begun_after_publishing_has_a_thread_of_its_own(ed, leaflet):
    say(ed, leaflet, "ready", "The phone number is new.")
    publish_as_staff(leaflet.editions.get(status="draft"))
    draft_as_staff("More words.")

    assert "The phone number is new." not in visit(ed, page("thread", leaflet)).text()


@pytest.mark.each_database
def test_what_was_said_goes_with_a_discarded_draft(ed, leaflet):
    say(ed, leaflet, "ready", "Please look.")
    shown = visit(ed, page("discard", leaflet))
    assert "What was said about it goes too." in shown.text()

    basis = re.search(r'name="basis" value="([^"]*)"', shown.html)[1]
    ed.post(page("discard", leaflet), {"basis": basis})

    assert (DraftNote.objects.count(), history()) == (0, [(1, "published")])


def test_readers_see_nothing_of_what_was_said(ed, client, leaflet):
    say(ed, leaflet, "ready", "Hush.")
    draft = leaflet.editions.get(status="draft")
    link = share_links.create_share_link(draft, by=User.objects.get(username="ed"))

    assert "Hush." not in client.get(f"/shared/{share_links.make_token(link)}/").content.decode()
    publish_as_staff(draft)
    for path in ("", "editions/", "editions/1/"):
        assert "Hush." not in client.get(f"/leaflets/{SLUG}/{path}").content.decode()


# Forms that are sent twice, or after something changed


@pytest.mark.each_database
@pytest.mark.parametrize("kind", ["ready", "answer"])
def test_a_note_that_is_sent_twice_is_stored_once(ed, leaflet, kind):
    say(ed, leaflet, "ready", "Before.") if kind == "answer" else None
    typed = shown_form(ed, leaflet) | {"text": "Once.", "action": kind}

    answers = [ed.post(page("thread", leaflet), typed) for _ in range(2)]

    assert [(one.status_code, one["Location"]) for one in answers] == [
        (302, f"{page('history', leaflet)}#thread")
    ] * 2
    assert DraftNote.objects.filter(text="Once.").count() == 1


def test_a_note_that_is_sent_again_after_publishing_ends_where_the_first_did(ed, leaflet):
    typed = shown_form(ed, leaflet) | {"text": "Once.", "action": "ready"}
    ed.post(page("thread", leaflet), typed)
    publish_as_staff(leaflet.editions.get(status="draft"))

    assert ed.post(page("thread", leaflet), typed).status_code == 302
    assert DraftNote.objects.count() == 1


def test_the_same_words_can_be_said_again_later(ed, leaflet):
    say(ed, leaflet, "ready", "Please look.")
    say(ed, leaflet, "answer", "Please look!")
    say(ed, leaflet, "answer", "Please look!")

    assert DraftNote.objects.count() == 3


@pytest.mark.each_database
@pytest.mark.parametrize("kind", ["ready", "returned"])
def test_a_draft_that_was_saved_meanwhile_is_neither_handed_over_nor_returned(ed, rose, leaflet, kind):
    if kind == "returned":
        say(ed, leaflet, "ready", "Please look.")
    typed = shown_form(rose, leaflet) | {"text": "My words.", "action": kind}
    draft_as_staff("A colleague's words.")

    response = rose.post(page("thread", leaflet), typed)

    assert (response.status_code, "My words." in response.content.decode()) == (409, True)
    assert not DraftNote.objects.filter(text="My words.").exists()


def test_an_answer_is_stored_though_the_draft_was_saved_meanwhile(ed, rose, leaflet):
    say(ed, leaflet, "ready", "Please look.")
    typed = shown_form(rose, leaflet) | {"text": "On Monday.", "action": "answer"}
    draft_as_staff("A colleague's words.")

    assert rose.post(page("thread", leaflet), typed).status_code == 302


def test_a_note_waits_where_a_colleague_said_something_meanwhile(ed, rose, leaflet):
    say(ed, leaflet, "ready", "Please look.")
    typed = shown_form(rose, leaflet) | {"text": "My words.", "action": "returned"}
    say(ed, leaflet, "answer", "Wait: one more change.")

    response = rose.post(page("thread", leaflet), typed)

    assert response.status_code == 409
    assert "My words." in response.content.decode()
    assert "Wait: one more change." in response.content.decode()
    assert say(rose, leaflet, "returned", "My words.") == 302


@pytest.mark.each_database
def test_words_about_a_draft_that_was_published_meanwhile_are_shown(ed, leaflet):
    typed = shown_form(ed, leaflet) | {"text": "My words.", "action": "ready"}
    publish_as_staff(leaflet.editions.get(status="draft"))

    response = ed.post(page("thread", leaflet), typed, follow=True)

    assert "Your words were not sent: “My words.”" in response.content.decode()
    assert not DraftNote.objects.exists()


@pytest.mark.parametrize("fields", [{"basis": ""}, {"basis": "x"}, {"newest": ""}, {"newest": "9" * 40}])
def test_a_form_that_does_not_say_what_it_was_opened_with_stores_nothing(ed, leaflet, fields):
    assert say(ed, leaflet, "ready", "Please look.", **fields) == 409
    assert not DraftNote.objects.exists()


def test_a_section_that_is_not_in_the_draft_is_refused(ed, leaflet):
    say(ed, leaflet, "ready", "Please look.")

    assert say(ed, leaflet, "answer", "Here.", "no-such-section") == 422
    assert say(ed, leaflet, "answer", "Here.", "a\0b") == 422


def test_save_and_hand_over_saves_the_draft_first(ed, leaflet):
    response = ed.post(
        page("edit", leaflet), opened(ed, leaflet) | {"introduction": "Saved first.", "action": "thread"}
    )

    assert response["Location"] == page("thread", leaflet)
    assert leaflet.editions.get(status=Edition.Status.DRAFT).sections.get(position=0).body == "Saved first."


def test_a_leaflet_without_a_draft_leads_to_its_history(ed, leaflet):
    publish_as_staff(leaflet.editions.get(status="draft"))

    assert ed.get(page("thread", leaflet))["Location"] == page("history", leaflet)


@pytest.mark.each_database
@pytest.mark.parametrize(("state", "count"), [("ready", 1), ("returned", 0)])
def test_the_list_is_filtered_by_the_state_of_the_draft(ed, leaflet, state, count):
    say(ed, leaflet, "ready", "Please look.")

    shown = visit(ed, f"{CHANGELIST}?draft={state}")

    assert len(shown.all("td[@class='field-draft']")) == count


# What changed since


def since(client: Client, leaflet: Leaflet) -> list[tuple[str, str]]:
    """What the page for publishing says under each heading "Since …": the heading, and the words that came and went."""
    shown = visit(client, page("publish", leaflet))
    return [
        (
            " ".join("".join(part.find(".//summary").itertext()).split()),
            " ".join(
                f"{word.tag}: {word[0].tail.strip()}" for word in part.iter() if word.tag in ("ins", "del")
            ),
        )
        for part in shown.all("details[@class='admin-since']")
    ]


def headings_of(found: list[tuple[str, str]]) -> list[str]:
    return [re.sub(r" on \d.*?:\d\d", "", heading) for heading, _ in found]


def test_a_publisher_sees_what_changed_since_the_draft_was_handed_over_and_returned(ed, rose, leaflet):
    say(ed, leaflet, "ready", "Please look.")
    assert since(rose, leaflet) == []
    draft_as_staff("New words and more.")
    say(rose, leaflet, "returned", "Which number?")
    draft_as_staff("New words and a number.")
    say(ed, leaflet, "ready", "The number is there.")

    found = since(rose, leaflet)

    assert headings_of(found) == ["Since rose returned it", "Since ed handed it over"]
    assert [words for _, words in found] == [
        "del: more. ins: a number.",
        "del: words. ins: words and a number.",
    ]


def test_the_same_text_is_compared_once(ed, rose, leaflet):
    say(ed, leaflet, "ready", "Please look.")
    say(rose, leaflet, "returned", "Which number?")
    draft_as_staff("New words and a number.")
    say(ed, leaflet, "ready", "The number is there.")

    assert headings_of(since(rose, leaflet)) == ["Since rose returned it and ed handed it over"]


def test_the_heading_says_returned_where_the_draft_was_returned(ed, rose, leaflet):
    def heading() -> list[str]:
        found = visit(rose, page("publish", leaflet)).texts("section/h2")
        return [words for words in found if words.startswith("What changed since")]

    say(ed, leaflet, "ready", "Please look.")
    draft_as_staff("New words and a number.")
    assert heading() == ["What changed since it was handed over"]

    say(rose, leaflet, "returned", "Which number?")
    draft_as_staff("New words and the number.")
    say(ed, leaflet, "ready", "This one.")
    assert heading() == ["What changed since it was handed over or returned"]


def test_what_was_saved_after_the_draft_was_handed_over_is_shown_too(ed, rose, leaflet):
    say(ed, leaflet, "ready", "Please look.")
    draft_as_staff("New words and a number.")

    assert since(rose, leaflet)[0][1] == "del: words. ins: words and a number."


def test_a_draft_that_comes_back_unchanged_says_so(ed, rose, leaflet):
    say(ed, leaflet, "ready", "Please look.")
    say(rose, leaflet, "returned", "Which number?")
    say(ed, leaflet, "ready", "There is none.")

    assert since(rose, leaflet) == []
    assert (
        "Nothing changed in the draft since ed handed it over on"
        in visit(rose, page("publish", leaflet)).text()
    )


@pytest.mark.each_database
def test_only_the_texts_of_the_last_three_turns_are_kept_and_none_of_an_answer(ed, rose, leaflet):
    for number in range(3):
        draft_as_staff(f"Words {number}.")
        say(ed, leaflet, "ready", f"Ready {number}.")
        say(ed, leaflet, "answer", f"Yes {number}.")
        say(rose, leaflet, "returned", f"Not yet {number}.")

    kept = DraftNote.objects.filter(draft_text__isnull=False).order_by("pk")

    assert [note.text for note in kept] == ["Not yet 1.", "Ready 2.", "Not yet 2."]


@pytest.mark.each_database
def test_the_texts_go_when_the_draft_is_published_or_discarded(ed, rose, leaflet):
    say(ed, leaflet, "ready", "Please look.")
    assert DraftNote.objects.filter(draft_text__isnull=False).exists()

    publish_as_staff(Edition.objects.get(status=Edition.Status.DRAFT))

    assert DraftNote.objects.get().draft_text is None


@pytest.mark.each_database
def test_a_note_of_an_older_version_of_the_site_has_no_text_to_compare(ed, rose, leaflet):
    say(ed, leaflet, "ready", "Please look.")
    DraftNote.objects.update(draft_text=None)
    draft_as_staff("New words and a number.")

    assert since(rose, leaflet) == []
    assert "Nothing changed in the draft" not in visit(rose, page("publish", leaflet)).text()


def test_the_pages_that_list_notes_do_not_read_the_texts(ed, rose, leaflet):
    say(ed, leaflet, "ready", "Please look.")
    with CaptureQueriesContext(connection) as queries:
        for name in ("edit", "history", "thread"):
            rose.get(page(name, leaflet))
        rose.get("/admin/")

    assert [one["sql"] for one in queries if "draft_text" in one["sql"]] == []


def leave(name: str) -> None:
    User.objects.filter(username=name).update(is_active=False)


@pytest.mark.parametrize("where", ["publish", "thread", "history"])
def test_a_publisher_is_told_before_returning_a_draft_that_nobody_would_get_it(ed, rose, leaflet, where):
    say(ed, leaflet, "ready", "Please look.")
    assert "nobody would get it" not in visit(rose, page(where, leaflet)).text()

    leave("ed")

    shown = visit(rose, page(where, leaflet)).text()
    assert "ed's account is closed: nobody would get it. Edit it yourself or publish it." in shown
    assert "The editor sees it on their start page" not in shown


def test_an_editor_who_may_not_edit_any_more_would_not_get_it(ed, rose, leaflet):
    say(ed, leaflet, "ready", "Please look.")
    User.objects.get(username="ed").groups.clear()

    assert (
        "ed may not edit leaflets any more: nobody would get it."
        in visit(rose, page("publish", leaflet)).text()
    )


def test_a_draft_of_somebody_who_has_left_can_come_back_to_who_saved_it_last(ed, rose, leaflet):
    kim = signed_in("Editors", "kim")
    say(ed, leaflet, "ready", "Please look.")
    save(kim, leaflet, introduction="Better words.")
    leave("ed")
    assert "nobody would get it" not in visit(rose, page("publish", leaflet)).text()

    say(rose, leaflet, "returned", "Which number?")

    assert "“SEN support” came back from rose: Which number?" in tasks(kim)
    assert not [words for words in tasks(rose) if "has left" in words]


def test_a_draft_that_went_back_to_somebody_who_has_left_waits_for_publishers(ed, rose, leaflet):
    say(ed, leaflet, "ready", "Please look.")
    say(rose, leaflet, "returned", "Which number?")
    waits = (
        "“SEN support” went back to ed, who has left. Somebody has to take it over. rose wrote: Which number?"
    )
    assert waits not in tasks(rose)

    leave("ed")

    assert waits in tasks(rose)
    assert waits in tasks(signed_in("Publishers", "paul"))
    assert waits not in tasks(signed_in("Editors", "kim"))


def test_a_draft_that_a_publisher_took_over_waits_for_the_others_no_more(ed, rose, leaflet):
    say(ed, leaflet, "ready", "Please look.")
    say(rose, leaflet, "returned", "Which number?")
    leave("ed")

    save(rose, leaflet, introduction="My words.")

    assert not [words for words in tasks(signed_in("Publishers", "paul")) if "has left" in words]
    assert not [words for words in tasks(rose) if "has left" in words]


def test_who_returns_a_draft_to_somebody_who_has_left_is_told_where_it_waits(ed, rose, leaflet):
    say(ed, leaflet, "ready", "Please look.")
    leave("ed")
    say(rose, leaflet, "returned", "Which number?")

    told = visit(rose, page("history", leaflet)).text()

    assert (
        "ed's account is closed: publishers see it on their start page until somebody takes it over." in told
    )
    assert "The editor sees it on their start page" not in told


@pytest.mark.each_database
@pytest.mark.parametrize("where", ["publish", "thread", "history", "edit"])
def test_people_are_called_by_their_names(ed, rose, leaflet, where):
    User.objects.filter(username="ed").update(first_name="Edward", last_name="Low")
    User.objects.filter(username="rose").update(first_name="Rose", last_name="Gray")
    say(ed, leaflet, "ready", "Please look.")
    save(ed, leaflet, introduction="Mine.")
    assert (
        "“SEN support” is ready to publish. Edward Low wrote: Please look. It was saved again since."
        in tasks(rose)
    )
    say(rose, leaflet, "returned", "Which number?")

    shown = visit(rose, page(where, leaflet)).text("*[@id='content']")

    assert "Rose Gray returned it" in shown
    assert not re.search(r"\b(?:ed|rose)\b", shown)
    assert "“SEN support” came back from Rose Gray: Which number?" in tasks(ed)
