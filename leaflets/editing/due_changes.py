"""Applying the scheduled changes of leaflets that are due, with their PDFs and e-mails."""

from leaflets.public.leaflet_pdfs import update_in_background
from leaflets.publishing import scheduling

from . import schedule_emails


def process_due_changes() -> list[scheduling.Outcome]:
    """Apply what is due, update the PDFs of its leaflets in the background, and tell people what was stopped.

    Raises `django.db.Error`, and `OSError` where the mail server does not take an e-mail: the changes are applied then.
    """
    outcomes = scheduling.apply_due()
    for outcome in outcomes:
        if not outcome.problem:
            update_in_background(outcome.leaflet)
    schedule_emails.send_pending()
    return outcomes
