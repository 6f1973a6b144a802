"""Accounts are made by an administrator, for somebody who then sets a password and a second step alone."""

from collections.abc import Iterable

from allauth.socialaccount.models import SocialAccount
from django.conf import settings
from django.contrib.auth.models import Group, User
from django.db import transaction

from . import emails
from .security_log import logger
from .signed_links import INVITATION


def find_user(address: str) -> User | None:
    """The account of somebody with this e-mail address, ignoring case."""
    return (
        User.objects.filter(username__iexact=address).first()
        or User.objects.filter(email__iexact=address).first()
    )


def can_have_password(user: User) -> bool:
    """Whether somebody signs in with a password: not where the council's directory answers for them."""
    is_councils = settings.OIDC_ISSUER and SocialAccount.objects.filter(user=user).exists()
    return settings.PASSWORD_LOGIN and not is_councils


@transaction.atomic
def create_user(
    address: str, name: str = "", groups: Iterable[Group] = (), *, administrator: bool = False
) -> User:
    """Make an account that nobody can use yet. Its name is the e-mail address."""
    first, _, last = name.strip().partition(" ")
    user = User(username=address, email=address, first_name=first[:150], last_name=last[:150], is_staff=True)
    user.is_superuser = administrator
    user.set_unusable_password()
    user.save()
    user.groups.set(groups)
    return user


def invite(user: User, *, by: str) -> tuple[str, bool]:
    """Make a link with which this person sets a password; return it, and whether a letter with it was sent.

    Who has a password keeps it until the link is used.
    """
    link = INVITATION.make_url(user)
    logger.info("%s was invited by %s.", user.get_username(), by)
    return link, emails.send("staff/email/invitation", user.email, {"user": user, "link": link})
