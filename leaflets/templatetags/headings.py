"""Links to the headings inside a section's text, which are not stored with it."""

import re

from django import template
from django.utils.html import strip_tags
from django.utils.safestring import SafeString, mark_safe

register = template.Library()

_HEADING = re.compile(r'<h([3-6]) id="([^"]*)"[^>]*>(.*?)</h\1>', re.DOTALL)


@register.filter
def link_headings(html: str, display: str) -> SafeString:
    """Return the stored HTML of a section with a link to itself beside each heading that has an anchor.

    In large print the address of the link says so, so that who gets it reads in large print too. A link without a query
    keeps that of the page.
    """
    query = "?display=large" if display == "large" else ""

    def add(match: re.Match[str]) -> str:
        anchor, text = match[2], _without_number(match[3])
        return (
            f'<div class="heading">{match[0]}<a href="{query}#{anchor}" class="here">'
            f'<span class="visually-hidden">Link to “{text}”</span></a></div>'
        )

    return mark_safe(_HEADING.sub(add, html))  # noqa: S308 (sanitised when it was stored)


def _without_number(html: str) -> str:
    """Return the words of a heading, without the number of its step."""
    return strip_tags(re.sub(r"^<i>\d</i> ", "", html)) if "<" in html else html
