"""/metrics: who may read it, what is in it, and that its documentation agrees."""

import datetime as dt
import re
from collections.abc import Iterator

import pytest
import yaml
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder
from django.utils import timezone
from prometheus_client.parser import text_string_to_metric_families

from leaflets.feedback.models import PurgeRun
from sendiass_site.ops import backups, doctor, drills
from sendiass_site.ops.doctor import Status
from sendiass_site.web.proxies import TrustedProxies, parse_networks
from sendiass_site.web.request_counts import get_counts
from tests.conftest import HttpsClient
from tests.documentation import ROOT
from tests.factories import create_feedback, draft_as_staff
from tests.pages import load_site, lost_database

pytestmark = pytest.mark.django_db

READER = "10.0.0.9"
MADE = dt.datetime(2026, 11, 20, 3, 7, tzinfo=dt.UTC)


@pytest.fixture(scope="module")
def content(module_database, tmp_path_factory) -> None:
    with module_database.unblock():
        load_site(tmp_path_factory.mktemp("site"))


@pytest.fixture(autouse=True)
def _site(content, settings, tmp_path) -> Iterator[None]:
    settings.METRICS_ALLOW = parse_networks([READER, "192.168.7.0/24", "2001:db8::/32"])
    settings.DATA_DIR = tmp_path
    get_counts.cache_clear()
    yield
    get_counts.cache_clear()


@pytest.fixture
def client() -> HttpsClient:
    """A visitor; without a session, so that every cookie would be one of /metrics."""
    return HttpsClient()


def read(client: HttpsClient, name: str, **labels: str) -> float:
    """The value of one sample."""
    (value,) = [
        sample.value
        for family in text_string_to_metric_families(
            client.get("/metrics", REMOTE_ADDR=READER).content.decode()
        )
        for sample in family.samples
        if sample.name == name and labels.items() <= sample.labels.items()
    ]
    return value


# Who may read it


