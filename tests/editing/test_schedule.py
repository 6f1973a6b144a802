"""Publishing and withdrawing later: the forms, and where staff see what is scheduled."""

import datetime as dt
from collections.abc import Callable

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group, User
from django.core import mail
from django.test import Client, override_settings
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoDbBlocker

from leaflets.editing import schedule_emails
from leaflets.models import HistoryEntry, Leaflet, ScheduledChange
from leaflets.publishing.drafts import discard_draft, get_edit_state, withdraw_leaflet
from leaflets.publishing.handovers import READY, add_note, open_thread
from leaflets.publishing.scheduling import apply_due
from tests.editing.pages import opened, page, sign_in
from tests.editing.test_collisions import form_of, words_of
from tests.factories import (
    basis_of,
    draft_as_staff,
    edit_as_staff,
    get_officer,
    history,
    load_two,
    publish_as_staff,
    published_edition,
)
from tests.html import parse
from tests.publishing.test_scheduling import schedule_draft, schedule_withdrawing

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]

YEAR = timezone.localdate().year + 1
MORNING = f"{YEAR}-01-04T09:00"
MORNING_WORDS = f"4 January {YEAR}, 9:00"


def change_of_clocks(month: int) -> str:
    """The day of March or October of next year on which the clocks change: the last Sunday."""
    last = dt.date(YEAR, month, 31)
    return f"{last - dt.timedelta(days=(last.weekday() + 1) % 7)}"


@pytest.fixture(scope="module", autouse=True)
def _loaded(module_database: DjangoDbBlocker, tmp_path_factory: pytest.TempPathFactory) -> None:
    with module_database.unblock():
        load_two(tmp_path_factory.mktemp("content"))


def publish_later(client: Client, leaflet: Leaflet, due_at: str = MORNING, **fields: str) -> object:
    form = {"change_note": "A note.", "action": "later", "due_at": due_at} | fields
    return client.post(page("publish", leaflet), _hidden(leaflet) | form, follow=True)


def withdraw_later(client: Client, leaflet: Leaflet, **fields: str) -> object:
    form = {"read_instead": "", "action": "later", "due_at": MORNING} | fields
    return client.post(page("withdraw", leaflet), _hidden(leaflet) | form, follow=True)


def _hidden(leaflet: Leaflet) -> dict[str, str]:
    """What the forms to publish and to withdraw have in their hidden fields now."""
    change = ScheduledChange.objects.filter(leaflet=leaflet).first()
    return {"basis": str(get_edit_state(leaflet).basis), "seen": str(change.pk if change else 0)}


def start_page(client: Client) -> str:
    return words_of(client.get(reverse("admin:index")))


def the_list(client: Client) -> str:
    return words_of(client.get(reverse("admin:leaflets_leaflet_changelist")))


@pytest.mark.parametrize("name", ["publish", "withdraw"])
def test_a_form_names_the_text_and_the_schedule_that_it_shows(
    publisher: Client, leaflet: Leaflet, name: str
) -> None:
    draft_as_staff("New words.")
    before = form_of(publisher, name, leaflet)
    assert {field: before[field] for field in ("basis", "seen")} == _hidden(leaflet)

    publish_later(publisher, leaflet)

    after = form_of(publisher, name, leaflet)
    assert {field: after[field] for field in ("basis", "seen")} == _hidden(leaflet)
    assert after["seen"] == str(ScheduledChange.objects.get().pk)


def test_a_draft_is_scheduled_with_its_note(publisher: Client, leaflet: Leaflet) -> None:
    draft_as_staff("New words.")
    response = publish_later(publisher, leaflet)

    change = ScheduledChange.objects.get()
    assert timezone.localtime(change.due_at).isoformat()[:16] == MORNING
    assert (change.change_note, change.scheduled_by.username) == ("A note.", "rose")
    assert f"The draft goes live on {MORNING_WORDS}." in words_of(response)
    assert history() == [(1, "published"), (2, "draft")]


@pytest.mark.parametrize("where", ["history", "edit", "publish", "list", "start"])
def test_staff_see_what_is_scheduled(publisher: Client, leaflet: Leaflet, where: str) -> None:
    draft_as_staff("New words.")
    publish_later(publisher, leaflet)

    look = {"list": the_list, "start": start_page}
    shown = look[where](publisher) if where in look else words_of(publisher.get(page(where, leaflet)))
    assert f"goes live on {MORNING_WORDS}" in shown


