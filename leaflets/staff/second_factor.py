"""The second step of signing in: who has to show it, how a session remembers it, and how it is taken away."""

from collections.abc import Callable
from typing import Any

from allauth.account.signals import user_logged_in
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from allauth.mfa.signals import (
    authenticator_added,
    authenticator_removed,
    authenticator_reset,
    authenticator_used,
)
from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser, User
from django.core.exceptions import PermissionDenied
from django.dispatch import receiver
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.safestring import SafeString, mark_safe

from . import emails, sessions
from .security_log import logger

# In the session: the account that showed its second step in it.
SHOWN_BY = "second_factor_shown_by"
# What is a second step by itself. Recovery codes only stand in for one of these.
KINDS = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)


def was_shown(request: HttpRequest) -> bool:
    """Whether whoever is signed in showed their second step in this very session."""
    return request.session.get(SHOWN_BY) == str(request.user.pk)


def is_missing(request: HttpRequest) -> bool:
    """Whether the second step is needed here, and was not shown."""
    return settings.REQUIRE_MFA and not was_shown(request)


def has_one(user: AbstractBaseUser) -> bool:
    return Authenticator.objects.filter(user_id=user.pk, type__in=KINDS).exists()


class SecondFactorRequired:
    """Middleware: nobody who is signed in reaches the admin, or what is below it, without the second step.

    Below it are the editor's pages, its preview and its uploads. Who is not signed in is the admin's own business.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self._get_response(request)

    def process_view(self, request: HttpRequest, *_: Any) -> HttpResponse | None:
        if not request.path_info.startswith("/admin/") or not request.user.is_authenticated:
            return None
        if not is_missing(request):
            return None
        if request.method not in ("GET", "HEAD"):
            raise PermissionDenied
        return redirect("mfa_index")


class SecondFactors(DefaultMFAAdapter):
    """What allauth asks us about second steps."""

    error_messages = DefaultMFAAdapter.error_messages | {
        "incorrect_code": "This code is wrong, or too old. Type the one that is shown now.",
    }

    def build_totp_svg(self, url: str) -> SafeString:
        """The QR code as an element of the page: our policy shows no picture that is written into an address."""
        svg = super().build_totp_svg(url)
        return mark_safe(svg[svg.index("<svg") :])  # noqa: S308 - squares, drawn here

    def generate_authenticator_name(self, user: AbstractBaseUser, type: Authenticator.Type) -> str:  # noqa: A002
        return f"Passkey {Authenticator.objects.filter(user_id=user.pk, type=type).count() + 1}"


@receiver(authenticator_used)
def _note_use(request: HttpRequest, user: User, **_: Any) -> None:
    request.session[SHOWN_BY] = str(user.pk)


@receiver(authenticator_added)
def _note_new(request: HttpRequest, user: User, authenticator: Authenticator, **_: Any) -> None:
    # Whoever sets one up shows that it works by doing so.
    if authenticator.type in KINDS:
        request.session[SHOWN_BY] = str(user.pk)
        sessions.end_everywhere(user, except_for=request)


@receiver(authenticator_removed)
@receiver(authenticator_reset)
def _note_end(request: HttpRequest, user: User, **_: Any) -> None:
    if not has_one(user):
        request.session.pop(SHOWN_BY, None)
    sessions.end_everywhere(user, except_for=request)


@receiver(user_logged_in)
def _note_council(request: HttpRequest, user: User, **others: Any) -> None:
    # The council's own sign-in asks for a second step itself, where the web team says so.
    if settings.OIDC_HAS_MFA and "sociallogin" in others:
        request.session[SHOWN_BY] = str(user.pk)


def forget(user: User, *, by: str) -> None:
    """Take away all second steps of somebody who lost them; tell them; end their sessions. They set up new ones.

    Until they do, a password alone is enough to set one up. So whoever resets it has to see to the password too.
    """
    Authenticator.objects.filter(user=user).delete()
    sessions.end_everywhere(user)
    logger.info("The second step of %s was reset by %s.", user.get_username(), by)
    emails.send("staff/email/second_step_reset", user.email, {"user": user, "by": by})
