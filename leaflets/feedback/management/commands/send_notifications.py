"""Notify staff of new feedback where the e-mail could not be sent at once. A job for every few minutes."""

from typing import Any

from django.conf import settings
from django.core.management import CommandError
from django.core.management.base import BaseCommand

from leaflets.feedback import notifications, rate_limits


class Command(BaseCommand):
    help = "Tell FEEDBACK_NOTIFY of messages that nobody has been told of. Run it every few minutes."

    def handle(self, **_: Any) -> None:
        rate_limits.delete_expired()
        if not settings.FEEDBACK_NOTIFY:
            self.stdout.write("Nobody is to be told: FEEDBACK_NOTIFY is not set.")
            return
        try:
            count = notifications.send_pending()
        except OSError as error:
            raise CommandError(
                f"The mail server did not take the e-mail ({type(error).__name__}). Check EMAIL_URL. "
                "The messages are kept, and the next run tries again."
            ) from error
        self.stdout.write(f"Told staff of {count} new message(s)." if count else "Nothing new to tell.")
