"""Serve the site: check, migrate, load content, purge feedback, remind staff, run gunicorn. For `script/server` and the container."""

import contextlib
import fcntl
import io
import ipaddress
import logging
import multiprocessing
import os
import shlex
import signal
import socket
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import django
from django.core.exceptions import ImproperlyConfigured
from django.core.management import CommandError, call_command
from django.db import Error, connection
from django.db.backends.base.base import BaseDatabaseWrapper
from gunicorn import __main__ as gunicorn_command
from gunicorn.app import wsgiapp

from sendiass_site import environment
from sendiass_site.ops.disks import find_disk_problem
from sendiass_site.version import VERSION
from sendiass_site.web import static_files

LOCK_INTERVAL = 0.5  # seconds between two attempts to get the lock
_WAITING = "Another start is not finished yet. This one waits for it."

logger = logging.getLogger("sendiass_site.ops.serve")  # __name__ is __main__


def main() -> None:
    """Prepare the site, print its address, and run gunicorn."""
    # Process 1 of a container ignores signals without a handler.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("Stopped before the site had started."))
    # The data includes personal data: files are readable by their owner only.
    os.umask(0o077)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "sendiass_site.settings")
    for name in ("ALLOWED_HOSTS", "DATA_DIR", "HOST", "HTTPS", "PORT", "REQUIRE_MFA", "SITE_URL"):
        if name in os.environ:
            # As the settings read them.
            os.environ[name] = environment.strip_quotes(os.environ[name])
    host = _parse_address(os.environ.get("HOST") or "127.0.0.1")
    port = _check_port(os.environ.get("PORT") or "8000", host)
    # A trial has no certificate. In production HTTPS=on is set, as in the container.
    _set_default("HTTPS", "off")
    # Nor a second factor for staff, if only this machine can connect.
    is_trial = os.environ["HTTPS"] == "off" and ipaddress.ip_address(host).is_loopback
    _set_default("REQUIRE_MFA", "off" if is_trial else "on")
    if os.environ["HTTPS"] == "off":
        allowed = environment.split_list(os.environ.get("ALLOWED_HOSTS") or "")
        _set_default("SITE_URL", environment.url_without_https(host, str(port), allowed))
    with _exit_on_error():
        # Imported once, for the preparation and for gunicorn: this is half of the work of a start.
        django.setup()
    _print_lines(f"This is version {VERSION}.")
    _prepare_in_child()
    bind = _bind(host, port)
    _print_address(bind)
    # As `python -m gunicorn` has them: on SIGUSR2 it starts itself again with them.
    sys.argv = [gunicorn_command.__file__, "-c", "python:sendiass_site.gunicorn_config", "-b", bind]
    wsgiapp.run(prog="gunicorn")


@contextlib.contextmanager
def _exit_on_error() -> Iterator[None]:
    try:
        yield
    except Error as error:
        says = str(error).strip().rstrip(".")
        sys.exit(f"The site cannot start: The database says: {says}. Check DATABASE_URL and DATA_DIR.")
    except (ImproperlyConfigured, CommandError, OSError) as error:
        sys.exit(f"The site cannot start: {error}")


def _prepare_in_child() -> None:
    """Prepare in a child process, whose memory ends with it: the workers would inherit that of this process."""
    child = multiprocessing.get_context("fork").Process(target=_run_preparation)
    child.start()
    try:
        child.join()
    finally:
        child.terminate()
    if child.exitcode:
        # It has said why, unless a signal ended it.
        sys.exit(1 if child.exitcode > 0 else f"Signal {-child.exitcode} stopped the start of the site.")


def _run_preparation() -> None:
    # The parent process says that the start was stopped.
    for stop in (signal.SIGTERM, signal.SIGINT):
        signal.signal(stop, lambda *_: sys.exit(1))
    with _exit_on_error():
        _prepare()


def _set_default(name: str, value: str) -> None:
    """Set a variable that is not set or empty."""
    os.environ[name] = os.environ.get(name) or value


def _bind(host: str, port: int) -> str:
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _print_address(bind: str) -> None:
    from django.conf import settings

    if settings.LOG_FORMAT == "json":  # There is no terminal.
        _print_lines(f"The site listens on {bind}.")
    else:
        invite = (
            f"{_environment_prefix()}.venv/bin/python manage.py invite_staff you@example.org --administrator"
        )
        _print_lines(
            f"\nThe site is at http://{bind}/ (stop it with Ctrl+C).",
            f"For a staff login at /admin/, with your own e-mail address: {invite}\n",
        )
    if not settings.REQUIRE_MFA:
        _print_lines("Staff sign in without a second step. For more than a first look, set REQUIRE_MFA=on.\n")


def _environment_prefix() -> str:
    """Return the variables with which a command uses the database of this server and prints links to it.

    DATABASE_URL may include a password, so its value is left out.
    """
    address = f"HTTPS=off SITE_URL={os.environ['SITE_URL']} " if os.environ["HTTPS"] == "off" else ""
    data_dir = os.environ.get("DATA_DIR")
    database = "DATABASE_URL=… " if os.environ.get("DATABASE_URL") else ""
    return address + (f"DATA_DIR={shlex.quote(data_dir)} " if data_dir else "") + database


