"""Leaflets as PDF: their content, caching, limits and failures."""

import os
import re
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from pypdf import PdfReader

from leaflets import checks
from leaflets.formats import pdf
from leaflets.public.caching import CACHE_CONTROL
from tests.formats.tagged_pdf import find_overlapping_links, find_untagged_content, read_structure
from tests.printed_pages import find_emptier_than_half, find_parted, read_lines
from tests.running_site import TIMEOUT, get, running_site
from tests.texts import LOGO, UNPRINTABLE

pytestmark = pytest.mark.server

LEAFLET = "/leaflets/sen-in-mainstream-schools/"
PAPER_SIZE = {"standard": 12, "large": 18}  # points
MOST_PAGES = {"standard": 6, "large": 12}
HEADINGS = [
    "The duties in schools to make SEN provision",
    "What is SEN support?",
    "A graduated approach",
    "1 Assess",
    "4 Review",
    "Privacy Notice",
]


FOUR_STEPS = ("1 Assess", "2 Plan", "3 Do", "4 Review")


def address(display: str) -> str:
    suffix = "-large-print" if display == "large" else ""
    return f"{LEAFLET}sen-in-mainstream-schools{suffix}.pdf"


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("data")


@pytest.fixture(scope="module")
def site(data_dir: Path) -> Iterator[str]:
    with running_site(data_dir) as base:
        yield base


