"""Have Your Say: the form, its validation, rejections, rate limits and the thank-you page."""

import datetime as dt

import pytest
from django.http import HttpResponse
from django.utils import timezone

from leaflets.feedback import retention
from leaflets.feedback.models import Feedback, SubmissionLog, make_reference
from leaflets.models import Leaflet, Service
from leaflets.publishing import editions
from tests.conftest import HttpsClient
from tests.factories import SLUG, draft_as_staff
from tests.pages import Page, leaflet_from_text, load_site, opened, visit, words

FORM = "/have-your-say/"
TOO_LONG = "a" * 4001


pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module", autouse=True)
def _site(module_database, tmp_path_factory) -> None:
    other = leaflet_from_text("Words.\n\n## One {#one}\n\nMore words.", "other", title="Another leaflet")
    with module_database.unblock():
        load_site(tmp_path_factory.mktemp("site"), other)


def post(client: HttpsClient, **fields: str) -> HttpResponse:
    """Submit the form a minute after it was opened."""
    return client.post(FORM, {"opened": opened()} | fields)


def send(client: HttpsClient, **fields: str) -> Page:
    """Submit the form and follow the redirect."""
    response = post(client, **fields)
    return visit(client, response["Location"]) if response.status_code == 303 else Page(FORM, response)


def value(page: Page, name: str) -> str:
    """The value of a field of the form."""
    if name == "comments":
        # Browsers drop a line break at the beginning of a textarea.
        return (
            (page.one("form//textarea[@name='comments']").text or "").removeprefix("\n").removeprefix("\r\n")
        )
    fields = page.all(f"form//input[@name='{name}']")
    return fields[0].get("value", "") if fields else ""


# The form


@pytest.mark.any_database
def test_the_form_has_few_fields_and_none_is_required(client):
    page = visit(client, FORM)

    assert page.status == 200
    assert page.texts("main//form//legend") == ["Was this useful?", "Would you like a reply?"]
    assert [label for label in page.texts("main//form//label") if label != "Leave this empty"] == [
        "What would you like to tell us?",
        "Yes",
        "No",
        "Your name",
        "Your e-mail address",
        "Your phone number",
    ]
    assert page.all("main//form//*[@required]") == []


def test_no_answer_to_the_question_whether_it_was_useful_is_preselected(client):
    page = visit(client, FORM)

    answers = page.all("input[@name='useful']")
    assert [answer.get("value") for answer in answers] == ["yes", "no"]
    assert [answer.get("checked") for answer in answers] == [None, None]


def test_an_answer_is_kept_in_a_form_with_errors(client):
    page = send(client, useful="no", comments=TOO_LONG)

    chosen = [
        answer.get("value")
        for answer in page.all("input[@name='useful']")
        if answer.get("checked") is not None
    ]
    assert chosen == ["no"]


def test_the_box_comes_first_and_says_how_much_fits_before_anything_is_typed(client):
    page = visit(client, FORM)

    fields = [one for one in page.one("main//form").iter() if one.get("name") and one.get("type") != "hidden"]
    assert [one.get("name") for one in fields[1:4]] == ["comments", "useful", "useful"]
    box = page.one("form//textarea")
    assert "Up to 4,000 characters" in page.text(f"*[@id='{box.get('aria-describedby')}']")


@pytest.mark.any_database
def test_every_field_has_a_label_and_its_hint_is_read_with_it(client):
    page = visit(client, FORM)

    labelled = {label.get("for") for label in page.all("main//form//label")}
    seen = [field for kind in ("input", "textarea") for field in page.all(f"main//form//{kind}")]
    assert {field.get("id") for field in seen if field.get("type") != "hidden"} <= labelled
    box, reply = page.one("form//textarea"), page.one("form//fieldset[@class='reply']")
    hints = [page.text(f"*[@id='{one.get('aria-describedby')}']") for one in (box, reply)]
    assert hints[0].endswith("Please leave out names, and anything about a child's health.")
    assert hints[1].endswith("An e-mail address or a phone number is enough.")


@pytest.mark.any_database
def test_contact_fields_have_autocomplete_tokens(client):
    page = visit(client, FORM)

    tokens = {
        name: page.one(f"form//input[@name='{name}']").get("autocomplete")
        for name in ("name", "email", "phone")
    }
    assert tokens == {"name": "name", "email": "email", "phone": "tel"}


@pytest.mark.any_database
def test_the_form_says_what_to_leave_out_who_reads_it_and_how_long_it_is_kept(client):
    said = visit(client, FORM).text("main//form")

    assert "leave out names, and anything about a child's health" in said
    assert "Staff of Example SENDIASS read it." in said
    assert "We delete what you write after 365 days." in said


@pytest.mark.any_database
def test_how_long_it_is_kept_comes_from_the_settings(client, settings):
    settings.FEEDBACK_DAYS = 100

    assert "We delete what you write after 100 days." in visit(client, FORM).text("main")


