"""The app of Have Your Say: the form, and all data that people send with it."""

from django.apps import AppConfig


class FeedbackConfig(AppConfig):
    name = "leaflets.feedback"
    label = "feedback"
    verbose_name = "Have Your Say"

    def ready(self) -> None:
        from . import checks, reminders  # noqa: F401 - importing them registers the checks, and what staff are reminded of
