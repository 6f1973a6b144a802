"""How long what people wrote is kept, and what stays when its time is over."""

import datetime as dt
from io import StringIO

import pytest
from django.core.checks import run_checks
from django.core.management import call_command
from django.utils import timezone

from leaflets.feedback import retention
from leaflets.feedback.models import Feedback, Purge, Sending
from leaflets.models import Leaflet
from tests.factories import message
from tests.pages import load_site, visit

pytestmark = pytest.mark.django_db


def purge(*arguments: str) -> str:
    """Run the daily job; return what it says."""
    output = StringIO()
    call_command("purge_feedback", *arguments, stdout=output)
    return output.getvalue().strip()


def closed(feedback: Feedback, *, days_ago: int = 0) -> Feedback:
    """The same message, closed so many days ago."""
    feedback.status = Feedback.Status.CLOSED
    retention.set_dates(feedback)
    feedback.details_until -= dt.timedelta(days=days_ago)
    feedback.save()
    return feedback


# The dates


def test_a_new_message_says_when_it_is_deleted(settings):
    settings.FEEDBACK_DAYS = 100

    new = message()

    assert new.comments_until == new.details_until == timezone.localdate() + dt.timedelta(days=100)


def test_once_it_is_closed_the_details_go_earlier():
    done = closed(message(name="A. Parent"))

    assert done.details_until == timezone.localdate() + dt.timedelta(days=90)
    assert done.comments_until == timezone.localdate() + dt.timedelta(days=365)


def test_details_never_stay_longer_than_the_comments():
    done = closed(message(name="A. Parent", days_ago=300))

    assert done.details_until == done.comments_until


def test_a_message_that_is_opened_again_keeps_its_details():
    again = closed(message(name="A. Parent"))

    again.status = Feedback.Status.READ
    retention.set_dates(again)

    assert again.details_until == again.comments_until


# The daily job


def test_what_still_serves_its_purpose_stays():
    message("Very clear.", name="A. Parent", days_ago=364)

    assert purge() == "Deleted: name and contact of 0 messages, all of 0 messages."
    assert Feedback.objects.get().name == "A. Parent"


def test_ninety_days_after_closing_the_details_go_and_the_comments_stay():
    closed(message("Very clear.", name="A. Parent", email="a@example.org", phone="01632 960123"), days_ago=91)

    assert purge() == "Deleted: name and contact of 1 message, all of 0 messages."
    stored = Feedback.objects.get()
    assert (stored.name, stored.email, stored.phone) == ("", "", "")
    assert stored.comments == "Very clear."


def test_after_a_year_only_a_tally_stays(tmp_path):
    load_site(tmp_path)
    guide = Leaflet.objects.get(slug="sen-support")
    old = message(
        "My child …", days_ago=366, name="A. Parent", email="a@example.org", phone="01632 960123",
        note="Rang back.", you_said="Unclear.", submission="x", leaflet=guide, section="duties",
        edition_number=1, useful="no", wants_reply=True,
    )  # fmt: skip

    assert purge() == "Deleted: name and contact of 0 messages, all of 1 message."
    tally = Feedback.objects.get()
    month = timezone.localtime(old.sent_at).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    assert (tally.sent_at, tally.leaflet, tally.section, tally.useful) == (month, guide, "duties", "no")
    kept = Feedback.objects.values(
        "reference", "submission", "comments", "name", "email", "phone", "note", "you_said", "edition_number", "wants_reply"
    )  # fmt: skip
    assert {value or "" for value in kept.get().values()} == {""}


def test_what_readers_see_of_it_stays():
    message("My child …", days_ago=366, you_said="The list was long.", we_did="We cut it.", is_public=True)

    purge()

    shown = Feedback.objects.shown_to_public().get()
    assert (shown.you_said, shown.we_did, shown.comments) == ("The list was long.", "We cut it.", "")


def test_purging_twice_is_purging_once():
    message(days_ago=366)

    assert purge() != purge()
    assert purge() == "Deleted: name and contact of 0 messages, all of 0 messages."
    assert Feedback.objects.count() == 1


def test_a_rehearsal_says_what_would_go_and_deletes_nothing():
    message("Very clear.", days_ago=366)

    said = purge("--dry-run")

    assert said == "Would be deleted: name and contact of 0 messages, all of 1 message."
    assert Feedback.objects.get().comments == "Very clear."
    assert not Purge.objects.exists()


def test_days_that_were_shortened_since_count_for_what_is_there_already(settings):
    message("Very clear.", days_ago=31)
    settings.FEEDBACK_DAYS = 30

    purge()

    assert Feedback.objects.get().comments == ""


def test_days_that_were_lengthened_since_do_not_break_a_promise(settings):
    message("Very clear.", days_ago=366)
    settings.FEEDBACK_DAYS = 730

    purge()

    assert Feedback.objects.get().comments == ""


def test_the_traces_of_senders_go_too():
    Sending.objects.create(sender="x")
    Sending.objects.update(at=timezone.now() - dt.timedelta(days=1))

    purge()

    assert not Sending.objects.exists()


# Nobody forgets the job


def overdue() -> list[str]:
    return [warning.id for warning in run_checks(databases=["default"]) if warning.id == "feedback.W001"]


def test_a_week_without_purging_is_a_warning():
    message(days_ago=8)

    assert overdue() == ["feedback.W001"]


def test_purging_ends_the_warning():
    message(days_ago=8)

    purge()

    assert overdue() == []


def test_a_site_without_old_messages_is_not_warned():
    message(days_ago=6)

    assert overdue() == []


# The page about privacy


def test_the_page_about_privacy_says_what_the_settings_say(client, settings):
    call_command("load_leaflets", verbosity=0, stdout=StringIO())
    settings.FEEDBACK_DAYS, settings.FEEDBACK_CONTACT_DAYS = 200, 30

    said = visit(client, "/privacy/").text("section[@aria-labelledby='how-long']")

    assert "Your comments: for 200 days after you sent them." in said
    assert "for 30 days after we have dealt with your message" in said
