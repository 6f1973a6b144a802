"""The migration that fills in the dates of editions that are stored."""

import datetime as dt
from importlib import import_module
from types import SimpleNamespace

import pytest
from django.apps import apps as installed_apps
from django.apps.registry import Apps
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.factories import draft_as_staff, edit_as_staff, leaflet_with_introduction, load, published_edition

BEFORE, COLUMNS, AFTER = "0014_in_short", "0015_edition_dates", "0016_fill_edition_dates"
MIGRATION = import_module(f"leaflets.migrations.{AFTER}")


def store_editions(apps: Apps, slug: str, *bodies: str, status: str = "superseded") -> None:
    """Store a leaflet with an edition for each text, published on the first, second … day of May."""
    leaflet = apps.get_model("leaflets", "Leaflet").objects.create(slug=slug, placement="leaflet")
    for number, body in enumerate(bodies, 1):
        edition = leaflet.editions.create(
            number=number,
            status=status if number < len(bodies) else "published",
            placement="leaflet",
            title=slug,
            # Half an hour before midnight, which is the next day in British Summer Time.
            published_at=dt.datetime(2026, 4, 30, 23, 30, tzinfo=dt.UTC)
            if number == 1
            else dt.datetime(2026, 5, number, 12, tzinfo=dt.UTC),
        )
        edition.sections.create(position=0, anchor="introduction", body=body)
        edition.sections.create(position=1, anchor="one", heading="One", body="Words.")


def stored_dates(apps: Apps, slug: str) -> list[tuple[dt.date | None, dt.date | None]]:
    editions = apps.get_model("leaflets", "Edition").objects.filter(leaflet__slug=slug).order_by("number")
    return list(editions.values_list("on_site_since", "words_changed_on"))


def day(number: int) -> dt.date:
    return dt.date(2026, 5, number)


def test_stored_editions_get_their_dates(migrate, monkeypatch):
    old = migrate("leaflets", BEFORE)
    store_editions(old, "changed", "A", "*A*", "B", "**B**")
    store_editions(old, "withdrawn", "A", "B", status="withdrawn")
    store_editions(old, "unchanged", "A")
    # Leaflets are longer than a batch.
    monkeypatch.setattr(MIGRATION, "BATCH", 2)

    new = migrate("leaflets", AFTER)

    assert stored_dates(new, "changed") == [
        (day(1), None),
        (day(1), None),
        (day(1), day(3)),
        (day(1), day(3)),
    ]
    assert stored_dates(new, "withdrawn") == [(day(1), None), (day(1), day(2))]
    assert stored_dates(new, "unchanged") == [(day(1), None)]


def test_old_code_can_publish_while_servers_are_exchanged(migrate):
    old = migrate("leaflets", BEFORE)
    new = migrate("leaflets", AFTER)

    # The models of the old code do not know the new columns.
    store_editions(old, "published-meanwhile", "A")

    assert stored_dates(new, "published-meanwhile") == [(None, None)]


def test_the_migration_can_go_back(migrate):
    store_editions(migrate("leaflets", AFTER), "leaflet", "A")

    old = migrate("leaflets", BEFORE)

    assert old.get_model("leaflets", "Edition").objects.get(leaflet__slug="leaflet").title == "leaflet"


def test_an_interrupted_migration_goes_on(migrate):
    old = migrate("leaflets", BEFORE)
    store_editions(old, "one", "A", "B")
    store_editions(old, "two", "A", "B")
    columns = migrate("leaflets", COLUMNS)
    columns.get_model("leaflets", "Edition").objects.filter(leaflet__slug="one").update(on_site_since=day(1))
    columns.get_model("leaflets", "Edition").objects.filter(leaflet__slug="two", number=1).update(
        on_site_since=day(1)
    )

    new = migrate("leaflets", AFTER)

    assert stored_dates(new, "one") == [(day(1), None), (day(1), None)]  # as stored: it was finished
    assert stored_dates(new, "two") == [(day(1), None), (day(1), day(2))]


@pytest.mark.django_db
def test_the_migration_and_publishing_find_the_same_dates(tmp_path):
    load(tmp_path, leaflets=[leaflet_with_introduction("Words.")])
    edit_as_staff("*Words.*")
    edit_as_staff("Other words.")
    draft_as_staff("Not yet.")
    published = stored_dates(installed_apps, published_edition().leaflet.slug)
    published_edition().leaflet.editions.update(on_site_since=None, words_changed_on=None)

    MIGRATION.fill_dates(installed_apps, SimpleNamespace(connection=connection))

    assert stored_dates(installed_apps, published_edition().leaflet.slug) == published


@pytest.mark.django_db
def test_the_queries_grow_with_the_batches_only(monkeypatch):
    def queries(slug: str, count: int) -> int:
        store_editions(installed_apps, slug, *["A", "B"] * (count // 2))
        with CaptureQueriesContext(connection) as captured:
            MIGRATION.fill_dates(installed_apps, SimpleNamespace(connection=connection))
        return len(captured)

    monkeypatch.setattr(MIGRATION, "BATCH", 10)

    one, two, three = (queries(f"leaflet-{count}", count) for count in (10, 20, 30))

    assert three - two == two - one
