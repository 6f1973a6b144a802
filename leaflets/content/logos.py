"""The logo of a service: an SVG or PNG, of which only what draws is kept.

An SVG is written again from lists of elements and attributes that draw and do nothing else. What drawing programs add
(metadata, their own names) is left out; what could run, animate or fetch something is refused, so that nobody thinks that
it is shown. Rules of a style sheet for classes become attributes: no style is left. Of a PNG the chunks with pixels and
colours are kept.

What is kept of a logo that was written by this module is the same, byte for byte.
"""

import functools
import io
import re
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from xml.etree import ElementTree as ET

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

MAX_LOGO_BYTES = 100_000
MAX_PNG_SIDE = 2_000  # pixels
MAX_PROPORTION = 10  # of the longer side to the shorter
MAX_ELEMENTS = 2_000
# A reference draws again what it leads to, so few elements can draw very many.
MAX_DRAWN = 10_000
_MAX_RULES = 200
_MAX_DEPTH = 40

LOGO_NAME = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*\.(?:svg|png)")
CONTENT_TYPES = {"svg": "image/svg+xml", "png": "image/png"}

_SVG = "http://www.w3.org/2000/svg"
_XLINK_HREF = "{http://www.w3.org/1999/xlink}href"
_NAMESPACE = re.compile(r"\{([^}]*)\}(.*)", re.DOTALL)

_ELEMENTS = frozenset(
    [
        "g",
        "defs",
        "symbol",
        "use",
        "path",
        "rect",
        "circle",
        "ellipse",
        "line",
        "polyline",
        "polygon",
        "text",
        "tspan",
        "linearGradient",
        "radialGradient",
        "stop",
        "clipPath",
        "mask",
    ]
)
_LEFT_OUT = frozenset(("title", "desc", "metadata", "style"))
_TEXTS = frozenset(("text", "tspan"))
_GRADIENTS = frozenset(("linearGradient", "radialGradient"))
_STYLES = frozenset(
    [
        "fill",
        "fill-opacity",
        "fill-rule",
        "stroke",
        "stroke-width",
        "stroke-linecap",
        "stroke-linejoin",
        "stroke-miterlimit",
        "stroke-dasharray",
        "stroke-dashoffset",
        "stroke-opacity",
        "opacity",
        "clip-path",
        "clip-rule",
        "mask",
        "stop-color",
        "stop-opacity",
        "color",
        "display",
        "visibility",
        "font-family",
        "font-size",
        "font-weight",
        "font-style",
        "font-stretch",
        "letter-spacing",
        "word-spacing",
        "text-anchor",
        "dominant-baseline",
        "vector-effect",
        "paint-order",
        "transform",
    ]
)
_ATTRIBUTES = _STYLES | frozenset(
    [
        "id",
        "viewBox",
        "preserveAspectRatio",
        "x",
        "y",
        "width",
        "height",
        "d",
        "points",
        "cx",
        "cy",
        "r",
        "rx",
        "ry",
        "x1",
        "y1",
        "x2",
        "y2",
        "fx",
        "fy",
        "fr",
        "dx",
        "dy",
        "rotate",
        "offset",
        "gradientTransform",
        "gradientUnits",
        "spreadMethod",
        "clipPathUnits",
        "maskUnits",
        "maskContentUnits",
        "pathLength",
        "textLength",
        "lengthAdjust",
    ]
)
_NOT_IN_NAMES = re.compile(r"[^\w-]")
_FUNCTIONS = frozenset(
    ["rgb", "rgba", "hsl", "hsla", "matrix", "translate", "scale", "rotate", "skewX", "skewY"]
)
_REFERENCE = re.compile(r"url\(\s*(['\"]?)#([A-Za-z_][\w.-]*)\1\s*\)")
_OWN_REFERENCE = re.compile(r"#[A-Za-z_][\w.-]*")
_ID = re.compile(r"[A-Za-z_][\w.-]*")
_NUMBER = re.compile(r"([0-9]{1,6}(?:\.[0-9]{1,10})?)(?:px)?")
_CLASS = re.compile(r"\.[\w-]+")

