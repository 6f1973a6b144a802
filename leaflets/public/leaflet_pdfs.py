"""The PDFs of the live leaflets: made in the background when an edition is published, else on the first request.

They depend on the site alone, never on the request: links and the printed address start with `SITE_URL`. A host name or a
cookie of a request cannot make another PDF.
"""

import contextlib
import functools
import logging
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils.html import strip_tags

from leaflets import fonts
from leaflets.formats import pdf
from leaflets.models import Edition, Leaflet, Service
from leaflets.models.site_version import Version

from .caching import SITE_VERSION_ENVIRON_KEY
from .context_processors import for_edition, without_request
from .display import DISPLAYS
from .layout import PageLayout

logger = logging.getLogger(__name__)


class FontMissingError(Exception):
    """The leaflet has characters that no font here has: its PDF would show boxes instead of them."""


class _StoredPdfs:
    """The PDFs that are known to show the site as it is in one version, by edition and display."""

    def __init__(self, version: Version | None) -> None:
        self.version = version
        self.paths: dict[tuple[int, str], Path] = {}


_stored = _StoredPdfs(None)
# Editions that the log names already: their pages are rendered again and again.
_logged: set[int] = set()


def is_offered(edition: Edition, service: Service | None) -> bool:
    """Return whether a live edition, `with_page_content`, can be had as PDF."""
    return pdf.is_available() and not find_missing_characters(edition, service)


def find_missing_characters(edition: Edition, service: Service | None) -> str:
    """Return the characters that the PDF of an edition, `with_page_content`, would need and no font here has."""
    record = (
        [
            service.name, service.full_name, service.council, service.email, *service.phones, service.promise,
            *service.opening_hours, service.answerphone, service.text_number, *service.address, service.postcode,
        ]
        if service
        else []
    )  # fmt: skip
    html = [edition.title, edition.in_short_html, *record]
    for section in edition.shown_sections:
        html += [section.heading, section.body_html]
    if not fonts.find_missing("".join(html)):
        return ""
    # Attributes are not printed, such as what a picture shows.
    missing = fonts.find_missing(strip_tags("\n".join(html)))
    if missing and edition.pk not in _logged:
        _logged.add(edition.pk)
        logger.warning(
            "%s (%s) is not offered as PDF: no font has %s.",
            edition.title,
            edition.leaflet.slug,
            fonts.describe(missing),
        )
    return missing


def get_leaflet_pdf(request: HttpRequest, edition: Edition, display: str) -> Path:
    """Return the path of a live edition's PDF, made now where it is not stored.

    Raises `PdfUnavailableError` or `FontMissingError`.

    The page is rendered, to compare it with that of the stored PDF, only once for each version of the site. The request
    says nothing but that version.
    """
    global _stored
    version = request.META.get(SITE_VERSION_ENVIRON_KEY)
    stored = _stored
    if version is None or stored.version != version:
        stored = _StoredPdfs(version)
        if version is not None:
            _stored = stored
    key = (edition.pk, display)
    path = stored.paths.get(key)
    # Another process may have deleted it.
    if path is None or not path.exists():
        path = stored.paths[key] = pdf.get_pdf(**_job(edition, display))
    return path


def update_in_background(leaflet: Leaflet) -> None:
    """Make the PDFs of a leaflet's live edition in a thread, and delete those of leaflets that are not live."""
    if not pdf.is_available():
        return
    edition = Edition.objects.get_live_leaflet(leaflet.slug)
    live = Leaflet.objects.filter(editions__status=Edition.Status.PUBLISHED)
    try:
        jobs = _jobs(edition) if edition else []
    except FontMissingError:
        jobs, live = [], live.exclude(pk=leaflet.pk)
    names = [_name(leaflet, display) for leaflet in live for display in DISPLAYS]
    try:
        threading.Thread(target=_update, args=(jobs, names), daemon=True).start()
    except RuntimeError:  # No more threads, or the process is shutting down.
        logger.warning("The PDFs of %s are made when they are first requested.", leaflet.slug)


def _jobs(edition: Edition) -> list[Callable[..., Path]]:
    return [functools.partial(pdf.get_pdf, **_job(edition, display)) for display in DISPLAYS]


def _job(edition: Edition, display: str) -> dict[str, Any]:
    """Return the arguments of `pdf.get_pdf`. Raises `FontMissingError`."""
    layout = PageLayout(None, Service.objects.first())
    return {
        "html": _render(edition, display, layout),
        "name": _name(edition.leaflet, display),
        "base_url": _base_url(edition),
        "files": layout.service_files,
    }


def _update(jobs: list[Callable[..., Path]], names: list[str]) -> None:
    pdf.remove_others(names)
    for make in jobs:
        with contextlib.suppress(pdf.PdfUnavailableError):
            make(wait=True)


def _name(leaflet: Leaflet, display: str) -> str:
    return f"{leaflet.pk}-{display}"


def _base_url(edition: Edition) -> str:
    return f"{settings.SITE_URL}{edition.get_absolute_url()}"


def _render(edition: Edition, display: str, layout: PageLayout) -> str:
    """Render the leaflet's page without a request. Raises `FontMissingError`."""
    edition = Edition.objects.with_page_content().get(pk=edition.pk)
    if find_missing_characters(edition, layout.service):
        raise FontMissingError
    context = without_request(layout, display=display, return_path=edition.get_absolute_url())
    context |= for_edition(
        edition,
        is_pdf=True,
        newer_law=layout.find_newer_law(edition),
        feedback_days=settings.FEEDBACK_DAYS,
        feedback_contact_days=settings.FEEDBACK_CONTACT_DAYS,
    )
    return render_to_string("leaflets/detail.html", context)
