"""Finished public pages, kept in memory in front of Django.

A page that a view marked as public (see `leaflets.public.caching`) is made once and then answered from here:
for each scheme, host, path, display and each parameter that its view reads; plain, gzip and brotli, with a
strong ETag. Everything else goes on to Django untouched.

A page is kept with the stamp of the site (see `leaflets.freshness`) that was read before it was made, and
is made again once that stamp is no longer the site's. Each process looks at the stamp at most once a
second, so that an edit is seen everywhere within a second. Where Django then has no page to give, because
the database is gone, readers get the page as it was.
"""

import gzip
import hashlib
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit

import brotli
from django.conf import settings
from django.core.exceptions import SuspiciousOperation
from django.core.handlers.wsgi import get_path_info
from django.db import Error, connection
from django.http import QueryDict
from django.http.cookie import parse_cookie
from django.urls import Resolver404, resolve

from leaflets.models.site_version import Version, read_site_version
from leaflets.public import display
from leaflets.public.caching import ENVIRON_KEY, KEPT, only_read

ENCODINGS = ("br", "gzip", "")
LOOK_EVERY = 1.0  # seconds between two looks at the stamp
KEEP_FOR = 3600.0  # seconds; a few texts, such as security.txt, are about today
TRY_AGAIN_AFTER = 5.0  # seconds for which a page that could not be made again is shown as it was
# Seconds to wait for somebody else who is making the same page: where there is an older one to show, and where not.
WAIT, WAIT_LONGER = 1.0, 5.0
# What a page weighs besides its texts: headers, keys, objects. Bytes.
OVERHEAD = 4000

# Headers that are put together anew, or are of the one request with which a page was made.
_NOT_KEPT = ("content-length", "vary", "x-request-id")

Environ = dict[str, Any]
Headers = list[tuple[str, str]]
StartResponse = Callable[..., Any]
Application = Callable[[Environ, StartResponse], Iterable[bytes]]
# Scheme, host, path, display and the parameters that the view reads.
Key = tuple[str, str, str, str, str]


@dataclass(frozen=True)
class Answer:
    """A page in one encoding, as the server wants it."""

    etag: str
    headers: Headers
    headers_of_304: Headers
    body: tuple[bytes]


@dataclass
class Page:
    """A finished page: what Django answered, and the encodings that somebody asked for so far."""

    status: str
    headers: Headers
    body: bytes
    stamp: Version
    until: float
    answers: dict[str, Answer] = field(default_factory=dict)
    _compressing: dict[str, threading.Lock] = field(
        default_factory=lambda: {encoding: threading.Lock() for encoding in ENCODINGS}
    )

    def answer(self, encoding: str) -> Answer:
        """The page in an encoding, compressed once, when somebody first asks for it. Who wants another does not wait."""
        with self._compressing[encoding]:
            if encoding not in self.answers:
                self.answers[encoding] = _encoded(self, encoding)
        return self.answers[encoding]

    def is_good(self, stamp: Version | None, now: float) -> bool:
        """Whether it is what the site says under this stamp, now."""
        return self.stamp == stamp and now < self.until

    @property
    def weight(self) -> int:
        """The memory that it takes, in bytes, more or less."""
        bodies = {id(answer.body[0]): answer.body[0] for answer in list(self.answers.values())}
        others = sum(len(body) for body in bodies.values() if body is not self.body)
        return OVERHEAD + len(self.body) + others

    def says_the_same_as(self, other: "Page") -> bool:
        return (self.status, self.body, sorted(self.headers)) == (
            other.status,
            other.body,
            sorted(other.headers),
        )


def _encoded(page: Page, encoding: str) -> Answer:
    body = page.body
    if encoding == "br":
        body = brotli.compress(page.body, quality=11)
    elif encoding == "gzip":
        body = gzip.compress(page.body, 9, mtime=0)
    if len(body) >= len(page.body):
        body, encoding = page.body, ""
    # A strong ETag: other bytes, such as another encoding, have another one.
    etag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    general = [*page.headers, ("ETag", etag)]
    # What describes the page and not its bytes belongs to "not modified" too (RFC 9110, 15.4.5).
    headers_of_304 = [(name, value) for name, value in general if not name.lower().startswith("content-t")]
    headers = [*general, ("Content-Length", str(len(body)))]
    if encoding:
        headers.append(("Content-Encoding", encoding))
    return Answer(etag, headers, headers_of_304, (body,))