@pytest.mark.any_database
def test_the_form_says_whom_to_phone_for_advice(client):
    page = visit(client, FORM)

    assert page.links("main")["Call 01632 960000"] == "tel:01632960000"


@pytest.mark.any_database
def test_the_form_links_to_the_privacy_page(client):
    page = visit(client, FORM)

    assert page.links("main")["How we use what you tell us"] == "/privacy/"


@pytest.mark.any_database
def test_the_comments_field_has_no_maxlength(client):
    page = visit(client, FORM)

    assert page.one("main//form//textarea").get("maxlength") is None


# The subject


def test_a_link_in_a_leaflet_says_what_the_message_is_about(client):
    page = visit(client, f"{FORM}?leaflet=sen-support&section=duties")

    assert "This is about SEN support: The duties of schools." in page.text("main")
    assert (value(page, "leaflet"), value(page, "section")) == ("sen-support", "duties")


def test_a_message_may_be_about_a_whole_leaflet(client):
    page = visit(client, f"{FORM}?leaflet=sen-support")

    assert "This is about SEN support." in page.text("main")
    assert (value(page, "leaflet"), value(page, "section")) == ("sen-support", "")


PLAN = "sen-support&section=plan"


def test_a_link_can_name_a_heading_inside_a_section(client):
    page = visit(client, f"{FORM}?leaflet={PLAN}")

    assert "This is about SEN support: Plan." in page.text("main")
    assert (value(page, "leaflet"), value(page, "section")) == ("sen-support", "plan")


def test_a_heading_inside_the_introduction_can_be_named(client, tmp_path):
    load_site(
        tmp_path, leaflet_from_text("Words.\n\n### First {#first}\n\nMore.", "short", title="A short one")
    )

    send(client, comments="Very clear.", leaflet="short", section="first")

    assert "This is about A short one: First." in visit(client, f"{FORM}?leaflet=short&section=first").text(
        "main"
    )
    assert Feedback.objects.with_titles().get().section_heading == "First"


def test_a_message_about_a_heading_inside_a_section_is_stored_with_both_names(client):
    send(client, comments="Very clear.", leaflet="sen-support", section="plan")

    stored = Feedback.objects.with_titles().get()
    assert (stored.leaflet.slug, stored.section, stored.edition_number) == ("sen-support", "plan", 1)
    assert stored.section_heading == "How help goes on: Plan"


def test_a_message_about_a_section_has_the_name_that_the_section_has_now(client):
    send(client, comments="Very clear.", leaflet="sen-support", section="duties")

    stored = Feedback.objects.with_titles().get()
    assert (stored.subsection_name, stored.section_heading) == ("", "The duties of schools")


def test_an_anonymised_message_keeps_the_heading_inside_a_section(client):
    send(client, comments="Very clear.", leaflet="sen-support", section="plan")

    retention.erase_all(Feedback.objects.get())

    assert Feedback.objects.with_titles().get().section_heading == "How help goes on: Plan"


def test_the_subject_can_be_removed_without_losing_the_comments(client):
    page = send(client, comments="A long story.", leaflet="sen-support", section="duties", about="nothing")

    assert page.status == 200
    assert "This is about" not in page.text("main")
    assert (value(page, "leaflet"), value(page, "comments")) == ("", "A long story.")
    assert not Feedback.objects.exists()


def test_a_leaflet_is_found_by_an_old_slug(client, tmp_path):
    load_site(tmp_path, leaflet_from_text("Words.", "plans", title="Plans", formerly="[ehc-plans]"))

    assert "This is about Plans." in visit(client, f"{FORM}?leaflet=ehc-plans").text("main")


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


def test_the_form_does_not_reveal_a_draft(client, tmp_path):
    editions.withdraw(Leaflet.objects.get(slug=SLUG))
    draft_as_staff("Only staff may read this.")

    page = visit(client, f"{FORM}?leaflet=sen-support")

    assert "This is about" not in page.text("main")


# SubmissionLog


def test_a_message_is_stored_with_what_it_is_about(client):
    send(
        client,
        useful="yes",
        comments="Very clear.",
        wants_reply="on",
        name="A. Parent",
        email="parent@example.org",
        phone="01632 960123",
        leaflet="sen-support",
        section="duties",
    )

    stored = Feedback.objects.get()
    assert (stored.useful, stored.comments, stored.wants_reply) == ("yes", "Very clear.", True)
    assert (stored.name, stored.email, stored.phone) == ("A. Parent", "parent@example.org", "01632 960123")
    assert (stored.leaflet.slug, stored.section, stored.edition_number) == ("sen-support", "duties", 1)


