"""Drafts that are saved at the same time."""

import threading
from dataclasses import replace
from pathlib import Path

import pytest
from django.db import connection

from leaflets.models import Leaflet
from leaflets.publishing import drafts
from tests.factories import SLUG, draft_as_staff, load, saying, staff


@pytest.mark.django_db(transaction=True)
def test_one_of_two_concurrent_saves_is_refused(tmp_path: Path) -> None:
    load(tmp_path, leaflets=[saying("The first words.", slug=SLUG)])
    leaflet = Leaflet.objects.get(slug=SLUG)
    draft = draft_as_staff("The words that both opened.")
    opened, by = drafts.open_for_editing(leaflet), staff()
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
