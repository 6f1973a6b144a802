"""Staff's page of the order of topics and leaflets."""

import pytest
from django.test import Client
from pytest_django import DjangoDbBlocker

from leaflets.models import Leaflet, Topic
from tests.conftest import HttpsClient
from tests.factories import create_staff, draft_as_staff, published_edition
from tests.pages import visit
from tests.publishing.test_topics import groups, load_topics

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]
PAGE = "/admin/leaflets/topic/order/"


@pytest.fixture(scope="module", autouse=True)
def _loaded(module_database: DjangoDbBlocker, tmp_path_factory: pytest.TempPathFactory) -> None:
    with module_database.unblock():
        load_topics(tmp_path_factory.mktemp("content"))


@pytest.fixture
def publisher(client: Client) -> Client:
    client.force_login(create_staff("Publishers"))
    return client


def form_with(page, move: str) -> dict[str, str]:
    """What a browser sends when a button of the page is pressed. Without such a button, `ValueError`."""
    (form,) = (
        one
        for one in page.all("*[@id='order']//form")
        if move in [button.get("value") for button in one.findall(".//button")]
    )
    hidden = {field.get("name"): field.get("value") for field in form.findall(".//input")}
    return hidden | {"move": move}


def button(slug: str, direction: str) -> str:
    return f"leaflet-{direction}-{Leaflet.objects.get(slug=slug).pk}"


def press(client: Client, move: str):
    """Press a button of the page; return the page that follows."""
    response = client.post(PAGE, form_with(visit(client, PAGE), move))
    return visit(client, response["Location"])


def said(page) -> str:
    return page.text("*[@id='order-said']")


def with_focus(page) -> list[str]:
    return [one.get("value", "") for one in page.all("*[@id='order']//*[@autofocus]")]


def test_the_page_has_all_topics_and_their_leaflets(publisher):
    page = visit(publisher, PAGE)

    assert page.texts("*[@id='order']//h2") == ["Help at school", "EHC plans", "No topic"]
    titles = ["Transport", "SEN support", "Exclusion", "Annual reviews", "Our news"]
    assert page.texts("*[@id='order']//li/span[1]/a") == titles


def test_a_button_moves_a_leaflet_and_keeps_the_focus_on_it(publisher):
    page = press(publisher, button("exclusion", "up"))

    assert groups()[0][1] == ["transport", "exclusion", "sen-support"]
    assert said(page) == "“Exclusion” moved up. It is now 2 of 3 under “Help at school”."
    assert with_focus(page) == [button("exclusion", "up")]


def test_at_an_end_the_focus_is_on_the_other_button(publisher):
    press(publisher, button("exclusion", "up"))

    assert with_focus(press(publisher, button("exclusion", "up"))) == [button("exclusion", "down")]


def test_a_button_moves_a_topic(publisher):
    move = f"topic-up-{Topic.objects.get(slug='plans').pk}"

    page = press(publisher, move)

    assert [title for title, _ in groups()] == ["EHC plans", "Help at school", ""]
    assert with_focus(page) == [move.replace("up", "down")]


def test_only_moves_that_change_something_are_offered(publisher):
    buttons = [one.get("value") for one in visit(publisher, PAGE).all("*[@id='order']//button")]

    topics = {topic.slug: topic.pk for topic in Topic.objects.all()}
    assert buttons == [
        f"topic-down-{topics['school']}",
        button("transport", "down"),
        button("sen-support", "up"),
        button("sen-support", "down"),
        button("exclusion", "up"),
        f"topic-up-{topics['plans']}",
    ]


def test_a_form_that_is_sent_again_moves_once(publisher):
    form = form_with(visit(publisher, PAGE), button("exclusion", "up"))
    publisher.post(PAGE, form)

    publisher.post(PAGE, form)

    assert groups()[0][1] == ["transport", "exclusion", "sen-support"]
    assert said(visit(publisher, PAGE)).endswith("This was done already. It was not done again.")


def test_a_form_that_is_sent_again_after_it_was_undone_does_nothing(publisher):
    form = form_with(visit(publisher, PAGE), button("exclusion", "up"))
    publisher.post(PAGE, form)
    press(publisher, "undo")

    publisher.post(PAGE, form)

    assert groups()[0][1] == ["transport", "sen-support", "exclusion"]


def test_the_button_of_the_next_page_moves_a_second_time(publisher):
    press(publisher, button("exclusion", "up"))
    press(publisher, button("exclusion", "up"))

    assert groups()[0][1] == ["exclusion", "transport", "sen-support"]


