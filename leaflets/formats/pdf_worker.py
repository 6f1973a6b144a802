"""Worker process of `leaflets.formats.pdf` that makes one PDF. Does not import Django.

Reads a job as JSON from standard input and writes the PDF to the file that it names. Only the site's static and media
files are read: a URL in a text cannot cause a request to another host (SSRF).
"""

import base64
import json
import mimetypes
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import pydyf
from weasyprint import HTML
from weasyprint.document import Document
from weasyprint.formatting_structure.boxes import TextBox
from weasyprint.urls import URLFetcher, URLFetcherResponse

from leaflets.fonts import describe, find_missing


class SiteFilesFetcher(URLFetcher):
    """Fetches the site's static and media files from disk, and refuses every other URL.

    `folders` maps URL prefixes to folders, and `files` paths to contents in Base64.
    """

    def __init__(self, folders: dict[str, str], files: dict[str, str]) -> None:
        super().__init__()
        self.folders, self.files = folders, files

    def fetch(self, url: str, headers: dict[str, str] | None = None) -> URLFetcherResponse:
        path = unquote(urlsplit(url).path)
        if path in self.files:
            kind = mimetypes.guess_type(path)[0] or "application/octet-stream"
            return URLFetcherResponse(url, base64.b64decode(self.files[path]), {"Content-Type": kind})
        for prefix, folder in self.folders.items():
            if path.startswith(prefix):
                file = (Path(folder) / path.removeprefix(prefix)).resolve()
                if file.is_relative_to(Path(folder).resolve()):
                    kind = mimetypes.guess_type(file.name)[0] or "application/octet-stream"
                    return URLFetcherResponse(url, file.read_bytes(), {"Content-Type": kind})
        raise ValueError(f"{url} is not a file of this site")


def remove_repeated_links(document: Document) -> None:
    """Keep one annotation for each line of a link.

    WeasyPrint also makes one for each box within the link, such as a word in bold or a picture: a keyboard would stop
    at each of them.
    """
    for page in document.pages:
        page.links[:] = [link for link in page.links if link[3].link]


def finish_tags(_document: Document, pdf: pydyf.PDF) -> None:
    """Correct the tags of a PDF before it is written, for PDF/UA: `finisher` of `Document.write_pdf`.

    - Marked content that is not in the tree of tags becomes an artifact: the page numbers, which WeasyPrint leaves out
      of the tree only.
    - A tag `Link` without an annotation becomes a `Span`: the address that is printed after a link.
    """
    objects = {one.reference: one for one in pdf.objects if one.number}
    for element in objects.values():
        if isinstance(element, pydyf.Dictionary) and element.get("S") == "/Link":
            children = (objects.get(kid) for kid in element["K"])
            if not any(isinstance(kid, dict) and kid.get("Type") == "/OBJR" for kid in children):
                element["S"] = "/Span"
    root = objects[pdf.catalog["StructTreeRoot"]]
    tagged = set(_find_content(root["K"], objects))
    parents = _parent_arrays(objects[root["ParentTree"]])
    for number, reference in enumerate(pdf.page_references):
        page = objects[reference]
        stream = objects[page["Contents"]].stream
        for position, item in enumerate(stream):
            mcid = item.get("MCID") if isinstance(item, pydyf.Dictionary) else None
            if mcid is not None and (reference, mcid) not in tagged:
                # These three are the tag, its properties and the operator.
                stream[position - 1], stream[position] = (
                    "/Artifact",
                    pydyf.Dictionary({"Type": "/Pagination"}),
                )
                parents[number][mcid] = "null"


def _find_content(kids: list[bytes], objects: dict[bytes, pydyf.Object]) -> Iterator[tuple[bytes, int]]:
    """Yield page and number (MCID) of the marked content in the tree of tags."""
    waiting = [objects[kid] for kid in kids]
    while waiting:
        element = waiting.pop()
        for kid in element.get("K", ()):
            if isinstance(kid, int):
                yield element["Pg"], kid
            else:
                waiting.append(objects[kid])


def _parent_arrays(parent_tree: pydyf.Dictionary) -> dict[int, list[object]]:
    """Return the array of each page: the tag of each piece of its marked content."""
    numbers = parent_tree["Nums"]
    return {
        key: value for key, value in zip(numbers[::2], numbers[1::2], strict=True) if isinstance(value, list)
    }


def _drawn_text(document: Document) -> str:
    boxes = (box for page in document.pages for box in page._page_box.descendants())
    return "".join(box.text for box in boxes if isinstance(box, TextBox))


def write_pdf(job: dict[str, Any]) -> None:
    """Write the PDF, unless it would show boxes instead of letters: PDF/UA-1, tagged, with title, language and bookmarks from the HTML.

    The job has `html`, `base_url`, `folders` and `files` (see `SiteFilesFetcher`), `target`, and the `characters` of the fonts here.
    Exits with a sentence where a font is missing.
    """
    html = HTML(
        string=job["html"],
        base_url=job["base_url"],
        url_fetcher=SiteFilesFetcher(job["folders"], job["files"]),
    )
    # Presentational hints are attributes such as `start` of a list, whose numbers would begin with 1 without it.
    options = {"pdf_variant": "pdf/ua-1", "pdf_tags": True, "presentational_hints": True}
    document = html.render(**options)
    missing = find_missing(_drawn_text(document), job["characters"])
    if missing:
        sys.exit(f"No font here has {describe(missing)}.")
    remove_repeated_links(document)
    document.write_pdf(job["target"], finisher=finish_tags, **options)


if __name__ == "__main__":
    write_pdf(json.load(sys.stdin))
