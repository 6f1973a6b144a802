"""Single sign-on with the council's OpenID Connect provider, whose claims decide groups and administrator rights."""

import json
from collections.abc import Callable
from typing import Any

from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.models import SocialAccount, SocialApp, SocialLogin
from allauth.socialaccount.providers.base import AuthProcess
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from allauth.socialaccount.providers.oauth2.views import OAuth2CallbackView
from allauth.socialaccount.providers.openid_connect import views
from django.conf import settings
from django.contrib.auth.models import Group, User
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from requests import RequestException

from leaflets.models.history import merged_entries

from . import accounts, invitations
from .allauth_internals import CheckedClaimsMixin
from .security_log import acting_as, logger

ADMINISTRATOR_ROLE = "administrator"
PROVIDER = "council"


# The lengths that are stored: SocialAccount.uid (191), less than the 255 that OpenID Connect allows, and User.email.
# Names are shortened instead.
_MAX_LENGTHS = {"sub": 191, "email": 254}
_TEXT_CLAIMS = ("sub", "email", "name", "given_name", "family_name", "preferred_username")


class OpenIDAdapter(CheckedClaimsMixin, views.OpenIDConnectOAuth2Adapter):
    def check_claims(self, claims: Any) -> None:
        """Raise `OAuth2Error`, which refuses the sign-in, if a claim that is read here has not the type of its standard.

        See OpenID Connect Core 1.0, sections 2 and 5.1. `email_verified` and the claim with groups are read as they come.
        """
        if not isinstance(claims, dict):
            raise OAuth2Error("the claims are no object")
        for name in _TEXT_CLAIMS:
            value = claims.get(name)
            is_missing = value is None and name != "sub"
            is_text = isinstance(value, str) and value.isprintable()
            if not is_missing and not (is_text and len(value) <= _MAX_LENGTHS.get(name, len(value))):
                raise OAuth2Error(f"the claim {name} is missing, no text or too long")
        if not claims["sub"]:
            raise OAuth2Error("the claim sub is empty")


def _refusal_response(request: HttpRequest, reason: str, status: int = 403) -> HttpResponse:
    return render(request, "staff/refused.html", {"reason": reason}, status=status)


def roles_from_claims(claims: dict[str, Any]) -> set[str]:
    """Names of our groups, and ADMINISTRATOR_ROLE, that OIDC_GROUPS and OIDC_ADMINISTRATORS give for these claims."""
    values = _claim_values(claims.get(settings.OIDC_GROUPS_CLAIM))
    role_values = settings.OIDC_GROUPS | {ADMINISTRATOR_ROLE: settings.OIDC_ADMINISTRATORS}
    return {role for role, accepted in role_values.items() if values.intersection(accepted)}


def _claim_values(claim: object) -> set[str]:
    # Providers send a string, a list of strings, or malformed values.
    if isinstance(claim, str):
        return {claim}
    return {value for value in claim if isinstance(value, str)} if isinstance(claim, list) else set()


def sync_groups(user: User, roles: set[str]) -> None:
    """Give the user exactly these roles among those that the settings map to a claim; others are left alone.

    The directory decides, so it takes the role of the last administrator too. It gives that role at the next sign-in of
    anyone who has it there; until then there is `manage.py break_glass --administrator`.
    """
    was_last_administrator = accounts.is_last_administrator(user)
    managed = {name for name, values in settings.OIDC_GROUPS.items() if values}
    unmanaged = user.groups.exclude(name__in=managed)
    user.groups.set([*unmanaged, *Group.objects.filter(name__in=roles)])
    if settings.OIDC_ADMINISTRATORS:
        user.is_superuser = ADMINISTRATOR_ROLE in roles
    user.is_staff = user.is_superuser or user.groups.exists()
    user.save(update_fields=["is_staff", "is_superuser"])
    if was_last_administrator and not user.is_superuser:
        logger.warning("The council's directory has left no administrator here.")


def _username_for(sociallogin: SocialLogin) -> str:
    """The username of an account that single sign-on creates; existing accounts are looked up by it too."""
    user = sociallogin.user
    return str(user.email or user.username or f"{PROVIDER}-{sociallogin.account.uid}")[:150]


