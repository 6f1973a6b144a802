"""Withdrawn leaflets: the reason that readers see, the list and history of staff, bringing back, and old addresses."""

import datetime as dt

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoDbBlocker

from leaflets.models import Edition, Leaflet, Service
from leaflets.publishing import editions
from leaflets.publishing.version_token import VersionToken
from tests.conftest import HttpsClient
from tests.editing.pages import page
from tests.editing.test_collisions import form_of, words_of
from tests.factories import (
    basis_of,
    draft_as_staff,
    edit_as_staff,
    history,
    introduction_of,
    load_two,
    published_edition,
)

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]


@pytest.fixture(scope="module", autouse=True)
def _loaded(module_database: DjangoDbBlocker, tmp_path_factory: pytest.TempPathFactory) -> None:
    with module_database.unblock():
        load_two(tmp_path_factory.mktemp("content"))


@pytest.fixture
def withdrawn(leaflet: Leaflet) -> Leaflet:
    editions.withdraw(leaflet, reason="The service has closed.")
    return leaflet


def the_list(client: Client) -> str:
    return words_of(client.get(reverse("admin:leaflets_leaflet_changelist")))


def bring_back(client: Client, leaflet: Leaflet, basis: str = "") -> object:
    basis = basis or form_of(client, "history", leaflet)["basis"]
    return client.post(page("publish-again", leaflet), {"basis": basis}, follow=True)


def test_readers_see_the_reason_at_the_address(publisher: Client, leaflet: Leaflet) -> None:
    fields = form_of(publisher, "withdraw", leaflet) | {"read_instead": "", "action": "now"}
    publisher.post(page("withdraw", leaflet), fields | {"reason": "Ask <b>us</b>.\r\nWe \0help."})

    response = HttpsClient().get(leaflet.get_absolute_url())
    assert response.status_code == 410
    assert "Ask <b>us</b>. We help." in words_of(response)


def test_a_reason_that_is_too_long_is_refused_and_stays(publisher: Client, leaflet: Leaflet) -> None:
    fields = form_of(publisher, "withdraw", leaflet) | {"read_instead": "", "reason": "x" * 501}
    response = publisher.post(page("withdraw", leaflet), fields)

    assert response.status_code == 422
    assert "x" * 501 in response.content.decode()
    assert published_edition()


def test_links_of_the_home_page_that_lead_to_it_are_named_before(publisher: Client, leaflet: Leaflet) -> None:
    record = Service.objects.get()
    address = leaflet.get_absolute_url()
    record.ways_in = [
        {"words": "What must the school do?", "leads_to": address},
        {"words": "Talk to us", "leads_to": "/contact/"},
    ]
    record.save()

    shown = words_of(publisher.get(page("withdraw", leaflet)))

    assert "These links on the home page lead to it" in shown
    assert "What must the school do?" in shown
    assert "Talk to us" not in shown


def test_the_history_for_readers_says_when_and_why(withdrawn: Leaflet) -> None:
    shown = words_of(HttpsClient().get(f"{withdrawn.get_absolute_url()}editions/"))

    today = timezone.localdate()
    assert f"This edition was withdrawn on {today.day} {today:%B %Y}. The service has closed." in shown


def test_the_list_says_that_a_leaflet_is_withdrawn_and_since_when(
    publisher: Client, withdrawn: Leaflet
) -> None:
    today = timezone.localdate()
    assert f"withdrawn on {today.day} {today:%B %Y} Bring back" in the_list(publisher)


def test_the_list_has_no_button_for_those_who_may_not_publish(editor: Client, withdrawn: Leaflet) -> None:
    assert "withdrawn on" in the_list(editor)
    assert "Bring back" not in the_list(editor)


@pytest.mark.each_database
def test_an_edition_that_an_older_release_withdrew_has_no_date(publisher: Client, withdrawn: Leaflet) -> None:
    withdrawn.editions.update(withdrawn_at=None)

    assert "withdrawn Bring back" in the_list(publisher)


def test_the_history_of_staff_says_when_who_and_why(publisher: Client, leaflet: Leaflet) -> None:
    fields = form_of(publisher, "withdraw", leaflet) | {"read_instead": "", "reason": "It has closed."}
    publisher.post(page("withdraw", leaflet), fields)
    at = timezone.localtime(leaflet.editions.get().withdrawn_at)

    shown = words_of(publisher.get(page("history", leaflet)))
    assert f"Withdrawn {at.day} {at:%B %Y, %H:%M}, rose: It has closed." in shown


