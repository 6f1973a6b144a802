"""What is scheduled for a leaflet: when it is carried out, and what stops it."""

import datetime as dt

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.utils import timezone

from leaflets.models import Leaflet, ScheduledChange, Service, describe_time
from leaflets.models.site_version import read_site_state
from leaflets.publishing import drafts, editions, scheduling
from leaflets.publishing.scheduling import apply_due, schedule_publication, schedule_withdrawal
from tests.factories import (
    SLUG,
    basis_of,
    create_staff,
    draft_as_staff,
    edit_as_staff,
    get_officer,
    history,
    introduction_of,
    load_two,
    publish_as_staff,
    published_edition,
)

pytestmark = pytest.mark.django_db

HOUR = dt.timedelta(hours=1)


@pytest.fixture(scope="module", autouse=True)
def _loaded(module_database, tmp_path_factory) -> None:
    with module_database.unblock():
        load_two(tmp_path_factory.mktemp("content"))


@pytest.fixture
def publisher() -> User:
    return create_staff("Publishers")


def leaflet() -> Leaflet:
    return Leaflet.objects.get(slug=SLUG)


def schedule_draft(by: User, *, words: str = "New words.", due_in: dt.timedelta = HOUR) -> ScheduledChange:
    """Save a draft with these words, and schedule its publication."""
    draft = draft_as_staff(words)
    return schedule_publication(
        draft.leaflet,
        due_at=timezone.now() + due_in,
        basis=basis_of(draft),
        expected_schedule_pk=0,
        by=by,
        change_note="Clearer words.",
    )


def schedule_withdrawing(by: User, **options: object) -> ScheduledChange:
    values = {"due_at": timezone.now() + HOUR, "expected_schedule_pk": 0, "read_instead": None, "reason": ""}
    return schedule_withdrawal(leaflet(), basis=basis_of(published_edition()), by=by, **values | options)


def an_hour_later() -> list[tuple[str, str]]:
    """Carry out what is due in an hour, and return what was done and the problems."""
    outcomes = apply_due(timezone.now() + HOUR)
    return [(outcome.action, outcome.problem) for outcome in outcomes]


def problem() -> str:
    return ScheduledChange.objects.get().problem


def test_a_draft_is_published_when_its_time_has_come(publisher):
    schedule_draft(publisher)

    assert apply_due() == []
    assert history() == [(1, "published"), (2, "draft")]
    assert an_hour_later() == [("publish", "")]
    assert history() == [(1, "superseded"), (2, "published")]
    assert introduction_of(published_edition()) == "New words."
    assert published_edition().change_note == "Clearer words."
    assert published_edition().published_by == publisher
    assert not ScheduledChange.objects.exists()


def test_a_leaflet_is_withdrawn_when_its_time_has_come(publisher):
    schedule_withdrawing(publisher, read_instead=Leaflet.objects.get(slug="other"), reason="It is closed.")

    assert an_hour_later() == [("withdraw", "")]
    withdrawn = leaflet().editions.get()
    assert (withdrawn.status, withdrawn.withdrawal_reason) == ("withdrawn", "It is closed.")
    assert withdrawn.withdrawn_by == publisher
    assert leaflet().read_instead.slug == "other"
    assert not ScheduledChange.objects.exists()


def test_what_was_due_during_downtime_is_done_afterwards(publisher):
    schedule_draft(publisher)

    apply_due(timezone.now() + dt.timedelta(days=3))

    assert history() == [(1, "superseded"), (2, "published")]


def test_the_log_says_that_the_website_did_what_was_scheduled(publisher):
    change = schedule_draft(publisher)
    an_hour_later()

    entries = LogEntry.objects.filter(user=publisher).order_by("pk").values_list("change_message", flat=True)
    assert list(entries) == [
        f"Scheduled: goes live on {change.time_description}",
        f"Carried out by the website, as scheduled on {describe_time(change.scheduled_at)} for {change.time_description}",
        "Published edition 2: Clearer words.",
    ]


