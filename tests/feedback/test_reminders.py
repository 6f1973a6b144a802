"""E-mails that remind those who read messages of the replies that were promised."""

import datetime as dt
from io import StringIO
from unittest import mock

import pytest
from django.contrib.auth.models import User
from django.core import mail
from django.core.management import call_command
from django.utils import timezone

from leaflets.feedback.models import Feedback
from leaflets.models import Leaflet, Reminder, Review, Service
from sendiass_site.ops import doctor
from tests.factories import create_feedback, create_staff, load

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]
MONDAY = dt.date(2026, 6, 1)
LIST = "https://www.example.org/admin/feedback/feedback/?reply=waiting"


@pytest.fixture(autouse=True)
def _settings(settings) -> None:
    settings.HAS_MAIL = True
    settings.SITE_URL = "https://www.example.org"
    settings.FEEDBACK_REPLY_DAYS = 10


@pytest.fixture
def reader() -> User:
    return person("rose", "Feedback readers")


def person(name: str, *groups: str, **fields: object) -> User:
    user = create_staff(*groups)
    User.objects.filter(pk=user.pk).update(**{"username": name, "email": f"{name}@example.org"} | fields)
    return User.objects.get(pk=user.pk)


def sent(day: dt.date, comments: str = "Please ring A. Parent.", **fields: object) -> Feedback:
    one = create_feedback(
        comments, **{"wants_reply": True, "name": "A. Parent", "email": "parent@example.com"} | fields
    )
    noon = timezone.make_aware(dt.datetime.combine(day, dt.time(12)))
    Feedback.objects.filter(pk=one.pk).update(sent_at=noon)
    return one


def on(day: dt.date) -> None:
    """Run the daily job on a day."""
    morning = timezone.make_aware(dt.datetime.combine(day, dt.time(7, 37)))
    with mock.patch("django.utils.timezone.now", return_value=morning):
        call_command("send_reminders", stdout=StringIO())


def days_with_mail(first: dt.date, count: int) -> list[dt.date]:
    found = []
    for number in range(count):
        before, day = len(mail.outbox), first + dt.timedelta(days=number)
        on(day)
        found += [day] * (len(mail.outbox) - before)
    return found


def recipients() -> list[str]:
    return sorted(address for one in mail.outbox for address in one.to)


def test_readers_are_reminded_3_working_days_before_on_the_day_and_each_week_after_it(reader):
    sent(MONDAY)  # to be answered by Monday 15 June

    june = [day.day for day in days_with_mail(MONDAY, 30)]

    assert june == [10, 15, 22, 29]
    assert set(recipients()) == {"rose@example.org"}


def test_the_email_has_counts_days_and_the_address_of_the_list(reader):
    sent(dt.date(2026, 5, 28))  # by 11 June
    sent(MONDAY)
    sent(MONDAY)

    on(dt.date(2026, 6, 12))

    (email,) = mail.outbox
    assert email.subject == "For you on the website: 3 messages to answer, 1 late"
    assert (
        "Messages that wait for a reply:\n"
        "- 1 message, late since 11 June 2026\n"
        f"- 2 messages, by 15 June 2026\n  {LIST}\n" in email.body
    )


def test_the_subject_says_that_the_only_message_is_late(reader):
    sent(MONDAY)

    on(dt.date(2026, 6, 16))

    assert mail.outbox[0].subject == "For you on the website: 1 message to answer, late"


def test_the_email_says_which_replies_were_promised_for_today(reader):
    sent(MONDAY)

    on(dt.date(2026, 6, 15))

    assert "- 1 message, today\n" in mail.outbox[0].body
    assert mail.outbox[0].subject == "For you on the website: 1 message to answer"


@pytest.mark.each_database
def test_nothing_of_a_message_is_in_the_email_or_stored_with_the_account(reader):
    one = sent(MONDAY)

    on(dt.date(2026, 6, 15))

    kept = mail.outbox[0].message().as_string() + str(Reminder.objects.get().told)
    assert not [part for part in ("Parent", "parent", "ring", one.reference) if part in kept]


def test_no_more_than_20_days_are_named_and_all_messages_are_counted(reader):
    for number in range(25):
        sent(MONDAY - dt.timedelta(days=7 * number))

    on(dt.date(2026, 6, 15))

    (email,) = mail.outbox
    assert email.subject == "For you on the website: 25 messages to answer, 24 late"
    assert "- and 5 more\n" in email.body


@pytest.mark.parametrize(
    "fields",
    [{"status": "replied"}, {"status": "closed"}, {"wants_reply": False}, {"email": "", "phone": ""}],
)
def test_a_message_that_waits_for_no_reply_causes_no_email(reader, fields):
    sent(MONDAY, **fields)

    assert days_with_mail(dt.date(2026, 6, 8), 15) == []


def test_days_on_which_the_office_is_closed_move_the_day(reader, tmp_path):
    load(tmp_path)
    Service.objects.update(closed=["2026-06-15 to 2026-06-19: Moving"])
    sent(MONDAY)

    assert [day.day for day in days_with_mail(MONDAY, 29)] == [10, 22, 29]


def test_a_reply_that_was_promised_in_fewer_days_is_told_on_the_next_run_and_on_the_day(reader, settings):
    settings.FEEDBACK_REPLY_DAYS = 2
    sent(MONDAY)

    assert [day.day for day in days_with_mail(MONDAY, 4)] == [1, 3]


def test_messages_that_are_late_since_different_days_cause_one_email_a_week(reader):
    sent(dt.date(2026, 5, 11))
    sent(dt.date(2026, 5, 13))

    assert [day.day for day in days_with_mail(dt.date(2026, 6, 2), 15)] == [2, 9, 16]


@pytest.mark.each_database
def test_one_email_has_messages_and_leaflets_and_messages_come_first(tmp_path):
    load(tmp_path)
    rose = person("rose", "Feedback readers", "Publishers")
    Leaflet.objects.update(owner=rose)
    Review.objects.create(leaflet=Leaflet.objects.get(slug="sen-support"), next_on=MONDAY)
    sent(dt.date(2026, 5, 11))

    on(MONDAY)

    (email,) = mail.outbox
    assert email.subject == "For you on the website: 1 message to answer, late; 1 leaflet to check"
    assert email.body.index("Messages that wait") < email.body.index("Leaflets to check")
    assert email.body.count("Read each one.") == 1


@pytest.mark.parametrize("groups", [["Editors"], ["Publishers"], []])
def test_who_may_not_read_messages_is_not_told_of_them(reader, groups):
    person("sam", *groups)
    sent(MONDAY)

    on(dt.date(2026, 6, 15))

    assert recipients() == ["rose@example.org"]


@pytest.mark.each_database
@pytest.mark.parametrize("change", [{"is_active": False}, {"is_staff": False}])
def test_a_reader_who_has_left_is_not_told(reader, change):
    User.objects.update(**change)
    sent(MONDAY)

    on(dt.date(2026, 6, 15))

    assert mail.outbox == []


def test_administrators_are_told_where_nobody_else_reads_messages():
    person("it", is_superuser=True)
    sent(MONDAY)
    on(dt.date(2026, 6, 15))
    person("rose", "Feedback readers")

    on(dt.date(2026, 6, 16))

    assert recipients() == ["it@example.org", "rose@example.org"]


@pytest.mark.each_database
def test_doctor_names_readers_without_an_email_address_before_anything_is_late(reader):
    User.objects.update(email="")

    found = [one.message for one in doctor.run_daily_checks() if one.check == "reminders"]

    assert "These accounts have no e-mail address, and are not reminded: rose." in found
