"""Forms of staff that are sent after their session ended, or after another sign-in: what was typed is shown."""

import pytest
from django.contrib.auth.models import User
from django.urls import reverse
from pytest_django import DjangoDbBlocker

from leaflets.models import Leaflet, Provision
from tests.conftest import HttpsClient
from tests.editing.pages import page, sign_in
from tests.factories import SLUG, leaflet_with_introduction, load
from tests.pages import Page

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]
ORIGIN = {"Origin": "https://testserver"}
FORM = {
    "number": "6.17",
    "heading": "A heading of mine",
    "text": "Words <b>that took</b> an hour",
    "_save": "Save",
}


@pytest.fixture(scope="module", autouse=True)
def _one_leaflet(module_database: DjangoDbBlocker, tmp_path_factory: pytest.TempPathFactory) -> None:
    with module_database.unblock():
        load(
            tmp_path_factory.mktemp("content"),
            leaflets=[leaflet_with_introduction("The first words.", slug=SLUG)],
        )


@pytest.fixture
def visitor(db: None) -> HttpsClient:
    """A browser that has a token of a page which was opened before."""
    visitor = HttpsClient(enforce_csrf_checks=True)
    visitor.get(reverse("account_login"))
    return visitor


def with_token(visitor: HttpsClient, **fields: str) -> dict[str, str]:
    token = visitor.get(reverse("account_login")).context["csrf_token"]
    return {"csrfmiddlewaretoken": str(token), **fields}


def typed(shown: Page) -> dict[str, str]:
    """The texts of a page that can be copied, by their names."""
    names = {label.get("for"): "".join(label.itertext()) for label in shown.all("label")}
    areas = [area for area in shown.all("textarea") if area.get("readonly") is not None]
    return {names[area.get("id")]: "".join(area.itertext()).strip() for area in areas}


@pytest.mark.parametrize("name", ["admin:leaflets_provision_add", "admin:leaflets_leaflet_add"])
def test_words_that_were_sent_after_the_session_ended_are_shown(visitor: HttpsClient, name: str) -> None:
    response = visitor.post(reverse(name), with_token(visitor, **FORM), headers=ORIGIN)

    shown = Page("", response)
    assert response.status_code == 403
    assert typed(shown) == {
        "Number": "6.17", "Heading": "A heading of mine", "Text": "Words <b>that took</b> an hour"
    }  # fmt: skip
    link = shown.links("main")["sign in again and go back to the page"]
    assert link == f"/staff/sign-in/?next={reverse(name).replace('/', '%2F')}"
    assert "no-store" in response["Cache-Control"]


def test_words_of_a_section_are_named_after_it(visitor: HttpsClient) -> None:
    leaflet = Leaflet.objects.get(slug=SLUG)
    fields = {"form-TOTAL_FORMS": "2", "form-1-body": "Words.", "basis": "1.1.1", "initial-title": "Before"}

    response = visitor.post(page("edit", leaflet), with_token(visitor, **fields), headers=ORIGIN)

    assert typed(Page("", response)) == {"Section 2: body": "Words."}


def test_words_that_were_sent_after_another_sign_in_are_shown(visitor: HttpsClient) -> None:
    visitor.force_login(User.objects.create_superuser("head"))

    response = visitor.post(
        reverse("admin:leaflets_provision_add"), {"csrfmiddlewaretoken": "old", **FORM}, headers=ORIGIN
    )

    assert response.status_code == 403
    assert typed(Page("", response))["Text"] == "Words <b>that took</b> an hour"
    assert not Provision.objects.filter(heading="A heading of mine").exists()


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://elsewhere.example"},
        {"Origin": "null"},
        {"Origin": "https://testserver.example"},
        {},
    ],
)
def test_words_that_another_site_sent_are_not_shown(visitor: HttpsClient, headers: dict[str, str]) -> None:
    response = visitor.post(
        reverse("admin:leaflets_provision_add"), {"csrfmiddlewaretoken": "old", **FORM}, headers=headers
    )

    assert response.status_code == 403
    assert "that took" not in response.content.decode()


def test_passwords_are_not_shown(visitor: HttpsClient) -> None:
    fields = {"old_password": "secret-1", "new_password1": "secret-2", "usable_password": "true"}

    response = visitor.post(
        reverse("admin:password_change"), {"csrfmiddlewaretoken": "old", **fields}, headers=ORIGIN
    )

    assert "secret" not in response.content.decode()


def test_a_form_without_words_leads_to_the_sign_in(visitor: HttpsClient) -> None:
    leaflet = Leaflet.objects.get(slug=SLUG)

    response = visitor.post(page("share", leaflet), with_token(visitor, action="share"), headers=ORIGIN)

    assert response.status_code == 302


def test_what_a_person_may_not_do_is_still_refused(client: HttpsClient) -> None:
    sign_in(client, "Editors")

    assert client.post(reverse("admin:leaflets_provision_add"), FORM, headers=ORIGIN).status_code == 403
    assert not Provision.objects.filter(heading="A heading of mine").exists()
