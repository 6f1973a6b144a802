"""Retention: deletion dates, the daily purge, anonymised messages, and the check that the purge runs."""

import datetime as dt
from io import StringIO

import pytest
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth.models import User
from django.core.checks import run_checks
from django.core.management import CommandError, call_command
from django.db import InterfaceError, OperationalError
from django.utils import timezone

from leaflets.feedback import retention
from leaflets.feedback.checks import check_purge
from leaflets.feedback.models import AccessLog, Feedback, PurgeRun, SubmissionLog
from leaflets.models import Leaflet
from sendiass_site.ops import serve
from tests.factories import create_feedback
from tests.pages import load_site, lost_database, visit

pytestmark = pytest.mark.django_db


def purge(*arguments: str) -> str:
    """Run the daily job and return the first line of its output. The next one is about files: see test_erasure.py."""
    output = StringIO()
    call_command("purge_feedback", *arguments, stdout=output)
    return output.getvalue().splitlines()[0]


def closed(feedback: Feedback, *, days_ago: int = 0) -> Feedback:
    """The same message, closed so many days ago."""
    feedback.status = Feedback.Status.CLOSED
    retention.update_dates(feedback)
    feedback.closed_at -= dt.timedelta(days=days_ago)
    feedback.details_until -= dt.timedelta(days=days_ago)
    feedback.save()
    return feedback


# The dates


def test_a_new_message_says_when_it_is_deleted(settings):
    settings.FEEDBACK_DAYS = 100

    new = create_feedback()

    assert new.comments_until == new.details_until == timezone.localdate() + dt.timedelta(days=100)


def test_closing_a_message_moves_the_deletion_of_details_forward():
    done = closed(create_feedback(name="A. Parent"))

    assert done.details_until == timezone.localdate() + dt.timedelta(days=90)
    assert done.comments_until == timezone.localdate() + dt.timedelta(days=365)


def test_details_never_stay_longer_than_the_comments():
    done = closed(create_feedback(name="A. Parent", days_ago=300))

    assert done.details_until == done.comments_until


def test_reopening_a_message_restores_the_date_of_its_details():
    again = closed(create_feedback(name="A. Parent"))

    again.status = Feedback.Status.READ
    retention.update_dates(again)

    assert again.details_until == again.comments_until


# The daily job


def test_a_message_within_its_period_is_kept():
    create_feedback("Very clear.", name="A. Parent", days_ago=364)

    assert purge() == "Deleted: name and contact of 0 messages, all of 0 messages."
    assert Feedback.objects.get().name == "A. Parent"


def test_details_are_deleted_ninety_days_after_closing_and_comments_kept():
    details = {"name": "A. Parent", "email": "a@example.org", "phone": "01632 960123", "note": "Rang her."}
    closed(create_feedback("Very clear.", **details), days_ago=91)

    assert purge() == "Deleted: name and contact of 1 message, all of 0 messages."
    stored = Feedback.objects.get()
    assert (stored.name, stored.email, stored.phone, stored.note) == ("", "", "", "")
    assert stored.comments == "Very clear."


def test_a_message_is_anonymised_after_a_year(tmp_path):
    load_site(tmp_path)
    guide = Leaflet.objects.get(slug="sen-support")
    old = create_feedback(
        "My child …", days_ago=366, name="A. Parent", email="a@example.org", phone="01632 960123",
        note="Rang back.", you_said="Unclear.", submission="x", leaflet=guide, section="duties",
        edition_number=1, useful="no", wants_reply=True,
    )  # fmt: skip

    assert purge() == "Deleted: name and contact of 0 messages, all of 1 message."
    anonymised = Feedback.objects.get()
    month = timezone.localtime(old.sent_at).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    assert (anonymised.sent_at, anonymised.leaflet, anonymised.section, anonymised.useful) == (
        month,
        guide,
        "duties",
        "no",
    )
    others = {field.attname for field in Feedback._meta.concrete_fields} - {
        "id", "sent_at", "leaflet_id", "section", "useful", "status", "is_public"
    }  # fmt: skip
    kept = {name: value for name, value in Feedback.objects.values(*others).get().items() if value}
    assert kept == {"reply_asked": True, "reply_never": True}


