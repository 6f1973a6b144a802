"""Messages in the admin: permissions, replies, erasure, export, subject access and the access log."""

import csv
import datetime as dt
import io
import re

import pytest
from django.contrib import admin
from django.contrib.auth.models import User
from django.http import HttpRequest
from django.test import override_settings
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from hypothesis import given, strategies as st
from pytest_django import DjangoDbBlocker

from leaflets.content.service_lines import ClosedDays
from leaflets.content.spreadsheets import escape_cell
from leaflets.feedback import reply_deadlines, retention
from leaflets.feedback.admin import FeedbackAdmin
from leaflets.feedback.export import REDACTED, write_csv
from leaflets.feedback.models import NOTE_LIMIT, AccessLog, Feedback
from leaflets.feedback.subject_access import find_person
from leaflets.models import HistoryEntry, Leaflet, Service
from tests.conftest import HttpsClient
from tests.factories import create_feedback, create_staff
from tests.pages import Page, load_site, visit
from tests.test_record_forms import fields_of

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]

LIST = "/admin/feedback/feedback/"
DETAILS = {"name": "A. Parent", "email": "parent@example.org", "phone": "01632 960123", "wants_reply": True}


def signed_in(user: User) -> HttpsClient:
    visitor = HttpsClient()
    visitor.force_login(user)
    return visitor


@pytest.fixture(scope="module", autouse=True)
def _site(module_database: DjangoDbBlocker, tmp_path_factory: pytest.TempPathFactory) -> None:
    with module_database.unblock():
        load_site(tmp_path_factory.mktemp("site"))


@pytest.fixture(scope="module")
def signed_in_reader(_site: None, module_database: DjangoDbBlocker) -> HttpsClient:
    with module_database.unblock():
        return signed_in(create_staff("Feedback readers"))


@pytest.fixture
def reader(signed_in_reader: HttpsClient) -> HttpsClient:
    """A user who may read messages, who signed in once for all tests, in a browser of this test."""
    visitor = HttpsClient()
    visitor.cookies.update(signed_in_reader.cookies)
    return visitor


def address(page: str, feedback: Feedback) -> str:
    return reverse(f"admin:{page}", args=[feedback.pk])


def change(visitor: HttpsClient, feedback: Feedback, **fields: str) -> Page:
    """Submit the change form of a message."""
    url = address("feedback_feedback_change", feedback)
    filled = {"status": feedback.status, "note": feedback.note, "you_said": "", "we_did": ""} | fields
    return Page(url, visitor.post(url, filled, follow=True))


def access_log() -> list[tuple[str, str, str, int]]:
    return list(AccessLog.objects.order_by("pk").values_list("username", "action", "reference", "messages"))


def read_csv(content: bytes) -> list[dict[str, str]]:
    """The rows of a CSV file."""
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline="")))


# Permissions


@pytest.mark.parametrize("group", ["Editors", "Publishers"])
def test_editors_and_publishers_cannot_read_messages(group):
    visitor = signed_in(create_staff(group))
    one = create_feedback()

    for url in (
        LIST,
        address("feedback_feedback_change", one),
        address("feedback-erase", one),
        f"{LIST}summary/",
    ):
        assert visitor.get(url).status_code == 403
    assert visitor.post(f"{LIST}export/").status_code == 403


def test_feedback_readers_can_read_messages(reader):
    one = create_feedback("The list is too long.")

    assert "The list is too long." in visit(reader, LIST).text("*[@id='result_list']")
    assert visit(reader, address("feedback_feedback_change", one)).status == 200


def test_feedback_readers_cannot_edit_leaflets(reader):
    assert reader.get("/admin/leaflets/leaflet/").status_code == 403


def test_messages_cannot_be_added_or_deleted_in_the_admin():
    head = signed_in(User.objects.create_superuser("head"))
    one = create_feedback()

    assert head.get(f"{LIST}add/").status_code == 403
    assert head.post(address("feedback_feedback_delete", one), {"post": "yes"}).status_code == 403
    assert Feedback.objects.count() == 1


# Reading


def test_the_newest_message_comes_first(reader):
    create_feedback("Older.", days_ago=2)
    create_feedback("Newest.")
    create_feedback("Oldest.", days_ago=9)

    shown = visit(reader, LIST).texts("*[@id='result_list']//td[@class='field-comments_start']")

    assert shown == ["Newest.", "Older.", "Oldest."]


def test_unread_messages_come_first(reader):
    create_feedback("Answered.", status="replied")
    create_feedback("Nobody read it.", days_ago=9)

    shown = visit(reader, LIST).texts("*[@id='result_list']//td[@class='field-comments_start']")

    assert shown == ["Nobody read it.", "Answered."]


def test_the_list_redacts_comments_that_may_identify_the_sender(reader):
    create_feedback("I am Jane Doe, 01632 960123.")
    create_feedback("Regards, A. Parent", **DETAILS)

    shown = visit(reader, LIST).texts("*[@id='result_list']//td[@class='field-comments_start']")

    assert shown == [REDACTED, REDACTED]
    assert access_log() == []