@pytest.mark.parametrize("where", ["history", "list", "start"])
def test_staff_see_that_a_leaflet_will_be_withdrawn(publisher: Client, leaflet: Leaflet, where: str) -> None:
    response = withdraw_later(publisher, leaflet, reason="It is closed.")
    assert f"The leaflet will be withdrawn on {MORNING_WORDS}." in words_of(response)

    look = {"list": the_list, "start": start_page}
    shown = look[where](publisher) if where in look else words_of(publisher.get(page(where, leaflet)))
    assert f"will be withdrawn on {MORNING_WORDS}" in shown
    assert published_edition().number == 1


@pytest.mark.parametrize(
    ("due_at", "message"),
    [
        ("", "Choose the day and the time."),
        ("tomorrow", "Write a day and a time, such as"),
        ("2027-02-30T09:00", "Write a day and a time, such as"),
        ("2020-01-04T09:00", "This time has passed. Choose a later one."),
        (f"{YEAR + 3}-01-04T09:00", "This is more than two years ahead. Check the year."),
        ("0001-01-01T00:00", "Check the year"),
        ("9999-12-31T23:59", "Check the year"),
        (f"{YEAR}-01-04T09:00\0", "Write a day and a time, such as"),
        (
            f"{change_of_clocks(3)}T01:30",
            "There is no 01:30 on that day: the clocks go forward in this hour.",
        ),
    ],
)
def test_a_time_that_cannot_be_is_refused_and_the_words_stay(
    publisher: Client, leaflet: Leaflet, due_at: str, message: str
) -> None:
    draft_as_staff("New words.")
    response = publish_later(publisher, leaflet, due_at, change_note="Clearer words.")

    assert response.status_code == 422
    assert message in words_of(response)
    assert "Clearer words." in response.content.decode()
    assert not ScheduledChange.objects.exists()


def test_a_time_that_comes_twice_is_the_first_and_staff_are_told(publisher: Client, leaflet: Leaflet) -> None:
    draft_as_staff("New words.")
    response = publish_later(publisher, leaflet, f"{change_of_clocks(10)}T01:30")

    due_at = ScheduledChange.objects.get().due_at
    assert due_at.astimezone(dt.UTC).isoformat() == f"{change_of_clocks(10)}T00:30:00+00:00"
    assert "1:30 (before the clocks go back)" in words_of(response)


@pytest.mark.parametrize("name", ["publish", "withdraw"])
def test_a_time_is_not_forgotten_when_the_button_for_now_is_pressed(
    publisher: Client, leaflet: Leaflet, name: str
) -> None:
    draft_as_staff("New words.")
    act = {"publish": publish_later, "withdraw": withdraw_later}[name]
    response = act(publisher, leaflet, action="now", due_at=MORNING)

    assert response.status_code == 422
    assert f"To {name} now, empty this box." in words_of(response)
    assert history() == [(1, "published"), (2, "draft")]


def test_a_draft_with_problems_is_not_scheduled(publisher: Client, leaflet: Leaflet) -> None:
    draft_as_staff("New words.")
    form = _hidden(leaflet)
    draft_as_staff("See [this](/leaflets/not-there/).")
    form["basis"] = _basis(publisher, leaflet)

    fields = form | {"change_note": "A note.", "action": "later", "due_at": MORNING}
    response = publisher.post(page("publish", leaflet), fields)

    assert response.status_code == 422
    assert "Go back and mend the draft" in words_of(response)
    assert not ScheduledChange.objects.exists()


def _basis(client: Client, leaflet: Leaflet) -> str:
    return opened(client, leaflet)["basis"]


def test_a_colleague_who_scheduled_it_meanwhile_is_named(publisher: Client, leaflet: Leaflet) -> None:
    draft_as_staff("New words.")
    form = _hidden(leaflet)
    publish_later(publisher, leaflet)
    fields = {"change_note": "A note.", "action": "later", "due_at": f"{YEAR}-02-05T09:00"}

    response = publisher.post(page("publish", leaflet), form | fields)

    assert response.status_code == 409
    assert "A colleague scheduled something for this leaflet after you opened this page." in words_of(
        response
    )
    assert f"goes live on {MORNING_WORDS}" in words_of(response)
    # The page shows it now, so the next attempt replaces it.
    publish_later(publisher, leaflet, f"{YEAR}-02-05T09:00")
    assert timezone.localdate(ScheduledChange.objects.get().due_at) == dt.date(YEAR, 2, 5)


