"""Picture files for tests: valid ones and malicious ones."""

import io
import struct
import zlib
from typing import Any

from PIL import Image


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
    """A PNG with a compressed text that unpacks to 100 MB."""
    whole = picture()
    end = whole.rindex(b"IEND") - 4
    return whole[:end] + _chunk(b"zTXt", b"Comment\0\0" + zlib.compress(b"x" * 100_000_000)) + whole[end:]


def _chunk(kind: bytes, content: bytes) -> bytes:
    checksum = struct.pack(">I", zlib.crc32(kind + content))
    return struct.pack(">I", len(content)) + kind + content + checksum
