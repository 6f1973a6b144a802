"""Time limits of database queries in web requests, on PostgreSQL.

They are set in each transaction (`SET LOCAL`), and a query without a transaction gets one. Limits of the connection would
not hold behind PgBouncer with transaction pooling: it refuses them at the start of a connection (`options`), and gives a
connection with a setting of one client to the next one.
"""

from collections.abc import Callable
from typing import Any

from django.db import transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created

# A request does not wait long for a slow query or for a lock, such as that of a migration.
LIMITS = {"statement_timeout": "20s", "lock_timeout": "5s"}
_SET_LIMITS = "; ".join(f"SET LOCAL {name} = '{value}'" for name, value in LIMITS.items())


def limit_queries() -> None:
    """Limit the queries of all connections that this process opens from now on."""
    connection_created.connect(_limit_connection, dispatch_uid="query_limits")


def _limit_connection(connection: BaseDatabaseWrapper, **_: Any) -> None:
    # Django keeps wrappers when it reconnects.
    if connection.vendor == "postgresql" and _run_with_limits not in connection.execute_wrappers:
        connection.execute_wrappers.append(_run_with_limits)


def _run_with_limits(
    execute: Callable[..., Any], sql: str, params: Any, many: bool, context: dict[str, Any]
) -> Any:
    """Wrapper of `execute`, see https://docs.djangoproject.com/en/5.2/topics/db/instrumentation/."""
    connection = context["connection"]
    if not connection.in_atomic_block:
        with transaction.atomic(using=connection.alias):
            return _run_with_limits(execute, sql, params, many, context)
    database = connection.connection
    # Before the first statement of a transaction, which may be a savepoint.
    if database.info.transaction_status.name == "IDLE":
        with connection.wrap_database_errors:
            database.execute(_SET_LIMITS)
    return execute(sql, params, many, context)
