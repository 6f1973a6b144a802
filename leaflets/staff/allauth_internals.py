"""Everything that this project uses of django-allauth without its documentation promising it.

Other modules import it from here. Before ALLAUTH_VERSION is changed, compare each of these with the new version:

- `account_settings`: ACCOUNT_* settings with allauth's defaults for those that are not set (timeouts).
- `check_code`, `check_passkey`: a second step without allauth's rate limit, which is one for all clients together.
- `CheckedClaimsMixin`: `_fetch_user_info` and `_decode_id_token`, the only places before allauth reads the claims.
- `consume`: count an attempt of our own with allauth's rate limits, in the same cache and the same syntax.
- `refuse_malformed_passkey`: for what reads a passkey's answer, whose exceptions allauth does not all catch.
- `get_authentication_records`: the steps of a sign-in (password, MFA, single sign-on), for the security log.
- `LoginAttemptsKeyMixin`: `_get_login_attempts_cache_key`, the only hook for the key of the `login_failed` limit.
- `logout`: signs out with allauth's message and removes its state from the session. Its view shows a page or redirects.
- `perform_login`: the sign-in with all its stages (inactive account, MFA) for a user that a signed link identifies.
- `rate_limit`: limits requests for a view of ours by an action of ACCOUNT_RATE_LIMITS.
- `request_context`: its attribute `request` is the current request, for signal handlers that are not given one.
- `too_many_requests`: the page of a request over a limit.

Relied on elsewhere without an import:

- forms: the error codes `too_many_login_attempts` and `incorrect_code`, and `ResetPasswordForm.users`.
- single_sign_on: `SocialLogin.state["process"]`, and `extra_data` with the parts `userinfo` and `id_token`.

Not listed: what the documentation names, views that allauth's own URL configuration names, and fields of its models.
"""

import contextlib
import re
from collections.abc import Iterator
from typing import Any

from allauth.account import app_settings as account_settings
from allauth.account.authentication import get_authentication_records
from allauth.account.internal.flows.logout import logout
from allauth.account.utils import perform_login
from allauth.core import context as request_context
from allauth.core.internal import ratelimit
from allauth.core.internal.ratelimit import respond_429 as too_many_requests
from allauth.decorators import rate_limit
from allauth.mfa import app_settings as mfa_settings
from allauth.mfa.adapter import get_adapter
from allauth.mfa.models import Authenticator
from allauth.mfa.webauthn.internal import auth as webauthn
from allauth.socialaccount.models import SocialApp
from django.contrib.auth.models import User
from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.http import HttpRequest

__all__ = [
    "CheckedClaimsMixin",
    "LoginAttemptsKeyMixin",
    "account_settings",
    "check_code",
    "check_passkey",
    "consume",
    "get_authentication_records",
    "logout",
    "perform_login",
    "rate_limit",
    "refuse_malformed_passkey",
    "request_context",
    "too_many_requests",
]

ALLAUTH_VERSION = "65.21.1"


class LoginAttemptsKeyMixin:
    """For an account adapter: lets `get_login_attempts_key` choose the key of the `login_failed` rate limit."""

    def get_login_attempts_key(self, request: HttpRequest, username: str) -> str:
        raise NotImplementedError

    def _get_login_attempts_cache_key(self, request: HttpRequest, **credentials: Any) -> str:
        return self.get_login_attempts_key(request, credentials.get("username", ""))


class CheckedClaimsMixin:
    """For allauth's adapter of OpenID Connect: `check_claims` is called with each part of the claims as it arrives.

    The parts are what the userinfo endpoint sent, which is any JSON, and what the ID token holds.
    """

    def check_claims(self, claims: Any) -> None:
        raise NotImplementedError

    def _fetch_user_info(self, access_token: str) -> dict[str, Any]:
        claims = super()._fetch_user_info(access_token)
        self.check_claims(claims)
        return claims

    def _decode_id_token(self, app: SocialApp, id_token: str) -> dict[str, Any]:
        claims = super()._decode_id_token(app, id_token)
        self.check_claims(claims)
        return claims


def consume(request: HttpRequest, *, action: str, key: str | None = None) -> ratelimit.RateLimitUsage | None:
    """Count an attempt; return the usage, which can be rolled back, or None if it is over a limit of this action."""
    return ratelimit.consume(request, app="allauth.account", action=action, key=key)


def check_code(user: User, code: str) -> Authenticator | None:
    """Use up a TOTP or recovery code of the user; return its authenticator, or None if the code is wrong or used."""
    for authenticator in Authenticator.objects.filter(user=user).exclude(type=Authenticator.Type.WEBAUTHN):
        if not authenticator.wrap().validate_code(code):
            continue
        if authenticator.type == Authenticator.Type.TOTP and not _mark_totp_used(user, code):
            continue
        authenticator.user = user
        return authenticator
    return None


def _mark_totp_used(user: User, code: str) -> bool:
    """Mark a valid TOTP code as used; return whether it was not yet. allauth forgets it before its last tolerated step.

    allauth ignores white space and punctuation in a code, so that one code has many spellings: its digits count.
    """
    valid_steps = 2 * mfa_settings.TOTP_TOLERANCE + 1
    digits = re.sub("[^0-9]", "", code)
    key = f"leaflets.staff.totp used {user.pk} {digits}"
    return cache.add(key, True, valid_steps * mfa_settings.TOTP_PERIOD)


def check_passkey(user: User, credential: Any) -> Authenticator:
    """Return the authenticator of a passkey's answer. Raises `ValidationError` if it is wrong or malformed."""
    with refuse_malformed_passkey():
        webauthn.parse_authentication_response(credential)
    return webauthn.complete_authentication(user, credential)


@contextlib.contextmanager
def refuse_malformed_passkey() -> Iterator[None]:
    """Raise `ValidationError` for any exception inside: allauth and fido2 raise many for an answer of another shape."""
    try:
        yield
    except ValidationError:
        raise
    except Exception:  # noqa: BLE001 - what a request holds decides what is raised
        raise get_adapter().validation_error("incorrect_code") from None
