"""Sites with a folder and a database of their own, on which tests run commands."""

import io
import os
import shutil
import subprocess
import sys
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Self
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import connection
from pytest_django import DjangoDbBlocker

from leaflets.editing import pictures
from leaflets.feedback.models import Feedback
from tests.environment import PROGRAMS, new_postgresql
from tests.factories import create_feedback
from tests.pictures import picture
from tests.selected_site import selected_site

VENDORS = ("sqlite", "postgresql")


class Site:
    """A site with its own folder and database, and the commands that are run on it."""

    def __init__(self, data_dir: Path, address: str, blocker: DjangoDbBlocker) -> None:
        self.data_dir = data_dir
        self.environment = {
            "DATA_DIR": str(data_dir),
            "DATABASE_URL": address,
            "PATH": f"{PROGRAMS}:{os.environ['PATH']}",
            "HTTPS": "off",
        }
        self.blocker = blocker

    @classmethod
    def without_tables(cls, vendor: str, data_dir: Path, blocker: DjangoDbBlocker) -> Self:
        data_dir.mkdir()
        return cls(
            data_dir, f"sqlite:///{data_dir}/db.sqlite3" if vendor == "sqlite" else new_postgresql(), blocker
        )

    def copy(self, data_dir: Path) -> Self:
        """Copy the site with its database. Nothing may be connected to that."""
        shutil.copytree(self.data_dir, data_dir)
        address = self.environment["DATABASE_URL"]
        if address.startswith("sqlite:"):
            return type(self)(data_dir, f"sqlite:///{data_dir}/db.sqlite3", self.blocker)
        return type(self)(data_dir, new_postgresql(urlsplit(address).path[1:]), self.blocker)

    def selected(self, **environment: str) -> AbstractContextManager[None]:
        """Make this site the one that Django's code in this process works on."""
        return selected_site(self.blocker, **(self.environment | environment))

    def manage(self, command: str, *arguments: object) -> str:
        """Run a command that must succeed; return its output."""
        output = io.StringIO()
        with self.selected():
            call_command(command, *map(str, arguments), stdout=output)
        return output.getvalue()

    def become_older(self) -> None:
        """Make it a site of an older version, which had not the last migration."""
        self.manage("migrate", "leaflets", "0029", "--verbosity=0")

    def manage_fails(self, command: str, *arguments: object, **environment: str) -> str:
        """Run a command that must fail; return its error."""
        with self.selected(**environment), pytest.raises(CommandError) as error:
            call_command(command, *map(str, arguments), stdout=io.StringIO())
        return str(error.value)

    def start(self, code: str) -> subprocess.Popen[str]:
        """Start Python code with the settings of this site."""
        return subprocess.Popen(
            [sys.executable, "-c", f"import django; django.setup()\n{code}"],
            cwd=settings.BASE_DIR,
            env=os.environ | self.environment | {"DJANGO_SETTINGS_MODULE": "sendiass_site.settings"},
            stdout=subprocess.PIPE,
            text=True,
        )

    def fill(self, *comments: str) -> None:
        """Add a picture and feedback."""
        with self.selected():
            pictures.save_picture(io.BytesIO(picture()))
            for text in comments:
                create_feedback(text)

    def tables(self) -> list[str]:
        with self.selected():
            return connection.introspection.table_names()

    def rows(self) -> str:
        """Return every row of every table, except those that the daily job writes and deletes, and the history.

        A restore adds an entry to the history.
        """
        excluded = ("feedback.purgerun", "feedback.submissionlog", "leaflets.historyentry")
        return self.manage("dumpdata", "--indent=1", *(f"--exclude={model}" for model in excluded))

    def comments(self) -> list[str]:
        """Return the feedback, in alphabetical order."""
        with self.selected():
            return sorted(Feedback.objects.values_list("comments", flat=True))

    def uploads(self) -> dict[str, bytes]:
        media = self.data_dir / "media"
        return {
            str(path.relative_to(media)): path.read_bytes() for path in media.rglob("*") if path.is_file()
        }