def test_comments_alone_are_enough(client):
    send(client, comments="Very clear.")

    stored = Feedback.objects.get()
    assert (stored.comments, stored.useful, stored.wants_reply) == ("Very clear.", "", False)
    assert (stored.name, stored.email, stored.phone) == ("", "", "")
    assert (stored.leaflet, stored.section, stored.edition_number) == (None, "", None)


@pytest.mark.parametrize("answer", ["yes", "no"])
def test_an_answer_alone_is_enough(client, answer):
    send(client, useful=answer)

    assert (Feedback.objects.get().useful, Feedback.objects.get().comments) == (answer, "")


@pytest.mark.parametrize("way", [{"email": "parent@example.org"}, {"phone": "01632 960123"}])
def test_one_way_to_be_reached_is_enough_for_a_reply(client, way):
    send(client, comments="Very clear.", wants_reply="on", **way)

    assert Feedback.objects.get().wants_reply


def test_contact_details_imply_that_a_reply_is_wanted(client):
    send(client, comments="Very clear.", email="parent@example.org")

    assert Feedback.objects.get().wants_reply


@pytest.mark.parametrize("blank", [" ", "\t", "\u00a0"])
def test_a_reply_that_was_asked_for_on_an_older_page_needs_contact_details(client, blank):
    page = send(client, comments="Very clear.", wants_reply="on", email=blank, phone=blank)

    assert page.status == 422
    assert "Give an e-mail address or a phone number" in page.text("*[@role='alert']")
    assert not Feedback.objects.exists()


def test_a_name_without_contact_details_is_not_stored(client):
    send(client, comments="Very clear.", name="A. Parent")

    assert Feedback.objects.get().name == ""


def test_address_and_browser_of_the_sender_are_not_stored(client):
    fields = {"comments": "Hello.", "opened": opened()}
    client.post(FORM, fields, headers={"user-agent": "A phone"}, REMOTE_ADDR="192.0.2.1")

    stored = str(Feedback.objects.values().get()) + str(SubmissionLog.objects.values().get())
    assert "192.0.2.1" not in stored
    assert "A phone" not in stored


def test_a_stored_message_redirects_to_the_thank_you_page(client):
    response = post(client, comments="Very clear.")

    assert response.status_code == 303
    assert response["Location"] == f"/have-your-say/thank-you/?reference={Feedback.objects.get().reference}"


def test_the_sender_is_thanked_and_given_a_reference(client):
    page = send(client, comments="Very clear.")

    assert page.status == 200
    assert page.text("h1") == "Thank you"
    assert Feedback.objects.get().reference in page.text("main")


def test_comments_are_stored_as_they_were_typed(client):
    typed = "Zażółć 🙂\n\n  <b>bold</b> & \"quoted\" 'words'\n\tend "

    send(client, comments=typed.replace("\n", "\r\n"))

    assert Feedback.objects.get().comments == typed


def test_a_message_needs_no_cookie_and_no_token(db):
    stranger = HttpsClient(enforce_csrf_checks=True)

    response = post(stranger, comments="Very clear.")

    assert response.status_code == 303
    assert stranger.cookies == {}


def test_the_longest_message_that_fits_is_stored_whole(client):
    longest = "é\r\n" * 2000

    send(client, comments=longest)

    assert Feedback.objects.get().comments == "é\n" * 2000


@pytest.mark.parametrize("section", ["one", "never-was", "<script>", "x" * 500])
def test_an_unknown_section_is_dropped_and_the_message_stored(client, section):
    send(client, comments="Very clear.", leaflet="sen-support", section=section)

    stored = Feedback.objects.get()
    assert (stored.leaflet.slug, stored.section) == ("sen-support", "")


@pytest.mark.parametrize("leaflet", ["never-was", "<script>", "x" * 500])
def test_an_unknown_leaflet_is_dropped_and_the_message_stored(client, leaflet):
    send(client, comments="Very clear.", leaflet=leaflet, section="duties")

    stored = Feedback.objects.get()
    assert (stored.comments, stored.leaflet, stored.section) == ("Very clear.", None, "")


def test_a_message_about_a_leaflet_withdrawn_meanwhile_is_stored(client):
    editions.withdraw(Leaflet.objects.get(slug=SLUG))

    send(client, comments="Very clear.", leaflet="sen-support", section="duties")

    assert Feedback.objects.get().comments == "Very clear."


# Duplicates


def test_a_submission_that_arrives_twice_is_stored_once_and_has_one_reference(client):
    same = {"comments": "Very clear.", "opened": opened()}

    first, second = client.post(FORM, same), client.post(FORM, same)

    assert first["Location"] == second["Location"]
    assert Feedback.objects.count() == 1


def test_a_submission_that_arrives_twice_counts_once_against_the_limit(client, settings):
    settings.FEEDBACK_SENDER_LIMIT = 1
    same = {"comments": "Very clear.", "opened": opened()}

    assert [client.post(FORM, same).status_code for _ in range(3)] == [303, 303, 303]


