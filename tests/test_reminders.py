"""E-mails that remind staff of leaflets to check, and of drafts that wait for them."""

import datetime as dt
import threading
from io import StringIO
from unittest import mock

import pytest
from django.contrib.auth.models import User
from django.core import mail
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone

from leaflets import reminders
from leaflets.models import DraftNote, Leaflet, Reminder, ReminderRun, Review
from leaflets.publishing.handovers import READY, RETURNED, add_note, open_thread
from leaflets.publishing.scheduling import schedule_publication
from sendiass_site.ops import doctor, serve
from tests.factories import (
    basis_of,
    create_staff,
    draft_as_staff,
    leaflet_with_introduction,
    load,
    publish_as_staff,
)
from tests.running_site import free_port
from tests.texts import service

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]
CHECKS = ("leaflet to check", "leaflets to check")
TODAY = dt.date(2026, 6, 1)


@pytest.fixture(autouse=True)
def _mail(settings) -> None:
    settings.HAS_MAIL = True
    settings.SITE_URL = "https://www.example.org"


@pytest.fixture
def leaflet(tmp_path) -> Leaflet:
    load(
        tmp_path,
        leaflets=[
            leaflet_with_introduction("Words.", slug="sen-support"),
            leaflet_with_introduction("More.", slug="other", title="Other"),
        ],
        service=service(phones=("01632 960000",)),
    )
    Leaflet.objects.update(owner=person("ed", "Editors"))
    return Leaflet.objects.get(slug="sen-support")


def person(name: str, group: str = "Publishers", **fields: object) -> User:
    user = create_staff(group)
    User.objects.filter(pk=user.pk).update(**{"username": name, "email": f"{name}@example.org"} | fields)
    return User.objects.get(pk=user.pk)


def due(leaflet: Leaflet, day: dt.date) -> None:
    Review.objects.create(leaflet=leaflet, next_on=day)


def on(day: dt.date) -> None:
    """Run the daily job on a day."""
    noon = timezone.make_aware(dt.datetime.combine(day, dt.time(12)))
    with mock.patch("django.utils.timezone.now", return_value=noon):
        call_command("send_reminders", stdout=StringIO())


def days_with_mail(first: dt.date, count: int) -> list[int]:
    """The days on which an e-mail was sent, as numbers from the first one."""
    found = []
    for number in range(count):
        before = len(mail.outbox)
        on(first + dt.timedelta(days=number))
        found += [number] * (len(mail.outbox) - before)
    return found


def hand_over(leaflet: Leaflet, by: User) -> DraftNote:
    draft = leaflet.editions.get(status="draft")
    newest_pk = open_thread(draft).newest_note_pk
    return add_note(
        leaflet, READY, basis=basis_of(draft), expected_newest_pk=newest_pk, text="About A. Parent.", by=by
    )


def hand_over_and_return(leaflet: Leaflet, *, to: User, by: User) -> None:
    """Store a draft that a person handed over, and that another returned to them."""
    draft = draft_as_staff("New.")
    note = hand_over(leaflet, to)
    add_note(
        leaflet, RETURNED, basis=basis_of(draft), expected_newest_pk=note.pk, text="Change A. Parent.", by=by
    )


def recipients() -> list[str]:
    return sorted(address for sent in mail.outbox for address in sent.to)


def test_the_owner_is_reminded_30_days_before_on_the_day_and_each_week_after_it(leaflet):
    due(leaflet, TODAY + dt.timedelta(days=31))

    assert days_with_mail(TODAY, 50) == [1, 31, 38, 45]
    assert set(recipients()) == {"ed@example.org"}


def test_the_email_names_the_leaflet_its_day_and_where_to_note_the_check(leaflet):
    due(leaflet, TODAY)

    on(TODAY)

    (sent,) = mail.outbox
    assert sent.subject == "For you on the website: 1 leaflet to check"
    assert "- SEN support, today\n" in sent.body
    assert f"https://www.example.org/admin/leaflets/leaflet/{leaflet.pk}/checked/" in sent.body
    assert sent.body.endswith("\n-- \nExample SENDIASS\nPhone 01632 960000\n")


