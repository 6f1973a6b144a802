"""A client for WSGI applications, without a server in between."""

import gzip
import io
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import brotli


@dataclass(frozen=True)
class Answer:
    """A response: the status, headers by lower-case name, and the body."""

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
    """A clock that is moved by hand. Seconds."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now

    def advance(self, seconds: float) -> None:
        self.now += seconds


def ask(
    application: Callable[..., Iterable[bytes]],
    address: str,
    method: str = "GET",
    *,
    scheme: str = "https",
    script_name: str = "",
    server_port: str = "443",
    body: bytes = b"",
    **headers: str,
) -> Answer:
    """Request an address, with headers such as `accept_encoding="br"`."""
    path, _, query = address.partition("?")
    environ: dict[str, Any] = {
        "REQUEST_METHOD": method,
        "SCRIPT_NAME": script_name,
        "PATH_INFO": path,
        "QUERY_STRING": query,
        "SERVER_NAME": "testserver",
        "SERVER_PORT": server_port,
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
    started: list[tuple[str, list[tuple[str, str]]]] = []
    response = application(environ, lambda status, headers, _=None: started.append((status, headers)))
    try:
        content = b"".join(response)
    finally:
        getattr(response, "close", lambda: None)()
    [(status, found)] = started
    names = [name.lower() for name, _ in found]
    assert len(names) == len(set(names)) or names.count("set-cookie") > 1, f"a header is repeated: {names}"
    return Answer(int(status[:3]), {name.lower(): value for name, value in found}, content)
