"""The PDFs of live leaflets follow what is published."""

import time
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.urls import reverse

from leaflets.models import Leaflet
from tests.conftest import Visitor
from tests.factories import SLUG, basis_of, draft_as_staff, live
from tests.pages import load_site
from tests.running_site import TIMEOUT

pytestmark = [pytest.mark.server, pytest.mark.usefixtures("really_committed")]


@pytest.fixture
def publisher(settings, tmp_path) -> Visitor:
    settings.DATA_DIR = tmp_path
    load_site(tmp_path / "content")
    visitor = Visitor()
    visitor.force_login(User.objects.create_superuser("head"))
    return visitor


def wait_for_pdfs(folder: Path, count: int) -> set[str]:
    """Wait until so many PDFs are stored, and return their names without the digest."""
    deadline = time.monotonic() + TIMEOUT
    while len(list(folder.glob("*.pdf"))) != count and time.monotonic() < deadline:
        time.sleep(0.1)
    return {file.stem.rpartition("-")[0] for file in folder.glob("*.pdf")}


def test_the_pdfs_of_an_edition_are_made_when_it_is_published_and_deleted_when_it_is_withdrawn(
    publisher, tmp_path
):
    leaflet = Leaflet.objects.get(slug=SLUG)
    draft = draft_as_staff("New words.")

    publisher.post(
        reverse("admin:leaflet-publish", args=[leaflet.pk]), {"basis": basis_of(draft), "change_note": "New."}
    )

    assert wait_for_pdfs(tmp_path / "pdf", 2) == {f"{leaflet.pk}-standard", f"{leaflet.pk}-large"}

    publisher.post(
        reverse("admin:leaflet-withdraw", args=[leaflet.pk]), {"basis": basis_of(live()), "read_instead": ""}
    )

    assert wait_for_pdfs(tmp_path / "pdf", 0) == set()