class OpenIDSocialAccountAdapter(DefaultSocialAccountAdapter):
    """allauth's social account adapter. See `SOCIALACCOUNT_ADAPTER`."""

    def list_apps(
        self, request: HttpRequest, provider: str | None = None, client_id: str | None = None
    ) -> list[SocialApp]:
        """Apps come from settings only: allauth would also query the database."""
        apps = settings.SOCIALACCOUNT_PROVIDERS["openid_connect"]["APPS"]
        return [SocialApp(provider="openid_connect", **app) for app in apps]

    def is_open_for_signup(self, request: HttpRequest, sociallogin: SocialLogin) -> bool:
        return True  # `pre_social_login` has refused users without a role.

    def pre_social_login(self, request: HttpRequest, sociallogin: SocialLogin) -> None:
        """Admit users whose claims give a role, and sync their groups; refuse all others with an error page."""
        provider_data = sociallogin.account.extra_data
        claims = {**provider_data.get("userinfo", {}), **provider_data.get("id_token", {})}
        # Data minimisation: claims are needed during this request only.
        self._clear_extra_data(sociallogin.account)
        if sociallogin.state.get("process") != AuthProcess.LOGIN:
            raise ImmediateHttpResponse(_refusal_response(request, "unknown", status=400))
        if len({part["sub"] for part in provider_data.values() if "sub" in part}) != 1:
            self._refuse(request, "unknown", "Two parts of what the directory sent name different people.")
        roles = roles_from_claims(claims)
        with acting_as("the council's directory"), merged_entries():
            if roles and not sociallogin.is_existing:
                self._link_existing_account(request, sociallogin, provider_data)
            # A closed account stays as it is: `StaffAccountAdapter` does not let it in.
            if sociallogin.is_existing and sociallogin.user.is_active:
                sync_groups(sociallogin.user, roles)
        if not roles:
            self._refuse(request, "no-role", "The directory sent a user without a role here.")
        sociallogin.state["roles"] = sorted(roles)

    def _link_existing_account(
        self, request: HttpRequest, sociallogin: SocialLogin, provider_data: dict[str, Any]
    ) -> None:
        """Link an existing account with the same e-mail address, if the provider vouches for the address.

        That takes `email_verified` in the claims, or OIDC_OWNS_EMAILS: with a provider whose users can enter any
        address, they could otherwise take over accounts of others. Raises ImmediateHttpResponse with a refusal if an
        account exists but must not be linked.
        """
        address = sociallogin.user.email
        found = invitations.find_user(_username_for(sociallogin))
        if found is None:
            return
        is_same_address = address != "" and address.casefold() == found.email.casefold()
        is_verified = settings.OIDC_OWNS_EMAILS or any(
            part.get("email_verified") is True and str(part.get("email")).casefold() == address.casefold()
            for part in provider_data.values()
        )
        is_linked = SocialAccount.objects.filter(user=found).exists()
        if not is_same_address or not is_verified or is_linked:
            self._refuse(
                request, "taken", f"The directory sent a user who may not be {found.get_username()}."
            )
        if not found.is_active:
            logger.warning("The directory sent %s, whose account is closed.", found.get_username())
            raise ImmediateHttpResponse(redirect("account_inactive"))
        sociallogin.connect(request, found)
        # From now on the provider decides about every sign-in.
        found.set_unusable_password()
        found.save(update_fields=["password"])
        logger.info("%s was linked to the council's directory.", found.get_username())

    def save_user(self, request: HttpRequest, sociallogin: SocialLogin, form: object = None) -> User:
        """Create the account at the first sign-in."""
        user: User = sociallogin.user
        user.username = _username_for(sociallogin)
        user.set_unusable_password()
        with acting_as("the council's directory"), merged_entries():
            sociallogin.save(request, connect=True)
            sync_groups(user, set(sociallogin.state["roles"]))
        return user

    def on_authentication_error(self, request: HttpRequest, provider: object, **others: Any) -> None:
        """Show an error page without the reason, which is logged."""
        self._refuse(request, "failed", f"The directory's answer was no good: {others.get('error')}.")

    @staticmethod
    def _clear_extra_data(account: SocialAccount) -> None:
        account.extra_data = {}
        if account.pk:
            account.save(update_fields=["extra_data"])

    @staticmethod
    def _refuse(request: HttpRequest, reason: str, message: str) -> None:
        logger.warning(message)
        raise ImmediateHttpResponse(_refusal_response(request, reason))


def _handle_provider_errors(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """404 without a provider, 503 when it does not answer or its answer cannot be parsed."""

    def wrapper(request: HttpRequest, provider_id: str) -> HttpResponse:
        if not settings.OIDC_ISSUER:
            raise Http404
        try:
            return view(request, provider_id)
        except (RequestException, json.JSONDecodeError, KeyError):
            logger.warning("The council's directory cannot be reached, or its answer is not understood.")
            return _refusal_response(request, "down", status=503)

    return wrapper


sign_in = _handle_provider_errors(views.login)


@_handle_provider_errors
def callback(request: HttpRequest, provider_id: str) -> HttpResponse:
    return OAuth2CallbackView.adapter_view(OpenIDAdapter(request, provider_id))(request)
