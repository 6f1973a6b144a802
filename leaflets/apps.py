"""Configuration of the app leaflets."""

from django.apps import AppConfig


class LeafletsConfig(AppConfig):
    name = "leaflets"

    def ready(self) -> None:
        from . import checks  # noqa: F401 - importing it registers the checks
        from .models import earlier_facts, history, site_version

        site_version.connect_signals()
        history.connect_signals()
        earlier_facts.connect_signals()
