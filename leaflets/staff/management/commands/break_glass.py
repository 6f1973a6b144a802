"""Emergency sign-in: when single sign-on is down, or no administrator can reset a second step."""

from argparse import ArgumentParser
from typing import Any

from django.contrib.auth.models import User
from django.core.management import CommandError
from django.core.management.base import BaseCommand

from leaflets.models import HistoryEntry
from leaflets.models.history import COMMAND_LINE, merged_entries
from leaflets.staff import mfa
from leaflets.staff.security_log import logger, record_account
from leaflets.staff.signed_links import BREAK_GLASS


class Command(BaseCommand):
    help = (
        "Print a link that signs one account in, once, within 15 minutes, also with PASSWORD_LOGIN=off. "
        "The second step is still asked for."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name", help="the account's username")
        parser.add_argument(
            "--reset-second-step",
            action="store_true",
            help="also remove the second step; the user then sets up a new one",
        )

        parser.add_argument(
            "--administrator",
            action="store_true",
            help="also make the account an administrator, where the directory has taken that from everybody",
        )

    def handle(self, *, name: str, reset_second_step: bool, administrator: bool, **_: Any) -> None:
        user = User.objects.filter(username__iexact=name, is_active=True).first()
        if user is None:
            raise CommandError(f"There is no account {name}, or it is closed.")
        with merged_entries():
            if administrator:
                user.is_staff = user.is_superuser = True
                user.save(update_fields=["is_staff", "is_superuser"])
            if not user.is_staff:
                raise CommandError(
                    f"{name} may do nothing here. To make it an administrator, add --administrator."
                )
            if reset_second_step:
                mfa.reset(user, by=COMMAND_LINE)
            record_account(
                "Made a link that signs in.", user, by=COMMAND_LINE, kind=HistoryEntry.Kind.SIGN_IN
            )
        logger.warning("A way in was made from the command line for %s.", user.get_username())
        self.stdout.write(f"This link signs {user.get_username()} in. It works once, within 15 minutes:")
        self.stdout.write(BREAK_GLASS.make_url(user))
