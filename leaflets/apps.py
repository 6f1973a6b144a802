"""The leaflets app."""

from django.apps import AppConfig


class LeafletsConfig(AppConfig):
    name = "leaflets"

    def ready(self) -> None:
        from . import checks, freshness  # noqa: F401 - importing it registers the checks

        freshness.listen()
