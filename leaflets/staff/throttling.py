"""Rate limits of sign-in, set in `settings.ACCOUNT_RATE_LIMITS` and counted by allauth in the database cache.

A limit per account alone would let anyone who knows a username lock its owner out. So there are two:

- `login_failed`, tight: failures per account *and* IP address (`login_attempts_key`), and per IP address.
- `login_tried_anywhere`, wide: attempts per account from all IP addresses together. It is not applied to an IP address
  from which the account has a session.

While an account is attacked from many IP addresses, its owner can sign in from a known one, by a password reset by
e-mail, through single sign-on, or with `manage.py break_glass`.

allauth clears the `login_failed` counter of an IP address when a user passes MFA there. `login_tried` counts all
attempts per IP address, so that signing in to one's own account does not allow unlimited guesses at other accounts.
"""

from allauth.usersessions.models import UserSession
from django.http import HttpRequest
from django.utils.crypto import salted_hmac

from .allauth_internals import consume, get_ip


def login_attempts_key(request: HttpRequest, username: str) -> str:
    """The "key" that failures are counted under: the username as typed, ignoring case, and the IP address."""
    return f"{username.casefold()} {get_ip(request)}"


def consume_login_attempt(request: HttpRequest, username: str) -> bool:
    """Count an attempt for this IP address and this username; return whether it is within both limits."""
    ip = get_ip(request)
    is_known_ip = UserSession.objects.filter(user__username__iexact=username, ip=ip).exists()
    is_within_ip_limit = consume(request, action="login_tried")
    is_within_account_limit = consume(request, action="login_tried_anywhere", key=username.casefold())
    return is_within_ip_limit and (is_within_account_limit or is_known_ip)


def digest_key(key: str, key_prefix: str, version: int) -> str:
    """Cache key function: an HMAC, because keys contain usernames and IP addresses. See `CACHES`."""
    # The salt stays: with another one, counters and used links of a running site would be lost.
    return salted_hmac(
        "leaflets.staff.throttling", f"{key_prefix}:{version}:{key}", algorithm="sha256"
    ).hexdigest()
