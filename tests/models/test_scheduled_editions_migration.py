"""The migration that takes from the history for when editions were scheduled."""

import datetime as dt
from importlib import import_module

import pytest
from django.apps import apps
from django.contrib.auth.models import User
from django.utils import timezone
from pytest_django import DjangoDbBlocker

from leaflets.models import Edition, HistoryEntry
from leaflets.publishing.scheduling import apply_due
from tests.factories import create_staff, edit_as_staff, load_two
from tests.publishing.test_scheduling import HOUR, leaflet, schedule_draft, schedule_withdrawing

pytestmark = pytest.mark.django_db
migration = import_module("leaflets.migrations.0030_names_and_scheduled_editions")


@pytest.fixture(scope="module", autouse=True)
def _loaded(module_database: DjangoDbBlocker, tmp_path_factory: pytest.TempPathFactory) -> None:
    with module_database.unblock():
        load_two(tmp_path_factory.mktemp("content"))


@pytest.fixture
def publisher() -> User:
    return create_staff("Publishers")


def known() -> list[tuple[dt.datetime | None, dt.datetime | None]]:
    return list(Edition.objects.order_by("pk").values_list("scheduled_for", "withdrawal_scheduled_for"))


def forget_and_fill() -> None:
    Edition.objects.update(scheduled_for=None, withdrawal_scheduled_for=None)
    migration.fill_from_history(apps, None)


def test_each_edition_gets_the_time_of_its_publication_and_withdrawal(publisher):
    schedule_draft(publisher)
    apply_due(timezone.now() + HOUR)
    edit_as_staff("Published by hand.")
    schedule_withdrawing(publisher)
    apply_due(timezone.now() + HOUR)
    edit_as_staff("Back by hand.")
    before = known()
    assert sum(time is not None for pair in before for time in pair) == 2

    forget_and_fill()

    # The history has minutes.
    minutes = [[time and time.replace(second=0, microsecond=0) for time in pair] for pair in before]
    assert [list(pair) for pair in known()] == minutes


def test_entries_that_cannot_be_read_leave_the_time_unknown(publisher):
    schedule_draft(publisher)
    apply_due(timezone.now() + HOUR)
    entries = HistoryEntry.objects.filter(words__startswith="Carried out by the website")
    assert (
        entries.update(words="Carried out by the website, as scheduled on Monday for 31 Smarch 2026, 9:00")
        == 1
    )

    forget_and_fill()

    assert {time for pair in known() for time in pair} == {None}


@pytest.mark.parametrize(
    ("words", "utc"),
    [
        ("4 January 2027, 9:00", "2027-01-04 09:00"),
        ("4 July 2027, 9:05", "2027-07-04 08:05"),
        ("31 October 2027, 1:30 (before the clocks go back)", "2027-10-31 00:30"),
        ("31 October 2027, 1:30 (after the clocks go back)", "2027-10-31 01:30"),
    ],
)
def test_times_are_those_of_the_united_kingdom(words, utc):
    assert migration.read_time(words) == dt.datetime.fromisoformat(utc).replace(tzinfo=dt.UTC)


def test_a_time_that_nobody_logged_stays_unknown(publisher):
    schedule_draft(publisher)
    apply_due(timezone.now() + HOUR)
    HistoryEntry.objects.all().delete()

    forget_and_fill()

    assert leaflet().editions.published().get().scheduled_for is None