def test_a_note_that_is_too_long_is_refused_and_kept_in_the_form(reader):
    one = create_feedback("Very clear.")

    page = change(reader, one, note="a" * (NOTE_LIMIT + 1), status="read")

    assert "at most 10000 characters (it has 10001)" in page.text("form[@id='feedback_form']")
    note = page.one("textarea[@name='note']")
    assert note.text.strip() == "a" * (NOTE_LIMIT + 1)
    assert "maxlength" not in note.attrib
    assert Feedback.objects.get().note == ""


def test_a_search_for_more_than_a_name_is_refused(reader):
    page = Page(f"{LIST}person/", reader.post(f"{LIST}person/", {"query": "a" * 201}))

    assert "at most 200 characters (it has 201)" in page.text("main")
    assert access_log() == []


def test_the_list_redacts_a_detail_that_begins_in_what_it_shows(reader):
    create_feedback(f"{'Very clear. ' * 6}Write to {'a' * 60}@example.org.")

    shown = visit(reader, LIST).texts("*[@id='result_list']//td[@class='field-comments_start']")

    assert shown == [REDACTED]


def test_the_list_shows_the_beginning_of_comments_that_name_somebody_at_the_end(reader):
    create_feedback(f"{'Very clear. ' * 30}Regards, 01632 960123")

    (shown,) = visit(reader, LIST).texts("*[@id='result_list']//td[@class='field-comments_start']")

    assert shown.startswith("Very clear.")
    assert len(shown) == 80


@pytest.mark.each_database
@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("useful__exact=no", "b"),
        ("status__exact=closed", "c"),
        ("wants_reply__exact=1", "d"),
        ("section=duties", "e"),
        ("q=walrus", "f"),
    ],
)
def test_messages_can_be_filtered_and_searched(reader, query, found):
    create_feedback("a")
    create_feedback("b", useful="no")
    create_feedback("c", status="closed")
    create_feedback("d", **DETAILS)
    create_feedback("e", section="duties")
    create_feedback("f walrus")

    shown = visit(reader, f"{LIST}?{query}").texts("*[@id='result_list']//td[@class='field-comments_start']")

    assert [words[0] for words in shown] == [found]


@pytest.mark.each_database
def test_messages_can_be_filtered_by_leaflet(reader):
    guide = Leaflet.objects.get(slug="sen-support")
    create_feedback("about it", leaflet=guide)
    create_feedback("about nothing")

    page = visit(reader, f"{LIST}?leaflet__id__exact={guide.pk}")

    assert page.texts("*[@id='result_list']//td[@class='field-comments_start']") == ["about it"]


def test_leaflets_are_shown_by_their_titles(reader):
    one = create_feedback(leaflet=Leaflet.objects.get(slug="sen-support"), section="duties", edition_number=1)

    listed = visit(reader, LIST)

    about = "SEN support: The duties of schools, edition 1"
    assert listed.texts("*[@id='result_list']//td[@class='field-about']") == [about]
    assert about in visit(reader, address("feedback_feedback_change", one)).text("*[@id='content']")


def test_only_leaflets_with_messages_are_offered_as_a_filter(reader):
    create_feedback(leaflet=Leaflet.objects.get(slug="sen-support"))
    create_feedback(leaflet=Leaflet.objects.get(slug="sen-support"))
    create_feedback()

    offered = visit(reader, LIST).texts("*[@id='changelist-filter']//a")

    assert [words for words in offered if words in ("SEN support", "sen-support", "Privacy")] == [
        "SEN support"
    ]


def test_sections_are_offered_as_a_filter_by_their_headings(reader):
    create_feedback(leaflet=Leaflet.objects.get(slug="sen-support"), section="duties")

    offered = {link.get("href"): " ".join(link.itertext()) for link in visit(reader, LIST).all("a")}

    assert offered["?section=duties"] == "The duties of schools"


@pytest.mark.parametrize(
    "query", ["name__startswith=A", "email__icontains=parent", "phone=01632+960123", "note__contains=rang"]
)
def test_personal_fields_cannot_be_filtered_by_the_query_string(reader, query):
    create_feedback(**DETAILS)

    assert reader.get(f"{LIST}?{query}").status_code == 400


@pytest.mark.each_database
def test_the_search_does_not_cover_names_and_addresses(reader):
    create_feedback("hello", **DETAILS)

    assert "hello" not in visit(reader, f"{LIST}?q=parent%40example.org").text("*[@id='changelist']")


def test_html_in_a_message_is_escaped(reader):
    one = create_feedback("<script>alert(1)</script>", name="<b>x</b>")

    page = visit(reader, address("feedback_feedback_change", one))

    assert "<script>alert(1)</script>" not in page.html
    assert "<script>alert(1)</script>" in page.text("*[@id='content']")


