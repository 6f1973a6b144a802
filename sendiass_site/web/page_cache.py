"""In-memory cache of complete public pages, as WSGI in front of Django.

A page is cached if its view is marked with `leaflets.public.caching.cacheable_page`. The cache key is the scheme, host,
path, display (standard or large print) and the query parameters that the view reads. Each page is stored plain, and with
gzip and brotli once a client asks for them; each encoding has a strong ETag. All other requests go to Django unchanged.

A cached page stores the site version (see `leaflets.models.site_version`) that was read before it was rendered. It is
stale when the site has another version, or after `MAX_AGE`. Each process notices a change within a second; browsers and
proxies keep pages longer, see `leaflets.public.caching`. A stale page is served if Django answers 5xx, such as while the
database is down.

An nginx that says when it got a request (`X-Request-Start`, see deploy/nginx.conf) is told until when it may show the answer
without asking again (`X-Accel-Expires`), so that it shows no page that was changed two seconds ago.
"""

import datetime as dt
import gzip
import hashlib
import math
import os
import re
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import brotli
from django.conf import settings
from django.core.exceptions import SuspiciousOperation
from django.core.handlers.wsgi import get_path_info
from django.db import Error, connection
from django.http import QueryDict
from django.http.cookie import parse_cookie
from django.urls import Resolver404, ResolverMatch, resolve

from leaflets.models.site_version import SiteState, Version, read_site_state
from leaflets.public import display
from leaflets.public.caching import CACHEABLE_STATUSES, SITE_VERSION_ENVIRON_KEY, is_known_host, select_params

from .request_counts import RequestCounts, kind_of

ENCODINGS = ("br", "gzip", "")
VERSION_CHECK_INTERVAL = 1.0  # seconds
MAX_AGE = 3600.0  # seconds; a few pages, such as security.txt, depend on today's date
RETRY_INTERVAL = 5.0  # seconds for which a page is served stale after rendering it failed
# Seconds to wait for another thread that reads the site version. A request that does not wait gets an older page.
VERSION_LOCK_TIMEOUT = 0.5
# Seconds by which the clock of a proxy may differ from ours for it to be told how long to keep a page.
CLOCK_TOLERANCE = 300.0
# Seconds to wait for another thread that renders the same page, with and without a stale page to serve instead.
RENDER_TIMEOUT_WITH_STALE_PAGE, RENDER_TIMEOUT_WITHOUT_PAGE = 1.0, 5.0
PAGE_OVERHEAD = 4000  # bytes that a page takes besides its bodies: headers, keys, objects

# When a proxy got the request: seconds since 1970, on its own clock.
REQUEST_START = "HTTP_X_REQUEST_START"
_START = re.compile(r"t=([0-9]{1,12}(?:\.[0-9]{1,6})?)")

# Headers that are not stored: set for each response, or specific to the request for which the page was rendered.
_UNCACHED_HEADERS = ("content-length", "vary", "x-request-id")

Environ = dict[str, Any]
Headers = list[tuple[str, str]]
StartResponse = Callable[..., Any]
Application = Callable[[Environ, StartResponse], Iterable[bytes]]
# Scheme, host, path, display (standard or large print) and the query parameters that the view reads.
Key = tuple[str, str, str, str, str]


@dataclass(frozen=True)
class EncodedPage:
    """A page in one encoding, ready to send."""

    etag: str
    headers: Headers
    headers_of_304: Headers
    body: tuple[bytes]


@dataclass
class CachedPage:
    """A response of Django, and the encodings that clients have asked for so far."""

    status: str
    headers: Headers
    body: bytes
    version: Version
    expires_at: float
    encoded: dict[str, EncodedPage] = field(default_factory=dict)
    # The hits of this process that sent the page, and those that answered 304; None where nothing is counted.
    hit_counters: memoryview | None = None
    _encoding_locks: dict[str, threading.Lock] = field(
        default_factory=lambda: {encoding: threading.Lock() for encoding in ENCODINGS}
    )

    def encode(self, encoding: str) -> EncodedPage:
        """Return the page in an encoding. Each is compressed once; requests for the others do not wait for it."""
        with self._encoding_locks[encoding]:
            if encoding not in self.encoded:
                self.encoded[encoding] = _encode(self, encoding)
        return self.encoded[encoding]

    def is_fresh(self, version: Version | None, now: float) -> bool:
        return self.version == version and now < self.expires_at

    @property
    def status_code(self) -> int:
        return int(self.status[:3])

    @property
    def size(self) -> int:
        """The memory that the page takes, in bytes, approximately."""
        bodies = {id(encoded.body[0]): encoded.body[0] for encoded in list(self.encoded.values())}
        compressed = sum(len(body) for body in bodies.values() if body is not self.body)
        return PAGE_OVERHEAD + len(self.body) + compressed

    def has_same_content(self, other: "CachedPage") -> bool:
        return (self.status, self.body, sorted(self.headers)) == (
            other.status,
            other.body,
            sorted(other.headers),
        )


