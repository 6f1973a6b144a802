"""Invitations: an administrator creates the account, the user sets the password and the second step."""

from collections.abc import Iterable

from allauth.socialaccount.models import SocialAccount
from django.conf import settings
from django.contrib.auth.models import Group, User
from django.db import transaction

from . import emails
from .security_log import logger, record_account
from .signed_links import INVITATION


def find_user(address: str) -> User | None:
    """The user whose username or e-mail address this is, ignoring case. A username match wins."""
    return (
        User.objects.filter(username__iexact=address).first()
        or User.objects.filter(email__iexact=address).first()
    )


def can_have_password(user: User) -> bool:
    """Whether the user may sign in with a password: not without PASSWORD_LOGIN, nor when linked to single sign-on."""
    is_linked = settings.OIDC_ISSUER and SocialAccount.objects.filter(user=user).exists()
    return settings.PASSWORD_LOGIN and not is_linked


@transaction.atomic
def create_user(
    address: str, name: str = "", groups: Iterable[Group] = (), *, administrator: bool = False
) -> User:
    """Create a user without a usable password. The username is the e-mail address, `name` first and last name."""
    first, _, last = name.strip().partition(" ")
    user = User(username=address, email=address, first_name=first[:150], last_name=last[:150], is_staff=True)
    user.is_superuser = administrator
    user.set_unusable_password()
    user.save()
    user.groups.set(groups)
    return user


def invite(user: User, *, by: str) -> tuple[str, bool]:
    """Send an invitation link, for a new user or a new password; return the link and whether the e-mail was sent.

    An existing password stays valid until the link is used. `by` is the inviting user, for the log.
    """
    link = INVITATION.make_url(user)
    logger.info("%s was invited by %s.", user.get_username(), by)
    record_account("Sent a link for a password.", user, by=by)
    return link, emails.send("staff/email/invitation", user.email, {"user": user, "link": link})
