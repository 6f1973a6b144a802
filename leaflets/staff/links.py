"""Links that let one person in once: invitations, and the way in when everything else is broken.

A link names an account, is signed, and ends after a while. Its use is noted, and what it depends on (the password, the
address, the last sign-in) has changed by the time that somebody has signed in with it.
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
class Kind:
    """What a link is for: the name of its address, which is also what it is signed for, and how long it is good."""

    address: str
    good_for: dt.timedelta

    def link(self, user: User) -> str:
        """A new link for this account, as it stands in a letter."""
        token = signing.dumps([user.pk, _state(user)], salt=self.address)
        return settings.SITE_URL + reverse(self.address, args=[token])

    def account(self, token: str) -> User | None:
        """Whose link it is, unless it was changed, used or has ended."""
        try:
            pk, state = signing.loads(token, salt=self.address, max_age=self.good_for)
        except signing.BadSignature:
            return None
        user = User.objects.filter(pk=pk, is_active=True).first()
        return user if user is not None and _state(user) == state and not cache.get(_used(token)) else None

    def use(self, token: str) -> User | None:
        """The same, once: of two who use one link at the same time, one gets the account."""
        user = self.account(token)
        is_first = user is not None and cache.add(_used(token), True, self.good_for.total_seconds())
        return user if is_first else None


INVITATION = Kind("staff-invitation", dt.timedelta(days=3))
BREAK_GLASS = Kind("staff-break-glass", dt.timedelta(minutes=15))


def _used(token: str) -> str:
    return f"leaflets.staff.links used {token}"


def _state(user: User) -> str:
    # A digest, because the signed text can be read: it holds nothing of the password.
    return salted_hmac("leaflets.staff.links", f"{user.password} {user.email} {user.last_login}").hexdigest()
