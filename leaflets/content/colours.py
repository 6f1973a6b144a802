"""The colours of pages that follow a service's own colour, computed so that all text on them can be read.

Only the lightness of the colour is changed, as little as necessary. A ratio of 7:1 is that of WCAG 2.2, 1.4.6 (AAA).
"""

import colorsys
import functools
import re
from collections.abc import Iterable
from dataclasses import dataclass

RATIO = 7.0
# For readers whose browser asks for more contrast.
RAISED_RATIO = 10.0
WHITE, NEAR_BLACK = "#ffffff", "#0f191b"
# The backgrounds and the texts of static/site.css, of which the colours here must be readable, or to be read on.
PAPER, CARD, INK, SOFT = "#fbf8f2", "#ffffff", "#17262b", "#3c4d55"
DARK_PAPER, DARK_CARD, DARK_INK, DARK_SOFT = "#0f191b", "#182528", "#eef4f2", "#c3d0cf"

_FORM = re.compile(r"#?([0-9a-fA-F]{6}|[0-9a-fA-F]{3})")
_STEPS = 255  # of lightness
_MIN_DIFFERENCE = (
    40  # of the strongest and the weakest channel, where lightness alone does not tell a colour from white
)
_MIN_RATIO_TO_PAPER = 1.2
_MIN_RATIO_TO_DARK_PAPER = 1.4


class ColourError(ValueError):
    """The colour cannot be used. The message says why, in words for staff."""


@dataclass(frozen=True)
class Tokens:
    """The four colours of one theme: the head of the page and the text in it, links, and the background of panels."""

    brand: str
    on_brand: str
    link: str
    tint: str


@dataclass(frozen=True)
class BrandColours:
    """The colours in light and dark, and the links for readers who ask for more contrast."""

    light: Tokens
    dark: Tokens
    raised_link: str
    raised_dark_link: str


def contrast(one: str, other: str) -> float:
    """Return the contrast ratio of two colours, from 1 to 21 (WCAG 2.2, "contrast ratio")."""
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def normalise_colour(text: str) -> str:
    """Return a colour such as #F00 or 0B4A55 as # and six digits, in small letters; any other text as it is."""
    found = _FORM.fullmatch(text)
    if found is None:
        return text
    digits = found[1].lower()
    return "#" + (digits if len(digits) == 6 else "".join(digit * 2 for digit in digits))


# Each layout of a page asks for the colours of one service, which take some milliseconds.
@functools.lru_cache(maxsize=16)
def brand_colours(colour: str) -> BrandColours:
    """Return the colours of pages for a colour in a form that `normalise_colour` knows. Raises `ColourError`."""
    is_colour = _FORM.fullmatch(colour)
    colour = normalise_colour(colour)
    if not is_colour:
        raise ColourError(
            f"“{colour[:20]}” is not a colour. Write # and six digits or letters from a to f, such as #0b4a55."
        )
    brand, on_brand = _readable_background(colour)
    if contrast(brand, PAPER) < _MIN_RATIO_TO_PAPER and _difference(brand) < _MIN_DIFFERENCE:
        raise ColourError(
            f"“{colour}” is almost white: the head of a page would look like the rest of it. Choose a darker colour."
        )
    tint = _with_lightness(colour, 0.92, max_saturation=0.35)
    tint = _shift(tint, +1, RATIO, (INK, SOFT))
    dark_tint = _with_lightness(colour, 0.135, max_saturation=0.45)
    dark_tint = _shift(dark_tint, -1, RATIO, (DARK_INK, DARK_SOFT))
    dark_brand = _shift(colour, -1, RATIO, (WHITE,))
    dark_brand = _shift(dark_brand, +1, _MIN_RATIO_TO_DARK_PAPER, (DARK_PAPER,))
    return BrandColours(
        Tokens(brand, on_brand, _shift(colour, -1, RATIO, (PAPER, CARD, tint)), tint),
        Tokens(dark_brand, WHITE, _shift(colour, +1, RATIO, (DARK_PAPER, DARK_CARD, dark_tint)), dark_tint),
        _shift(colour, -1, RAISED_RATIO, (WHITE,)),
        _shift(colour, +1, RAISED_RATIO, ("#000000",)),
    )


def brand_css(colour: str) -> str:
    """Return a stylesheet that sets the colours, to be read after static/site.css. Raises `ColourError`."""
    colours = brand_colours(colour)
    raised = f":root{{--link:{colours.raised_link};--tint:#ffffff}}"
    raised_dark = f":root{{--link:{colours.raised_dark_link};--tint:#000000}}"
    return (
        f"{_rule(colours.light)}\n"
        f"@media (prefers-color-scheme:dark){{{_rule(colours.dark)}}}\n"
        f"@media (prefers-contrast:more){{{raised}}}\n"
        f"@media (prefers-contrast:more) and (prefers-color-scheme:dark){{{raised_dark}}}\n"
    )


def _rule(tokens: Tokens) -> str:
    return f":root{{--brand:{tokens.brand};--on-brand:{tokens.on_brand};--link:{tokens.link};--tint:{tokens.tint}}}"


def _readable_background(colour: str) -> tuple[str, str]:
    """Return the colour for a background and that of the text on it: the pair that changes the colour less."""
    darker, lighter = _shift(colour, -1, RATIO, (WHITE,)), _shift(colour, +1, RATIO, (NEAR_BLACK,))
    is_dark = abs(_lightness(darker) - _lightness(colour)) <= abs(_lightness(lighter) - _lightness(colour))
    return (darker, WHITE) if is_dark else (lighter, NEAR_BLACK)


def _shift(colour: str, direction: int, ratio: float, others: Iterable[str]) -> str:
    """Return the colour, made darker (-1) or lighter (+1) until its contrast with each of the others is enough.

    The lightness runs to black or white, with which every ratio here is reached.
    """
    others = tuple(others)
    first = round(_lightness(colour) * _STEPS)
    shifted = colour.lower()
    for step in range(first, (_STEPS if direction > 0 else 0) + direction, direction):
        if step != first:
            shifted = _with_lightness(colour, step / _STEPS)
        if all(contrast(shifted, other) >= ratio for other in others):
            return shifted
    raise ColourError(f"“{colour}” cannot be made readable. Choose another colour.")


def _channels(colour: str) -> tuple[int, int, int]:
    red, green, blue = (int(colour[start : start + 2], 16) for start in (1, 3, 5))
    return red, green, blue


def _difference(colour: str) -> int:
    channels = _channels(colour)
    return max(channels) - min(channels)


def _luminance(colour: str) -> float:
    red, green, blue = (_linear(channel / 255) for channel in _channels(colour))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(channel: float) -> float:
    return float(channel / 12.92 if channel <= 0.04045 else ((channel + 0.055) / 1.055) ** 2.4)


def _lightness(colour: str) -> float:
    channels = _channels(colour)
    return (max(channels) + min(channels)) / 2 / 255


def _with_lightness(colour: str, lightness: float, max_saturation: float = 1.0) -> str:
    hue, _, saturation = colorsys.rgb_to_hls(*(channel / 255 for channel in _channels(colour)))
    channels = colorsys.hls_to_rgb(hue, lightness, min(saturation, max_saturation))
    return "#" + "".join(f"{round(channel * 255):02x}" for channel in channels)
