"""The tag for QR codes, which lead from paper to the site."""

from functools import lru_cache

import segno
from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

register = template.Library()


@register.simple_tag
@lru_cache(maxsize=256)
def qr_code(address: str) -> SafeString:
    """Render the QR code of an address as SVG in the page: it is printed without another request.

    The size is set here too, because WeasyPrint does not apply the stylesheet to SVG.
    """
    code = segno.make_qr(address, error="l")
    svg = code.svg_inline(border=4, omitsize=True, svgclass=None, lineclass=None)
    size = format_html('<svg width="94" height="94" role="img" aria-label="QR code of {}" ', address)
    return mark_safe(size + svg.removeprefix("<svg "))  # noqa: S308
