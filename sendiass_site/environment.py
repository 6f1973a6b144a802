"""What the values of environment variables mean, for the settings and for the start. Imports nothing of the site."""

import ipaddress
import os
from collections.abc import Iterable
from pathlib import Path


def strip_quotes(value: str) -> str:
    """Return a value without the spaces and the pair of quotes around it, which `docker --env-file` keeps."""
    value = value.strip()
    for quote in ('"', "'"):
        if len(value) > 1 and value.startswith(quote) and value.endswith(quote) and value.count(quote) == 2:
            return value[1:-1].strip()
    return value


def split_list(value: str) -> list[str]:
    """Return the parts of a list with commas between them. The list or each part may be in quotes."""
    return [part for one in strip_quotes(value).split(",") if (part := strip_quotes(one))]


def exact_hosts(hosts: Iterable[str]) -> list[str]:
    """Return those of `ALLOWED_HOSTS` that are an address: neither `*` nor `.example.org`."""
    return [host for host in hosts if host != "*" and not host.startswith(".")]


def url_without_https(host: str, port: str, allowed_hosts: Iterable[str]) -> str:
    """Return the address of a site without a certificate.

    `host` is the address on which it listens. Where that is empty, all addresses, or no allowed host, the first of those takes
    its place.
    """
    allowed = list(allowed_hosts)
    try:
        listens_on_one = not ipaddress.ip_address(host).is_unspecified
    except ValueError:
        listens_on_one = False
    name = f"[{host}]" if ":" in host else host
    if not listens_on_one or (allowed and not {name, "*"} & {*allowed}):
        name = next(iter(exact_hosts(allowed)), "127.0.0.1")
    return f"http://{name}" if port == "80" else f"http://{name}:{port}"


def owner_hint(path: Path, user: int | None = None) -> str:
    """Say whose a file or folder is, where it is not of the user that runs this program; otherwise return "".

    Of one that is missing, the nearest folder that exists is named. `user` is a number, of this process by default.
    """
    user = os.geteuid() if user is None else user
    for one in (path, *path.parents):
        try:
            owner = one.stat().st_uid
        except OSError:
            continue
        return (
            "" if owner == user else f" {one} belongs to user {owner}, and this program runs as user {user}."
        )
    return ""
