"""Worker process of `leaflets.editing.pictures` that reads one picture. Does not import Django.

It reads the upload from standard input. On standard output it writes the extension of the stored file, a line break and
the file; or, with the exit status `REFUSED`, why the upload is not accepted. Its memory and its time are limited, so that
no upload affects the web worker.

Pictures are stored upright, in the colours of sRGB, at most `MAX_SIDE` wide and high, and without metadata.
"""

import io
import math
import resource
import sys
from collections.abc import Iterator

from PIL import Image, ImageCms, ImageOps, UnidentifiedImageError

from leaflets.editing.refusals import REFUSED, PictureRefusedError

# Pixels. Enough for the widest column on a high-density screen; larger pictures are scaled down.
MAX_SIDE = 1600
# A photograph of 48 megapixels is somewhat larger than 48,000,000 pixels.
MAX_PIXELS = 50_000_000
# Bytes. The rest is for the process itself, the file and the result.
MAX_MEMORY = 200_000_000
_MAX_PIXEL_MEMORY = 145_000_000

# The formats that Pillow detects, and the extensions under which they are stored. Many phones make MPO files of JPEG.
_EXTENSIONS = {"PNG": "png", "JPEG": "jpg", "MPO": "jpg", "WEBP": "webp"}
_READABLE = ("PNG", "JPEG", "WEBP")
# Bytes that Pillow needs for each pixel, measured. A WebP is decoded into four copies, and its file is in memory twice more.
_WEBP_PIXEL = 18
_PIXEL = {"1": 1, "L": 1, "P": 1, "I;16": 2}
_OTHER_PIXEL = 4
_ROWS = 32  # of the result, which are made at a time

_OTHER_KIND = (
    "This file is not a PNG, JPEG or WebP picture. Save the picture as one of these, then add it again."
)
_UNREADABLE = "This picture cannot be read. Open it on your computer, save it again, then add it."
_TOO_MUCH_MEMORY = (
    "This picture is too large to be read here. Save it smaller, or as an ordinary JPEG, then add it again."
)
# Pillow reserves the memory of a WebP when it opens the file, before its size is known.
_UNREADABLE_WEBP = (
    f"This picture cannot be read, or has more than {_MAX_PIXEL_MEMORY // _WEBP_PIXEL // 1_000_000} million pixels, "
    "which is too many for a WebP picture. Save it smaller, or as a JPEG, then add it again."
)


def convert(content: bytes) -> tuple[str, bytes]:
    """Return the extension and the content of the file to store. Raises `PictureRefusedError`."""
    try:
        extension, picture = _read(content)
        picture.thumbnail((MAX_SIDE, MAX_SIDE))
        picture = _to_srgb(picture)
        ImageOps.exif_transpose(picture, in_place=True)
        # The metadata: location, camera, embedded thumbnail.
        picture.info.clear()
        stored = io.BytesIO()
        picture.save(stored, Image.registered_extensions()[f".{extension}"], quality=85)
    except PictureRefusedError:
        raise
    except MemoryError:
        raise PictureRefusedError(_TOO_MUCH_MEMORY) from None
    except Image.DecompressionBombError:
        raise PictureRefusedError(_too_many_pixels(MAX_PIXELS)) from None
    except UnidentifiedImageError:
        raise PictureRefusedError(_OTHER_KIND) from None
    except Exception:  # noqa: BLE001 - a broken file makes its decoder raise almost anything
        is_webp = content[8:12] == b"WEBP"
        raise PictureRefusedError(_UNREADABLE_WEBP if is_webp else _UNREADABLE) from None
    return extension, stored.getvalue()


def _read(content: bytes) -> tuple[str, Image.Image]:
    """Return the extension and the pixels, with the metadata that says how to show them.

    The pixels as they were sent are freed when this returns.
    """
    with Image.open(io.BytesIO(content), formats=_READABLE) as sent:
        # Known from the header, before anything is decoded.
        most = _max_pixels(sent)
        if sent.width * sent.height > most:
            raise PictureRefusedError(_too_many_pixels(most))
        metadata = {name: sent.info[name] for name in ("icc_profile", "exif") if name in sent.info}
        extension = _EXTENSIONS[str(sent.format)]
        picture = _scale_down(sent)
    picture.info.update(metadata)
    return extension, picture


