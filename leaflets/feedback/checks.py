"""System checks about what people wrote."""

from collections.abc import Sequence
from typing import Any

from django.apps.config import AppConfig
from django.core.checks import CheckMessage, Tags, Warning as CheckWarning, register
from django.db import DatabaseError

from . import retention


@register(Tags.database)
def check_purge(
    app_configs: Sequence[AppConfig] | None, databases: Sequence[str] | None = None, **_: Any
) -> list[CheckMessage]:
    """W001: what people wrote may be kept for longer than they were told."""
    try:
        if not databases or not retention.is_overdue():
            return []
    except DatabaseError:
        return []  # Not migrated yet: nothing is stored.
    return [
        CheckWarning(
            "Nothing has been purged for more than a week: messages may be kept for longer than promised.",
            hint="Run `manage.py purge_feedback` every day.",
            id="feedback.W001",
        )
    ]
