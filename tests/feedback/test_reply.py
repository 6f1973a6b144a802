"""The page with the text of a reply: a link to the mail program, the text to copy, and the day of the reply."""

import datetime as dt
from urllib.parse import parse_qs, unquote, urlsplit

import pytest
from django.contrib.admin.models import LogEntry
from django.utils import timezone
from django.utils.formats import date_format
from hypothesis import given, strategies as st
from pytest_django import DjangoDbBlocker

from leaflets.feedback import reply_deadlines, reply_text, retention
from leaflets.feedback.models import AccessLog, Feedback
from leaflets.feedback.reply_text import MOST_CHARACTERS
from leaflets.models import Leaflet, Service
from leaflets.publishing import editions
from tests.conftest import HttpsClient
from tests.factories import create_feedback, create_staff
from tests.pages import Page, load_site, visit

pytestmark = pytest.mark.django_db

DETAILS = {"name": "A. Parent", "email": "parent@example.org", "wants_reply": True}


@pytest.fixture(scope="module", autouse=True)
def _site(module_database: DjangoDbBlocker, tmp_path_factory: pytest.TempPathFactory) -> None:
    with module_database.unblock():
        load_site(tmp_path_factory.mktemp("site"))


@pytest.fixture
def reader() -> HttpsClient:
    visitor = HttpsClient()
    visitor.force_login(create_staff("Feedback readers"))
    return visitor


def address(feedback: Feedback) -> str:
    return f"/admin/feedback/feedback/{feedback.pk}/reply/"


def text_of(page: Page) -> str:
    return str(page.one("textarea[@id='reply-text']").text)


def mail_of(page: Page) -> dict[str, str]:
    """The address, subject and body that a mail program takes from the link."""
    [href] = [link.get("href") for link in page.all("a") if (link.get("href") or "").startswith("mailto:")]
    assert len(href) <= MOST_CHARACTERS
    parts = urlsplit(href)
    fields = {name: value for name, [value] in parse_qs(parts.query, strict_parsing=True).items()}
    return {"to": unquote(parts.path)} | fields


def write(**fields: object) -> reply_text.Reply:
    one = create_feedback(**DETAILS | fields)
    return reply_text.write(Feedback.objects.with_titles().get(pk=one.pk), Service.objects.first())


def test_a_reply_has_greeting_leaflet_changes_and_signature(reader, settings):
    settings.SITE_URL = "https://www.example.org"
    one = create_feedback(
        leaflet=Leaflet.objects.get(slug="sen-support"), section="duties", is_public=True,
        you_said="The list was long.", we_did="We cut it.", **DETAILS,
    )  # fmt: skip

    text = text_of(visit(reader, address(one)))

    service = Service.objects.get()
    for words in (
        "Dear A. Parent,",
        f"(reference {one.reference})",
        "our leaflet “SEN support: The duties of schools”.\nhttps://www.example.org/leaflets/sen-support/#duties",
        "There it says:\n> ",
        "You said: The list was long.\nWe did: We cut it.\nhttps://www.example.org/you-said-we-did/",
        service.phones[0],
        service.email,
    ):
        assert words in text


def test_the_link_has_the_same_text(reader):
    one = create_feedback(**DETAILS)

    page = visit(reader, address(one))

    assert mail_of(page) == {
        "to": "parent@example.org",
        "subject": f"Your message to Example SENDIASS ({one.reference})",
        "body": text_of(page).replace("\n", "\r\n"),
    }


def test_the_page_shows_what_the_person_wrote_and_by_when_to_answer(reader):
    one = create_feedback("Which school?\n\n<b>Please</b> ring.", days_ago=40, **DETAILS)

    page = visit(reader, address(one))

    shown = page.text("section[@aria-labelledby='message-title']")
    assert "Which school? <b>Please</b> ring." in shown
    due = date_format(reply_deadlines.due_on(timezone.localdate(one.sent_at)), "j M Y")
    assert f"Answer by: {due} (late)." in shown
    assert "Which school?" not in text_of(page)


def test_what_the_person_wrote_is_quoted_only_where_that_is_chosen(reader):
    one = create_feedback("First line.\n\nAnother.", **DETAILS)

    assert "First line." not in text_of(visit(reader, address(one)))
    assert "You wrote:\n> First line.\n>\n> Another." in text_of(
        visit(reader, f"{address(one)}?quote=comments")
    )


def test_texts_that_readers_do_not_see_are_not_in_a_reply():
    assert "We rang" not in write(you_said="Long.", we_did="We rang the school.").text


def test_a_reply_without_a_name_and_a_leaflet_has_neither():
    text = write(name="").text

    assert text.startswith("Hello,\n")
    assert "leaflet" not in text


