"""The tag for the metadata of public pages."""

from typing import Any

from django import template
from django.template.context import Context

register = template.Library()


@register.inclusion_tag("_meta.html", takes_context=True)
def page_meta(
    context: Context,
    *,
    title: str,
    description: str,
    canonical: str = "",
    type: str = "website",  # noqa: A002
) -> dict[str, Any]:
    """Render the description, canonical link and Open Graph tags of a page.

    `canonical` is the page's canonical path, where that is not the path of the request.
    """
    service = context["service"]
    return {
        "title": title,
        "description": description,
        "url": f"{context['origin']}{canonical or context['request'].path}",
        "type": type,
        "site_name": service.name if service else "",
    }
