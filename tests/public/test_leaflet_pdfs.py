"""The PDFs of live leaflets follow what is published."""

import time
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from leaflets.models import Leaflet
from leaflets.models.site_version import bump_site_version, read_site_version
from leaflets.public.caching import ENVIRON_KEY
from tests.conftest import Visitor
from tests.factories import SLUG, basis_of, draft_as_staff, edit_as_staff, live
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


def get_pdf(visitor: Visitor, display: str = "standard"):
    """Fetch a PDF as through the page cache, which reads the site version for each request."""
    response = visitor.get(live().pdf_urls[display], **{ENVIRON_KEY: read_site_version()})
    response.close()
    return response


def test_a_stored_pdf_is_served_without_rendering_its_page_again(publisher):
    first = get_pdf(Visitor())
    address, version = live().pdf_urls["standard"], read_site_version()

    with CaptureQueriesContext(connection) as captured:
        again = Visitor().get(address, **{ENVIRON_KEY: version})
        again.close()

    assert (first.status_code, again.status_code) == (200, 200)
    assert again["ETag"] == first["ETag"]
    assert len(captured) == 1  # Which edition is live?


def test_after_a_change_of_the_site_a_pdf_is_made_again_only_if_its_page_changed(publisher):
    first = get_pdf(Visitor())

    bump_site_version()
    same = get_pdf(Visitor())
    edit_as_staff("New words.")
    changed = get_pdf(Visitor())

    assert same["ETag"] == first["ETag"]
    assert changed["ETag"] != first["ETag"]


def test_a_stored_pdf_that_was_deleted_is_made_again(publisher, tmp_path):
    first = get_pdf(Visitor())
    for file in (tmp_path / "pdf").glob("*.pdf"):
        file.unlink()

    again = get_pdf(Visitor())

    assert (again.status_code, again["ETag"]) == (200, first["ETag"])