def test_what_the_sender_wrote_cannot_be_changed(reader):
    one = create_feedback("The list is too long.", **DETAILS)

    change(reader, one, comments="It is short.", name="B", email="b@example.org", status="replied")

    one.refresh_from_db()
    assert (one.comments, one.name, one.email) == ("The list is too long.", "A. Parent", "parent@example.org")
    assert one.status == "replied"


def test_a_message_shows_its_deletion_dates(reader):
    one = create_feedback()

    page = visit(reader, address("feedback_feedback_change", one))

    assert "Comments are deleted after" in page.text("*[@id='content']")
    assert "Name, e-mail, phone and note are deleted after" in page.text("*[@id='content']")


def test_opening_a_message_is_logged(reader):
    one = create_feedback(**DETAILS)

    visit(reader, address("feedback_feedback_change", one))

    assert access_log() == [("Feedback readers", "opened", one.reference, 1)]


def test_showing_a_message_again_with_form_errors_is_logged(reader):
    one = create_feedback(**DETAILS)

    change(reader, one, status="no such status")

    assert access_log() == [("Feedback readers", "opened", one.reference, 1)]


def test_opening_a_new_message_marks_it_as_read(reader):
    one = create_feedback()

    visit(reader, address("feedback_feedback_change", one))

    one.refresh_from_db()
    assert one.status == "read"


@pytest.mark.parametrize("pk", ["0", "999999", "abc", "1_5Fa"])
def test_an_unknown_message_redirects_to_the_index(reader, pk):
    response = reader.get(f"{LIST}{pk}/change/")

    assert response.headers["Location"] == "/admin/"


def test_a_user_who_may_only_view_does_not_change_the_status():
    visitor = signed_in(create_staff(may=["view_feedback"]))
    one = create_feedback()

    page = visit(visitor, address("feedback_feedback_change", one))

    one.refresh_from_db()
    assert (page.status, one.status) == (200, "new")


# Replies


@pytest.mark.parametrize("status", ["new", "read"])
def test_a_message_shows_the_deadline_for_its_reply(reader, status, settings):
    settings.FEEDBACK_REPLY_DAYS = 10
    one = create_feedback(status=status, **DETAILS)
    Feedback.objects.update(sent_at=dt.datetime(2026, 3, 6, 12, tzinfo=dt.UTC))

    assert reply_deadlines_in_list(reader) == ["20 Mar 2026 (late)"]
    assert "20 Mar 2026 (late)" in visit(reader, address("feedback_feedback_change", one)).text(
        "*[@id='content']"
    )


@pytest.mark.parametrize("fields", [{"wants_reply": False}, {"status": "replied"}, {"status": "closed"}])
def test_a_message_that_needs_no_reply_has_no_deadline(reader, fields):
    create_feedback(**DETAILS | fields, days_ago=40)

    assert reply_deadlines_in_list(reader) == ["–"]
    assert (
        reply_deadlines_in_list(reader, "?reply=waiting")
        == reply_deadlines_in_list(reader, "?reply=late")
        == []
    )


@pytest.mark.each_database
def test_messages_that_wait_for_a_reply_or_are_late_can_be_filtered(reader):
    create_feedback("today", **DETAILS)
    create_feedback("last month", days_ago=40, **DETAILS)

    assert len(reply_deadlines_in_list(reader, "?reply=waiting")) == 2
    assert [words[-6:] for words in reply_deadlines_in_list(reader, "?reply=late")] == ["(late)"]


@pytest.mark.parametrize(
    ("days_ago", "fields", "words"),
    [
        (40, {"status": "replied"}, ", answered late"),
        (1, {"status": "replied"}, ", answered in time"),
        (1, {"status": "closed"}, ", not answered"),
        (40, {"status": "read"}, " (late)"),
    ],
)
def test_the_list_and_the_message_say_whether_the_answer_was_late(reader, days_ago, fields, words):
    one = create_feedback("Help", days_ago=days_ago, **DETAILS)
    address = f"{LIST}{one.pk}/change/"
    reader.post(address, fields_of(visit(reader, address)) | fields)

    due = date_format(reply_deadlines.due_on(timezone.localdate(one.sent_at)), "j M Y")
    assert reply_deadlines_in_list(reader) == [f"{due}{words}"]
    assert f"{due}{words}" in visit(reader, address).text()


def test_an_erased_message_says_that_it_was_answered_late_without_the_day(reader):
    one = create_feedback("Help", days_ago=40, **DETAILS)
    address = f"{LIST}{one.pk}/change/"
    reader.post(address, fields_of(visit(reader, address)) | {"status": "replied"})
    retention.erase_all(Feedback.objects.get())

    assert reply_deadlines_in_list(reader) == ["answered late"]