_UNREADABLE = "This logo cannot be read. Open it on your computer, save it again as SVG or PNG, then add it."
_OTHER_KIND = "This logo is not an SVG or PNG. Save it as one of these, then add it."
_TOO_LARGE = f"This logo is larger than {MAX_LOGO_BYTES // 1000} KB. Save it smaller, then add it again."
_RUNS = "This SVG has a part that could run something (`{}`). Save it as a plain SVG without it, or as PNG."
_FETCHES = (
    "This SVG fetches something from elsewhere, or has a picture in it. Save it as a plain SVG, or as PNG."
)
_OTHER_PART = (
    "This SVG has a part that is not used here (`{}`). Save it as a plain SVG without effects, or as PNG."
)
_STYLE_SHEET = (
    "This SVG has a style sheet that is not used here. Save it with “presentation attributes”, or as PNG."
)
_TOO_MUCH = "This SVG has too many parts. Save it simpler, or as PNG."
_NO_SIZE = "This SVG does not say how large it is. Save it with a `viewBox`, or as PNG."
_TOO_LONG = (
    f"This logo is more than {MAX_PROPORTION} times as long as high, or as high as long. Cut it out closer."
)


class LogoError(ValueError):
    """The logo is not accepted. The message says why, in words for staff."""


@dataclass(frozen=True)
class Logo:
    """What is kept of a logo. `extension` is "svg" or "png"; `width` and `height` are in the logo's own units."""

    extension: str
    content: bytes
    width: float
    height: float


# Each layout of a page asks for the size of one logo. What is refused is not kept.
@functools.lru_cache(maxsize=4)
def clean_logo(content: bytes) -> Logo:
    """Return what is kept of a logo. Raises `LogoError`."""
    if len(content) > MAX_LOGO_BYTES:
        raise LogoError(_TOO_LARGE)
    if content.startswith(_PNG_SIGNATURE):
        return _clean_png(content)
    if not content.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
        raise LogoError(_OTHER_KIND)
    return _clean_svg(content)


def fit(width: float, height: float, max_width: int, max_height: int) -> tuple[int, int]:
    """Return the size at which a logo fits into a box, in whole pixels."""
    scale = min(max_width / width, max_height / height)
    return max(1, round(width * scale)), max(1, round(height * scale))


def _checked(extension: str, content: bytes, width: float, height: float) -> Logo:
    if max(width, height) > MAX_PROPORTION * min(width, height):
        raise LogoError(_TOO_LONG)
    if len(content) > MAX_LOGO_BYTES:  # Rules of a style sheet become attributes of many elements.
        raise LogoError(_TOO_LARGE)
    return Logo(extension, content, width, height)


# --- SVG ---


def _clean_svg(content: bytes) -> Logo:
    try:
        root = fromstring(content, forbid_dtd=False, forbid_entities=True, forbid_external=True)
    except DefusedXmlException:
        raise LogoError(_FETCHES) from None
    # ValueError and LookupError: of an encoding that is unknown or wrong.
    except (ET.ParseError, ValueError, LookupError):
        raise LogoError(_UNREADABLE) from None
    if root.tag != f"{{{_SVG}}}svg":
        raise LogoError(_OTHER_KIND)
    cleaned = _Cleaner(root).clean()
    _check_amount(cleaned)
    width, height = _size(root)
    box = cleaned.attrib.pop("viewBox", f"0 0 {width:g} {height:g}")
    for name in ("width", "height", "x", "y", "transform"):
        cleaned.attrib.pop(name, None)
    attributes = {"xmlns": _SVG, "viewBox": box} | cleaned.attrib
    cleaned.attrib.clear()
    cleaned.attrib.update(attributes)
    return _checked("svg", ET.tostring(cleaned, encoding="utf-8"), width, height)


