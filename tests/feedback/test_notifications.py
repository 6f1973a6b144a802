"""Staff are notified of new messages by e-mail, without anything of their contents."""

import datetime as dt
from io import StringIO

import pytest
from django.core import mail
from django.core.management import CommandError, call_command
from django.utils import timezone

from leaflets.feedback import notifications
from leaflets.feedback.models import Feedback
from leaflets.models import Leaflet
from tests.factories import create_feedback, load
from tests.pages import GUIDE
from tests.running_site import free_port
from tests.texts import service

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _recipients(settings) -> None:
    settings.FEEDBACK_NOTIFY = ["office@example.org", "head@example.org"]
    settings.SITE_URL = "https://www.example.org"


def send() -> str:
    output = StringIO()
    call_command("send_notifications", stdout=output)
    return output.getvalue().strip()


def test_one_email_is_sent_for_all_new_messages():
    create_feedback("One")
    create_feedback("Two")

    assert send() == "Told staff of 2 new message(s)."
    assert [(sent.subject, sent.to) for sent in mail.outbox] == [
        ("Have Your Say: 2 new messages", ["office@example.org", "head@example.org"])
    ]


def test_the_email_links_to_the_new_messages():
    create_feedback()

    send()

    assert "https://www.example.org/admin/feedback/feedback/?status__exact=new" in mail.outbox[0].body


def test_the_email_contains_no_comments_details_or_reference():
    one = create_feedback(
        "My secret words", name="A. Parent", email="parent@example.org", phone="01632 960123"
    )

    send()

    whole = mail.outbox[0].message().as_string()
    for secret in ("secret", "A. Parent", "parent@example.org", "01632", one.reference):
        assert secret not in whole


def test_the_email_is_signed_with_the_name_and_phone_numbers_of_the_service(tmp_path):
    load(tmp_path, service=service(phones=("01632 960000", "07700 900123")))
    create_feedback()

    send()

    assert mail.outbox[0].body.endswith("\n-- \nExample SENDIASS\nPhone 01632 960000\nPhone 07700 900123\n")


def test_the_email_says_once_which_parts_the_messages_are_about(tmp_path):
    load(tmp_path, leaflets=[GUIDE])
    leaflet = Leaflet.objects.get()
    name = "How help goes on: Plan"
    for _ in range(2):
        create_feedback(leaflet=leaflet, section="plan", subsection_name=name)
    create_feedback(leaflet=leaflet, section="duties")
    create_feedback(leaflet=leaflet)
    create_feedback()

    send()

    about = [line for line in mail.outbox[0].body.splitlines() if line.startswith("About: ")]
    assert about == [
        "About: SEN support",
        "About: SEN support: How help goes on: Plan",
        "About: SEN support: The duties of schools",
    ]


def test_staff_are_notified_of_a_message_once():
    create_feedback()

    send()

    assert send() == "Nothing new to tell."
    assert len(mail.outbox) == 1


def test_a_notification_that_failed_is_retried_on_the_next_run(settings):
    create_feedback()
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", free_port()
    with pytest.raises(CommandError, match="The mail server did not take the e-mail"):
        send()

    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"

    assert send() == "Told staff of 1 new message(s)."


def test_a_message_that_another_process_claimed_is_skipped():
    create_feedback()
    Feedback.objects.update(notice_tried_at=timezone.now())

    assert send() == "Nothing new to tell."


def test_an_abandoned_claim_is_retried_after_a_while():
    create_feedback()
    Feedback.objects.update(notice_tried_at=timezone.now() - dt.timedelta(minutes=6))

    assert send() == "Told staff of 1 new message(s)."


def test_nothing_is_sent_without_recipients(settings):
    settings.FEEDBACK_NOTIFY = []
    create_feedback()

    assert notifications.send_pending() == 0
    assert send() == "Nobody is to be told: FEEDBACK_NOTIFY is not set."
    assert mail.outbox == []