@pytest.mark.each_database
@pytest.mark.parametrize(
    ("what", "words"),
    [("all", "Erased 1 message."), ("details", "Erased the personal details in 1 message.")],
)
def test_the_history_says_how_much_of_a_message_was_erased(reader, what, words):
    one = create_feedback("Help", **DETAILS)

    reader.post(f"{LIST}{one.pk}/erase/", {"what": what})

    assert HistoryEntry.objects.get(words__startswith="Erased").words == words


def test_the_list_explains_a_tally_where_it_has_one(reader):
    create_feedback("Help", **DETAILS)
    explanation = "A “Tally” is what is left of a message that was erased or whose time was over:"
    assert explanation not in visit(reader, LIST).text()

    retention.erase_all(Feedback.objects.get())

    assert explanation in visit(reader, LIST).text()


def reply_deadlines_in_list(visitor: HttpsClient, query: str = "") -> list[str]:
    return visit(visitor, LIST + query).texts("*[@id='result_list']//td[@class='field-answer_by']")


@given(st.dates(dt.date(2020, 1, 1), dt.date(2030, 1, 1)), st.integers(0, 30), st.integers(1, 20))
def test_the_filter_and_the_deadline_agree_on_what_is_late(sent, waited, days):
    today = sent + dt.timedelta(days=waited)
    with override_settings(FEEDBACK_REPLY_DAYS=days):
        assert (sent < reply_deadlines.late_before(today)) == (reply_deadlines.due_on(sent) < today)


def test_a_reply_is_due_on_a_working_day(settings):
    settings.FEEDBACK_REPLY_DAYS = 1
    friday = dt.date(2026, 3, 6)

    due = [reply_deadlines.due_on(friday + dt.timedelta(days=later)) for later in range(4)]

    assert [day.isoformat() for day in due] == ["2026-03-09", "2026-03-09", "2026-03-09", "2026-03-10"]


@pytest.mark.parametrize(
    ("sent", "due"),
    [
        ("2026-12-11", "2026-12-29"),  # Christmas; Boxing Day is a Saturday, so the Monday after it is free.
        ("2026-12-18", "2027-01-06"),  # and New Year's Day.
        ("2026-04-20", "2026-05-05"),  # The first Monday in May.
        ("2026-03-20", "2026-04-07"),  # Good Friday and Easter Monday.
        ("2026-08-14", "2026-08-28"),  # 3 August is a bank holiday in Scotland only.
        ("2026-03-10", "2026-03-24"),  # St Patrick's Day is one in Northern Ireland only.
    ],
)
def test_bank_holidays_in_england_are_no_working_days(sent, due, settings):
    settings.FEEDBACK_REPLY_DAYS = 10

    assert reply_deadlines.due_on(dt.date.fromisoformat(sent)).isoformat() == due


@pytest.mark.parametrize(
    ("closed", "due"),
    [
        ([], "2026-03-20"),
        (["2026-03-09 to 2026-03-11: Training"], "2026-03-25"),
        (["2026-03-20"], "2026-03-23"),
        (["2026-03-07 to 2026-03-08: a weekend"], "2026-03-20"),
        (["2026-03-20", "2026-03-19 to 2026-03-24", "2026-03-23 to 2026-03-25"], "2026-03-27"),
        (["2020-01-01 to 2020-12-31", "soon"], "2026-03-20"),
        (["2026-03-20 from 12:00", "2026-03-19 until 13:00"], "2026-03-20"),
        (["2026-03-18 from 12:00 to 2026-03-20 until 13:00"], "2026-03-23"),
    ],
)
def test_days_on_which_the_office_is_closed_do_not_count_for_a_reply(reader, settings, closed, due):
    settings.FEEDBACK_REPLY_DAYS = 10
    Service.objects.update(closed=closed)
    one = create_feedback(**DETAILS)
    Feedback.objects.update(sent_at=dt.datetime(2026, 3, 6, 12, tzinfo=dt.UTC))

    shown = date_format(dt.date.fromisoformat(due), "j M Y")

    assert reply_deadlines_in_list(reader) == [f"{shown} (late)"]
    assert shown in visit(reader, address("feedback_feedback_change", one)).text("*[@id='content']")


def test_a_message_is_not_late_because_of_days_on_which_the_office_is_closed(reader, settings):
    settings.FEEDBACK_REPLY_DAYS = 1
    create_feedback(**DETAILS, days_ago=20)
    assert len(reply_deadlines_in_list(reader, "?reply=late")) == 1

    first = timezone.localdate() - dt.timedelta(days=20)
    Service.objects.update(closed=[f"{first} to {timezone.localdate()}: Moving"])

    assert reply_deadlines_in_list(reader, "?reply=late") == []
    assert "late" not in reply_deadlines_in_list(reader)[0]


def test_the_closed_days_are_read_once_for_a_list(reader, django_assert_max_num_queries):
    for _ in range(30):
        create_feedback(**DETAILS)

    with django_assert_max_num_queries(25):
        visit(reader, LIST)


