"""Moving a site to another database: from SQLite to PostgreSQL, or back.

A backup has the database in the form of its own kind, and only a PostgreSQL server reads that of PostgreSQL. So both
databases are open at once here, and the rows are read and written through the models' fields, which know how each
kind stores a value. It works in both directions, and between two databases of one kind.

The source is only read. The target must be empty, and is filled in one transaction: it has all rows or none. Each row
keeps its primary key, also those that `migrate` creates, such as content types and permissions, which other rows refer
to: they replace those of the target. Each row is read back from the target and compared before the end.
"""

import contextlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.apps import apps
from django.conf import settings
from django.core.management.color import no_style
from django.db import DatabaseError, IntegrityError, connections, models, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.db.utils import DEFAULT_DB_ALIAS, ConnectionHandler

from sendiass_site import databases

from . import backups, drills
from .readiness import find_database_problem

_SOURCE, _TARGET = DEFAULT_DB_ALIAS, "target"
# Rows that are in memory at once. An edition with its texts may have 100 KB.
_BATCH = 200
_MAX_PROBLEMS = 10  # that are shown
_LOCK_TIMEOUT = "5s"
# Counts failed sign-ins of the last hours: they start again.
_EXCLUDED_TABLES = {str(settings.CACHES["default"]["LOCATION"])}

_Model = type[models.Model]
_Row = tuple[Any, ...]


class MoveError(Exception):
    """Nothing was moved. The message is shown to the user."""


@dataclass(frozen=True)
class Move:
    """What was moved: the numbers of rows and of tables, and the target's kind."""

    rows: int
    tables: int
    target: str


def moved_models() -> list[_Model]:
    """Return the models of all tables that are moved, also those of many-to-many relations."""
    found = apps.get_models(include_auto_created=True)
    return [model for model in found if model._meta.managed and not model._meta.proxy]


def move_database(address: str) -> Move:
    """Copy every row of the site's database to the empty database at `address`. Raises `MoveError` or `OSError`."""
    _check_source()
    try:
        target_settings = databases.parse(address, "--to", settings.DATA_DIR)
    except ValueError as error:
        raise MoveError(str(error)) from None
    file = Path(target_settings["NAME"]) if address.startswith("sqlite:") else None
    if file and not file.parent.is_dir():
        raise MoveError(f"There is no folder {file.parent}.")
    try:
        with backups.locked_temporary_folder() as folder, _connected(target_settings) as target:
            if file:
                # Readable by its owner only: SQLite gives the same rights to the files beside it.
                file.touch(mode=0o600)
            _check_target(target)
            drills.migrate_other_database(address, folder / "data")
            rows = _copy_all(target)
            return Move(rows, len(moved_models()), target.display_name)
    except backups.BackupError as error:
        raise MoveError(str(error)) from error
    except DatabaseError as error:
        raise MoveError(f"The database says: {_first_line(error)}") from error


@contextlib.contextmanager
def _connected(target_settings: dict[str, Any]) -> Iterator[BaseDatabaseWrapper]:
    """Make the target known to Django, under the name `_TARGET`."""
    # Without defaults of its own, the handler asks for a database named "default".
    handler = ConnectionHandler({_SOURCE: target_settings, _TARGET: target_settings})
    target = handler.create_connection(_TARGET)
    connections[_TARGET] = target
    try:
        yield target
    finally:
        target.close()
        del connections[_TARGET]


def _check_source() -> None:
    if problem := find_database_problem():
        raise MoveError(f"{problem.message} {problem.remedy}")
    loader = MigrationLoader(None)
    applied = MigrationRecorder(connections[_SOURCE]).applied_migrations()
    if unknown := sorted(set(applied) - set(loader.disk_migrations) - set(loader.replacements)):
        raise MoveError(
            f"This database is of a newer version of the site, which has {'/'.join(unknown[-1])}. Upgrade this one first."
        )