def test_one_button_takes_it_back(publisher: Client, leaflet: Leaflet) -> None:
    draft_as_staff("New words.")
    shown = publish_later(publisher, leaflet)
    assert "Undo: leave it as it is" in words_of(shown)

    response = publisher.post(
        page("unschedule", leaflet), {"seen": ScheduledChange.objects.get().pk, "action": "undo"}, follow=True
    )

    assert "Nothing is scheduled for this leaflet any more." in words_of(response)
    assert not ScheduledChange.objects.exists()


def test_an_editor_who_changes_a_scheduled_draft_is_told_that_it_is_off(
    client: Client, leaflet: Leaflet, publisher: Client
) -> None:
    draft_as_staff("New words.")
    publish_later(publisher, leaflet)
    sign_in(client, "Editors", "ed")
    warned = words_of(client.get(page("edit", leaflet)))
    assert "If you save a change to the draft, that is off" in warned

    typed = opened(client, leaflet) | {"introduction": "Other words.", "action": "save"}
    response = client.post(page("edit", leaflet), typed, follow=True)

    told = words_of(response)
    assert f"The leaflet was to go live on {MORNING_WORDS}. That is off: ed changed the draft" in told
    assert "A publisher has to look at it and schedule it again." in told
    assert f"was to go live on {MORNING_WORDS}. That is off: ed changed the draft" in start_page(client)


@pytest.mark.each_database
def test_saving_without_a_change_leaves_it_scheduled(publisher: Client, leaflet: Leaflet) -> None:
    draft_as_staff("New words.")
    publish_later(publisher, leaflet)
    publisher.post(page("edit", leaflet), opened(publisher, leaflet) | {"action": "publish"})

    assert ScheduledChange.objects.waiting().exists()


@pytest.mark.parametrize("name", ["publish", "discard", "withdraw"])
def test_the_user_is_told_which_scheduled_change_an_action_cancelled(
    publisher: Client, leaflet: Leaflet, name: str
) -> None:
    draft_as_staff("New words.")
    publish_later(publisher, leaflet)
    fields = _hidden(leaflet) | {"change_note": "A note.", "read_instead": ""}
    fields.pop("action", None)

    told = words_of(publisher.post(page(name, leaflet), fields, follow=True))

    assert f"The leaflet was to go live on {MORNING_WORDS}." in told
    assert not ScheduledChange.objects.waiting().exists()


def test_what_could_not_be_done_is_on_the_start_page_until_the_note_is_taken_away(
    publisher: Client, leaflet: Leaflet
) -> None:
    draft_as_staff("New words.")
    publish_later(publisher, leaflet)
    User.objects.filter(username="rose").update(is_active=False)
    apply_due(timezone.now() + dt.timedelta(days=800))
    User.objects.filter(username="rose").update(is_active=True)

    assert "That is off: The account of the person who scheduled it is closed" in start_page(publisher)
    note = {"seen": ScheduledChange.objects.get().pk, "action": "note"}
    publisher.post(page("unschedule", leaflet), note)
    assert "That is off" not in start_page(publisher)


def test_staff_see_before_its_time_that_nobody_can_answer_for_it(publisher: Client, leaflet: Leaflet) -> None:
    draft_as_staff("New words.")
    other = User.objects.create(username="left", is_staff=True, is_superuser=True)
    schedule_draft(other)
    User.objects.filter(pk=other.pk).update(is_active=False)

    assert "That will not happen: The account" in words_of(publisher.get(page("history", leaflet)))
    assert "That will not happen: The account" in start_page(publisher)


def _close_account(user: User) -> str:
    User.objects.filter(pk=user.pk).update(is_active=False)
    return "The account of the person who scheduled it is closed."


def _take_out_of_publishers(user: User) -> str:
    user.groups.clear()
    return "left may not publish any more."