class PageCache:
    """A WSGI application that keeps another one's public pages, in at most so many bytes.

    With room for none it keeps nothing, and still says with each request which state the site is in.
    `clock` gives seconds.
    """

    def __init__(
        self, application: Application, max_bytes: int, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._application = application
        self._max_bytes = max_bytes
        self._clock = clock
        self._site = _Site(clock)
        self._pages = _Pages(max_bytes)
        self._under_way: dict[Key, threading.Event] = {}
        self._lock = threading.Lock()

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        now = self._clock()
        stamp = environ[ENVIRON_KEY] = self._site.stamp(now)
        if environ["REQUEST_METHOD"] not in ("GET", "HEAD") or not self._max_bytes:
            return self._application(environ, start_response)
        if environ.get("QUERY_STRING") or "HTTP_COOKIE" in environ:
            key = _key_of_a_choice(environ)
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
        if page is None or not page.is_good(stamp, now):
            return self._anew(key, page, environ, start_response)
        return self._send(key, page, environ, start_response)

    def _send(self, key: Key, page: Page, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        encoding = _best_encoding(environ.get("HTTP_ACCEPT_ENCODING", ""))
        answer = page.answers.get(encoding)
        if answer is None:
            answer = page.answer(encoding)
            self._pages.weigh(key, page)
        known = environ.get("HTTP_IF_NONE_MATCH")
        if known and page.status.startswith("2") and _matches(known, answer.etag):
            start_response("304 Not Modified", answer.headers_of_304.copy())
            return ()
        start_response(page.status, answer.headers.copy())
        return () if environ["REQUEST_METHOD"] == "HEAD" else answer.body

    def _anew(
        self, key: Key, old: Page | None, environ: Environ, start_response: StartResponse
    ) -> Iterable[bytes]:
        """Make a page that is not kept, or no longer good; of many who ask at once, one does so."""
        stamp = environ[ENVIRON_KEY]
        if stamp is None or not _is_public(environ):
            return self._application(environ, start_response)
        with self._lock:
            others = self._under_way.get(key)
            if others is None:
                self._under_way[key] = threading.Event()
        if others is None:
            try:
                made: Page | Iterable[bytes] | None = self._pages.get(key)
                # Somebody may have made it a moment ago.
                if not isinstance(made, Page) or not made.is_good(stamp, self._clock()):
                    made = self._make(key, old, environ, start_response)
            finally:
                self._under_way.pop(key).set()
            return self._send(key, made, environ, start_response) if isinstance(made, Page) else made
        is_made = others.wait(WAIT if old else WAIT_LONGER)
        page = self._pages.get(key)
        if page is None:
            return self._application(environ, start_response)
        if is_made:
            # What they made may be older than what this reader has to see: look again.
            return self(environ, start_response)
        return self._send(key, page, environ, start_response)

    def _make(
        self, key: Key, old: Page | None, environ: Environ, start_response: StartResponse
    ) -> Page | Iterable[bytes]:
        """Have a page made, and keep it; or give back what is not to be kept, with its answer begun."""
        is_head = environ["REQUEST_METHOD"] == "HEAD"
        stamp = environ[ENVIRON_KEY]
        begun: list[tuple[str, Headers]] = []
        response = self._application(
            environ | {"REQUEST_METHOD": "GET"},
            lambda status, headers, _=None: begun.append((status, headers)),
        )
        status, headers = begun[0]
        if _may_be_kept(status, headers, response):
            page = _finished(status, headers, response, stamp, self._clock() + KEEP_FOR)
            if old is not None and page.says_the_same_as(old):
                # Compressed once, and good for another while.
                old.stamp, old.until = page.stamp, page.until
                page = old
            self._pages.keep(key, page)
            return page
        if old is not None and status.startswith("5"):
            _close(response)
            old.stamp, old.until = stamp, self._clock() + TRY_AGAIN_AFTER
            return old
        self._pages.forget(key)
        start_response(status, headers)
        if is_head:
            _close(response)
            return ()
        return response


class _Site:
    """The stamp of the site, looked at now and then. While the database is gone, the last one known."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._looking = threading.Lock()
        self._look_at = float("-inf")
        self._stamp: Version | None = None

    def stamp(self, now: float) -> Version | None:
        # One looks; the others go on with what was known: a database that hangs delays one reader.
        if now >= self._look_at and self._looking.acquire(timeout=0 if self._stamp else LOOK_EVERY):
            try:
                if now >= self._look_at:
                    self._stamp = _read_stamp()
                    self._look_at = now + LOOK_EVERY
            except Error:
                self._look_at = self._clock() + LOOK_EVERY
            finally:
                self._looking.release()
        return self._stamp


def _read_stamp() -> Version:
    """Read the stamp, with a new connection where the old one is dead: the database may have been started anew."""
    try:
        return read_site_version()
    except Error:
        if not connection.errors_occurred:
            raise
        connection.close()
        return read_site_version()


class _Pages:
    """The pages that are kept, those used last at the end, in at most so many bytes."""

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._lock = threading.Lock()
        self._pages: OrderedDict[Key, tuple[Page, int]] = OrderedDict()
        self._bytes = 0

    def get(self, key: Key) -> Page | None:
        with self._lock:
            found = self._pages.get(key)
            if found is None:
                return None
            self._pages.move_to_end(key)
        return found[0]

    def keep(self, key: Key, page: Page) -> None:
        """Keep a page, in place of the one before; let go of those that nobody asked for longest."""
        with self._lock:
            self._keep(key, page)

    def weigh(self, key: Key, page: Page) -> None:
        """Count what a page has gained, if it is still kept."""
        with self._lock:
            found = self._pages.get(key)
            if found is not None and found[0] is page:
                self._keep(key, page)

    def forget(self, key: Key) -> None:
        with self._lock:
            self._forget(key)

    def _keep(self, key: Key, page: Page) -> None:
        self._forget(key)
        weight = page.weight
        self._pages[key] = page, weight
        self._bytes += weight
        while self._bytes > self._max_bytes:
            self._forget(next(iter(self._pages)))

    def _forget(self, key: Key) -> None:
        if key in self._pages:
            self._bytes -= self._pages.pop(key)[1]


def _key_of_a_choice(environ: Environ) -> Key | None:
    """The key of a page whose address or cookies may choose another one; nothing for those who sign in."""
    cookies = parse_cookie(environ.get("HTTP_COOKIE", ""))
    if settings.SESSION_COOKIE_NAME in cookies or settings.CSRF_COOKIE_NAME in cookies:
        return None
    try:
        query = QueryDict(environ.get("QUERY_STRING", "").encode("latin-1"))
    except SuspiciousOperation:
        return None  # Django says what it thinks of this.
    chosen = display.choose_display(query, cookies)
    reads = getattr(_view(environ), "reads", ()) if query else ()
    asked = only_read(query, reads)
    asked.pop(display.COOKIE, None)
    return (
        environ["wsgi.url_scheme"],
        environ.get("HTTP_HOST", ""),
        environ["PATH_INFO"],
        chosen,
        asked.urlencode(),
    )


def _view(environ: Environ) -> Callable[..., Any] | None:
    try:
        return resolve(get_path_info(environ)).func
    except Resolver404:
        return None


def _is_public(environ: Environ) -> bool:
    """Whether a view has marked its pages as public, and the request is one that a key describes whole."""
    return _is_known_host(environ) and not environ.get("SCRIPT_NAME") and hasattr(_view(environ), "reads")


def _is_known_host(environ: Environ) -> bool:
    """Whether the site is called by a name of its own, to the letter.

    Django also takes it in capitals, with any port and, with `.example.org`, with anything before it: there is no end
    of names that nobody keeps pages for.
    """
    called = environ.get("HTTP_HOST", "")
    names = {*settings.ALLOWED_HOSTS, urlsplit(settings.SITE_URL).netloc}
    return called in names or called.removesuffix(f":{environ.get('SERVER_PORT')}") in names


def _may_be_kept(status: str, headers: Headers, response: Iterable[bytes]) -> bool:
    names = {name.lower(): value for name, value in headers}
    return (
        int(status[:3]) in KEPT
        and names.get("cache-control", "").startswith("public")
        and "set-cookie" not in names
        and not getattr(response, "streaming", True)
    )


def _finished(status: str, headers: Headers, response: Iterable[bytes], stamp: Version, until: float) -> Page:
    body = b"".join(response)
    _close(response)
    kept = [(name, value) for name, value in headers if name.lower() not in _NOT_KEPT]
    vary = next((value for name, value in headers if name.lower() == "vary"), "")
    kept.append(("Vary", f"{vary}, Accept-Encoding" if vary else "Accept-Encoding"))
    return Page(status, kept, body, stamp, until)


def _close(response: Iterable[bytes]) -> None:
    close = getattr(response, "close", None)
    if close:
        close()


@lru_cache(maxsize=256)
def _best_encoding(accepted: str) -> str:
    """The encoding that an `Accept-Encoding` likes best of ours; the smaller one where it likes two alike."""
    weights: dict[str, float] = {}
    for part in accepted.lower().split(","):
        name, _, parameter = part.partition(";")
        weights[name.strip()] = _weight(parameter.strip())
    of_all_others = weights.get("*", 0.0)
    liked = {
        "br": weights.get("br", of_all_others),
        "gzip": weights.get("gzip", of_all_others),
        "": weights.get("identity", 0.0),
    }
    best = max(liked, key=liked.__getitem__)
    return best if liked[best] > 0 else ""


def _weight(parameter: str) -> float:
    if not parameter:
        return 1.0
    try:
        weight = float(parameter.removeprefix("q="))
    except ValueError:
        return 0.0
    return weight if 0 <= weight <= 1 else 0.0


def _matches(if_none_match: str, etag: str) -> bool:
    """Whether an `If-None-Match` names this page: `*`, or a list of ETags, weak or strong."""
    if if_none_match == etag:
        return True
    tags = [tag.strip().removeprefix("W/") for tag in if_none_match.split(",")]
    return etag in tags or tags == ["*"]
