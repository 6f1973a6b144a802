"""The owner of a leaflet: the member of staff who checks it again in time."""

from collections.abc import Mapping

from django.contrib.admin.models import CHANGE
from django.contrib.auth.models import User
from django.db import transaction

from leaflets.models import Leaflet

from .admin_log import log_action


class OwnerChangedError(Exception):
    """A leaflet got another owner since the user opened the page."""


@transaction.atomic
def set_owner(seen: Mapping[int, int], owner: User | None, *, by: User) -> int:
    """Set the owner of leaflets, and log it where it changes. Returns how many leaflets there are.

    `seen` has the primary key of the owner that the user saw, 0 for none, by that of the leaflet. Raises
    `OwnerChangedError` where a leaflet has another owner now, and sets none then. Leaflets that are deleted are left out.
    """
    new = owner.pk if owner else None
    leaflets = list(Leaflet.objects.select_for_update().filter(pk__in=seen).order_by("pk"))
    changed = [leaflet for leaflet in leaflets if leaflet.owner_id != new]
    if any((leaflet.owner_id or 0) != seen[leaflet.pk] for leaflet in changed):
        raise OwnerChangedError
    for leaflet in changed:
        leaflet.owner = owner
        leaflet.save(update_fields=["owner"])
        log_action(by, leaflet, CHANGE, f"Set the owner: {owner.get_username() if owner else 'nobody'}")
    return len(leaflets)