def _too_many_pixels(most: int) -> str:
    return (
        f"This picture has too many pixels: the site can read {most // 1_000_000} million in a picture of this "
        "kind. Save it smaller, or as an ordinary JPEG, then add it again."
    )


def _max_pixels(sent: Image.Image) -> int:
    """Return how many pixels a picture like this may have: as many as fit into the memory."""
    if sent.format == "WEBP":
        pixel = float(_WEBP_PIXEL)
    elif sent.format == "PNG":
        pixel = _PIXEL.get(sent.mode, _OTHER_PIXEL)
    elif "progressive" in sent.info:
        # All coefficients of all components are kept, 2 bytes each. `layer`: (id, horizontal, vertical sampling, table).
        samples = [across * down for _id, across, down, _table in getattr(sent, "layer", ())]
        pixel = 2 * sum(samples) / max(samples, default=1)
    else:
        pixel = 0.0  # Decoded at a fraction of its size.
    return min(MAX_PIXELS, int(_MAX_PIXEL_MEMORY / pixel)) if pixel else MAX_PIXELS


def _scale_down(sent: Image.Image) -> Image.Image:
    """Return the pixels in mode L, RGB, RGBA or CMYK, less than twice `MAX_SIDE` wide and high."""
    scale = min(1.0, MAX_SIDE / max(sent.size))
    # A JPEG is decoded at the smallest eighth of its size that is not smaller than this.
    sent.draft(None, (math.ceil(sent.width * scale), math.ceil(sent.height * scale)))
    sent.load()
    factor = max(1, max(sent.size) // MAX_SIDE)
    strips = _strips(sent, factor)
    first = next(strips)
    picture = Image.new(first.mode, (first.width, math.ceil(sent.height / factor)))
    picture.paste(first, (0, 0))
    for number, strip in enumerate(strips, start=1):
        picture.paste(strip, (0, number * _ROWS))
    return picture


def _strips(sent: Image.Image, factor: int) -> Iterator[Image.Image]:
    """Yield the picture, made smaller by a whole number, in strips: converting it whole would take memory twice."""
    if sent.mode == "I;16":
        mode = "L"
    elif sent.has_transparency_data:
        mode = "RGBA"
    else:
        mode = sent.mode if sent.mode in ("L", "CMYK") else "RGB"
    for top in range(0, sent.height, _ROWS * factor):
        strip = sent.crop((0, top, sent.width, min(sent.height, top + _ROWS * factor)))
        if sent.mode == "I;16":
            # Pillow's own conversion cuts off what is lighter than 255 of 65,535.
            strip = strip.convert("I").point([value // 256 for value in range(65_536)], "L")
        yield strip.convert(mode).reduce(factor)


def _to_srgb(picture: Image.Image) -> Image.Image:
    """Return the picture in RGB or RGBA. Its profile says which colours its values mean: without one, those of sRGB."""
    metadata = picture.info
    alpha = picture.getchannel("A") if picture.mode == "RGBA" else None
    colours = picture.convert("RGB") if alpha else picture
    try:
        if metadata.get("icc_profile"):
            source = ImageCms.ImageCmsProfile(io.BytesIO(metadata["icc_profile"]))
            target = ImageCms.createProfile("sRGB")
            # It returns None only where it changes the picture in place.
            colours = ImageCms.profileToProfile(colours, source, target, outputMode="RGB") or colours
    except (OSError, ImageCms.PyCMSError):
        pass  # A profile that is broken, or of another kind of picture. Browsers ignore it too.
    colours = colours.convert("RGB")
    if alpha:
        colours.putalpha(alpha)
    colours.info = metadata
    return colours


def main() -> None:
    """Read the upload, and write the file to store or the refusal."""
    resource.setrlimit(resource.RLIMIT_DATA, (MAX_MEMORY, MAX_MEMORY))
    try:
        extension, stored = convert(sys.stdin.buffer.read())
    except PictureRefusedError as refused:
        sys.stdout.buffer.write(str(refused).encode())
        sys.exit(REFUSED)
    sys.stdout.buffer.write(f"{extension}\n".encode() + stored)


if __name__ == "__main__":
    main()
