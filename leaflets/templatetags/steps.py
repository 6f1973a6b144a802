"""The drawing of four steps that come round again."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from django import template
from django.template.loader import render_to_string
from django.utils.safestring import SafeString

register = template.Library()

# The measures of the drawing, in units of its view box, which is 200 wide: a letter of 1 em has 16.
_EM, _PADDING, _MIN_WIDTH = 16, 5, 70
# The arrows need the space beside the boxes above and below; there is a gap between those at the sides.
_MAX_WIDTH, _MAX_WIDTHS_BESIDE = 116, 188
_NARROW, _WIDE = "fijlrtIJ.,;:'’!|()- ", "mwMW@%&"


@dataclass(frozen=True)
class Box:
    """A step: its words, and the left edge and the width of the box around them."""

    words: str
    x: int
    width: int

    @property
    def middle(self) -> float:
        return self.x + self.width / 2

    @property
    def before(self) -> int:
        """Where an arrow begins or ends left of the box."""
        return self.x - 3

    @property
    def after(self) -> int:
        """Where an arrow begins or ends right of the box."""
        return self.x + self.width + 3


@register.simple_tag
def draw_cycle(steps: list[str], name: object) -> SafeString:
    """Draw four steps, as `Section.cycle`; nothing where the words do not fit. `name` makes the drawing's id unique."""
    return _draw(tuple(steps), name)


# A drawing takes a tenth of the time of its page.
@lru_cache(maxsize=100)
def _draw(steps: tuple[str, ...], name: object) -> SafeString:
    return render_to_string("leaflets/_cycle.html", {"steps": steps, "boxes": arrange(steps), "name": name})


def arrange(steps: Sequence[str]) -> list[Box]:
    """Return the boxes of four steps, clockwise from the top; none where the words do not fit."""
    words = [f"{number} {step}" for number, step in enumerate(steps, 1)]
    top, right, bottom, left = (max(_MIN_WIDTH, round(_width(one)) + 2 * _PADDING) for one in words)
    if max(top, bottom) > _MAX_WIDTH or right + left > _MAX_WIDTHS_BESIDE:
        return []
    places = ((100 - top // 2, top), (198 - right, right), (100 - bottom // 2, bottom), (2, left))
    return [Box(one, x, width) for one, (x, width) in zip(words, places, strict=True)]


def _width(words: str) -> float:
    """Return the width of bold words in DejaVu Sans, the widest font that a page may have."""
    return _EM * sum(map(_em, words))


def _em(letter: str) -> float:
    if letter in _NARROW:
        return 0.5
    if letter in _WIDE or not letter.isascii():
        return 1.1
    return 0.85 if letter.isupper() else 0.72
