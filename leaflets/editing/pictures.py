"""Storage of pictures for leaflets: PNG, JPEG and WebP.

Uploads are decoded and encoded again by a process of their own (`leaflets.editing.picture_worker`), so that only their
pixels are stored: not their name, metadata or appended data.
"""

import hashlib
import logging
import re
import subprocess
import sys
import tempfile
import threading
from contextlib import ExitStack
from pathlib import Path
from typing import IO

from django.conf import settings

from .picture_worker import REFUSED, PictureRefusedError

MAX_BYTES = 10 * 1024 * 1024

CONTENT_TYPES = {"png": "image/png", "jpg": "image/jpeg", "webp": "image/webp"}
NAME_PATTERN = rf"[0-9a-f]{{64}}\.(?:{'|'.join(CONTENT_TYPES)})"

TOO_LARGE = "This picture is larger than 10 MB. Save it smaller, then add it again."
_BUSY = "Another picture is being stored. Wait a minute, then add this one again."
_TOO_SLOW = "This picture takes too long to read. Save it smaller, then add it again."
_UNREADABLE = "This picture cannot be read. Open it on your computer, save it again, then add it."

# Seconds. A picture of 48 megapixels takes two to four.
_TIMEOUT = 20
# Pictures take up to 200 MB each while they are read, and a core: one at a time in each process of the site.
_ONE_AT_A_TIME = threading.Lock()

logger = logging.getLogger(__name__)


def picture_path(name: str) -> Path:
    """Return the path of a picture's file. `name` must match `NAME_PATTERN`."""
    return Path(settings.MEDIA_ROOT) / "pictures" / name


def save_picture(file: IO[bytes]) -> str:
    """Store a picture and return its name: the SHA-256 of its bytes, with an extension.

    Raises `PictureRefusedError`, or `OSError` where the file cannot be written.
    """
    extension, content = _convert(file.read())
    name = f"{hashlib.sha256(content).hexdigest()}.{extension}"
    path = picture_path(name)
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        # Write atomically: a partial file would be cached for a year.
        with (
            tempfile.NamedTemporaryFile(dir=path.parent, suffix=".part", delete=False) as part,
            ExitStack() as cleanup,
        ):
            cleanup.callback(Path(part.name).unlink, missing_ok=True)
            part.write(content)
            part.flush()
            Path(part.name).replace(path)
    return name


def _convert(sent: bytes) -> tuple[str, bytes]:
    """Return the extension and the content of the file to store. Raises `PictureRefusedError` or `OSError`."""
    if not _ONE_AT_A_TIME.acquire(timeout=_TIMEOUT):
        raise PictureRefusedError(_BUSY)
    try:
        worker = subprocess.run(
            [sys.executable, "-m", "leaflets.editing.picture_worker"],
            input=sent,
            capture_output=True,
            check=False,
            timeout=_TIMEOUT,
            cwd=settings.BASE_DIR,
        )
    except subprocess.TimeoutExpired:
        raise PictureRefusedError(_TOO_SLOW) from None
    finally:
        _ONE_AT_A_TIME.release()
    if worker.returncode == REFUSED:
        raise PictureRefusedError(worker.stdout.decode())
    if worker.returncode:
        logger.warning("The picture worker failed: %s", worker.stderr[-2000:].decode(errors="replace"))
        raise PictureRefusedError(_UNREADABLE)
    extension, _, content = worker.stdout.partition(b"\n")
    return extension.decode(), content


def picture_markdown(alternative: str, url: str) -> str:
    """Return the Markdown of a picture, with markup in the alternative text escaped."""
    escaped = re.sub(r"([\\\[\]*_`<>&|])", r"\\\1", alternative)
    return f"![{escaped}]({url})"
