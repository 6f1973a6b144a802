"""The history of what staff did: its page, its export, what is kept and for how long, and acts of the command line."""

import csv
import datetime as dt
import io
from collections.abc import Callable

import pytest
from django.contrib.admin.models import ADDITION, CHANGE, LogEntry
from django.contrib.auth.models import Group, User
from django.core.management import call_command
from django.db import connection
from django.utils import timezone

from leaflets.feedback import retention
from leaflets.models import HistoryEntry, Leaflet
from leaflets.models.history import copy_admin_log, is_history_overdue, merged_entries, purge_history, record
from leaflets.publishing import drafts
from leaflets.publishing.admin_log import log_action
from tests.accounts import create_staff_user, post_password, totp_code, with_totp
from tests.conftest import HttpsClient
from tests.factories import (
    basis_of,
    create_feedback,
    draft_as_staff,
    edit_as_staff,
    get_officer,
    leaflet_with_introduction,
    load,
)
from tests.pages import Page, visit

pytestmark = pytest.mark.django_db

HISTORY = "/admin/history/"
Kind = HistoryEntry.Kind


@pytest.fixture
def head(client: HttpsClient) -> HttpsClient:
    """An administrator, who is signed in. The history is empty."""
    client.force_login(create_staff_user("head", is_superuser=True))
    HistoryEntry.objects.all().delete()
    return client


def entry(words: str = "Changed something.", **fields: object) -> HistoryEntry:
    return HistoryEntry.objects.create(**{"who": "rose", "kind": Kind.RECORDS, "words": words} | fields)


def shown(page: Page) -> list[str]:
    return page.texts("*[@class='admin-table admin-stack history']/tbody/tr/td[3]")


def told() -> list[tuple[str, str]]:
    return list(HistoryEntry.objects.order_by("pk").values_list("who", "words"))


def days_ago(days: int) -> dt.datetime:
    return timezone.now() - dt.timedelta(days=days)


# The page


def test_the_newest_entry_comes_first(head):
    entry("The first.", at=days_ago(2))
    entry("The second.", at=days_ago(1))

    assert shown(visit(head, HISTORY)) == ["What: The second.", "What: The first."]


@pytest.mark.parametrize(
    "query",
    ["q=phone+number", "q=PHONE", "who=ann", "kind=accounts", "first=2026-03-02&last=2026-03-02"],
)
def test_entries_are_found_by_words_person_kind_and_days(head, query):
    noon = dt.datetime(2026, 3, 2, 12, tzinfo=dt.UTC)
    for days in (-1, 1):
        entry("Another.", at=noon + dt.timedelta(days=days))
    entry("Changed the phone number.", who="ann", kind=Kind.ACCOUNTS, at=noon)

    assert shown(visit(head, f"{HISTORY}?{query}")) == ["What: Changed the phone number."]


@pytest.mark.parametrize(
    "query", ["first=2026-99-99", "first=2026-03-02&last=2026-03-01", "q=%00", "who=nobody", f"q={'a' * 300}"]
)
def test_a_search_with_a_mistake_says_so_and_shows_nothing(head, query):
    entry()

    page = visit(head, f"{HISTORY}?{query}")

    assert page.response.status_code == 200
    assert page.all("*[@class='errorlist']")
    assert shown(page) == []


@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31"])
def test_the_first_and_the_last_day_of_the_calendar_can_be_asked_for(head, day):
    assert visit(head, f"{HISTORY}?first={day}&last={day}").response.status_code == 200


def test_an_entry_leads_to_its_leaflet_while_it_exists(head, tmp_path):
    load(tmp_path, leaflets=[leaflet_with_introduction("Words.")])
    draft = draft_as_staff("Other words.")
    leaflet = draft.leaflet
    drafts.discard_draft(leaflet, basis=basis_of(draft), by=get_officer())

    links = visit(head, f"{HISTORY}?who=officer").all("*[@class='admin-table admin-stack history']//td/a")

    # The draft is gone; its leaflet is there.
    assert {link.get("href") for link in links} == {f"/admin/leaflets/leaflet/{leaflet.pk}/editions/"}


def test_an_entry_of_a_leaflet_has_its_title_and_not_its_address(tmp_path):
    load(tmp_path, leaflets=[leaflet_with_introduction("Words.", slug="sen-support", title="SEN support")])
    leaflet, officer = Leaflet.objects.get(), get_officer()
    HistoryEntry.objects.all().delete()

    log_action(officer, leaflet, CHANGE, "Set the owner")
    log_action(None, leaflet, CHANGE, "Not published", who="the website")

    assert set(HistoryEntry.objects.values_list("subject", flat=True)) == {"SEN support"}