def test_the_admin_log_of_an_anonymised_message_is_deleted():
    old = create_feedback("My child …", days_ago=366)
    officer = User.objects.create(username="officer")
    LogEntry.objects.log_actions(officer.pk, [old], CHANGE, "Changed status.", single_object=True)

    purge()

    assert not LogEntry.objects.exists()


def test_staff_are_not_notified_of_an_anonymised_message():
    create_feedback("My child …", days_ago=366)

    purge()

    assert not Feedback.objects.waiting_for_notice().exists()


def test_the_public_texts_of_an_anonymised_message_are_kept():
    create_feedback(
        "My child …", days_ago=366, you_said="The list was long.", we_did="We cut it.", is_public=True
    )

    purge()

    shown = Feedback.objects.shown_to_public().get()
    assert (shown.you_said, shown.we_did, shown.comments) == ("The list was long.", "We cut it.", "")


def test_a_second_purge_deletes_nothing():
    create_feedback(days_ago=366)

    assert purge() != purge()
    assert purge() == "Deleted: name and contact of 0 messages, all of 0 messages."
    assert Feedback.objects.count() == 1


def test_a_dry_run_counts_and_deletes_nothing():
    create_feedback("Very clear.", days_ago=366)

    said = purge("--dry-run")

    assert said == "Would be deleted: name and contact of 0 messages, all of 1 message."
    assert Feedback.objects.get().comments == "Very clear."
    assert not PurgeRun.objects.exists()


def test_a_shortened_period_applies_to_stored_messages(settings):
    create_feedback("Very clear.", days_ago=31)
    settings.FEEDBACK_DAYS = 30

    purge()

    assert Feedback.objects.get().comments == ""


def test_a_shortened_period_for_details_applies_to_stored_messages(settings):
    closed(create_feedback("Very clear.", name="A. Parent"), days_ago=60)
    settings.FEEDBACK_CONTACT_DAYS = 30

    purge()

    assert Feedback.objects.get().name == ""


def test_purging_moves_the_stored_dates_to_a_shortened_period(settings):
    closed(create_feedback("Very clear.", name="A. Parent"), days_ago=10)
    settings.FEEDBACK_DAYS, settings.FEEDBACK_CONTACT_DAYS = 100, 30

    purge()

    stored, today = Feedback.objects.get(), timezone.localdate()
    assert stored.comments_until == today + dt.timedelta(days=100)
    assert stored.details_until == today + dt.timedelta(days=20)


def test_a_lengthened_period_does_not_apply_to_stored_messages(settings):
    create_feedback("Very clear.", days_ago=366)
    closed(create_feedback("A promise.", name="A. Parent"), days_ago=91)
    settings.FEEDBACK_DAYS = settings.FEEDBACK_CONTACT_DAYS = 730

    purge()

    assert {(one.comments, one.name) for one in Feedback.objects.all()} == {("", ""), ("A promise.", "")}


def test_purging_deletes_all_submission_logs():
    SubmissionLog.objects.create(sender="x")

    purge()

    assert not SubmissionLog.objects.exists()


def test_the_frequent_job_deletes_submission_logs_after_an_hour():
    for sender in ("x", "y"):
        SubmissionLog.objects.create(sender=sender)
    SubmissionLog.objects.filter(sender="x").update(at=timezone.now() - dt.timedelta(minutes=61))

    call_command("send_notifications", stdout=StringIO())

    assert SubmissionLog.objects.get().sender == "y"


# A wrong clock


def last_run(*, days_ago: float) -> None:
    """Store a purge that ran so many days ago, or in the future."""
    run = PurgeRun.objects.create(details=0, comments=0)
    PurgeRun.objects.filter(pk=run.pk).update(at=timezone.now() - dt.timedelta(days=days_ago))


def stored_rows() -> list[list[dict]]:
    return [list(model.objects.order_by("pk").values()) for model in (Feedback, PurgeRun, SubmissionLog)]


def assert_refused() -> None:
    """Run the purge, which must say that the date is wrong, and change nothing."""
    before = stored_rows()
    with pytest.raises(
        CommandError, match=r"Nothing was deleted\. By the clock of this machine it is "
    ) as raised:
        purge()
    assert (raised.value.returncode, stored_rows()) == (1, before)


