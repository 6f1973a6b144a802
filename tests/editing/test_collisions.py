"""Forms that are sent twice, or after the text changed."""

import datetime as dt
from collections.abc import Callable
from pathlib import Path

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoDbBlocker

from leaflets.models import Leaflet, Review, ScheduledChange, ShareLink
from tests.editing.pages import new_section, opened, page, shown_fields
from tests.factories import (
    draft_as_staff,
    edit_as_staff,
    history,
    introduction_of,
    load_two,
    publish_as_staff,
    published_edition,
)
from tests.html import parse
from tests.pages import words

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]


@pytest.fixture(scope="module", autouse=True)
def _loaded(module_database: DjangoDbBlocker, tmp_path_factory: pytest.TempPathFactory) -> None:
    with module_database.unblock():
        load_two(tmp_path_factory.mktemp("content"))


def form_of(client: Client, name: str, leaflet: Leaflet) -> dict[str, str]:
    """The hidden fields of a page's forms."""
    document = parse(client.get(page(name, leaflet)).content.decode())
    inputs = document.findall(".//*[@id='content']//form//input[@type='hidden']")
    return {element.get("name"): element.get("value", "") for element in inputs}


def words_of(response: object) -> str:
    return words(parse(response.content.decode()).find("body"))


# The text changed after the page was opened


def save_as_colleague(_: Path) -> None:
    draft_as_staff("A colleague's words.")


def publish_as_colleague(_: Path) -> None:
    edit_as_staff("A colleague's words.")


def load_a_file(folder: Path) -> None:
    load_two(folder, "A colleague's words.")


@pytest.mark.parametrize("change", [save_as_colleague, publish_as_colleague, load_a_file])
def test_a_first_save_shows_both_texts_where_the_text_changed(
    publisher: Client, leaflet: Leaflet, tmp_path: Path, change: Callable[[Path], None]
) -> None:
    typed = opened(publisher, leaflet) | {"introduction": "My own words.", "action": "save"}
    change(tmp_path)
    before = history()

    response = publisher.post(page("edit", leaflet), typed)

    assert response.status_code == 409
    assert "colleague" in words_of(response)
    assert shown_fields(response.content.decode())["introduction"] == "My own words."
    assert history() == before


def test_a_save_shows_both_texts_where_the_draft_was_published_and_the_next_one_begun(
    publisher: Client, leaflet: Leaflet
) -> None:
    first = draft_as_staff("The words that both opened.")
    typed = opened(publisher, leaflet) | {"introduction": "My own words.", "action": "save"}
    publish_as_staff(first)
    draft_as_staff("A colleague's words.")

    response = publisher.post(page("edit", leaflet), typed)

    assert response.status_code == 409
    assert introduction_of(leaflet.editions.get(status="draft")) == "A colleague's words."


def test_a_save_shows_both_texts_where_the_draft_was_discarded(publisher: Client, leaflet: Leaflet) -> None:
    draft = draft_as_staff("The words that both opened.")
    typed = opened(publisher, leaflet) | {"introduction": "My own words.", "action": "save"}
    draft.delete()

    response = publisher.post(page("edit", leaflet), typed)

    assert response.status_code == 409
    assert "The draft that you opened was discarded" in words_of(response)


@pytest.mark.parametrize("basis", [None, "", "0", "1-2", "x-y-z", "9" * 40, "1-1-1 ", "1-1-\u0661"])
def test_a_save_that_does_not_name_its_basis_shows_both_texts(
    publisher: Client, leaflet: Leaflet, basis: str | None
) -> None:
    typed = opened(publisher, leaflet) | {"introduction": "My own words.", "action": "save"}
    del typed["basis"]
    typed |= {"version": "0"} if basis is None else {"basis": basis}

    response = publisher.post(page("edit", leaflet), typed)

    assert response.status_code == 409
    assert "first" in words_of(response)
    assert shown_fields(response.content.decode())["introduction"] == "My own words."
    assert history() == [(1, "published")]


