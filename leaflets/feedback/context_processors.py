"""How long what people write is kept: the form, the thank-you and the page about privacy say the same."""

from django.conf import settings
from django.http import HttpRequest


def retention(request: HttpRequest) -> dict[str, int]:
    """The days of the settings, for every page."""
    return {"feedback_days": settings.FEEDBACK_DAYS, "feedback_contact_days": settings.FEEDBACK_CONTACT_DAYS}
