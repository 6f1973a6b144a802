"""People who work for the service, as tests need them, and what their phones show."""

import re
import time
from urllib.parse import urlsplit

from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, hotp_value
from django.contrib.auth.models import Group, User
from django.test import Client

from tests.pages import Page

PASSWORD = "correct horse battery staple"  # noqa: S105 - of somebody who lives for one test
SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"  # noqa: S105 - of a phone that lives for one test
SIGN_IN = "/staff/sign-in/"
SECOND_STEP = "/staff/second-step/"
ADMIN = "/admin/"


def member(name: str = "rose", *groups: str, **fields: object) -> User:
    """Somebody who has an account with a password, and is in these groups."""
    fields = {"email": f"{name}@council.gov.uk", "is_staff": True} | fields
    user = User.objects.create_user(name, password=PASSWORD, **fields)
    user.groups.set(Group.objects.filter(name__in=groups))
    return user


def with_app(user: User) -> User:
    """The same person, who has set up an authenticator app."""
    TOTP.activate(user, SECRET)
    RecoveryCodes.activate(user)
    return user


def code(secret: str = SECRET) -> str:
    """What the app shows now. It waits where the code would end while somebody types it."""
    if time.time() % 30 > 25:
        time.sleep(6)
    return format_hotp_value(hotp_value(secret, int(time.time()) // 30))


def recovery_codes(user: User) -> list[str]:
    return Authenticator.objects.get(user=user, type="recovery_codes").wrap().get_unused_codes()


def try_password(client: Client, name: str = "rose", password: str = PASSWORD, **more: str) -> Page:
    """Send the sign-in form, and see what comes back."""
    data = {"login": name, "password": password, **more}
    return Page(SIGN_IN, client.post(SIGN_IN, data))


def sign_in(client: Client, user: User, **more: str) -> Page:
    """Sign in with both steps."""
    try_password(client, user.username, **more)
    return Page(SECOND_STEP, client.post(SECOND_STEP, {"code": code()}))


def is_let_in(client: Client) -> bool:
    """Whether the admin opens."""
    return client.get(ADMIN).status_code == 200


def path_in(text: str) -> str:
    """The path of the link to this site in a letter or in what a command printed."""
    return urlsplit(re.search(r"https?://\S+/staff/\S+", text)[0]).path
