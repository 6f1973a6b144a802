"""Have Your Say: what readers send to the service, and what they are told."""

import pytest

from leaflets import publishing
from leaflets.feedback.models import Feedback, make_reference
from leaflets.models import Leaflet
from tests.conftest import Visitor
from tests.factories import SLUG, draft_as_staff
from tests.pages import Page, load_site, visit, words, written

FORM = "/have-your-say/"
TOO_LONG = "a" * 4001


@pytest.fixture(autouse=True)
def _site(db, tmp_path) -> None:
    load_site(tmp_path, written("Words.\n\n## One {#one}\n\nMore words.", "other", title="Another leaflet"))


def send(client: Visitor, **fields: str) -> Page:
    """Press the form's button; follow to the page that comes next."""
    return Page(FORM, client.post(FORM, fields, follow=True))


def value(page: Page, name: str) -> str:
    """What stands in a field of the form."""
    if name == "comments":
        # Browsers drop the line end that comes first in a text area.
        return (
            (page.one("form//textarea[@name='comments']").text or "").removeprefix("\n").removeprefix("\r\n")
        )
    fields = page.all(f"form//input[@name='{name}']")
    return fields[0].get("value", "") if fields else ""


# The form


def test_the_form_asks_for_comments_and_two_things_that_may_stay_empty(client):
    page = visit(client, FORM)

    assert page.status == 200
    assert page.texts("main//form//label") == [
        "Your comments",
        "Your name (optional)",
        "Your e-mail address or phone number (optional)",
    ]


def test_every_field_has_a_label_and_its_hint_is_read_with_it(client):
    page = visit(client, FORM)

    labelled = {label.get("for") for label in page.all("main//form//label")}
    comments = page.one("main//form//textarea")
    assert comments.get("id") in labelled
    hint = page.text(f"*[@id='{comments.get('aria-describedby')}']")
    assert hint == "Please leave out names of children and anything about their health."


def test_the_form_says_whom_to_phone_for_advice(client):
    page = visit(client, FORM)

    assert page.links("main")["01632 960000"] == "tel:01632960000"


def test_the_form_leads_to_what_happens_with_the_message(client):
    page = visit(client, FORM)

    assert page.links("main")["How we use what you tell us"] == "/privacy/"


def test_a_browser_never_cuts_a_message_short_in_silence(client):
    page = visit(client, FORM)

    assert page.one("main//form//textarea").get("maxlength") is None


# What it is about


def test_a_link_in_a_leaflet_says_what_the_message_is_about(client):
    page = visit(client, f"{FORM}?leaflet=sen-support&section=duties")

    assert "This is about SEN support: The duties of schools." in page.text("main")
    assert (value(page, "leaflet"), value(page, "section")) == ("sen-support", "duties")


def test_a_message_may_be_about_a_whole_leaflet(client):
    page = visit(client, f"{FORM}?leaflet=sen-support")

    assert "This is about SEN support." in page.text("main")
    assert (value(page, "leaflet"), value(page, "section")) == ("sen-support", "")


def test_a_reader_may_write_about_something_else(client):
    page = visit(client, f"{FORM}?leaflet=sen-support")

    assert page.links("main")["Write about something else"] == FORM


@pytest.mark.parametrize(
    "query",
    [
        "leaflet=never-was",
        "leaflet=never-was&section=duties",
        "section=duties",
        "leaflet=&section=",
        "leaflet=%00",
        "leaflet=%00&section=%00",
        "leaflet=<script>alert(1)</script>",
        "leaflet=%FF",
        "leaflet=" + "x" * 3000,
    ],
)
def test_a_leaflet_that_is_unknown_is_ignored(client, query):
    page = visit(client, f"{FORM}?{query}")

    assert page.status == 200
    assert "This is about" not in page.text("main")
    assert (value(page, "leaflet"), value(page, "section")) == ("", "")


@pytest.mark.parametrize("section", ["never-was", "one", "introduction", "%00", "<script>"])
def test_a_section_that_the_leaflet_does_not_have_is_ignored(client, section):
    page = visit(client, f"{FORM}?leaflet=sen-support&section={section}")

    assert page.status == 200
    assert "This is about SEN support." in page.text("main")
    assert value(page, "section") == ""


def test_a_draft_is_not_given_away(client, tmp_path):
    publishing.withdraw(Leaflet.objects.get(slug=SLUG))
    draft_as_staff("Only staff may read this.")

    page = visit(client, f"{FORM}?leaflet=sen-support")

    assert "This is about" not in page.text("main")


# Sending