def test_own_save_in_another_window_is_not_called_a_colleagues(publisher: Client, leaflet: Leaflet) -> None:
    typed = opened(publisher, leaflet)
    publisher.post(page("edit", leaflet), typed | {"introduction": "One.", "action": "save"})

    response = publisher.post(page("edit", leaflet), typed | {"introduction": "Two.", "action": "save"})

    assert response.status_code == 409
    assert "You saved this draft" in words_of(response)


def test_changes_of_different_sections_are_both_saved(publisher: Client, leaflet: Leaflet) -> None:
    typed = opened(publisher, leaflet) | {"form-TOTAL_FORMS": "1", "action": "save", **new_section(0)}
    draft_as_staff("A colleague's words.")

    response = publisher.post(page("edit", leaflet), typed, follow=True)

    draft = leaflet.editions.get(status="draft")
    assert response.status_code == 200
    assert "Both changes are kept" in words_of(response)
    assert introduction_of(draft) == "A colleague's words."
    assert draft.sections.get(position=1).body == "We can."


def test_a_merged_save_that_is_sent_twice_is_saved_once(publisher: Client, leaflet: Leaflet) -> None:
    typed = opened(publisher, leaflet) | {"form-TOTAL_FORMS": "1", "action": "save", **new_section(0)}
    draft_as_staff("A colleague's words.")
    publisher.post(page("edit", leaflet), typed)

    response = publisher.post(page("edit", leaflet), typed)

    assert response.status_code == 302
    assert leaflet.editions.get(status="draft").version == 2


def test_a_change_is_merged_with_an_edition_that_was_published_meanwhile(
    publisher: Client, leaflet: Leaflet
) -> None:
    typed = opened(publisher, leaflet) | {"title": "A clearer title", "action": "save"}
    edit_as_staff("A colleague's words.")

    publisher.post(page("edit", leaflet), typed)

    draft = leaflet.editions.get(status="draft")
    assert (draft.title, introduction_of(draft)) == ("A clearer title", "A colleague's words.")
    assert draft.based_on == 2


def test_a_text_is_not_merged_with_what_a_discarded_draft_did_not_change(
    publisher: Client, leaflet: Leaflet
) -> None:
    discarded = draft_as_staff("Words that were discarded.")
    typed = opened(publisher, leaflet) | {"title": "A clearer title", "action": "save"}
    discarded.delete()

    assert publisher.post(page("edit", leaflet), typed).status_code == 409


@pytest.mark.parametrize("change", [save_as_colleague, load_a_file])
def test_nothing_is_published_where_the_draft_or_the_live_text_changed(
    publisher: Client, leaflet: Leaflet, tmp_path: Path, change: Callable[[Path], None]
) -> None:
    draft_as_staff("The words that I saw.")
    form = form_of(publisher, "publish", leaflet)
    change(tmp_path)
    before = history()

    response = publisher.post(page("publish", leaflet), form | {"change_note": "My note."})

    assert response.status_code == 409
    assert "My note." in response.content.decode()
    assert history() == before


def test_a_page_opened_before_an_upgrade_publishes_nothing(publisher: Client, leaflet: Leaflet) -> None:
    draft_as_staff("Words.")

    response = publisher.post(page("publish", leaflet), {"version": 1, "change_note": "My note."})

    assert response.status_code == 409
    assert "My note." in response.content.decode()


def test_a_draft_that_became_unready_shows_its_problems(publisher: Client, leaflet: Leaflet) -> None:
    draft_as_staff("See [the other](/leaflets/other/).")
    form = form_of(publisher, "publish", leaflet)
    publisher.post(
        page("withdraw", Leaflet.objects.get(slug="other")),
        form_of(publisher, "withdraw", Leaflet.objects.get(slug="other")),
    )

    response = publisher.post(page("publish", leaflet), form | {"change_note": "My note."})

    assert response.status_code == 422
    assert "leads nowhere" in words_of(response)
    assert "My note." in words_of(response)