def test_an_entry_of_a_thing_that_is_gone_has_its_name_and_no_link(head):
    group = Group.objects.create(name="Guests")
    record("rose", Kind.ACCOUNTS, "Deleted the group.", subject=group)
    group.delete()

    page = visit(head, f"{HISTORY}?who=rose")

    assert "Guests" in page.text("*[@class='admin-table admin-stack history']")
    assert page.all("*[@class='admin-table admin-stack history']//td/a") == []


def test_entries_of_an_account_stay_readable_when_it_is_deleted(head):
    rose = create_staff_user("rose")
    record("rose", Kind.ACCOUNTS, "Set up a second step.", subject=rose)
    rose.delete()

    assert "Who: rose" in visit(head, f"{HISTORY}?q=second").text(
        "*[@class='admin-table admin-stack history']"
    )


def test_an_account_without_records_can_still_be_deleted_after_it_was_invited(head):
    call_command("invite_staff", "new@council.gov.uk", "--group", "Editors", verbosity=0)
    new = User.objects.get(username="new@council.gov.uk")

    head.post(f"/admin/auth/user/{new.pk}/delete/", {"post": "yes"})

    assert not User.objects.filter(pk=new.pk).exists()


def test_no_page_of_the_admin_changes_or_deletes_entries(head):
    from django.contrib import admin

    assert HistoryEntry not in admin.site._registry
    assert head.get("/admin/leaflets/historyentry/").status_code == 404


def test_more_than_a_page_of_entries_has_links_to_the_others(head):
    HistoryEntry.objects.bulk_create(
        HistoryEntry(who="rose", kind=Kind.RECORDS, words="Changed.") for _ in range(60)
    )

    page = visit(head, f"{HISTORY}?who=rose")

    assert len(shown(page)) == 50
    assert len(shown(visit(head, HISTORY + page.links()["Older entries"]))) == 10


# Fast with many entries


@pytest.mark.parametrize(
    ("search", "index"),
    [
        ({}, "history_by_time"),
        ({"who": "rose"}, "history_by_person"),
        ({"kind": Kind.RECORDS}, "history_by_kind"),
    ],
)
def test_a_page_is_read_with_an_index_and_without_sorting(search, index):
    HistoryEntry.objects.bulk_create(
        HistoryEntry(
            who="ann" if one % 400 else "rose",
            kind=Kind.LEAFLETS if one % 400 else Kind.RECORDS,
            words="Changed.",
        )
        for one in range(4000)
    )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE leaflets_historyentry")

    plan = HistoryEntry.objects.filter(**search).newest_first()[:50].explain()

    assert index in plan
    assert "SORT" not in plan.upper()
    assert "TEMP B-TREE" not in plan


# The export


def test_the_export_has_what_the_page_shows_and_is_an_entry_itself(head):
    entry("Another.", who="ann")
    entry("Changed the phone number.", subject="=1+1")

    response = head.post(f"{HISTORY}export/", {"who": "rose"})

    header, *rows = csv.reader(io.StringIO(response.content.decode("utf-8-sig")))
    assert header == ["day and time", "who", "kind", "what", "thing"]
    assert [row[1:] for row in rows] == [
        ["rose", "Service, law, words and notices", "Changed the phone number.", "'=1+1"]
    ]
    assert told()[-1] == ("head", "Exported 1 entry of the history.")


def test_the_form_of_the_export_has_the_search_of_the_page(head):
    entry(who="ann")

    page = visit(head, f"{HISTORY}?who=ann&first=2020-01-01")

    assert page.one("*[@class='admin-tools']//input[@name='who']").get("value") == "ann"
    assert page.one("*[@class='admin-tools']//input[@name='first']").get("value") == "2020-01-01"


# What is in it


def test_several_records_of_one_act_are_one_entry_for_each_thing():
    editors, publishers = Group.objects.filter(name__in=["Editors", "Publishers"]).order_by("name")

    with merged_entries():
        record("head", Kind.ACCOUNTS, "Changed it.", subject=editors)
        record("head", Kind.ACCOUNTS, "Gave: something.", subject=editors)
        record("head", Kind.ACCOUNTS, "Changed it.", subject=publishers)

    assert told() == [("head", "Changed it. Gave: something."), ("head", "Changed it.")]


def test_an_act_that_fails_has_no_entry():
    def fail() -> None:
        with merged_entries():
            record("head", Kind.ACCOUNTS, "Changed it.")
            raise ValueError("refused")

    with pytest.raises(ValueError, match="refused"):
        fail()

    assert told() == []


