"""Sign-in views of our own, and those of allauth that need a change. `urls.py` names unchanged ones directly."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from allauth.account import views as account_views
from allauth.account.adapter import get_adapter
from allauth.account.signals import password_reset
from allauth.mfa.base import views as mfa_views
from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from leaflets.models import HistoryEntry
from leaflets.models.history import merged_entries

from . import mfa, sessions, signed_links, throttling
from .allauth_internals import logout, perform_login, rate_limit, too_many_requests
from .forms import ResetPasswordForm, SetPasswordForm
from .security_log import acting_as, logger, record_account

View = Callable[..., HttpResponse]


def with_merged_entries(view: View) -> View:
    """Carry out each POST in one transaction, with one entry in the history for each account that it changes."""

    @wraps(view)
    def wrapper(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if request.method != "POST":
            return view(request, *args, **kwargs)
        with merged_entries():
            return view(request, *args, **kwargs)

    return wrapper


def require_password_login(view: View) -> View:
    """404 when PASSWORD_LOGIN is off, so that single sign-on is the only way in."""

    @wraps(view)
    def wrapper(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not settings.PASSWORD_LOGIN:
            raise Http404
        return view(request, *args, **kwargs)

    return wrapper


class LoginView(account_views.LoginView):
    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not settings.PASSWORD_LOGIN:
            raise PermissionDenied
        return super().post(request, *args, **kwargs)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**kwargs) | {"with_password": settings.PASSWORD_LOGIN}


class PasswordResetView(account_views.PasswordResetView):
    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**kwargs) | {"has_mail": settings.HAS_MAIL}

    def form_valid(self, form: ResetPasswordForm) -> HttpResponse:
        if not throttling.consume_networks(self.request, "reset_password_network"):
            return too_many_requests(self.request)
        return super().form_valid(form)


class AccountView(mfa_views.IndexView):
    """The user's own account: second step, password and sign-out."""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**kwargs) | {
            "mfa_is_missing": mfa.is_missing(self.request),
            "has_password": settings.PASSWORD_LOGIN and self.request.user.has_usable_password(),
        }


@never_cache
@login_required
def change_password(request: HttpRequest) -> HttpResponse:
    """404 for a user without a password: allauth would redirect to account_set_password, which has no URL here."""
    if not request.user.has_usable_password():
        raise Http404
    return account_views.password_change(request)


@never_cache
def reauthenticate(request: HttpRequest) -> HttpResponse:
    """Ask for the password, or redirect to the first other method when the password is not one of the user's."""
    methods = get_adapter().get_reauthentication_methods(request.user)
    by_password = "reauthenticate" in {method["id"] for method in methods}
    if request.user.is_authenticated and not by_password:
        if not methods:
            raise Http404
        return redirect(f"{methods[0]['url']}?{request.GET.urlencode()}")
    return account_views.reauthenticate(request)


@never_cache
def admin_login(request: HttpRequest) -> HttpResponse:
    """Replaces the admin's own login form: redirect to sign-in, or to the admin when signed in."""
    if request.user.is_authenticated:
        if not request.user.is_staff:
            raise PermissionDenied
        return redirect("admin:index")
    query = urlencode({"next": request.GET["next"]}) if "next" in request.GET else ""
    return redirect(f"{reverse('account_login')}{'?' if query else ''}{query}")


@require_POST
@login_required
@merged_entries()
def sign_out_everywhere(request: HttpRequest) -> HttpResponse:
    """End every session of the user, including this one."""
    logger.info("%s signed out everywhere.", request.user.get_username())
    record_account("Signed out everywhere.", request.user, kind=HistoryEntry.Kind.SIGN_IN)
    sessions.end_sessions(request.user, except_for=request)
    logout(request)
    return redirect("account_login")


@never_cache
@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
@rate_limit(action="reset_password_from_key")
@with_merged_entries
def accept_invitation(request: HttpRequest, token: str) -> HttpResponse:
    """Set a password with an invitation link, then sign in. An existing second step is asked for."""
    user = signed_links.INVITATION.get_user(token)
    if user is None:
        return render(request, "staff/link_ended.html", status=410)
    form = SetPasswordForm(request.POST or None, user=user)
    if request.method == "POST" and form.is_valid():
        with acting_as(user.get_username()):
            get_adapter().set_password(user, form.cleaned_data["password1"])
        password_reset.send(sender=type(user), request=request, user=user)
        return perform_login(request, user, redirect_url=reverse("mfa_index"))
    return render(request, "staff/invitation.html", {"form": form, "invited": user})


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@rate_limit(action="reset_password_from_key")
@with_merged_entries
def break_glass(request: HttpRequest, token: str) -> HttpResponse:
    """Sign in with a link from `manage.py break_glass`.

    Only a POST uses up the link: link scanners and previews request it with GET.
    """
    is_used = request.method == "POST"
    user = signed_links.BREAK_GLASS.redeem(token) if is_used else signed_links.BREAK_GLASS.get_user(token)
    if user is None:
        return render(request, "staff/link_ended.html", status=410)
    if is_used:
        logger.warning("The way in from the command line was used for %s.", user.get_username())
        words = "Signed in with a link of the command line."
        record_account(words, user, by=user.get_username(), kind=HistoryEntry.Kind.SIGN_IN)
        return perform_login(request, user, redirect_url=reverse("admin:index"))
    return render(request, "staff/break_glass.html", {"account": user})
