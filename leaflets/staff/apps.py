from django.apps import AppConfig


class StaffConfig(AppConfig):
    name = "leaflets.staff"
    label = "staff"
    verbose_name = "Staff sign-in"

    def ready(self) -> None:
        # Importing them connects their signals and checks.
        from . import accounts, checks, mfa, security_log, sessions  # noqa: F401