def test_a_change_of_an_account_is_one_entry_that_says_what_it_may_do_now(head):
    rose = create_staff_user("rose")
    HistoryEntry.objects.all().delete()
    form = {
        "username": "rose",
        "email": rose.email,
        "is_active": "on",
        "is_staff": "on",
        "is_superuser": "on",
    }

    head.post(f"/admin/auth/user/{rose.pk}/change/", form)

    ((who, words),) = told()
    assert who == "head"
    assert "administrator: yes" in words


def test_an_action_on_several_accounts_has_an_entry_for_each(head):
    users = [create_staff_user(name) for name in ("ann", "rose")]
    HistoryEntry.objects.all().delete()

    data = {"action": "close", "_selected_action": [user.pk for user in users]}
    head.post("/admin/auth/user/", data)
    assert not HistoryEntry.objects.exists()  # A page asks first.

    head.post("/admin/auth/user/", data | {"sure": "yes"})

    assert sorted(HistoryEntry.objects.values_list("who", "subject")) == [("head", "ann"), ("head", "rose")]


@pytest.mark.parametrize("action", ["invite", "reset_second_step", "sign_out_everywhere"])
def test_each_action_on_accounts_is_an_entry(head, action):
    rose = create_staff_user("rose")
    HistoryEntry.objects.all().delete()

    head.post("/admin/auth/user/", {"action": action, "_selected_action": [rose.pk]})

    assert list(HistoryEntry.objects.values_list("who", "subject")) == [("head", "rose")]


def test_deleting_several_records_at_once_has_an_entry_for_each(head, tmp_path):
    from tests.factories import notice

    notices = [notice("One."), notice("Two.")]

    head.post(
        "/admin/leaflets/notice/",
        {"action": "delete_selected", "_selected_action": [one.pk for one in notices], "post": "yes"},
    )

    assert told() == [("head", "Deleted."), ("head", "Deleted.")]


def test_every_action_of_a_list_is_known_here(head, rf):
    from django.contrib import admin

    request = rf.get("/")
    request.user = User.objects.get(username="head")
    actions = {
        name for model_admin in admin.site._registry.values() for name in model_admin.get_actions(request)
    }

    # A new one needs a test above. Choosing an owner shows a page, which the table of acts has.
    assert actions == {
        "delete_selected", "invite", "reset_second_step", "sign_out_everywhere", "close", "choose_owner",
    }  # fmt: skip


def test_setting_up_a_second_step_is_an_entry(client):
    create_staff_user("rose", "Publishers")
    post_password(client)
    key = visit(client, "/staff/second-step/app/").text("*[@class='key-to-type']")
    HistoryEntry.objects.all().delete()

    client.post("/staff/second-step/app/", {"code": totp_code(key)})

    ((who, words),) = told()
    assert who == "rose"
    assert words.startswith("Set up a second step")


def test_a_second_step_that_somebody_else_removed_is_an_entry_of_who_did_it(head):
    rose = with_totp(create_staff_user("rose"))
    HistoryEntry.objects.all().delete()

    head.post("/admin/auth/user/", {"action": "reset_second_step", "_selected_action": [rose.pk]})

    ((who, words),) = told()
    assert who == "head"
    assert "Removed a second step" in words


# No words of parents


def test_the_search_words_for_a_person_are_not_kept(head):
    create_feedback("My child is called Jamie.", name="Ann Other", email="ann@example.org")

    head.post("/admin/feedback/feedback/person/", {"query": "Ann Other"})

    assert told() == [("head", "Looked for all about one person, and found 1 message.")]


def test_a_message_that_was_changed_is_named_by_its_reference_alone(head):
    one = create_feedback(
        "My child is called Jamie.", name="Ann Other", wants_reply=True, email="ann@example.org"
    )
    address = f"/admin/feedback/feedback/{one.pk}/change/"

    head.post(address, {"status": "closed", "note": "Rang Ann Other.", "you_said": "", "we_did": ""})

    (stored,) = HistoryEntry.objects.values("subject", "words")
    assert stored["subject"] == one.reference
    assert not any(word in stored["words"] for word in ("Ann", "Jamie", "Rang"))


def test_entries_of_an_erased_message_do_not_say_which_one_it_was(head):
    one = create_feedback("Very clear.")
    record("rose", Kind.MESSAGES, "Changed Status.", subject=one)

    retention.erase_all(one)

    (stored,) = HistoryEntry.objects.values("subject", "object_id", "content_type", "words")
    assert stored == {
        "subject": "a message that was erased", "object_id": "", "content_type": None, "words": "Changed Status."
    }  # fmt: skip


