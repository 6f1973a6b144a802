"""Picture files for tests: valid ones and malicious ones."""

import io
import struct
import zlib
from typing import Any

from PIL import Image, ImageCms


def picture(kind: str = "PNG", mode: str = "RGB", size: tuple[int, int] = (40, 20), **options: Any) -> bytes:
    """A picture, the left half in one colour and the right half in another."""
    image = Image.new(mode, size)
    image.paste(Image.new(mode, (size[0] // 2, size[1]), "white"))
    content = io.BytesIO()
    image.save(content, kind, **options)
    return content.getvalue()


def located() -> Image.Exif:
    """Metadata as a phone writes it: the location, and a rotation of 90 degrees."""
    exif = Image.Exif()
    exif[0x0110] = "Phone of Ann"
    exif[0x0112] = 6  # rotated
    exif.get_ifd(0x8825).update({1: "N", 2: (54.0, 41.0, 30.0)})
    return exif


def bomb(width: int = 50_000, height: int = 50_000) -> bytes:
    """A small PNG whose header claims billions of pixels."""
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    pixels = zlib.compress(b"\0" * 100_000)
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", header) + _chunk(b"IDAT", pixels) + _chunk(b"IEND", b"")


def with_text(text: bytes) -> bytes:
    """A PNG that carries a text in a chunk of its own, and again after its end."""
    whole = picture()
    end = whole.rindex(b"IEND") - 4
    return whole[:end] + _chunk(b"tEXt", b"Comment\0" + text) + whole[end:] + text


def text_bomb() -> bytes:
    """A PNG with a compressed text that unpacks to 20 MB."""
    whole = picture()
    end = whole.rindex(b"IEND") - 4
    return whole[:end] + _chunk(b"zTXt", b"Comment\0\0" + zlib.compress(b"x" * 20_000_000)) + whole[end:]


def _chunk(kind: bytes, content: bytes) -> bytes:
    checksum = struct.pack(">I", zlib.crc32(kind + content))
    return struct.pack(">I", len(content)) + kind + content + checksum


def display_p3() -> bytes:
    """The colour profile of an iPhone's pictures: that of sRGB with the primaries of Display P3."""
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    primaries = {  # XYZ, adapted to D50
        b"rXYZ": (0.51512, 0.24120, -0.00105),
        b"gXYZ": (0.29198, 0.69225, 0.04189),
        b"bXYZ": (0.15710, 0.06657, 0.78407),
    }
    for tag, values in primaries.items():
        place = profile.index(tag)
        start = struct.unpack(">I", profile[place + 4 : place + 8])[0] + 8
        numbers = b"".join(struct.pack(">i", round(value * 65_536)) for value in values)
        profile = profile[:start] + numbers + profile[start + 12 :]
    return profile


def grey_ramp() -> bytes:
    """A PNG in 16-bit grey: 256 columns from black to white."""
    image = Image.new("I;16", (256, 4))
    for column in range(256):
        image.paste(column * 257, (column, 0, column + 1, 4))
    content = io.BytesIO()
    image.save(content, "PNG")
    return content.getvalue()
