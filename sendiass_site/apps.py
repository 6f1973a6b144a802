"""App configuration: registers the system check of the database, and starts the reports of errors."""

from django.apps import AppConfig
from django.conf import settings


class SiteConfig(AppConfig):
    name = "sendiass_site"

    def ready(self) -> None:
        from .ops import readiness  # noqa: F401 - importing it registers the check
        from .web import error_reports

        if settings.SENTRY_DSN:
            error_reports.start()
