"""Entries in Django's admin log for what staff do to leaflets."""

from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User

from leaflets.models import Edition, Leaflet


def log_action(by: User, subject: Edition | Leaflet, action: int, message: str) -> None:
    """Add an entry to the admin log. `action` is `ADDITION`, `CHANGE` or `DELETION`."""
    LogEntry.objects.log_actions(by.pk, [subject], action, change_message=message, single_object=True)
