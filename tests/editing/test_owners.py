"""The owner of a leaflet: who checks it again in time."""

import datetime as dt
import re

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoDbBlocker

from leaflets.models import Leaflet, Review
from leaflets.publishing import editions
from tests.conftest import HttpsClient
from tests.editing.pages import page, sign_in
from tests.factories import leaflet_with_introduction, load
from tests.pages import visit

pytestmark = pytest.mark.django_db
CHANGELIST = "/admin/leaflets/leaflet/"
OWNER = f"{CHANGELIST}owner/"
TASKS = "*[@class='admin-tasks']//li"


@pytest.fixture(scope="module", autouse=True)
def _loaded(module_database: DjangoDbBlocker, tmp_path_factory: pytest.TempPathFactory) -> None:
    with module_database.unblock():
        load(
            tmp_path_factory.mktemp("content"),
            leaflets=[
                leaflet_with_introduction("Words.", slug="sen-support"),
                leaflet_with_introduction("More.", slug="other", title="Other"),
            ],
        )


@pytest.fixture
def leaflet() -> Leaflet:
    return Leaflet.objects.get(slug="sen-support")


@pytest.fixture
def ed() -> User:
    return sign_in(HttpsClient(), "Editors", "ed")


def owners() -> dict[str, str]:
    return dict(Leaflet.objects.order_by("slug").values_list("slug", "owner__username"))


def form_of(html: str) -> dict[str, str]:
    return {"seen": re.search(r'name="seen" value="([^"]*)"', html)[1]}


def choose_in_list(client: Client, *leaflets: Leaflet) -> str:
    """The page after "Choose who looks after them" in the list."""
    ticked = {"action": "choose_owner", "_selected_action": [one.pk for one in leaflets]}
    return client.post(CHANGELIST, ticked).content.decode()


def test_the_owner_is_chosen_from_the_page_of_a_leaflet(publisher, leaflet, ed):
    shown = visit(publisher, page("history", leaflet))
    link = shown.links("main")["Change the owner …"]
    form = form_of(visit(publisher, link).html)

    response = publisher.post(OWNER, form | {"owner": ed.pk}, follow=True)

    assert "The owner of 1 leaflet is ed now." in response.content.decode()
    assert owners() == {"other": None, "sen-support": "ed"}
    assert "ed checks this leaflet again in time." in visit(publisher, page("history", leaflet)).text()


def test_the_owner_of_several_leaflets_is_chosen_in_the_list(publisher, ed):
    form = form_of(choose_in_list(publisher, *Leaflet.objects.all()))

    publisher.post(OWNER, form | {"owner": ed.pk})

    assert owners() == {"other": "ed", "sen-support": "ed"}
    assert visit(publisher, CHANGELIST).texts("td[@class='field-its_owner']") == ["ed", "ed"]


def test_the_owner_is_taken_away(publisher, leaflet, ed):
    Leaflet.objects.update(owner=ed)

    publisher.post(OWNER, {"seen": f"{leaflet.pk}:{ed.pk}", "owner": ""})

    assert owners() == {"other": "ed", "sen-support": None}


def test_an_owner_that_a_colleague_chose_meanwhile_is_not_replaced(publisher, ed):
    form = form_of(choose_in_list(publisher, *Leaflet.objects.all()))
    kim = sign_in(HttpsClient(), "Editors", "kim")
    Leaflet.objects.filter(slug="other").update(owner=kim)

    response = publisher.post(OWNER, form | {"owner": ed.pk})

    assert (response.status_code, owners()) == (409, {"other": "kim", "sen-support": None})
    assert "kim looks after it now" in response.content.decode()
    publisher.post(OWNER, form_of(response.content.decode()) | {"owner": ed.pk})
    assert owners() == {"other": "ed", "sen-support": "ed"}


def test_a_choice_that_is_sent_twice_is_made_once(publisher, leaflet, ed):
    form = {"seen": f"{leaflet.pk}:0", "owner": ed.pk}

    answers = [publisher.post(OWNER, form) for _ in range(2)]

    assert [(one.status_code, one["Location"]) for one in answers] == [(302, CHANGELIST)] * 2