def _parse_address(text: str) -> str:
    try:
        return str(ipaddress.ip_address(text))
    except ValueError:
        sys.exit(
            f"HOST is {text!r}. Set it to an address of this machine, for example HOST=127.0.0.1, "
            "or to HOST=0.0.0.0 for all of them."
        )


def _check_port(text: str, host: str) -> int:
    if not text.isdecimal() or not 0 < int(text) < 65536:
        sys.exit(f"PORT is {text!r}. Set it to a number from 1 to 65535, for example PORT=8080.")
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, int(text)))
        except OSError as error:
            sys.exit(
                f"Port {text} cannot be used ({error.strerror}). Stop what uses it, "
                "or choose another: PORT=8080 script/server"
            )
    return int(text)


def _prepare() -> None:
    from django.conf import settings

    database = Path(connection.settings_dict["NAME"]) if connection.vendor == "sqlite" else None
    _check_writable(settings.DATA_DIR, database)
    if database:
        _check_disk(database)
    # The deployment checks do not apply to a trial without HTTPS.
    _run_command("check", deploy=settings.HTTPS)
    with _startup_lock(settings.DATA_DIR / "start.lock"):
        _run_command("migrate", verbosity=0, skip_checks=True)
        _run_command("load_leaflets")
        # A date that it does not believe is no reason not to serve the site.
        _run_optional_command("purge_feedback")
        _run_command("clearsessions")
        static_files.collect(Path(settings.STATIC_ROOT))
    # Outside the lock: a mail server may take long, and two replicas do not send the same e-mail.
    if settings.HAS_MAIL:
        _run_optional_command("send_reminders")


@contextlib.contextmanager
def _startup_lock(lock: Path) -> Iterator[None]:
    """Make replicas that start together on one database wait for each other."""
    if connection.vendor == "postgresql":
        # A transaction on a connection of its own: PgBouncer would give the lock of a session to the next client.
        lock_connection = connection.copy()
        try:
            lock_connection.set_autocommit(False)
            is_waiting = False
            while not _try_lock(lock_connection):
                if not is_waiting:
                    is_waiting = True
                    _print_lines(_WAITING)
                # Ended, so that those who wait hold no connection of a pool.
                lock_connection.rollback()
                time.sleep(LOCK_INTERVAL)
            yield
        finally:
            lock_connection.close()  # Releases the lock, also after a database error.
            connection.close()
    else:
        with lock.open("w") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                _print_lines(_WAITING)
                fcntl.flock(file, fcntl.LOCK_EX)
            yield


def _try_lock(lock_connection: BaseDatabaseWrapper) -> bool:
    """Take the lock until the end of the transaction, unless another replica has it."""
    with lock_connection.cursor() as cursor:
        # Do not change the name: replicas of an earlier version use it.
        cursor.execute("SELECT pg_try_advisory_xact_lock(hashtext('sendiass_site.serve'))")
        return bool(cursor.fetchone()[0])


def _check_writable(folder: Path, database: Path | None = None) -> None:
    """Raise `ImproperlyConfigured` where the folder for data, or the file of a SQLite database, may not be written."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        # A file with a unique name: other replicas may start at the same time.
        tempfile.TemporaryFile(dir=folder).close()
    except OSError as error:
        raise ImproperlyConfigured(
            f"the folder {folder} cannot be written ({error.strerror}).{environment.owner_hint(folder)} "
            "Make it writable, or name another: DATA_DIR=/some/folder script/server"
        ) from error
    if database and database.exists() and not os.access(database, os.W_OK):
        raise ImproperlyConfigured(
            f"the database {database} cannot be written.{environment.owner_hint(database)} Give it to the user that runs the site."
        )


def _check_disk(database: Path) -> None:
    if problem := find_disk_problem(database):
        raise ImproperlyConfigured(problem)
    if not database.parent.is_dir():
        raise ImproperlyConfigured(f"there is no folder {database.parent}, which DATABASE_URL names.")


def _run_optional_command(command: str) -> None:
    """Run a command whose failure is no reason not to serve the site, and print what is wrong."""
    try:
        _run_command(command)
    except CommandError as error:
        _print_lines(str(error))


def _run_command(command: str, **options: object) -> None:
    """Run a management command, and print its output."""
    output = io.StringIO()
    try:
        call_command(command, stdout=output, stderr=output, no_color=True, **options)
    finally:
        _print_lines(*output.getvalue().splitlines())


def _print_lines(*lines: str) -> None:
    """Print lines in a terminal; log them in a container."""
    from django.conf import settings

    for line in lines:
        if settings.LOG_FORMAT == "json":
            logger.info(line.strip())
        else:
            print(line, flush=True)  # noqa: T201 - output of a command


if __name__ == "__main__":
    main()
