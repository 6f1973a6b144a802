"""Stylesheets, scripts and pictures of the pages: collected, compressed and named after what is in them."""

import hashlib
import os
import re
from pathlib import Path

from django.conf import settings
from django.contrib.staticfiles.finders import find, get_finders
from django.core.exceptions import ImproperlyConfigured, SuspiciousFileOperation
from django.core.management import call_command
from django.http import FileResponse, Http404, HttpRequest
from django.views.decorators.http import require_safe

# Beside what was collected: from which files it was.
_COLLECTED_FROM = "collected-from"


def collect(folder: Path) -> None:
    """Collect all of them into `STATIC_ROOT`, unless that is done.

    They came with the image where the folder cannot be written. Raises `ImproperlyConfigured` where it cannot be
    written and has none.
    """
    if folder.exists() and not os.access(folder, os.W_OK):
        if not (folder / "staticfiles.json").exists():
            raise ImproperlyConfigured(
                f"the folder {folder} has no static files and cannot be written. "
                "Make it writable, or run `manage.py collectstatic` as its owner."
            )
        return
    mark, found = folder / _COLLECTED_FROM, _fingerprint()
    # Compressing takes longer than all the rest of a start.
    if not mark.exists() or mark.read_text() != found:
        call_command("collectstatic", verbosity=0, interactive=False)
        mark.write_text(found)


@require_safe
def of_another_version(request: HttpRequest, name: str) -> FileResponse:
    """The file that has this name now, for a page of another version of the site.

    While replicas are exchanged one by one, and while a CDN shows yesterday's page, a page names a stylesheet that this
    process does not have. Ours is nearly the same, and better than none.
    """
    plain = re.sub(r"\.[0-9a-f]{12}(\.\w+)$", r"\1", name)
    try:
        path = find(plain)
    except SuspiciousFileOperation:
        path = None
    if path is None:
        raise Http404
    response = FileResponse(Path(path).open("rb"))  # noqa: SIM115 - the answer closes it
    response["Cache-Control"] = "public, max-age=60"
    return response


def _fingerprint() -> str:
    """The same as long as no file came, went or changed, and they are collected in the same way."""
    files = []
    for finder in get_finders():
        for name, storage in finder.list([]):
            status = Path(storage.path(name)).stat()
            files.append(f"{name} {status.st_size} {status.st_mtime_ns}")
    return hashlib.sha256("\n".join([str(settings.STORAGES), *sorted(files)]).encode()).hexdigest()
