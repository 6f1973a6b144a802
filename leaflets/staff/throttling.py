"""How guessing is slowed down, so that nobody can shut a colleague out with it.

allauth counts, in the database, what fails: by address, and by account. A limit by account alone would let anybody
who knows a name keep its owner out. So there are two: a tight one by account and address together, and a wide one by
account, which does not count where the account has signed in from lately. All end by themselves. While somebody attacks
an account from many addresses, its owner comes in from where they always do, with a mailed link, through the council's
sign-in or with `manage.py break_glass`. The limits are in `settings.ACCOUNT_RATE_LIMITS`.

allauth forgives an address its failures once somebody there has shown a second step. So that nobody guesses the
passwords of others between sign-ins of their own, all that is tried at one address is counted too.
"""

from allauth.core.internal.ratelimit import get_ip
from allauth.core.ratelimit import consume
from allauth.usersessions.models import UserSession
from django.http import HttpRequest
from django.utils.crypto import salted_hmac


def key_for(request: HttpRequest, name: str) -> str:
    """What failures are counted under: the account's name as it was typed, and where that was."""
    return f"{name.casefold()} {get_ip(request)}"


def may_still_try(request: HttpRequest, name: str) -> bool:
    """Count an attempt at this address and for this name, and say whether it is still one of those allowed."""
    address = get_ip(request)
    has_been_here = UserSession.objects.filter(user__username__iexact=name, ip=address).exists()
    at_address = consume(request, action="login_tried")
    for_account = consume(request, action="login_tried_anywhere", key=name.casefold())
    return at_address and (for_account or has_been_here)


def digest_key(key: str, key_prefix: str, version: int) -> str:
    """The name of a counter in the database, out of which nobody can read whose it is. Called by Django's cache."""
    return salted_hmac(
        "leaflets.staff.throttling", f"{key_prefix}:{version}:{key}", algorithm="sha256"
    ).hexdigest()