def test_a_draft_with_problems_cannot_be_scheduled(publisher):
    draft = draft_as_staff("See [this](/leaflets/not-there/).")

    with pytest.raises(drafts.NotReadyError):
        schedule_publication(
            draft.leaflet,
            due_at=timezone.now() + HOUR,
            basis=basis_of(draft),
            expected_schedule_pk=0,
            by=publisher,
            change_note="A note.",
        )
    assert not ScheduledChange.objects.exists()


def test_a_draft_that_its_publisher_has_not_seen_cannot_be_scheduled(publisher):
    seen = basis_of(draft_as_staff("The words that were seen."))
    draft_as_staff("Other words.")

    with pytest.raises(drafts.TextChangedError):
        schedule_publication(
            leaflet(),
            due_at=timezone.now() + HOUR,
            basis=seen,
            expected_schedule_pk=0,
            by=publisher,
            change_note="A note.",
        )


def test_a_draft_that_fails_preflight_at_its_time_is_not_published_and_not_tried_again(publisher):
    schedule_draft(publisher, words="See [the other one](/leaflets/other/).")
    editions.withdraw(Leaflet.objects.get(slug="other"))

    [(action, why)] = an_hour_later()

    assert action == "publish"
    assert why.startswith("The text cannot be published as it is now. In the introduction:")
    assert history() == [(1, "published"), (2, "draft")]
    assert problem() == why
    assert an_hour_later() == []
    assert read_site_state().next_change is None


def test_a_record_of_the_service_that_changed_does_not_stop_what_preflight_allows(publisher):
    schedule_draft(publisher)
    Service.objects.update(name="Another name")

    assert an_hour_later() == [("publish", "")]


def test_a_draft_that_an_editor_changed_after_it_was_scheduled_does_not_go_live(publisher):
    schedule_draft(publisher)
    draft_as_staff("Words that no publisher saw.")

    assert problem() == "officer changed the draft after it was scheduled."
    assert an_hour_later() == []
    assert history() == [(1, "published"), (2, "draft")]


def test_a_draft_that_is_saved_without_a_change_stays_scheduled(publisher):
    schedule_draft(publisher, words="New words.")
    draft_as_staff("New words.")

    assert an_hour_later() == [("publish", "")]


def test_a_draft_changed_by_a_release_that_does_not_know_schedules_does_not_go_live(publisher):
    schedule_draft(publisher)
    leaflet().editions.filter(status="draft").update(digest="0" * 64)

    assert an_hour_later() == [("publish", "The draft, or what readers see, changed after it was scheduled.")]


def test_a_file_that_is_loaded_stops_what_is_scheduled(publisher, tmp_path):
    schedule_draft(publisher)
    load_two(tmp_path, "Words of the file.")

    assert problem() == "A file with another text of this leaflet was loaded."
    assert an_hour_later() == []


def test_publishing_now_ends_the_publication(publisher):
    schedule_draft(publisher)
    publish_as_staff(leaflet().editions.get(status="draft"))

    assert not ScheduledChange.objects.exists()


def test_publishing_now_stops_a_withdrawal_and_says_so(publisher):
    schedule_withdrawing(publisher)
    edit_as_staff("A corrected number.")

    assert problem() == "officer published a new edition."
    assert an_hour_later() == []
    assert published_edition().number == 2


def test_withdrawing_now_ends_the_withdrawal(publisher):
    schedule_withdrawing(publisher)
    editions.withdraw(leaflet(), by=get_officer())

    assert not ScheduledChange.objects.exists()


def test_withdrawing_now_stops_the_publication_of_a_draft(publisher):
    schedule_draft(publisher)
    editions.withdraw(leaflet(), by=get_officer())

    assert problem() == "officer withdrew the leaflet."


def test_discarding_the_draft_leaves_a_note_for_the_person_who_scheduled_it(publisher):
    schedule_draft(publisher)
    drafts.discard_draft(leaflet(), basis=basis_of(leaflet().editions.get(status="draft")), by=get_officer())

    assert problem() == "officer discarded the draft."


def test_discarding_ones_own_scheduled_draft_leaves_nothing():
    user = create_staff("Publishers")
    schedule_draft(user)
    drafts.discard_draft(leaflet(), basis=basis_of(leaflet().editions.get(status="draft")), by=user)

    assert not ScheduledChange.objects.exists()


