"""The words explained in the admin."""

import pytest
from django.contrib.messages import get_messages

from leaflets.models import Term
from tests.conftest import HttpsClient
from tests.factories import create_staff, load
from tests.texts import term

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]

ADD = "/admin/leaflets/term/add/"


@pytest.fixture(scope="module", autouse=True)
def _content(module_database, tmp_path_factory) -> None:
    with module_database.unblock():
        load(tmp_path_factory.mktemp("content"), terms=[term("SENCO", forms=("SENCo",))])


@pytest.fixture
def publisher(db) -> HttpsClient:
    visitor = HttpsClient()
    visitor.force_login(create_staff("Publishers"))
    return visitor


def fields(**values: str) -> dict[str, str]:
    return {"term": "EP", "forms": "EPs", "explanation": "A psychologist who works with schools."} | values


def errors_of(response) -> list[str]:
    form = response.context["adminform"].form
    return [message for messages in form.errors.values() for message in messages]


def test_a_publisher_adds_a_word_which_gets_its_address(publisher):
    response = publisher.post(ADD, fields(term="Educational psychologist", unapproved="on"))

    assert response.status_code == 302
    added = Term.objects.get(anchor="educational-psychologist")
    assert (added.forms, added.unapproved) == (["EPs"], True)


def test_the_address_of_a_word_stays_when_the_word_is_changed(publisher):
    stored = Term.objects.get()
    opened_with = {
        "initial-term": "SENCO",
        "initial-forms": "SENCo",
        "initial-explanation": stored.explanation,
    }
    changed = fields(term="SEN Co-ordinator", forms="SENCO") | opened_with

    publisher.post(f"/admin/leaflets/term/{stored.pk}/change/", changed)

    stored.refresh_from_db()
    assert (stored.term, stored.anchor) == ("SEN Co-ordinator", "senco")


@pytest.mark.each_database
@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"explanation": "word " * 41}, "The explanation of “EP” has 41 words. Use 40 at most."),
        ({"forms": "SENCo"}, "“SENCo” is a form of “SENCO” too. Keep one."),
        ({"term": "SENCO"}, "“SENCO” and “SENCO” have one address, senco. Take one out."),
        (
            {"provision": "code-of-practice/9.99"},
            "This site has no page /law/code-of-practice/9.99/. Correct it.",
        ),
        ({"provision": "6.2"}, "Write it as code-of-practice/6.2."),
        (
            {"link": "javascript:alert(1)"},
            "The link javascript:alert(1) has to start with https://, http:// or /, without spaces.",
        ),
    ],
)
def test_a_mistake_is_named_and_nothing_is_stored(publisher, values, message):
    response = publisher.post(ADD, fields(**values))

    assert errors_of(response) == [message]
    assert Term.objects.count() == 1


def test_a_provision_that_has_a_page_is_accepted(publisher):
    response = publisher.post(ADD, fields(provision="code-of-practice/6.17"))

    assert response.status_code == 302


@pytest.mark.each_database
def test_a_hard_explanation_is_stored_with_a_hint(publisher):
    hard = "Statutory interventions facilitate multidisciplinary provision. " * 6

    response = publisher.post(ADD, fields(explanation=hard))

    assert Term.objects.filter(term="EP").exists()
    assert any("Aim for 11 or less" in str(message) for message in get_messages(response.wsgi_request))


def test_an_editor_sees_words_and_cannot_change_them(publisher):
    visitor = HttpsClient()
    visitor.force_login(create_staff("Editors"))

    assert visitor.get("/admin/leaflets/term/").status_code == 200
    assert visitor.get(ADD).status_code == 403
