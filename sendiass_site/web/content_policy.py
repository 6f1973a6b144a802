"""The Content-Security-Policy of every answer, put together once."""

from functools import cache

from csp.constants import HEADER
from csp.middleware import CSPMiddleware
from csp.utils import build_policy
from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase


class ContentPolicyMiddleware(CSPMiddleware):
    """django-csp's own, which puts the policy together for each answer anew: a twentieth of a page's time.

    A view that asks django-csp for a policy of its own, or uses a nonce, gets it as ever.
    """

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        has_its_own = getattr(request, "_csp_nonce", None) or any("_csp" in name for name in vars(response))
        if settings.DEBUG or has_its_own:
            return super().process_response(request, response)
        response.headers.setdefault(HEADER, _policy())
        return response


@cache
def _policy() -> str:
    return build_policy()
