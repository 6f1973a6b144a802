"""Everything that this project uses of django-allauth without its documentation promising it.

Other modules import it from here. Before ALLAUTH_VERSION is changed, compare each of these with the new version:

- `account_settings`: ACCOUNT_* settings with allauth's defaults for those that are not set (timeouts).
- `consume`: count an attempt of our own with allauth's rate limits, in the same cache and the same syntax.
- `get_authentication_records`: the steps of a sign-in (password, MFA, single sign-on), for the security log.
- `get_ip`: the client's IP address as rate limits count it, so that our key and allauth's agree.
- `LoginAttemptsKeyMixin`: `_get_login_attempts_cache_key`, the only hook for the key of the `login_failed` limit.
- `logout`: signs out with allauth's message and removes its state from the session. Its view shows a page or redirects.
- `perform_login`: the sign-in with all its stages (inactive account, MFA) for a user that a signed link identifies.
- `rate_limit`: limits requests for a view of ours by an action of ACCOUNT_RATE_LIMITS.
- `request_context`: its attribute `request` is the current request, for signal handlers that are not given one.

Relied on elsewhere without an import:

- forms: the error codes `too_many_login_attempts` and `incorrect_code`, and `ResetPasswordForm.users`.
- single_sign_on: `SocialLogin.state["process"]`, and `extra_data` with the parts `userinfo` and `id_token`.

Not listed: what the documentation names, views that allauth's own URL configuration names, and fields of its models.
"""

from typing import Any

from allauth.account import app_settings as account_settings
from allauth.account.authentication import get_authentication_records
from allauth.account.internal.flows.logout import logout
from allauth.account.utils import perform_login
from allauth.core import context as request_context
from allauth.core.internal.ratelimit import get_ip
from allauth.core.ratelimit import consume
from allauth.decorators import rate_limit
from django.http import HttpRequest

__all__ = [
    "LoginAttemptsKeyMixin",
    "account_settings",
    "consume",
    "get_authentication_records",
    "get_ip",
    "logout",
    "perform_login",
    "rate_limit",
    "request_context",
]

ALLAUTH_VERSION = "65.21.1"


class LoginAttemptsKeyMixin:
    """For an account adapter: lets `get_login_attempts_key` choose the key of the `login_failed` rate limit."""

    def get_login_attempts_key(self, request: HttpRequest, username: str) -> str:
        raise NotImplementedError

    def _get_login_attempts_cache_key(self, request: HttpRequest, **credentials: Any) -> str:
        return self.get_login_attempts_key(request, credentials.get("username", ""))
