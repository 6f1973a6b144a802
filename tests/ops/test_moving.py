"""A site is moved to a database of the other kind with every row, or not at all."""

import datetime as dt
import functools
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import psycopg
import pytest
from django.apps import apps
from django.contrib.auth.models import User
from django.db import connection, models

from leaflets.models import Edition, Leaflet, Service
from sendiass_site.ops import moving
from tests.factories import create_feedback, create_staff
from tests.ops.sites import VENDORS, Site

pytestmark = pytest.mark.server
OTHER = {"sqlite": "postgresql", "postgresql": "sqlite"}
# Tables of no model, and why their rows are not moved.
LEFT_OUT = {
    "django_migrations": "`migrate` writes it in the target",
    "staff_cache": "it counts failed sign-ins of the last hours",
}
A_TIME = dt.datetime(2026, 11, 27, 23, 59, 59, 123457, tzinfo=dt.UTC)
# What a field cannot be, beside others of its row.
SPECIAL = {
    "leaflets.ScheduledChange": {"stopped_at": None, "problem": ""},
    "leaflets.Notice": {"ends": A_TIME + dt.timedelta(days=1)},
}


def value_of(field: models.Field) -> Any:
    """Return a value that is easily lost on the way, for any field."""
    if isinstance(field, models.ForeignKey):
        return (field.related_model._base_manager.first() or fill(field.related_model)).pk
    if field.choices:
        return field.choices[0][0]
    by_kind: list[tuple[type[models.Field], Any]] = [
        (models.DateTimeField, A_TIME),
        (models.DateField, A_TIME.date()),
        (models.JSONField, {"b": [1, 2.5, None, True, "ä’😀"], "a": {"": -1}}),
        (models.BinaryField, b"\x00\xff'\\"),
        (models.BooleanField, True),
        (models.GenericIPAddressField, "2001:db8::1"),
        (models.UUIDField, uuid.UUID(int=1)),
        (models.IntegerField, 3),
        (models.CharField, "É’%s"[: field.max_length]),
        (models.TextField, "É’ %s\r\n\t\\N 'x' 😀 "),
    ]
    return next(value for kind, value in by_kind if isinstance(field, kind))


def fill(model: type[models.Model]) -> models.Model:
    """Store a row with a value in every field."""
    fields = [field for field in model._meta.local_concrete_fields if not isinstance(field, models.AutoField)]
    values = {field.attname: value_of(field) for field in fields} | SPECIAL.get(model._meta.label, {})
    row = model(**values)
    row.save_base(raw=True, force_insert=True)
    return row


def fill_every_table() -> None:
    """Add a row to each model of the selected site that has none, and to some fields what is easily lost."""
    create_staff("Publishers", may=["export_personal_details"])
    for model in moving.moved_models():
        if not model._base_manager.exists():
            fill(model)
    Service.objects.update(logo_file=b"\x00\xff\x00")
    # Its key must not be given again.
    create_feedback("Deleted.").delete()


def all_rows() -> dict[str, list[tuple[Any, ...]]]:
    """Return each value of each row of each model of the selected site."""
    found = {}
    for model in apps.get_models(include_auto_created=True):
        names = [field.attname for field in model._meta.concrete_fields]
        rows = model._base_manager.values_list(*names)
        found[model._meta.label] = sorted(
            (
                tuple(bytes(value) if isinstance(value, memoryview) else value for value in row)
                for row in rows
            ),
            key=repr,
        )
    return found


def move(site: Site, target: Site) -> str:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("NEW_URL", target.environment["DATABASE_URL"])
        return site.manage("move_database", "--to=ENV:NEW_URL")


def fails(site: Site, target: Site) -> str:
    return site.manage_fails("move_database", f"--to={target.environment['DATABASE_URL']}")


@pytest.fixture
def empty_postgresql(new_site) -> Site:
    return new_site("postgresql", "target")


@pytest.fixture
def migrated_postgresql(migrated_site) -> Site:
    return migrated_site("postgresql", "target")


@dataclass
class Moved:
    """A site that was moved to a database of the other kind: its rows before, and the output of the command."""

    site: Site
    target: Site
    before: dict[str, list[tuple[Any, ...]]]
    output: str


@pytest.fixture(scope="module")
def moved(used_sites, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Moved]:
    """Move a site with rows in every table, once for each kind of database that it is moved from."""

    @functools.cache
    def move_from(vendor: str) -> Moved:
        folder, original = tmp_path_factory.mktemp(vendor), used_sites[vendor]
        site = original.copy(folder / "site")
        target = Site.without_tables(OTHER[vendor], folder / "target", original.blocker)
        with site.selected():
            fill_every_table()
            before = all_rows()
        return Moved(site, target, before, move(site, target))

    return move_from


