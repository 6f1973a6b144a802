"""Properties of converting that hold for any document."""

import re
from collections import Counter
from contextlib import suppress

import pytest
from hypothesis import assume, given, settings, strategies as st

from leaflets.content.convert import ConversionError, convert_docx, convert_html, convert_text
from leaflets.content.convert.blocks import clean_text
from leaflets.content.leaflet import read_leaflet
from leaflets.content.markdown import render
from leaflets.files.problems import Kind
from tests.texts import leaflet_text, nasty_markdown, visible_text
from tests.word_documents import docx, item, paragraph, table

thoroughly = settings(max_examples=60, deadline=None)

WORDS = re.compile(r"[^\W_]+")
# Characters that are marks of Markdown, of lists and of HTML, with words between them.
MARKS = st.sampled_from(
    ["*", "_", "**", "`", "[", "](", ")", "|", "#", "~~~", "\\", "!", "&", ";", "<", ">", "1.", "2)", "-", "•", "o ", "“", "”",
     "(6.17)", ":", "=", "---", "www.", "@", ".org", "{#a}", "\n", " ", "\xa0", "\t", "must", "MUST", "word", "A", "é", "३", "\u200d"]
)  # fmt: skip
marked = st.lists(MARKS, max_size=12).map("".join)
texts = marked | visible_text | nasty_markdown | st.text(max_size=40)
# Names are case-insensitive in HTML, and characters that a browser takes out are no words.
escaped = texts.map(lambda text: clean_text(text).replace("&", "&amp;").replace("<", "&lt;"))
BLOCKS = ["p", "div", "li", "h1", "h2", "h3", "td", "blockquote", "ul", "ol", "table", "tr", "th"]
INLINES = ["b", "i", "span", "a href='https://a.uk/b'", "u", "em", "strong"]


@st.composite
def elements(draw, depth=3):
    name = draw(st.sampled_from(BLOCKS + INLINES))
    inner = (
        draw(escaped) if depth == 0 else "".join(draw(st.lists(elements(depth - 1) | escaped, max_size=3)))
    )
    return f"<{name}>{inner}</{name.split()[0]}>"


html = st.lists(elements(), min_size=1, max_size=4).map("".join)


def words_of(text):
    return Counter(WORDS.findall(text))


def html_words(html):
    """The words that a browser shows, apart from tags."""
    text = re.sub(r"<[^>]*>", " ", html).replace("&lt;", "<").replace("&amp;", "&")
    return words_of(text)


def shown_words(markdown):
    """The words that readers see. Numbers of lists are not among them."""
    rendered = render(markdown)
    return html_words(re.sub(r"&nbsp;", " ", rendered.html).replace("&gt;", ">").replace("&quot;", '"'))


def convert(document, work=convert_html):
    try:
        return work(document, whole=False)
    except ConversionError:
        assume(False)


def without_numbers(words):
    """Markers of lists are numbers and letters, which are not words of the text."""
    return Counter({word: count for word, count in words.items() if not word.isdecimal() and len(word) > 1})


def lost(before, after):
    return without_numbers(before) - without_numbers(after)


@thoroughly
@given(texts)
def test_no_word_of_plain_text_is_lost(text):
    converted = convert(text, convert_text)

    assert not lost(words_of(clean_text(text)), shown_words(converted.introduction))


@thoroughly
@given(st.lists(texts, min_size=1, max_size=6))
def test_no_word_of_paragraphs_is_lost(paragraphs):
    document = "".join(
        f"<p>{clean_text(text).replace('&', '&amp;').replace('<', '&lt;')}</p>" for text in paragraphs
    )
    converted = convert(document)

    assert not lost(html_words(document), shown_words(converted.introduction))


@thoroughly
@given(html)
def test_rendering_what_was_converted_has_no_problems(document):
    converted = convert(document)
    rendered = render(converted.introduction)

    allowed = {Kind.EMPTY_QUOTATION, Kind.CITATION_IN_LIST, Kind.SOURCE_MISSING, Kind.PROVISION_UNKNOWN}
    assert [problem for problem in rendered.problems if problem.kind not in allowed] == []


@thoroughly
@given(html)
def test_a_whole_leaflet_can_be_read_from_its_file(document):
    try:
        converted = convert_html(document)
    except ConversionError:
        assume(False)
    leaflet, problems = read_leaflet(leaflet_text(converted.markdown), "a.md", "a")

    assert problems == []
    assert [section.heading.text for section in leaflet.sections[1:]] == [
        one.heading for one in converted.sections
    ]


@thoroughly
@given(st.lists(texts.map(clean_text).filter(str.strip), min_size=1, max_size=4))
def test_characters_of_a_document_make_no_marks(paragraphs):
    """Plain paragraphs have no links, bold words, code or headings."""
    document = "".join(f"<p>{text.replace('&', '&amp;').replace('<', '&lt;')}</p>" for text in paragraphs)
    html = render(convert(document).introduction).html

    assert re.findall(r"<(?:em|strong|code|pre|h[1-6]|img|table|hr)\b", html) == []
    links = re.findall(r'<a href="([^"]*)"', html)
    assert all(link.startswith(("https://", "http://", "mailto:", "tel:")) for link in links)


@settings(max_examples=30, deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from(["", "item", "table", "Quote", "Heading1"]), texts), min_size=1, max_size=6
    )
)
def test_no_word_of_a_word_document_is_lost(blocks):
    body = []
    expected = Counter()
    for kind, text in blocks:
        text = re.sub(r"[^\t\n -\ud7ff\ue000-\ufffd]", "", clean_text(text))
        expected += words_of(text)
        text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
        content = f'<w:r><w:t xml:space="preserve">{text}</w:t></w:r>'
        if kind == "item":
            body.append(item(text))
        elif kind == "table":
            body.append(table((paragraph(content), "x"), ("y", "z")))
        else:
            body.append(paragraph(content, kind))
    converted = convert(docx(*body), convert_docx)

    assert not lost(expected, shown_words(converted.introduction))


@pytest.mark.parametrize("work", [convert_html, convert_text])
@settings(max_examples=40, deadline=None)
@given(document=html | texts | st.text(st.characters()))
def test_nothing_else_is_raised_than_that_a_document_cannot_be_converted(work, document):
    with suppress(ConversionError):
        work(document).markdown.encode()


@settings(max_examples=40, deadline=None)
@given(html)
def test_each_answer_can_be_given_to_the_text_that_it_is_about(document):
    converted = convert(document)
    for question in converted.questions:
        if question.replacement is not None:
            assert question.answer(converted.introduction) is not None
