"""Properties of reading, writing and rendering that hold for any text."""

import re

import html5lib
import nh3
import pytest
from hypothesis import assume, given, settings, strategies as st

from leaflets.content.leaflet import read_leaflet, write_leaflet
from leaflets.content.markdown import render
from leaflets.files.fields import CONTROL_CHARACTERS
from leaflets.law.sources import NO_LAW
from tests.texts import law, leaflet_sources, leaflet_texts, nasty_markdown, visible_text

ANY_TEXT = st.text(st.characters())  # with halves of surrogate pairs, and with control characters
MARKDOWN = nasty_markdown | visible_text

thoroughly = settings(max_examples=150, deadline=None)

ELEMENTS = {
    "a", "b", "blockquote", "br", "code", "div", "em", "figcaption", "figure", "h3", "h4", "h5", "h6", "hr", "img",
    "li", "ol", "p", "pre", "span", "strong", "table", "tbody", "td", "th", "thead", "tr", "ul",
}  # fmt: skip
ATTRIBUTES = {
    "alt", "aria-label", "cite", "class", "dir", "href", "id", "lang", "role", "scope", "src", "start", "tabindex", "title",
}  # fmt: skip
SAFE_ADDRESS = re.compile(r"https?://[^/]|mailto:|tel:|/(?![/\\])|#|\?")


def elements_of(html):
    """Parse as a browser does. Raises at the first error: an unclosed tag, or one in the wrong place."""
    fragment = html5lib.HTMLParser(strict=True, namespaceHTMLElements=False).parseFragment(html)
    return [element for element in fragment.iter() if element is not fragment]


# Rendering


@thoroughly
@given(ANY_TEXT | nasty_markdown, st.sampled_from([NO_LAW, law()]))
def test_rendering_never_raises(markdown, citable):
    render(markdown, citable)


@thoroughly
@given(MARKDOWN)
def test_html_is_well_formed_and_has_allowed_elements_only(markdown):
    # Control characters are left out: a browser shows nothing for them, and html5lib calls them an error.
    for element in elements_of(render(CONTROL_CHARACTERS.sub("", markdown), law()).html):
        assert element.tag in ELEMENTS
        assert set(element.attrib) <= ATTRIBUTES
        for name in {"href", "src", "cite"} & set(element.attrib):
            assert SAFE_ADDRESS.match(element.attrib[name])


@thoroughly
@given(MARKDOWN)
def test_the_sanitiser_changes_no_text_without_problems(markdown):
    rendered = render(markdown, law())
    assume(not rendered.problems)

    cleaned = nh3.clean(
        rendered.html,
        tags=ELEMENTS,
        attributes=dict.fromkeys(ELEMENTS, ATTRIBUTES),
        link_rel=None,
        url_schemes={"http", "https", "mailto", "tel"},
    )

    assert cleaned == rendered.html


@thoroughly
@given(MARKDOWN)
def test_rendering_reports_nothing_that_only_the_sanitiser_removes(markdown):
    problems = render(markdown, law()).problems

    assert not any("cannot be shown safely" in problem.message for problem in problems)


@thoroughly
@given(MARKDOWN)
def test_every_reported_line_is_a_line_of_the_text(markdown):
    last = len(re.split(r"\r\n|\r|\n", markdown))

    rendered = render(markdown, law())

    reported = [*rendered.problems, *rendered.headings, *rendered.citations, *rendered.links]
    assert all(1 <= item.line <= last for item in reported)


@pytest.mark.parametrize(
    "markdown",
    [
        pytest.param(">" * 5000 + " a", id="quotations"),
        pytest.param("[" * 5000, id="brackets"),
        pytest.param("![" * 5000, id="pictures"),
        pytest.param("- " * 2000 + "a", id="lists"),
        pytest.param("".join(f"{'  ' * depth}- a\n" for depth in range(400)), id="lists of many lines"),
        pytest.param("*" * 20_000, id="asterisks"),
        pytest.param("*a " * 5000 + "a*" * 5000, id="emphasis"),
        pytest.param("`" * 20_000, id="backticks"),
        pytest.param("<" * 20_000, id="angle brackets"),
        pytest.param("[a](b " * 5000, id="open links"),
        pytest.param("|a" * 5000 + "\n" + "|-" * 5000, id="columns"),
        pytest.param("(9.99)\n" * 20_000, id="references"),
        pytest.param("> a\n>\n> (6.17)\n\n" * 5000, id="citations"),
    ],
)
def test_deep_nesting_and_long_runs_are_rendered(markdown):
    assert render(markdown, law()).html


# Reading and writing


@thoroughly
@given(ANY_TEXT | leaflet_texts | ANY_TEXT.map(lambda text: f"---\n{text}\n---\n"))
def test_reading_never_raises(text):
    read_leaflet(text, "a.md", "a")


@settings(max_examples=200, deadline=None)
@given(leaflet_texts)
def test_a_written_text_is_read_and_written_unchanged(text):
    first, problems = read_leaflet(text, "a.md", "a")
    assume(not problems)

    written = write_leaflet(first)
    second, problems = read_leaflet(written, "a.md", "a")

    assert problems == []
    assert second == first
    assert write_leaflet(second) == written


@settings(max_examples=100, deadline=None)
@given(leaflet_sources)
def test_a_leaflet_reads_as_it_was_written(leaflet):
    assert read_leaflet(write_leaflet(leaflet), "a.md", leaflet.slug) == (leaflet, [])
