"""Texts that still print what the service's record had before: what is kept of it, who is told, and what is done about it."""

import datetime as dt
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoDbBlocker

from leaflets.models import EarlierFact, HistoryEntry, Leaflet, Service, Term, Topic
from leaflets.publishing.scheduling import schedule_publication
from leaflets.quality.old_facts import find_old_facts
from sendiass_site.ops.doctor import _check_old_facts
from tests.accounts import create_staff_user
from tests.conftest import HttpsClient
from tests.factories import basis_of, draft_as_staff, edit_as_staff, leaflet_with_introduction, load, notice
from tests.pages import Page, visit
from tests.test_every_act_is_in_the_history import fields_of
from tests.texts import service

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]

OLD, NEW = "01632 960000", "01632 960999"
PAGE = "/admin/old-facts/"


@pytest.fixture(scope="module")
def site(module_database: DjangoDbBlocker, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a site whose one leaflet prints the phone number of the record."""
    folder = tmp_path_factory.mktemp("content")
    with module_database.unblock():
        load(folder, leaflets=[leaflet_with_introduction(f"Hello.\n\nRing us on {OLD}.")])
    return folder


@pytest.fixture
def editor(client: HttpsClient) -> HttpsClient:
    client.force_login(create_staff_user("rose", "Publishers"))
    return client


def change_number(to: str = NEW) -> None:
    record = Service.objects.get()
    record.phones = [to]
    record.save()


def places() -> list[tuple[str, str, str]]:
    return [
        (place.text.thing, place.text.part, place.printed.excerpt)
        for old in find_old_facts()
        for place in old.places
    ]


# What is kept


@pytest.mark.each_database
def test_a_number_that_was_changed_in_the_admin_is_kept_with_its_day(site, editor):
    url = f"/admin/leaflets/service/{Service.objects.get().pk}/change/"

    editor.post(url, fields_of(editor.get(url)) | {"phones": NEW, "is_checked": "on"})

    assert Service.objects.get().phones == [NEW]
    assert list(EarlierFact.objects.values_list("kind", "text", "key")) == [("phone", OLD, "+441632960000")]


def test_saving_a_new_number_says_once_where_the_old_one_is_still_printed(site, editor):
    url = f"/admin/leaflets/service/{Service.objects.get().pk}/change/"

    def save(**changes: str) -> list[str]:
        sent = fields_of(editor.get(url)) | {"is_checked": "on"} | changes
        page = Page(url, editor.post(url, sent, follow=True))
        return [words for words in page.texts("ul[@class='messagelist']/li") if OLD in words]

    [warning] = save(phones=NEW)
    assert warning.endswith("Look at it")
    assert save(tagline="Other words.") == []


def test_a_number_that_was_changed_in_the_file_is_kept(site):
    load(site, leaflets=[leaflet_with_introduction(f"Ring us on {OLD}.")], service=service(phones=(NEW,)))

    assert [one.text for one in EarlierFact.objects.all()] == [OLD]


def test_a_number_that_is_written_in_another_way_is_the_same(site):
    change_number("(01632) 960000")

    assert not EarlierFact.objects.exists()


@pytest.mark.each_database
def test_a_number_that_moves_to_another_field_is_no_old_one(site):
    record = Service.objects.get()
    record.phones, record.text_number = [NEW], OLD
    record.save()

    assert not EarlierFact.objects.exists()


def test_a_number_that_comes_back_is_right_again(site):
    change_number()
    change_number(OLD)

    assert [one.text for one in EarlierFact.objects.all()] == [NEW]


def test_a_home_link_that_rings_another_number_leaves_an_old_one(site):
    record = Service.objects.get()
    record.ways_in = [{"words": "Ring", "leads_to": "tel:01632960777"}]
    record.save()
    record.ways_in = []
    record.save()

    assert [one.key for one in EarlierFact.objects.all()] == ["+441632960777"]


# What is found


@pytest.mark.each_database
def test_a_live_leaflet_that_prints_it_is_named_with_its_part_and_line(site):
    change_number()

    (old,) = find_old_facts()
    (place,) = old.places
    assert (place.text.thing, place.text.part, place.printed.line) == ("SEN support", "the introduction", 3)
    assert old.sentence == f"1 leaflet still prints the old phone number {OLD}"


def test_drafts_and_older_editions_alone_are_not_named(site):
    change_number()
    edit_as_staff("Ring us.")
    draft_as_staff(f"Ring us on {OLD}.")

    assert places() == []


def test_a_leaflet_whose_draft_is_right_waits_to_be_published(site):
    change_number()
    draft_as_staff(f"Ring us on {NEW}.")

    ((place,),) = [old.places for old in find_old_facts()]
    assert not place.is_in_draft


def test_the_number_that_a_link_dials_is_told_from_the_one_that_is_read(site, editor):
    edit_as_staff(f"Ring [{OLD}](tel:01632960000).")
    change_number()

    read, dialled = items(editor)
    assert "dialled" not in read
    assert "01632960000, the number that is dialled when the link is pressed." in dialled


def test_the_page_says_which_places_are_right_in_the_draft(site, editor):
    edit_as_staff(f"Ring [{OLD}](tel:01632960000).\n\nOr ring {OLD}.\n\nOr {OLD} today.")
    change_number()
    draft_as_staff(f"Ring [{NEW}](tel:01632960000).\n\nOr ring {NEW}.\n\nOr {OLD} today.")

    read, dialled, second, third = items(editor)
    assert read.endswith("Right in the draft.")
    assert "Not right in the draft yet. Open it here" in dialled
    assert second.endswith("Right in the draft.")
    assert "Not right in the draft yet. Open it here" in third


def test_a_place_that_moved_to_another_part_in_the_draft_is_not_right_yet(site):
    change_number()
    draft_as_staff("Hello.", in_short=(f"Ring {OLD}.",))

    ((place,),) = [old.places for old in find_old_facts()]
    assert place.is_in_draft


def test_a_draft_that_is_right_leads_to_its_publication(site, editor):
    change_number()
    draft = draft_as_staff(f"Ring us on {NEW}.")

    (item,) = items(editor)
    assert "The draft is right. It only has to be published: Publish" in item
    assert [one.get("href") for one in visit(editor, PAGE).all("*[@class='old-fact']//a")] == [
        f"/admin/leaflets/leaflet/{draft.leaflet_id}/publish/"
    ]


def test_an_editor_is_told_to_hand_a_draft_that_is_right_over(site, client):
    client.force_login(create_staff_user("ed", "Editors"))
    change_number()
    draft = draft_as_staff(f"Ring us on {NEW}.")

    (item,) = items(client)
    assert "A publisher has to publish it: hand it over in the editor" in item
    assert f"/admin/leaflets/leaflet/{draft.leaflet_id}/edit/" in visit(client, PAGE).html


@pytest.mark.each_database
def test_a_draft_that_is_right_and_scheduled_says_when_it_goes_live(site, editor):
    change_number()
    draft = draft_as_staff(f"Ring us on {NEW}.")
    change = schedule_publication(
        draft.leaflet,
        due_at=timezone.now() + dt.timedelta(days=2),
        basis=basis_of(draft),
        expected_schedule_pk=0,
        by=User.objects.get(username="rose"),
        change_note="",
    )

    (item,) = items(editor)
    assert item.endswith(f"The draft is right. It goes live on {change.time_description}.")

    User.objects.filter(username="rose").update(is_active=False)
    assert [place.text.goes_live for old in find_old_facts() for place in old.places] == [""]


def items(visitor: HttpsClient) -> list[str]:
    return visit(visitor, PAGE).texts("*[@class='old-fact']/ul/li")


def test_all_other_texts_of_staff_are_searched(site):
    edit_as_staff("Nothing here.")
    notice(f"Ring {OLD}.")
    Topic.objects.create(slug="ring", title=f"Ring {OLD}")
    Term.objects.create(term="Helpline", anchor="helpline", explanation=f"Ring {OLD}.")
    record = Service.objects.get()
    record.phones, record.answerphone, record.lead = [NEW], f"Leave word on {OLD}.", f"Ring {OLD}."
    record.save()

    assert [thing.partition(":")[0] for thing, _part, _excerpt in places()] == [
        "Notice", "Topic", "Explained word", "Your service", "Your service"
    ]  # fmt: skip


def test_a_notice_that_is_over_is_not_named(site):
    edit_as_staff("Nothing here.")
    hour = timezone.now() - dt.timedelta(hours=1)
    notice(f"Ring {OLD}.", starts=hour - dt.timedelta(hours=1), ends=hour)
    change_number()

    assert places() == []


def test_an_old_address_postcode_hours_and_name_are_named(site):
    record = Service.objects.get()
    record.opening_hours = ["Monday to Friday, 9am\u20135pm"]
    record.save()
    edit_as_staff("Example SENDIASS, Civic Centre, EX1 2AB. Monday to Friday, 9am - 5pm. help@example.org")
    record.opening_hours, record.address, record.postcode = (
        ["Monday, 9am"],
        ["The Library", "Another Road"],
        "EX9 9AB",
    )
    record.name, record.email = "Example Advice", "ask@example.org"
    record.save()

    assert sorted(excerpt for _thing, _part, excerpt in places()) == [
        "Civic Centre", "EX1 2AB", "Example SENDIASS", "Monday to Friday, 9am - 5pm", "help@example.org"
    ]  # fmt: skip


# Who is told


def test_the_start_page_has_a_task_that_leads_to_it(site, editor):
    change_number()

    links = visit(editor, "/admin/").links("*[@id='content']")

    address = links[f"1 leaflet still prints the old phone number {OLD}"]
    assert address.startswith(PAGE)


def test_doctor_names_it(site):
    change_number()

    (finding,) = _check_old_facts()
    assert f"1 leaflet still prints the old phone number {OLD}" in finding.message


def test_doctor_has_nothing_to_say_where_no_text_prints_an_old_fact(site):
    (finding,) = _check_old_facts()

    assert finding.status.name == "OK"


# What is done about it


def test_the_page_opens_the_editor_at_the_words(site, editor):
    change_number()
    (link,) = [one.get("href") for one in visit(editor, PAGE).all("*[@class='old-fact']//a")]

    page = visit(editor, link)

    to_words = page.one("*[@data-opened-at]")
    assert (to_words.get("href"), to_words.get("data-excerpt")) == ("#id_introduction", OLD)


@pytest.mark.parametrize(
    "query", ["part=introduction&words=Gone", "part=nowhere&words=Hello.", "part=%00&words=%00"]
)
def test_an_address_with_other_words_or_parts_opens_the_editor(site, editor, query):
    link = f"/admin/leaflets/leaflet/{Leaflet.objects.get().pk}/edit/?{query}"
    assert editor.get(link).status_code == 200


def mark(visitor: Client, right: str) -> Page:
    fact = EarlierFact.objects.get()
    return Page(PAGE, visitor.post(PAGE, {"fact": fact.pk, "right": right}, follow=True))


def test_a_fact_that_is_still_right_is_not_named_again(site, editor):
    change_number()

    page = mark(editor, "yes")

    assert find_old_facts() == []
    assert "said rose" in page.text()


def test_a_fact_that_was_marked_by_mistake_is_named_again(site, editor):
    change_number()
    mark(editor, "yes")

    mark(editor, "no")

    assert len(find_old_facts()) == 1


def test_the_second_of_two_clicks_adds_nothing_to_the_history(site, editor):
    change_number()
    HistoryEntry.objects.all().delete()

    mark(editor, "yes")
    mark(editor, "yes")

    assert HistoryEntry.objects.count() == 1


@pytest.mark.parametrize(
    "fields", [{}, {"fact": "1"}, {"fact": "9" * 30, "right": "yes"}, {"fact": "\0", "right": "yes"}]
)
def test_what_the_page_does_not_send_is_refused(site, editor, fields):
    assert editor.post(PAGE, fields).status_code == 404