@pytest.mark.parametrize("where", ["history", "edit", "publish", "list", "start"])
@pytest.mark.parametrize("end", [_close_account, _take_out_of_publishers])
def test_each_page_says_that_a_publication_nobody_answers_for_will_not_happen(
    publisher: Client, leaflet: Leaflet, where: str, end: Callable[[User], str]
) -> None:
    other = User.objects.create(username="left", is_staff=True)
    other.groups.add(Group.objects.get(name="Publishers"))
    change = schedule_draft(other)
    problem = end(other)

    shown = look_at(publisher, where, leaflet)
    assert f"was to go live on {change.time_description}" in shown
    assert f"That will not happen: {problem.rstrip('.')}" in shown
    assert "goes live on" not in shown
    assert "that is off until a publisher" not in shown


@pytest.mark.each_database
@pytest.mark.parametrize("where", ["history", "list", "start"])
def test_each_page_says_that_a_withdrawal_nobody_answers_for_will_not_happen(
    publisher: Client, leaflet: Leaflet, where: str
) -> None:
    withdraw_later(publisher, leaflet)
    ScheduledChange.objects.update(scheduled_by=None)

    shown = look_at(publisher, where, leaflet)
    assert f"was to be withdrawn on {MORNING_WORDS}" in shown
    assert "That will not happen: The account of the person who scheduled it is closed" in shown
    assert "will be withdrawn" not in shown


def test_the_list_says_that_a_schedule_is_off(publisher: Client, leaflet: Leaflet) -> None:
    draft_as_staff("New words.")
    publish_later(publisher, leaflet)
    draft_as_staff("Other words.")

    assert f"; was to go live on {MORNING_WORDS}, and is off" in the_list(publisher)


def _typed(client: Client, name: str, leaflet: Leaflet) -> dict[str, str]:
    """What the boxes about publishing or withdrawing later have when the page is opened."""
    document = parse(client.get(page(name, leaflet)).content.decode())
    form = next(form for form in document.iter("form") if form.find(".//*[@name='due_at']") is not None)
    typed = {box.get("name"): "".join(box.itertext()).strip() for box in form.iter("textarea")}
    chosen = form.findall(".//select/option[@selected]")
    return typed | {
        "due_at": form.find(".//*[@name='due_at']").get("value", ""),
        "read_instead": chosen[0].get("value", "") if chosen else "",
    }


def test_scheduling_a_draft_again_starts_from_the_old_note_and_time(
    publisher: Client, leaflet: Leaflet
) -> None:
    draft_as_staff("New words.")
    publish_later(publisher, leaflet, change_note="Clearer words.")
    draft_as_staff("Other words.")

    typed = _typed(publisher, "publish", leaflet)
    assert (typed["change_note"], typed["due_at"]) == ("Clearer words.", MORNING)


def test_scheduling_a_withdrawal_again_starts_from_the_old_words_and_time(
    publisher: Client, leaflet: Leaflet
) -> None:
    other = Leaflet.objects.exclude(pk=leaflet.pk).filter(editions__status="published").first()
    withdraw_later(publisher, leaflet, reason="It is closed.", read_instead=str(other.pk))
    edit_as_staff("A corrected number.")

    assert _typed(publisher, "withdraw", leaflet) == {
        "reason": "It is closed.",
        "read_instead": str(other.pk),
        "due_at": MORNING,
    }


def undo(client: Client, leaflet: Leaflet, action: str = "undo") -> None:
    client.post(page("unschedule", leaflet), {"seen": ScheduledChange.objects.get().pk, "action": action})
    assert not ScheduledChange.objects.exists()


@pytest.mark.each_database
def test_a_withdrawal_that_i_took_back_starts_from_my_words_and_time(
    publisher: Client, leaflet: Leaflet
) -> None:
    other = Leaflet.objects.exclude(pk=leaflet.pk).filter(editions__status="published").first()
    withdraw_later(publisher, leaflet, reason="It is closed.", read_instead=str(other.pk))
    undo(publisher, leaflet)

    typed = _typed(publisher, "withdraw", leaflet)
    assert typed == {"reason": "It is closed.", "read_instead": str(other.pk), "due_at": MORNING}

    withdraw_later(publisher, leaflet, reason="Another reason.")
    ScheduledChange.objects.all().delete()
    assert _typed(publisher, "withdraw", leaflet)["reason"] == ""


