"""Every address of the project, as the code writes it."""

import re
from collections.abc import Iterator

from django.urls import URLPattern, URLResolver, get_resolver


def routes(patterns: list[URLPattern | URLResolver], before: str = "") -> Iterator[str]:
    for pattern in patterns:
        # The admin names its apps in one pattern, in no certain order.
        route = before + re.sub(r"\^\(\?P<app_label>[^)]*\)/\$", "<app_label>/", str(pattern.pattern))
        if isinstance(pattern, URLResolver):
            yield from routes(pattern.url_patterns, route)
        else:
            yield route


ROUTES = sorted(set(routes(get_resolver().url_patterns)))
