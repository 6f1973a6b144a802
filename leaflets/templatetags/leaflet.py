"""What stands many times on a leaflet's page, made from stencils: see `leaflets.stencils`.

The HTML of each piece is in a template of its own, such as `leaflets/_section.html`.
"""

import datetime as dt
from collections.abc import Iterable

from django import template
from django.template.context import Context
from django.template.loader import render_to_string
from django.utils.dates import MONTHS
from django.utils.safestring import SafeString, mark_safe
from django.utils.timezone import localtime

from leaflets.models import Edition, Section
from leaflets.stencils import stencil

register = template.Library()
STEPS = ("first", "second", "third", "fourth")


@register.filter
def day(moment: dt.datetime | None) -> str:
    """The day of a moment: 3 March 2020. Django's own `date` takes many times as long."""
    if moment is None:
        return ""
    local = localtime(moment)
    return f"{local.day} {month(local)}"


@register.filter
def month(date: dt.date) -> str:
    """The month of a date: March 2020."""
    return f"{MONTHS[date.month]} {date.year}"


@register.simple_tag
def leaflet_contents(edition: Edition) -> SafeString:
    """A link to each section that has a heading."""
    link = stencil("leaflets/_link.html", "url", "text")
    return _joined(
        link.fill(url=f"#{section.anchor}", text=section.heading)
        for section in edition.shown_sections
        if section.heading
    )


@register.simple_tag
def leaflet_ways_in(edition: Edition) -> SafeString:
    """A link into the leaflet for each section that somebody comes for."""
    link = stencil("leaflets/_link.html", "url", "text")
    url = edition.get_absolute_url()
    return _joined(
        link.fill(url=f"{url}#{section.anchor}", text=section.link_text) for section in edition.ways_in
    )


@register.simple_tag
def leaflet_list(editions: Iterable[Edition]) -> SafeString:
    """An entry for each leaflet."""
    entry = stencil("leaflets/_list_entry.html", "url", "title", "summary", "date")
    return _joined(
        entry.fill(
            url=edition.get_absolute_url(),
            title=edition.title,
            summary=edition.summary,
            date=day(edition.published_at),
        )
        for edition in editions
    )


@register.simple_tag(takes_context=True)
def leaflet_sections(context: Context) -> SafeString:
    """The text of a leaflet. Readers may say something about each section of one that is live."""
    edition = context["edition"]
    introduction = stencil("leaflets/_introduction.html", "anchor", "html")
    is_live = edition.status == Edition.Status.PUBLISHED
    headed = stencil("leaflets/_section.html", "anchor", "heading", "html", "slug", is_live=is_live)
    slug = edition.leaflet.slug
    return _joined(
        headed.fill(
            anchor=section.anchor, heading=section.heading, html=_html_of(section, context), slug=slug
        )
        if section.heading
        else introduction.fill(anchor=section.anchor, html=_html_of(section, context))
        for section in edition.shown_sections
    )


@register.simple_tag(takes_context=True)
def leaflet_imprint(context: Context, date: str) -> SafeString:
    """Who published which edition, and when, for those who have it on paper."""
    edition = context["edition"]
    return context["furniture"].imprint.fill(
        title=edition.title,
        number=str(edition.number),
        date=date,
        url=f"{context['origin']}{edition.get_absolute_url()}",
    )


def _html_of(section: Section, context: Context) -> SafeString:
    """A section's text as it was stored, rendered from its Markdown and sanitised, and what its kind adds."""
    if section.kind == "retention":
        days = {name: context[name] for name in ("feedback_days", "feedback_contact_days")}
        kept = render_to_string("feedback/_retention.html", days)
        return mark_safe(f"{section.body_html}\n{kept}")  # noqa: S308
    steps = section.cycle
    if not steps:
        return mark_safe(section.body_html)  # noqa: S308
    drawing = stencil("leaflets/_cycle.html", *STEPS).fill(**dict(zip(STEPS, steps, strict=True)))
    return mark_safe(f"{section.html_before_steps}\n{drawing}\n{section.html_from_steps}")  # noqa: S308


def _joined(pieces: Iterable[SafeString]) -> SafeString:
    return mark_safe("".join(pieces))  # noqa: S308 - each of them is
