"""Retention periods for templates: the form, the thank-you page and the privacy page show the same."""

from django.conf import settings
from django.http import HttpRequest


def retention(request: HttpRequest) -> dict[str, int]:
    """The retention periods in days."""
    return {"feedback_days": settings.FEEDBACK_DAYS, "feedback_contact_days": settings.FEEDBACK_CONTACT_DAYS}
