"""Static files: collected at the start if they changed, and served for pages of other versions of the site."""

import hashlib
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.staticfiles.finders import find, get_finders
from django.core.exceptions import ImproperlyConfigured, SuspiciousFileOperation
from django.core.management import call_command
from django.http import FileResponse, Http404, HttpRequest
from django.views.decorators.http import require_safe
from whitenoise.middleware import WhiteNoiseMiddleware

# In STATIC_ROOT: the hashed name of each file, and the fingerprint of the files that were collected.
_MANIFEST_FILE, _FINGERPRINT_FILE = "staticfiles.json", "collected-from"


class StaticFilesMiddleware(WhiteNoiseMiddleware):
    """Serves the files of STATIC_ROOT, but not those that are about the others, also not compressed."""

    def add_file_to_dictionary(self, url: str, path: str, stat_cache: Any = None) -> None:
        if not self._is_internal(url):
            super().add_file_to_dictionary(url, path, stat_cache)

    def candidate_paths_for_url(self, url: str) -> Iterator[str]:
        if not self._is_internal(url):
            yield from super().candidate_paths_for_url(url)

    def _is_internal(self, url: str) -> bool:
        return url.startswith((self.static_prefix + _MANIFEST_FILE, self.static_prefix + _FINGERPRINT_FILE))


def collect(folder: Path) -> None:
    """Run `collectstatic` if static files or their settings have changed since the last run.

    `folder` is `STATIC_ROOT`. A container image includes it, read-only: then nothing is done. Raises
    `ImproperlyConfigured` if it is read-only and empty.
    """
    if folder.exists() and not os.access(folder, os.W_OK):
        if not (folder / _MANIFEST_FILE).exists():
            raise ImproperlyConfigured(
                f"the folder {folder} has no static files and cannot be written. "
                "Make it writable, or run `manage.py collectstatic` as its owner."
            )
        return
    file, fingerprint = folder / _FINGERPRINT_FILE, _fingerprint()
    # Compressing takes longer than the rest of the start.
    if not file.exists() or file.read_text() != fingerprint:
        call_command("collectstatic", verbosity=0, interactive=False)
        file.write_text(fingerprint)


@require_safe
def serve_current_version(request: HttpRequest, name: str) -> FileResponse:
    """Serve the current version of a static file whose hashed name is of another version of the site.

    During a rolling upgrade, or from a CDN, a page may link to a stylesheet that this process does not have. The
    current one is nearly the same.
    """
    unhashed = re.sub(r"\.[0-9a-f]{12}(\.\w+)$", r"\1", name)
    try:
        path = find(unhashed)
    except SuspiciousFileOperation:
        path = None
    if path is None or not Path(path).is_file():  # `find` also finds folders.
        raise Http404
    response = FileResponse(Path(path).open("rb"))  # noqa: SIM115 - the response closes it
    response["Cache-Control"] = "public, max-age=60"
    return response


def _fingerprint() -> str:
    """Return a digest of the names, sizes and times of all static files, and of how they are stored."""
    files = []
    for finder in get_finders():
        for name, storage in finder.list([]):
            status = Path(storage.path(name)).stat()
            files.append(f"{name} {status.st_size} {status.st_mtime_ns}")
    return hashlib.sha256("\n".join([str(settings.STORAGES), *sorted(files)]).encode()).hexdigest()
