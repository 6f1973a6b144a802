"""The PDFs of live leaflets follow what is published."""

import datetime as dt
import time
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from pypdf import PdfReader

from leaflets.models import Leaflet
from leaflets.models.site_version import bump_site_version, read_site_version
from leaflets.public import leaflet_pdfs
from leaflets.public.caching import SITE_VERSION_ENVIRON_KEY
from tests import texts
from tests.conftest import HttpsClient
from tests.factories import SLUG, basis_of, draft_as_staff, edit_as_staff, load, published_edition
from tests.pages import GUIDE, PRIVACY, Page, load_site, visit
from tests.running_site import TIMEOUT
from tests.texts import UNPRINTABLE

pytestmark = [pytest.mark.server, pytest.mark.usefixtures("committed_db")]


@pytest.fixture
def publisher(settings, tmp_path) -> HttpsClient:
    settings.DATA_DIR = tmp_path
    load_site(tmp_path / "content")
    visitor = HttpsClient()
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
        reverse("admin:leaflet-withdraw", args=[leaflet.pk]),
        {"basis": basis_of(published_edition()), "read_instead": ""},
    )

    assert wait_for_pdfs(tmp_path / "pdf", 0) == set()


def get_pdf(visitor: HttpsClient, display: str = "standard"):
    """Fetch a PDF as through the page cache, which reads the site version for each request."""
    response = visitor.get(
        published_edition().pdf_urls[display], **{SITE_VERSION_ENVIRON_KEY: read_site_version()}
    )
    response.close()
    return response


def test_a_stored_pdf_is_served_without_rendering_its_page_again(publisher):
    first = get_pdf(HttpsClient())
    address, version = published_edition().pdf_urls["standard"], read_site_version()

    with CaptureQueriesContext(connection) as captured:
        again = HttpsClient().get(address, **{SITE_VERSION_ENVIRON_KEY: version})
        again.close()

    assert (first.status_code, again.status_code) == (200, 200)
    assert again["ETag"] == first["ETag"]
    assert len(captured) == 1  # Which edition is live?


def test_after_a_change_of_the_site_a_pdf_is_made_again_only_if_its_page_changed(publisher):
    first = get_pdf(HttpsClient())

    bump_site_version()
    same = get_pdf(HttpsClient())
    edit_as_staff("New words.")
    changed = get_pdf(HttpsClient())

    assert same["ETag"] == first["ETag"]
    assert changed["ETag"] != first["ETag"]


def test_a_stored_pdf_that_was_deleted_is_made_again(publisher, tmp_path):
    first = get_pdf(HttpsClient())
    for file in (tmp_path / "pdf").glob("*.pdf"):
        file.unlink()

    again = get_pdf(HttpsClient())

    assert (again.status_code, again["ETag"]) == (200, first["ETag"])


def test_a_leaflet_with_a_character_without_a_font_is_not_offered_as_pdf(publisher, caplog, monkeypatch):
    # Each edition is logged once in a process, and tests have editions with the same primary keys.
    monkeypatch.setattr(leaflet_pdfs, "_logged", set())
    edit_as_staff(f"Words {UNPRINTABLE}.")
    address = published_edition().pdf_urls["standard"]

    page = visit(HttpsClient(), published_edition().get_absolute_url())
    answer = Page(address, get_pdf(HttpsClient()))

    assert "PDF to print" not in page.links("main")
    assert answer.status == 404
    assert answer.links("main") == {"SEN support": published_edition().get_absolute_url()}
    assert "U+12F90" not in answer.text("main")
    assert "SEN support" in caplog.text
    assert "U+12F90" in caplog.text


@pytest.mark.parametrize("field", ["title", "heading", "service"])
def test_every_printed_text_counts_for_the_fonts(publisher, tmp_path, field):
    if field == "service":
        load_site(tmp_path / "content", service=texts.service(council=f"Example {UNPRINTABLE}"))
    elif field == "title":
        load(tmp_path / "content", leaflets=[replace(GUIDE, title=f"SEN {UNPRINTABLE}"), PRIVACY])
    else:
        edit_as_staff(f"### Help {UNPRINTABLE} {{#help}}\n\nWords.")

    assert "PDF to print" not in visit(HttpsClient(), published_edition().get_absolute_url()).links("main")


def test_the_words_for_people_who_do_not_see_a_picture_are_not_printed(publisher, settings, tmp_path):
    edit_as_staff(f"![Some {UNPRINTABLE} here](/static/icon.svg)")

    assert "PDF to print" in visit(HttpsClient(), published_edition().get_absolute_url()).links("main")
    assert get_pdf(HttpsClient()).status_code == 200


def test_no_pdf_is_made_in_the_background_of_a_leaflet_without_its_fonts(publisher, tmp_path):
    leaflet = Leaflet.objects.get(slug=SLUG)
    draft = draft_as_staff(f"Words {UNPRINTABLE}.")
    get_pdf(HttpsClient())

    publisher.post(
        reverse("admin:leaflet-publish", args=[leaflet.pk]), {"basis": basis_of(draft), "change_note": "New."}
    )

    assert wait_for_pdfs(tmp_path / "pdf", 0) == set()
    assert list((tmp_path / "pdf").glob("*.failed")) == []


def test_the_pdf_says_like_the_page_that_the_law_has_changed(publisher, tmp_path):
    newer = texts.code(slug="2020", label="September 2020", in_force_from=dt.date(2020, 9, 1))
    load_site(tmp_path / "content", codes=[texts.code(), newer])

    page = visit(HttpsClient(), published_edition().get_absolute_url()).text("main")
    printed = PdfReader(BytesIO(get_pdf_content())).pages[0].extract_text()

    assert "The law has changed" in page
    assert "The law has changed" in printed


def test_the_pdf_has_numbered_steps_and_no_links_for_the_screen(publisher, tmp_path):
    load_site(tmp_path / "content")

    pages = PdfReader(BytesIO(get_pdf_content())).pages
    printed = " ".join(" ".join(page.extract_text() for page in pages).split())

    assert "2 Plan" in printed
    assert "What the marks mean" in printed
    for words in ("Link to", "Contents", "Unclear?", "Call us", "Write to us about this leaflet"):
        assert words not in printed


def test_the_pdf_has_the_dates_of_the_words_and_not_that_of_the_file(publisher):
    pdf = PdfReader(BytesIO(get_pdf_content()))

    assert pdf.metadata["/CreationDate"] == "D:202003"
    assert "/ModDate" not in pdf.metadata
    printed = " ".join(" ".join(page.extract_text() for page in pdf.pages).split())
    assert "First printed March 2020" in printed
    assert "Edition: 1, public from" in printed
    assert "Not yet by the service" in printed


def test_a_check_makes_pdfs_that_say_when_it_was(publisher, tmp_path):
    address = reverse("admin:leaflet-checked", args=[published_edition().leaflet_id])
    publisher.post(address, {"basis": str(basis_of(published_edition())), "next_on": "2099-01-31"})

    assert len(wait_for_pdfs(tmp_path / "pdf", 2)) == 2
    pages = PdfReader(BytesIO(get_pdf_content())).pages
    printed = " ".join(" ".join(page.extract_text() for page in pages).split())
    assert "Next check by: 31 January 2099" in printed
    assert "Not yet by the service" not in printed


def get_pdf_content() -> bytes:
    response = HttpsClient().get(
        published_edition().pdf_urls["standard"], **{SITE_VERSION_ENVIRON_KEY: read_site_version()}
    )
    return b"".join(response)
