"""Health checks, robots.txt, the sitemap and security.txt."""

import datetime as dt
import re

import pytest
from django.db.migrations.recorder import MigrationRecorder

from leaflets.models import Edition, Service
from tests.factories import SLUG, edit_as_staff, published_edition
from tests.pages import PAGES, PRIVACY, addresses_in_sitemap, crawl, load_site, lost_database, visit

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]


# Health checks


def test_the_liveness_check_answers_200(client):
    response = client.get("/healthz")

    assert (response.status_code, response.content) == (200, b"ok\n")
    assert response["Content-Type"] == "text/plain; charset=utf-8"


def test_the_liveness_check_answers_200_without_a_database(client):
    with lost_database():
        response = client.get("/healthz")

    assert response.status_code == 200


# What load balancers send: the address and port of a machine, a name of their own, and nothing that is a name.
FOREIGN_HOSTS = ["10.0.3.17:8000", "[fd00::17]:8000", "internal-lb.example.net", "_", "", "a b"]


@pytest.mark.parametrize("host", FOREIGN_HOSTS)
@pytest.mark.parametrize("method", ["get", "head"])
def test_the_liveness_check_answers_200_for_any_host_and_logs_nothing(client, caplog, host, method):
    response = getattr(client, method)("/healthz", headers={"host": host})

    assert response.status_code == 200
    assert caplog.records == []


@pytest.mark.parametrize("host", FOREIGN_HOSTS)
@pytest.mark.parametrize(
    ("method", "path"),
    [("get", "/readyz"), ("get", "/"), ("get", "/healthz/"), ("get", "/healthz/x"), ("post", "/healthz")],
)
def test_nothing_else_answers_for_a_host_that_is_not_allowed(client, method, path, host):
    assert getattr(client, method)(path, headers={"host": host}).status_code == 400


def test_the_site_is_ready_once_its_content_is_loaded(client, tmp_path):
    load_site(tmp_path)

    response = client.get("/readyz")

    assert (response.status_code, response.content) == (200, b"ready\n")


def test_the_site_is_not_ready_without_content(client):
    response = client.get("/readyz")

    assert response.status_code == 503
    assert response.content.decode() == "Not ready. There is no content. Run `manage.py load_leaflets`.\n"


@pytest.mark.each_database
def test_the_site_is_not_ready_without_a_published_leaflet(client, tmp_path):
    load_site(tmp_path)
    Edition.objects.update(status="superseded")

    response = client.get("/readyz")

    assert response.status_code == 503


def test_the_site_is_not_ready_while_a_migration_is_missing(client, tmp_path):
    load_site(tmp_path)
    MigrationRecorder.Migration.objects.filter(app="leaflets").latest("name").delete()

    response = client.get("/readyz")

    assert response.status_code == 503
    assert response.content.decode() == "Not ready. Migrations are missing.\n"


def test_the_site_is_not_ready_without_its_database(client):
    with lost_database():
        response = client.get("/readyz")

    assert response.status_code == 503
    assert response.content.decode() == "Not ready. The database does not answer.\n"


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
def test_a_health_check_is_never_cached(client, path):
    assert "no-store" in client.get(path)["Cache-Control"]


# Search engines


def test_robots_txt_disallows_the_staff_pages_only(client):
    lines = client.get("/robots.txt").content.decode().splitlines()

    assert lines[0] == "User-agent: *"
    assert "Disallow: /admin/" in lines
    assert "Sitemap: https://testserver/sitemap.xml" in lines


def test_the_sitemap_lists_every_public_page(client, tmp_path):
    load_site(tmp_path)

    listed = addresses_in_sitemap(client)

    assert set(PAGES) - {"/leaflets/sen-support/editions/"} <= set(listed)
    assert len(listed) == len(set(listed))


def test_every_indexable_page_is_in_the_sitemap(client, tmp_path):
    load_site(tmp_path)
    edit_as_staff("The first edition is an older one now.")

    found = crawl(client).values()

    wanted = {page.url for page in found if page.meta("robots") != "noindex" and "?" not in page.url}
    histories = {url for url in wanted if url.endswith("/editions/")}
    assert wanted - histories == set(addresses_in_sitemap(client))


def test_every_url_in_the_sitemap_is_canonical(client, tmp_path):
    load_site(tmp_path)

    for address in addresses_in_sitemap(client):
        page = visit(client, address)

        assert page.status == 200
        assert page.canonical == f"https://testserver{address}"


def test_the_sitemap_says_when_a_leaflet_was_last_changed(client, tmp_path):
    load_site(tmp_path)

    sitemap = client.get("/sitemap.xml").content.decode()

    entry = re.search(r"<url><loc>[^<]*/leaflets/sen-support/</loc>(.*?)</url>", sitemap)
    assert published_edition(SLUG).published_at.date().isoformat() in entry[1]


def test_a_new_footer_page_is_in_the_sitemap_at_its_own_url(client, tmp_path):
    load_site(tmp_path)

    addresses = addresses_in_sitemap(client)

    assert f"/{PRIVACY.slug}/" in addresses
    assert f"/leaflets/{PRIVACY.slug}/" not in addresses


# security.txt


def security_txt(client) -> dict[str, str]:
    lines = client.get("/.well-known/security.txt").content.decode().splitlines()
    return dict(line.split(": ", 1) for line in lines)


def test_security_txt_names_the_contact_of_the_service(client, tmp_path):
    load_site(tmp_path)

    assert security_txt(client)["Contact"] == "mailto:help@example.org"


def test_security_txt_names_the_contact_from_the_settings_instead(client, tmp_path, settings):
    load_site(tmp_path)
    settings.SECURITY_CONTACT = "https://www.example.org/security"

    assert security_txt(client)["Contact"] == "https://www.example.org/security"


def test_security_txt_expires_in_the_future_within_a_year(client, tmp_path):
    load_site(tmp_path)

    expires = dt.datetime.fromisoformat(security_txt(client)["Expires"])

    now = dt.datetime.now(dt.UTC)
    assert now + dt.timedelta(days=30) < expires < now + dt.timedelta(days=365)


def test_security_txt_names_its_canonical_url(client, tmp_path):
    load_site(tmp_path)

    assert security_txt(client)["Canonical"] == "https://testserver/.well-known/security.txt"


def test_security_txt_is_plain_text(client, tmp_path):
    load_site(tmp_path)

    assert client.get("/.well-known/security.txt")["Content-Type"] == "text/plain; charset=utf-8"


def test_security_txt_without_a_contact_answers_404(client):
    assert not Service.objects.exists()
    assert client.get("/.well-known/security.txt").status_code == 404