def test_a_message_is_stored_with_what_it_is_about(client):
    send(
        client,
        comments="Very clear.",
        name="A. Parent",
        contact="01632 960123",
        leaflet="sen-support",
        section="duties",
    )

    stored = Feedback.objects.get()
    assert (stored.comments, stored.name, stored.contact) == ("Very clear.", "A. Parent", "01632 960123")
    assert (stored.leaflet.slug, stored.section) == ("sen-support", "duties")


def test_comments_alone_are_enough(client):
    send(client, comments="Very clear.")

    stored = Feedback.objects.get()
    assert (stored.comments, stored.name, stored.contact) == ("Very clear.", "", "")
    assert (stored.leaflet, stored.section) == (None, "")


def test_nothing_is_stored_but_what_somebody_typed(client):
    client.get(FORM, headers={"user-agent": "A phone"}, REMOTE_ADDR="192.0.2.1")
    client.post(FORM, {"comments": "Hello."}, headers={"user-agent": "A phone"}, REMOTE_ADDR="192.0.2.1")

    assert "192.0.2.1" not in str(Feedback.objects.values().get())
    assert "A phone" not in str(Feedback.objects.values().get())


def test_the_sender_goes_on_to_a_page_that_can_be_loaded_again_without_sending_twice(client):
    response = client.post(FORM, {"comments": "Very clear."})

    assert response.status_code == 303
    assert response["Location"] == f"/have-your-say/thank-you/?reference={Feedback.objects.get().reference}"


def test_the_sender_is_thanked_and_given_a_reference(client):
    page = send(client, comments="Very clear.")

    assert page.status == 200
    assert page.text("h1") == "Thank you"
    assert Feedback.objects.get().reference in page.text("main")


def test_the_words_arrive_as_they_were_typed(client):
    typed = "Zażółć 🙂\r\n\r\n<b>bold</b> & \"quoted\" 'words'\r\n\tend"

    send(client, comments=typed)

    assert Feedback.objects.get().comments == typed


def test_a_message_needs_no_cookie_and_no_token(db):
    stranger = Visitor(enforce_csrf_checks=True)

    response = stranger.post(FORM, {"comments": "Very clear."})

    assert response.status_code == 303
    assert stranger.cookies == {}


def test_the_longest_message_that_fits_is_stored_whole(client):
    send(client, comments="é" * 4000)

    assert Feedback.objects.get().comments == "é" * 4000


@pytest.mark.parametrize("section", ["one", "never-was", "<script>", "x" * 500])
def test_a_section_that_the_leaflet_does_not_have_is_forgotten_and_the_message_kept(client, section):
    send(client, comments="Very clear.", leaflet="sen-support", section=section)

    stored = Feedback.objects.get()
    assert (stored.leaflet.slug, stored.section) == ("sen-support", "")


@pytest.mark.parametrize("leaflet", ["never-was", "<script>", "x" * 500])
def test_a_leaflet_that_is_unknown_is_forgotten_and_the_message_kept(client, leaflet):
    send(client, comments="Very clear.", leaflet=leaflet, section="duties")

    stored = Feedback.objects.get()
    assert (stored.comments, stored.leaflet, stored.section) == ("Very clear.", None, "")


def test_a_leaflet_that_was_withdrawn_while_somebody_wrote_does_not_lose_the_message(client):
    publishing.withdraw(Leaflet.objects.get(slug=SLUG))

    send(client, comments="Very clear.", leaflet="sen-support", section="duties")

    assert Feedback.objects.get().comments == "Very clear."


def test_two_people_who_send_the_same_words_are_both_heard(client):
    send(client, comments="Very clear.")
    send(client, comments="Very clear.")

    assert Feedback.objects.count() == 2


# When something is wrong


@pytest.mark.parametrize("comments", ["", "   ", "\r\n\r\n"])
def test_a_message_without_words_is_sent_back_with_what_to_do(client, comments):
    page = send(client, comments=comments)

    assert page.status == 422
    assert page.text("*[@role='alert']//li") == "Write your comments in the box."
    assert Feedback.objects.count() == 0


def test_the_summary_of_mistakes_leads_to_the_field(client):
    page = send(client, comments="")

    link = page.one("*[@role='alert']//li/a")
    assert page.one(f"*[@id='{link.get('href')[1:]}']").get("name") == "comments"


def test_the_mistake_is_read_out_with_its_field(client):
    page = send(client, comments="")

    comments = page.one("form//textarea[@name='comments']")
    assert comments.get("aria-invalid") == "true"
    described = [page.text(f"*[@id='{part}']") for part in comments.get("aria-describedby").split()]
    assert "Write your comments in the box." in described


def test_the_title_says_that_something_is_to_be_checked(client):
    page = send(client, comments="")

    assert page.text("title") == "Please check: Have Your Say – Example SENDIASS"