def test_one_email_has_everything_that_waits_for_a_person(leaflet):
    due(leaflet, TODAY - dt.timedelta(days=3))
    due(Leaflet.objects.get(slug="other"), TODAY + dt.timedelta(days=20))

    on(TODAY)

    (sent,) = mail.outbox
    assert "- SEN support, late since 29 May 2026\n" in sent.body
    assert "- Other, by 21 June 2026\n" in sent.body


def test_leaflets_that_are_late_on_different_days_cause_one_email_a_week(leaflet):
    due(leaflet, TODAY - dt.timedelta(days=10))
    due(Leaflet.objects.get(slug="other"), TODAY - dt.timedelta(days=12))

    assert days_with_mail(TODAY, 15) == [0, 7, 14]


def test_two_runs_on_a_day_send_one_email(leaflet):
    due(leaflet, TODAY)

    on(TODAY)
    on(TODAY)

    assert len(mail.outbox) == 1


def test_what_becomes_due_after_the_email_of_a_day_waits_until_the_next_day(leaflet):
    due(leaflet, TODAY)
    on(TODAY)
    due(Leaflet.objects.get(slug="other"), TODAY)

    assert days_with_mail(TODAY, 2) == [1]


def test_after_weeks_without_a_run_one_email_is_sent(leaflet):
    due(leaflet, TODAY + dt.timedelta(days=30))
    on(TODAY)
    mail.outbox.clear()

    assert days_with_mail(TODAY + dt.timedelta(days=60), 8) == [0, 7]


def test_a_leaflet_that_was_checked_causes_no_email(leaflet):
    due(leaflet, TODAY)
    due(leaflet, TODAY + dt.timedelta(days=365))

    on(TODAY)

    assert mail.outbox == []


def test_a_new_owner_is_told_of_what_is_due_already(leaflet):
    due(leaflet, TODAY + dt.timedelta(days=10))
    on(TODAY)
    Leaflet.objects.update(owner=person("rose"))

    on(TODAY + dt.timedelta(days=1))

    assert recipients() == ["ed@example.org", "rose@example.org"]


def test_a_mail_server_that_does_not_answer_is_no_reason_not_to_serve_the_site(leaflet, settings, capsys):
    due(leaflet, timezone.localdate())
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", free_port()

    serve._run_optional_command("send_reminders")

    assert "The mail server did not take the reminders of: ed" in capsys.readouterr().out


@pytest.mark.each_database
@pytest.mark.parametrize("change", [{"is_active": False}, {"is_staff": False}])
def test_a_leaflet_whose_owner_has_left_waits_for_all_publishers_and_says_so(leaflet, change):
    person("rose")
    User.objects.filter(username="ed").update(**change)
    due(leaflet, TODAY)

    on(TODAY)

    assert recipients() == ["rose@example.org"]
    assert "Leaflets to check that have no owner:" in mail.outbox[0].body


def test_a_leaflet_whose_owner_may_not_edit_any_more_waits_for_all_publishers(leaflet):
    person("rose")
    User.objects.get(username="ed").groups.clear()
    due(leaflet, TODAY)

    on(TODAY)

    assert recipients() == ["rose@example.org"]


@pytest.mark.each_database
def test_leaflets_without_an_owner_wait_for_administrators_where_there_is_no_publisher(leaflet):
    Leaflet.objects.update(owner=None)
    User.objects.create(username="it", email="it@example.org", is_staff=True, is_superuser=True)
    due(leaflet, TODAY)
    on(TODAY)
    person("rose")

    on(TODAY + dt.timedelta(days=1))

    assert recipients() == ["it@example.org", "rose@example.org"]


def test_a_draft_that_is_ready_is_told_once_to_the_other_publishers(leaflet):
    person("rose")
    kim = User.objects.create(username="kim", email="kim@example.org", is_staff=True)
    kim.groups.set(User.objects.get(username="rose").groups.all())
    draft_as_staff("New.")
    hand_over(leaflet, kim)
    today = timezone.localdate()

    assert days_with_mail(today, 9) == [0]
    assert recipients() == ["rose@example.org"]
    assert "Drafts that are ready to publish:\n- SEN support, from kim on" in mail.outbox[0].body


