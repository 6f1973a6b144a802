"""How many requests were answered, by kind of page and class of status, for /metrics (`sendiass_site.ops.metrics`).

A kind is the name of a URL pattern, so there are a few dozen: no path, no address and nothing else of a request is kept.

The numbers are in memory that gunicorn's workers share. Each worker adds to a row of its own, and a sum is over all rows: so
the worker that is asked knows the numbers of all, and those of a worker that is killed stay. A worker that takes its place
may have its row, and goes on from there. Adding to a number (`row[index] += 1`) needs no lock: CPython switches threads at
calls and at the ends of loops only. A lock would take several times as long as adding.
"""

import mmap
from collections.abc import Callable, Iterable, Iterator
from functools import cache

from django.conf import settings
from django.core.exceptions import MiddlewareNotUsed
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import ResolverMatch, URLPattern, URLResolver, get_resolver

STATUS_CLASSES = ("2xx", "3xx", "4xx", "5xx")
# Of requests that no URL pattern matches, and of those that are answered before one is looked for.
OTHER = "other"
# All pages of each of these folders are one kind.
_FOLDERS = ("admin", "staff", "static")
# More than there ever are at once. Those beyond would share a row, and could overwrite a number of each other.
MAX_WORKERS = 64

View = Callable[[HttpRequest], HttpResponseBase]


class RequestCounts:
    """Numbers of responses of Django, of cached pages that were sent, and of pages that were not in the cache.

    Made before gunicorn forks. A process without workers uses the first row.
    """

    def __init__(self, kinds: Iterable[str]) -> None:
        self._kinds = {kind: number for number, kind in enumerate(sorted({*kinds, OTHER}))}
        # A row: responses of Django, then cached pages, each by kind and class of status; then the misses of the cache.
        self._cached = len(self._kinds) * len(STATUS_CLASSES)
        self._misses = 2 * self._cached
        self._row_length = self._misses + 1
        # Numbers of 64 bits.
        self._memory = memoryview(mmap.mmap(-1, 8 * self._row_length * MAX_WORKERS)).cast("Q")
        self._use_row(0)

    def use_free_row(self, used: Iterable[int | None]) -> int:
        """Use a row that no other process uses, here and in processes that are forked from now on; return its number."""
        number = min(set(range(MAX_WORKERS)) - set(used), default=MAX_WORKERS - 1)
        self._use_row(number)
        return number

    def _use_row(self, number: int) -> None:
        self._row = self._memory[number * self._row_length : (number + 1) * self._row_length]

    def add_response(self, kind: str, status: int) -> None:
        """Count a response of Django."""
        self._row[self._index(kind, status)] += 1

    def add_miss(self) -> None:
        """Count a page that may be cached and was not."""
        self._row[self._misses] += 1

    def cached_page_counters(self, kind: str, status: int) -> memoryview:
        """Return the numbers of this process for a cached page: times that it was sent, and, after 2xx, answers 304."""
        first = self._cached + self._index(kind, status)
        return self._row[first : first + 2]

    def _index(self, kind: str, status: int) -> int:
        # 1xx is never sent by Django.
        number = min(max(status // 100 - 2, 0), len(STATUS_CLASSES) - 1)
        return self._kinds.get(kind, self._kinds[OTHER]) * len(STATUS_CLASSES) + number

    def requests(self) -> Iterator[tuple[str, str, int]]:
        """Yield kind, class of status and number of all requests, of all processes."""
        for kind in self._kinds:
            for number, name in enumerate(STATUS_CLASSES):
                index = self._index(kind, 200 + 100 * number)
                yield kind, name, self._sum(index) + self._sum(self._cached + index)

    def hits(self) -> int:
        """Return how many cached pages were sent, by all processes."""
        return sum(self._sum(index) for index in range(self._cached, self._misses))

    def misses(self) -> int:
        """Return how many pages were not in the cache, of all processes."""
        return self._sum(self._misses)

    def _sum(self, index: int) -> int:
        return sum(self._memory[index :: self._row_length])


@cache
def get_counts() -> RequestCounts:
    """Return the numbers of this site. gunicorn calls this before it forks."""
    return RequestCounts(_kinds(get_resolver().url_patterns))


def kind_of(match: ResolverMatch | None, path: str) -> str:
    """Return the kind of a request: the name of its URL pattern, or of the folder that the pattern is in."""
    if match is None:
        # WhiteNoise serves static files before a pattern is looked for.
        return "static" if path.startswith(settings.STATIC_URL) else OTHER
    return _kind(match.route, match.url_name)


def _kind(route: str, name: str | None) -> str:
    folder = route.partition("/")[0]
    return folder if folder in _FOLDERS else name or OTHER


def _kinds(patterns: Iterable[URLPattern | URLResolver], before: str = "") -> Iterator[str]:
    for pattern in patterns:
        route = before + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from _kinds(pattern.url_patterns, route)
        else:
            yield _kind(route, pattern.name)


def count_requests(get_response: View) -> View:
    """Count what Django answers. The page cache counts what it sends itself. Without METRICS_ALLOW nothing is counted."""
    if not settings.METRICS_ALLOW:
        raise MiddlewareNotUsed

    def middleware(request: HttpRequest) -> HttpResponseBase:
        response = get_response(request)
        get_counts().add_response(kind_of(request.resolver_match, request.path_info), response.status_code)
        return response

    return middleware
