"""E-mails to staff. Each is a pair of templates: `…_subject.txt` and `…_message.txt`."""

import logging
from smtplib import SMTPException
from typing import Any

from django.conf import settings
from django.core.mail import send_mail
from django.template.loader import render_to_string

from leaflets.models import Service

# The name and the message below are from when this module was called letters: log filters may match them.
logger = logging.getLogger("leaflets.staff.letters")


def send(template: str, address: str, context: dict[str, Any]) -> bool:
    """Send the e-mail `template` to `address` and return whether it was sent.

    It is not sent without a mail server or an address, nor when the mail server fails or the address cannot be written
    into an e-mail, both of which is logged.
    `service`, `site_name` and `site_url` are added to the context.
    """
    if not settings.HAS_MAIL or not address:
        return False
    service = Service.objects.first()
    context = context | {
        "site_url": settings.SITE_URL,
        "service": service,
        "site_name": service.name if service else settings.SITE_URL,
    }
    title = render_to_string(f"{template}_subject.txt", context)
    # One line: Django sends no e-mail whose subject has a line break.
    subject = " ".join(f"{context['site_name']}: {title}".split())
    message = render_to_string(f"{template}_message.txt", context).strip() + "\n"
    try:
        send_mail(subject, message, None, [address])
    # ValueError: an address that is none, or with a line break (`BadHeaderError`).
    except (OSError, SMTPException, ValueError):
        logger.exception("A letter to staff could not be sent: %s", template)
        return False
    return True