def test_moves_are_undone_one_by_one(publisher):
    press(publisher, button("exclusion", "up"))
    press(publisher, button("exclusion", "up"))

    first = press(publisher, "undo")
    assert groups()[0][1] == ["transport", "exclusion", "sen-support"]
    assert said(first).startswith("Put back as it was before: “Exclusion” moved up. It is now 1 of 3")
    second = press(publisher, "undo")

    assert groups()[0][1] == ["transport", "sen-support", "exclusion"]
    assert "Undo the last move" not in second.text("*[@id='order']")


def test_undoing_is_not_done_twice_by_one_form(publisher):
    press(publisher, button("exclusion", "up"))
    press(publisher, button("exclusion", "up"))
    form = form_with(visit(publisher, PAGE), "undo")
    publisher.post(PAGE, form)

    publisher.post(PAGE, form)

    assert groups()[0][1] == ["transport", "exclusion", "sen-support"]


def test_a_move_on_an_old_page_keeps_a_colleagues_move_and_says_so(publisher, tmp_path):
    form = form_with(visit(publisher, PAGE), button("transport", "down"))
    colleague = HttpsClient()
    colleague.force_login(create_staff("Publishers", "Editors"))
    press(colleague, button("exclusion", "up"))

    publisher.post(PAGE, form)

    assert groups()[0][1] == ["transport", "exclusion", "sen-support"]
    assert said(visit(publisher, PAGE)).startswith("The order changed after you opened this page")


def test_a_colleagues_later_move_is_not_undone(publisher):
    press(publisher, button("exclusion", "up"))
    colleague = HttpsClient()
    colleague.force_login(create_staff("Publishers", "Editors"))
    press(colleague, button("transport", "down"))

    page = press(publisher, "undo")

    assert groups()[0][1] == ["exclusion", "transport", "sen-support"]
    assert said(page).startswith("Something of this changed since")


def choose(client: Client, slug: str, topic: str):
    address = f"{PAGE}{Leaflet.objects.get(slug=slug).pk}/"
    page = visit(client, address)
    hidden = {one.get("name"): one.get("value") for one in page.all("main//form//input[@type='hidden']")}
    return visit(client, client.post(address, hidden | {"topic": topic})["Location"])


def test_a_leaflet_is_put_under_another_topic_and_put_back(publisher):
    page = choose(publisher, "transport", "plans")

    assert said(page) == "“Transport” is now under “EHC plans”."
    assert groups()[1] == ("EHC plans", ["reviews", "transport"])
    assert with_focus(page) == [button("transport", "up")]
    press(publisher, "undo")
    assert groups()[0][1] == ["transport", "sen-support", "exclusion"]


def test_a_leaflet_is_taken_out_of_its_topic_and_keeps_the_focus(publisher):
    page = choose(publisher, "transport", "")

    assert groups()[-1] == ("", ["news", "transport"])
    (link,) = page.all("*[@id='order']//a[@autofocus]")
    assert link.get("href") == f"{PAGE}{published_edition('transport').leaflet_id}/"


def test_a_topic_that_is_not_there_is_refused_in_words(publisher):
    page = choose(publisher, "transport", "gone\0")

    assert "That topic is not there any more. Choose another." in page.text("main")
    assert published_edition("transport").topic == "school"


def test_the_page_says_where_a_draft_would_put_a_leaflet(publisher):
    draft_as_staff("Words.", slug="transport", topic="plans")

    page = visit(publisher, f"{PAGE}{published_edition('transport').leaflet_id}/")

    assert "Its draft names the topic “EHC plans”. The leaflet goes there" in page.text("main")


def test_the_preview_is_the_home_page_of_now(publisher):
    press(publisher, f"topic-up-{Topic.objects.get(slug='plans').pk}")

    page = visit(publisher, f"{PAGE}home/")

    assert page.text("*[@aria-label='Preview']").startswith(
        "Preview. This is the home page with the order of now."
    )
    titles = ["Annual reviews", "Transport", "SEN support", "Exclusion", "Our news"]
    assert page.texts("*[@aria-labelledby='page-leaflets']//h3") == titles
    assert "no-store" in publisher.get(f"{PAGE}home/")["Cache-Control"]


@pytest.mark.each_database
def test_editors_see_the_order_and_cannot_change_it(client):
    client.force_login(create_staff("Editors"))

    page = visit(client, PAGE)

    assert page.all("*[@id='order']//button") == []
    assert "Only people in the group Publishers can move them." in page.text("*[@id='order']")
    assert client.post(PAGE, {"move": button("transport", "down")}).status_code == 403


@pytest.mark.parametrize(
    "move", ["", "up", "topic-up-", "topic-up-x", "topic-up-" + "9" * 19, "leaflet-up-1\0"]
)
def test_a_move_that_no_button_has_is_refused(publisher, move):
    assert publisher.post(PAGE, {"move": move}).status_code == 404