@pytest.mark.parametrize(
    "message", [{"comments": "Very clear.", "email": "a@example.org"}, {"useful": "yes"}]
)
def test_the_same_message_with_a_new_token_is_stored_once(client, message):
    first, second = (post(client, **message) for _ in range(2))

    assert first["Location"] == second["Location"]
    assert Feedback.objects.count() == 1


@pytest.mark.parametrize(
    "other",
    [{"comments": "Very clear!"}, {"useful": "yes"}, {"leaflet": "sen-support"}, {"phone": "01632 960123"}],
)
def test_a_message_that_differs_in_any_field_is_stored(client, other):
    post(client, comments="Very clear.")

    post(client, **{"comments": "Very clear."} | other)

    assert Feedback.objects.count() == 2


def test_the_same_message_from_two_addresses_is_stored_twice(client):
    for address in ("192.0.2.1", "192.0.2.2"):
        post_from(client, address, comments="Very clear.")

    assert Feedback.objects.count() == 2


@pytest.mark.parametrize("message", [{"comments": "Very clear."}, {"useful": "yes"}])
def test_the_same_message_from_two_browsers_at_one_address_is_stored_twice(client, message):
    for browser in ("Firefox on a computer", "Safari on a phone"):
        client.post(FORM, {"opened": opened()} | message, headers={"user-agent": browser})

    assert Feedback.objects.count() == 2


@pytest.mark.parametrize("message", [{"comments": "Very clear."}, {"useful": "yes"}])
def test_the_same_message_is_stored_again_after_some_minutes(client, message):
    post(client, **message)
    SubmissionLog.objects.update(at=timezone.now() - dt.timedelta(minutes=11))

    post(client, **message)

    assert Feedback.objects.count() == 2


def test_a_message_can_be_sent_again_after_it_was_erased(client):
    post(client, comments="Very clear.")
    retention.erase_all(Feedback.objects.get())

    response = post(client, comments="Very clear.")

    assert Feedback.objects.get(comments="Very clear.").reference in response["Location"]


def test_another_message_with_the_same_token_is_stored(client):
    token = opened()

    send(client, comments="Very clear.", opened=token)
    send(client, comments="Very clear. And helpful.", opened=token)

    assert Feedback.objects.count() == 2


# Validation


@pytest.mark.any_database
@pytest.mark.parametrize("comments", ["", "   ", "\r\n\r\n"])
def test_an_empty_message_is_an_error(client, comments):
    page = send(client, comments=comments)

    assert page.status == 422
    assert (
        page.text("*[@role='alert']//li") == "Write what you want to tell us, or say whether this was useful."
    )
    assert Feedback.objects.count() == 0


@pytest.mark.any_database
@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"wants_reply": "on"}, "Give an e-mail address or a phone number, so that we can reply."),
        ({"email": "parent.example.org"}, "Check your e-mail address. It should look like name@example.org."),
        (
            {"phone": "ask my sister"},
            "Check your phone number. It has no digits. In the UK it has 11 digits, or 10 in a few places, and begins "
            "with 0, for example 01632 960123. From another country it begins with +, for example +48 12 345 67 89.",
        ),
    ],
)
def test_invalid_contact_details_are_an_error(client, fields, sentence):
    page = send(client, comments="Very clear.", **fields)

    assert page.status == 422
    assert page.texts("*[@role='alert']//li") == [sentence]
    assert value(page, "comments") == "Very clear."


@pytest.mark.parametrize(
    "phone",
    [
        "01632 960123",
        "(01632) 960-123",
        "+44 7700 900123",
        "07700900123 after 6",
        "07700‑900‑123",
        "016977 2555",
        "07700 900123 or 01632 960123",
        "01632 960123 ext 4",
        "\u202a07700 900123\u202c",
        "+48 12 345 67 89",
        "0048 12 345 67 89 (evenings)",
        "+353 1 234 5678",
    ],
)
def test_a_phone_number_is_accepted_in_any_common_form(client, phone):
    send(client, comments="Very clear.", phone=phone)

    assert Feedback.objects.get().phone == phone


@pytest.mark.any_database
@pytest.mark.parametrize(
    "phone",
    [
        "0778 12",
        "960123",
        "07700 90012",
        "07700 9001234",
        "01429 28",
        "01429 284",
        "01429 2848",
        "01632 96012",
        "0191 281 12",
        "+44 1429 284",
        "+48 12",
        "111",
        "1" * 20,
    ],
)
def test_a_number_that_cannot_be_dialled_is_asked_about_and_kept(client, phone):
    page = send(client, comments="Very clear.", wants_reply="on", phone=phone)

    assert page.status == 422
    assert "Check your phone number." in page.text("*[@role='alert']")
    assert (value(page, "phone"), page.text("form//textarea")) == (phone, "Very clear.")
    assert not Feedback.objects.exists()