# The command line


def test_loading_files_that_changed_is_one_entry_of_the_command_line(tmp_path):
    load(tmp_path)
    HistoryEntry.objects.all().delete()

    load(tmp_path, leaflets=[leaflet_with_introduction("Other words.")])
    load(tmp_path, leaflets=[leaflet_with_introduction("Other words.")])

    ((who, words),) = told()
    assert who == "the command line"
    assert "sen-support" in words


def test_break_glass_is_one_entry_of_the_command_line():
    create_staff_user("rose")
    HistoryEntry.objects.all().delete()

    call_command("break_glass", "rose", "--reset-second-step", "--administrator", verbosity=0)

    ((who, words),) = told()
    assert who == "the command line"
    assert "Made a link that signs in." in words
    assert "administrator: yes" in words


def test_inviting_is_one_entry_of_the_command_line():
    call_command("invite_staff", "new@council.gov.uk", "--group", "Editors", verbosity=0)

    ((who, words),) = told()
    assert who == "the command line"
    assert "Gave: Editors." in words


def test_an_act_of_a_scheduled_job_is_an_entry_with_its_name(tmp_path):
    load(tmp_path)
    HistoryEntry.objects.all().delete()

    log_action(None, Leaflet.objects.get(), CHANGE, "Published edition 2", who="a scheduled job")

    assert told() == [("a scheduled job", "Published edition 2")]


# Before the upgrade


def log_of_old_code(action_time: dt.datetime) -> LogEntry:
    """An entry of Django's log that has no copy, as code before the history wrote it."""
    leaflet = Leaflet.objects.get()
    entry = LogEntry.objects.log_actions(
        get_officer().pk, [leaflet], ADDITION, "Began a new leaflet", single_object=True
    )
    LogEntry.objects.filter(pk=entry.pk).update(action_time=action_time)
    HistoryEntry.objects.all().delete()
    return entry


def test_entries_of_the_log_before_the_upgrade_are_copied_once(tmp_path):
    load(tmp_path)
    log_of_old_code(days_ago(10))

    copied = [copy_admin_log(), copy_admin_log()]

    assert copied == [1, 0]
    assert told() == [("officer", "Began a new leaflet")]
    assert HistoryEntry.objects.get().at.date() == days_ago(10).date()


def test_entries_of_an_edition_are_copied_as_those_of_its_leaflet(tmp_path):
    load(tmp_path)
    edit_as_staff("Other words.")
    HistoryEntry.objects.all().delete()

    copy_admin_log()

    assert set(HistoryEntry.objects.values_list("content_type__model", "object_id")) == {
        ("leaflet", str(Leaflet.objects.get().pk))
    }


def test_the_daily_purge_copies_what_old_code_wrote_meanwhile(tmp_path):
    load(tmp_path)
    log_of_old_code(days_ago(0))

    call_command("purge_feedback", verbosity=0)

    assert ("officer", "Began a new leaflet") in told()


@pytest.mark.django_db(transaction=True)
def test_the_migration_copies_the_log(migrate_back: Callable[..., object]):
    migrate_back("leaflets", "0022_search")
    (user,) = User.objects.bulk_create([User(username="rose")])
    LogEntry.objects.bulk_create([LogEntry(user=user, object_repr="A thing", action_flag=ADDITION)])

    migrate_back("leaflets", "0027_history")

    assert told() == [("rose", "Added.")]


# Two years


def test_entries_are_deleted_after_two_years_from_both_logs(tmp_path):
    load(tmp_path)
    log_of_old_code(days_ago(732))
    HistoryEntry.objects.all().delete()
    entry("Old.", at=days_ago(732))
    entry("Not yet.", at=days_ago(728))

    deleted = purge_history(timezone.localdate())

    assert deleted == 1
    assert told() == [("rose", "Not yet.")]
    assert not LogEntry.objects.exists()


def test_a_dry_run_deletes_no_entries():
    entry(at=days_ago(800))

    assert purge_history(timezone.localdate(), dry_run=True) == 1
    assert len(told()) == 1


@pytest.mark.parametrize(("days", "overdue"), [(733, False), (745, True)])
def test_entries_that_should_be_gone_for_a_week_are_overdue(days, overdue):
    entry(at=days_ago(days))

    assert is_history_overdue(timezone.localdate()) == overdue


def test_the_years_end_on_the_last_day_of_february_in_a_leap_year():
    assert purge_history(dt.date(2028, 2, 29), dry_run=True) == 0
