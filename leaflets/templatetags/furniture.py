"""What each page says of itself in its head and header, made from stencils: see `leaflets.public.layout`."""

from django import template
from django.template.context import Context
from django.utils.safestring import SafeString

from leaflets.stencils import stencil

register = template.Library()


@register.simple_tag(takes_context=True)
def site_header(context: Context) -> SafeString:
    """The header for this page, in this display."""
    return context["furniture"].header(context["display"], context["here"], context.get("writing", ""))


@register.simple_tag(takes_context=True)
def page_meta(
    context: Context,
    *,
    title: str,
    description: str,
    canonical: str = "",
    type: str = "website",  # noqa: A002
) -> SafeString:
    """What the page is about, for search engines and for those who share it.

    `canonical` is the path of the page's one address, where that is not how it was asked for.
    """
    service = context["service"]
    return stencil("_meta.html", "title", "description", "url", "type", "site_name").fill(
        title=title,
        description=description,
        url=f"{context['origin']}{canonical or context['request'].path}",
        type=type,
        site_name=service.name if service else "",
    )