def test_a_draft_that_is_scheduled_is_not_called_ready_to_publish(leaflet):
    rose, draft = person("rose"), draft_as_staff("New.")
    hand_over(leaflet, User.objects.get(username="ed"))
    tomorrow = timezone.now() + dt.timedelta(days=1)
    schedule_publication(
        leaflet,
        due_at=tomorrow,
        basis=basis_of(draft),
        expected_schedule_pk=0,
        by=rose,
        change_note="Clearer words.",
    )

    on(timezone.localdate())

    assert recipients() == []


def test_a_draft_that_came_back_is_told_to_the_editor_who_handed_it_over(leaflet):
    hand_over_and_return(leaflet, to=User.objects.get(username="ed"), by=person("rose"))

    on(timezone.localdate())

    assert recipients() == ["ed@example.org"]
    assert "Drafts that came back to you:\n- SEN support, from rose on" in mail.outbox[0].body


def test_a_draft_that_came_back_to_somebody_who_has_left_is_told_to_publishers(leaflet):
    hand_over_and_return(leaflet, to=User.objects.get(username="ed"), by=person("rose"))
    User.objects.filter(username="ed").update(is_active=False)

    on(timezone.localdate())

    assert recipients() == ["rose@example.org"]
    (sent,) = mail.outbox
    assert "Drafts that went back to somebody who has left:\n" in sent.body
    assert "- SEN support, back to ed on" in sent.body
    assert "Parent" not in sent.body


def schedule(leaflet: Leaflet, by: User) -> None:
    draft = draft_as_staff("New.")
    due_at = dt.datetime(timezone.localdate().year + 1, 1, 4, 9, tzinfo=dt.UTC)
    schedule_publication(
        leaflet,
        due_at=due_at,
        basis=basis_of(draft),
        expected_schedule_pk=0,
        by=by,
        change_note="About A. Parent.",
    )


def leave(user: User) -> str:
    User.objects.filter(pk=user.pk).update(is_active=False)
    return "The account of the person who scheduled it is closed."


def lose_the_right(user: User) -> str:
    user.groups.clear()
    return "rose may not publish any more."


@pytest.mark.parametrize("end", [leave, lose_the_right])
def test_publishers_are_told_once_before_its_time_that_a_scheduled_change_will_not_happen(leaflet, end):
    rose, today = person("rose"), timezone.localdate()
    kim = User.objects.create(username="kim", email="kim@example.org", is_staff=True)
    kim.groups.set(rose.groups.all())
    schedule(leaflet, rose)
    assert days_with_mail(today, 2) == []

    problem = end(rose)

    assert days_with_mail(today + dt.timedelta(days=2), 9) == [0]
    (sent,) = mail.outbox
    assert sent.to == ["kim@example.org"]
    assert sent.subject == "For you on the website: 1 scheduled change that will not happen"
    year = today.year + 1
    assert f"- SEN support was to go live on 4 January {year}, 9:00. {problem}\n" in sent.body
    assert f"https://www.example.org/admin/leaflets/leaflet/{leaflet.pk}/editions/" in sent.body
    assert "Parent" not in sent.body


def test_nothing_that_was_said_about_a_draft_is_in_the_email(leaflet):
    person("rose")
    draft_as_staff("New.")
    hand_over(leaflet, User.objects.get(username="ed"))

    on(timezone.localdate())

    assert "Parent" not in mail.outbox[0].message().as_string()


def test_a_draft_that_was_published_causes_no_email(leaflet):
    person("rose")
    draft = draft_as_staff("New.")
    hand_over(leaflet, User.objects.get(username="ed"))
    publish_as_staff(draft)

    on(timezone.localdate())

    assert mail.outbox == []


def test_an_email_that_the_mail_server_did_not_take_is_tried_again(leaflet, settings):
    due(leaflet, TODAY)
    usual = settings.EMAIL_BACKEND
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", free_port()
    with pytest.raises(CommandError, match=r"did not take the reminders of: ed \(ConnectionRefusedError\)"):
        on(TODAY)
    settings.EMAIL_BACKEND = usual

    on(TODAY)

    assert recipients() == ["ed@example.org"]


