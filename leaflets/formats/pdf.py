"""PDFs of leaflets, made from the page's HTML and cached on disk.

WeasyPrint runs in a separate process (`leaflets.formats.pdf_worker`) with a time limit, so that its crashes, memory and
running time do not affect the web worker, which only waits for it.
"""

import base64
import contextlib
import ctypes
import ctypes.util
import fcntl
import functools
import hashlib
import importlib.util
import json
import logging
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from django.conf import settings

from leaflets import fonts

logger = logging.getLogger(__name__)

# The system libraries that WeasyPrint loads; not part of its wheel.
PANGO_LIBRARIES = ("pango-1.0", "pangoft2-1.0", "harfbuzz-subset")
RETRY_AFTER = 10 * 60  # seconds after a failure before the same PDF is tried again
RETRY_WHEN_BUSY = 10  # seconds after which to ask again while another PDF is made


class PdfUnavailableError(Exception):
    """The PDF cannot be made now. The view then offers the page instead. `retry_after` is in seconds."""

    def __init__(self, retry_after: int) -> None:
        self.retry_after = retry_after
        super().__init__(f"Try again after {retry_after} seconds.")


@functools.cache
def is_available() -> bool:
    """Return whether this machine can make PDFs, without importing WeasyPrint into the web worker."""
    return importlib.util.find_spec("weasyprint") is not None and all(map(_is_loadable, PANGO_LIBRARIES))


def _is_loadable(library: str) -> bool:
    for name in (f"lib{library}.so.0", ctypes.util.find_library(library)):
        with contextlib.suppress(OSError):
            if name:
                ctypes.CDLL(name)
                return True
    return False


def get_pdf(
    html: str, *, name: str, base_url: str, files: Mapping[str, bytes] | None = None, wait: bool = False
) -> Path:
    """Return the path of a page's PDF; make it where it is not in the cache.

    `name` identifies the leaflet and display. A digest of the HTML is added to it, so that a changed page gets a new
    PDF; the PDFs of older pages of that name are then deleted. `base_url` is the base of relative links. `files`
    has what the page links to and is in no folder, by path; a path has a digest, so that the HTML changes with it. Only one PDF
    is made at a time on a machine: a request is answered at once with an error while another PDF is made, because
    waiting would occupy a thread of the server; with `wait` it waits. Raises `PdfUnavailableError`.
    """
    folder = settings.DATA_DIR / "pdf"
    pdf = folder / f"{name}-{hashlib.sha256((base_url + html).encode()).hexdigest()[:32]}.pdf"
    if pdf.exists():
        return pdf
    failed = pdf.with_suffix(".failed")
    with contextlib.suppress(OSError):
        if time.time() - failed.stat().st_mtime < RETRY_AFTER:
            raise PdfUnavailableError(RETRY_AFTER)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with _lock(folder / "lock", wait=wait):
            if not pdf.exists():  # Another process may have made it meanwhile.
                _write_pdf(html, base_url, files or {}, pdf)
                _remove_outdated(pdf, name)
    except (OSError, subprocess.SubprocessError):
        logger.exception("Could not make the PDF %s", pdf.name)
        with contextlib.suppress(OSError):
            failed.touch()
        raise PdfUnavailableError(RETRY_AFTER) from None
    return pdf


def remove_others(names: Iterable[str]) -> None:
    """Delete the PDFs whose name is not one of these, such as those of withdrawn leaflets."""
    kept = set(names)
    for file in (settings.DATA_DIR / "pdf").glob("*-*"):
        if file.suffix in (".pdf", ".failed") and file.stem.rpartition("-")[0] not in kept:
            file.unlink(missing_ok=True)


@contextlib.contextmanager
def _lock(path: Path, *, wait: bool) -> Iterator[None]:
    """Hold a lock that all processes of this machine share, because a PDF takes a core for some seconds.

    Raises `PdfUnavailableError` where it is held and `wait` is false.
    """
    with path.open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        except BlockingIOError:
            raise PdfUnavailableError(RETRY_WHEN_BUSY) from None
        yield


def _write_pdf(html: str, base_url: str, files: Mapping[str, bytes], pdf: Path) -> None:
    static_root = settings.STATICFILES_DIRS[0] if settings.DEBUG else settings.STATIC_ROOT
    with tempfile.NamedTemporaryFile(dir=pdf.parent, suffix=".part", delete=False) as part:
        path = Path(part.name)
    job = {
        "html": html,
        "base_url": base_url,
        "folders": {settings.STATIC_URL: str(static_root), settings.MEDIA_URL: str(settings.MEDIA_ROOT)},
        "files": {url: base64.b64encode(content).decode() for url, content in files.items()},
        "target": str(path),
        "characters": fonts.covered(),
    }
    try:
        subprocess.run(
            [sys.executable, "-m", "leaflets.formats.pdf_worker"],
            input=json.dumps(job),
            text=True,
            capture_output=True,
            check=True,
            timeout=settings.PDF_TIMEOUT,
            cwd=settings.BASE_DIR,
            # To find Pango, Python would run the compiler and the linker a dozen times, where they are installed.
            env=os.environ | {"PATH": "/nonexistent"},
        )
        path.replace(pdf)
    except subprocess.CalledProcessError as error:
        logger.warning("The PDF worker failed: %s", error.stderr[-2000:])
        raise
    finally:
        path.unlink(missing_ok=True)


def _remove_outdated(pdf: Path, name: str) -> None:
    for other in pdf.parent.glob(f"{name}-*"):
        if other != pdf:
            other.unlink(missing_ok=True)
