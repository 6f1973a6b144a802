"""The client's address and scheme behind reverse proxies, from the headers of trusted proxies only."""

from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import Any

Network = IPv4Network | IPv6Network
Wsgi = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


def parse_networks(values: Sequence[str]) -> tuple[Network, ...]:
    """Parse addresses and networks such as `10.0.0.0/8`. Raises `ValueError`."""
    return tuple(ip_network(value.strip()) for value in values if value.strip())


class TrustedProxies:
    """WSGI middleware that sets `REMOTE_ADDR` and the scheme to those of the client, and removes forged headers.

    Each proxy appends the address of its client to `X-Forwarded-For`. The list is read from its end, for as long as
    the addresses are trusted proxies; entries before the first untrusted one may be forged by the client.
    """

    def __init__(self, application: Wsgi, trusted: Sequence[Network]) -> None:
        self._application = application
        self._is_trusted = lru_cache(maxsize=1024)(
            lambda address: address != "" and any(ip_address(address) in network for network in trusted)
        )

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        nearest = environ["REMOTE_ADDR"] = _address(environ.get("REMOTE_ADDR", ""))
        forwarded_for = environ.pop("HTTP_X_FORWARDED_FOR", "")
        forwarded_scheme = environ.pop("HTTP_X_FORWARDED_PROTO", "")
        if self._is_trusted(nearest):
            if forwarded_for:
                environ["REMOTE_ADDR"] = self._client(nearest, forwarded_for)
            if forwarded_scheme:
                is_secure = forwarded_scheme.rpartition(",")[2].strip().lower() == "https"
                environ["wsgi.url_scheme"] = "https" if is_secure else "http"
        else:
            # A client must not choose the id in the log (logs.py), nor how long a proxy keeps a page (page_cache.py).
            environ.pop("HTTP_X_REQUEST_ID", None)
            environ.pop("HTTP_X_REQUEST_START", None)
        return self._application(environ, start_response)

    def _client(self, nearest: str, forwarded_for: str) -> str:
        for text in reversed(forwarded_for.split(",")):
            address = _address(text)
            if not address or not self._is_trusted(nearest):
                break
            nearest = address
        return nearest


@lru_cache(maxsize=1024)
def _address(text: str) -> str:
    """Return the address in a text that may include a port; an empty string if there is none."""
    text = text.strip()
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        address = ip_address(text)
    except ValueError:
        return ""
    # On a dual-stack socket 192.0.2.1 is ::ffff:192.0.2.1.
    return str(getattr(address, "ipv4_mapped", None) or address)