def _check_target(target: BaseDatabaseWrapper) -> None:
    """Refuse a database that has anything but what `migrate` creates, or that cannot hold every character."""
    tables = set(target.introspection.table_names())
    known = {model._meta.db_table for model in moved_models()} | _EXCLUDED_TABLES | {"django_migrations"}
    if foreign := sorted(tables - known):
        raise MoveError(
            f"The target has the table {foreign[0]}, which is not of this version of the site. Give it a database of its own."
        )
    for model in moved_models():
        if model in backups.CREATED_BY_MIGRATE or model._meta.auto_created:
            continue
        if model._meta.db_table in tables and model._base_manager.using(_TARGET).exists():
            raise MoveError(f"The target is not empty: there are rows in {model._meta.db_table}.")
    if target.vendor == "postgresql":
        with target.cursor() as cursor:
            cursor.execute("SHOW server_encoding")
            [encoding] = cursor.fetchone()
        if encoding != "UTF8":
            raise MoveError(
                f"The target's encoding is {encoding}. Create the database with ENCODING 'UTF8': others cannot hold all texts."
            )


def _copy_all(target: BaseDatabaseWrapper) -> int:
    """Copy all rows in one transaction; return their number."""
    source, problems, total = connections[_SOURCE], list[str](), 0
    tables = [model._meta.db_table for model in moved_models()]
    with transaction.atomic(using=_SOURCE), transaction.atomic(using=_TARGET):
        with source.cursor() as source_cursor, target.cursor() as target_cursor:
            if source.vendor == "postgresql":
                # All tables as they are at one time.
                source_cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            if target.vendor == "postgresql":
                names = ", ".join(map(target.ops.quote_name, tables))
                target_cursor.execute(f"SET LOCAL lock_timeout = '{_LOCK_TIMEOUT}'")
                target_cursor.execute(f"LOCK TABLE {names} IN ACCESS EXCLUSIVE MODE")
            # Again: nobody else writes from here on.
            _check_target(target)
            for statement in target.ops.sql_flush(no_style(), tables):
                target_cursor.execute(statement)
        for model in moved_models():
            total += _copy(model, target, problems)
            if len(problems) > _MAX_PROBLEMS:
                break
        if not problems:
            try:
                # Relations between rows were not checked until now.
                target.check_constraints()
            except IntegrityError as error:
                problems.append(_first_line(error))
        if problems:
            more = " There may be more." if len(problems) > _MAX_PROBLEMS else ""
            raise MoveError(" ".join(problems[:_MAX_PROBLEMS]) + more)
    return total


def _copy(model: _Model, target: BaseDatabaseWrapper, problems: list[str]) -> int:
    """Copy the rows of a table, and add what is wrong to `problems`; return the number of rows."""
    fields = [field for field in model._meta.local_concrete_fields if not field.generated]
    names = [field.attname for field in fields]
    key = names.index(model._meta.pk.attname)
    rows, count = model._base_manager.using(_SOURCE).order_by("pk").values_list(*names), 0
    batch = list(rows[:_BATCH])
    while batch and len(problems) <= _MAX_PROBLEMS:
        count += len(batch)
        found = [
            problem
            for row in batch
            if target.vendor == "postgresql"
            and (problem := _find_problem(fields, row, f"{model._meta.label} {row[key]}"))
        ]
        problems += found or _insert(model, fields, batch, key, target)
        # By key, not by offset, which would count all rows before it each time.
        batch = list(rows.filter(pk__gt=batch[-1][key])[:_BATCH])
    stored = model._base_manager.using(_TARGET).count()
    if not problems and stored != count:
        problems.append(f"{model._meta.label}: {count} rows were copied, and {stored} are in the target.")
    if isinstance(model._meta.pk, models.AutoField):
        _set_last_key(target, model, _read_last_key(connections[_SOURCE], model))
    return count


def _find_problem(fields: "Sequence[models.Field[Any, Any]]", row: _Row, name: str) -> str:
    """Return why PostgreSQL cannot store a row that SQLite has; an empty string if it can."""
    for field, value in zip(fields, row, strict=True):
        limit = field.max_length if isinstance(field, models.CharField) else None
        if limit and isinstance(value, str) and len(value) > limit:
            return f"{name}: {field.name} has {len(value)} characters, and PostgreSQL stores {limit}. Shorten it."
        if any("\0" in text for text in _texts_in(value)):
            return f"{name}: {field.name} has a NUL character, which PostgreSQL cannot store. Take it out."
    return ""