def _encode(page: CachedPage, encoding: str) -> EncodedPage:
    body = page.body
    if encoding == "br":
        body = brotli.compress(page.body, quality=11)
    elif encoding == "gzip":
        body = gzip.compress(page.body, 9, mtime=0)
    if len(body) >= len(page.body):
        body, encoding = page.body, ""
    # A strong ETag identifies bytes, so each encoding has its own.
    etag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    common_headers = [*page.headers, ("ETag", etag)]
    # A 304 does not repeat the type of a body that it does not have (RFC 9110, 15.4.5).
    headers_of_304 = [(name, value) for name, value in common_headers if name.lower() != "content-type"]
    headers = [*common_headers, ("Content-Length", str(len(body)))]
    if encoding:
        headers.append(("Content-Encoding", encoding))
    return EncodedPage(etag, headers, headers_of_304, (body,))


class PageCache:
    """WSGI middleware that caches the public pages of an application in at most `max_bytes`.

    With `max_bytes=0` nothing is cached, but each request still carries the site version. `clock` returns seconds.
    `set_next_due` is called whenever the version is read, with the time at which the next scheduled change of a leaflet is
    due. `counts` counts the cache hits and misses.
    """

    def __init__(
        self,
        application: Application,
        max_bytes: int,
        clock: Callable[[], float] = time.monotonic,
        set_next_due: Callable[[dt.datetime | None], None] | None = None,
        counts: RequestCounts | None = None,
    ) -> None:
        self._application = application
        self._max_bytes = max_bytes
        self._clock = clock
        self._site_version = SiteVersionReader(clock, set_next_due)
        self._pages = _PageStore(max_bytes)
        self._rendering: dict[Key, threading.Event] = {}
        self._lock = threading.Lock()
        self._counts = counts
        if counts is not None:
            # A process that is forked has numbers of its own.
            os.register_at_fork(after_in_child=self._reset_hit_counters)

    def _reset_hit_counters(self) -> None:
        for key, page in self._pages.items():
            page.hit_counters = self._hit_counters(key, page)

    def _hit_counters(self, key: Key, page: CachedPage) -> memoryview | None:
        """Return the counters of a page in `_counts`: hits, and answers 304."""
        if self._counts is None:
            return None
        path = get_path_info({"PATH_INFO": key[2]})
        return self._counts.cached_page_counters(kind_of(_resolve(path), path), page.status_code)

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        now = self._clock()
        version, read_at = self._site_version.get(now)
        environ[SITE_VERSION_ENVIRON_KEY] = version
        if REQUEST_START in environ and version is not None:
            start_response = _add_accel_expires(environ, start_response, now - read_at)
        return self._answer(environ, start_response, now, version)

    def _answer(
        self, environ: Environ, start_response: StartResponse, now: float, version: Version | None
    ) -> Iterable[bytes]:
        if environ["REQUEST_METHOD"] not in ("GET", "HEAD") or not self._max_bytes:
            return self._application(environ, start_response)
        if environ.get("QUERY_STRING") or "HTTP_COOKIE" in environ:
            key = _key_with_query_and_cookies(environ)
        else:
            key = (
                environ["wsgi.url_scheme"],
                environ.get("HTTP_HOST", ""),
                environ["PATH_INFO"],
                display.STANDARD,
                "",
            )
        if key is None:
            return self._application(environ, start_response)
        page = self._pages.get(key)
        # `is_fresh`, written out: a call takes longer.
        if page is None or page.version != version or now >= page.expires_at:
            return self._refresh(key, page, environ, start_response)
        return self._send(key, page, environ, start_response)

    def _send(
        self,
        key: Key,
        page: CachedPage,
        environ: Environ,
        start_response: StartResponse,
        *,
        is_hit: bool = True,
    ) -> Iterable[bytes]:
        encoding = _best_encoding(environ.get("HTTP_ACCEPT_ENCODING", ""))
        encoded = page.encoded.get(encoding)
        if encoded is None:
            encoded = page.encode(encoding)
            self._pages.update_size(key, page)
        hit_counters = page.hit_counters
        if_none_match = environ.get("HTTP_IF_NONE_MATCH")
        if if_none_match and page.status.startswith("2") and _matches(if_none_match, encoded.etag):
            if hit_counters is not None and is_hit:
                hit_counters[1] += 1
            start_response("304 Not Modified", encoded.headers_of_304.copy())
            return ()
        if hit_counters is not None and is_hit:
            hit_counters[0] += 1
        start_response(page.status, encoded.headers.copy())
        return () if environ["REQUEST_METHOD"] == "HEAD" else encoded.body

    def _refresh(
        self, key: Key, stale: CachedPage | None, environ: Environ, start_response: StartResponse
    ) -> Iterable[bytes]:
        """Render a page that is missing or stale. Of concurrent requests for it, one renders and the others wait."""
        version = environ[SITE_VERSION_ENVIRON_KEY]
        if version is None or not _is_cacheable_request(environ):
            return self._application(environ, start_response)
        with self._lock:
            rendering = self._rendering.get(key)
            if rendering is None:
                self._rendering[key] = threading.Event()
        if rendering is None:
            try:
                uncached_body: Iterable[bytes] = ()
                page = self._pages.get(key)
                # Another thread may have rendered it since this one looked.
                is_hit = page is not None and page.is_fresh(version, self._clock())
                if not is_hit:
                    page, uncached_body = self._render(key, stale, environ, start_response)
            finally:
                self._rendering.pop(key).set()
            return self._send(key, page, environ, start_response, is_hit=is_hit) if page else uncached_body
        has_finished = rendering.wait(
            RENDER_TIMEOUT_WITH_STALE_PAGE if stale else RENDER_TIMEOUT_WITHOUT_PAGE
        )
        page = self._pages.get(key)
        if page is None:
            return self._application(environ, start_response)
        if has_finished:
            # The other thread may have rendered an older version than this request has to show: start again.
            now = self._clock()
            environ[SITE_VERSION_ENVIRON_KEY] = version = self._site_version.get(now)[0]
            return self._answer(environ, start_response, now, version)
        # No proxy may keep a stale page.
        environ.pop(REQUEST_START, None)
        return self._send(key, page, environ, start_response)

    def _render(
        self, key: Key, stale: CachedPage | None, environ: Environ, start_response: StartResponse
    ) -> tuple[CachedPage | None, Iterable[bytes]]:
        """Call the application. Return the page to send, or None and the body of a response that is not cacheable.

        In the second case `start_response` has been called.
        """
        if self._counts is not None:
            self._counts.add_miss()
        is_head = environ["REQUEST_METHOD"] == "HEAD"
        version = environ[SITE_VERSION_ENVIRON_KEY]
        captured: list[tuple[str, Headers]] = []
        response = self._application(
            environ | {"REQUEST_METHOD": "GET"},
            lambda status, headers, _=None: captured.append((status, headers)),
        )
        status, headers = captured[0]
        if _is_cacheable_response(status, headers, response):
            page = _build_page(status, headers, response, version, self._clock() + MAX_AGE)
            if stale is not None and page.has_same_content(stale):
                # Keep its compressed bodies.
                stale.version, stale.expires_at = page.version, page.expires_at
                page = stale
            page.hit_counters = self._hit_counters(key, page)
            self._pages.set(key, page)
            return page, ()
        if stale is not None and status.startswith("5"):
            _close(response)
            stale.version, stale.expires_at = version, self._clock() + RETRY_INTERVAL
            return stale, ()
        self._pages.delete(key)
        start_response(status, headers)
        if is_head:
            _close(response)
            return None, ()
        return None, response


