"""The admin's log: who did what to a leaflet."""

from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User

from leaflets.models import Edition, Leaflet


def log_action(by: User, subject: Edition | Leaflet, action: int, message: str) -> None:
    """Record an action in the admin's log. `action` is `ADDITION`, `CHANGE` or `DELETION`."""
    LogEntry.objects.log_actions(by.pk, [subject], action, change_message=message, single_object=True)
