"""Session limits: 12 hours in all, one hour without use, and ending all sessions of a user at once.

A sign-in that waits for its second step is an anonymous session. Ending a user's sessions invalidates it too.
"""

import time
from collections.abc import Callable
from typing import Any

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

from .allauth_internals import account_settings

# The session is read only under these prefixes, so a request for another page neither loads nor sets it.
STAFF_URL_PREFIXES = ("/admin/", "/staff/")
# Session keys. Do not change: existing sessions use them.
_SIGNED_IN_AT, _USED_AT = "signed_in_at", "used_at"
_PENDING_SIGN_IN = "sign_in_begun"  # [time.time(), session auth hash] of a sign-in whose first step is done
_USED_AT_INTERVAL = 60  # seconds between updates of _USED_AT, to save database writes


def start_sign_in(request: HttpRequest, user: AbstractBaseUser) -> None:
    """Record the first step of a sign-in."""
    request.session[_PENDING_SIGN_IN] = [time.time(), user.get_session_auth_hash()]


def can_finish_sign_in(request: HttpRequest, user: AbstractBaseUser) -> bool:
    """Whether the account is active, its password was not changed and its sessions were not ended since the first step.

    The record of the first step is removed from the session.
    """
    started_at, auth_hash = request.session.pop(_PENDING_SIGN_IN, (0, ""))
    current = User.objects.filter(pk=user.pk, is_active=True).first()
    ended_at = cache.get(_sessions_ended_cache_key(user), 0)
    return current is not None and current.get_session_auth_hash() == auth_hash and started_at > ended_at


def _sessions_ended_cache_key(user: AbstractBaseUser | AnonymousUser) -> str:
    # Entries are shared with processes of other versions during an upgrade: the key stays.
    return f"leaflets.staff.sessions ended {user.pk}"


@receiver(user_logged_in)
def _record_sign_in(request: HttpRequest, **_: Any) -> None:
    request.session[_SIGNED_IN_AT] = request.session[_USED_AT] = int(time.time())


def has_signed_in_recently(request: HttpRequest) -> bool:
    """Whether the sign-in was within ACCOUNT_REAUTHENTICATION_TIMEOUT (5 minutes by default)."""
    elapsed = time.time() - request.session.get(_SIGNED_IN_AT, 0)
    return elapsed < account_settings.REAUTHENTICATION_TIMEOUT


class SessionTimeoutMiddleware:
    """Log out after SESSION_COOKIE_AGE since sign-in or SESSION_IDLE without a request (both in seconds).

    Without this, Django restarts SESSION_COOKIE_AGE whenever the session is saved.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path_info.startswith(STAFF_URL_PREFIXES) and request.user.is_authenticated:
            now, session = int(time.time()), request.session
            signed_in_at, used_at = session.get(_SIGNED_IN_AT, 0), session.get(_USED_AT, 0)
            if now - signed_in_at >= settings.SESSION_COOKIE_AGE or now - used_at >= settings.SESSION_IDLE:
                logout(request)
            elif now - used_at >= _USED_AT_INTERVAL:
                session[_USED_AT] = now
        return self._get_response(request)


def end_sessions(user: AbstractBaseUser | AnonymousUser, *, except_for: HttpRequest | None = None) -> None:
    """End all sessions of a user, except that of the given request, and all sign-ins that wait for a second step."""
    # The entry must outlive the unfinished sign-ins, which expire after LOGIN_TIMEOUT. Twice that leaves a margin.
    cache.set(_sessions_ended_cache_key(user), time.time(), 2 * account_settings.LOGIN_TIMEOUT)
    sessions = UserSession.objects.filter(user_id=user.pk)
    if except_for is not None:
        sessions = sessions.exclude(session_key=except_for.session.session_key)
    for session in sessions:
        session.end()


def end_all_sessions() -> None:
    """End the sessions of all users and all sign-ins that wait for a second step."""
    Session.objects.all().delete()
    UserSession.objects.all().delete()


@receiver(post_save, sender=User)
def _end_sessions_of_inactive_user(instance: User, **_: Any) -> None:
    # Django ignores the sessions of an inactive user; without this they would be valid again on reactivation.
    if not instance.is_active:
        end_sessions(instance)
