"""Carrying out the scheduled changes of leaflets that are due, with their PDFs and e-mails."""

from leaflets.public.leaflet_pdfs import update_in_background
from leaflets.publishing import scheduling

from . import schedule_emails


def carry_out_due() -> list[scheduling.Outcome]:
    """Carry out what is due, update the PDFs of its leaflets in the background, and tell people what was stopped.

    Raises `django.db.Error`, and `OSError` where the mail server does not take an e-mail: the changes are carried out then.
    """
    outcomes = scheduling.carry_out_due()
    for outcome in outcomes:
        if not outcome.problem:
            update_in_background(outcome.leaflet)
    schedule_emails.send_pending()
    return outcomes
