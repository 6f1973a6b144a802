"""The history has an entry when what was scheduled for a leaflet is called off or fails, in the transaction of the act."""

from collections.abc import Callable
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.utils import timezone
from pytest_django import DjangoDbBlocker

from leaflets.content.convert import convert_docx
from leaflets.models import HistoryEntry
from leaflets.publishing import drafts, editions
from leaflets.publishing.documents import bring_back_replaced_text, replace_by_document
from leaflets.publishing.scheduling import apply_due, unschedule
from tests.factories import basis_of, create_staff, draft_as_staff, edit_as_staff, get_officer, load_two
from tests.publishing.test_scheduling import HOUR, leaflet, schedule_draft, schedule_withdrawing
from tests.word_documents import docx, paragraph

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module", autouse=True)
def _loaded(module_database: DjangoDbBlocker, tmp_path_factory: pytest.TempPathFactory) -> None:
    with module_database.unblock():
        load_two(tmp_path_factory.mktemp("content"))


@pytest.fixture
def publisher() -> User:
    return create_staff("Publishers")


def entries() -> list[tuple[str, str]]:
    return list(HistoryEntry.objects.filter(kind="leaflets").order_by("pk").values_list("who", "words"))


def draft_basis() -> object:
    return basis_of(leaflet().editions.get(status="draft"))


def put_in_document() -> None:
    document = convert_docx(docx(paragraph("Words of a document.")))
    replace_by_document(leaflet(), document, basis=draft_basis(), by=get_officer())


ACTS: dict[str, tuple[Callable[[], object], str]] = {
    "save": (lambda: draft_as_staff("Other words."), "Saved the draft"),
    "discard": (
        lambda: drafts.discard_draft(leaflet(), basis=draft_basis(), by=get_officer()),
        "Discarded the draft",
    ),
    "document": (put_in_document, "Put the text of a document into the draft"),
    "publish": (
        lambda: drafts.publish_draft(
            leaflet(), basis=draft_basis(), by=get_officer(), change_note="Clearer."
        ),
        "Published edition 2: Clearer",
    ),
    "withdraw": (
        lambda: editions.withdraw(leaflet(), by=get_officer()),
        "Withdrew the leaflet; to read instead: nothing",
    ),
}


@pytest.mark.parametrize("name", ACTS)
def test_the_entry_of_an_act_says_that_it_calls_off_a_publication(publisher: User, name: str) -> None:
    change = schedule_draft(publisher)
    before = len(entries())
    act, words = ACTS[name]
    act()

    assert entries()[before:] == [
        ("officer", f"{words}. Off: it was to go live on {change.time_description}")
    ]


def test_the_entry_of_a_publication_says_that_it_calls_off_a_withdrawal(publisher: User) -> None:
    change = schedule_withdrawing(publisher)
    edit_as_staff("A corrected number.")

    assert entries()[-1][1].endswith(f". Off: it was to be withdrawn on {change.time_description}")


def test_the_entry_of_bringing_back_the_text_says_that_it_calls_off(publisher: User) -> None:
    draft_as_staff("New words.")
    put_in_document()
    change = schedule_draft(publisher, words="Words after the document.")
    bring_back_replaced_text(leaflet(), basis=draft_basis(), by=get_officer())

    assert entries()[-1][1] == (
        f"Brought back the text from before the document. Off: it was to go live on {change.time_description}"
    )


def test_an_act_that_calls_nothing_off_does_not_speak_of_it(publisher: User) -> None:
    schedule_draft(publisher, words="New words.")
    draft_as_staff("New words.")
    schedule_withdrawing(publisher, expected_schedule_pk=leaflet().scheduled_change.pk)
    draft_as_staff("Other words.")

    assert not any("Off:" in words for _, words in entries())


def test_what_is_carried_out_is_not_called_off(publisher: User) -> None:
    schedule_draft(publisher)
    apply_due(timezone.now() + HOUR)

    assert not any("Off:" in words for _, words in entries())


def test_a_failure_at_its_time_is_an_entry_of_the_website(publisher: User) -> None:
    change = schedule_draft(publisher)
    User.objects.filter(pk=publisher.pk).update(is_active=False)
    before = len(entries())
    apply_due(timezone.now() + HOUR)

    assert entries()[before:] == [
        (
            "the website",
            f"Not published: it was to go live on {change.time_description}. "
            "The account of the person who scheduled it is closed.",
        )
    ]
    assert HistoryEntry.objects.get(who="the website").object_id == str(leaflet().pk)


def test_a_withdrawal_that_fails_is_an_entry(publisher: User) -> None:
    change = schedule_withdrawing(publisher)
    publisher.groups.clear()
    apply_due(timezone.now() + HOUR)

    words = f"Not withdrawn: it was to be withdrawn on {change.time_description}. Publishers may not publish any more."
    assert entries()[-1] == ("the website", words)


def test_a_file_that_calls_it_off_is_an_entry_of_the_command_line(publisher: User, tmp_path: Path) -> None:
    change = schedule_draft(publisher)
    load_two(tmp_path, "Words of the file.")

    words = f"Off: it was to go live on {change.time_description}. A file with another text of this leaflet was loaded."
    assert ("the command line", words) in entries()


def test_taking_it_back_from_a_colleague_is_one_entry(publisher: User) -> None:
    change = schedule_draft(publisher)
    before = len(entries())
    unschedule(leaflet(), expected_schedule_pk=change.pk, by=get_officer())

    assert entries()[before:] == [("officer", f"Called off: it was to go live on {change.time_description}.")]
