"""The page of the search."""

import logging
import threading
import time
from collections.abc import Callable

from django.db import Error
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from leaflets.models import MissedSearch, SearchWords
from leaflets.public.caching import NO_CACHE, SITE_VERSION_ENVIRON_KEY, vary_by_display

from .engine import Answer, answer
from .query import clean

logger = logging.getLogger(__name__)

# How many searches that found nothing are counted in a minute by each process: a flood must not keep the database busy.
MAX_COUNTED = 30


@require_safe
def search(request: HttpRequest) -> HttpResponse:
    """Answer `?q=`. The page is in no cache: there are more queries than a cache can hold, and they are private."""
    query = clean(request.GET.get("q", ""))
    answered = answer(query, request.META.get(SITE_VERSION_ENVIRON_KEY))
    is_missed = bool(query) and not answered.results
    if is_typed(request):
        _count(answered, query)
    context = {
        "query": query,
        "answer": answered,
        "words_record": SearchWords.objects.first() if is_missed else None,
    }
    response = render(request, "search.html", context)
    response["Cache-Control"] = NO_CACHE
    vary_by_display(response)
    return response


def is_typed(request: HttpRequest) -> bool:
    """Whether somebody asks now, not a browser in advance."""
    return request.method == "GET" and "prefetch" not in request.headers.get("Sec-Purpose", "")


class _RateLimit:
    """How many more searches are counted in this minute. `clock` returns seconds."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._minute = 0
        self._left = 0

    def allow(self) -> bool:
        minute = int(self._clock() // 60)
        with self._lock:
            if minute != self._minute:
                self._minute, self._left = minute, MAX_COUNTED
            self._left -= 1
            return self._left >= 0


_rate_limit = _RateLimit()


def _count(answered: Answer, query: str) -> None:
    """Count the words that nothing was found for: all, or those that are nowhere. The page is more important."""
    missed = answered.unknown if answered.results else answered.words
    if not missed or not _rate_limit.allow():
        return
    try:
        MissedSearch.objects.add(answered.words, query, missed)
    except Error:
        logger.warning("A search that found nothing could not be counted.")
