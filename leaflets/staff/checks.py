"""System checks of sign-in settings."""

from collections.abc import Sequence
from typing import Any

from django.apps.config import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Tags, Warning as CheckWarning, register


@register(Tags.security, deploy=True)
def check_mfa_is_required(app_configs: Sequence[AppConfig] | None, **_: Any) -> list[CheckMessage]:
    """W001: without MFA a stolen password is enough to read the feedback, which holds personal data."""
    if settings.REQUIRE_MFA:
        return []
    return [CheckWarning("Staff sign in without a second step.", hint="Set REQUIRE_MFA=on.", id="staff.W001")]
