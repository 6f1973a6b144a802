"""Signed links with which people without an account can read a draft."""

import datetime as dt

from django.contrib.admin.models import ADDITION, CHANGE
from django.contrib.auth.models import User
from django.core import signing
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from leaflets.models import (
    Edition,
    ShareLink,
)

from .admin_log import log_action
from .editions import lock_leaflet

VALID_DAYS = 7
_signer = signing.Signer(
    salt="leaflets.drafting.share"
)  # changing the salt would end the links that were sent


@transaction.atomic
def create_share_link(draft: Edition, *, by: User, after: int | None = None) -> ShareLink:
    """Create a link to a draft.

    `after` is the primary key of the newest link that the user saw. A newer link of theirs is returned instead: it was
    made by an equal request.
    """
    lock_leaflet(draft.leaflet)
    made = active_links(draft).filter(created_by=by, pk__gt=after).first() if after is not None else None
    if made:
        return made
    log_action(by, draft, ADDITION, "Made a link to the draft for people without an account")
    return draft.share_links.create(created_by=by)


def active_links(draft: Edition) -> QuerySet[ShareLink]:
    """Return the links to a draft that are neither revoked nor expired, newest first."""
    since = timezone.now() - dt.timedelta(days=VALID_DAYS)
    return draft.share_links.filter(revoked_at=None, created_at__gt=since).order_by("-created_at")


def make_token(link: ShareLink) -> str:
    """Return the signed token for a link's URL."""
    return _signer.sign(str(link.pk))


def get_shared_draft(token: str) -> Edition | None:
    """Return the draft that a token gives access to.

    None where the signature is wrong, the link expired or was revoked, or the edition is no draft any more.
    """
    try:
        link = ShareLink.objects.select_related("edition").get(pk=_signer.unsign(token))
    except (signing.BadSignature, ShareLink.DoesNotExist):
        return None
    if not active_links(link.edition).filter(pk=link.pk).exists():
        return None
    return Edition.objects.filter(pk=link.edition_id, status=Edition.Status.DRAFT).with_page_content().first()


@transaction.atomic
def revoke_share_links(draft: Edition, *, by: User) -> None:
    """Revoke all links to a draft, and log it."""
    if draft.share_links.filter(revoked_at=None).update(revoked_at=timezone.now()):
        log_action(by, draft, CHANGE, "Ended the links to the draft")