@pytest.mark.parametrize("action", ["undo", "note"])
def test_a_publication_that_i_took_back_starts_from_my_note_and_time(
    publisher: Client, leaflet: Leaflet, action: str
) -> None:
    draft = draft_as_staff("New words.")
    publish_later(publisher, leaflet, change_note="Clearer words.")
    if action == "note":
        draft = draft_as_staff("Other words.")
    undo(publisher, leaflet, action)

    typed = _typed(publisher, "publish", leaflet)
    assert (typed["change_note"], typed["due_at"]) == ("Clearer words.", MORNING)

    discard_draft(leaflet, basis=basis_of(draft), by=get_officer())
    draft_as_staff("Another draft.")
    assert _typed(publisher, "publish", leaflet)["change_note"] == ""


def test_the_words_that_i_took_back_are_gone_after_withdrawing(publisher: Client, leaflet: Leaflet) -> None:
    withdraw_later(publisher, leaflet, reason="It is closed.")
    undo(publisher, leaflet)
    publisher.post(page("withdraw", leaflet), _hidden(leaflet) | {"action": "now"})
    edit_as_staff("New words.")

    assert _typed(publisher, "withdraw", leaflet)["reason"] == ""


def test_a_time_that_has_passed_is_not_filled_in_again(publisher: Client, leaflet: Leaflet) -> None:
    draft_as_staff("New words.")
    publish_later(publisher, leaflet)
    draft_as_staff("Other words.")
    ScheduledChange.objects.update(due_at=timezone.now() - dt.timedelta(minutes=1))

    typed = _typed(publisher, "publish", leaflet)
    assert (typed["change_note"], typed["due_at"]) == ("A note.", "")


def test_a_draft_that_waits_has_its_note_filled_in_and_can_be_published_now(
    publisher: Client, leaflet: Leaflet
) -> None:
    draft_as_staff("New words.")
    publish_later(publisher, leaflet)

    typed = _typed(publisher, "publish", leaflet)
    assert (typed["change_note"], typed["due_at"]) == ("A note.", "")


def test_the_note_of_a_draft_that_was_discarded_is_not_filled_in_for_another(
    publisher: Client, leaflet: Leaflet
) -> None:
    draft = draft_as_staff("New words.")
    publish_later(publisher, leaflet)
    discard_draft(leaflet, basis=basis_of(draft), by=get_officer())
    draft_as_staff("Another draft.")

    typed = _typed(publisher, "publish", leaflet)
    assert (typed["change_note"], typed["due_at"]) == ("", "")


def test_the_words_of_a_withdrawal_are_not_filled_in_for_a_publication(
    publisher: Client, leaflet: Leaflet
) -> None:
    withdraw_later(publisher, leaflet, reason="It is closed.")
    draft_as_staff("New words.")

    assert _typed(publisher, "publish", leaflet)["change_note"] == ""


def test_a_colleague_can_check_the_change_note_of_what_is_scheduled(
    publisher: Client, leaflet: Leaflet
) -> None:
    draft_as_staff("New words.")
    publish_later(publisher, leaflet, change_note="Clearer <b>words</b>.")

    shown = words_of(publisher.get(page("history", leaflet)))
    assert "What changed, for readers: “Clearer <b>words</b>.”" in shown


def test_a_colleague_can_check_the_words_of_a_withdrawal(publisher: Client, leaflet: Leaflet) -> None:
    other = Leaflet.objects.exclude(pk=leaflet.pk).filter(editions__status="published").first()
    withdraw_later(publisher, leaflet, reason="It is closed.", read_instead=str(other.pk))

    shown = words_of(publisher.get(page("history", leaflet)))
    assert "Why, for readers: “It is closed.”" in shown
    assert f"To read instead: “{other.editions.get().title}”" in shown


def test_the_leaflets_history_says_for_when_an_edition_was_scheduled(
    publisher: Client, leaflet: Leaflet
) -> None:
    draft_as_staff("New words.")
    publish_later(publisher, leaflet)
    apply_due(timezone.now() + dt.timedelta(days=800))

    assert f", scheduled by rose for {MORNING_WORDS}" in words_of(publisher.get(page("history", leaflet)))


def test_the_leaflets_history_says_for_when_a_withdrawal_was_scheduled(
    publisher: Client, leaflet: Leaflet
) -> None:
    withdraw_later(publisher, leaflet, reason="It is closed.")
    apply_due(timezone.now() + dt.timedelta(days=800))

    shown = words_of(publisher.get(page("history", leaflet)))
    assert f", scheduled by rose for {MORNING_WORDS}: It is closed." in shown


