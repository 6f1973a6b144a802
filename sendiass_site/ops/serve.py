"""Serve the site: check, migrate, load, delete what is due, run gunicorn. For `script/server` and the container."""

import contextlib
import fcntl
import io
import ipaddress
import logging
import os
import shlex
import signal
import socket
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import django
from django.core.exceptions import ImproperlyConfigured
from django.core.management import CommandError, call_command
from django.db import Error, connection

from sendiass_site.web import static_files

logger = logging.getLogger("sendiass_site.ops.serve")  # it runs as __main__


def main() -> None:
    """Set up what is missing, say where the site is, and become gunicorn."""
    # The first process of a container ignores what it does not handle, and would have to be killed.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("Stopped before the site had started."))
    # The data holds what people wrote: nobody else on this machine reads it.
    os.umask(0o077)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "sendiass_site.settings")
    host = _address(os.environ.get("HOST") or "127.0.0.1")
    port = _free_port(os.environ.get("PORT") or "8000", host)
    # A first look has no certificate. Whoever has one sets HTTPS=on, as the container does.
    _set_default("HTTPS", "off")
    # Nor has it a second step for staff, where nobody else comes from outside.
    is_first_look = os.environ["HTTPS"] == "off" and ipaddress.ip_address(host).is_loopback
    _set_default("REQUIRE_MFA", "off" if is_first_look else "on")
    if os.environ["HTTPS"] == "off":
        _set_default("SITE_URL", f"http://{_bind(_own_name(host), port)}")
    try:
        _prepare()
    except (ImproperlyConfigured, CommandError, Error, OSError) as error:
        sys.exit(f"The site cannot start: {error}")
    bind = _bind(host, port)
    _tell_where(bind)
    os.execv(  # noqa: S606 - no shell is wanted
        sys.executable,
        [sys.executable, "-m", "gunicorn", "-c", "python:sendiass_site.gunicorn_config", "-b", bind],
    )


def _set_default(name: str, value: str) -> None:
    """Set a variable that is not set. An empty one is as good as none, as in the settings."""
    os.environ[name] = os.environ.get(name) or value


def _own_name(host: str) -> str:
    """What the site is called where it listens at this address: nobody calls it 0.0.0.0."""
    if not ipaddress.ip_address(host).is_unspecified:
        return host
    allowed = (os.environ.get("ALLOWED_HOSTS") or "").partition(",")[0].strip()
    return (
        allowed if allowed.replace("-", "").replace(".", "").isalnum() and allowed[0] != "." else "127.0.0.1"
    )


def _bind(host: str, port: int) -> str:
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _tell_where(bind: str) -> None:
    from django.conf import settings

    if settings.LOG_FORMAT == "json":  # Nobody sits before it.
        _say(f"The site listens on {bind}.")
    else:
        invite = f"{_same_settings()}.venv/bin/python manage.py invite_staff you@example.org --administrator"
        _say(
            f"\nThe site is at http://{bind}/ (stop it with Ctrl+C).",
            f"For a staff login at /admin/, with your own e-mail address: {invite}\n",
        )
    if not settings.REQUIRE_MFA:
        _say("Staff sign in without a second step. For more than a first look, set REQUIRE_MFA=on.\n")


def _same_settings() -> str:
    """What has to stand before a command so that it meets the database of this server."""
    # Links that a command prints lead to this server. DATABASE_URL may hold a password: it is named, not repeated.
    here = f"HTTPS=off SITE_URL={os.environ['SITE_URL']} " if os.environ["HTTPS"] == "off" else ""
    data_dir = os.environ.get("DATA_DIR")
    database = "DATABASE_URL=… " if os.environ.get("DATABASE_URL") else ""
    return here + (f"DATA_DIR={shlex.quote(data_dir)} " if data_dir else "") + database


def _address(text: str) -> str:
    try:
        return str(ipaddress.ip_address(text))
    except ValueError:
        sys.exit(
            f"HOST is {text!r}. Set it to an address of this machine, for example HOST=127.0.0.1, "
            "or to HOST=0.0.0.0 for all of them."
        )


def _free_port(text: str, host: str) -> int:
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
    django.setup()
    from django.conf import settings

    _check_writable(settings.DATA_DIR)
    # Without HTTPS, somebody takes a first look: what a deployment needs would only be noise.
    _run("check", deploy=settings.HTTPS)
    with _one_at_a_time(settings.DATA_DIR / "start.lock"):
        _run("migrate", verbosity=0, skip_checks=True)
        _run("load_leaflets")
        _run("purge_feedback")
        _run("clearsessions")
        static_files.collect(Path(settings.STATIC_ROOT))


@contextlib.contextmanager
def _one_at_a_time(lock: Path) -> Iterator[None]:
    """Let replicas that start together on one database do this one after the other."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            # The name must stay: replicas of an earlier version hold the lock under it.
            cursor.execute("SELECT pg_advisory_lock(hashtext('sendiass_site.serve'))")
        try:
            yield
        finally:
            connection.close()  # and with it the lock, even where the database is what failed
    else:
        with lock.open("w") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield


def _check_writable(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        # A file of its own for each that tries: others may start at the same moment.
        tempfile.TemporaryFile(dir=folder).close()
    except OSError as error:
        raise ImproperlyConfigured(
            f"the folder {folder} cannot be written ({error.strerror}). "
            "Make it writable, or name another: DATA_DIR=/some/folder script/server"
        ) from error


def _run(command: str, **options: object) -> None:
    """Run a command of ours, and say what it says."""
    answer = io.StringIO()
    try:
        call_command(command, stdout=answer, stderr=answer, no_color=True, **options)
    finally:
        _say(*answer.getvalue().splitlines())


def _say(*lines: str) -> None:
    """Tell whoever started the site: at a keyboard as it is, in a container as lines of its log."""
    from django.conf import settings

    for line in lines:
        if settings.LOG_FORMAT == "json":
            logger.info(line.strip())
        else:
            print(line, flush=True)  # noqa: T201 - a command's answer


if __name__ == "__main__":
    main()
