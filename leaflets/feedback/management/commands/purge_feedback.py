"""Delete messages and personal details that are past their date. A daily job."""

from argparse import ArgumentParser
from typing import Any

from django.core.management import CommandError
from django.core.management.base import BaseCommand
from django.utils import timezone

from leaflets.feedback import retention
from leaflets.models.history import purge_history
from leaflets.models.page_views import delete_old_views


class Command(BaseCommand):
    help = "Delete personal details and comments whose time is over; the tally stays. Run it every day."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="only say what would be deleted")

        parser.add_argument(
            "--the-date-is-right",
            action="store_true",
            dest="date_is_right",
            help="delete although the date of this machine seems to be wrong, after you have checked it",
        )

    def handle(self, *, dry_run: bool, date_is_right: bool, **_: Any) -> None:
        try:
            purged = retention.purge(dry_run=dry_run, date_is_right=date_is_right)
        except retention.ImplausibleDateError as error:
            raise CommandError(
                f"Nothing was deleted. {error} If the date is wrong, set the clock. If it is right, run "
                "`manage.py purge_feedback --the-date-is-right`."
            ) from error
        done = "Would be deleted" if dry_run else "Deleted"
        self.stdout.write(
            f"{done}: name and contact of {_messages(purged.details_erased)}, all of {_messages(purged.erased)}."
        )
        old_views = delete_old_views(timezone.localdate(), dry_run=dry_run)
        if old_views:
            self.stdout.write(f"{done}: {old_views} numbers of pages read, of more than seven years ago.")
        old_entries = purge_history(timezone.localdate(), dry_run=dry_run)
        if old_entries:
            self.stdout.write(f"{done}: {old_entries} entries of the history, of more than two years ago.")
        if not (dry_run or retention.is_finished()):
            self.stdout.write(
                "Other processes are reading the database, so its log file may still hold what was deleted. "
                "The next run finishes this."
            )


def _messages(count: int) -> str:
    return "1 message" if count == 1 else f"{count} messages"
