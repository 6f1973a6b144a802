"""Every URL pattern of the project, as the code writes it."""

import re
from collections.abc import Iterator

from django.urls import URLPattern, URLResolver, get_resolver


def routes(patterns: list[URLPattern | URLResolver], before: str = "") -> Iterator[str]:
    for pattern in patterns:
        # One pattern of the admin lists its apps, in an order that varies.
        route = before + re.sub(r"\^\(\?P<app_label>[^)]*\)/\$", "<app_label>/", str(pattern.pattern))
        if isinstance(pattern, URLResolver):
            yield from routes(pattern.url_patterns, route)
        else:
            yield route


ROUTES = sorted(set(routes(get_resolver().url_patterns)))