def test_a_draft_that_was_saved_meanwhile_is_not_discarded(publisher: Client, leaflet: Leaflet) -> None:
    first = draft_as_staff("Words.")
    form = form_of(publisher, "discard", leaflet)
    publish_as_staff(first)
    draft_as_staff("A colleague's words.")

    response = publisher.post(page("discard", leaflet), form)

    assert response.status_code == 409
    assert introduction_of(leaflet.editions.get(status="draft")) == "A colleague's words."


@pytest.mark.each_database
@pytest.mark.parametrize("name", ["checked", "withdraw"])
def test_a_text_that_nobody_looked_at_is_neither_checked_nor_withdrawn(
    publisher: Client, leaflet: Leaflet, name: str
) -> None:
    form = form_of(publisher, name, leaflet) | {"next_on": "2099-01-01"}
    edit_as_staff("A colleague's words.")

    response = publisher.post(page(name, leaflet), form)

    assert response.status_code == 409
    assert published_edition().number == 2
    assert not Review.objects.exists()


@pytest.mark.each_database
def test_a_draft_that_was_begun_later_is_not_shared(publisher: Client, leaflet: Leaflet) -> None:
    first = draft_as_staff("Words.")
    form = form_of(publisher, "history", leaflet)
    publish_as_staff(first)
    draft_as_staff("Not for others yet.")

    publisher.post(page("share", leaflet), form | {"action": "share"})

    assert not ShareLink.objects.exists()


@pytest.mark.parametrize("name", ["publish", "discard", "preview"])
def test_a_page_about_a_draft_that_is_gone_leads_to_the_history(
    publisher: Client, leaflet: Leaflet, name: str
) -> None:
    response = publisher.get(page(name, leaflet), follow=True)

    assert response.redirect_chain[0][0] == page("history", leaflet)
    assert "This leaflet has no draft now." in words_of(response)


def test_publishing_a_draft_that_is_gone_is_not_shown_as_a_success(
    publisher: Client, leaflet: Leaflet
) -> None:
    draft = draft_as_staff("Words.")
    form = form_of(publisher, "publish", leaflet)
    publish_as_staff(draft)

    response = publisher.post(page("publish", leaflet), form | {"change_note": "Other words."}, follow=True)

    assert [message.level_tag for message in response.context["messages"]] == ["warning"]


@pytest.mark.parametrize("name", ["edit", "publish"])
def test_a_draft_shows_that_the_leaflet_changed_meanwhile(
    publisher: Client, leaflet: Leaflet, tmp_path: Path, name: str
) -> None:
    draft_as_staff("Words.")
    load_a_file(tmp_path)

    assert "readers now see edition 3" in publisher.get(page(name, leaflet)).content.decode()


# Equal requests

Request = tuple[str, dict[str, str]]


def save(client: Client, leaflet: Leaflet) -> Request:
    draft_as_staff("Words.")
    typed = opened(client, leaflet) | {"form-TOTAL_FORMS": "1", "action": "save", **new_section(0)}
    return page("edit", leaflet), typed


def save_first(client: Client, leaflet: Leaflet) -> Request:
    return page("edit", leaflet), opened(client, leaflet) | {"introduction": "Mine.", "action": "save"}


def publish(client: Client, leaflet: Leaflet) -> Request:
    draft_as_staff("Words.")
    return page("publish", leaflet), form_of(client, "publish", leaflet) | {"change_note": "A note."}


def discard(client: Client, leaflet: Leaflet) -> Request:
    draft_as_staff("Words.")
    return page("discard", leaflet), form_of(client, "discard", leaflet)


def check(client: Client, leaflet: Leaflet) -> Request:
    next_on = f"{timezone.localdate() + dt.timedelta(days=90)}"
    return page("checked", leaflet), form_of(client, "checked", leaflet) | {"next_on": next_on}


