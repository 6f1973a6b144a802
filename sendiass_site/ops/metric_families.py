"""The metrics of /metrics. docs/operating.md has a table of them. No value or label has anything of a request or a person."""

import datetime as dt
from collections.abc import Iterator

from django.conf import settings
from django.db import Error
from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, InfoMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4, generate_latest
from prometheus_client.registry import Collector

from leaflets.feedback.models import Feedback, PurgeRun
from leaflets.models import Edition, ScheduledChange
from sendiass_site.web.request_counts import get_counts

from . import backups, drills, readiness

# The format that every version of Prometheus reads.
CONTENT_TYPE = CONTENT_TYPE_PLAIN_0_0_4


def write_metrics() -> bytes:
    """Return all metrics as text."""
    return generate_latest(_REGISTRY)


class _SiteCollector(Collector):
    def collect(self) -> Iterator[Metric]:
        yield InfoMetricFamily("sendiass", "The version of the site.", {"version": settings.VERSION})
        yield from _collect_request_metrics()
        yield _timestamp_gauge("last_backup", "The last backup.", _time_of(backups.get_last_backup()))
        yield _timestamp_gauge(
            "last_restore_drill", "The last backup that was tried.", _time_of(drills.get_last_drill())
        )
        try:
            database_metrics = [] if readiness.is_file_gone() else list(_collect_database_metrics())
        except Error:
            database_metrics = []
        yield GaugeMetricFamily(
            "sendiass_database_up", "Whether the database answers.", float(bool(database_metrics))
        )
        yield from database_metrics


# Not the registry of the library, which has metrics of each process.
_REGISTRY = CollectorRegistry()
_REGISTRY.register(_SiteCollector())


def _collect_request_metrics() -> Iterator[Metric]:
    counts = get_counts()
    requests = CounterMetricFamily(
        "sendiass_requests", "Requests, by kind of page and class of status.", labels=["kind", "status"]
    )
    for kind, status, number in counts.requests():
        requests.add_metric([kind, status], number)
    yield requests
    pages = CounterMetricFamily(
        "sendiass_page_cache_pages", "Pages that were in the page cache, or not.", labels=["result"]
    )
    pages.add_metric(["hit"], counts.hits())
    pages.add_metric(["miss"], counts.misses())
    yield pages


def _collect_database_metrics() -> Iterator[Metric]:
    """Yield the metrics that need the database. Raises `Error`."""
    yield GaugeMetricFamily(
        "sendiass_pending_migrations",
        "Migrations that were not applied.",
        readiness.count_pending_migrations(),
    )
    last_purge = PurgeRun.objects.order_by("-at").values_list("at", flat=True).first()
    yield _timestamp_gauge("last_purge", "The last deletion on time.", last_purge)
    yield GaugeMetricFamily(
        "sendiass_drafts", "Drafts.", Edition.objects.filter(status=Edition.Status.DRAFT).count()
    )
    mails = GaugeMetricFamily(
        "sendiass_mails_waiting", "E-mails that the mail server did not accept yet.", labels=["about"]
    )
    # Without an address nobody is told, and nothing waits.
    messages = Feedback.objects.waiting_for_notice().count() if settings.FEEDBACK_NOTIFY else 0
    mails.add_metric(["messages"], messages)
    schedule = ScheduledChange.objects.filter(is_to_be_told=True).count() if settings.HAS_MAIL else 0
    mails.add_metric(["schedule"], schedule)
    yield mails


def _timestamp_gauge(name: str, description: str, time: dt.datetime | None) -> Metric:
    """A time in seconds since 1970; 0 for never."""
    return GaugeMetricFamily(
        f"sendiass_{name}_timestamp_seconds", description, time.timestamp() if time else 0
    )


def _time_of(record: backups.Backup | drills.Drill | None) -> dt.datetime | None:
    return dt.datetime.fromisoformat(record.at) if record else None