def _size(root: ET.Element) -> tuple[float, float]:
    box = root.get("viewBox", "").replace(",", " ").split()
    numbers = box[2:] if len(box) == 4 else [root.get("width", ""), root.get("height", "")]
    found = [_NUMBER.fullmatch(number.strip()) for number in numbers]
    sides = [float(match[1]) for match in found if match]
    if len(sides) < 2 or min(sides) <= 0:
        raise LogoError(_NO_SIZE)
    return sides[0], sides[1]


class _Cleaner:
    """Copies an SVG with only what is listed above. Raises `LogoError` for what could do something else."""

    def __init__(self, root: ET.Element) -> None:
        self._root = root
        self._count = 0
        # The properties of each class, of later rules last.
        self._rules: list[tuple[str, dict[str, str]]] = []
        for element in root.iter(f"{{{_SVG}}}style"):
            self._read_style_sheet("".join(element.itertext()))

    def clean(self) -> ET.Element:
        return self._copy(self._root, "svg", 0)

    def _copy(self, element: ET.Element, name: str, depth: int) -> ET.Element:
        self._count += 1
        if self._count > MAX_ELEMENTS or depth > _MAX_DEPTH:
            raise LogoError(_TOO_MUCH)
        copy = ET.Element(name, self._attributes(element, name))
        if name in _TEXTS:
            copy.text = element.text
        for child in element:
            child_name = _svg_name(child)
            if child_name in _ELEMENTS:
                copied = self._copy(child, child_name, depth + 1)
                copy.append(copied)
                copied.tail = child.tail if name in _TEXTS else None
            elif child_name == "script":
                raise LogoError(_RUNS.format("script"))
            elif child_name == "image":
                raise LogoError(_FETCHES)
            elif child_name and child_name not in _LEFT_OUT:
                raise LogoError(_OTHER_PART.format(child_name[:40]))
        return copy

    def _attributes(self, element: ET.Element, name: str) -> dict[str, str]:
        kept: dict[str, str] = {}
        for attribute, value in element.attrib.items():
            kept |= _kept_attribute(name, attribute, value)
        classes = set(element.get("class", "").split())
        for class_name, properties in self._rules:
            if class_name in classes:
                kept |= properties
        return kept | _properties(element.get("style", ""))

    def _read_style_sheet(self, text: str) -> None:
        *rules, rest = _without_comments(text).split("}")
        if rest.strip() or len(rules) > _MAX_RULES:
            raise LogoError(_STYLE_SHEET)
        for rule in rules:
            selectors, _, declarations = rule.partition("{")
            properties = _properties(declarations)
            for selector in selectors.split(","):
                if not _CLASS.fullmatch(selector.strip()):
                    raise LogoError(_STYLE_SHEET)
                self._rules.append((selector.strip()[1:], properties))
        if len(self._rules) > _MAX_RULES:
            raise LogoError(_STYLE_SHEET)


def _svg_name(element: ET.Element) -> str:
    """Return the name of an element of SVG; "" for those of other namespaces, and for comments."""
    found = _NAMESPACE.fullmatch(element.tag) if isinstance(element.tag, str) else None
    if found is None:
        return ""
    if found[1] == "http://www.w3.org/1999/xhtml":
        raise LogoError(_OTHER_PART.format(found[2][:40]))
    return found[2] if found[1] == _SVG else ""


def _kept_attribute(element: str, name: str, value: str) -> dict[str, str]:
    """Return an attribute as it is kept, as a mapping of none or one. Raises `LogoError`."""
    if name.lower().startswith("on"):
        raise LogoError(_RUNS.format(name[:40]))
    if name in ("href", _XLINK_HREF):
        if not _OWN_REFERENCE.fullmatch(value.strip()):
            raise LogoError(_FETCHES)
        return {"href": value.strip()} if element == "use" or element in _GRADIENTS else {}
    if name == "id":
        return {"id": value} if _ID.fullmatch(value) else {}
    return {name: _checked_value(value)} if name in _ATTRIBUTES else {}


def _without_comments(css: str) -> str:
    first, *others = css.split("/*")
    return " ".join([first, *(other.partition("*/")[2] for other in others)])