def withdraw(client: Client, leaflet: Leaflet) -> Request:
    return page("withdraw", leaflet), form_of(client, "withdraw", leaflet) | {"read_instead": ""}


def share(client: Client, leaflet: Leaflet) -> Request:
    draft_as_staff("Words.")
    return page("share", leaflet), form_of(client, "history", leaflet) | {"action": "share"}


def restore(_: Client, leaflet: Leaflet) -> Request:
    edit_as_staff("Words.")
    return page("draft-from", leaflet, 1), {}


def add(_: Client, __: Leaflet) -> Request:
    return reverse("admin:leaflets_leaflet_add"), {"slug": "exclusions", "placement": "leaflet"}


def rename(_: Client, leaflet: Leaflet) -> Request:
    return page("rename", leaflet), {"slug": "another-address"}


def delete(client: Client, _: Leaflet) -> Request:
    client.post(reverse("admin:leaflets_leaflet_add"), {"slug": "by-mistake", "placement": "leaflet"})
    leaflet = Leaflet.objects.get(slug="by-mistake")
    return page("delete", leaflet), form_of(client, "delete", leaflet)


def revoke(client: Client, leaflet: Leaflet) -> Request:
    address, fields = share(client, leaflet)
    client.post(address, fields, follow=True)
    return address, fields | {"action": "revoke"}


def hand_over(client: Client, leaflet: Leaflet) -> Request:
    draft_as_staff("Words.")
    return page("thread", leaflet), form_of(client, "thread", leaflet) | {"text": "Look.", "action": "ready"}


def publish_later(client: Client, leaflet: Leaflet) -> Request:
    address, fields = publish(client, leaflet)
    return address, fields | {"action": "later", "due_at": NEXT_YEAR}


def withdraw_later(client: Client, leaflet: Leaflet) -> Request:
    address, fields = withdraw(client, leaflet)
    return address, fields | {"action": "later", "due_at": NEXT_YEAR}


def take_back(client: Client, leaflet: Leaflet) -> Request:
    client.post(*publish_later(client, leaflet), follow=True)
    return page("unschedule", leaflet), form_of(client, "history", leaflet) | {"action": "undo"}


def bring_back(client: Client, leaflet: Leaflet) -> Request:
    client.post(*withdraw(client, leaflet), follow=True)
    return page("publish-again", leaflet), form_of(client, "history", leaflet)


REQUESTS = [
    save, save_first, publish, discard, check, withdraw, share, revoke, restore, add, rename, delete, publish_later,
    withdraw_later, take_back, bring_back, hand_over,
]  # fmt: skip
NEXT_YEAR = f"{timezone.localdate().year + 1}-01-04T09:00"


def state() -> object:
    from django.contrib.admin.models import LogEntry

    drafts = Leaflet.objects.values_list("editions__pk", "editions__version", "editions__status")
    return (
        sorted(map(str, drafts)),
        Review.objects.count(),
        ShareLink.objects.filter(revoked_at=None).count(),
        list(ScheduledChange.objects.values_list("pk", "action", "due_at", "stopped_at")),
        sorted(Leaflet.objects.values_list("slug", flat=True)),
        LogEntry.objects.count(),
    )


@pytest.mark.parametrize("prepare", REQUESTS)
def test_the_second_of_two_equal_requests_ends_where_the_first_ended(
    publisher: Client, leaflet: Leaflet, prepare: Callable[[Client, Leaflet], Request]
) -> None:
    address, fields = prepare(publisher, leaflet)
    first = publisher.post(address, fields)
    shown, after_one = words_of(publisher.get(first["Location"])), state()

    second = publisher.post(address, fields)

    assert (second.status_code, second["Location"]) == (302, first["Location"])
    assert words_of(publisher.get(second["Location"])) == shown
    assert state() == after_one
