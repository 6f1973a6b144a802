"""Entries in Django's admin log, and so in the history, for what staff do to leaflets and their order."""

from django.contrib.admin.models import ADDITION, DELETION, LogEntry
from django.contrib.auth.models import User
from django.db import transaction

from leaflets.models import Edition, HistoryEntry, Leaflet, Topic
from leaflets.models.history import record


def log_action(
    by: User | None, subject: Edition | Leaflet | Topic, action: int, message: str, *, who: str = ""
) -> None:
    """Add an entry to the admin log and the history. `action` is `ADDITION`, `CHANGE` or `DELETION`.

    Without an account, `who` says what did it, such as "a scheduled job": the admin log has no place for that.
    """
    if by is None:
        kind = HistoryEntry.Kind.LEAFLETS
        if isinstance(subject, Edition):
            record(who, kind, message, subject=subject.leaflet, name=str(subject))
        else:
            record(who, kind, message, subject=subject)
        return
    LogEntry.objects.log_actions(by.pk, [subject], action, change_message=message, single_object=True)


@transaction.atomic
def log_upload(by: User, path: str) -> None:
    """Add an entry for an upload that was stored. It belongs to no record."""
    LogEntry.objects.create(
        user_id=by.pk, object_repr=path, action_flag=ADDITION, change_message=f"Added the upload {path}."
    )


def log_removed_upload(by: User, path: str) -> None:
    """Add an entry for an upload that was removed. It belongs to no record."""
    LogEntry.objects.create(
        user_id=by.pk, object_repr=path, action_flag=DELETION, change_message=f"Removed the upload {path}."
    )