@pytest.mark.parametrize(
    ("phone", "sentence"),
    [
        ("0778 12", "It has 6 digits. "),
        ("7", "It has only 1 digit. "),
        ("call me", "It has no digits. "),
        ("01632 9601234567", "It has 15 digits. "),
        ("11632 960123", "Check your phone number. In the UK it has 11 digits"),
    ],
)
def test_a_number_that_cannot_be_dialled_is_refused_with_the_number_of_its_digits(client, phone, sentence):
    page = send(client, comments="Very clear.", phone=phone)

    assert sentence in page.text("*[@id='id_phone_error']")
    assert not Feedback.objects.exists()


def test_an_e_mail_address_is_enough_for_a_reply(client):
    send(client, comments="Very clear.", wants_reply="on", email="parent@example.org", phone="")

    assert Feedback.objects.get().wants_reply


@pytest.mark.any_database
def test_the_error_summary_links_to_the_field(client):
    page = send(client, comments="")

    link = page.one("*[@role='alert']//li/a")
    assert page.one(f"*[@id='{link.get('href')[1:]}']").get("name") == "comments"


@pytest.mark.any_database
def test_the_error_describes_its_field_for_screen_readers(client):
    page = send(client, comments="")

    comments = page.one("form//textarea[@name='comments']")
    assert comments.get("aria-invalid") == "true"
    described = [page.text(f"*[@id='{part}']") for part in comments.get("aria-describedby").split()]
    assert "Write what you want to tell us, or say whether this was useful." in described


@pytest.mark.any_database
def test_the_title_announces_errors(client):
    page = send(client, comments="")

    assert page.text("title") == "Please check: Have Your Say – Example SENDIASS"


@pytest.mark.any_database
def test_comments_that_are_too_long_are_an_error_and_kept_in_the_form(client):
    page = send(client, comments=TOO_LONG, useful="no", name="A. Parent", phone="01632 960123")

    assert page.status == 422
    assert "4001" in page.text("*[@role='alert']//li")
    assert "4000" in page.text("*[@role='alert']//li")
    assert value(page, "comments") == TOO_LONG
    assert (value(page, "name"), value(page, "phone")) == ("A. Parent", "01632 960123")
    assert page.one("form//input[@name='useful'][@checked]").get("value") == "no"


@pytest.mark.any_database
def test_the_character_count_is_shown_near_the_limit_only(client):
    assert "You have used" not in send(client, comments="a" * 3599, phone="?").text("main")
    assert "You have used 3,600 of 4,000 characters." in send(client, comments="a" * 3600, phone="?").text(
        "main"
    )


@pytest.mark.any_database
@pytest.mark.parametrize(("field", "limit"), [("name", 100), ("phone", 50)])
def test_other_fields_that_are_too_long_are_an_error_and_kept_in_the_form(client, field, limit):
    page = send(client, comments="Very clear.", **{field: "0" * (limit + 1)})

    assert page.status == 422
    assert len(page.all("*[@role='alert']//li/a")) == 1
    assert value(page, field) == "0" * (limit + 1)


@pytest.mark.any_database
def test_the_subject_is_kept_in_a_form_with_errors(client):
    page = send(client, comments="", leaflet="sen-support", section="duties")

    assert "This is about SEN support: The duties of schools." in page.text("main")
    assert (value(page, "leaflet"), value(page, "section")) == ("sen-support", "duties")


@pytest.mark.any_database
@pytest.mark.parametrize(
    "hostile",
    [
        "</textarea><script>alert(1)</script>",
        '"><img src=x onerror=alert(1)>',
        "{{ 7|add:7 }}{% now 'Y' %}",
        "<!-- & &lt; -->",
    ],
)
def test_html_in_a_message_is_escaped(client, hostile):
    page = send(client, comments=hostile + TOO_LONG, name=hostile, phone=hostile, leaflet=hostile)

    assert value(page, "comments") == hostile + TOO_LONG
    assert (value(page, "name"), value(page, "phone")) == (hostile, hostile)
    assert page.all("script") == []
    assert page.all("img") == []


@pytest.mark.parametrize("field", ["comments", "name", "leaflet", "section"])
def test_control_characters_are_removed(client, field):
    fields = {"comments": "Very clear.", "leaflet": "sen-support"} | {field: "a\x00b"}

    page = send(client, **fields)

    assert page.text("h1") == "Thank you"
    assert "\x00" not in str(Feedback.objects.values().get())


# Personal details in the comments

PRIVATE = "Please write to my sister at sister@example.org."


@pytest.mark.any_database
def test_the_sender_is_asked_to_confirm_personal_details(client):
    page = send(client, comments=PRIVATE)

    assert page.status == 200
    assert page.text("*[@role='alert']//li") == "an e-mail address: sister@example.org"
    assert Feedback.objects.count() == 0


