"""Serve the site on this machine: check, migrate, load the leaflets, delete what is due, run gunicorn. What `script/server` runs."""

import os
import shlex
import socket
import sys
from pathlib import Path

import django
from django.core.exceptions import ImproperlyConfigured
from django.core.management import CommandError, call_command
from django.db import DatabaseError

HOST = "127.0.0.1"


def main() -> None:
    """Set up what is missing, say where the site is, and become gunicorn."""
    # The data holds what people wrote: nobody else on this machine reads it.
    os.umask(0o077)
    # A first look has no certificate. Whoever has one sets HTTPS=on.
    os.environ.setdefault("HTTPS", "off")
    # Nor has it a phone at hand. Whoever has staff sets REQUIRE_MFA=on.
    os.environ.setdefault("REQUIRE_MFA", "off")
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "sendiass_site.settings")
    port = _free_port(os.environ.get("PORT", "8000"))
    os.environ.setdefault("SITE_URL", f"http://{HOST}:{port}")
    try:
        _prepare()
    except (ImproperlyConfigured, CommandError, DatabaseError, OSError) as error:
        sys.exit(f"The site cannot start: {error}")
    _say(
        f"\nThe site is at http://{HOST}:{port}/ (stop it with Ctrl+C).",
        f"For a staff login at /admin/: {_same_settings()}.venv/bin/python manage.py createsuperuser\n",
        *_warnings(),
    )
    os.execv(  # noqa: S606 - no shell is wanted
        sys.executable,
        [
            sys.executable,
            "-m",
            "gunicorn",
            "-c",
            "python:sendiass_site.gunicorn_config",
            "-b",
            f"{HOST}:{port}",
        ],
    )


def _warnings() -> list[str]:
    """What is weaker here than it should be for the public."""
    from django.conf import settings

    if settings.REQUIRE_MFA:
        return []
    return ["For this first look, staff sign in without a second step. For real use, set REQUIRE_MFA=on.\n"]


def _same_settings() -> str:
    """What has to stand before a command so that it meets the database of this server."""
    # DATABASE_URL may hold a password: it is named, not repeated.
    data_dir = os.environ.get("DATA_DIR")
    database = "DATABASE_URL=… " if os.environ.get("DATABASE_URL") else ""
    return (f"DATA_DIR={shlex.quote(data_dir)} " if data_dir else "") + database


def _free_port(text: str) -> int:
    if not text.isdecimal() or not 0 < int(text) < 65536:
        sys.exit(f"PORT is {text!r}. Set it to a number from 1 to 65535, for example PORT=8080.")
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, int(text)))
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
    call_command("migrate", verbosity=0, skip_checks=True)
    call_command("load_leaflets")
    call_command("purge_feedback")
    call_command("collectstatic", verbosity=0, interactive=False)


def _check_writable(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe = folder / ".writable"
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise ImproperlyConfigured(
            f"the folder {folder} cannot be written ({error.strerror}). "
            "Make it writable, or name another: DATA_DIR=/some/folder script/server"
        ) from error


def _say(*lines: str) -> None:
    print(*lines, sep="\n", flush=True)  # noqa: T201 - a command's answer


if __name__ == "__main__":
    main()
