"""Storage of pictures for leaflets: PNG, JPEG and WebP.

Uploads are decoded and encoded again by a process of their own (`leaflets.editing.picture_worker`), so that only their
pixels are stored: not their name, metadata or appended data.
"""

import hashlib
from pathlib import Path
from typing import IO

from django.conf import settings

from .refusals import PictureRefusedError
from .upload_storage import UploadWorker, escape_words, store

CONTENT_TYPES = {"png": "image/png", "jpg": "image/jpeg", "webp": "image/webp"}
NAME_PATTERN = rf"[0-9a-f]{{64}}\.(?:{'|'.join(CONTENT_TYPES)})"

TOO_LARGE = "This picture is larger than 10 MB. Save it smaller, then add it again."
_BUSY = "Another picture is being stored. Wait a minute, then add this one again."
_TOO_SLOW = "This picture takes too long to read. Save it smaller, then add it again."
_UNREADABLE = "This picture cannot be read. Open it on your computer, save it again, then add it."

# It takes up to 200 MB.
_WORKER = UploadWorker(
    "leaflets.editing.picture_worker",
    PictureRefusedError,
    busy=_BUSY,
    too_slow=_TOO_SLOW,
    unreadable=_UNREADABLE,
)


def picture_path(name: str) -> Path:
    """Return the path of a picture's file. `name` must match `NAME_PATTERN`."""
    return Path(settings.MEDIA_ROOT) / "pictures" / name


def save_picture(file: IO[bytes]) -> str:
    """Store a picture and return its name: the SHA-256 of its bytes, with an extension.

    Raises `PictureRefusedError`, or `OSError` where the file cannot be written.
    """
    extension, _, content = _WORKER.read(file.read()).partition(b"\n")
    name = f"{hashlib.sha256(content).hexdigest()}.{extension.decode()}"
    store(picture_path(name), content)
    return name


def picture_markdown(alternative: str, url: str) -> str:
    """Return the Markdown of a picture, with markup in the alternative text escaped."""
    return f"![{escape_words(alternative)}]({url})"
