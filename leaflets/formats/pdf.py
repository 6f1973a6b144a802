"""Leaflets as PDF: made once from the page's own HTML, kept on disk, never in the way of a page.

WeasyPrint runs in a process of its own (`leaflets.formats.pdf_worker`), with a time limit: whatever it does, a web
worker only waits for it, and not for long.
"""

import contextlib
import ctypes
import ctypes.util
import fcntl
import functools
import hashlib
import importlib.util
import json
import logging
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from django.conf import settings

logger = logging.getLogger(__name__)

# What WeasyPrint loads from the system: the part of Pango that every system packs separately.
PANGO_LIBRARIES = ("pango-1.0", "pangoft2-1.0", "harfbuzz-subset")
WAIT = 10  # seconds that a reader waits for others' PDFs to be made first
TRY_AGAIN_AFTER = 10 * 60  # seconds for which a leaflet that failed is not tried again


class PdfUnavailableError(Exception):
    """There is no PDF now. The reader is offered the page instead."""


@functools.cache
def is_available() -> bool:
    """Say whether this machine can make PDFs, without loading WeasyPrint into a web worker."""
    return importlib.util.find_spec("weasyprint") is not None and all(map(_is_loadable, PANGO_LIBRARIES))


def _is_loadable(library: str) -> bool:
    for name in (f"lib{library}.so.0", ctypes.util.find_library(library)):
        with contextlib.suppress(OSError):
            if name:
                ctypes.CDLL(name)
                return True
    return False


def get_pdf(html: str, *, name: str, base_url: str) -> Path:
    """Return the PDF of a page, making it where it is not kept yet.

    `name` says which leaflet, edition and display it is; the file's name adds what the page says, so that a
    changed page is a new PDF, and the old one of that name goes. `base_url` is the address that relative
    links start from. Raises `PdfUnavailableError`.
    """
    folder = settings.DATA_DIR / "pdf"
    pdf = folder / f"{name}-{hashlib.sha256((base_url + html).encode()).hexdigest()[:32]}.pdf"
    if pdf.exists():
        return pdf
    failed = pdf.with_suffix(".failed")
    with contextlib.suppress(OSError):
        if time.time() - failed.stat().st_mtime < TRY_AGAIN_AFTER:
            raise PdfUnavailableError
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with _one_at_a_time(folder / "lock"):
            if not pdf.exists():  # Somebody else may have made it while we waited.
                _make(html, base_url, pdf)
                _remove_others(pdf, name)
    except (OSError, subprocess.SubprocessError):
        logger.exception("The PDF %s could not be made", pdf.name)
        with contextlib.suppress(OSError):
            failed.touch()
        raise PdfUnavailableError from None
    return pdf


@contextlib.contextmanager
def _one_at_a_time(path: Path) -> Iterator[None]:
    """Hold the lock that all processes of this machine share: a PDF takes a core for some seconds."""
    with path.open("w") as lock:
        deadline = time.monotonic() + WAIT
        while True:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > deadline:
                    raise PdfUnavailableError from None
                time.sleep(0.1)
        yield


def _make(html: str, base_url: str, pdf: Path) -> None:
    static_root = settings.STATICFILES_DIRS[0] if settings.DEBUG else settings.STATIC_ROOT
    with tempfile.NamedTemporaryFile(dir=pdf.parent, suffix=".part", delete=False) as part:
        path = Path(part.name)
    job = {
        "html": html,
        "base_url": base_url,
        "folders": {settings.STATIC_URL: str(static_root), settings.MEDIA_URL: str(settings.MEDIA_ROOT)},
        "target": str(path),
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
        )
        path.replace(pdf)
    except subprocess.CalledProcessError as error:
        logger.warning("WeasyPrint says: %s", error.stderr[-2000:])
        raise
    finally:
        path.unlink(missing_ok=True)


def _remove_others(pdf: Path, name: str) -> None:
    for other in pdf.parent.glob(f"{name}-*"):
        if other != pdf:
            other.unlink(missing_ok=True)
