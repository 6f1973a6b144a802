"""Pictures for leaflets: what staff send becomes a fresh PNG, JPEG or WebP, or is refused in plain words.

Nothing of the sender's file is kept but its pixels: not its name, not its metadata, not what hides behind it.
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
# Enough for the widest column on the finest screen. A parent's phone need not load more.
LONGEST_SIDE = 1600

# What a file may be, seen from its bytes, and what it is kept as. MPO is what many phones make of JPEG.
_KEPT_AS = {"PNG": "png", "JPEG": "jpg", "MPO": "jpg", "WEBP": "webp"}
_READABLE = ("PNG", "JPEG", "WEBP")
CONTENT_TYPES = {"png": "image/png", "jpg": "image/jpeg", "webp": "image/webp"}
NAME = rf"[0-9a-f]{{64}}\.(?:{'|'.join(CONTENT_TYPES)})"

TOO_LARGE = "This picture is larger than 5 MB. Save it smaller, then add it again."
_TOO_MANY_PIXELS = "This picture has more than 25 million pixels. Save it smaller, then add it again."
_OTHER_KIND = (
    "This file is not a PNG, JPEG or WebP picture. Save the picture as one of these, then add it again."
)
_UNREADABLE = "This picture cannot be read. Open it on your computer, save it again, then add it."


class RefusedError(Exception):
    """Why a picture is not kept, in words for whoever sent it."""


def path_of(name: str) -> Path:
    """The file of a picture that has this name."""
    return Path(settings.MEDIA_ROOT) / "pictures" / name


def keep(file: IO[bytes]) -> str:
    """Keep a picture, and return its name: the digest of its bytes. Raises `RefusedError`."""
    ending, picture = _read(file)
    content = io.BytesIO()
    picture.save(content, Image.registered_extensions()[f".{ending}"], quality=85)
    name = f"{hashlib.sha256(content.getvalue()).hexdigest()}.{ending}"
    path = path_of(name)
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        # Whole or not at all: whoever has seen half a picture under this name would keep that for a year.
        with tempfile.NamedTemporaryFile(dir=path.parent, suffix=".part", delete=False) as part:
            part.write(content.getvalue())
        Path(part.name).replace(path)
    return name


def _read(file: IO[bytes]) -> tuple[str, Image.Image]:
    """Return what to keep the picture as, and its pixels, upright and no larger than a page needs."""
    try:
        with Image.open(file, formats=_READABLE) as sent:
            # Known from the header: nothing has been decoded yet.
            if sent.width * sent.height > MAX_PIXELS:
                raise RefusedError(_TOO_MANY_PIXELS)
            picture = sent.convert("RGBA" if sent.has_transparency_data else "RGB")
            ending = _KEPT_AS[str(sent.format)]
        picture.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
        picture = ImageOps.exif_transpose(picture)
    except RefusedError:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise RefusedError(_TOO_MANY_PIXELS) from None
    except UnidentifiedImageError:
        raise RefusedError(_OTHER_KIND) from None
    except Exception:  # noqa: BLE001 - a broken file makes its decoder raise almost anything
        raise RefusedError(_UNREADABLE) from None
    # Where it was taken, with what, and its small copy of itself: none of that belongs on a page.
    picture.info.clear()
    return ending, picture


def markdown_for(alternative: str, url: str) -> str:
    """The Markdown that shows a picture. Marks in the alternative text stay what they are: characters."""
    escaped = re.sub(r"([\\\[\]*_`<>&|])", r"\\\1", alternative)
    return f"![{escaped}]({url})"
