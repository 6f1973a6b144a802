"""Closing accounts in the admin: a page asks first, and says what the person leaves."""

import datetime as dt

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from leaflets.models import Edition, HistoryEntry, Leaflet, Review, ScheduledChange
from tests.accounts import create_staff_user
from tests.conftest import HttpsClient
from tests.factories import draft_as_staff, leaflet_with_introduction, load, published_edition
from tests.pages import Page

pytestmark = pytest.mark.django_db
CHANGELIST = "/admin/auth/user/"


@pytest.fixture
def head() -> HttpsClient:
    visitor = HttpsClient()
    visitor.force_login(User.objects.create_superuser("head"))
    return visitor


@pytest.fixture(scope="module", autouse=True)
def _content(module_database, tmp_path_factory) -> None:
    with module_database.unblock():
        load(
            tmp_path_factory.mktemp("content"),
            leaflets=[
                leaflet_with_introduction("One.", slug="sen-support"),
                leaflet_with_introduction("Two.", slug="other", title="Other"),
            ],
        )


@pytest.fixture
def rose(db) -> User:
    """A Publisher who looks after two leaflets, saved a draft last, and scheduled a change."""
    user = create_staff_user("rose", "Publishers")
    Leaflet.objects.update(owner=user)
    draft = draft_as_staff("New.")
    type(draft).objects.filter(pk=draft.pk).update(edited_by=user)
    edition = published_edition("other")
    ScheduledChange.objects.create(
        leaflet=edition.leaflet, action="withdraw", due_at=timezone.now() + dt.timedelta(days=1),
        edition_pk=edition.pk, digest=edition.digest, live_pk=edition.pk, scheduled_by=user,
    )  # fmt: skip
    return user


def close(head: HttpsClient, *users: User, **fields: str) -> Page:
    data = {"action": "close", "_selected_action": [user.pk for user in users]} | fields
    return Page("", head.post(CHANGELIST, data, follow=True))


def is_open(user: User) -> bool:
    return User.objects.get(pk=user.pk).is_active


def content(page: Page) -> str:
    return page.text("*[@id='content']")


def test_closing_an_account_asks_first_and_closes_nothing(head, rose):
    HistoryEntry.objects.all().delete()

    page = close(head, rose)

    assert "Close the account rose?" in page.text("h1")
    assert is_open(rose)
    assert not HistoryEntry.objects.exists()


def test_the_page_says_what_the_person_leaves(head, rose):
    create_staff_user("kim", "Publishers")

    shown = content(close(head, rose))

    assert "2 leaflets that will have no owner" in shown
    assert "1 draft that they saved last" in shown
    assert "1 scheduled change that will not happen" in shown
    assert "only administrators" not in shown


def test_the_page_names_what_the_person_leaves_with_links_and_days(head, rose):
    due = timezone.localdate() + dt.timedelta(days=9)
    edition = published_edition("other")
    Review.objects.create(leaflet=edition.leaflet, next_on=due)
    change = ScheduledChange.objects.get()

    page = close(head, rose)

    saved = timezone.localtime(Edition.objects.get(status="draft").edited_at)
    first, other = published_edition().leaflet_id, edition.leaflet_id
    assert named(page) == [
        (f"/admin/leaflets/leaflet/{other}/editions/", f"Other, check by {due.day} {due:%B %Y}"),
        (f"/admin/leaflets/leaflet/{first}/editions/", "SEN support, no day for a check"),
        (f"/admin/leaflets/leaflet/{first}/edit/", f"SEN support, saved on {saved.day} {saved:%B %Y}"),
        (f"/admin/leaflets/leaflet/{other}/editions/", f"Other, {change.past_description}"),
    ]


def named(page: Page) -> list[tuple[str, str]]:
    """The address and the words of each thing that the page names."""
    items = page.all("*[@id='content']//ul/li/ul/li")
    return [(item.find("a").get("href"), "".join(item.itertext())) for item in items]


def test_the_page_names_the_first_ten_and_how_many_more(head, rose, monkeypatch):
    monkeypatch.setattr("leaflets.staff.open_work.MAX_NAMED", 1)

    assert "and 1 more" in content(close(head, rose))
    assert content(close(head, rose)).count("SEN support") == 1


def test_the_page_says_where_nothing_is_left(head):
    assert "rose leaves nothing that a colleague has to take over" in content(
        close(head, create_staff_user("rose"))
    )


def test_leaflets_of_an_owner_who_may_not_edit_and_stopped_changes_do_not_count(head, rose):
    rose.groups.clear()
    ScheduledChange.objects.update(stopped_at=timezone.now(), problem="The draft was changed.")

    shown = content(close(head, rose))

    assert "will have no owner" not in shown
    assert "scheduled change" not in shown


@pytest.mark.parametrize(
    ("group", "what"),
    [("Publishers", "publish leaflets"), ("Feedback readers", "read what people send")],
)
def test_the_page_says_that_a_person_is_the_last_of_a_group(head, group, what):
    rose = create_staff_user("rose", group)
    create_staff_user("gone", group, is_active=False)

    assert f"After this, only administrators can {what}." in content(close(head, rose))


def test_people_who_are_closed_together_are_the_last_together(head):
    rose, kim = create_staff_user("rose", "Publishers"), create_staff_user("kim", "Publishers")

    assert "After this, only administrators can publish leaflets." in content(close(head, rose, kim))
    assert "After this" not in content(close(head, rose))


def test_the_last_administrator_is_refused_without_a_question(head):
    chief = User.objects.get(username="head")

    page = close(head, chief)

    assert "The only administrator is head." in page.text("body")
    assert "Close the account" not in page.text("h1")


def test_the_page_says_that_one_administrator_is_left(head):
    create_staff_user("it", is_superuser=True)
    page = close(head, User.objects.get(username="it"))

    assert "After this, head is the only administrator." in content(page)


def test_of_all_administrators_the_last_one_stays_and_the_page_says_so(head):
    chief, it = User.objects.get(username="head"), create_staff_user("it", is_superuser=True)

    shown = content(close(head, chief, it))
    assert "it stays open, as the only administrator" in shown
    assert "This is your own account: you are signed out at once." in shown

    close(head, chief, it, sure="yes")
    assert (is_open(chief), is_open(it)) == (False, True)


def test_the_button_of_the_page_closes_the_accounts_that_it_names(head, rose):
    kim = create_staff_user("kim")
    page = close(head, rose, kim)
    form = page.one("form[@id='close-accounts']")
    named = [
        one.get("value") for one in form.iter("input") if one.get("name") in ("action", "_selected_action")
    ]
    assert sorted(named) == sorted(["close", str(rose.pk), str(kim.pk)])

    page = close(head, rose, kim, sure="yes")

    assert (is_open(rose), is_open(kim)) == (False, False)
    assert "The account kim is closed." in page.text("body")
    assert (
        "The account rose is closed. It leaves 2 leaflets without an owner, 1 draft that it saved last and "
        "1 scheduled change that will not happen." in page.text("body")
    )


def test_an_account_that_a_colleague_closed_meanwhile_is_said_to_be_closed(head):
    rose = create_staff_user("rose", is_active=False)

    assert "closed already" in close(head, rose).text("body")


def test_taking_the_tick_from_active_says_what_the_account_leaves(head, rose):
    form = {"username": "rose", "email": rose.email, "is_staff": "on"}

    page = Page("", head.post(f"{CHANGELIST}{rose.pk}/change/", form, follow=True))

    assert not is_open(rose)
    assert "It leaves 2 leaflets without an owner, 1 draft that it saved last" in page.text("body")
    assert "After this, only administrators can publish leaflets." in page.text("body")