@pytest.mark.parametrize("vendor", VENDORS)
def test_every_value_of_every_row_is_moved_to_the_other_kind_of_database(moved, vendor: str):
    one = moved(vendor)
    before = one.before

    with one.site.selected():
        assert all_rows() == before
    with one.target.selected():
        after = all_rows()
        # The next keys are as they would have been: none is given twice.
        assert create_feedback("New.").pk == max(row[0] for row in before["feedback.Feedback"]) + 2
        assert User.objects.create(username="new").pk > max(row[0] for row in before["auth.User"])
        connection.check_constraints()
        assert User.objects.get(username__startswith="Publishers").has_perm("leaflets.view_leaflet")
    assert [label for label, rows in before.items() if not rows] == []
    assert {label for label in before if after[label] != before[label]} == set()
    assert f"{sum(map(len, before.values())):,} rows" in one.output


def test_each_table_is_moved_or_left_out_for_a_reason(on_sqlite: Site):
    with on_sqlite.selected():
        assert {*on_sqlite.tables()} == {one._meta.db_table for one in moving.moved_models()} | {*LEFT_OUT}


def test_a_target_that_is_not_empty_is_refused_and_stays_as_it_is(used_site):
    site, target = used_site("sqlite", "site"), used_site("postgresql", "target")
    rows = target.rows()
    assert "The target is not empty" in fails(site, target)
    assert target.rows() == rows


def test_a_target_with_tables_of_something_else_is_refused(on_sqlite: Site, empty_postgresql: Site):
    with psycopg.connect(empty_postgresql.environment["DATABASE_URL"], autocommit=True) as opened:
        opened.execute("CREATE TABLE wages (id int)")
    assert "has the table wages" in fails(on_sqlite, empty_postgresql)
    assert empty_postgresql.tables() == ["wages"]


def test_texts_that_postgresql_cannot_store_are_all_named_and_nothing_is_moved(
    on_sqlite: Site, migrated_postgresql: Site
):
    with on_sqlite.selected():
        nul = create_feedback("Before\0after.").pk
        long = create_feedback(name="é" * 300).pk
        Service.objects.update(languages=[{"name": "in\0side"}])
        service = Service.objects.get().pk
        edition = Edition.objects.earliest("pk")
        Edition.objects.filter(pk=edition.pk).update(number=2**40)

    error = fails(on_sqlite, migrated_postgresql)

    assert f"feedback.Feedback {nul}: comments has a NUL character" in error
    assert f"feedback.Feedback {long}: name has 300 characters, and PostgreSQL stores" in error
    assert f"leaflets.Service {service}: languages has a NUL character" in error
    assert f"leaflets.Edition {edition.pk}: integer out of range" in error
    with migrated_postgresql.selected():
        assert not Leaflet.objects.exists()


def test_a_row_that_refers_to_no_row_is_refused(on_sqlite: Site, migrated_postgresql: Site):
    with on_sqlite.selected(), connection.constraint_checks_disabled():
        Edition.objects.filter(pk=Edition.objects.earliest("pk").pk).update(code_version_id=987_654)
    assert "violates foreign key constraint" in fails(on_sqlite, migrated_postgresql)


def test_a_database_that_is_not_up_to_date_is_not_moved(used_site, empty_postgresql: Site):
    site = used_site("sqlite", "site")
    site.become_older()
    assert "Run `manage.py migrate`" in fails(site, empty_postgresql)
    assert empty_postgresql.tables() == []


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("mysql://user:secret@host/name", "--to is not understood"),
        ("postgres://user:se/cret@host/name", "percent-encoding"),
        ("sqlite:////no/such/folder/db.sqlite3", "There is no folder /no/such/folder"),
        ("postgres://user:secret@127.0.0.1:1/name", "onnection"),
        ("ENV:NO_SUCH_VARIABLE", "NO_SUCH_VARIABLE is not set"),
    ],
)
def test_an_address_that_leads_nowhere_is_a_sentence_without_the_password(on_sqlite, address, words):
    error = on_sqlite.manage_fails("move_database", f"--to={address}")
    assert words in error
    assert "secret" not in error


def test_the_site_cannot_be_moved_onto_itself(on_sqlite: Site):
    rows = on_sqlite.rows()
    assert "not empty" in fails(on_sqlite, on_sqlite)
    assert on_sqlite.rows() == rows


def test_a_file_that_is_moved_to_is_readable_by_its_owner_only(moved):
    file = moved("postgresql").target.data_dir / "db.sqlite3"
    assert file.stat().st_mode & 0o777 == 0o600


def test_a_database_with_another_encoding_is_refused(on_sqlite: Site, empty_postgresql: Site):
    address = empty_postgresql.environment["DATABASE_URL"]
    name = f"latin_{uuid.uuid4().hex}"
    with psycopg.connect(address, autocommit=True) as opened:
        opened.execute(f"CREATE DATABASE {name} ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0")
    path = address.partition("?")[0].rpartition("/")[2]
    error = on_sqlite.manage_fails("move_database", f"--to={address.replace(path, name)}")
    assert "ENCODING 'UTF8'" in error