@pytest.mark.parametrize("days", [46, 400, 20_000])
def test_a_date_long_after_the_last_purge_deletes_nothing(days):
    last_run(days_ago=days)
    create_feedback("Very clear.", days_ago=days + 1)

    assert_refused()


@pytest.mark.parametrize("days", [0, 1, 31, 44])
def test_a_site_that_was_off_for_a_month_purges(days):
    last_run(days_ago=days)
    create_feedback("Very clear.", days_ago=366)

    purge()
    assert Feedback.objects.get().is_anonymised


def test_a_message_that_arrives_under_a_wrong_date_does_not_make_it_plausible():
    last_run(days_ago=700)
    create_feedback("Sent before the clock was wrong.", days_ago=701)
    create_feedback("Sent now.")

    assert_refused()


def test_a_site_that_was_used_all_the_time_purges_although_the_job_did_not_run():
    last_run(days_ago=100)
    create_feedback(days_ago=70)
    officer = User.objects.create(username="officer")
    entry = AccessLog.objects.create(user=officer, username="officer", action="opened")
    AccessLog.objects.filter(pk=entry.pk).update(at=timezone.now() - dt.timedelta(days=30))

    purge()


def test_a_date_before_the_last_purge_deletes_nothing():
    last_run(days_ago=-2)
    create_feedback("Very clear.", days_ago=400)

    assert_refused()


def test_a_date_before_the_newest_message_deletes_nothing():
    create_feedback("Very clear.", days_ago=400)
    create_feedback("From the future.", days_ago=-2)

    assert_refused()


def test_a_purge_some_hours_in_the_future_is_plausible():
    last_run(days_ago=-0.9)

    purge()


def test_a_date_that_is_said_to_be_right_is_believed_from_then_on():
    last_run(days_ago=-700)
    create_feedback("Very clear.", days_ago=400)
    create_feedback("Stored by a wrong clock.", days_ago=-700)

    assert purge("--the-date-is-right").endswith("all of 1 message.")

    purge()
    kept = Feedback.objects.not_anonymised().get()
    assert kept.comments_until == timezone.localdate() + dt.timedelta(days=365)


def test_a_site_with_a_wrong_date_starts_and_says_so(capsys):
    last_run(days_ago=100)

    serve._run_optional_command("purge_feedback")

    assert "Nothing was deleted." in capsys.readouterr().out


def test_a_dry_run_does_not_believe_a_wrong_date_either():
    last_run(days_ago=100)

    with pytest.raises(CommandError, match="nothing was stored or purged from"):
        purge("--dry-run")


# The check that the job runs


def test_a_purge_in_the_future_does_not_end_the_warning():
    create_feedback(days_ago=8)
    last_run(days_ago=-2)

    assert overdue() == ["feedback.W001"]


def overdue() -> list[str]:
    return [warning.id for warning in run_checks(databases=["default"]) if warning.id == "feedback.W001"]


def test_a_week_without_purging_is_a_warning():
    create_feedback(days_ago=8)

    assert overdue() == ["feedback.W001"]


def test_purging_ends_the_warning():
    create_feedback(days_ago=8)

    purge()

    assert overdue() == []


def test_a_site_without_old_messages_is_not_warned():
    create_feedback(days_ago=6)

    assert overdue() == []


@pytest.mark.parametrize("error", [OperationalError, InterfaceError])
def test_the_check_does_not_fail_where_the_database_cannot_be_reached(error):
    create_feedback(days_ago=8)

    with lost_database(error=error):
        assert check_purge(None, databases=["default"]) == []


# The privacy page


def test_the_page_about_privacy_says_what_the_settings_say(client, settings):
    call_command("load_leaflets", verbosity=0, stdout=StringIO())
    settings.FEEDBACK_DAYS, settings.FEEDBACK_CONTACT_DAYS = 200, 30

    said = visit(client, "/privacy/").text("*[@id='how-long']/../..")

    assert "Your comments: for 200 days after you sent them." in said
    assert "for 30 days after we have dealt with your message" in said
