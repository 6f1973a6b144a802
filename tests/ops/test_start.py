"""What a start says while it waits, and when it may not write. tests/ops/test_serve.py starts real processes."""

import fcntl
import logging
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import connection
from gunicorn.config import Config

from sendiass_site import environment, secret_key
from sendiass_site.gunicorn_config import NoAccessLog
from sendiass_site.ops import serve
from tests.running_site import TIMEOUT, wait_until

WAITING = "Another start is not finished yet. This one waits for it."


@contextmanager
def another_start(lock: Path) -> Iterator[None]:
    """Hold the lock of a start, as another process does."""
    if connection.vendor == "postgresql":
        other = connection.copy()
        other.set_autocommit(False)
        assert serve._try_lock(other)
        yield
        other.close()
    else:
        with lock.open("w") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield


@pytest.mark.django_db(transaction=True)
def test_a_start_that_waits_for_another_one_says_so_once(tmp_path, monkeypatch):
    monkeypatch.setattr(serve, "LOCK_INTERVAL", 0.01)
    said: list[str] = []
    monkeypatch.setattr("builtins.print", lambda line, **_: said.append(line))
    lock = tmp_path / "start.lock"

    def start() -> None:
        with serve._startup_lock(lock):
            said.append("started")

    with another_start(lock):
        thread = threading.Thread(target=start)
        thread.start()
        wait_until(lambda: said != [])
        assert said == [WAITING]
    thread.join(TIMEOUT)

    assert said == [WAITING, "started"]


@pytest.mark.django_db(transaction=True)
def test_a_start_that_does_not_wait_says_nothing(tmp_path, capsys):
    with serve._startup_lock(tmp_path / "start.lock"):
        pass

    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    ("bind", "address"),
    [("127.0.0.1:8000", "http://127.0.0.1:8000"), ("[::1]:8080", "http://[::1]:8080")],
)
def test_the_line_about_listening_has_the_address(caplog, bind, address):
    caplog.set_level(logging.INFO)
    config = Config()
    config.set("bind", [bind])

    log = NoAccessLog(config)
    log.error_log.propagate = True
    log.info("Listening at: %s (%s)", "", 1)

    assert caplog.messages == [f"Listening at: {address} (1)"]


def test_a_folder_of_another_user_is_named_with_both_users(tmp_path):
    owner = tmp_path.stat().st_uid

    assert environment.owner_hint(tmp_path, owner + 10001) == (
        f" {tmp_path} belongs to user {owner}, and this program runs as user {owner + 10001}."
    )
    assert environment.owner_hint(tmp_path, owner) == ""


def test_of_a_file_that_is_missing_the_owner_of_the_folder_is_named(tmp_path):
    hint = environment.owner_hint(tmp_path / "new" / "secret_key", tmp_path.stat().st_uid + 1)

    assert hint.startswith(f" {tmp_path} belongs to user")


def as_user(user: int, action: Callable[[], object]) -> str:
    """Do something in a process of another user; return its error."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.setuid(user)
            action()
        except ImproperlyConfigured as error:
            os.write(writing, str(error).encode())
        finally:
            os._exit(0)
    os.close(writing)
    os.waitpid(child, 0)
    with os.fdopen(reading) as said:
        return said.read()


def make_data_of_another_user() -> Path:
    import tempfile

    folder = Path(tempfile.mkdtemp(dir="/tmp"))
    folder.chmod(0o755)
    return folder


@pytest.mark.skipif(os.geteuid() != 0, reason="Only root can be another user.")
def test_a_start_in_a_folder_of_another_user_says_whose_it_is(request):
    folder = make_data_of_another_user()
    database = folder / "db.sqlite3"
    request.addfinalizer(folder.rmdir)

    for action in (
        lambda: serve._check_writable(folder),
        lambda: secret_key.read_or_create(folder / "secret_key"),
    ):
        assert f"{folder} belongs to user 0, and this program runs as user 10001." in as_user(10001, action)

    folder.chmod(0o777)
    database.touch(mode=0o644)
    request.addfinalizer(database.unlink)
    assert f"{database} belongs to user 0, and this program runs as user 10001." in as_user(
        10001, lambda: serve._check_writable(folder, database)
    )
