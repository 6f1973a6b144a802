"""Rate limits of sign-in, set in `settings.ACCOUNT_RATE_LIMITS` and counted by allauth in the database cache.

A limit per account alone would let anyone who knows a username, or has a stolen password, lock its owner out. So there
are two, for passwords (`login_…`) and for second steps (`second_step_…`):

- `…_failed`, tight: failures per account *and* client network (`client_key`), and per network.
- `…_tried_anywhere`, wide: attempts per account from all networks together. It is not applied to a network from which
  the account has a session.

While an account is attacked from many networks, its owner can sign in from a known one, or with
`manage.py break_glass`; while its password is attacked, by a password reset by e-mail or through single sign-on too.

A right password or code is not counted. `login_tried` counts all attempts per network, so that signing in to one's own
account does not allow unlimited guesses at other accounts. Checking a password takes much time on purpose, so attempts,
and requests for e-mails, are counted for wider networks too (`…_network`): a home with a /56 has 256 networks of /64.
"""

import contextlib
from collections.abc import Iterator

from allauth.account.adapter import get_adapter
from allauth.usersessions.models import UserSession
from django.contrib.auth.models import User
from django.http import HttpRequest
from django.utils.crypto import salted_hmac

from leaflets.networks import client_network

from .allauth_internals import consume


def _network(request: HttpRequest) -> str:
    return client_network(get_adapter().get_client_ip(request))


def client_key(request: HttpRequest, account: str) -> str:
    """The "key" that failures are counted under: the account, ignoring case, and the client's network."""
    return f"{account.casefold()} {_network(request)}"


def _is_known_network(request: HttpRequest, username: str) -> bool:
    sessions = UserSession.objects.filter(user__username__iexact=username)
    return _network(request) in {client_network(ip) for ip in sessions.values_list("ip", flat=True)}


def consume_networks(request: HttpRequest, action: str) -> bool:
    """Count an attempt for the wider IPv6 networks of a client; return whether it is within their limits."""
    address = get_adapter().get_client_ip(request)
    if ":" not in client_network(address):
        return True
    networks = [client_network(address, bits) for bits in (56, 48)]
    return None not in [consume(request, action=action, key=network) for network in networks]


def consume_login_attempt(request: HttpRequest, username: str) -> bool:
    """Count an attempt for this network and this username; return whether it is within both limits."""
    is_known_network = _is_known_network(request, username)
    is_within_network_limit = consume(request, action="login_tried") is not None and consume_networks(
        request, "login_tried_network"
    )
    is_within_account_limit = (
        consume(request, action="login_tried_anywhere", key=username.casefold()) is not None
    )
    return is_within_network_limit and (is_within_account_limit or is_known_network)


@contextlib.contextmanager
def limit_second_step(request: HttpRequest, user: User) -> Iterator[None]:
    """Count the check of a code or passkey inside, unless it succeeds: one that fails raises `ValidationError`.

    Raises `ValidationError` with the code `too_many_login_attempts` if a limit was reached before.
    """
    failed = consume(request, action="second_step_failed", key=client_key(request, str(user.pk)))
    anywhere = consume(request, action="second_step_tried_anywhere", key=str(user.pk))
    if failed is None or (anywhere is None and not _is_known_network(request, user.get_username())):
        raise get_adapter().validation_error("too_many_login_attempts")
    yield
    for usage in (failed, anywhere):
        if usage is not None:
            usage.rollback()


def digest_key(key: str, key_prefix: str, version: int) -> str:
    """Cache key function: an HMAC, because keys contain usernames and IP addresses. See `CACHES`."""
    # The salt stays: with another one, counters and used links of a running site would be lost.
    return salted_hmac(
        "leaflets.staff.throttling", f"{key_prefix}:{version}:{key}", algorithm="sha256"
    ).hexdigest()
