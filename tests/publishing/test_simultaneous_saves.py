"""Drafts that are saved, and folders that are loaded, at the same time."""

import os
import threading
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from django.db import connection

from leaflets.models import Leaflet
from leaflets.publishing import drafts
from tests.factories import (
    SLUG,
    draft_as_staff,
    get_officer,
    leaflet_with_introduction,
    load,
    start_manage,
    write_content,
)


@pytest.mark.django_db(transaction=True)
def test_one_of_two_concurrent_saves_is_refused(tmp_path: Path) -> None:
    load(tmp_path, leaflets=[leaflet_with_introduction("The first words.", slug=SLUG)])
    leaflet = Leaflet.objects.get(slug=SLUG)
    draft = draft_as_staff("The words that both opened.")
    opened, by = drafts.get_edit_state(leaflet), get_officer()
    together, outcomes = threading.Barrier(2), []

    def save(title: str) -> None:
        together.wait()
        try:
            drafts.save_draft(leaflet, replace(opened.source, title=title), basis=opened.basis, by=by)
            outcomes.append("saved")
        except drafts.TextChangedError:
            outcomes.append("refused")
        finally:
            connection.close()

    savers = [threading.Thread(target=save, args=[title]) for title in ("One", "Two")]
    for saver in savers:
        saver.start()
    for saver in savers:
        saver.join()

    draft.refresh_from_db()
    assert sorted(outcomes) == ["refused", "saved"]
    assert draft.version == 2


@pytest.mark.django_db(transaction=True)
def test_concurrent_loads_make_one_edition(tmp_path: Path) -> None:
    write_content(tmp_path)

    loads = [start_manage("load_leaflets", tmp_path, DATABASE_URL=url_of_database()) for _ in range(2)]
    reports = sorted(process.communicate(timeout=300) for process in loads)

    assert reports == [
        (
            "service: created\ncode-of-practice: created\ncode-of-practice/2015-january: created\nsen-support: created\n",
            "",
        ),
        (
            "service: unchanged\ncode-of-practice: unchanged\ncode-of-practice/2015-january: unchanged\nsen-support: unchanged\n",
            "",
        ),
    ]


def url_of_database() -> str:
    """The URL of the tests' own database, for other processes."""
    name = connection.settings_dict["NAME"]
    if connection.vendor == "sqlite":
        return f"sqlite:///{name}"
    return urlsplit(os.environ["DATABASE_URL"])._replace(path=name).geturl()
