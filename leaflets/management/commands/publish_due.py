"""Carry out the scheduled changes of leaflets that are due. A job for every day: the running site does it on time."""

from typing import Any

from django.core.management import CommandError
from django.core.management.base import BaseCommand

from leaflets.editing import schedule_emails
from leaflets.models import ScheduledChange
from leaflets.publishing.scheduling import apply_due


class Command(BaseCommand):
    help = (
        "Publish the drafts and withdraw the leaflets whose time has come. The running site does the same on time; this is "
        "for a site that nobody asked for a page, and tries e-mails again. Run it every day."
    )

    def handle(self, **_: Any) -> None:
        # Their PDFs are made when they are first requested, as after `load_leaflets`.
        outcomes = apply_due()
        for outcome in outcomes:
            done = "published" if outcome.action == ScheduledChange.Action.PUBLISH else "withdrawn"
            self.stdout.write(
                f"{outcome.leaflet}: not {done}. {outcome.problem}"
                if outcome.problem
                else f"{outcome.leaflet}: {done}"
            )
        if not outcomes:
            self.stdout.write("Nothing is due.")
        try:
            schedule_emails.send_pending()
        except OSError as error:
            raise CommandError(
                f"The mail server did not take an e-mail ({type(error).__name__}). Check EMAIL_URL. What was due is done, "
                "and the next run tries the e-mail again."
            ) from error
