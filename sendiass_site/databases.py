"""The database that an address such as DATABASE_URL names, as Django's settings have it. Imports nothing of the site."""

import re
from pathlib import Path
from typing import Any

import environ

# Browsers and mail servers cut an address at such characters, and what follows would become the host or the database.
PERCENT_ENCODING_HINT = "In a user name or password write / as %2F, # as %23, ? as %3F, @ as %40, : as %3A and % as %25 (percent-encoding)."


def has_unencoded_characters(url: str) -> bool:
    """Return whether a user name or password in a URL has characters that end its host: they must be percent-encoded."""
    user = url.partition("://")[2].rpartition("@")[0]
    return re.search(r"[/?#]", user) is not None


def parse(url: str, name: str, data_dir: Path) -> dict[str, Any]:
    """Return the settings of the database at an address, for `DATABASES`.

    `name` is what the address is called where it is refused: it may include a password, so it is not shown. Raises
    `ValueError`.
    """
    if url.startswith("postgres") and has_unencoded_characters(url):
        raise ValueError(
            f"{name} is not understood. {PERCENT_ENCODING_HINT} For example {name}=postgres://user:pass%2Fword@host:5432/name."
        )
    # Without a database name, SQLite would use memory and PostgreSQL the user's default database.
    is_known = re.match(r"(sqlite:///(?!:memory:)|postgres(ql)?://[^/]*/)[^?]", url) is not None
    try:
        database: dict[str, Any] = environ.Env.db_url_config(url) if is_known else {}
    except ValueError:  # such as a port that is not a number
        database = {}
    if not database:
        raise ValueError(
            f"{name} is not understood. For PostgreSQL write postgres://user:password@host:5432/name; "
            "without it a SQLite database in DATA_DIR is used."
        )
    # Persistent connections: opening one takes longer than the queries of a page.
    database["CONN_MAX_AGE"] = None
    if database["ENGINE"] == "django.db.backends.sqlite3":
        database["OPTIONS"] = {
            # WAL: readers do not wait for writers. FULL: a confirmed message is on the disk. secure_delete: deleted rows
            # are overwritten. Writers wait for each other, up to `timeout` seconds.
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA secure_delete=ON;",
            "transaction_mode": "IMMEDIATE",
            "timeout": 20,
        }
        # A file: a database in memory has other locks than that of the site.
        database["TEST"] = {"NAME": data_dir / "test.sqlite3"}
    else:
        database["CONN_HEALTH_CHECKS"] = True
        # They outlive a transaction, and PgBouncer changes the connection then. Prepared statements are off by default.
        database["DISABLE_SERVER_SIDE_CURSORS"] = True
        # Fail within seconds if the server cannot be reached: cached pages are served then.
        database["OPTIONS"] = {"connect_timeout": 5, "tcp_user_timeout": 10_000} | database.get("OPTIONS", {})
    return database
