"""Signed, single-use links that authenticate one user: invitations and the break-glass sign-in.

A token holds the user's primary key and a digest of the password, address and last sign-in, so it is invalid as soon
as one of these changes. Until then a cache entry marks a token that was used.
"""

import datetime as dt
from dataclasses import dataclass

from django.conf import settings
from django.contrib.auth.models import User
from django.core import signing
from django.core.cache import cache
from django.urls import reverse
from django.utils.crypto import salted_hmac


@dataclass(frozen=True)
class SignedLink:
    """A purpose that links are made for. The URL name is also the salt, so a token is valid for one purpose only."""

    url_name: str
    max_age: dt.timedelta

    def make_url(self, user: User) -> str:
        """A new absolute URL that authenticates this user."""
        token = signing.dumps([user.pk, _state_digest(user)], salt=self.url_name)
        return settings.SITE_URL + reverse(self.url_name, args=[token])

    def get_user(self, token: str) -> User | None:
        """The active user of a token, or None if it is invalid, expired or used."""
        try:
            pk, digest = signing.loads(token, salt=self.url_name, max_age=self.max_age)
        except signing.BadSignature:
            return None
        user = User.objects.filter(pk=pk, is_active=True).first()
        if user is None or _state_digest(user) != digest or cache.get(_used_cache_key(token)):
            return None
        return user

    def redeem(self, token: str) -> User | None:
        """Like `get_user`, and mark the token as used. Of two concurrent requests one gets the user."""
        user = self.get_user(token)
        is_first = user is not None and cache.add(_used_cache_key(token), True, self.max_age.total_seconds())
        return user if is_first else None


# The URL names, the cache key and the salt below are part of links that were sent already: do not change them.
# 7 days: a letter that is sent before a bank holiday weekend is read after it.
INVITATION = SignedLink("staff-invitation", dt.timedelta(days=7))
BREAK_GLASS = SignedLink("staff-break-glass", dt.timedelta(minutes=15))


def _used_cache_key(token: str) -> str:
    return f"leaflets.staff.links used {token}"


def _state_digest(user: User) -> str:
    # Tokens are signed, not encrypted: a keyed digest reveals nothing about the password.
    return salted_hmac("leaflets.staff.links", f"{user.password} {user.email} {user.last_login}").hexdigest()
