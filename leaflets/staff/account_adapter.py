"""allauth's account adapter: no sign-up, rate limits, reauthentication, our URLs and e-mails. See `ACCOUNT_ADAPTER`."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.models import EmailAddress
from allauth.core.exceptions import ImmediateHttpResponse
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.models import AbstractBaseUser, AnonymousUser, User
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.http import url_has_allowed_host_and_scheme

from . import emails, sessions, throttling
from .allauth_internals import LoginAttemptsKeyMixin
from .security_log import logger, username_if_known

# The same for an unknown username and a wrong password.
WRONG_CREDENTIALS = "The username or the password is wrong. Check both and try again."
RATE_LIMITED = (
    "This was tried too often. Wait 10 minutes, then try again. If that does not help, try again in an hour."
)


class StaffAccountAdapter(LoginAttemptsKeyMixin, DefaultAccountAdapter):
    error_messages = DefaultAccountAdapter.error_messages | {
        "username_password_mismatch": WRONG_CREDENTIALS,
        "too_many_login_attempts": RATE_LIMITED,
        "rate_limited": RATE_LIMITED,
        "incorrect_password": "This password is wrong. Try again.",
        "enter_current_password": "This is not the password that you have now. Try again.",
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False  # Administrators or single sign-on create accounts.

    def is_safe_url(self, url: str) -> bool:
        """Redirect to paths of this site only: an absolute URL is refused even for our own host."""
        return url.startswith("/") and url_has_allowed_host_and_scheme(url, allowed_hosts=None)

    def get_client_ip(self, request: HttpRequest) -> str:
        """`REMOTE_ADDR` is the client's address: `sendiass_site/web/proxies.py` sets it behind trusted proxies."""
        return str(request.META["REMOTE_ADDR"])

    def pre_login(self, request: HttpRequest, user: AbstractBaseUser, **others: Any) -> HttpResponse | None:
        response = super().pre_login(request, user, **others)
        if response is None:
            sessions.start_sign_in(request, user)
        return response

    def login(self, request: HttpRequest, user: AbstractBaseUser) -> None:
        """Called after the last step, minutes after `pre_login` if MFA was needed: check that nothing has changed."""
        if not sessions.can_finish_sign_in(request, user):
            logger.warning(
                "A sign-in of %s was begun before the account changed, and ended.", user.get_username()
            )
            messages.warning(request, "Something about your account has changed. Please sign in again.")
            raise ImmediateHttpResponse(redirect("account_login"))
        super().login(request, user)

    # --- Reauthentication ---

    def get_reauthentication_methods(self, user: AbstractBaseUser | AnonymousUser) -> list[dict[str, Any]]:
        """Second factors, or the password for a user who has none: a stolen password must not be enough."""
        methods = super().get_reauthentication_methods(user)
        second_factors = [method for method in methods if method["id"] != "reauthenticate"]
        return second_factors or (methods if settings.PASSWORD_LOGIN else [])

    def is_reauthentication_required(self, *, app: str, **others: Any) -> bool:
        """Required before a change of password or MFA, except right after sign-in or where no method exists."""
        if sessions.has_signed_in_recently(self.request) or not self.get_reauthentication_methods(
            self.request.user
        ):
            return False
        return super().is_reauthentication_required(app=app, **others)

    # --- Rate limits ---

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        """Limit attempts to sign in. The response does not reveal whether the account exists."""
        name = credentials.get("username", "")
        try:
            super().pre_authenticate(request, **credentials)
            if not throttling.consume_login_attempt(request, name):
                raise self.validation_error("too_many_login_attempts")
        except ValidationError:
            logger.warning("Signing in is paused for %s.", username_if_known(name))
            raise

    def get_login_attempts_key(self, request: HttpRequest, username: str) -> str:
        return throttling.client_key(request, username)

    # --- E-mails ---

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        emails.send(template_prefix, email, context)

    def send_notification_mail(
        self,
        template_prefix: str,
        user: AbstractBaseUser | AnonymousUser,
        context: dict[str, Any] | None = None,
        email: str | None = None,
    ) -> None:
        """Notify the user of an account change. IP address and browser are deliberately left out."""
        address = email or EmailAddress.objects.get_primary_email(user)
        emails.send(template_prefix, address or "", {"user": user, **(context or {})})

    def get_reset_password_from_key_url(self, key: str) -> str:
        """The link in a password reset, based on SITE_URL: the Host header of the request may be forged."""
        path = super().get_reset_password_from_key_url(key).split("/", 3)[3]
        return f"{settings.SITE_URL}/{path}"

    def send_password_reset_mail(self, user: User, email: str, context: dict[str, Any]) -> None:
        """Send the link only to users who have a password: others use single sign-on or an invitation."""
        template = "password_reset_key" if user.has_usable_password() else "unknown_account"
        emails.send(f"account/email/{template}", email, context)
