"""The colours that a logo is painted in, and the background behind it where it could not be seen on the head of a page."""

import functools
import io
from collections import Counter
from collections.abc import Collection, Iterator
from xml.etree import ElementTree as ET

from defusedxml.ElementTree import fromstring

from .colours import NEAR_BLACK, WHITE, ColourError, brand_colours, contrast
from .logos import Logo

# The head of a page of a service without a colour of its own, as in static/site.css: light and dark.
HEADER_COLOURS = ("#0b4a55", "#0c3c46")
# Of what carries meaning in a picture: WCAG 2.2, 1.4.11.
_SEEN = 3.0
_MAX_COLOURS = 8
_LEAST_SHARE = 0.05  # of a picture's pixels; the edges of shapes have many colours
_SAMPLE = 64  # pixels of the longer side

_SHAPES = frozenset(
    ("path", "rect", "circle", "ellipse", "line", "polyline", "polygon", "text", "tspan", "use")
)
_NOT_PAINTED = frozenset(("clipPath", "mask"))
_PAINTED_ELSEWHERE = frozenset(("defs", "symbol"))
_INHERITED = ("fill", "stroke", "color")


# Each layout of a page asks for the colours of one logo, which is decoded for them.
@functools.lru_cache(maxsize=4)
def find_colours(logo: Logo) -> frozenset[str]:
    """Return the colours, such as "#0b4a55", that a logo is painted in: of a PNG at most 8, those of most pixels."""
    if logo.extension == "png":
        return frozenset(_colours_of_pixels(logo.content))
    root = fromstring(logo.content)
    return frozenset(_paints(root, {"fill": "black", "stroke": "none", "color": "black"}, is_used=True))


def header_colours(brand_colour: str) -> tuple[str, ...]:
    """Return the backgrounds of the head of a page, in light and dark, for a service's colour or ""."""
    try:
        colours = brand_colours(brand_colour) if brand_colour else None
    except ColourError:
        colours = None
    return (colours.light.brand, colours.dark.brand) if colours else HEADER_COLOURS


def choose_background(colours: Collection[str], headers: Collection[str]) -> str:
    """Return the background on which more of a logo's colours are seen than on these headers, or "" for none."""
    seen = len(colours) - len(find_unseen(colours, headers))
    best = max((WHITE, NEAR_BLACK), key=lambda colour: -len(find_unseen(colours, [colour])))
    return best if len(colours) - len(find_unseen(colours, [best])) > seen else ""


def find_hidden(logo: Logo, brand_colour: str) -> set[str]:
    """Return the colours of a logo that are not seen on its background or, without one, on the head of a page."""
    colours, headers = find_colours(logo), header_colours(brand_colour)
    background = choose_background(colours, headers)
    return find_unseen(colours, [background] if background else headers)


def find_unseen(colours: Collection[str], backgrounds: Collection[str]) -> set[str]:
    """Return the colours that are not told from one of the backgrounds."""
    return {
        colour
        for colour in colours
        if any(contrast(colour, background) < _SEEN for background in backgrounds)
    }


def _paints(element: ET.Element, inherited: dict[str, str], *, is_used: bool) -> Iterator[str]:
    name = element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""
    if name in _NOT_PAINTED:
        return
    own = {paint: element.get(paint, "") for paint in _INHERITED}
    paints = inherited | {paint: value for paint, value in own.items() if _is_paint(value)}
    if name == "stop":
        yield from _colour_of(element.get("stop-color", "black"), paints)
    if name in _SHAPES:
        # A shape that is drawn by a reference takes what it does not say itself from there.
        for paint in ("fill", "stroke"):
            if (is_used or own[paint]) and not (name == "line" and paint == "fill"):
                yield from _colour_of(paints[paint], paints)
    for child in element:
        yield from _paints(child, paints, is_used=is_used and name not in _PAINTED_ELSEWHERE)


def _is_paint(value: str) -> bool:
    return bool(value) and (
        value.lower() in ("none", "currentcolor", "transparent")
        or value.startswith("url(")
        or _rgb(value) != ""
    )


def _colour_of(value: str, paints: dict[str, str]) -> Iterator[str]:
    """Yield the colour of a paint, or nothing: the colours of a gradient are those of its stops."""
    if value.lower() == "currentcolor":
        value = paints["color"]
    if colour := _rgb(value):
        yield colour


def _rgb(value: str) -> str:
    # Imported here: only a process that reads a logo needs it.
    from PIL import ImageColor

    try:
        red, green, blue = ImageColor.getrgb(value)[:3]
    except ValueError:
        return ""
    return f"#{red:02x}{green:02x}{blue:02x}"


def _colours_of_pixels(content: bytes) -> set[str]:
    from PIL import Image

    with Image.open(io.BytesIO(content), formats=("PNG",)) as picture:
        small = picture.convert("RGBA")
    scale = _SAMPLE / max(small.size)
    if scale < 1:
        sides = tuple(max(1, round(side * scale)) for side in small.size)
        small = small.resize((sides[0], sides[1]), Image.Resampling.NEAREST)
    data = small.tobytes()
    opaque = [data[place : place + 3] for place in range(0, len(data), 4) if data[place + 3] >= 128]
    if not opaque:
        return set()
    if len(set(opaque)) > _MAX_COLOURS:
        strip = (
            Image.frombytes("RGB", (len(opaque), 1), b"".join(opaque)).quantize(_MAX_COLOURS).convert("RGB")
        )
        data = strip.tobytes()
        opaque = [data[place : place + 3] for place in range(0, len(data), 3)]
    counted = Counter(opaque)
    shown = [colour for colour, number in counted.items() if number >= _LEAST_SHARE * len(opaque)]
    return {f"#{colour.hex()}" for colour in shown or [counted.most_common(1)[0][0]]}
