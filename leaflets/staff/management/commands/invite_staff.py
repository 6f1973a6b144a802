"""Create an account and send or print its invitation link."""

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.core.management import CommandError
from django.core.management.base import BaseCommand
from django.core.validators import validate_email

from leaflets.models.history import COMMAND_LINE, merged_entries
from leaflets.staff import invitations


class Command(BaseCommand):
    help = (
        "Invite somebody: make an account, and send a link (or print it, where the site sends no mail) with which "
        "they set a password and a second step within 7 days. For an account that exists, a new link."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("address", metavar="NAME@COUNCIL.GOV.UK")
        parser.add_argument(
            "--group",
            action="append",
            default=[],
            dest="groups",
            help="Editors, Publishers, …; may be repeated",
        )
        parser.add_argument("--name", default="", help="first and last name")
        parser.add_argument("--administrator", action="store_true", help="may do everything")

    @merged_entries()
    def handle(self, *, address: str, groups: list[str], name: str, administrator: bool, **_: Any) -> None:
        if not settings.PASSWORD_LOGIN:
            raise CommandError(
                "PASSWORD_LOGIN is off: add this person to a group of the council's directory instead."
            )
        address = address.lower()
        try:
            validate_email(address)
        except ValidationError:
            raise CommandError(f"{address} is no e-mail address.") from None
        known = {group.name: group for group in Group.objects.all()}
        if unknown := [group for group in groups if group not in known]:
            raise CommandError(f"There is no group {unknown[0]}. There are: {', '.join(sorted(known))}.")
        user = invitations.find_user(address)
        if user is not None and (groups or name or administrator):
            raise CommandError(
                f"{user.get_username()} has an account already. Change its groups in the admin; "
                "for a new link, give the address alone."
            )
        if user is None and not groups and not administrator:
            raise CommandError(
                f"Say what {address} may do here, for example --group Editors. There are: {', '.join(sorted(known))}. "
                "--administrator may do everything."
            )
        if user is None:
            chosen = [known[group] for group in groups]
            user = invitations.create_user(address, name, chosen, administrator=administrator)
        if not user.is_active:
            raise CommandError(f"The account {user.get_username()} is closed. Open it in the admin first.")
        if not invitations.can_have_password(user):
            raise CommandError(
                f"{user.get_username()} signs in with the council account, and needs no password."
            )
        link, sent = invitations.invite(user, by=COMMAND_LINE)
        self.stdout.write(
            f"An e-mail with a link went to {user.email}. It works once, within 7 days."
            if sent
            else f"No e-mail was sent. Give this link to {user.get_username()}. It works once, within 7 days:\n{link}"
        )
