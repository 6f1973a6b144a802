"""One name for each thing in the admin: the words beside every page, its title, its heading and its breadcrumbs."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.test import override_settings
from django.urls import reverse
from pytest_django import DjangoDbBlocker

from leaflets.admin_navigation import NAVIGATION, RECORDS, ListLink
from leaflets.models import Leaflet
from tests.conftest import HttpsClient
from tests.pages import Page, visit
from tests.test_who_reaches_what import ROWS, make_site, path_of

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]

# Other names of things that have one now.
GONE = re.compile(
    r"\busers?\b|what people wrote|have your say|all about one person|what they may do|^service$|change service",
    re.IGNORECASE,
)
GONE_IN_DOCS = re.compile(
    r"\*(?:Users|What people wrote|All about one person|Service|Groups and what they may do)\*|“Service”"
)


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory, module_database: DjangoDbBlocker) -> Iterator[list[Page]]:
    """Every page of the admin that an administrator gets with GET, of a site with one object of every kind."""
    folder = tmp_path_factory.mktemp("names")
    with override_settings(MEDIA_ROOT=folder / "media"), module_database.unblock():
        make_site(folder)
        visitor = HttpsClient()
        visitor.force_login(User.objects.get(username="administrator"))
        user = User.objects.get(username="editor")
        found = []
        for route in ROWS:
            if not route.startswith("admin/") or "logout" in route:
                continue
            page = Page(route, visitor.get(path_of(route, user)))
            if page.status == 200 and page.response.headers["Content-Type"].startswith("text/html"):
                found.append(page)
        yield found


def of_admin(pages: list[Page]) -> Iterator[Page]:
    """The pages that are not previews of public ones."""
    return (page for page in pages if page.all("*[@id='site-name']"))


def crumbs(page: Page) -> list[str]:
    return [text for one in page.texts("div[@class='breadcrumbs']") for text in one.split(" › ")]


def test_no_page_has_a_name_that_is_gone_in_its_title_heading_or_breadcrumbs(pages):
    gone = {
        (page.url, words)
        for page in of_admin(pages)
        for words in [page.text("title").partition(" | ")[0], page.text("h1"), *crumbs(page)]
        if GONE.search(words)
    }

    assert len(list(of_admin(pages))) > 80
    assert gone == set()


def test_the_links_beside_a_page_have_no_such_name(pages):
    links = pages[0].texts("section[@class='admin-pages']//th/a")

    assert {"People", "Messages", "Your service"} <= set(links)
    assert [words for words in links if GONE.search(words)] == []


@pytest.fixture
def administrator(pages) -> HttpsClient:
    visitor = HttpsClient()
    visitor.force_login(User.objects.get(username="administrator"))
    return visitor


@pytest.mark.parametrize(
    "link", [link for links in NAVIGATION.values() for link in links], ids=lambda link: link.name
)
def test_a_page_is_called_what_its_link_is_called(administrator, link):
    name = f"admin:{link.model.replace('.', '_')}_changelist" if isinstance(link, ListLink) else link.url_name
    response = administrator.get(reverse(name), follow=True)
    page = Page(name, response)

    assert (page.text("h1"), crumbs(page)[1]) == (link.name, link.name)


def test_records_for_administrators_are_called_what_their_links_are_called(administrator):
    [group] = [
        one
        for one in visit(administrator, "/admin/").all("table")
        if RECORDS in "".join(one.find("caption").itertext())
    ]
    links = {
        "".join(row.find("th").itertext()).strip(): row.find("th/a").get("href")
        for row in group.iter("tr")
        if row.find("th/a") is not None
    }

    assert len(links) >= 6
    for name, address in links.items():
        page = visit(administrator, address)
        assert (page.text("h1"), crumbs(page)[-1]) == (name, name)


def test_the_list_of_pages_has_no_words_of_programmers(pages):
    assert [word for word in ("Models in", "Model name", "view list link") if word in pages[0].html] == []


@pytest.mark.parametrize("path", ["", "add/", "{pk}/change/"])
def test_the_pages_of_people_speak_of_people_and_administrators(administrator, path):
    path = path.format(pk=User.objects.get(username="editor").pk)

    content = visit(administrator, f"/admin/auth/user/{path}").one("*[@id='content']")

    # The names of permissions are stored: "Authentication and Authorization | user | Can add user".
    texts = [text for one in content.iter() if one.tag != "option" for text in (one.text, one.tail) if text]
    assert [text for text in texts if re.search(r"\b(?:super)?users?\b", text, re.IGNORECASE)] == []


def test_breadcrumbs_have_the_titles_of_leaflets_and_not_their_addresses(pages):
    leaflets = [page for page in of_admin(pages) if "/leaflet/<" in page.url]
    slugs = set(Leaflet.objects.values_list("slug", flat=True))

    assert len(leaflets) >= 10
    assert [page.url for page in leaflets if slugs & {*crumbs(page), page.text("h1")}] == []
    assert [page.url for page in leaflets if "add" not in page.url and len(crumbs(page)) < 4] == []


def test_the_guide_for_staff_has_no_name_that_is_gone():
    docs = Path(settings.BASE_DIR) / "docs"
    texts = {path.name: path.read_text(encoding="utf-8") for path in docs.glob("*.md")}

    assert {name: found[0] for name, text in texts.items() if (found := GONE_IN_DOCS.search(text))} == {}
