"""System checks of the app leaflets."""

from collections.abc import Sequence
from typing import Any

from django.apps.config import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Info, Tags, Warning as CheckWarning, register
from django.db import Error

from leaflets.publishing.records import leaflet_source, service_source

from .formats import pdf
from .models import Edition, Service
from .quality.hints import find_fact_hints


@register()
def check_pdf(
    app_configs: Sequence[AppConfig] | None, databases: Sequence[str] | None = None, **_: Any
) -> list[CheckMessage]:
    """leaflets.I001: WeasyPrint cannot be loaded, so leaflets are not offered as PDF."""
    if pdf.is_available():
        return []
    return [
        Info(
            "Leaflets are not offered as PDF: WeasyPrint cannot be loaded.",
            hint="Build the image again with the Dockerfile of this version, which installs Pango: docker build."
            if settings.IN_IMAGE
            else "Install the extra `pdf` and Pango. On Debian: "
            "apt-get install libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0",
            id="leaflets.I001",
        )
    ]


@register(Tags.database)
def check_published_leaflets(
    app_configs: Sequence[AppConfig] | None, databases: Sequence[str] | None = None, **_: Any
) -> list[CheckMessage]:
    """leaflets.W001: a published leaflet has a phone number or postcode that is not in the service's record."""
    if not databases:
        return []
    try:
        service = Service.objects.first()
        if service is None:
            return []
        live = Edition.objects.published().select_related("leaflet", "code_version").order_by("leaflet__slug")
        leaflets = list(live.prefetch_related("sections", "leaflet__old_slugs"))
    except Error:
        return []  # Not migrated yet: nothing is published.
    return [
        CheckWarning(
            hint.message,
            hint="Correct the leaflet or the service's record in the admin.",
            obj=edition,
            id="leaflets.W001",
        )
        for edition in leaflets
        for hint in find_fact_hints(leaflet_source(edition), service_source(service))
    ]
