"""The tag for icons, which are symbols of the page."""

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

register = template.Library()


@register.simple_tag
def icon(name: str) -> SafeString:
    """Return an icon beside words: it says nothing that they do not say."""
    return format_html('<svg class="icon" aria-hidden="true"><use href="#i-{}"/></svg>', name)
