"""Pieces of HTML that stand on many pages, or many times on one: a template rendered once, with gaps.

Rendering a template costs many times as much as putting words into what it made. So the template of such
a piece decides nothing by the words that go into its gaps.
"""

from functools import cache
from html import escape

from django.conf import settings
from django.template.loader import render_to_string
from django.utils.safestring import SafeString


class Stencil:
    """A rendered template with named gaps. What decides its form is its context."""

    def __init__(self, template: str, gaps: tuple[str, ...], **context: object) -> None:
        marks = {name: f"-gap-{name}-" for name in gaps}
        rendered = render_to_string(template, {**context, **marks})
        form = rendered.replace("{", "{{").replace("}", "}}")
        for name, mark in marks.items():
            form = form.replace(mark, f"{{{name}}}")
        self._form = form

    def fill(self, **words: str) -> SafeString:
        """The piece with these words in its gaps; what is not marked as safe HTML is escaped."""
        for name, word in words.items():
            if type(word) is not SafeString:
                words[name] = escape(word)
        return SafeString(self._form.format_map(words))


@cache
def _kept(template: str, gaps: tuple[str, ...], context: frozenset[tuple[str, bool]]) -> Stencil:
    return Stencil(template, gaps, **dict(context))


def stencil(template: str, *gaps: str, **context: bool) -> Stencil:
    """The stencil of a template that is the same whatever happens to the site: made once in each process."""
    # Whoever works on the templates sees each change at once.
    make = _kept.__wrapped__ if settings.DEBUG else _kept
    return make(template, gaps, frozenset(context.items()))