@pytest.fixture(scope="module", params=["standard", "large"])
def display(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture(scope="module")
def first_answers(site: str, display: str) -> list[tuple[int, dict[str, str], bytes]]:
    """The answers to the first requests for the leaflet's PDF, sent at the same time."""
    with ThreadPoolExecutor(6) as readers:
        return list(readers.map(lambda _: get_when_made(site + address(display)), range(6)))


@pytest.fixture(scope="module")
def document(first_answers: list, tmp_path_factory: pytest.TempPathFactory) -> PdfReader:
    """The leaflet's PDF, as served."""
    status, headers, body = first_answers[0]
    assert (status, headers["content-type"]) == (200, "application/pdf")
    file = tmp_path_factory.mktemp("pdf") / "leaflet.pdf"
    file.write_bytes(body)
    return PdfReader(file)


def get_when_made(url: str) -> tuple[int, dict[str, str], bytes]:
    """Fetch a PDF, again while the site answers that another one is being made."""
    deadline = time.monotonic() + TIMEOUT
    while (answer := get(url))[0] == 503 and time.monotonic() < deadline:
        time.sleep(0.2)
    return answer


def test_a_leaflet_offers_its_pdfs_before_its_text(site: str) -> None:
    _, _, body = get(site + LEAFLET)
    html = body.decode()

    assert html.index(address("standard")) < html.index(address("large")) < html.index("SEN provision</h2>")


def test_the_pdf_has_a_title_and_a_language(document: PdfReader) -> None:
    assert document.metadata is not None
    assert document.metadata.title == "SEN in mainstream schools – Hartlepool SEND IASS"
    assert document.trailer["/Root"]["/Lang"] == "en-GB"


def test_the_pdf_is_tagged_for_screen_readers(document: PdfReader) -> None:
    root = document.trailer["/Root"]

    assert root["/MarkInfo"]["/Marked"] is True or root["/MarkInfo"]["/Marked"] == True  # noqa: E712
    assert "/StructTreeRoot" in root
    assert b"pdfuaid:part" in root["/Metadata"].get_data()


def test_each_link_of_the_pdf_is_one_stop_in_a_link_tag(document: PdfReader) -> None:
    assert find_overlapping_links(document) == []
    assert {path[-1] for _, path in read_structure(document).annotations} == {"/Link"}


def test_everything_in_the_pdf_is_tagged_or_an_artifact(document: PdfReader) -> None:
    assert find_untagged_content(document) == []


def test_the_pdf_has_a_bookmark_for_every_section(document: PdfReader) -> None:
    def titles(entries: list) -> list[str]:
        return [
            title
            for entry in entries
            for title in (titles(entry) if isinstance(entry, list) else [entry.title])
        ]

    found = titles(document.outline)

    assert [heading for heading in HEADINGS if heading not in found] == []


def test_the_pdf_has_page_numbers(document: PdfReader) -> None:
    count = len(document.pages)

    assert f"{count} of {count}" in document.pages[-1].extract_text()


def test_the_pdf_has_few_pages_and_none_but_the_last_is_emptier_than_half(
    document: PdfReader, display: str
) -> None:
    assert len(document.pages) <= MOST_PAGES[display]
    assert find_emptier_than_half(document) == []


def test_no_page_of_the_pdf_parts_a_lead_in_or_a_source_from_its_words(document: PdfReader) -> None:
    assert find_parted(document) == []


def test_the_first_page_of_the_pdf_begins_with_the_phone_number_and_the_address_of_the_page(
    document: PdfReader,
) -> None:
    head = "".join(line for _, line in read_lines(document.pages[0])[:10])

    assert "01429 284876" in head
    assert LEAFLET in head


def test_the_pdf_reads_in_the_order_of_the_leaflet(document: PdfReader) -> None:
    text = re.sub(r"\s+", " ", " ".join(page.extract_text() for page in document.pages))

    positions = [text.index(heading) for heading in HEADINGS]

    assert positions == sorted(positions)


def test_text_in_the_pdf_has_the_minimum_size(document: PdfReader, display: str) -> None:
    sizes = {}

    def collect_size(text: str, _cm: list, tm: list, _font: dict, size: float) -> None:
        # Text in the diagram has the units of the diagram, not points.
        if text.strip() and text.strip() not in FOUR_STEPS:
            sizes.setdefault(round(abs(tm[3]) * size * abs(_cm[3]), 1), text.strip()[:40])

    for page in document.pages:
        page.extract_text(visitor_text=collect_size)

    assert {size: text for size, text in sizes.items() if size < PAPER_SIZE[display] - 0.1} == {}


def test_a_pdf_is_made_once_for_simultaneous_requests(
    first_answers: list, display: str, data_dir: Path
) -> None:
    made = list((data_dir / "pdf").glob(f"*-{display}-*.pdf"))

    assert [status for status, _, _ in first_answers] == [200] * 6
    assert {body for _, _, body in first_answers} == {made[0].read_bytes()}
    assert len(made) == 1


def test_a_stored_pdf_is_not_made_again(site: str, document: PdfReader, data_dir: Path) -> None:
    before = {file: file.stat().st_mtime_ns for file in (data_dir / "pdf").glob("*.pdf")}

    get(site + address("standard"))
    get(site + address("standard"))

    after = {file: file.stat().st_mtime_ns for file in (data_dir / "pdf").glob("*.pdf")}
    assert before.items() <= after.items()


def test_a_pdf_that_the_browser_has_is_answered_with_304(
    site: str, document: PdfReader, display: str
) -> None:
    _, headers, _ = get(site + address(display))

    status, again, body = get(site + address(display), **{"If-None-Match": headers["etag"]})

    assert (status, body) == (304, b"")
    assert again["etag"] == headers["etag"]
    assert again["cache-control"] == headers["cache-control"] == CACHE_CONTROL


@pytest.mark.parametrize("query", ["?utm_source=post", "?display=large"])
def test_a_query_string_does_not_change_the_pdf(site: str, query: str) -> None:
    _, plain, _ = get(site + address("standard"))

    _, longer, _ = get(site + address("standard") + query, Cookie="display=large")

    assert longer["etag"] == plain["etag"]


def test_a_failed_pdf_answers_503_with_a_link_to_the_page_and_the_site_still_answers(tmp_path: Path) -> None:
    (tmp_path / "pdf").write_text("A file stands where the folder should be.")

    with running_site(tmp_path) as base:
        status, headers, body = get(base + address("standard"))
        page_status, _, _ = get(base + LEAFLET)

    assert status == 503
    assert "retry-after" in headers
    assert f'href="{LEAFLET}"' in body.decode()
    assert page_status == 200


def test_a_pdf_that_times_out_is_not_retried_at_once(settings, tmp_path: Path) -> None:
    settings.DATA_DIR, settings.PDF_TIMEOUT = tmp_path, 0.05

    for _ in range(2):
        with pytest.raises(pdf.PdfUnavailableError):
            pdf.get_pdf("<p>Long</p>", name="long-standard", base_url="http://127.0.0.1/")

    assert [file.suffix for file in (tmp_path / "pdf").glob("long-*")] == [".failed"]


def test_a_changed_page_replaces_the_pdf_of_the_same_edition(settings, tmp_path: Path) -> None:
    settings.DATA_DIR = tmp_path

    pdf.get_pdf("<p>One phone number</p>", name="edition-standard", base_url="http://127.0.0.1/")
    second = pdf.get_pdf("<p>Another number</p>", name="edition-standard", base_url="http://127.0.0.1/")

    assert list((tmp_path / "pdf").glob("*.pdf")) == [second]


def test_a_request_does_not_wait_for_another_pdf(settings, tmp_path: Path) -> None:
    settings.DATA_DIR = tmp_path
    (tmp_path / "pdf").mkdir()

    with pdf._lock(tmp_path / "pdf" / "lock", wait=False), pytest.raises(pdf.PdfUnavailableError) as busy:
        pdf.get_pdf("<p>Text</p>", name="1-standard", base_url="http://127.0.0.1/")

    assert busy.value.retry_after == pdf.RETRY_WHEN_BUSY
    assert list((tmp_path / "pdf").glob("1-standard*")) == []


def test_background_work_waits_for_another_pdf(settings, tmp_path: Path) -> None:
    settings.DATA_DIR = tmp_path
    (tmp_path / "pdf").mkdir()
    arguments = {"name": "1-standard", "base_url": "http://127.0.0.1/", "wait": True}

    with ThreadPoolExecutor(1) as pool:
        with pdf._lock(tmp_path / "pdf" / "lock", wait=False):
            made = pool.submit(pdf.get_pdf, "<p>Text</p>", **arguments)

        assert made.result().exists()


def test_making_a_pdf_runs_no_compiler_or_linker(settings, tmp_path: Path, monkeypatch) -> None:
    settings.DATA_DIR = tmp_path
    programs = tmp_path / "programs"
    programs.mkdir()
    for name in ("gcc", "cc", "ld"):
        (programs / name).write_text(f"#!/bin/sh\ntouch {tmp_path}/{name}-was-run\nexit 1\n")
        (programs / name).chmod(0o755)
    monkeypatch.setenv("PATH", str(programs), prepend=os.pathsep)

    pdf.get_pdf("<html lang=en><title>Words</title><p>Words.", name="words", base_url="http://localhost")

    assert list(tmp_path.glob("*-was-run")) == []


def test_pdfs_of_other_leaflets_are_deleted(settings, tmp_path: Path) -> None:
    settings.DATA_DIR = tmp_path
    first = pdf.get_pdf("<p>Text</p>", name="1-standard", base_url="http://127.0.0.1/")
    others = [first.with_name(f"{name}{first.name[1:]}") for name in ("11", "0123456789abcdef")]
    for other in others:
        other.touch()
    stored = [first, *others]

    pdf.remove_others(["11-standard", "11-large"])

    assert [file.exists() for file in stored] == [False, True, False]


@pytest.mark.parametrize("host", ["127.0.0.1:1", "localhost:65535", "localhost"])
def test_the_host_of_a_request_makes_no_other_pdf(
    site: str, document: PdfReader, data_dir: Path, display: str, host: str
) -> None:
    _, usual, _ = get(site + address(display))
    stored = sorted((data_dir / "pdf").glob("*.pdf"))

    status, headers, _ = get(site + address(display), Host=host)

    assert (status, headers["etag"]) == (200, usual["etag"])
    assert sorted((data_dir / "pdf").glob("*.pdf")) == stored


def test_the_pdf_prints_the_address_of_the_site(site: str, document: PdfReader) -> None:
    text = re.sub(r"\s+", "", " ".join(page.extract_text() for page in document.pages))

    assert f"{site}{LEAFLET}" in text


def test_a_pdf_includes_files_of_the_site_only(settings, tmp_path: Path) -> None:
    settings.DATA_DIR = tmp_path
    html = '<img src="file:///etc/passwd" alt="x"><img src="/static/../../etc/passwd" alt="y"><p>Text</p>'

    made = pdf.get_pdf(html, name="hostile", base_url="http://127.0.0.1/")

    assert b"root:" not in made.read_bytes()
    assert len(PdfReader(made).pages[0].images) == 0


def test_a_text_with_a_character_that_no_font_has_is_not_made_a_pdf(settings, tmp_path: Path, caplog) -> None:
    settings.DATA_DIR = tmp_path
    html = f"<title>T</title><p>Some {UNPRINTABLE} words</p>"

    with pytest.raises(pdf.PdfUnavailableError):
        pdf.get_pdf(html, name="1-standard", base_url="http://127.0.0.1/")

    assert "U+12F90" in caplog.text


def test_only_what_is_printed_needs_a_font(settings, tmp_path: Path) -> None:
    settings.DATA_DIR = tmp_path
    html = f'<title>{UNPRINTABLE}</title><p style="display: none">{UNPRINTABLE}</p><p>Words</p>'

    assert pdf.get_pdf(html, name="1-standard", base_url="http://127.0.0.1/").exists()


def test_a_pdf_of_another_name_answers_404(site: str) -> None:
    assert get(f"{site}{LEAFLET}another-name.pdf")[0] == 404
    assert get(f"{site}/leaflets/none/none.pdf")[0] == 404


@pytest.mark.parametrize(
    ("in_image", "hint"),
    [(False, "apt-get install libpango"), (True, "Build the image again with the Dockerfile")],
)
def test_a_check_without_pango_says_what_to_do(monkeypatch, settings, in_image, hint) -> None:
    settings.IN_IMAGE = in_image
    pdf.is_available.cache_clear()
    monkeypatch.setattr(pdf, "PANGO_LIBRARIES", ("no-such-library",))

    found = checks.check_pdf(None)

    pdf.is_available.cache_clear()
    assert [message.id for message in found] == ["leaflets.I001"]
    assert hint in found[0].hint


def test_a_pdf_has_the_files_of_the_service_without_a_request(settings, tmp_path: Path) -> None:
    settings.DATA_DIR = tmp_path
    page = '<!doctype html><html lang="en"><title>A</title><link rel="stylesheet" href="/brand/1.css"><h1>A</h1><img src="/logo/1.svg" alt="Us">'
    files = {"/brand/1.css": b"h1::after { content: ' in colour' }", "/logo/1.svg": LOGO}

    path = pdf.get_pdf(page, name="a", base_url="https://example.org/", files=files)

    document = PdfReader(path)
    assert "A in colour" in document.pages[0].extract_text()
