"""Filters for the contact details of the service."""

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

register = template.Library()


@register.filter
def breakable(address: str) -> SafeString:
    """Return an e-mail address that a narrow page breaks after the @ only."""
    name, at, host = address.rpartition("@")
    return format_html("{}{}<wbr>{}", name, at, host) if at else format_html("{}", address)


@register.filter
def sentence(text: str) -> str:
    """Return a text with a full stop, unless it ends a sentence already."""
    return text if text.endswith((".", "!", "?", "…")) else f"{text}."