class SiteVersionReader:
    """The site version, read at most once per interval. While the database is down, the last one that was read.

    `clock` returns seconds, and `read` reads the version; it may raise `django.db.Error`.
    """

    def __init__(
        self,
        clock: Callable[[], float],
        set_next_due: Callable[[dt.datetime | None], None] | None = None,
        read: Callable[[], SiteState] | None = None,
    ) -> None:
        self._clock = clock
        self._set_next_due = set_next_due
        self._read = read or _read_state
        self._lock = threading.Lock()
        self._next_check = float("-inf")
        self._known: tuple[Version | None, float] = (None, float("-inf"))
        self._is_slow = False

    def get(self, now: float) -> tuple[Version | None, float]:
        """Return the version, and a time before it was read: a change that was stored before that time is in it.

        While one thread reads it, the others wait. If that takes long, they take the version that is known: only one thread
        is delayed by a database that hangs.
        """
        if now < self._next_check:
            return self._known
        if not self._lock.acquire(timeout=self._lock_timeout()):
            self._is_slow = True
            return self._known
        try:
            if now >= self._next_check:
                state = self._read()
                self._known = state.version, now
                if self._set_next_due:
                    self._set_next_due(state.next_change)
                self._next_check = now + VERSION_CHECK_INTERVAL
            self._is_slow = False
        except Error:
            self._next_check = self._clock() + VERSION_CHECK_INTERVAL
        finally:
            self._lock.release()
        return self._known

    def _lock_timeout(self) -> float:
        if self._known[0] is None:
            return VERSION_CHECK_INTERVAL
        return 0 if self._is_slow else VERSION_LOCK_TIMEOUT


