"""App configuration: registers the system check of the database."""

from django.apps import AppConfig


class SiteConfig(AppConfig):
    name = "sendiass_site"

    def ready(self) -> None:
        from .ops import readiness  # noqa: F401 - importing it registers the check
