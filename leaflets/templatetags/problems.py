"""Display of the sentences in which problems and hints are told."""

import re

from django import template
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

register = template.Library()

_CODE = re.compile(r"`([^`]+)`")


@register.filter
def code_spans(message: str) -> SafeString:
    """Return the HTML of a sentence. What stands between backticks, to be typed as it is, becomes `<code>`."""
    return mark_safe(_CODE.sub(r"<code>\1</code>", escape(message)))  # noqa: S308 (escaped)
