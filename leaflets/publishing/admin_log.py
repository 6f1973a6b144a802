"""Entries in Django's admin log for what staff do to leaflets and their order."""

from django.contrib.admin.models import DELETION, LogEntry
from django.contrib.auth.models import User

from leaflets.models import Edition, Leaflet, Topic


def log_action(by: User, subject: Edition | Leaflet | Topic, action: int, message: str) -> None:
    """Add an entry to the admin log. `action` is `ADDITION`, `CHANGE` or `DELETION`."""
    LogEntry.objects.log_actions(by.pk, [subject], action, change_message=message, single_object=True)


def log_removed_upload(by: User, path: str) -> None:
    """Add an entry for an upload that was removed. It belongs to no record."""
    LogEntry.objects.create(
        user_id=by.pk, object_repr=path, action_flag=DELETION, change_message=f"Removed the upload {path}."
    )
