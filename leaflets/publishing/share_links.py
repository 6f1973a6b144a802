"""Links with which somebody without a login can read a draft."""

import datetime as dt

from django.contrib.auth.models import User
from django.core import signing
from django.db.models import QuerySet
from django.utils import timezone

from leaflets.models import (
    Edition,
    ShareLink,
)

SHARE_DAYS = 7
_signer = signing.Signer(salt="leaflets.drafting.share")


def share(draft: Edition, *, by: User) -> ShareLink:
    """Make a link to a draft for somebody without a login."""
    return draft.share_links.create(created_by=by)


def open_links(draft: Edition) -> QuerySet[ShareLink]:
    """The links to a draft that still work, newest first."""
    since = timezone.now() - dt.timedelta(days=SHARE_DAYS)
    return draft.share_links.filter(revoked_at=None, created_at__gt=since).order_by("-created_at")


def share_token(link: ShareLink) -> str:
    """What stands in a link's address: signed, so that nobody can make one up."""
    return _signer.sign(str(link.pk))


def shared_draft(token: str) -> Edition | None:
    """The draft that a link leads to; nothing where it expired, was taken back or is not ours."""
    try:
        link = ShareLink.objects.select_related("edition").get(pk=_signer.unsign(token))
    except (signing.BadSignature, ShareLink.DoesNotExist):
        return None
    if not open_links(link.edition).filter(pk=link.pk).exists():
        return None
    return Edition.objects.filter(pk=link.edition_id, status=Edition.Status.DRAFT).with_page_content().first()


def revoke_shares(draft: Edition) -> None:
    """Take back every link to a draft."""
    draft.share_links.filter(revoked_at=None).update(revoked_at=timezone.now())
