"""E-mails to staff. Each is a pair of templates: `…_subject.txt` and `…_message.txt`."""

import logging
from smtplib import SMTPException
from typing import Any

from django.conf import settings
from django.core.mail import send_mail
from django.template.loader import render_to_string

from leaflets.models import Service

logger = logging.getLogger(__name__)


def send(template: str, address: str, context: dict[str, Any]) -> bool:
    """Send a letter, and say whether that worked. A site without a mail server, or one that is down, sends none."""
    if not settings.HAS_MAIL or not address:
        return False
    service = Service.objects.first()
    context = context | {
        "site_url": settings.SITE_URL,
        "site_name": service.name if service else settings.SITE_URL,
    }
    subject = " ".join(render_to_string(f"{template}_subject.txt", context).split())
    message = render_to_string(f"{template}_message.txt", context).strip() + "\n"
    try:
        send_mail(f"{context['site_name']}: {subject}", message, None, [address])
    except (OSError, SMTPException):
        logger.exception("A letter to staff could not be sent: %s", template)
        return False
    return True