def test_a_message_that_is_too_long_says_by_how_much_and_keeps_every_word(client):
    page = send(client, comments=TOO_LONG, name="A. Parent", contact="01632 960123")

    assert page.status == 422
    assert "4001" in page.text("*[@role='alert']//li")
    assert "4000" in page.text("*[@role='alert']//li")
    assert value(page, "comments") == TOO_LONG
    assert (value(page, "name"), value(page, "contact")) == ("A. Parent", "01632 960123")


@pytest.mark.parametrize(("field", "limit"), [("name", 100), ("contact", 200)])
def test_the_other_fields_have_a_limit_too_and_keep_every_word(client, field, limit):
    page = send(client, comments="Very clear.", **{field: "x" * (limit + 1)})

    assert page.status == 422
    assert len(page.all("*[@role='alert']//li/a")) == 1
    assert value(page, field) == "x" * (limit + 1)


def test_what_the_message_is_about_is_kept_too(client):
    page = send(client, comments="", leaflet="sen-support", section="duties")

    assert "This is about SEN support: The duties of schools." in page.text("main")
    assert (value(page, "leaflet"), value(page, "section")) == ("sen-support", "duties")


@pytest.mark.parametrize(
    "hostile",
    [
        "</textarea><script>alert(1)</script>",
        '"><img src=x onerror=alert(1)>',
        "{{ 7|add:7 }}{% now 'Y' %}",
        "<!-- & &lt; -->",
    ],
)
def test_hostile_words_are_only_words(client, hostile):
    page = send(client, comments=hostile + TOO_LONG, name=hostile, contact=hostile, leaflet=hostile)

    assert value(page, "comments") == hostile + TOO_LONG
    assert (value(page, "name"), value(page, "contact")) == (hostile, hostile)
    assert page.all("script") == []
    assert page.all("img") == []


@pytest.mark.parametrize("field", ["comments", "name", "contact", "leaflet", "section"])
def test_an_invisible_character_never_breaks_the_form(client, field):
    fields = {"comments": "Very clear.", "leaflet": "sen-support"} | {field: "a\x00b"}

    page = send(client, **fields)

    assert page.status in (200, 422)


# The thank-you page


@pytest.mark.parametrize("reference", ["", "XXXX-XXXX", "<script>alert(1)</script>", "%00", "x" * 3000])
def test_a_reference_that_we_never_gave_is_not_thanked_for(client, reference):
    page = visit(client, f"/have-your-say/thank-you/?reference={reference}")

    assert page.status == 200
    assert page.text("h1") == "We do not know this reference"
    assert "Thank you" not in page.texts("h1")
    assert page.all("script") == []


def test_a_thank_you_shows_nothing_of_what_was_sent(client):
    page = send(client, comments="Something private.", name="A. Parent", contact="01632 960123")

    assert "Something private." not in page.html
    assert "A. Parent" not in page.html
    assert "01632 960123" not in page.html


def test_a_thank_you_is_not_found_by_search_engines(client):
    page = send(client, comments="Very clear.")

    assert page.meta("robots") == "noindex"


def test_a_reference_has_no_letters_that_sound_or_look_alike():
    letters = set("".join(make_reference() for _ in range(1000))) - {"-"}

    assert not letters & set("0O1IL5S2Z8B")
    assert letters <= set("ACDEFGHJKMNPQRTUVWXY34679")


def test_references_are_two_groups_of_four_and_never_the_same():
    references = {make_reference() for _ in range(1000)}

    assert len(references) == 1000
    assert {tuple(map(len, reference.split("-"))) for reference in references} == {(4, 4)}


# Nobody keeps a copy


@pytest.mark.parametrize("path", [FORM, f"{FORM}?leaflet=sen-support", "/have-your-say/thank-you/"])
def test_pages_with_what_somebody_typed_are_kept_by_nobody(client, path):
    assert "no-store" in client.get(path)["Cache-Control"]


def test_the_answers_to_a_message_are_kept_by_nobody(client):
    assert "no-store" in client.post(FORM, {"comments": ""})["Cache-Control"]
    assert "no-store" in client.post(FORM, {"comments": "Very clear."})["Cache-Control"]


@pytest.mark.parametrize("method", ["put", "patch", "delete"])
def test_the_form_is_sent_in_one_way_only(client, method):
    assert getattr(client, method)(FORM).status_code == 405


def test_a_leaflet_that_somebody_wrote_about_can_not_vanish_with_the_message(client):
    send(client, comments="Very clear.", leaflet="sen-support")

    publishing.withdraw(Leaflet.objects.get(slug=SLUG))

    assert Feedback.objects.get().leaflet.slug == "sen-support"
    assert words(visit(client, "/leaflets/sen-support/").one("h1")) == "This leaflet was withdrawn"
