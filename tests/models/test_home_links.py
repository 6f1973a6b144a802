"""The links on the home page lead to pages that are there, and staff are told of those that do not."""

from io import StringIO

import pytest
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from leaflets.content.home_links import HomeLink
from leaflets.models import Leaflet, Service, linkable_pages, resolve_links
from leaflets.public.layout import PageLayout
from leaflets.publishing import editions, loading
from sendiass_site.ops.doctor import Status, run_checks
from tests.factories import write_content
from tests.pages import SITE, load_site
from tests.texts import service

pytestmark = pytest.mark.django_db


def leading_to(*addresses: str) -> tuple[HomeLink, ...]:
    return tuple(HomeLink(f"Way {number}", address) for number, address in enumerate(addresses))


@pytest.fixture(scope="module")
def site(module_database, tmp_path_factory) -> None:
    with module_database.unblock():
        load_site(tmp_path_factory.mktemp("site"))


@pytest.mark.parametrize(
    ("leads_to", "href"),
    [
        ("/leaflets/sen-support/", "/leaflets/sen-support/"),
        ("/leaflets/sen-support/#duties", "/leaflets/sen-support/#duties"),
        ("/leaflets/sen-support/?display=large#plan", "/leaflets/sen-support/?display=large#plan"),
        ("/privacy/#what-we-keep", "/privacy/#what-we-keep"),
        ("/contact/#page-post", "/contact/#page-post"),
        ("/have-your-say/", "/have-your-say/"),
        ("/", "/"),
        ("/law/", "/law/"),
        ("/law/code-of-practice/", "/law/code-of-practice/"),
        ("/law/code-of-practice/6.17/", "/law/code-of-practice/6.17/"),
        ("/leaflets/sen-support/sen-support.pdf", "/leaflets/sen-support/sen-support.pdf"),
        ("/leaflets/sen-support/editions/1/", "/leaflets/sen-support/editions/1/"),
        ("/leaflets/sen-support/duties/", "/leaflets/sen-support/duties/"),
        ("/leaflets/sen-support/meeting/", "/leaflets/sen-support/meeting/"),
        ("/leaflets/sen-support/parts/plan/", "/leaflets/sen-support/parts/plan/"),
        ("/duties/", "/duties/"),
        ("tel:01632 960000", "tel:01632960000"),
    ],
)
def test_a_home_link_to_a_page_has_its_address(site, leads_to, href):
    assert [(link.href, link.problem) for link in resolve_links(leading_to(leads_to))] == [(href, "")]


@pytest.mark.parametrize(
    ("leads_to", "why"),
    [
        ("/leaflets/transport/", "there is no such page"),
        ("/nothing/", "there is no such page"),
        ("/leaflets/sen-support/#nothing", "this leaflet has no part “nothing”"),
        ("/leaflets/sen-support/other.pdf", "there is no such page"),
        ("/leaflets/sen-support/editions/9/", "there is no such page"),
        ("/leaflets/privacy/duties/", "there is no such page"),
        ("/leaflets/privacy/meeting/", "there is no such page"),
        ("/leaflets/transport/meeting/", "there is no such page"),
        ("/leaflets/sen-support/letters/plan/", "there is no such page"),
        ("/leaflets/sen-support/parts/nothing/", "there is no such page"),
        ("/leaflets/sen-support/meeting.ics", "there is no such page"),
        ("/law/nothing/", "there is no such page"),
        ("/law/code-of-practice/9.99/", "there is no such page"),
        ("/media/files/nothing.pdf", "there is no such page"),
        ("/admin/", "there is no such page"),
        ("/contact", "there is no such page"),
        ("/healthz", "there is no such page"),
        ("/shared/abc/", "there is no such page"),
        ("/a/b/c/", "there is no such page"),
    ],
)
def test_a_home_link_that_leads_nowhere_has_no_address(site, leads_to, why):
    (link,) = resolve_links(leading_to(leads_to))

    assert link.href == ""
    assert link.problem == f"“Way 0” leads to {leads_to}: {why}. It is not shown on the home page."


def test_a_home_link_to_a_leaflet_that_is_not_published_says_so(site):
    editions.withdraw(Leaflet.objects.get(slug="sen-support"))

    (link,) = resolve_links(leading_to("/leaflets/sen-support/"))

    assert "this leaflet is not published" in link.problem


def test_every_page_that_is_linkable_is_there(site):
    offered = linkable_pages()

    links = resolve_links(leading_to(*(address for address, _title in offered)))
    assert len(links) > 8
    assert [link.problem for link in links] == [""] * len(links)


def test_a_home_link_to_a_leaflet_that_was_renamed_leads_to_its_new_address(tmp_path):
    load_site(tmp_path)
    editions.rename(Leaflet.objects.get(slug="sen-support"), "support", placement="leaflet")

    (link,) = resolve_links(leading_to("/leaflets/sen-support/#duties"))

    assert link.href == "/leaflets/support/#duties"


def test_a_home_link_to_a_leaflet_that_was_withdrawn_is_not_shown(tmp_path):
    load_site(tmp_path, service=service(ways_in=leading_to("/leaflets/sen-support/", "/contact/")))
    assert [link.href for link in PageLayout(None, Service.objects.get()).home_links] == [
        "/leaflets/sen-support/",
        "/contact/",
    ]

    editions.withdraw(Leaflet.objects.get(slug="sen-support"))

    assert [link.href for link in PageLayout(None, Service.objects.get()).home_links] == ["/contact/"]


def test_any_number_of_home_links_to_leaflets_takes_three_queries(site):
    with CaptureQueriesContext(connection) as queries:
        resolve_links(
            leading_to(
                "/leaflets/sen-support/#duties", "/leaflets/sen-support/#plan", "/privacy/", "/contact/"
            )
        )

    assert len(queries) == 3


def test_staff_are_told_of_a_home_link_that_leads_nowhere(tmp_path):
    record = service(ways_in=leading_to("/leaflets/sen-support/#nothing"))
    folder = write_content(tmp_path, service=record, leaflets=SITE)

    hints = [hint.message for hint in loading.load(folder).hints if "Way 0" in hint.message]
    found = [
        finding.message for finding in run_checks(request_site=False) if finding.status is Status.WARNING
    ]
    of_database, of_files, of_check = StringIO(), StringIO(), StringIO()
    call_command("preflight", stdout=of_database)
    call_command("preflight", content=folder, stdout=of_files)
    call_command("load_leaflets", str(folder), check=True, stdout=of_check)

    said = "“Way 0” leads to /leaflets/sen-support/#nothing"
    assert [message.startswith(said) for message in hints] == [True]
    assert any(message.startswith(said) for message in found)
    assert f"hint: {said}: this leaflet has no part “nothing”." in of_database.getvalue()
    assert f"hint: `ways_in`: {said}, which is not there." in of_files.getvalue()
    assert said in of_check.getvalue()


def test_the_shipped_home_links_all_lead_somewhere(settings):
    loading.load(settings.CONTENT_DIR)

    links = resolve_links(Service.objects.get().home_links)

    assert [link.problem for link in links] == [""] * 6