def test_an_edition_that_was_published_by_hand_was_not_scheduled(publisher: Client, leaflet: Leaflet) -> None:
    draft_as_staff("New words.")
    publish_later(publisher, leaflet)
    apply_due(timezone.now() + dt.timedelta(days=800))
    edit_as_staff("Words of another edition.")
    withdraw_leaflet(
        leaflet,
        basis=get_edit_state(leaflet).basis,
        read_instead=None,
        by=User.objects.get(username="rose"),
    )

    assert words_of(publisher.get(page("history", leaflet))).count("scheduled by") == 1


def test_what_failed_at_its_time_was_not_published_as_scheduled(publisher: Client, leaflet: Leaflet) -> None:
    draft = draft_as_staff("New words.")
    publish_later(publisher, leaflet)
    User.objects.filter(username="rose").update(is_active=False)
    apply_due(timezone.now() + dt.timedelta(days=800))
    User.objects.filter(username="rose").update(is_active=True)
    publish_as_staff(draft)

    assert "scheduled by" not in words_of(publisher.get(page("history", leaflet)))


@pytest.mark.each_database
def test_for_when_an_edition_was_scheduled_is_kept_as_long_as_the_edition(
    publisher: Client, leaflet: Leaflet
) -> None:
    draft_as_staff("New words.")
    publish_later(publisher, leaflet)
    apply_due(timezone.now() + dt.timedelta(days=800))
    withdraw_later(publisher, leaflet, reason="It is closed.")
    apply_due(timezone.now() + dt.timedelta(days=800))
    HistoryEntry.objects.all().delete()
    LogEntry.objects.all().delete()

    shown = words_of(publisher.get(page("history", leaflet)))
    assert shown.count(f", scheduled by rose for {MORNING_WORDS}") == 2


def look_at(client: Client, where: str, leaflet: Leaflet) -> str:
    look = {"list": the_list, "start": start_page}
    return look[where](client) if where in look else words_of(client.get(page(where, leaflet)))


def _with_address(name: str, group: str, **options: object) -> User:
    user = User.objects.create(username=name, is_staff=True, email=f"{name}@example.org", **options)
    user.groups.add(Group.objects.get(name=group))
    return user


def _fail(change: ScheduledChange) -> str:
    """Let a change fail at its time, and return the e-mail about it."""
    apply_due(change.due_at)
    assert schedule_emails.send_pending() == 1
    assert schedule_emails.send_pending() == 0
    [sent] = mail.outbox
    return sent


@override_settings(HAS_MAIL=True)
@pytest.mark.parametrize("change", [{"is_active": False}, {"email": "", "is_active": False}])
def test_the_other_publishers_are_told_where_the_person_cannot_be(change: dict[str, object]) -> None:
    left = _with_address("left", "Publishers")
    for name, group in [("may", "Publishers"), ("june", "Publishers"), ("ed", "Editors")]:
        _with_address(name, group)
    scheduled = schedule_draft(left)
    User.objects.filter(pk=left.pk).update(**change)

    sent = _fail(scheduled)

    assert sorted(sent.to) == ["june@example.org", "may@example.org"]
    assert "The account of the person who scheduled it is closed." in sent.body
    assert "You get this because the person who scheduled it cannot see to it." in sent.body


@override_settings(HAS_MAIL=True)
def test_the_other_publishers_are_told_where_the_person_has_no_address() -> None:
    rose = _with_address("rose", "Publishers")
    _with_address("may", "Publishers")
    scheduled = schedule_draft(rose)
    User.objects.filter(pk=rose.pk).update(email="")
    draft_as_staff("Other words.")

    assert _fail(scheduled).to == ["may@example.org"]


@override_settings(HAS_MAIL=True)
def test_a_person_who_may_not_publish_any_more_is_told_and_so_are_the_publishers() -> None:
    left = _with_address("left", "Publishers")
    _with_address("may", "Publishers")
    scheduled = schedule_draft(left)
    left.groups.clear()

    assert _fail(scheduled).to == ["left@example.org", "may@example.org"]


@pytest.mark.each_database
@override_settings(HAS_MAIL=True)
def test_administrators_are_told_where_there_is_no_other_publisher() -> None:
    left = _with_address("left", "Publishers")
    _with_address("boss", "Editors", is_superuser=True)
    scheduled = schedule_draft(left)
    User.objects.filter(pk=left.pk).update(is_active=False)

    assert _fail(scheduled).to == ["boss@example.org"]


