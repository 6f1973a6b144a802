"""/metrics of a real server with two worker processes."""

import os
import signal
from collections.abc import Iterator

import psutil
import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.running_site import get, running_site, wait_until

pytestmark = pytest.mark.server

# The kernel distributes connections to the two workers: of so many, each gets some.
CONNECTIONS = 40
CACHED, UNCACHED = "/leaflets/", "/have-your-say/"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with running_site(tmp_path_factory.mktemp("data"), METRICS_ALLOW="127.0.0.1") as base:
        yield base


def numbers(base: str) -> dict[tuple[str, ...], float]:
    """The values of all counters, by name and labels."""
    status, _, body = get(f"{base}/metrics")
    assert status == 200
    return {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(body.decode())
        for sample in family.samples
        if family.type == "counter"
    }


def visit(base: str) -> None:
    for _ in range(CONNECTIONS):
        for path in (CACHED, UNCACHED):
            assert get(base + path)[0] == 200


def requests_of(found: dict[tuple[str, ...], float]) -> list[float]:
    return [found["sendiass_requests_total", kind, "2xx"] for kind in ("leaflets", "have-your-say")]


def workers_of(base: str) -> list[psutil.Process]:
    port = base.rpartition(":")[2]
    (main,) = [child for child in psutil.Process().children() if child.environ().get("PORT") == port]
    return main.children()


def test_each_worker_says_what_all_of_them_answered(site: str):
    before = requests_of(numbers(site))
    visit(site)

    found = [requests_of(numbers(site)) for _ in range(CONNECTIONS)]

    assert found == [[number + CONNECTIONS for number in before]] * CONNECTIONS


def test_pages_in_the_cache_and_others_are_told_apart(site: str):
    def pages() -> dict[str, float]:
        found = numbers(site)
        return {result: found["sendiass_page_cache_pages_total", result] for result in ("hit", "miss")}

    before = pages()
    visit(site)
    after = pages()

    assert sum(after.values()) - sum(before.values()) == CONNECTIONS
    # The page was made ready before the workers were forked.
    assert after["miss"] == before["miss"]


def test_a_worker_that_is_killed_loses_no_number(site: str):
    visit(site)
    before = numbers(site)
    killed = workers_of(site)[0]
    killed.kill()
    wait_until(lambda: len([one for one in workers_of(site) if one.pid != killed.pid]) >= 2)

    after = numbers(site)
    assert [name for name, value in before.items() if after[name] < value] == []
    visit(site)

    assert requests_of(numbers(site)) == [number + CONNECTIONS for number in requests_of(before)]


def test_no_number_goes_back_when_all_workers_are_exchanged(site: str):
    visit(site)
    before, old = numbers(site), {one.pid for one in workers_of(site)}
    os.kill(workers_of(site)[0].ppid(), signal.SIGHUP)
    wait_until(lambda: not old & {one.pid for one in workers_of(site)})

    after = numbers(site)

    assert [name for name, value in before.items() if after[name] < value] == []
    visit(site)
    assert requests_of(numbers(site)) == [number + CONNECTIONS for number in requests_of(before)]


def test_behind_a_proxy_the_client_is_refused_and_the_monitoring_program_is_not(site: str):
    refused, _, _ = get(f"{site}/metrics", **{"X-Forwarded-For": "192.0.2.7"})
    allowed, headers, _ = get(f"{site}/metrics", **{"X-Forwarded-For": "127.0.0.1"})

    assert (refused, allowed) == (404, 200)
    assert headers["cache-control"] == "no-store"
    assert "set-cookie" not in headers
