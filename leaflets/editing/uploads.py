"""The page of uploads: pictures and files that staff added, where each is used, and which may be removed."""

import datetime as dt
import os
import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote

from django.conf import settings
from django.contrib import admin, messages
from django.core.paginator import Paginator
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from leaflets.models import Edition, Section
from leaflets.publishing.admin_log import log_removed_upload

from . import attachments, pictures
from .views import EDIT, PUBLISH, staff_page

UPLOADS_PER_PAGE = 50
# A colleague may have added it to a text that is not saved yet.
KEPT_FOR = dt.timedelta(days=1)

_NAMES = {"pictures": pictures.NAME_PATTERN, "files": attachments.NAME_PATTERN}
_PATH = "|".join(f"{folder}/{pattern}" for folder, pattern in _NAMES.items())


@dataclass(frozen=True)
class Use:
    """An edition that shows a picture, or links to a file."""

    edition: Edition
    kind: str  # "live", "draft" or "older"


@dataclass(frozen=True)
class Upload:
    """A stored file. `path` is relative to the folder of uploads, such as `pictures/….png`."""

    path: str
    size: int
    stored_at: dt.datetime
    uses: tuple[Use, ...]

    @property
    def url(self) -> str:
        return settings.MEDIA_URL + self.path

    @property
    def is_picture(self) -> bool:
        return self.path.startswith("pictures/")

    @property
    def name(self) -> str:
        """The name of a file for readers; empty for a picture, which has none."""
        return "" if self.is_picture else attachments.download_name(Path(self.path).name)

    @property
    def is_recent(self) -> bool:
        return timezone.now() - self.stored_at < KEPT_FOR

    @property
    def is_removable(self) -> bool:
        return not self.uses and not self.is_recent


def list_uploads() -> list[Upload]:
    """Return all uploads, the unused ones first, then the newest first."""
    uses = _find_uses()
    uploads = [
        Upload(
            path,
            status.st_size,
            dt.datetime.fromtimestamp(status.st_mtime, dt.UTC),
            tuple(uses.get(path, ())),
        )
        for path, status in _stored_files()
    ]
    return sorted(uploads, key=lambda upload: (bool(upload.uses), -upload.stored_at.timestamp(), upload.path))


def _stored_files() -> Iterator[tuple[str, os.stat_result]]:
    for folder, pattern in _NAMES.items():
        for file in (Path(settings.MEDIA_ROOT) / folder).glob("*"):
            if re.fullmatch(pattern, file.name) and file.is_file():
                yield f"{folder}/{file.name}", file.stat()


def _find_uses() -> dict[str, list[Use]]:
    """Return the editions that use each upload, live ones and drafts first."""
    address = re.compile(re.escape(settings.MEDIA_URL) + f"({_PATH})")
    editions: dict[str, dict[int, Edition]] = defaultdict(dict)
    sections = Section.objects.select_related("edition__leaflet").only(
        "body", "body_html", "edition__title", "edition__number", "edition__status", "edition__leaflet__slug"
    )
    for section in sections.iterator():
        # Both: a text that was never rendered, and addresses that Markdown makes of its parts.
        for path in address.findall(unquote(f"{section.body}\n{section.body_html}")):
            editions[path][section.edition_id] = section.edition
    kinds: dict[str, str] = {Edition.Status.PUBLISHED: "live", Edition.Status.DRAFT: "draft"}
    order = ["live", "draft", "older"]
    return {
        path: sorted(
            (Use(edition, kinds.get(edition.status, "older")) for edition in found.values()),
            key=lambda use: (order.index(use.kind), use.edition.title, -use.edition.number),
        )
        for path, found in editions.items()
    }


@staff_page(EDIT)
@require_GET
def show(request: HttpRequest) -> HttpResponse:
    """List the uploads, with where each is used."""
    page = Paginator(list_uploads(), UPLOADS_PER_PAGE).get_page(request.GET.get("page"))
    context = admin.site.each_context(request) | {
        "title": "Pictures and files",
        "page": page,
        "may_remove": request.user.has_perm(PUBLISH),
    }
    return render(request, "admin/leaflets/uploads.html", context)


@staff_page(PUBLISH)
@require_POST
def remove(request: HttpRequest) -> HttpResponse:
    """Remove the upload POST `path`, unless an edition uses it or it is new."""
    path = request.POST.get("path", "")
    upload = next((one for one in list_uploads() if one.path == path), None)
    if upload is None:
        if re.fullmatch(_PATH, path):  # The second of two clicks.
            messages.info(request, "This file is removed already.")
            return redirect("uploads")
        raise Http404
    if upload.uses:
        messages.error(request, "This file is used now, so it was not removed.")
    elif upload.is_recent:
        messages.error(
            request, "This file was added less than a day ago. Somebody may still be writing about it."
        )
    else:
        with transaction.atomic():
            log_removed_upload(request.user, path)
            (Path(settings.MEDIA_ROOT) / path).unlink(missing_ok=True)
        messages.success(request, "The file was removed.")
    return redirect("uploads")
