"""Questions to the database whose SQL the ORM writes once.

For a small answer, writing the SQL takes several times as long as getting the answer. So what a leaflet's
page asks is written once in each process, and then only asked again with other values.
"""

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Generic, TypeVar

from django.db import connection
from django.db.models import Model, QuerySet

_M = TypeVar("_M", bound=Model)


@dataclass(frozen=True)
class _Written:
    """A query as SQL: its parameters, where named values go among them, and what the columns are."""

    model: type[Model]
    query: Any
    sql: str
    parameters: tuple[object, ...]
    places: tuple[tuple[int, str], ...]
    columns: list[str]
    converters: dict[int, Any]


class Prepared(Generic[_M]):
    """A question about the rows of one model, with values to be given when it is asked.

    `ask` makes the query out of named values, without `select_related` or annotations. `marks` are values
    that stand for them while the SQL is written: of the right type, and found nowhere else in the query.
    """

    def __init__(self, ask: Callable[..., QuerySet[_M]], **marks: Hashable) -> None:
        self._ask = ask
        self._marks = marks

    def __call__(self, **values: object) -> list[_M]:
        """The rows for these values. Raises `DatabaseError`."""
        written = self._written
        parameters: list[Any] = list(written.parameters)
        for place, name in written.places:
            parameters[place] = values[name]
        with connection.cursor() as cursor:
            cursor.execute(written.sql, parameters)
            rows = cursor.fetchall()
        if written.converters:
            rows = written.query.get_compiler(connection=connection).apply_converters(
                rows, written.converters
            )
        return [written.model.from_db(connection.alias, written.columns, row) for row in rows]  # type: ignore[misc]

    @cached_property
    def _written(self) -> _Written:
        query = self._ask(**self._marks).query
        compiler = query.get_compiler(connection=connection)
        sql, parameters = compiler.as_sql()
        columns = [column for column, _, _ in compiler.select]
        names = {mark: name for name, mark in self._marks.items()}
        places = ((place, names[value]) for place, value in enumerate(parameters) if value in names)
        return _Written(
            model=query.get_meta().model,
            query=query,
            sql=sql,
            parameters=tuple(parameters),
            places=tuple(places),
            columns=[column.target.attname for column in columns],
            converters=compiler.get_converters(columns),
        )