@pytest.mark.each_database
def test_an_address_that_cannot_be_used_does_not_stop_the_others(leaflet):
    rose = person("rose")
    User.objects.filter(username="ed").update(email="ed@example.org\nBcc: x@example.org")
    Leaflet.objects.filter(slug="other").update(owner=rose)
    for one in Leaflet.objects.all():
        due(one, TODAY)

    with pytest.raises(CommandError, match="ed "):
        on(TODAY)

    assert recipients() == ["rose@example.org"]
    assert not ReminderRun.objects.exists()


@pytest.mark.each_database
def test_a_claim_of_another_process_is_left_alone_until_it_is_old(leaflet):
    due(leaflet, TODAY)
    noon = timezone.make_aware(dt.datetime.combine(TODAY, dt.time(12)))
    ed = User.objects.get(username="ed")
    Reminder.objects.create(user=ed, claimed_at=noon - dt.timedelta(minutes=4))
    on(TODAY)
    assert mail.outbox == []

    Reminder.objects.update(claimed_at=noon - dt.timedelta(minutes=6))
    on(TODAY)

    assert len(mail.outbox) == 1


@pytest.mark.each_database
def test_two_runs_at_the_same_time_send_one_email(committed_db, leaflet):
    due(leaflet, timezone.localdate())
    together = threading.Barrier(2)

    def run() -> None:
        try:
            together.wait()
            call_command("send_reminders", stdout=StringIO())
        finally:
            connection.close()

    runs = [threading.Thread(target=run) for _ in range(2)]
    for one in runs:
        one.start()
    for one in runs:
        one.join()

    assert len(mail.outbox) == 1


@pytest.mark.each_database
def test_without_a_mail_server_nothing_is_sent_and_doctor_says_so(leaflet, settings):
    settings.HAS_MAIL = False
    due(leaflet, timezone.localdate())
    output = StringIO()

    call_command("send_reminders", stdout=output)

    assert output.getvalue() == "Nobody is reminded: EMAIL_URL is not set.\n"
    assert mail.outbox == []
    assert any(
        "or reminded of leaflets to check" in one.message for one in doctor.run_checks(request_site=False)
    )


def findings() -> list[str]:
    return [one.message for one in doctor.run_daily_checks() if one.check == "reminders"]


def test_doctor_names_the_accounts_without_an_email_address(leaflet):
    person("rose", email="")
    User.objects.filter(username="ed").update(email="")

    assert "These accounts have no e-mail address, and are not reminded: ed, rose." in findings()
    call_command("send_reminders", stdout=StringIO())
    assert mail.outbox == []


@pytest.mark.each_database
def test_doctor_says_when_reminders_were_not_sent_for_days(leaflet):
    assert findings() == ["Never yet. Staff may not know which leaflets they have to check."]

    call_command("send_reminders", stdout=StringIO())
    assert findings()[0].startswith("Last on ")

    ReminderRun.objects.update(at=timezone.now() - dt.timedelta(days=3))
    assert findings()[0].startswith("Last all sent on ")


@pytest.mark.each_database
def test_who_was_reminded_can_still_be_deleted_if_they_did_nothing(leaflet):
    due(leaflet, TODAY)
    on(TODAY)

    User.objects.get(username="ed").delete()

    assert set(Leaflet.objects.values_list("owner", flat=True)) == {None}


def test_each_kind_is_counted_in_the_subject_and_no_more_than_20_are_named(leaflet):
    waiting = [
        reminders.ReminderItem(f"leaflet-{number}", "Leaflets", f"L{number}", f"/{number}/", CHECKS, TODAY)
        for number in range(25)
    ]

    email = reminders._build_email(User(email="a@example.org"), waiting, TODAY)

    assert email.subject == "For you on the website: 25 leaflets to check"
    assert "- L19\n" in email.body
    assert "- L20\n" not in email.body
    assert "- and 5 more" in email.body
