"""What allauth asks us about accounts: no sign-up, links of our own, emails in our own words, guessing slowed down."""

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

# Said alike of a wrong name and a wrong password.
WRONG_CREDENTIALS = "The username or the password is wrong. Check both and try again."
RATE_LIMITED = (
    "This was tried too often. Wait 10 minutes, then try again. If that does not help, try again in an hour."
)


class StaffAccountAdapter(LoginAttemptsKeyMixin, DefaultAccountAdapter):
    """Accounts that administrators make."""

    error_messages = DefaultAccountAdapter.error_messages | {
        "username_password_mismatch": WRONG_CREDENTIALS,
        "too_many_login_attempts": RATE_LIMITED,
        "rate_limited": RATE_LIMITED,
        "incorrect_password": "This password is wrong. Try again.",
        "enter_current_password": "This is not the password that you have now. Try again.",
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Nobody makes an account for themselves."""
        return False

    def is_safe_url(self, url: str) -> bool:
        """After signing in, people go to a page of this site and nowhere else: paths only."""
        return url.startswith("/") and url_has_allowed_host_and_scheme(url, allowed_hosts=None)

    def get_client_ip(self, request: HttpRequest) -> str:
        """Who asks. `REMOTE_ADDR` is true behind the proxies that we trust: see `sendiass_site/web/proxies.py`."""
        return str(request.META["REMOTE_ADDR"])

    # --- A sign-in from its first step to its last ---

    def pre_login(self, request: HttpRequest, user: AbstractBaseUser, **others: Any) -> HttpResponse | None:
        response = super().pre_login(request, user, **others)
        if response is None:
            sessions.start_sign_in(request, user)
        return response

    def login(self, request: HttpRequest, user: AbstractBaseUser) -> None:
        """The last step, which may be minutes after the first."""
        if not sessions.can_finish_sign_in(request, user):
            logger.warning(
                "A sign-in of %s was begun before the account changed, and ended.", user.get_username()
            )
            messages.warning(request, "Something about your account has changed. Please sign in again.")
            raise ImmediateHttpResponse(redirect("account_login"))
        super().login(request, user)

    # --- Showing it again ---

    def get_reauthentication_methods(self, user: AbstractBaseUser | AnonymousUser) -> list[dict[str, Any]]:
        """How somebody shows again who they are: by the second step, or by the password where there is no other way."""
        methods = super().get_reauthentication_methods(user)
        second_steps = [method for method in methods if method["id"] != "reauthenticate"]
        return second_steps or (methods if settings.PASSWORD_LOGIN else [])

    def is_reauthentication_required(self, *, app: str, **others: Any) -> bool:
        """Ask for it before it is changed how somebody signs in, but not minutes after they did."""
        if sessions.has_signed_in_recently(self.request) or not self.get_reauthentication_methods(
            self.request.user
        ):
            return False
        return super().is_reauthentication_required(app=app, **others)

    # --- Guessing ---

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        """Let nobody guess for long. The answer is the same whether or not there is such an account."""
        name = credentials.get("username", "")
        try:
            super().pre_authenticate(request, **credentials)
            if not throttling.consume_login_attempt(request, name):
                raise self.validation_error("too_many_login_attempts")
        except ValidationError:
            logger.warning("Signing in is paused for %s.", username_if_known(name))
            raise

    def get_login_attempts_key(self, request: HttpRequest, username: str) -> str:
        return throttling.login_attempts_key(request, username)

    # --- Letters ---

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        emails.send(template_prefix, email, context)

    def send_notification_mail(
        self,
        template_prefix: str,
        user: AbstractBaseUser | AnonymousUser,
        context: dict[str, Any] | None = None,
        email: str | None = None,
    ) -> None:
        """Tell somebody what changed about their account. Where they were and with what is nobody's business."""
        address = email or EmailAddress.objects.get_primary_email(user)
        emails.send(template_prefix, address or "", {"user": user, **(context or {})})

    def get_reset_password_from_key_url(self, key: str) -> str:
        """The link in the letter, made of our own address: what the sender's browser calls us may be a lie."""
        path = super().get_reset_password_from_key_url(key).split("/", 3)[3]
        return f"{settings.SITE_URL}/{path}"

    def send_password_reset_mail(self, user: User, email: str, context: dict[str, Any]) -> None:
        """A link for who has a password. Who signs in through the council alone gets no second way in by mail."""
        template = "password_reset_key" if user.has_usable_password() else "unknown_account"
        emails.send(f"account/email/{template}", email, context)
