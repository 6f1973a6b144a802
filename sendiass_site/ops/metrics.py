"""/metrics: the state of the site in numbers, for a monitoring program that reads the format of Prometheus."""

from ipaddress import ip_address

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_safe


@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """Show the metrics to the addresses of METRICS_ALLOW. For all others there is no such page."""
    if not _may_read(request.META["REMOTE_ADDR"]):
        raise Http404
    # Not imported where there are no metrics.
    from .metric_families import CONTENT_TYPE, write_metrics

    return HttpResponse(write_metrics(), content_type=CONTENT_TYPE, headers={"Cache-Control": "no-store"})


def _may_read(address: str) -> bool:
    """Whether METRICS_ALLOW has the address of a client, which is "" for one that has none (a socket file)."""
    return address != "" and any(ip_address(address) in network for network in settings.METRICS_ALLOW)