def _properties(declarations: str) -> dict[str, str]:
    """Return the properties of CSS that are attributes of SVG too."""
    found = {}
    for declaration in _without_comments(declarations).split(";"):
        name, _, value = declaration.partition(":")
        value = value.strip().removesuffix("!important").strip()
        if value:
            value = _checked_value(value)
            if name.strip().lower() in _STYLES:
                found[name.strip().lower()] = value
    return found


def _checked_value(value: str) -> str:
    """Return a value on one line. Raises `LogoError` where it is more than numbers, colours and own references."""
    value = " ".join(value.split())
    # A backslash can spell the name of a function in CSS.
    if "\\" in value or "@" in value:
        raise LogoError(_STYLE_SHEET)
    *before_brackets, _ = _REFERENCE.sub("", value).split("(")
    for part in before_brackets:
        name = _NOT_IN_NAMES.split(part.rstrip())[-1]
        if name.lower() == "url":
            raise LogoError(_FETCHES)
        if name not in _FUNCTIONS:
            raise LogoError(_OTHER_PART.format(f"{name[:40]}()"))
    return value


def _check_amount(root: ET.Element) -> None:
    """Raise `LogoError` where references draw too many elements, or one leads back to itself."""
    by_id = {element.get("id"): element for element in reversed(list(root.iter())) if element.get("id")}
    known: dict[ET.Element, int] = {}
    entered: set[ET.Element] = set()

    def amount(element: ET.Element, depth: int) -> int:
        if element in known:
            return known[element]
        if element in entered or depth > 8 * _MAX_DEPTH:
            raise LogoError(_TOO_MUCH)
        entered.add(element)
        total = 1
        for target in [*element, *(by_id[name] for name in _references(element) if name in by_id)]:
            total += amount(target, depth + 1)
        if total > MAX_DRAWN:
            raise LogoError(_TOO_MUCH)
        known[element] = total
        return total

    amount(root, 0)


def _references(element: ET.Element) -> Iterator[str]:
    for name, value in element.attrib.items():
        if name == "href":
            yield value[1:]
        else:
            yield from (found[1] for found in _REFERENCE.findall(value))


# --- PNG ---

_PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
# What draws: others are metadata, or an animation.
_CHUNKS = (b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS", b"gAMA", b"cHRM", b"sRGB")


def _clean_png(content: bytes) -> Logo:
    kept = b"".join([_PNG_SIGNATURE, *_png_chunks(content)])
    try:
        width, height = struct.unpack_from(">II", kept, len(_PNG_SIGNATURE) + 8)
    except struct.error:
        raise LogoError(_UNREADABLE) from None
    if not (0 < width <= MAX_PNG_SIDE and 0 < height <= MAX_PNG_SIDE):
        raise LogoError(
            f"This logo is more than {MAX_PNG_SIDE} pixels wide or high. Save it smaller, then add it again."
        )
    _decode_png(kept)
    return _checked("png", kept, width, height)


def _png_chunks(content: bytes) -> Iterator[bytes]:
    """Yield the chunks that are kept, up to the last one. Raises `LogoError` where they do not form a picture."""
    position, first = len(_PNG_SIGNATURE), True
    while True:
        header = content[position : position + 8]
        if len(header) < 8:
            raise LogoError(_UNREADABLE)
        length, kind = struct.unpack(">I4s", header)
        end = position + 12 + length
        if end > len(content) or first != (kind == b"IHDR"):
            raise LogoError(_UNREADABLE)
        chunk = content[position:end]
        if struct.unpack(">I", chunk[-4:])[0] != zlib.crc32(chunk[4:-4]):
            raise LogoError(_UNREADABLE)
        if kind in _CHUNKS:
            yield chunk
        if kind == b"IEND":
            return
        position, first = end, False


def _decode_png(content: bytes) -> None:
    # Imported here: only a process that reads a logo needs it.
    from PIL import Image

    try:
        with Image.open(io.BytesIO(content), formats=("PNG",)) as picture:
            picture.load()
    except Exception:  # noqa: BLE001 - a broken file makes the decoder raise almost anything
        raise LogoError(_UNREADABLE) from None
