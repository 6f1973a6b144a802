"""Tags for the layout of public pages."""

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
    """Describe the page to search engines and to sites where it is shared.

    `canonical` is the path of the page's one address, where that is not the path of the request.
    """
    service = context["service"]
    return {
        "title": title,
        "description": description,
        "url": f"{context['origin']}{canonical or context['request'].path}",
        "type": type,
        "site_name": service.name if service else "",
    }
