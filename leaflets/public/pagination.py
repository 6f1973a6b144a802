"""Lists of leaflets under their topics, and their pages."""

from collections.abc import Sequence
from itertools import groupby

from django.core.paginator import Page, Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from leaflets.models import Edition, EditionQuerySet, Topic

LEAFLETS_PER_PAGE = 20

# The primary key of a live edition, under the topic of its leaflet.
ListedEdition = tuple[Topic | None, int]


def get_page(request: HttpRequest, listed: list[ListedEdition]) -> Page[ListedEdition]:
    """Return the page of a list that `?page=` names: the first or the last one where there is no such page."""
    return Paginator(listed, LEAFLETS_PER_PAGE).get_page(request.GET.get("page"))


def read_editions(
    listed: Sequence[ListedEdition], editions: EditionQuerySet
) -> list[tuple[Topic | None, list[Edition]]]:
    """Return a part of a list as editions under their topics, with what `editions` loads.

    They are read by their primary keys alone: a filter by status as well would have SQLite go through all live editions.
    """
    shown = editions.in_bulk([key for _, key in listed])
    return [
        (topic, [shown[key] for _, key in pairs if key in shown])
        for topic, pairs in groupby(listed, key=lambda pair: pair[0])
    ]


def render_page(
    request: HttpRequest, template: str, page: Page[ListedEdition], context: dict[str, object]
) -> HttpResponse:
    """Render a page of a list. The context gets `page` and `page_number`, and `has_topics`: whether it needs headings."""
    number = str(page.number)
    listed = page.paginator.object_list
    # Leaflets without a topic come last.
    has_topics = bool(listed and listed[0][0])
    context = context | {"page": page, "page_number": number, "has_topics": has_topics}
    response = render(request, template, context)
    if request.GET.get("page", number) != number:
        # get_page() answers every number: do not let them fill the caches.
        response["Cache-Control"] = "no-cache"
    return response