@pytest.mark.any_database
def test_the_confirmation_keeps_the_contents_of_the_form(client):
    page = send(client, comments=PRIVATE, name="A. Parent", leaflet="sen-support", section="duties")

    assert (value(page, "comments"), value(page, "name")) == (PRIVATE, "A. Parent")
    assert (value(page, "leaflet"), value(page, "section")) == ("sen-support", "duties")


def test_a_confirmed_message_is_stored_as_it_is(client):
    page = send(client, comments=PRIVATE)

    send(client, comments=PRIVATE, opened=value(page, "opened"), asked=value(page, "asked"))

    assert Feedback.objects.get().comments == PRIVATE


def test_a_message_changed_after_the_question_is_stored_without_another(client):
    page = send(client, comments=PRIVATE)

    send(client, comments="Ask 01632 960123.", opened=value(page, "opened"), asked=value(page, "asked"))

    assert Feedback.objects.get().comments == "Ask 01632 960123."


def test_the_services_own_number_needs_no_confirmation(client):
    send(client, comments="I tried 01632 960 000 and nobody answered.")

    assert Feedback.objects.count() == 1


# Changing the display


@pytest.mark.any_database
def test_changing_the_display_keeps_the_contents_of_the_form(client):
    response = post(client, comments="Half a sen", name="A. Parent", display="large", leaflet="sen-support")

    page = Page(FORM, response)
    assert (page.status, page.tree.get("data-display")) == (200, "large")
    assert (value(page, "comments"), value(page, "name")) == ("Half a sen", "A. Parent")
    assert "This is about SEN support." in page.text("main")
    assert client.cookies["display"].value == "large"
    assert Feedback.objects.count() == 0


@pytest.mark.any_database
def test_the_display_button_submits_the_form(client):
    button = visit(client, FORM).one("button[@name='display']")

    assert (button.get("form"), button.get("formaction")) == ("page-writing", FORM)


# Rejections and rate limits


@pytest.mark.any_database
@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"opened": lambda: opened(seconds_ago=0.5)}, "That was very quick"),
        ({"opened": lambda: opened(seconds_ago=25 * 3600)}, "This page was open for more than a day."),
        ({"opened": lambda: opened() + "x"}, "We could not tell that it came from this page."),
        ({"opened": lambda: ""}, "We could not tell that it came from this page."),
        (
            {"homepage": lambda: "https://spam.example"},
            "Something was written in a place that people do not see.",
        ),
    ],
    ids=["quick", "late", "forged", "missing", "trap"],
)
def test_a_rejected_submission_says_what_to_do_and_keeps_the_contents(client, fields, sentence):
    page = send(
        client, comments="Very clear.", name="A. Parent", **{name: make() for name, make in fields.items()}
    )

    assert page.status == 400
    assert sentence in page.text("*[@role='alert']")
    assert (value(page, "comments"), value(page, "name")) == ("Very clear.", "A. Parent")
    assert page.links("*[@role='alert']") == {"01632 960000": "tel:01632960000"}
    assert Feedback.objects.count() == 0


@pytest.mark.parametrize("reason", ["quick", "late", "forged", "trap"])
def test_a_rejected_submission_can_be_sent_again_at_once(client, reason):
    stopped = {
        "quick": {"opened": opened(seconds_ago=0)},
        "late": {"opened": opened(seconds_ago=25 * 3600)},
        "forged": {"opened": "x"},
        "trap": {"homepage": "filled in by a browser"},
    }[reason]
    page = send(client, comments="Very clear.", **stopped)

    send(
        client,
        comments=value(page, "comments"),
        opened=value(page, "opened"),
        homepage=value(page, "homepage"),
    )

    assert Feedback.objects.get().comments == "Very clear."


@pytest.mark.any_database
def test_the_honeypot_is_hidden_from_screen_readers_and_the_keyboard(client):
    page = visit(client, FORM)

    trap = page.one("div[@class='trap']")
    assert trap.get("aria-hidden") == "true"
    assert page.one("form//input[@name='homepage']").get("tabindex") == "-1"


def test_a_sender_over_the_limit_is_asked_to_wait_and_keeps_the_contents(client, settings):
    settings.FEEDBACK_SENDER_LIMIT = 2
    for number in range(2):
        send(client, comments=f"Message {number}")

    page = send(client, comments="One too many", name="A. Parent")

    assert page.status == 429
    assert page.response["Retry-After"] == "3600"
    assert "many messages from your internet connection" in page.text("*[@role='alert']")
    assert (value(page, "comments"), value(page, "name")) == ("One too many", "A. Parent")
    assert page.links("*[@role='alert']") == {"01632 960000": "tel:01632960000"}
    assert Feedback.objects.count() == 2


def post_from(client: HttpsClient, address: str, **fields: str) -> int:
    return client.post(FORM, {"opened": opened()} | fields, REMOTE_ADDR=address).status_code