@given(
    st.dates(dt.date(2026, 1, 1), dt.date(2026, 12, 31)),
    st.integers(0, 40),
    st.integers(1, 20),
    st.lists(st.tuples(st.dates(dt.date(2026, 1, 1), dt.date(2027, 3, 1)), st.integers(0, 30)), max_size=5),
)
def test_the_filter_and_the_deadline_agree_where_the_office_is_closed(sent, waited, days, periods):
    closed = [ClosedDays(first, first + dt.timedelta(days=length), "") for first, length in periods]
    today = sent + dt.timedelta(days=waited)
    with override_settings(FEEDBACK_REPLY_DAYS=days):
        late = reply_deadlines.due_on(sent, closed) < today
        assert (sent < reply_deadlines.late_before(today, closed)) == late


def test_a_century_of_closed_days_takes_no_time(settings):
    settings.FEEDBACK_REPLY_DAYS = 1
    century = ClosedDays(dt.date(1990, 1, 1), dt.date(2100, 12, 31), "")

    assert reply_deadlines.due_on(dt.date(2026, 3, 6), [century] * 20).year == 2101
    assert reply_deadlines.late_before(dt.date(2026, 3, 6), [century]).year == 1989


def test_a_reply_is_not_late_on_the_working_day_after_a_bank_holiday(settings):
    settings.FEEDBACK_REPLY_DAYS = 10
    sent = dt.date(2026, 12, 11)

    late = [day for day in range(25, 32) if sent < reply_deadlines.late_before(dt.date(2026, 12, day))]

    assert late == [30, 31]


def test_e_mail_address_and_phone_number_are_links(reader):
    one = create_feedback(**DETAILS | {"phone": "+44 (0)1632 960123"})

    page = visit(reader, address("feedback_feedback_change", one))

    links = {link.get("href") for link in page.all("a")}
    answer = f"mailto:parent@example.org?subject=Your%20message%20{one.reference}"
    assert {answer, "tel:+441632960123"} <= links


def test_an_e_mail_address_cannot_add_headers_to_the_reply(reader):
    one = create_feedback(**DETAILS | {"email": "a?bcc=everybody@example.org"})

    page = visit(reader, address("feedback_feedback_change", one))

    links = [link.get("href", "") for link in page.all("a")]
    assert [link for link in links if link.startswith("mailto:a%3Fbcc%3Deverybody@example.org?subject=")]


def test_closing_a_message_sets_the_day_on_which_the_details_go(reader):
    one = create_feedback(**DETAILS)

    change(reader, one, status="closed")

    one.refresh_from_db()
    assert one.details_until < one.comments_until


def test_public_texts_are_shown_only_when_ticked(reader, client):
    one = create_feedback("My own words.", **DETAILS)

    change(reader, one, you_said="The list was long.", we_did="We made it shorter.")
    assert "We made it shorter." not in visit(client, "/you-said-we-did/").text()

    change(reader, one, you_said="The list was long.", we_did="We made it shorter.", is_public="on")
    page = visit(client, "/you-said-we-did/")
    assert "You said: The list was long. We did: We made it shorter." in page.text("main")
    assert "My own words." not in page.html
    assert "A. Parent" not in page.html


@pytest.mark.parametrize("missing", ["you_said", "we_did"])
def test_both_public_texts_are_required(reader, missing):
    one = create_feedback()
    texts = {"you_said": "The list was long.", "we_did": "We made it shorter."} | {missing: ""}

    page = change(reader, one, is_public="on", **texts)

    one.refresh_from_db()
    assert "Fill this in before readers see it." in page.text("*[@id='content']")
    assert not one.is_public


def test_public_texts_with_personal_details_are_not_published(reader):
    one = create_feedback()

    page = change(reader, one, you_said="Ring 01632 960123.", we_did="We did.", is_public="on")

    one.refresh_from_db()
    assert "“01632 960123” looks like a phone number." in page.text("*[@id='content']")
    assert not one.is_public


@pytest.mark.parametrize("words", ["Jane Parent said so.", "Mrs parent said so.", "Ask parent@example.org."])
def test_public_texts_with_the_senders_name_are_not_published(reader, words):
    one = create_feedback(**DETAILS | {"name": "Jane Parent"})

    page = change(reader, one, you_said=words, we_did="We did.", is_public="on")

    one.refresh_from_db()
    assert "tick below that you have checked it" in page.text("*[@id='content']")
    assert not one.is_public


def test_a_message_says_that_the_site_sends_no_replies(reader):
    page = visit(reader, address("feedback_feedback_change", create_feedback(**DETAILS)))

    assert "This website sends no answers." in page.text("*[@id='content']")


def test_a_warning_about_public_texts_can_be_overridden(reader):
    one = create_feedback()

    change(
        reader,
        one,
        you_said="Who is Ann Smith, of 3/4/2016?",
        we_did="We did.",
        is_public="on",
        is_checked="on",
    )

    one.refresh_from_db()
    assert one.is_public