def _read_state() -> SiteState:
    """Read the site version, and when the next change is due; reconnect and retry once if the connection is dead, as after a database restart."""
    try:
        return read_site_state()
    except Error:
        if not connection.errors_occurred:
            raise
        connection.close()
        return read_site_state()


def _add_accel_expires(environ: Environ, start_response: StartResponse, age: float) -> StartResponse:
    """Return a `start_response` that adds `X-Accel-Expires`: until when nginx may show an answer that is the same for everyone.

    `age` is how many seconds ago the site looked for changes. nginx counts whole seconds, and still shows an answer in the
    second that it is told: a page is last shown less than two seconds after that look. Only the clock of nginx counts; if it
    is minutes wrong, each request asks the site.
    """

    def start(status: str, headers: Headers, *error: Any) -> Any:
        if REQUEST_START in environ and _is_public(status, headers):
            found = _START.fullmatch(environ[REQUEST_START])
            arrived = float(found[1]) if found else 0.0
            is_plausible = abs(arrived - time.time()) <= CLOCK_TOLERANCE
            until = math.floor(arrived - age) + 1 if is_plausible else 1
            headers = [*headers, ("X-Accel-Expires", f"@{until}")]
        return start_response(status, headers, *error)

    return start


def _is_public(status: str, headers: Headers) -> bool:
    """Whether an answer is the same for everyone. That a leaflet was withdrawn is: it takes the place of the leaflet."""
    control = next((value for name, value in headers if name.lower() == "cache-control"), "")
    return control.startswith("public") or status.startswith("410")


class _PageStore:
    """LRU store of pages by key, in at most `max_bytes`."""

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._lock = threading.Lock()
        # The least recently used first, each with the size that is counted in `_bytes`.
        self._pages: OrderedDict[Key, tuple[CachedPage, int]] = OrderedDict()
        self._bytes = 0

    def get(self, key: Key) -> CachedPage | None:
        # Without the lock, which takes longer than both: CPython switches threads before and after each of them only.
        found = self._pages.get(key)
        if found is None:
            return None
        try:  # noqa: SIM105 - `suppress` takes longer
            self._pages.move_to_end(key)
        except KeyError:
            pass  # Another thread has just deleted it.
        return found[0]

    def items(self) -> list[tuple[Key, CachedPage]]:
        """Return all pages. Only where no other thread uses the store."""
        return [(key, page) for key, (page, _) in self._pages.items()]

    def set(self, key: Key, page: CachedPage) -> None:
        """Store a page, and evict the least recently used ones if they take too much memory."""
        with self._lock:
            self._set(key, page)

    def update_size(self, key: Key, page: CachedPage) -> None:
        """Update the size that is counted for a page after an encoding was added, if the page is still cached."""
        with self._lock:
            found = self._pages.get(key)
            if found is not None and found[0] is page:
                self._set(key, page)

    def delete(self, key: Key) -> None:
        with self._lock:
            self._delete(key)

    def _set(self, key: Key, page: CachedPage) -> None:
        # Replaced and not deleted, so that `get` finds it at any time.
        replaced, size = self._pages.get(key), page.size
        self._pages[key] = page, size
        self._pages.move_to_end(key)
        self._bytes += size - (replaced[1] if replaced else 0)
        while self._bytes > self._max_bytes:
            # Not with an iterator, which another thread that calls `get` would make invalid.
            _, (_, evicted) = self._pages.popitem(last=False)
            self._bytes -= evicted

    def _delete(self, key: Key) -> None:
        if key in self._pages:
            self._bytes -= self._pages.pop(key)[1]


