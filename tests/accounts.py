"""Staff users for tests, their TOTP codes, and signing them in."""

import re
import time
from urllib.parse import urlsplit

from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, hotp_value
from django.contrib.auth.models import Group, User
from django.test import Client

from tests.pages import Page

PASSWORD = "correct horse battery staple"  # noqa: S105 - of users in tests
TOTP_SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"  # noqa: S105 - of users in tests
SIGN_IN = "/staff/sign-in/"
SECOND_STEP = "/staff/second-step/"
ADMIN = "/admin/"


def create_staff_user(name: str = "rose", *groups: str, **fields: object) -> User:
    """Create a staff user with PASSWORD in these groups; `fields` override those of the model."""
    fields = {"email": f"{name}@council.gov.uk", "is_staff": True} | fields
    user = User.objects.create_user(name, password=PASSWORD, **fields)
    user.groups.set(Group.objects.filter(name__in=groups))
    return user


def with_totp(user: User) -> User:
    """Set up an authenticator app with TOTP_SECRET, and recovery codes, for a user."""
    TOTP.activate(user, TOTP_SECRET)
    RecoveryCodes.activate(user)
    return user


def totp_code(secret: str = TOTP_SECRET) -> str:
    """The current TOTP code. Waits for the next one if the current ends within 5 seconds."""
    if time.time() % 30 > 25:
        time.sleep(6)
    return format_hotp_value(hotp_value(secret, int(time.time()) // 30))


def code_of_step(steps: int) -> str:
    """The TOTP code of this many steps of 30 seconds from now. Waits if the current step ends within 5 seconds."""
    if time.time() % 30 > 25:
        time.sleep(6)
    return format_hotp_value(hotp_value(TOTP_SECRET, int(time.time()) // 30 + steps))


def recovery_codes(user: User) -> list[str]:
    return Authenticator.objects.get(user=user, type="recovery_codes").wrap().get_unused_codes()


def post_password(client: Client, name: str = "rose", password: str = PASSWORD, **more: str) -> Page:
    """Post the sign-in form; `more` are further fields, such as `next`."""
    data = {"login": name, "password": password, **more}
    return Page(SIGN_IN, client.post(SIGN_IN, data))


def sign_in(client: Client, user: User, **more: str) -> Page:
    """Sign in with password and TOTP code; return the response to the code."""
    post_password(client, user.username, **more)
    return Page(SECOND_STEP, client.post(SECOND_STEP, {"code": totp_code()}))


def can_open_admin(client: Client) -> bool:
    """Whether the admin responds with a page."""
    return client.get(ADMIN).status_code == 200


def path_of_link(text: str) -> str:
    """The path of the sign-in link in an e-mail or in the output of a command."""
    return urlsplit(re.search(r"https?://\S+/staff/\S+", text)[0]).path