def test_the_limit_of_a_sender_does_not_apply_to_others(client, settings):
    settings.FEEDBACK_SENDER_LIMIT = 1

    assert post_from(client, "192.0.2.1", comments="One") == 303
    assert post_from(client, "192.0.2.1", comments="Two") == 429
    assert post_from(client, "192.0.2.2", comments="Three") == 303


@pytest.mark.parametrize(
    "neighbour", ["2001:db8:1:2:ffff::9", "2001:db8:1:ff::1", "2001:db8:1:ffff::1"], ids=["/64", "/56", "/48"]
)
def test_an_ipv6_network_counts_as_one_sender(client, settings, neighbour):
    settings.FEEDBACK_SENDER_LIMIT = 1

    assert post_from(client, "2001:db8:1:2::1", comments="One") == 303
    assert post_from(client, neighbour, comments="Two") == 429
    assert post_from(client, "2001:db8:2:2::1", comments="Three") == 303


def test_one_home_with_a_56_does_not_fill_the_limit_of_the_site(client, settings):
    settings.FEEDBACK_SENDER_LIMIT, settings.FEEDBACK_SITE_LIMIT = 3, 5

    answers = [
        post_from(client, f"2001:db8:1:{number:x}::1", comments=f"No. {number}") for number in range(8)
    ]

    assert answers == [303] * 3 + [429] * 5
    assert post_from(client, "81.2.69.142", comments="From a mother.") == 303


def test_at_the_limit_of_the_site_only_first_messages_are_taken(client, settings):
    settings.FEEDBACK_SITE_LIMIT = 2
    for number in range(2):
        post_from(client, f"192.0.2.{number}", comments=f"Message {number}")

    assert post_from(client, "192.0.2.1", comments="A second one") == 429
    assert post_from(client, "192.0.2.9", comments="A first one") == 303
    assert post_from(client, "192.0.2.9", comments="A second one") == 429


def test_one_opened_form_stores_a_few_messages_and_then_asks_to_send_again(client, settings):
    token = opened()
    for number in range(settings.FEEDBACK_FORM_LIMIT):
        assert post_from(client, f"192.0.2.{number}", opened=token, comments=f"Message {number}") == 303

    page = send(client, opened=token, comments="One more")

    assert (page.status, value(page, "comments")) == (400, "One more")
    assert "Several messages were sent from this page." in page.text("*[@role='alert']")
    assert send(client, opened=value(page, "opened"), comments="One more").status == 200


def test_the_limit_ends_after_an_hour(client, settings):
    settings.FEEDBACK_SENDER_LIMIT = 1
    post_from(client, "192.0.2.1", comments="One")
    SubmissionLog.objects.update(at=timezone.now() - dt.timedelta(minutes=61))

    assert post_from(client, "192.0.2.1", comments="Two") == 303


def test_a_new_message_deletes_submission_logs_after_an_hour(client):
    post_from(client, "192.0.2.1", comments="One")
    SubmissionLog.objects.update(at=timezone.now() - dt.timedelta(minutes=61))

    post_from(client, "192.0.2.2", comments="Two")

    assert SubmissionLog.objects.get().feedback.comments == "Two"


def test_a_body_that_is_too_large_is_not_read(client):
    page = Page(FORM, client.post(FORM, {"comments": "a" * 1_100_000, "opened": opened()}))

    assert page.status == 400
    assert "too long" in page.text("*[@role='alert']")


# The thank-you page


@pytest.mark.parametrize("reference", ["", "XXXX-XXXX", "<script>alert(1)</script>", "%00", "x" * 3000])
def test_an_unknown_reference_is_not_found(client, reference):
    page = visit(client, f"/have-your-say/thank-you/?reference={reference}")

    assert page.status == 404
    assert page.text("h1") == "We do not know this reference"
    assert "Thank you" not in page.texts("h1")
    assert page.all("script") == []


@pytest.mark.parametrize(
    ("fields", "words_of_link", "target"),
    [
        ({"leaflet": "sen-support", "section": "plan"}, "Back to “Plan”", "/leaflets/sen-support/#plan"),
        (
            {"leaflet": "sen-support", "section": "duties"},
            "Back to “The duties of schools”",
            "/leaflets/sen-support/#duties",
        ),
        ({"leaflet": "sen-support"}, "Back to “SEN support”", "/leaflets/sen-support/"),
        (
            {"leaflet": "privacy", "section": "what-we-keep"},
            "Back to “What we keep”",
            "/privacy/#what-we-keep",
        ),
        ({}, "Back to our leaflets", "/leaflets/"),
    ],
)
def test_a_thank_you_leads_back_to_the_very_part(client, fields, words_of_link, target):
    page = send(client, comments="Very clear.", **fields)

    assert page.links("main")[words_of_link] == target
    assert (
        page.one("section[@class='panel done']/p[@class='reference']").text
        == Feedback.objects.get().reference
    )


