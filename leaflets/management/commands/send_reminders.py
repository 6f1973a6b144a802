"""Remind staff by e-mail of leaflets to check, of drafts, and of messages to answer. A job for every day."""

from typing import Any

from django.conf import settings
from django.core.management import CommandError
from django.core.management.base import BaseCommand

from leaflets import reminders


class Command(BaseCommand):
    help = (
        "Tell staff by e-mail what waits for them: leaflets to check, drafts and messages. Run it every day."
    )

    def handle(self, **_: Any) -> None:
        if not settings.HAS_MAIL:
            self.stdout.write("Nobody is reminded: EMAIL_URL is not set.")
            return
        try:
            sent = reminders.send_due()
        except reminders.NotSentError as error:
            raise CommandError(
                f"The mail server did not take the reminders of: {error}. Check EMAIL_URL and their addresses. "
                f"{error.sent} sent; the next run tries the others again."
            ) from error
        self.stdout.write(f"Reminders sent: {sent}." if sent else "Nobody has to be reminded now.")
