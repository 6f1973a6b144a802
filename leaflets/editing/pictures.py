"""Storage of pictures for leaflets: PNG, JPEG and WebP.

Uploads are decoded and encoded again by a process of their own (`leaflets.editing.picture_worker`), so that only their
pixels are stored: not their name, metadata or appended data.
"""

import hashlib
import re
import subprocess
import threading
from pathlib import Path
from typing import IO

from django.conf import settings

from .picture_worker import PictureRefusedError
from .upload_storage import TIMEOUT, WorkerError, run_worker, store

CONTENT_TYPES = {"png": "image/png", "jpg": "image/jpeg", "webp": "image/webp"}
NAME_PATTERN = rf"[0-9a-f]{{64}}\.(?:{'|'.join(CONTENT_TYPES)})"

TOO_LARGE = "This picture is larger than 10 MB. Save it smaller, then add it again."
_BUSY = "Another picture is being stored. Wait a minute, then add this one again."
_TOO_SLOW = "This picture takes too long to read. Save it smaller, then add it again."
_UNREADABLE = "This picture cannot be read. Open it on your computer, save it again, then add it."

# Pictures take up to 200 MB each while they are read, and a core: one at a time in each process of the site.
_ONE_AT_A_TIME = threading.Lock()


def picture_path(name: str) -> Path:
    """Return the path of a picture's file. `name` must match `NAME_PATTERN`."""
    return Path(settings.MEDIA_ROOT) / "pictures" / name


def save_picture(file: IO[bytes]) -> str:
    """Store a picture and return its name: the SHA-256 of its bytes, with an extension.

    Raises `PictureRefusedError`, or `OSError` where the file cannot be written.
    """
    extension, content = _convert(file.read())
    name = f"{hashlib.sha256(content).hexdigest()}.{extension}"
    store(picture_path(name), content)
    return name


def _convert(sent: bytes) -> tuple[str, bytes]:
    """Return the extension and the content of the file to store. Raises `PictureRefusedError` or `OSError`."""
    if not _ONE_AT_A_TIME.acquire(timeout=TIMEOUT):
        raise PictureRefusedError(_BUSY)
    try:
        extension, _, content = run_worker("leaflets.editing.picture_worker", sent).partition(b"\n")
    except subprocess.TimeoutExpired:
        raise PictureRefusedError(_TOO_SLOW) from None
    except WorkerError as error:
        raise PictureRefusedError(error.refusal or _UNREADABLE) from None
    finally:
        _ONE_AT_A_TIME.release()
    return extension.decode(), content


def picture_markdown(alternative: str, url: str) -> str:
    """Return the Markdown of a picture, with markup in the alternative text escaped."""
    escaped = re.sub(r"([\\\[\]*_`<>&|])", r"\\\1", alternative)
    return f"![{escaped}]({url})"