def test_the_services_own_number_may_be_published(reader):
    one = create_feedback()

    change(reader, one, you_said="No number.", we_did="01632 960000 is at the top now.", is_public="on")

    one.refresh_from_db()
    assert one.is_public


def test_a_page_without_changes_says_so(client):
    assert "Nothing is listed yet." in visit(client, "/you-said-we-did/").text("main")


# Erasing


def test_the_details_of_a_message_can_be_erased(reader):
    one = create_feedback("Very clear.", note="Rang Mrs Parent.", days_ago=40, **DETAILS)

    reader.post(address("feedback-erase", one), {"what": "details"})

    one.refresh_from_db()
    assert (one.name, one.email, one.phone, one.note, one.comments) == ("", "", "", "", "Very clear.")
    assert reply_deadlines_in_list(reader) == ["–"]
    assert "none are kept" in visit(reader, address("feedback_feedback_change", one)).text("*[@id='content']")
    assert access_log()[0] == ("Feedback readers", "erased", one.reference, 1)


def test_a_message_that_is_erased_is_anonymised(reader):
    one = create_feedback("Very clear.", useful="yes", **DETAILS)

    reader.post(address("feedback-erase", one), {"what": "all"})

    one.refresh_from_db()
    assert (one.reference, one.comments, one.name, one.useful) == (None, "", "", "yes")


def test_saving_a_message_does_not_restore_details_erased_meanwhile(reader):
    one = create_feedback("Very clear.", **DETAILS)
    opened = Feedback.objects.get()
    retention.erase_details(one)

    form = FeedbackAdmin(Feedback, admin.site).get_form(HttpRequest())
    filled = form({"status": "replied", "note": "", "you_said": "", "we_did": ""}, instance=opened)
    assert filled.is_valid()
    FeedbackAdmin(Feedback, admin.site).save_model(HttpRequest(), opened, filled, change=True)

    one.refresh_from_db()
    assert (one.status, one.name, one.email) == ("replied", "", "")


def test_an_anonymised_message_takes_no_note_and_no_status(reader):
    one = create_feedback("Very clear.", **DETAILS)
    retention.erase_all(one)

    change(reader, one, note="Mrs Parent of 5 High Street rang.", status="new")

    one.refresh_from_db()
    assert (one.note, one.status) == ("", "closed")


def test_a_note_about_a_message_that_was_erased_meanwhile_is_not_called_saved(reader):
    one = create_feedback("Very clear.", **DETAILS)
    retention.erase_all(one)

    page = change(reader, one, note="She rang.", status="read")

    assert (
        "This message was erased after you opened it. Your note and the status were not saved."
        in page.text("*[@class='messagelist']")
    )


def test_nothing_is_erased_without_a_choice(reader):
    one = create_feedback(**DETAILS)

    reader.post(address("feedback-erase", one))

    one.refresh_from_db()
    assert one.name == "A. Parent"


def test_erasing_asks_for_confirmation(reader):
    one = create_feedback(**DETAILS)

    page = visit(reader, address("feedback-erase", one))

    assert "This cannot be undone." in page.text("*[@id='content']")
    one.refresh_from_db()
    assert one.name == "A. Parent"


# Export


def export(visitor: HttpsClient, query: str = "", **fields: str) -> bytes:
    response = visitor.post(f"{LIST}export/{query}", fields)
    assert response.status_code == 200
    return response.content


def test_the_export_is_utf_8_with_a_bom(reader):
    create_feedback("Zażółć, “clear”\nand short")

    content = export(reader)

    assert content.startswith(b"\xef\xbb\xbf")
    assert read_csv(content)[0]["comments"] == "Zażółć, “clear”\nand short"


@pytest.mark.each_database
def test_the_export_contains_what_the_list_shows(reader):
    create_feedback("a", useful="yes")
    create_feedback("b", useful="no")

    assert [row["comments"] for row in read_csv(export(reader, "?useful__exact=no"))] == ["b"]


def test_an_export_without_personal_details_contains_none(reader):
    one = create_feedback("Write to parent@example.org", note="Rang 01632 960123", **DETAILS)

    content = export(reader).decode()

    for secret in (one.reference, "A. Parent", "parent@example.org", "01632 960123"):
        assert secret not in content
    assert REDACTED in content


@pytest.mark.parametrize("words", ["Regards, A. Parent", "I am Mrs PARENT.", "Ring me: 01632960123"])
def test_an_export_without_personal_details_redacts_comments_with_the_senders_own(reader, words):
    create_feedback(words, **DETAILS)

    assert [row["comments"] for row in read_csv(export(reader))] == [REDACTED]


@pytest.mark.parametrize("words", ["Mrs O’Brien said so.", "I am SIOBHÁN.", "Mrs OBrien said so."])
def test_the_senders_name_is_redacted_in_any_spelling(reader, words):
    create_feedback(words, **DETAILS | {"name": "Siobhan O'Brien"})

    assert [row["comments"] for row in read_csv(export(reader))] == [REDACTED]
    assert visit(reader, LIST).texts("*[@id='result_list']//td[@class='field-comments_start']") == [REDACTED]


