"""Have Your Say: the one room that holds what people wrote to the service."""

from django.apps import AppConfig


class FeedbackConfig(AppConfig):
    name = "leaflets.feedback"
    label = "feedback"
    verbose_name = "Have Your Say"

    def ready(self) -> None:
        from . import checks  # noqa: F401 - importing it registers the checks
