"""A small site for tests, and pages parsed so that tests read elements, not HTML strings."""

import re
import secrets
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import cached_property
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import urldefrag, urljoin, urlsplit
from xml.etree.ElementTree import Element

from django.db import OperationalError, connection
from django.http import HttpResponse
from django.test import Client

from leaflets.content.leaflet import LeafletSource, read_leaflet
from leaflets.feedback import submissions
from tests import texts
from tests.conftest import HttpsClient
from tests.factories import load
from tests.html import parse

# A small site with every feature of a leaflet.

GUIDE_TEXT = """\
This guide is about the help that schools give.

## The duties of schools {#duties .duties label="What must my school do?"}

The **SEND Code of Practice** says:

> Schools **must** do everything they can.
>
> (6.2)

## How help goes on {#graduated-approach .steps}

Four steps come round again.

### Assess {#assess}

Teachers should find out what is needed. (6.17)

### Plan {#plan}

> A school should always involve the parents.
>
> (6.17)

### Do {#do}

Everybody helps.

### Review {#review}

What changed?

## Have Your Say {#have-your-say .feedback}

Tell us.
"""


def leaflet_from_text(body: str, slug: str, **fields: str | None) -> LeafletSource:
    """A leaflet read from the text of its file."""
    source, problems = read_leaflet(texts.leaflet_text(body, **fields), f"leaflets/{slug}.md", slug)
    assert problems == []
    return source


GUIDE = leaflet_from_text(GUIDE_TEXT, "sen-support")
PRIVACY = leaflet_from_text(
    "We keep little.\n\n## What we keep {#what-we-keep}\n\nWhat you send us.",
    "privacy",
    title="Privacy",
    summary="What this website keeps about you.",
    placement="footer",
    approval="draft for the service to approve",
    published=None,
    code=None,
)
SITE = (GUIDE, PRIVACY)
PAGES = [
    "/",
    "/leaflets/",
    "/leaflets/sen-support/",
    "/leaflets/sen-support/editions/",
    "/law/code-of-practice/",
    "/law/code-of-practice/6.17/",
    "/contact/",
    "/have-your-say/",
    "/privacy/",
]


def load_site(folder: Path, *leaflets: LeafletSource, **content: object) -> None:
    """Load the small site, with these leaflets too."""
    load(folder, leaflets=[*SITE, *leaflets], **content)


class Page:
    """The response for a URL, parsed as HTML."""

    def __init__(self, url: str, response: HttpResponse) -> None:
        self.url = url
        self.response = response
        self.status = response.status_code
        self.html = response.content.decode()

    @cached_property
    def tree(self) -> Element:
        """The document. Parsed when it is read first: many tests only make a request."""
        return parse(self.html)

    def all(self, path: str) -> list[Element]:
        """Every element under an ElementTree path, such as `main//h2`."""
        return self.tree.findall(f".//{path}")

    def one(self, path: str) -> Element:
        """The element under a path, of which there is exactly one."""
        found = self.all(path)
        assert len(found) == 1, f"{self.url} has {len(found)} of {path}"
        return found[0]

    def texts(self, path: str) -> list[str]:
        return [words(element) for element in self.all(path)]

    def text(self, path: str = "body") -> str:
        """The words of the only element under a path, with single spaces."""
        return words(self.one(path))

    def links(self, path: str = "body") -> dict[str, str]:
        """The targets of the links in an element, by their text."""
        return {words(link): link.get("href", "") for link in self.one(path).iter("a")}

    def meta(self, name: str) -> str:
        """The content of a `<meta>`, by its name or property."""
        found = [
            meta.get("content", "")
            for meta in self.all("meta")
            if name in (meta.get("name"), meta.get("property"))
        ]
        assert len(found) <= 1, f"{self.url} says {name} twice"
        return found[0] if found else ""

    @property
    def canonical(self) -> str:
        return self.one("link[@rel='canonical']").get("href", "")


def words(element: Element) -> str:
    return " ".join("".join(element.itertext()).split())


def visit(client: Client, url: str, **headers: str) -> Page:
    """Open a page with GET."""
    return Page(url, client.get(url, headers=headers))


def visitor(**cookies: str) -> HttpsClient:
    """A new client with these cookies."""
    client = HttpsClient()
    client.cookies.load(cookies)
    return client


def addresses_in_sitemap(client: Client) -> list[str]:
    """The path of every page in the sitemap."""
    sitemap = client.get("/sitemap.xml").content.decode()
    return [urlsplit(url).path for url in re.findall("<loc>(.*?)</loc>", sitemap)]


def crawl(client: Client) -> dict[str, Page]:
    """Every HTML page reached by links and the sitemap, by its URL without fragment."""
    waiting = ["/", *addresses_in_sitemap(client)]
    found: dict[str, Page] = {}
    while waiting:
        url = waiting.pop()
        if url in found or url.endswith((".pdf", ".atom")):
            continue
        found[url] = visit(client, url)
        waiting += [target for target, _ in internal_links(found[url])]
    return found


def internal_links(page: Page) -> list[tuple[str, str]]:
    """The links of a page to this site: path and fragment of each."""
    here = f"https://testserver{page.url}"
    targets = [urljoin(here, link.get("href", "")) for link in page.all("a")]
    inside = [urldefrag(target) for target in targets if urlsplit(target).netloc == "testserver"]
    return [(url.removeprefix("https://testserver"), fragment) for url, fragment in inside]


def opened(seconds_ago: float = 60) -> str:
    """The hidden token of a feedback form that was opened this many seconds ago."""
    return submissions.FormToken(secrets.token_hex(8), time.time() - seconds_ago).sign()


def lost_database(
    *, answers: int = 0, error: type[Exception] = OperationalError
) -> AbstractContextManager[None]:
    """Let every query raise `error`, after this many succeeded."""
    asked = count(1)

    def execute(execute: Callable[..., Any], *question: Any) -> Any:
        if next(asked) > answers:
            raise error("the database is gone")
        return execute(*question)

    return connection.execute_wrapper(execute)
