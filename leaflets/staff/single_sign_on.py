"""Signing in through the council's own directory: OpenID Connect. What the directory says decides who may do what."""

import json
from collections.abc import Callable
from typing import Any

from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.models import SocialAccount, SocialApp, SocialLogin
from allauth.socialaccount.providers.base import AuthProcess
from allauth.socialaccount.providers.openid_connect import views
from django.conf import settings
from django.contrib.auth.models import Group, User
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from requests import RequestException

from . import invitations
from .security_log import acting_as, logger

ADMINISTRATOR_ROLE = "administrator"
PROVIDER = "council"


def _refusal_response(request: HttpRequest, reason: str, status: int = 403) -> HttpResponse:
    return render(request, "staff/refused.html", {"reason": reason}, status=status)


def roles_from_claims(claims: dict[str, Any]) -> set[str]:
    """The names of our groups, and `administrator`, that the directory's claims make somebody a member of."""
    values = _claim_values(claims.get(settings.OIDC_GROUPS_CLAIM))
    wanted = settings.OIDC_GROUPS | {ADMINISTRATOR_ROLE: settings.OIDC_ADMINISTRATORS}
    return {role for role, needed in wanted.items() if values.intersection(needed)}


def _claim_values(claim: object) -> set[str]:
    if isinstance(claim, str):
        return {claim}
    return {value for value in claim if isinstance(value, str)} if isinstance(claim, list) else set()


def sync_groups(user: User, roles: set[str]) -> None:
    """Give the user exactly these roles among those that the settings map to a claim; others are left alone."""
    decided = {name for name, needed in settings.OIDC_GROUPS.items() if needed}
    others = user.groups.exclude(name__in=decided)
    user.groups.set([*others, *Group.objects.filter(name__in=roles)])
    if settings.OIDC_ADMINISTRATORS:
        user.is_superuser = ADMINISTRATOR_ROLE in roles
    user.is_staff = user.is_superuser or user.groups.exists()
    user.save(update_fields=["is_staff", "is_superuser"])


def _username_for(sociallogin: SocialLogin) -> str:
    """What an account is called whose owner comes from the directory."""
    user = sociallogin.user
    return str(user.email or user.username or f"{PROVIDER}-{sociallogin.account.uid}")[:150]


class OpenIDSocialAccountAdapter(DefaultSocialAccountAdapter):
    """What allauth asks us about people whom the directory sends."""

    def list_apps(
        self, request: HttpRequest, provider: str | None = None, client_id: str | None = None
    ) -> list[SocialApp]:
        """The one directory of the settings. There are none in the database."""
        apps = settings.SOCIALACCOUNT_PROVIDERS["openid_connect"]["APPS"]
        return [SocialApp(provider="openid_connect", **app) for app in apps]

    def is_open_for_signup(self, request: HttpRequest, sociallogin: SocialLogin) -> bool:
        """Who has a role in the directory gets an account. Nobody without one gets as far as this."""
        return True

    def pre_social_login(self, request: HttpRequest, sociallogin: SocialLogin) -> None:
        """Let in whom the directory gives a role, with just these roles; refuse everybody else on a plain page."""
        said = sociallogin.account.extra_data
        claims = {**said.get("userinfo", {}), **said.get("id_token", {})}
        # Groups are needed now and never again; nothing else about the person is ours to keep.
        self._clear_extra_data(sociallogin.account)
        if sociallogin.state.get("process") != AuthProcess.LOGIN:
            raise ImmediateHttpResponse(_refusal_response(request, "unknown", status=400))
        if len({part["sub"] for part in said.values() if "sub" in part}) != 1:
            self._refuse(request, "unknown", "Two parts of what the directory sent name different people.")
        roles = roles_from_claims(claims)
        with acting_as("the council's directory"):
            if roles and not sociallogin.is_existing:
                self._link_existing_account(request, sociallogin, said)
            if sociallogin.is_existing:
                sync_groups(sociallogin.user, roles)
        if not roles:
            self._refuse(request, "no-role", "The directory sent somebody without a role here.")
        sociallogin.state["roles"] = sorted(roles)

    def _link_existing_account(
        self, request: HttpRequest, sociallogin: SocialLogin, said: dict[str, Any]
    ) -> None:
        """Find the account that the person has here already, if the directory vouches for their e-mail address.

        A directory that lets people write any address into their record must not open somebody else's account.
        """
        address = sociallogin.user.email
        found = invitations.find_user(_username_for(sociallogin))
        if found is None:
            return
        is_theirs = address != "" and address.casefold() == found.email.casefold()
        is_vouched_for = settings.OIDC_OWNS_EMAILS or any(
            part.get("email_verified") is True and str(part.get("email")).casefold() == address.casefold()
            for part in said.values()
        )
        is_linked = SocialAccount.objects.filter(user=found).exists()
        if not is_theirs or not is_vouched_for or is_linked:
            self._refuse(
                request, "taken", f"The directory sent somebody who may not be {found.get_username()}."
            )
        sociallogin.connect(request, found)
        # From now on the directory decides each time whether they come in.
        found.set_unusable_password()
        found.save(update_fields=["password"])
        logger.info("%s was linked to the council's directory.", found.get_username())

    def save_user(self, request: HttpRequest, sociallogin: SocialLogin, form: object = None) -> User:
        """Make an account for somebody who comes from the directory for the first time."""
        user: User = sociallogin.user
        user.username = _username_for(sociallogin)
        user.set_unusable_password()
        with acting_as("the council's directory"):
            sociallogin.save(request, connect=True)
            sync_groups(user, set(sociallogin.state["roles"]))
        return user

    def on_authentication_error(self, request: HttpRequest, provider: object, **others: Any) -> None:
        """Say that it did not work, and nothing about why; the log knows."""
        self._refuse(request, "failed", f"The directory's answer was no good: {others.get('error')}.")

    @staticmethod
    def _clear_extra_data(account: SocialAccount) -> None:
        account.extra_data = {}
        if account.pk:
            account.save(update_fields=["extra_data"])

    @staticmethod
    def _refuse(request: HttpRequest, reason: str, line: str) -> None:
        logger.warning(line)
        raise ImmediateHttpResponse(_refusal_response(request, reason))


def _handle_provider_errors(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """A page that asks the directory. Where there is none, it is no page; where it is down, it says so."""

    def asking(request: HttpRequest, provider_id: str) -> HttpResponse:
        if not settings.OIDC_ISSUER:
            raise Http404
        try:
            return view(request, provider_id)
        except (RequestException, json.JSONDecodeError, KeyError):
            logger.warning("The council's directory cannot be reached, or its answer is not understood.")
            return _refusal_response(request, "down", status=503)

    return asking


sign_in = _handle_provider_errors(views.login)
callback = _handle_provider_errors(views.callback)