def _key_with_query_and_cookies(environ: Environ) -> Key | None:
    """Return the cache key of a request with a query or cookies; None for a request that must go to Django."""
    cookies = parse_cookie(environ.get("HTTP_COOKIE", ""))
    if settings.SESSION_COOKIE_NAME in cookies or settings.CSRF_COOKIE_NAME in cookies:
        return None
    try:
        query = QueryDict(environ.get("QUERY_STRING", "").encode("latin-1"))
    except SuspiciousOperation:
        return None  # Django answers with an error page.
    variant = display.cache_variant(query, cookies)
    names = getattr(_resolve_view(environ), "vary_on_params", ()) if query else ()
    params = select_params(query, names)
    params.pop(display.COOKIE, None)
    return (
        environ["wsgi.url_scheme"],
        environ.get("HTTP_HOST", ""),
        environ["PATH_INFO"],
        variant,
        params.urlencode(),
    )


def _resolve_view(environ: Environ) -> Callable[..., Any] | None:
    match = _resolve(get_path_info(environ))
    return match.func if match else None


def _resolve(path: str) -> ResolverMatch | None:
    try:
        return resolve(path)
    except Resolver404:
        return None


def _is_cacheable_request(environ: Environ) -> bool:
    """Whether the view is marked as cacheable, and the key holds all of the request that its pages depend on."""
    return (
        is_known_host(environ)
        and not environ.get("SCRIPT_NAME")
        and hasattr(_resolve_view(environ), "vary_on_params")
    )


def _is_cacheable_response(status: str, headers: Headers, response: Iterable[bytes]) -> bool:
    values = {name.lower(): value for name, value in headers}
    return (
        int(status[:3]) in CACHEABLE_STATUSES
        and values.get("cache-control", "").startswith("public")
        and "set-cookie" not in values
        and not getattr(response, "streaming", True)
    )


def _build_page(
    status: str, headers: Headers, response: Iterable[bytes], version: Version, expires_at: float
) -> CachedPage:
    body = b"".join(response)
    _close(response)
    cached = [(name, value) for name, value in headers if name.lower() not in _UNCACHED_HEADERS]
    vary = next((value for name, value in headers if name.lower() == "vary"), "")
    cached.append(("Vary", f"{vary}, Accept-Encoding" if vary else "Accept-Encoding"))
    return CachedPage(status, cached, body, version, expires_at)


def _close(response: Iterable[bytes]) -> None:
    close = getattr(response, "close", None)
    if close:
        close()


@lru_cache(maxsize=256)
def _best_encoding(accept_encoding: str) -> str:
    """Return the one of `ENCODINGS` that an `Accept-Encoding` prefers; of equal ones the first in `ENCODINGS`."""
    qualities: dict[str, float] = {}
    for part in accept_encoding.lower().split(","):
        name, _, parameter = part.partition(";")
        qualities[name.strip()] = _quality(parameter.strip())
    default = qualities.get("*", 0.0)
    preferences = {
        "br": qualities.get("br", default),
        "gzip": qualities.get("gzip", default),
        "": qualities.get("identity", 0.0),
    }
    best = max(preferences, key=preferences.__getitem__)
    return best if preferences[best] > 0 else ""


def _quality(parameter: str) -> float:
    """Return the number in `q=0.5`: 1 without a parameter, 0 for an invalid one."""
    if not parameter:
        return 1.0
    try:
        quality = float(parameter.removeprefix("q="))
    except ValueError:
        return 0.0
    return quality if 0 <= quality <= 1 else 0.0


def _matches(if_none_match: str, etag: str) -> bool:
    """Whether an `If-None-Match` matches an ETag: `*`, or a list of ETags, weak or strong."""
    if if_none_match == etag:
        return True
    tags = [tag.strip().removeprefix("W/") for tag in if_none_match.split(",")]
    return etag in tags or tags == ["*"]