def test_a_phone_number_with_invisible_characters_is_redacted(reader):
    create_feedback("Ring 07700\u200b\u202f900123, please.")

    assert [row["comments"] for row in read_csv(export(reader))] == [REDACTED]


def test_personal_details_need_a_permission_of_their_own(reader):
    create_feedback(**DETAILS)

    assert reader.post(f"{LIST}export/", {"details": "yes"}).status_code == 403
    assert "with personal details" not in visit(reader, LIST).text("*[@class='admin-tools']")


def test_a_user_with_the_permission_exports_personal_details():
    visitor = signed_in(create_staff("Feedback readers", may=["export_personal_details"]))
    one = create_feedback(**DETAILS)

    (row,) = read_csv(export(visitor, details="yes"))

    assert (row["reference"], row["name"], row["e-mail"]) == (
        one.reference,
        "A. Parent",
        "parent@example.org",
    )


@pytest.mark.each_database
def test_every_export_is_logged():
    visitor = signed_in(create_staff("Feedback readers", may=["export_personal_details"]))
    create_feedback()
    create_feedback()

    export(visitor)
    export(visitor, details="yes")

    assert [entry[1:] for entry in access_log()] == [("exported", "", 2), ("exported-details", "", 2)]


@pytest.mark.each_database
def test_an_export_with_an_invalid_filter_redirects_to_the_list(reader):
    assert reader.post(f"{LIST}export/?sent_at__year=x").headers["Location"] == LIST


@pytest.mark.parametrize("query", ["foo=1", "comments__regex=("])
def test_nothing_is_exported_by_a_lookup_that_is_no_filter(reader, query):
    assert reader.post(f"{LIST}export/?{query}").status_code == 400
    assert access_log() == []


def test_an_export_needs_a_post_request(reader):
    assert reader.get(f"{LIST}export/").status_code == 405


@pytest.mark.parametrize(
    "formula",
    [
        "=1+1",
        "+1",
        "-1",
        "@SUM(A1)",
        "\t=1",
        "  =1",
        "\r=1",
        "＝1+1",
        "＋1",
        "－1",
        "＠SUM(A1)",
        "﹦1",
        "\u3000＝1",
        "\u200b=1",
        " \u202a\ufeff＠A1",
        "\ufe0f=1",
        "\u00a0\u2060-1",
    ],
)
def test_formulas_are_escaped_in_the_export(formula):
    create_feedback(formula, name=formula)

    (row,) = read_csv(write_csv(Feedback.objects.with_titles(), with_details=True))

    assert row["comments"] == f"'{formula}"
    assert row["name"] == f"'{formula}"


@given(st.text())
def test_no_escaped_cell_begins_like_a_formula(words):
    assert not re.match(r"[\s\u200b\ufeff]*[=+@＝＋－＠-]", escape_cell(words))


@pytest.mark.parametrize(
    "number", ["07700900123", "01632 960123", "(01632) 960-123", "０７７００９００１２３", "0"]
)
def test_a_number_with_a_leading_zero_is_exported_as_text(number):
    assert escape_cell(number) == f"'{number}"


@pytest.mark.parametrize(
    "words", ["2026-11", "12", "0 out of 10", "Very clear.", "", "’tis clear", "– first", "*"]
)
def test_other_cells_are_exported_as_they_are(words):
    assert escape_cell(words) == words


# Subject access


def search_person(visitor: HttpsClient, query: str) -> dict[str, str]:
    """Search for a person; the fields with a match by the reference of each message."""
    page = Page(f"{LIST}person/", visitor.post(f"{LIST}person/", {"query": query}))
    rows = [row for table in page.all("table[@class='admin-table']") for row in table.iter("tr")][1:]
    cells = ([" ".join(cell.itertext()) for cell in row] for row in rows)
    return {reference: place for reference, _, _, place in cells}


@pytest.mark.each_database
@pytest.mark.parametrize(
    ("words", "place"),
    [
        ("parent", "name, e-mail"),
        ("A.  PARENT", "name"),
        ("Parent@Example.org", "e-mail"),
        ("+44 1632 960 123", "phone"),
        ("0044 1632 960123", "phone"),
        ("01632-960123", "phone"),
        ("ZOË", "comments"),
        ("ring after six", "our note"),
    ],
)
def test_a_person_is_found_in_every_field_and_spelling_and_no_other_person(reader, words, place):
    create_feedback("About somebody else.", name="B. Carer", email="carer@example.org", phone="01632 960124")
    theirs = create_feedback("My Zoë reads now.", note="Ring after six.", **DETAILS)

    assert search_person(reader, words) == {theirs.reference: place}


def test_a_number_inside_the_comments_is_found(reader):
    one = create_feedback("Please ring (01632) 960 123 after six.")

    assert search_person(reader, "01632960123") == {one.reference: "comments"}


