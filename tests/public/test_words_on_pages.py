"""Words explained, the QR code and the news feed on the pages of the site."""

from collections.abc import Iterator

import pytest
from django.conf import settings
from django.core.handlers.wsgi import WSGIHandler
from django.core.signals import request_finished, request_started
from django.db import close_old_connections

from leaflets.models import Edition, Service, Term
from leaflets.public.layout import PageLayout
from leaflets.public.leaflet_pdfs import _render
from leaflets.publishing import loading
from sendiass_site.web.page_cache import PageCache
from tests.conftest import HttpsClient
from tests.factories import create_staff, draft_as_staff
from tests.pages import leaflet_from_text, load_site, visit, visitor
from tests.texts import term
from tests.wsgi import Clock, ask

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]


@pytest.fixture
def _open_connection() -> Iterator[None]:
    """Keep the connection with the test's transaction open: Django would close it between two requests."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@pytest.fixture
def site(tmp_path) -> None:
    leaflet = leaflet_from_text("An EHCP.\n\n## Who helps {#who}\n\nThe SENCO does.", "plans", title="Plans")
    load_site(tmp_path, leaflet, terms=[term("SENCO"), term("EHC plan", "A legal paper.", forms=("EHCP",))])


def test_a_leaflet_explains_its_words_below_its_sections(site):
    page = visit(visitor(), "/leaflets/plans/")

    assert page.texts("div[@class='word']/dt") == ["EHC plan", "SENCO"]
    assert page.one("main//a[@href='#page-word-senco']").text == "SENCO"


def test_an_older_edition_a_draft_and_the_pdf_explain_words_too(site):
    assert "Words on this page" in visit(visitor(), "/leaflets/plans/editions/1/").html
    draft = draft_as_staff("The SENCO.", slug="plans")
    staff = HttpsClient()
    staff.force_login(create_staff("Editors"))
    assert "Words on this page" in visit(staff, f"/admin/leaflets/leaflet/{draft.leaflet_id}/preview/").html
    live = Edition.objects.published().get(leaflet__slug="plans")
    assert "Words on this page" in _render(live, "standard", PageLayout(None, Service.objects.first()))


@pytest.mark.usefixtures("_open_connection")
def test_an_edit_of_the_glossary_is_seen_on_a_cached_leaflet_within_seconds(site):
    clock = Clock()
    cache = PageCache(WSGIHandler(), 1_000_000, clock=clock)
    assert "A legal paper." in ask(cache, "/leaflets/plans/").text
    record = Term.objects.get(anchor="ehc-plan")
    record.explanation = "Another paper."
    record.save()
    clock.advance(2)

    assert "Another paper." in ask(cache, "/leaflets/plans/").text


def test_a_leaflet_has_a_qr_code_for_paper_and_a_draft_and_a_footer_page_have_none(site):
    assert "qr-code" in visit(visitor(), "/leaflets/plans/").html
    assert "qr-code" not in visit(visitor(), "/privacy/").html


def test_every_page_names_the_news_feed(site):
    page = visit(visitor(), "/contact/")

    assert page.one("link[@type='application/atom+xml']").get("href") == "/news.atom"
    assert page.one("footer//a[@href='/news.atom']").text == "News feed"


def test_the_leaflet_of_the_site_explains_the_words_that_it_uses(db):
    loading.load(settings.BASE_DIR / "content")

    page = visit(visitor(), "/leaflets/sen-in-mainstream-schools/")

    assert page.texts("section[@aria-labelledby='page-words']//dt") == [
        "Code of Practice",
        "EHC needs assessment",
        "Graduated approach",
        "Local Offer",
        "Outcomes",
        "SEN",
        "SEN information report",
        "SEN support",
        "SENCO",
    ]
    ids = [one.get("id") for one in page.all("*[@id]")]
    assert len(ids) == len(set(ids))
    assert [
        one.get("href")
        for one in page.all("a")
        if one.get("href", "").startswith("#") and one.get("href")[1:] not in ids
    ] == []
