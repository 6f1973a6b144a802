"""System checks of feedback."""

from collections.abc import Sequence
from typing import Any

from django.apps.config import AppConfig
from django.core.checks import CheckMessage, Tags, Warning as CheckWarning, register
from django.db import Error as DBError

from . import retention


@register(Tags.database)
def check_purge(
    app_configs: Sequence[AppConfig] | None, databases: Sequence[str] | None = None, **_: Any
) -> list[CheckMessage]:
    """W001: messages may be kept for longer than promised."""
    try:
        if not databases or not retention.is_overdue():
            return []
    except DBError:
        return []  # The database is not migrated yet, or cannot be reached.
    return [
        CheckWarning(
            "Nothing has been purged for more than a week: messages may be kept for longer than promised.",
            hint="Run `manage.py purge_feedback` every day.",
            id="feedback.W001",
        )
    ]