@pytest.mark.each_database
@pytest.mark.parametrize("query", ["01632–960123", "+44 (0)1632 960123", "01632 960123", "960123"])
def test_a_number_is_found_in_any_of_its_forms_and_by_six_of_its_digits(reader, query):
    one = create_feedback("Please ring (01632)–960 123 after six.", **DETAILS)

    assert search_person(reader, query) == {one.reference: "phone, comments"}


@pytest.mark.each_database
@pytest.mark.parametrize(
    ("stored", "query"),
    [
        ("Siobhan O'Brien", "O’Brien"),
        ("Siobhan O’Brien", "O'Brien"),
        ("Siân Davies", "Sian"),
        ("Sian Davies", "Siân"),
        ("Zoe\u0308 Hill", "Zoë"),
        ("Zoë Hill", "Zoe\u0308"),
        ("Ann Smith‑Jones", "Smith-Jones"),
        ("Ann Smith–Jones", "Smith-Jones"),
        ("Ann Smith Jones", "Smith-Jones"),
        ("Jo Bloggs", "Bloggs Jo"),
        ("Jo\u200b Bloggs", "Jo Bloggs"),
    ],
)
def test_a_person_is_found_in_any_spelling_of_the_name(reader, stored, query):
    one = create_feedback("About somebody else.", **DETAILS | {"name": stored})
    create_feedback("About somebody else.", name="B. Carer", email="carer@example.org")

    assert search_person(reader, query) == {one.reference: "name"}


@pytest.mark.each_database
@pytest.mark.parametrize("stored", ["07700‑900‑123", "07700 900 123", "\u202a07700\u2007900123\u202c"])
@pytest.mark.parametrize("query", ["07700900123", "07700‑900‑123", "\u202a+44 7700 900123\u202c", "900–123"])
def test_a_number_is_found_with_any_dashes_spaces_and_invisible_characters(reader, stored, query):
    one = create_feedback(f"Ring {stored}.", **DETAILS | {"phone": stored})

    assert search_person(reader, query) == {one.reference: "phone, comments"}


@pytest.mark.parametrize("query", ["+48 12 345 67 89", "0048123456789", "12 345 67 89"])
def test_a_number_of_another_country_is_found(reader, query):
    one = create_feedback(**DETAILS | {"phone": "+48 (12) 345-67-89"})

    assert search_person(reader, query) == {one.reference: "phone"}


def test_all_messages_of_a_person_are_found_the_newest_first(reader):
    older, newer = create_feedback(days_ago=30, **DETAILS), create_feedback(**DETAILS)

    assert list(search_person(reader, "parent@example.org")) == [newer.reference, older.reference]


def test_erased_details_are_not_found(reader):
    one = create_feedback(**DETAILS)
    reader.post(address("feedback-erase", one), {"what": "details"})

    assert search_person(reader, "parent@example.org") == {}


@pytest.mark.parametrize("words", ["", "a", "  ab  ", "x" * 201, "’’’’", "a-\u200b\u200b-"])
def test_a_query_that_is_too_short_or_too_long_is_an_error(reader, words):
    create_feedback("abc")

    page = Page(f"{LIST}person/", reader.post(f"{LIST}person/", {"query": words}))

    assert page.texts("ul[@class='errorlist']") != []
    assert page.all("table[@class='admin-table']") == []


def test_a_search_without_results_says_so(reader):
    page = Page(f"{LIST}person/", reader.post(f"{LIST}person/", {"query": "nobody"}))

    assert page.text("p[@role='status']").startswith("Nothing was found.")


def test_a_subject_access_search_is_logged_without_its_query(reader):
    create_feedback(**DETAILS)

    search_person(reader, "parent@example.org")

    assert [(action, reference, count) for _, action, reference, count in access_log()] == [
        ("looked-for", "", 1)
    ]
    assert "parent" not in repr(list(AccessLog.objects.values()))


@pytest.mark.parametrize("group", ["Editors", "Publishers"])
def test_editors_and_publishers_cannot_search_for_a_person(group):
    create_feedback(**DETAILS)

    assert signed_in(create_staff(group)).post(f"{LIST}person/", {"query": "parent"}).status_code == 403


@given(words=st.text(), text=st.text())
def test_any_query_is_searched_in_any_text_without_an_error(words, text):
    find_person(words, [Feedback(comments=text, name=text)])


# Headings inside a section


def test_a_message_about_a_heading_inside_a_section_has_both_names_for_staff(reader):
    guide = Leaflet.objects.get(slug="sen-support")
    name = "How help goes on: Plan"
    one = create_feedback(leaflet=guide, section="plan", subsection_name=name, edition_number=1)

    assert f"SEN support: {name}, edition 1" in visit(reader, address("feedback_feedback_change", one)).text(
        "main"
    )
    assert f"SEN support: {name}, edition 1" in visit(reader, LIST).text("main")
    assert name in visit(reader, LIST).text("*[@id='changelist-filter']")
