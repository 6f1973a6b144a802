"""Where passkeys work: browsers bind them to a host name, and refuse IP addresses (WebAuthn Level 2, section 5.1.2)."""

from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

from django import template
from django.conf import settings
from django.http.request import split_domain_port

register = template.Library()


def _is_ip_address(host: str) -> bool:
    try:
        ip_address(host.strip("[]"))
    except ValueError:
        return False
    return True


@register.simple_tag(takes_context=True)
def address_for_passkeys(context: dict[str, Any]) -> str:
    """Return "" where this request's host is a name; else the site's address by name, or by "localhost"."""
    host, port = split_domain_port(context["request"].get_host())
    if not _is_ip_address(host):
        return ""
    if not _is_ip_address(urlsplit(settings.SITE_URL).hostname or ""):
        return str(settings.SITE_URL)
    return f"{context['request'].scheme}://localhost{f':{port}' if port else ''}"