def test_the_way_back_keeps_the_display_of_the_query_string(client):
    fields = {"opened": opened(), "comments": "Very clear.", "leaflet": "sen-support", "section": "plan"}
    response = client.post(f"{FORM}?display=large", fields)

    page = visit(client, response["Location"])

    assert page.links("main")["Back to “Plan”"] == "/leaflets/sen-support/?display=large#plan"


def test_a_thank_you_for_a_message_about_a_withdrawn_leaflet_leads_to_the_others(client):
    response = post(client, comments="Very clear.", leaflet="sen-support", section="plan")
    editions.withdraw(Leaflet.objects.get(slug=SLUG))

    page = visit(client, response["Location"])

    assert "Back to our leaflets" in page.links("main")


def test_a_thank_you_says_what_happens_next_and_when(client, settings):
    settings.FEEDBACK_REPLY_DAYS = 7

    page = send(client, comments="Very clear.")

    assert "Staff of Example SENDIASS will read it within 7 working days." in page.text("main")
    assert "You asked for a reply" not in page.text("main")
    assert "We delete what you wrote after 365 days." in page.text("main")


@pytest.mark.any_database
def test_a_thank_you_says_that_closed_days_do_not_count_where_there_are_some(client):
    assert "we are closed" not in send(client, comments="Very clear.").text("main")

    Service.objects.update(closed=["2099-12-24 from 12:00: Christmas Eve"])
    assert "we are closed do not count" not in send(client, comments="Still clear.").text("main")

    Service.objects.update(closed=["2099-12-24 to 2100-01-04: Christmas"])

    said = send(client, comments="Also clear.").text("main")
    assert "working days. Days on which we are closed do not count." in said


@pytest.mark.any_database
def test_one_working_day_is_singular(client, settings):
    settings.FEEDBACK_REPLY_DAYS = 1

    assert "will read it within 1 working day." in send(client, comments="Very clear.").text("main")


@pytest.mark.any_database
def test_the_display_of_the_query_string_is_kept_on_the_thank_you_page(client):
    response = client.post(f"{FORM}?display=large", {"opened": opened(), "comments": "Very clear."})

    page = visit(client, response["Location"])

    assert page.text("h1") == "Thank you"
    assert page.tree.get("data-display") == "large"


@pytest.mark.any_database
def test_a_sender_who_wants_a_reply_is_told_when_it_comes(client):
    page = send(client, comments="Very clear.", phone="01632 960123")

    assert "You asked for a reply: you will have it by then." in page.text("main")


def test_a_thank_you_shows_nothing_of_what_was_sent(client):
    page = send(client, comments="Something private.", name="A. Parent", phone="01632 960123")

    assert "Something private." not in page.html
    assert "A. Parent" not in page.html
    assert "01632 960123" not in page.html


@pytest.mark.any_database
def test_a_thank_you_is_not_found_by_search_engines(client):
    page = send(client, comments="Very clear.")

    assert page.meta("robots") == "noindex"


@pytest.mark.any_database
def test_a_reference_has_no_letters_that_look_like_a_digit_or_like_each_other():
    letters = set("".join(make_reference() for _ in range(1000))) - {"-"}

    assert not letters & set("0O1IL5S2Z8B")
    assert letters <= set("ACDEFGHJKMNPQRTUVWXY34679")


@pytest.mark.any_database
def test_references_are_two_groups_of_four_and_never_the_same():
    references = {make_reference() for _ in range(1000)}

    assert len(references) == 1000
    assert {tuple(map(len, reference.split("-"))) for reference in references} == {(4, 4)}


# Caching and methods


@pytest.mark.any_database
@pytest.mark.parametrize("path", [FORM, f"{FORM}?leaflet=sen-support", "/have-your-say/thank-you/"])
def test_the_form_and_the_thank_you_page_are_not_cached(client, path):
    assert "no-store" in client.get(path)["Cache-Control"]


@pytest.mark.any_database
def test_responses_to_a_submission_are_not_cached(client):
    assert "no-store" in post(client, comments="")["Cache-Control"]
    assert "no-store" in post(client, comments="Very clear.")["Cache-Control"]


@pytest.mark.any_database
@pytest.mark.parametrize("method", ["put", "patch", "delete"])
def test_other_methods_than_get_and_post_are_not_allowed(client, method):
    response = getattr(client, method)(FORM)

    assert response.status_code == 405
    assert "no-store" in response["Cache-Control"]


def test_a_message_keeps_its_leaflet_when_that_is_withdrawn(client):
    send(client, comments="Very clear.", leaflet="sen-support")

    editions.withdraw(Leaflet.objects.get(slug=SLUG))

    assert Feedback.objects.get().leaflet.slug == "sen-support"
    assert words(visit(client, "/leaflets/sen-support/").one("h1")) == "This leaflet was withdrawn"
