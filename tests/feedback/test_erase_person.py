"""Erasing all messages of one person in one act: only those that the user saw, all or none, with a log entry for each."""

import pytest
from django.db import OperationalError, connection

from leaflets.feedback import subject_access
from leaflets.feedback.models import AccessLog, Feedback
from tests.conftest import HttpsClient
from tests.factories import create_feedback, create_staff
from tests.pages import Page, visit

pytestmark = pytest.mark.django_db

PERSON = "/admin/feedback/feedback/person/"
ERASE = f"{PERSON}erase/"
DETAILS = {"name": "A. Parent", "email": "parent@example.org", "wants_reply": True}


@pytest.fixture
def reader() -> HttpsClient:
    visitor = HttpsClient()
    visitor.force_login(create_staff("Feedback readers"))
    return visitor


def send(visitor: HttpsClient, page: Page, button: str, ticked: list[str] | None = None) -> Page:
    """Send the form of a page that erases, as a browser does, with the button of this value."""
    [form] = [form for form in page.all("form") if form.get("action") == ERASE]
    fields = {one.get("name"): one.get("value") for one in form.iter("input") if one.get("type") == "hidden"}
    fields.pop("csrfmiddlewaretoken", None)
    [pressed] = [one for one in form.iter("button") if one.get("value") == button]
    fields |= {pressed.get("name"): button} | ({"ticked": ticked} if ticked else {})
    return Page(ERASE, visitor.post(ERASE, fields, follow=True))


def search(visitor: HttpsClient, query: str = "parent@example.org") -> Page:
    return Page(PERSON, visitor.post(PERSON, {"query": query}))


def erased_log() -> list[str]:
    return list(AccessLog.objects.filter(action="erased").order_by("pk").values_list("reference", flat=True))


def test_all_messages_of_a_person_are_erased_after_a_page_that_asks(reader):
    found = [
        create_feedback("One.", useful="yes", **DETAILS),
        create_feedback("Two.", days_ago=40, **DETAILS),
    ]
    other = create_feedback("Of somebody else.", name="B. Carer", email="carer@example.org")
    references = [one.reference for one in found]

    asked = send(reader, search(reader), "all")

    assert asked.texts("main//tbody/tr/th") == references
    assert Feedback.objects.not_anonymised().count() == 3
    said = send(reader, asked, "yes").text("ul[@class='messagelist']")
    assert "2 messages are erased." in said
    assert list(Feedback.objects.not_anonymised()) == [other]
    assert Feedback.objects.filter(reference=None, comments="", name="", email="").count() == 2
    assert Feedback.objects.get(useful="yes").reply_asked is True
    assert erased_log() == references
    assert "parent" not in repr(list(AccessLog.objects.values())).lower()


def test_the_page_that_asks_says_how_many_messages_are_erased(reader):
    create_feedback("One.", **DETAILS)
    assert "All of this message is erased:" in send(reader, search(reader), "all").text()

    create_feedback("Two.", **DETAILS)
    assert "All of these 2 messages are erased:" in send(reader, search(reader), "all").text()


def test_only_the_ticked_messages_are_erased(reader):
    kept, one = create_feedback("One.", **DETAILS), create_feedback("Two.", **DETAILS)

    send(reader, send(reader, search(reader), "ticked", [one.reference]), "yes")

    assert list(Feedback.objects.not_anonymised()) == [kept]


@pytest.mark.parametrize("later", ["after the search", "after the page that asks"])
def test_a_message_that_came_in_since_is_not_erased(reader, later):
    create_feedback("One.", **DETAILS)
    page = search(reader)
    if later == "after the search":
        new = create_feedback("New.", **DETAILS)
    asked = send(reader, page, "all")
    if later == "after the page that asks":
        new = create_feedback("New.", **DETAILS)

    said = send(reader, asked, "yes").text("ul[@class='messagelist']")

    assert "1 message is erased." in said
    assert "Search again" in said
    assert list(Feedback.objects.not_anonymised()) == [new]


def test_a_second_click_erases_and_logs_nothing(reader):
    create_feedback("One.", **DETAILS)
    asked = send(reader, search(reader), "all")
    send(reader, asked, "yes")

    said = send(reader, asked, "yes").text("ul[@class='messagelist']")

    assert "There was nothing left to erase." in said
    assert len(erased_log()) == 1


def test_what_a_colleague_erased_meanwhile_is_said(reader):
    one, _ = create_feedback("One.", **DETAILS), create_feedback("Two.", **DETAILS)
    page = search(reader)
    reader.post(f"/admin/feedback/feedback/{one.pk}/erase/", {"what": "all"})

    asked = send(reader, page, "all")

    assert "1 of the messages that you chose was erased since." in asked.text("main")
    assert len(asked.texts("main//tbody/tr")) == 1


def test_an_erasure_that_fails_erases_and_logs_nothing(reader):
    create_feedback("One.", **DETAILS)
    create_feedback("Two.", **DETAILS)
    asked = send(reader, search(reader), "all")
    calls = []

    def fail_at_the_second(execute, sql, *rest):
        if sql.startswith("UPDATE") and "feedback_feedback" in sql:
            calls.append(sql)
            if len(calls) == 2:
                raise OperationalError("disk I/O error")
        return execute(sql, *rest)

    with connection.execute_wrapper(fail_at_the_second), pytest.raises(OperationalError):
        send(reader, asked, "yes")

    assert Feedback.objects.not_anonymised().count() == 2
    assert erased_log() == []


def test_nothing_ticked_shows_the_messages_again(reader):
    one = create_feedback("One.", **DETAILS)

    page = send(reader, search(reader), "ticked")

    assert "Nothing is ticked." in page.text("ul[@class='messagelist']")
    assert one.reference in page.text("main")
    assert Feedback.objects.not_anonymised().count() == 1


def test_too_many_messages_are_not_erased_at_once(reader):
    number = subject_access.MOST_ERASED + 1
    Feedback.objects.bulk_create(Feedback(**DETAILS) for _ in range(number))

    page = search(reader)

    assert "too many to erase all of them at once" in page.text("main")
    assert not [button for button in page.all("button") if button.get("value") == "all"]
    reader.post(ERASE, {"what": "all", "found": page.one("input[@name='found']").get("value"), "sure": "yes"})
    assert Feedback.objects.not_anonymised().count() == number


@pytest.mark.any_database
@pytest.mark.parametrize("found", ["", "ACDE", "' OR 1=1", "ACDE-FGH\0", "ACDE-FGHJ" * 3, "\0"])
def test_words_that_are_no_reference_erase_nothing(reader, found):
    create_feedback("One.", **DETAILS)

    response = reader.post(ERASE, {"what": "all", "found": found, "sure": "yes"})

    assert response.status_code == 200
    assert Feedback.objects.not_anonymised().count() == 1


@pytest.mark.any_database
@pytest.mark.parametrize("who", ["Editors", "Publishers", "viewer"])
def test_who_may_not_change_messages_erases_none(who):
    visitor = HttpsClient()
    visitor.force_login(create_staff(may=["view_feedback"]) if who == "viewer" else create_staff(who))
    one = create_feedback("One.", **DETAILS)

    assert visitor.post(ERASE, {"found": one.reference, "sure": "yes"}).status_code == 403
    if who == "viewer":
        assert not search(visitor).all("input[@type='checkbox']")


@pytest.mark.any_database
def test_the_page_that_erases_is_no_page_to_open(reader):
    assert reader.get(ERASE).status_code == 405
    assert visit(reader, PERSON).status == 200