@pytest.mark.any_database
@pytest.mark.parametrize("address", [READER, "192.168.7.200", "2001:db8::7"])
def test_an_allowed_address_reads_it(client, address):
    response = client.get("/metrics", REMOTE_ADDR=address)

    assert response.status_code == 200
    assert response["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"


@pytest.mark.any_database
def test_the_answer_is_stored_nowhere_and_sets_no_cookie(client):
    response = client.get("/metrics", REMOTE_ADDR=READER)

    assert response["Cache-Control"] == "no-store"
    assert "Set-Cookie" not in response
    assert not response.cookies


@pytest.mark.any_database
@pytest.mark.parametrize("address", ["10.0.0.8", "192.168.8.1", "2001:db9::7", "127.0.0.1", ""])
def test_for_every_other_address_there_is_no_such_page(client, address):
    refused = client.get("/metrics", REMOTE_ADDR=address)
    unknown = client.get("/no/such/page", REMOTE_ADDR=address)

    assert refused.status_code == unknown.status_code == 404
    assert refused.content == unknown.content.replace(b"/no/such/page", b"/metrics")
    assert dict(refused.items()) | {"Content-Length": ""} == dict(unknown.items()) | {"Content-Length": ""}


@pytest.mark.any_database
@pytest.mark.parametrize("address", [READER, "127.0.0.1"])
def test_without_the_setting_there_is_no_such_page_for_anybody(client, settings, address):
    settings.METRICS_ALLOW = ()

    assert client.get("/metrics", REMOTE_ADDR=address).status_code == 404


@pytest.mark.any_database
def test_a_member_of_staff_at_another_address_may_not_read_it(admin_client):
    assert admin_client.get("/metrics", secure=True).status_code == 404


@pytest.mark.any_database
@pytest.mark.parametrize(
    ("forwarded", "status"), [(READER, 200), ("10.0.0.8", 404), (f"{READER}, 10.0.0.8", 404)]
)
def test_behind_a_proxy_the_address_is_that_of_the_client(client, forwarded, status):
    """As `TrustedProxies` finds it: an address that the client itself wrote before does not count."""
    found: list[str] = []
    proxies = TrustedProxies(
        lambda environ, _: found.append(environ["REMOTE_ADDR"]) or [], parse_networks(["127.0.0.1"])
    )
    proxies({"REMOTE_ADDR": "127.0.0.1", "HTTP_X_FORWARDED_FOR": forwarded}, lambda *_: None)

    assert client.get("/metrics", REMOTE_ADDR=found[0]).status_code == status


@pytest.mark.any_database
def test_it_is_read_from_beside_the_site_under_any_name_and_without_https(client):
    response = client.get("/metrics", REMOTE_ADDR=READER, headers={"host": "10.1.2.3:8000"}, secure=False)

    assert response.status_code == 200


# What is in it


@pytest.mark.any_database
def test_it_says_the_version(client, settings):
    assert read(client, "sendiass_info", version=settings.VERSION) == 1


@pytest.mark.any_database
def test_it_says_how_many_requests_of_each_kind_there_were(client):
    for _ in range(3):
        client.get("/leaflets/")
    client.get("/leaflets/no-such-leaflet/")

    assert read(client, "sendiass_requests_total", kind="leaflets", status="2xx") == 3
    assert read(client, "sendiass_requests_total", kind="leaflet", status="4xx") == 1


@pytest.mark.any_database
def test_it_says_how_often_a_page_was_in_the_cache(client):
    get_counts().add_miss()
    get_counts().cached_page_counters("home", 200)[0] += 2

    assert read(client, "sendiass_page_cache_pages_total", result="hit") == 2
    assert read(client, "sendiass_page_cache_pages_total", result="miss") == 1


@pytest.mark.any_database
def test_messages_that_nobody_was_told_of_are_mails_that_wait(client, settings):
    settings.FEEDBACK_NOTIFY = ["office@example.org"]
    create_feedback()
    create_feedback("Another.")
    create_feedback("Told.", notified_at=timezone.now())

    assert read(client, "sendiass_mails_waiting", about="messages") == 2
    assert read(client, "sendiass_mails_waiting", about="schedule") == 0


@pytest.mark.any_database
def test_without_an_address_to_tell_no_mail_waits(client):
    create_feedback()

    assert read(client, "sendiass_mails_waiting", about="messages") == 0


@pytest.mark.any_database
def test_times_are_in_seconds_since_1970(client):
    PurgeRun.objects.create(details=0, comments=0)
    PurgeRun.objects.update(at=MADE)
    at = MADE.isoformat()
    backups.write_record("last_backup.json", backups.Backup(at, "/data/backup.zip", 1))
    backups.write_record("last_drill.json", drills.Drill(at, "/data/backup.zip", at, 1, 1, 0))

    for name in ("purge", "backup", "restore_drill"):
        assert read(client, f"sendiass_last_{name}_timestamp_seconds") == MADE.timestamp()


@pytest.mark.any_database
def test_what_never_happened_has_the_time_0(client):
    PurgeRun.objects.all().delete()

    for name in ("purge", "backup", "restore_drill"):
        assert read(client, f"sendiass_last_{name}_timestamp_seconds") == 0


@pytest.mark.any_database
def test_it_says_how_many_drafts_there_are(client):
    assert read(client, "sendiass_drafts") == 0

    draft_as_staff("A new sentence.")

    assert read(client, "sendiass_drafts") == 1


def test_it_says_how_many_migrations_are_missing(client):
    assert read(client, "sendiass_pending_migrations") == 0

    last = MigrationRecorder(connection).migration_qs.filter(app="feedback").order_by("name").last()
    last.delete()

    assert read(client, "sendiass_pending_migrations") == 1


@pytest.mark.any_database
def test_without_a_database_it_says_so_and_what_it_knows_without_one(client):
    client.get("/leaflets/")

    with lost_database():
        assert read(client, "sendiass_database_up") == 0
        assert read(client, "sendiass_requests_total", kind="leaflets", status="2xx") == 1
    assert read(client, "sendiass_database_up") == 1


@pytest.mark.any_database
def test_nothing_that_was_asked_or_written_is_in_it(client, settings):
    settings.FEEDBACK_NOTIFY = ["office@example.org"]
    create_feedback("A secret sentence.", name="Mrs Secret", email="secret@example.org")
    client.get(
        "/leaflets/secret-leaflet/?secret=1", headers={"user-agent": "secret"}, REMOTE_ADDR="192.0.2.99"
    )
    client.get("/shared/secret-token/")

    text = client.get("/metrics", REMOTE_ADDR=READER).content.decode()

    assert [word for word in ("secret", "Secret", "office", "192.0.2.99") if word in text] == []


# Documentation


@pytest.mark.any_database
def test_the_table_in_the_documentation_and_the_metrics_agree(client):
    text = client.get("/metrics", REMOTE_ADDR=READER).content.decode()
    has = {
        (sample.name, *sorted(sample.labels))
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }

    rows = re.findall(
        r"^\| `(sendiass_\w+)(?:\{([a-z, ]+)\})?` \|", (ROOT / "docs" / "operating.md").read_text(), re.M
    )

    assert {(name, *sorted(filter(None, labels.split(", ")))) for name, labels in rows} == has


@pytest.mark.any_database
def test_the_alerts_in_the_documentation_are_about_metrics_that_there_are(client):
    text = client.get("/metrics", REMOTE_ADDR=READER).content.decode()
    documentation = (ROOT / "docs" / "operating.md").read_text()
    blocks = re.findall(r"^```yaml\n(.*?)^```$", documentation, re.M | re.S)
    (alerts,) = [block for block in map(yaml.safe_load, blocks) if "groups" in block]
    named = [rule["expr"] for group in alerts["groups"] for rule in group["rules"]]

    assert len(named) == 3
    metrics = set(re.findall(r"sendiass_\w+", " ".join(named)))
    assert metrics - set(re.findall(r"^sendiass_\w+", text, re.M)) == set()


# doctor


@pytest.mark.any_database
@pytest.mark.parametrize(
    ("networks", "status", "words"),
    [
        ([], Status.OK, "Nobody may read /metrics"),
        ([READER], Status.OK, f"/metrics is read from {READER}/32."),
        (["0.0.0.0/0"], Status.WARNING, "Everybody may read /metrics"),
        (["10.0.0.1", "::/0"], Status.WARNING, "Everybody may read /metrics"),
    ],
)
def test_doctor_says_who_may_read_it(settings, networks, status, words):
    settings.METRICS_ALLOW = parse_networks(networks)

    (found,) = doctor._check_metrics()

    assert found.status == status
    assert words in found.message
    assert bool(found.remedy) == bool(status)
