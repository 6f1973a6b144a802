"""The content in this repository: it has no problems, and its text is that of the printed leaflet."""

import re

import pytest
from django.conf import settings
from django.utils import timezone
from markdown_it import MarkdownIt

from leaflets.content.folder import read_folder
from leaflets.content.leaflet import read_heading, write_leaflet
from leaflets.content.markdown import render
from leaflets.content.service import write_service
from leaflets.content.tokens import plain_text
from leaflets.law.sources import write_source, write_version
from leaflets.models import Citation
from leaflets.publishing import loading

CONTENT = settings.CONTENT_DIR


@pytest.fixture(scope="module")
def content():
    return loading.read_content(CONTENT)[0]


@pytest.fixture(scope="module")
def printed_leaflet(content):
    return next(leaflet for leaflet in content.leaflets if leaflet.slug == "sen-in-mainstream-schools")


def words_of(leaflet):
    """Every word of a leaflet in reading order, without Markdown syntax."""
    texts = [leaflet.title]
    for section in leaflet.sections:
        tokens = MarkdownIt("commonmark").enable("table").parse(section.body)
        lines = [plain_text(token.children) for token in tokens if token.type == "inline"]
        texts += [section.heading.text, *(read_heading(line)[0].text for line in lines)]
    return " ".join(texts).split()


# The files


def test_no_file_has_a_problem():
    assert read_folder(CONTENT)[1] == []
    loading.read_content(CONTENT)


def test_every_file_is_written_in_the_canonical_form(content):
    assert (CONTENT / "service.yaml").read_text() == write_service(content.service)
    for source in content.sources:
        assert (CONTENT / "law" / source.slug / "source.yaml").read_text() == write_source(source)
    for version in content.versions:
        path = CONTENT / "law" / version.source / f"{version.slug}.yaml"
        assert path.read_text() == write_version(version)
    for leaflet in content.leaflets:
        assert (CONTENT / "leaflets" / f"{leaflet.slug}.md").read_text() == write_leaflet(leaflet)


def test_every_footer_page_exists(content):
    footer = {leaflet.slug for leaflet in content.leaflets if leaflet.placement == "footer"}

    assert footer == {"accessibility", "cookies", "privacy"}


# The printed leaflet


def test_the_words_are_those_of_the_printed_leaflet(printed_leaflet):
    printed = settings.BASE_DIR / "tests/printed/sen-in-mainstream-schools.txt"

    date = f"Publication Date: {printed_leaflet.published:%B %Y}"
    assert [*words_of(printed_leaflet), *date.split()] == printed.read_text().split()


@pytest.mark.django_db
def test_it_quotes_seven_paragraphs_of_the_code():
    loading.load(CONTENT)

    quoted = Citation.objects.published().exclude(quoted="").order_by("provision__position")
    assert [citation.provision.number for citation in quoted] == [
        "6.1", "6.2", "6.17", "6.44", "6.45", "6.49", "6.65",
    ]  # fmt: skip


@pytest.mark.django_db
def test_every_quotation_is_in_the_printed_leaflet_word_for_word(printed_leaflet):
    loading.load(CONTENT)

    words = " ".join(words_of(printed_leaflet))
    for citation in Citation.objects.published().exclude(quoted=""):
        assert " ".join(citation.quoted.split()) in words


@pytest.mark.django_db
def test_its_two_postcodes_are_the_only_hint():
    (hint,) = loading.load(CONTENT).hints

    assert hint.path.endswith("sen-in-mainstream-schools.md")
    assert "TS25 1AF is printed here, and TS25 4AF in the service's record" in hint.message


# The writing guide


def examples():
    guide = (CONTENT / "README.md").read_text()
    pairs = r"^(?P<fence>```+)markdown\n(.*?)^(?P=fence)\n+(?P=fence)html\n(.*?)^(?P=fence)$"
    return [found[1:] for found in re.findall(pairs, guide, re.DOTALL | re.MULTILINE)]


def test_the_guide_shows_every_extension():
    assert len(examples()) >= 18


@pytest.mark.parametrize(("written", "shown"), examples())
def test_an_example_of_the_guide_renders_as_the_guide_shows(written, shown, content):
    rendered = render(written, content.laws(timezone.localdate())[""])

    assert rendered.html == shown
    assert rendered.problems == []
    assert rendered.misread == []