def test_a_withdrawn_leaflet_is_named_without_its_address():
    guide = Leaflet.objects.get(slug="sen-support")
    editions.withdraw(guide)

    text = write(leaflet=guide, section="duties").text

    assert "our leaflet “SEN support: The duties of schools”." in text
    assert "/leaflets/" not in text


def test_a_text_that_is_too_long_for_a_link_is_shortened_there_and_whole_below(reader):
    one = create_feedback("é" * 2000, **DETAILS)

    page = visit(reader, f"{address(one)}?quote=comments")

    assert "The link leaves out what they wrote." in page.text("main")
    assert "é" not in mail_of(page)["body"]
    assert "é" * 2000 in text_of(page)


@given(st.text(max_size=200), st.text(max_size=100), st.text(max_size=500))
def test_no_link_is_longer_than_mail_programs_take_or_adds_a_header(email, name, did):
    reply = reply_text.Reply("Your message", [f"Dear {name},"], {"“You said, we did”": did}, ["Kind regards"])
    try:
        href = reply.mail_to(email).href
    except UnicodeEncodeError:
        return  # a lone surrogate, which no database stores

    assert len(href) <= max(MOST_CHARACTERS, len(f"mailto:?subject=Your%20message{email}") * 12)
    assert href.count("?") == 1
    assert href.count("&") <= 1
    assert "\n" not in href


def test_an_address_cannot_add_headers(reader):
    one = create_feedback(**DETAILS | {"email": "a?bcc=b@example.org&c=d"})

    assert mail_of(visit(reader, address(one)))["to"] == "a?bcc=b@example.org&c=d"


def test_html_in_a_name_is_escaped(reader):
    one = create_feedback(**DETAILS | {"name": "</textarea><script>alert(1)</script>"})

    page = visit(reader, address(one))

    assert "<script>alert" not in page.html
    assert "</textarea><script>" in text_of(page)


def test_a_person_without_an_e_mail_address_is_phoned(reader):
    one = create_feedback(**DETAILS | {"email": "", "phone": "01632 960123"})

    page = visit(reader, address(one))

    assert "left no e-mail address" in page.text("main")
    assert page.links("main")["01632 960123"].startswith("tel:")
    assert "mailto:" not in page.html


def test_a_person_whose_details_are_erased_cannot_be_reached(reader):
    one = create_feedback(**DETAILS)
    retention.erase_details(one)

    assert "There is no way left to reply." in visit(reader, address(one)).text("main")


def test_that_a_reply_was_sent_is_noted_from_its_page(reader):
    one = create_feedback("One.", days_ago=3, **DETAILS)

    page = Page(address(one), reader.post(address(one), {"when": "today"}, follow=True))

    one.refresh_from_db()
    assert "The day of your reply is noted." in page.text("ul[@class='messagelist']")
    assert (one.status, one.replied_on, one.reply_in_time) == ("replied", timezone.localdate(), True)
    assert "Reply sent on" in LogEntry.objects.get().get_change_message()


def test_another_day_can_be_noted_and_one_in_the_future_is_refused(reader):
    one = create_feedback("One.", days_ago=3, **DETAILS)
    day = timezone.localdate() - dt.timedelta(days=1)

    refused = Page(address(one), reader.post(address(one), {"when": "day", "replied_on": "2999-01-01"}))
    reader.post(address(one), {"when": "day", "replied_on": str(day)})

    assert "This day is in the future." in refused.text("main")
    one.refresh_from_db()
    assert one.replied_on == day


def test_a_day_that_a_colleague_noted_meanwhile_is_not_overwritten_unseen(reader):
    one = create_feedback("One.", days_ago=3, **DETAILS)
    day = timezone.localdate() - dt.timedelta(days=1)
    reader.post(address(one), {"when": "day", "replied_on": str(day), "initial-replied_on": ""})

    page = Page(address(one), reader.post(address(one), {"when": "today", "initial-replied_on": ""}))

    assert f"It is now: {day}" in page.text("main")
    one.refresh_from_db()
    assert one.replied_on == day


def test_opening_the_text_of_a_reply_is_logged(reader):
    one = create_feedback(**DETAILS)

    visit(reader, address(one))

    assert AccessLog.objects.values_list("action", "reference").get() == ("opened", one.reference)


def test_a_message_leads_to_its_reply_only_where_one_was_asked_for(reader):
    asked, not_asked = create_feedback(**DETAILS), create_feedback()

    links = [
        visit(reader, f"/admin/feedback/feedback/{one.pk}/change/").links("main").get("Write a reply")
        for one in (asked, not_asked)
    ]

    assert links == [address(asked), None]
    assert reader.get(address(not_asked)).status_code == 404


def test_an_anonymised_message_has_no_reply(reader):
    one = create_feedback(**DETAILS)
    retention.erase_all(one)

    assert reader.get(address(one)).status_code == 404
