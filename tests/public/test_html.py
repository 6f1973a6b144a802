"""Every public page, parsed as strictly as by a validator."""

import re
from xml.etree.ElementTree import Element

import html5lib
import pytest
from django.conf import settings

from leaflets.models import Leaflet
from leaflets.publishing import editions, loading
from tests.factories import edit_as_staff
from tests.pages import Page, crawl, internal_links, opened, visit, visitor, words

# tests/ops/test_pgbouncer.py opens every page on PostgreSQL.
pytestmark = pytest.mark.any_database

REAL_LEAFLET = "sen-in-mainstream-schools"


@pytest.fixture(scope="module")
def _real_site(module_database) -> None:
    """The content of this repository, with one older edition."""
    with module_database.unblock():
        loading.load(settings.CONTENT_DIR)
        edit_as_staff("The first edition is an older one now.", slug=REAL_LEAFLET)


@pytest.fixture(scope="module", params=["standard", "large"])
def pages(request, _real_site, django_db_blocker) -> dict[str, Page]:
    """Every page reached by links and the sitemap, in both displays."""
    reader = visitor(**{"display": "large"} if request.param == "large" else {})
    with django_db_blocker.unblock():
        return crawl(reader)


def described(document: Element) -> list[tuple[str, set[str], str]]:
    """The tag, names of attributes, and words of each element.

    Left out is what libxml2 does not know: the <tbody> of each table, that <wbr> has no end, and the capital of viewBox.
    """
    elements = (element for element in document.iter() if isinstance(element.tag, str))
    return [
        (element.tag, {name.lower() for name in element.attrib}, words(element))
        for element in elements
        if element.tag not in {"tbody", "wbr"}
    ]


def test_every_kind_of_page_is_linked(pages):
    expected = {
        "/",
        "/leaflets/",
        f"/leaflets/{REAL_LEAFLET}/",
        f"/leaflets/{REAL_LEAFLET}/editions/",
        f"/leaflets/{REAL_LEAFLET}/editions/1/",
        f"/have-your-say/?leaflet={REAL_LEAFLET}&section=sen-support",
        "/law/code-of-practice/",
        "/law/code-of-practice/6.17/",
        "/contact/",
        "/have-your-say/",
        "/privacy/",
        "/accessibility/",
        "/cookies/",
    }

    assert expected <= set(pages)


def test_every_link_opens_a_page(pages):
    assert {url: page.status for url, page in pages.items() if page.status != 200} == {}


def test_every_page_is_valid_html_and_the_tests_parse_it_as_browsers_do(pages):
    for url, page in pages.items():
        parser = html5lib.HTMLParser(namespaceHTMLElements=False)

        document = parser.parse(page.html)

        assert parser.errors == [], f"{url}: {parser.errors}"
        assert described(page.tree) == described(document), url


def test_every_id_is_unique_on_its_page(pages):
    for url, page in pages.items():
        ids = [element.get("id") for element in page.tree.iter() if element.get("id")]

        assert len(ids) == len(set(ids)), url


def test_every_fragment_link_has_a_target(pages):
    ids = {url: {element.get("id") for element in page.tree.iter()} for url, page in pages.items()}

    lost = [
        f"{url} -> {target}#{anchor}"
        for url, page in pages.items()
        for target, anchor in internal_links(page)
        if anchor and target in ids and anchor not in ids[target]
    ]

    assert lost == []


def test_every_reference_to_an_id_has_a_target(pages):
    for url, page in pages.items():
        ids = {element.get("id") for element in page.tree.iter()}
        for attribute in ("for", "aria-labelledby", "aria-describedby", "aria-controls"):
            for element in page.all(f"*[@{attribute}]"):
                assert set(element.get(attribute).split()) <= ids, f"{url}: {attribute}"


def test_every_file_that_a_page_loads_exists(pages):
    asked = {
        element.get("href") or element.get("src")
        for page in pages.values()
        for element in page.all("link[@rel='stylesheet']")
        + page.all("link[@rel='icon']")
        + page.all("*[@src]")
    }

    for address in asked:
        response = visitor().get(address)

        assert response.status_code == 200, address
        assert b"".join(response) != b"", address


@pytest.mark.parametrize("leftover", ["{{", "{%", "{#", "}}", "%}"])
def test_no_page_shows_template_syntax(pages, leftover):
    assert [url for url, page in pages.items() if leftover in page.html] == []


def test_no_page_shows_a_missing_value(pages):
    printed = re.compile(r"\b(None|nan|undefined|\[\]|datetime|QuerySet|Undefined)\b")

    assert {url: printed.findall(page.html) for url, page in pages.items() if printed.search(page.html)} == {}


NEVER_EMPTY = ("title", "h1", "h2", "h3", "h4", "a", "button", "li", "p", "figcaption")


@pytest.mark.parametrize("tag", NEVER_EMPTY)
def test_no_heading_link_or_paragraph_is_empty(pages, tag):
    assert [url for url, page in pages.items() if "" in page.texts(tag)] == []


def test_links_of_one_page_with_the_same_text_have_the_same_target(pages):
    for url, page in pages.items():
        targets: dict[str, set[str]] = {}
        for link in page.one("main").iter("a"):
            targets.setdefault(words(link), set()).add(link.get("href", ""))

        assert {text: leads for text, leads in targets.items() if len(leads) > 1} == {}, url


def test_every_page_stays_below_the_size_limit(pages):
    assert {url: len(page.html) for url, page in pages.items() if len(page.html) > 60_000} == {}


@pytest.mark.usefixtures("db", "_real_site")
@pytest.mark.parametrize("display", ["standard", "large"])
def test_pages_without_links_to_them_are_valid_html(client, display):
    editions.withdraw(Leaflet.objects.get(slug=REAL_LEAFLET))
    client.cookies.load({"display": display})
    sent = client.post("/have-your-say/", {"comments": "Clear.", "opened": opened()})
    unlinked = [
        visit(client, "/no-such-page/"),
        visit(client, f"/leaflets/{REAL_LEAFLET}/"),
        visit(client, sent["Location"]),
        visit(client, "/have-your-say/thank-you/"),
        Page("/display/", client.post("/display/", {"display": "huge"})),
        Page("/have-your-say/", client.post("/have-your-say/", {"comments": "", "name": "x" * 200})),
        Page("/have-your-say/", client.post("/have-your-say/", {"comments": "Clear."})),
        Page("/have-your-say/", client.post("/have-your-say/", {"comments": "a@b.org", "opened": opened()})),
    ]

    assert [page.status for page in unlinked] == [404, 410, 200, 404, 400, 422, 400, 200]
    for page in unlinked:
        parser = html5lib.HTMLParser()
        parser.parse(page.html)
        assert parser.errors == [], page.url
