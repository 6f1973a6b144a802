"""Staff sign-in as an app."""

from django.apps import AppConfig


class StaffConfig(AppConfig):
    name = "leaflets.staff"
    label = "staff"
    verbose_name = "Staff sign-in"

    def ready(self) -> None:
        # Importing them connects their signals.
        from . import log, second_factor, sessions  # noqa: F401
