"""The app of Have Your Say: the form, and all data that people send with it."""

from django.apps import AppConfig


class FeedbackConfig(AppConfig):
    name = "leaflets.feedback"
    label = "feedback"
    verbose_name = "Have Your Say"

    def ready(self) -> None:
        from . import checks  # noqa: F401 - importing it registers the checks
