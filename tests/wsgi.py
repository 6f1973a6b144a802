"""The site as its server sees it: a WSGI application, asked without a server in between."""

import gzip
import io
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import brotli


@dataclass(frozen=True)
class Answer:
    """What came back: the status, headers by their names in small letters, and the bytes."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def text(self) -> str:
        encoding = self.headers.get("content-encoding", "")
        plain = {"": bytes, "gzip": gzip.decompress, "br": brotli.decompress}[encoding](self.body)
        return plain.decode()

    @property
    def etag(self) -> str:
        return self.headers["etag"]


class Clock:
    """A clock that stands still until somebody moves it. Seconds."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now

    def pass_(self, seconds: float) -> None:
        self.now += seconds


def ask(
    application: Callable[..., Iterable[bytes]],
    address: str,
    method: str = "GET",
    *,
    scheme: str = "https",
    script_name: str = "",
    body: bytes = b"",
    **headers: str,
) -> Answer:
    """Ask for an address, with headers such as `accept_encoding="br"`."""
    path, _, query = address.partition("?")
    environ: dict[str, Any] = {
        "REQUEST_METHOD": method,
        "SCRIPT_NAME": script_name,
        "PATH_INFO": path,
        "QUERY_STRING": query,
        "SERVER_NAME": "testserver",
        "SERVER_PORT": "443",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "127.0.0.1",
        "CONTENT_LENGTH": str(len(body)),
        "CONTENT_TYPE": "application/x-www-form-urlencoded",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scheme,
        "wsgi.input": io.BytesIO(body),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
    }
    environ |= {f"HTTP_{name.upper()}": value for name, value in ({"host": "testserver"} | headers).items()}
    begun: list[tuple[str, list[tuple[str, str]]]] = []
    response = application(environ, lambda status, headers, _=None: begun.append((status, headers)))
    try:
        content = b"".join(response)
    finally:
        getattr(response, "close", lambda: None)()
    [(status, found)] = begun
    names = [name.lower() for name, _ in found]
    assert len(names) == len(set(names)) or names.count("set-cookie") > 1, f"a header twice: {names}"
    return Answer(int(status[:3]), {name.lower(): value for name, value in found}, content)