def _texts_in(value: Any) -> Iterator[str]:
    """Yield the texts in a value, also those in the lists and objects of a JSON field."""
    waiting = [value]
    while waiting:
        one = waiting.pop()
        if isinstance(one, str):
            yield one
        elif isinstance(one, dict):
            waiting += [*one.keys(), *one.values()]
        elif isinstance(one, list):
            waiting += one


def _insert(
    model: _Model,
    fields: "Sequence[models.Field[Any, Any]]",
    batch: list[_Row],
    key: int,
    target: BaseDatabaseWrapper,
) -> list[str]:
    """Insert rows and compare them with what is stored; return what is wrong."""
    quote = target.ops.quote_name
    columns = ", ".join(quote(field.column) for field in fields)
    placeholders = ", ".join(["%s"] * len(fields))
    statement = f"INSERT INTO {quote(model._meta.db_table)} ({columns}) VALUES ({placeholders})"  # noqa: S608

    def insert(rows: list[_Row]) -> None:
        values = [
            [field.get_db_prep_save(value, target) for field, value in zip(fields, row, strict=True)]
            for row in rows
        ]
        with transaction.atomic(using=_TARGET), target.cursor() as cursor:
            cursor.executemany(statement, values)

    try:
        insert(batch)
    except DatabaseError:
        return _insert_one_by_one(model, batch, key, insert)
    # Without an order: that of some models is by another table, which may be empty yet.
    stored = model._base_manager.using(_TARGET).filter(pk__in=[row[key] for row in batch]).order_by()
    found = {row[key]: row for row in stored.values_list(*[field.attname for field in fields])}
    return [
        f"{model._meta.label} {row[key]} is not the same in the target."
        for row in batch
        if not _is_same(row, found.get(row[key]))
    ]


def _insert_one_by_one(
    model: _Model, batch: list[_Row], key: int, insert: Callable[[list[_Row]], None]
) -> list[str]:
    """Insert rows one by one, and return which of them the target rejects, with its reason."""
    rejected = []
    for row in batch:
        try:
            insert([row])
        except DatabaseError as error:
            rejected.append(f"{model._meta.label} {row[key]}: {_first_line(error)}.")
    return rejected or [f"{model._meta.label}: rows from {batch[0][key]} on could not be stored at once."]


def _is_same(row: _Row, stored: _Row | None) -> bool:
    # A binary field is read as bytes by SQLite and as a memoryview by PostgreSQL; the two compare equal.
    return stored is not None and all(one == other for one, other in zip(row, stored, strict=True))


def _read_last_key(database: BaseDatabaseWrapper, model: _Model) -> int:
    """Return the last key that was given to a new row, which may be deleted by now: no key is given twice."""
    table, column = model._meta.db_table, model._meta.pk.column
    with database.cursor() as cursor:
        if database.vendor == "sqlite":
            cursor.execute("SELECT seq FROM sqlite_sequence WHERE name = %s", [table])
        else:
            cursor.execute("SELECT pg_get_serial_sequence(%s, %s)", [database.ops.quote_name(table), column])
            [sequence] = cursor.fetchone()
            cursor.execute(f"SELECT last_value FROM {sequence} WHERE is_called")  # noqa: S608 - quoted by PostgreSQL
        given = cursor.fetchone()
    largest = model._base_manager.using(_SOURCE).aggregate(last=models.Max("pk"))["last"]
    return max(given[0] if given else 0, largest or 0)


def _set_last_key(database: BaseDatabaseWrapper, model: _Model, last: int) -> None:
    table, column = model._meta.db_table, model._meta.pk.column
    with database.cursor() as cursor:
        if database.vendor == "sqlite":
            cursor.execute("DELETE FROM sqlite_sequence WHERE name = %s", [table])
            cursor.execute("INSERT INTO sqlite_sequence (name, seq) VALUES (%s, %s)", [table, last])
        else:
            cursor.execute(
                "SELECT setval(pg_get_serial_sequence(%s, %s), %s, %s)",
                [database.ops.quote_name(table), column, max(last, 1), last > 0],
            )


def _first_line(error: Exception) -> str:
    """Return the first line of a database's error: the next ones may have personal data."""
    return str(error).partition("\n")[0].strip()