def test_nothing_is_published_in_the_name_of_a_closed_account(publisher):
    schedule_draft(publisher)
    User.objects.filter(pk=publisher.pk).update(is_active=False)

    assert an_hour_later() == [("publish", "The account of the person who scheduled it is closed.")]
    assert history() == [(1, "published"), (2, "draft")]


def test_nothing_is_published_in_the_name_of_a_person_who_may_not_publish_any_more(publisher):
    schedule_draft(publisher)
    publisher.groups.clear()

    assert an_hour_later() == [("publish", "Publishers may not publish any more.")]


def test_what_was_taken_back_does_not_happen(publisher):
    change = schedule_draft(publisher)
    scheduling.unschedule(leaflet(), expected_schedule_pk=change.pk, by=publisher)

    assert not ScheduledChange.objects.exists()
    assert an_hour_later() == []


def test_a_colleague_who_takes_it_back_leaves_a_note_for_the_person_who_scheduled_it(publisher):
    change = schedule_draft(publisher)
    scheduling.unschedule(leaflet(), expected_schedule_pk=change.pk, by=get_officer())

    assert problem() == "officer took it back."
    assert ScheduledChange.objects.get().is_to_be_told


def test_a_note_can_be_taken_away_and_what_waits_cannot(publisher):
    change = schedule_draft(publisher)
    scheduling.delete_note(leaflet(), expected_schedule_pk=change.pk, by=publisher)
    assert ScheduledChange.objects.exists()

    draft_as_staff("Other words.")
    scheduling.delete_note(leaflet(), expected_schedule_pk=change.pk, by=publisher)
    assert not ScheduledChange.objects.exists()


def test_another_time_replaces_the_one_that_its_publisher_saw(publisher):
    change = schedule_draft(publisher)
    later = timezone.now() + 5 * HOUR
    draft = leaflet().editions.get(status="draft")

    schedule_publication(
        leaflet(),
        due_at=later,
        basis=basis_of(draft),
        expected_schedule_pk=change.pk,
        by=publisher,
        change_note="A note.",
    )

    assert ScheduledChange.objects.get().due_at == later


def test_a_time_that_a_colleague_chose_meanwhile_is_not_replaced(publisher):
    change = schedule_draft(publisher)
    draft = leaflet().editions.get(status="draft")

    with pytest.raises(scheduling.ScheduleChangedError):
        schedule_publication(
            leaflet(),
            due_at=change.due_at + HOUR,
            basis=basis_of(draft),
            expected_schedule_pk=0,
            by=get_officer(),
            change_note="A note.",
        )
    assert ScheduledChange.objects.get() == change


def test_a_leaflet_to_read_instead_that_was_withdrawn_meanwhile_is_not_shown(publisher, client):
    other = Leaflet.objects.get(slug="other")
    schedule_withdrawing(publisher, read_instead=other)
    editions.withdraw(other)
    an_hour_later()

    response = client.get(f"/leaflets/{SLUG}/")
    assert response.status_code == 410
    assert "Please read this instead" not in response.content.decode()


def test_the_state_of_the_site_has_the_time_of_the_next_change_and_its_version_does_not(publisher):
    before = read_site_state()
    change = schedule_draft(publisher)
    after = read_site_state()

    assert before.next_change is None
    assert after.next_change == change.due_at
    assert after.version == before.version


def test_a_change_that_waits_has_no_problem(publisher):
    change = schedule_draft(publisher)

    with pytest.raises(IntegrityError), transaction.atomic():
        ScheduledChange.objects.filter(pk=change.pk).update(problem="Words.")


@pytest.mark.parametrize(
    ("time", "words"),
    [
        ("2027-01-04T09:00Z", "4 January 2027, 9:00"),
        ("2027-07-04T09:00Z", "4 July 2027, 10:00"),
        ("2027-10-31T00:30Z", "31 October 2027, 1:30 (before the clocks go back)"),
        ("2027-10-31T01:30Z", "31 October 2027, 1:30 (after the clocks go back)"),
    ],
)
def test_a_time_is_told_as_on_a_clock_in_the_united_kingdom(time, words):
    assert describe_time(dt.datetime.fromisoformat(time)) == words