@pytest.mark.each_database
@override_settings(HAS_MAIL=True)
def test_no_notification_is_pending_where_nobody_can_be_told(publisher: Client, leaflet: Leaflet) -> None:
    draft_as_staff("New words.")
    publish_later(publisher, leaflet)
    draft_as_staff("Other words.")

    assert schedule_emails.send_pending() == 0
    assert not ScheduledChange.objects.filter(is_to_be_told=True).exists()


@override_settings(HAS_MAIL=True)
def test_the_person_who_scheduled_it_is_told_once_by_e_mail(publisher: Client, leaflet: Leaflet) -> None:
    draft_as_staff("New words.")
    publish_later(publisher, leaflet)
    User.objects.filter(username="rose").update(email="rose@example.org")
    draft_as_staff("Other words.")

    assert schedule_emails.send_pending() == 1
    assert schedule_emails.send_pending() == 0
    [sent] = mail.outbox
    assert sent.to == ["rose@example.org"]
    assert f"was to go live on {MORNING_WORDS}. It will not be published." in sent.body
    assert "officer changed the draft after it was scheduled." in sent.body
    assert page("history", leaflet) in sent.body
    assert "Other words." not in sent.body


@override_settings(HAS_MAIL=True)
def test_an_e_mail_before_the_time_says_that_the_leaflet_will_not_be_withdrawn(leaflet: Leaflet) -> None:
    schedule_withdrawing(_with_address("rose", "Publishers"))
    edit_as_staff("A corrected number.")

    schedule_emails.send_pending()
    assert "It will not be withdrawn." in mail.outbox[0].body


@override_settings(HAS_MAIL=True)
@pytest.mark.parametrize(
    ("schedule", "words"),
    [("publish", "It was not published."), ("withdraw", "It was not withdrawn.")],
)
def test_an_e_mail_after_the_time_says_that_it_was_not_done(schedule: str, words: str) -> None:
    rose = _with_address("rose", "Publishers")
    {"publish": schedule_draft, "withdraw": schedule_withdrawing}[schedule](rose)
    passed = timezone.now() - dt.timedelta(minutes=1)
    ScheduledChange.objects.update(due_at=passed)
    rose.groups.clear()
    apply_due()

    schedule_emails.send_pending()
    assert words in mail.outbox[0].body


@override_settings(HAS_MAIL=True)
def test_nobody_is_told_of_what_they_did_themselves(publisher: Client, leaflet: Leaflet) -> None:
    draft_as_staff("New words.")
    publish_later(publisher, leaflet)
    User.objects.filter(username="rose").update(email="rose@example.org")
    publisher.post(
        page("edit", leaflet), opened(publisher, leaflet) | {"introduction": "Mine.", "action": "save"}
    )

    assert ScheduledChange.objects.get().is_stopped
    assert schedule_emails.send_pending() == 0


def test_an_editor_cannot_schedule_or_take_back(editor: Client, leaflet: Leaflet) -> None:
    assert editor.post(page("publish", leaflet), {"action": "later"}).status_code == 403
    assert editor.post(page("unschedule", leaflet), {"seen": "1"}).status_code == 403


@pytest.mark.parametrize("seen", ["", "x", "9" * 30, "\0", "٣"])
def test_a_form_that_does_not_say_what_it_saw_takes_nothing_back(
    publisher: Client, leaflet: Leaflet, seen: str
) -> None:
    draft_as_staff("New words.")
    publish_later(publisher, leaflet)
    response = publisher.post(page("unschedule", leaflet), {"seen": seen, "action": "undo"}, follow=True)

    assert "This was changed after you opened the page" in words_of(response)
    assert ScheduledChange.objects.waiting().exists()


@pytest.mark.each_database
def test_a_draft_that_was_handed_over_and_is_scheduled_waits_for_nobody(
    publisher: Client, leaflet: Leaflet
) -> None:
    draft = draft_as_staff("New words.")
    newest_pk = open_thread(draft).newest_note_pk
    add_note(
        leaflet,
        READY,
        basis=basis_of(draft),
        expected_newest_pk=newest_pk,
        text="Please look.",
        by=get_officer(),
    )
    assert "is ready to publish" in start_page(publisher)

    publish_later(publisher, leaflet)

    assert "is ready to publish" not in start_page(publisher)
