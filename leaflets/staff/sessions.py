"""How long a session lasts, and how it ends: after 12 hours, after an hour without use, or everywhere at once.

A sign-in that waits for its second step is a session of nobody yet. It ends with the others.
"""

import time
from collections.abc import Callable
from typing import Any

from allauth.account import app_settings as account_settings
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib.auth import logout
from django.contrib.auth.models import AbstractBaseUser, AnonymousUser, User
from django.contrib.auth.signals import user_logged_in
from django.contrib.sessions.models import Session
from django.core.cache import cache
from django.db.models.signals import post_save
from django.dispatch import receiver
from django.http import HttpRequest, HttpResponse

# Where a session means anything. No other address looks at one, so that readers never get a cookie.
STAFF_ADDRESSES = ("/admin/", "/staff/")
_SIGNED_IN_AT, _USED_AT = "signed_in_at", "used_at"
_STEP = 60  # seconds: use is noted once a minute, to spare the database
# In the session of somebody who has shown the password: when that was, and what the account was like.
_BEGUN = "sign_in_begun"


def begin_sign_in(request: HttpRequest, user: AbstractBaseUser) -> None:
    """Note that somebody has taken the first step of signing in."""
    request.session[_BEGUN] = [time.time(), user.get_session_auth_hash()]


def may_finish_sign_in(request: HttpRequest, user: AbstractBaseUser) -> bool:
    """Whether nothing has happened to the account since the first step that ends its sessions."""
    begun_at, looked_like = request.session.pop(_BEGUN, (0, ""))
    now = User.objects.filter(pk=user.pk, is_active=True).first()
    ended_at = cache.get(_ended_key(user), 0)
    return now is not None and now.get_session_auth_hash() == looked_like and begun_at > ended_at


def _ended_key(user: AbstractBaseUser | AnonymousUser) -> str:
    return f"leaflets.staff.sessions ended {user.pk}"


@receiver(user_logged_in)
def _note_sign_in(request: HttpRequest, **_: Any) -> None:
    request.session[_SIGNED_IN_AT] = request.session[_USED_AT] = int(time.time())


def has_just_signed_in(request: HttpRequest) -> bool:
    """Whether this person showed who they are so lately that asking again would be a nuisance: 5 minutes."""
    ago = time.time() - request.session.get(_SIGNED_IN_AT, 0)
    return ago < account_settings.REAUTHENTICATION_TIMEOUT


class SessionLimits:
    """Middleware: sign out whoever signed in too long ago or has been away. Django alone counts anew with each save."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path_info.startswith(STAFF_ADDRESSES) and request.user.is_authenticated:
            now, session = int(time.time()), request.session
            signed_in_at, used_at = session.get(_SIGNED_IN_AT, 0), session.get(_USED_AT, 0)
            if now - signed_in_at >= settings.SESSION_COOKIE_AGE or now - used_at >= settings.SESSION_IDLE:
                logout(request)
            elif now - used_at >= _STEP:
                session[_USED_AT] = now
        return self._get_response(request)


def end_everywhere(user: AbstractBaseUser | AnonymousUser, *, except_for: HttpRequest | None = None) -> None:
    """End all sessions of an account, apart from the one that asks for it, and all sign-ins that are under way."""
    cache.set(_ended_key(user), time.time(), 2 * account_settings.LOGIN_TIMEOUT)
    sessions = UserSession.objects.filter(user_id=user.pk)
    if except_for is not None:
        sessions = sessions.exclude(session_key=except_for.session.session_key)
    for session in sessions:
        session.end()


def end_all() -> None:
    """End every session and every sign-in that is under way, of everybody."""
    Session.objects.all().delete()
    UserSession.objects.all().delete()


@receiver(post_save, sender=User)
def _end_with_the_account(instance: User, **_: Any) -> None:
    # Django shuts a disabled account out; without this its sessions would come alive with it again.
    if not instance.is_active:
        end_everywhere(instance)
