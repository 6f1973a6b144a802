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

from django.conf import settings
from django.template.loader import render_to_string

from leaflets.formats import pdf
from leaflets.models import Edition, Leaflet, Service

from .display import DISPLAYS
from .layout import PageLayout

logger = logging.getLogger(__name__)


def get_leaflet_pdf(edition: Edition, display: str) -> Path:
    """Return the path of a live edition's PDF, made now where it is not stored. Raises `PdfUnavailableError`."""
    return pdf.get_pdf(
        _render(edition, display), name=_name(edition.leaflet, display), base_url=_base_url(edition)
    )


def update_in_background(leaflet: Leaflet) -> None:
    """Make the PDFs of a leaflet's live edition in a thread, and delete those of leaflets that are not live."""
    if not pdf.is_available():
        return
    edition = Edition.objects.get_live(leaflet.slug, "leaflet")
    jobs = _jobs(edition) if edition else []
    live = Leaflet.objects.filter(editions__status=Edition.Status.PUBLISHED)
    names = [_name(leaflet, display) for leaflet in live for display in DISPLAYS]
    try:
        threading.Thread(target=_update, args=(jobs, names), daemon=True).start()
    except RuntimeError:  # No more threads, or the process is shutting down.
        logger.warning("The PDFs of %s are made when they are first requested.", leaflet.slug)


def _jobs(edition: Edition) -> list[Callable[..., Path]]:
    return [
        functools.partial(
            pdf.get_pdf,
            _render(edition, display),
            name=_name(edition.leaflet, display),
            base_url=_base_url(edition),
        )
        for display in DISPLAYS
    ]


def _update(jobs: list[Callable[..., Path]], names: list[str]) -> None:
    pdf.remove_others(names)
    for make in jobs:
        with contextlib.suppress(pdf.PdfUnavailableError):
            make(wait=True)


def _name(leaflet: Leaflet, display: str) -> str:
    return f"{leaflet.pk}-{display}"


def _base_url(edition: Edition) -> str:
    return f"{settings.SITE_URL}{edition.get_absolute_url()}"


def _render(edition: Edition, display: str) -> str:
    """Render the leaflet's page without a request."""
    layout = PageLayout(None, Service.objects.first())
    path = edition.get_absolute_url()
    context = {
        "edition": edition,
        "layout": layout,
        "service": layout.service,
        "display": display,
        "origin": settings.SITE_URL,
        "return_path": path,
        "feedback_days": settings.FEEDBACK_DAYS,
        "feedback_contact_days": settings.FEEDBACK_CONTACT_DAYS,
    }
    return render_to_string("leaflets/detail.html", context)