@pytest.mark.parametrize("where", ["history", "list"])
def test_one_press_brings_the_last_text_back_as_a_new_edition(
    publisher: Client, withdrawn: Leaflet, where: str
) -> None:
    basis = ""
    if where == "list":
        html = publisher.get(reverse("admin:leaflets_leaflet_changelist")).content.decode()
        address = page("publish-again", withdrawn)
        assert f'formaction="{address}"' in html
        basis = html.partition(f'" formaction="{address}"')[0].rpartition('"')[2]
    response = bring_back(publisher, withdrawn, basis)

    assert "The leaflet is back: edition 2 is published." in words_of(response)
    assert history() == [(1, "withdrawn"), (2, "published")]
    assert introduction_of(published_edition()) == "The first words."
    assert published_edition().change_note == "This leaflet is back."
    assert HttpsClient().get(withdrawn.get_absolute_url()).status_code == 200


def test_a_text_that_has_problems_now_becomes_a_draft(publisher: Client, leaflet: Leaflet) -> None:
    edit_as_staff("See [the other one](/leaflets/other/).")
    editions.withdraw(leaflet)
    editions.withdraw(Leaflet.objects.get(slug="other"))

    response = bring_back(publisher, leaflet)

    assert response.redirect_chain[0][0] == page("edit", leaflet)
    assert "The text cannot be published as it is now. It is a draft" in words_of(response)
    assert history()[1:] == [(2, "withdrawn"), (3, "draft")]


def test_a_leaflet_with_a_draft_leads_to_publishing_that(publisher: Client, withdrawn: Leaflet) -> None:
    basis = form_of(publisher, "history", withdrawn)["basis"]
    draft_as_staff("A newer text.")

    response = bring_back(publisher, withdrawn, basis)

    assert response.redirect_chain[0][0] == page("publish", withdrawn)
    assert history() == [(1, "withdrawn"), (2, "draft")]
    assert "Publish the draft to bring the leaflet back" in words_of(
        publisher.get(page("history", withdrawn))
    )


@pytest.mark.parametrize("basis", ["", "x", "0-0-0", "99999-1-0"])
def test_a_text_that_was_not_seen_is_not_brought_back(
    publisher: Client, withdrawn: Leaflet, basis: str
) -> None:
    response = publisher.post(page("publish-again", withdrawn), {"basis": basis}, follow=True)

    assert "The leaflet changed after you opened the page." in words_of(response)
    assert history() == [(1, "withdrawn")]


def test_a_leaflet_that_a_colleague_published_meanwhile_is_left_as_it_is(
    publisher: Client, withdrawn: Leaflet
) -> None:
    basis = form_of(publisher, "history", withdrawn)["basis"]
    edit_as_staff("A colleague's words.")

    bring_back(publisher, withdrawn, basis)

    assert history() == [(1, "withdrawn"), (2, "published")]
    assert introduction_of(published_edition()) == "A colleague's words."


def test_an_editor_cannot_bring_back(editor: Client, withdrawn: Leaflet) -> None:
    basis = str(VersionToken(withdrawn.editions.get().pk, 1))
    assert editor.post(page("publish-again", withdrawn), {"basis": basis}).status_code == 403
    assert "Bring it back" not in words_of(editor.get(page("history", withdrawn)))


def test_what_was_brought_back_keeps_the_date_of_its_words(publisher: Client, leaflet: Leaflet) -> None:
    edit_as_staff("Other words.")
    day = dt.date(2026, 3, 1)
    Edition.objects.filter(pk=published_edition().pk).update(words_changed_on=day)
    editions.withdraw(leaflet)
    bring_back(publisher, leaflet)

    assert published_edition().words_changed_on == day


def test_the_old_address_of_a_withdrawn_leaflet_says_that_it_was_withdrawn_and_later_leads_to_it(
    publisher: Client, withdrawn: Leaflet
) -> None:
    old = withdrawn.get_absolute_url()
    publisher.post(page("rename", withdrawn), {"slug": "another-address"})

    for address in (old, "/leaflets/another-address/"):
        response = HttpsClient().get(address)
        assert response.status_code == 410
        assert "The service has closed." in words_of(response)
    bring_back(publisher, withdrawn)
    assert HttpsClient().get(old).headers["Location"] == "/leaflets/another-address/"
    assert HttpsClient().get("/leaflets/another-address/").status_code == 200


def test_the_edit_page_of_a_withdrawn_leaflet_shows_its_text(editor: Client, withdrawn: Leaflet) -> None:
    shown = words_of(editor.get(page("edit", withdrawn)))

    assert "This leaflet is withdrawn. This is the text that readers saw last." in shown
    assert "This leaflet has no text yet" not in shown


def test_a_leaflet_that_was_withdrawn_and_superseded_again_is_not_offered(
    publisher: Client, withdrawn: Leaflet
) -> None:
    edit_as_staff("New words.")

    assert "Bring" not in the_list(publisher)
    assert "Bring it back" not in words_of(publisher.get(page("history", withdrawn)))
    assert basis_of(published_edition()).live_pk == published_edition().pk