def test_renaming_a_leaflet_keeps_an_owner_that_was_chosen_meanwhile(leaflet, ed):
    Leaflet.objects.filter(pk=leaflet.pk).update(owner=ed)

    editions.rename(leaflet, "another", placement="leaflet")

    assert owners() == {"another": "ed", "other": None}


@pytest.mark.parametrize("group", ["Feedback readers", ""])
def test_somebody_who_may_not_edit_cannot_be_chosen(publisher, leaflet, group):
    reader = User.objects.create(username="reader", is_staff=True)
    reader.groups.set(User.objects.get(username="rose").groups.none())

    response = publisher.post(OWNER, {"seen": f"{leaflet.pk}:0", "owner": reader.pk})

    assert response.status_code == 422
    assert "This person cannot edit leaflets any more." in response.content.decode()


@pytest.mark.parametrize("seen", ["", "x", "1", "9" * 30 + ":0", "1:0\0"])
def test_a_form_that_does_not_say_which_leaflets_it_is_about_is_not_found(publisher, ed, seen):
    assert publisher.post(OWNER, {"seen": seen, "owner": ed.pk}).status_code == 404


@pytest.mark.parametrize("owner", ["x", "9" * 30, "1\0"])
def test_an_owner_that_is_no_account_is_refused(publisher, leaflet, owner):
    assert publisher.post(OWNER, {"seen": f"{leaflet.pk}:0", "owner": owner}).status_code == 422


def test_editors_have_no_action_to_choose_owners(editor, leaflet):
    response = editor.post(CHANGELIST, {"action": "choose_owner", "_selected_action": [leaflet.pk]})

    assert "Who looks after" not in response.content.decode()
    assert "choose_owner" not in editor.get(CHANGELIST).content.decode()
    assert "Change the owner" not in visit(editor, page("history", leaflet)).text()


@pytest.mark.parametrize(("which", "expected"), [("mine", ["rose"]), ("none", ["no owner"])])
def test_the_list_is_filtered_by_owner(publisher, leaflet, which, expected):
    Leaflet.objects.filter(pk=leaflet.pk).update(owner=User.objects.get(username="rose"))

    assert visit(publisher, f"{CHANGELIST}?owner={which}").texts("td[@class='field-its_owner']") == expected


def close(user: User) -> None:
    user.is_active = False
    user.save()


def test_a_leaflet_whose_owner_has_left_has_no_owner_and_the_list_says_why(publisher, leaflet, ed):
    Leaflet.objects.filter(pk=leaflet.pk).update(owner=ed)
    close(ed)

    assert visit(publisher, f"{CHANGELIST}?owner=none").texts("td[@class='field-its_owner']") == [
        "no owner",
        "no owner: the account ed is closed or may not edit",
    ]
    assert "because the account ed is closed" in visit(publisher, page("history", leaflet)).text()


def checks(client: Client) -> list[str]:
    return [task for task in visit(client, "/admin/").texts(TASKS) if task.startswith("Check ")]


def test_the_start_page_shows_the_own_leaflets_first_and_publishers_all(publisher, leaflet, ed):
    tomorrow = timezone.localdate() + dt.timedelta(days=1)
    for one, days in ((leaflet, 2), (Leaflet.objects.get(slug="other"), 1)):
        Review.objects.create(leaflet=one, next_on=timezone.localdate() + dt.timedelta(days=days))
    Leaflet.objects.filter(pk=leaflet.pk).update(owner=ed)
    as_ed = HttpsClient()
    as_ed.force_login(ed)
    day = f"{tomorrow.day} {tomorrow:%B %Y}"

    own, without = checks(as_ed)
    assert own.startswith("Check your leaflet “SEN support” by ")
    assert without == f"Check “Other” by {day} (it has no owner) Checked, nothing to change"
    assert "(it has no owner)" in checks(publisher)[0]
    assert "(ed looks after it)" in checks(publisher)[1]


def test_editors_do_not_see_the_checks_of_colleagues(editor, leaflet, ed):
    Review.objects.create(leaflet=leaflet, next_on=timezone.localdate())
    Leaflet.objects.update(owner=ed)

    assert checks(editor) == []


def test_the_page_to_note_a_check_leads_to_the_leaflet_as_it_is_live(editor, leaflet):
    links = visit(editor, page("checked", leaflet)).links("main")

    assert links["Read the leaflet as it is live"] == "/leaflets/sen-support/"
