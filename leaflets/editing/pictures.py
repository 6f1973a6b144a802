"""Storage of pictures for leaflets: PNG, JPEG and WebP.

Uploads are decoded and encoded again, so that only their pixels are stored: not their name, metadata or appended data.
"""

import hashlib
import io
import re
import tempfile
from pathlib import Path
from typing import IO

from django.conf import settings
from PIL import Image, ImageOps, UnidentifiedImageError

MAX_BYTES = 5 * 1024 * 1024
MAX_PIXELS = 25_000_000
# Pixels. Enough for the widest column on a high-density screen; larger pictures are scaled down.
MAX_SIDE = 1600

# The formats that Pillow detects, and the extensions under which they are stored. Many phones make MPO files of JPEG.
_EXTENSIONS = {"PNG": "png", "JPEG": "jpg", "MPO": "jpg", "WEBP": "webp"}
_READABLE = ("PNG", "JPEG", "WEBP")
CONTENT_TYPES = {"png": "image/png", "jpg": "image/jpeg", "webp": "image/webp"}
NAME_PATTERN = rf"[0-9a-f]{{64}}\.(?:{'|'.join(CONTENT_TYPES)})"

TOO_LARGE = "This picture is larger than 5 MB. Save it smaller, then add it again."
_TOO_MANY_PIXELS = "This picture has more than 25 million pixels. Save it smaller, then add it again."
_OTHER_KIND = (
    "This file is not a PNG, JPEG or WebP picture. Save the picture as one of these, then add it again."
)
_UNREADABLE = "This picture cannot be read. Open it on your computer, save it again, then add it."


class PictureRefusedError(Exception):
    """The upload is not accepted. The message is shown to the user."""


def picture_path(name: str) -> Path:
    """Return the path of a picture's file. `name` must match `NAME_PATTERN`."""
    return Path(settings.MEDIA_ROOT) / "pictures" / name


def save_picture(file: IO[bytes]) -> str:
    """Store a picture and return its name: the SHA-256 of its bytes, with an extension.

    Raises `PictureRefusedError`, or `OSError` where the file cannot be written.
    """
    extension, picture = _decode(file)
    content = io.BytesIO()
    picture.save(content, Image.registered_extensions()[f".{extension}"], quality=85)
    name = f"{hashlib.sha256(content.getvalue()).hexdigest()}.{extension}"
    path = picture_path(name)
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        # Write atomically: a partial file would be cached for a year.
        with tempfile.NamedTemporaryFile(dir=path.parent, suffix=".part", delete=False) as part:
            part.write(content.getvalue())
        Path(part.name).replace(path)
    return name


def _decode(file: IO[bytes]) -> tuple[str, Image.Image]:
    """Return the extension to store a picture under, and its pixels: upright, at most `MAX_SIDE` wide and high."""
    try:
        with Image.open(file, formats=_READABLE) as sent:
            # The size is known from the header, before anything is decoded.
            if sent.width * sent.height > MAX_PIXELS:
                raise PictureRefusedError(_TOO_MANY_PIXELS)
            picture = sent.convert("RGBA" if sent.has_transparency_data else "RGB")
            extension = _EXTENSIONS[str(sent.format)]
        picture.thumbnail((MAX_SIDE, MAX_SIDE))
        picture = ImageOps.exif_transpose(picture)
    except PictureRefusedError:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise PictureRefusedError(_TOO_MANY_PIXELS) from None
    except UnidentifiedImageError:
        raise PictureRefusedError(_OTHER_KIND) from None
    except Exception:  # noqa: BLE001 - a broken file makes its decoder raise almost anything
        raise PictureRefusedError(_UNREADABLE) from None
    # Drop the metadata: location, camera, embedded thumbnail.
    picture.info.clear()
    return extension, picture


def picture_markdown(alternative: str, url: str) -> str:
    """Return the Markdown of a picture, with markup in the alternative text escaped."""
    escaped = re.sub(r"([\\\[\]*_`<>&|])", r"\\\1", alternative)
    return f"![{escaped}]({url})"
