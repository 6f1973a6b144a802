"""No message, search, form or page takes much processor time, for any text that is sent.

The reference is an ordinary leaflet of 40,000 characters, which takes about 0.1 s of processor time to render where
these limits were chosen; the limit there is one second. `tests/test_processor_time.py` has the texts of leaflets.
"""

import importlib
import inspect
import os
import pkgutil
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from types import ModuleType
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

import leaflets.content
import leaflets.law
import leaflets.quality
from leaflets.content import (
    characters,
    citations,
    colours,
    comparison,
    duties,
    earlier_facts,
    leaflet,
    logo_colours,
    markdown,
    misreadings,
    names,
    phone_numbers,
    pii_detection,
    plain_text,
    presentation,
    readability,
    service_facts,
    service_lines,
    synonyms,
    tokens,
)
from leaflets.content.convert import (
    ConversionError,
    convert_docx,
    convert_html,
    convert_text,
    html_tree,
    inline,
    structure,
    text as convert_text_module,
)
from leaflets.content.convert.blocks import clean_text
from leaflets.content.glossary import WordFinder, read_glossary
from leaflets.content.limits import MAX_CHARACTERS
from leaflets.content.meeting import read_meeting
from leaflets.content.notices import MAX_NOTICES, MAX_PAGES, NoticeError, read_notices, read_time
from leaflets.content.service import read_service
from leaflets.content.spreadsheets import escape_cell
from leaflets.content.topics import read_topics
from leaflets.feedback import export, forms, subject_access
from leaflets.feedback.models import COMMENTS_LIMIT, Feedback
from leaflets.law import citations as law_citations, names as law_names, quotations
from leaflets.law.sources import default_chapter, read_source, read_version, sort_key
from leaflets.models import Citation, Provision, Section
from leaflets.quality import preflight
from leaflets.quality.attachments import describe_attachment
from tests.conftest import HttpsClient
from tests.pages import load_site
from tests.texts import law
from tests.word_documents import OFFICE, docx, item, paragraph, table

pytestmark = pytest.mark.any_database

SIZE = 100_000
ATTEMPTS = 3
# How many times the time of the ordinary leaflet is allowed for a document or page, and for a text of this size.
FACTOR = 12
FACTOR_OF_SIZE = 6
ORDINARY = "The **school** must help your child. Ask us [here](/contact/) about it. *Now*.\n\n- One **thing**.\n- Two.\n\n"


def repeated(part: str, size: int = SIZE) -> str:
    return (part * (size // len(part) + 1))[:size]


# Each of them is in one of the texts, which are then searched closely.
OLD_FACTS = [
    earlier_facts.Fact(kind, key, key)
    for kind, key in [
        (earlier_facts.FactKind.PHONE, "+441632960123"), (earlier_facts.FactKind.EMAIL, "a.a@a.a"),
        (earlier_facts.FactKind.NAME, "aaaa"), (earlier_facts.FactKind.ADDRESS, "a a a"),
        (earlier_facts.FactKind.HOURS, "14 14"), (earlier_facts.FactKind.POSTCODE, "TS254AF"),
    ]
]  # fmt: skip
SHAPES = {
    "phone numbers": "".join(f"01632 {number:06d} " for number in range(SIZE // 13)),
    "phone number": repeated("01632 960123 "),
    "zeros": repeated("0 "),
    "brackets": repeated("0("),
    "dates": repeated("Ann Bo 14/3/2015 "),
    "written dates": repeated("14 march 2015 "),
    "spaces": repeated("14" + " " * 50),
    "addresses": repeated("a.a@"),
    "words": repeated("a "),
    "lines": repeated("1 a\n"),
    "letters": repeated("a"),
    "different characters": "".join(chr(0x3400 + number % 0x9000) for number in range(SIZE)),
    "ligatures": repeated("\ufdfa"),
    "combining": repeated("e\u0301"),
    "marks": repeated("](**[^~~{#|#a"),
    "links and spaces": repeated("](" + " " * 500),
    "line breaks of Word": repeated("a\x0b"),
    "odd characters": repeated("\u200b\u200d\uf0b7م"),
    "rows": repeated("|\n#\n"),
    "captions": repeated(' <span class="match">a'),
    "equals signs": repeated("a = "),
    "arrows": repeated("a > "),
    "bars": repeated("a | https://a.b/ "),
}
# Texts of documents: half as long as a leaflet can be, and 2 MB.
DOCUMENTS = {
    part: repeated(part, MAX_CHARACTERS // 2)
    for part in [
        "<table><tr><td>a<td>b", "<p>• a", "<p>“aaa ", "a.a@", "01632 960123 ", "a<br>", "*", "<i>a</i><b>b</b>",
        "<h2>a</h2>", "<p x ", "a\tb\n", "• a\n", "3\n",
    ]
} | {f"2 MB of {part}": repeated(part, 2_000_000) for part in ["word ", "<b>", "<a href='", "<!--", "a\n", "<p>("]}  # fmt: skip
# Words of a glossary that begin alike.
WORDS = WordFinder(("a " * length, "a") for length in range(2, 11, 2))
QUERY = "a" * 199 + "b"  # the longest query of a subject access search


def in_messages(text: str) -> Iterator[Feedback]:
    """A list of messages that have a text between them."""
    for start in range(0, len(text), COMMENTS_LIMIT):
        message = Feedback(
            sent_at=timezone.now(), comments=text[start : start + COMMENTS_LIMIT], name="Jo Bloggs",
            email="jo@example.org", phone="01632 960123", edition_number=1,
        )  # fmt: skip
        message.leaflet_title = message.section_heading = ""
        yield message


def converted(work: Callable[[Any], object], text: Any) -> None:
    with suppress(ConversionError):
        work(text)


def refused(work: Callable[[str], object], text: str) -> None:
    with pytest.raises(ValueError, match="is not a"):
        work(text)


def refused_line(work: Callable[[str], object], text: str) -> None:
    with pytest.raises(service_lines.LineError):
        work(text)


def refused_time(text: str) -> None:
    with pytest.raises(NoticeError):
        read_time(text)


def overlapping_notices(text: str) -> str:
    """The file with as many notices as there may be: all at one time, each with these words and pages of its own."""
    notices = [
        f"  - text: {text[:300]}\n    from: 2027-05-01 09:{number % 60:02}\n    until: 2027-06-01\n    pages:\n"
        + "".join(f"      - /{number}-{page}/\n" for page in range(MAX_PAGES))
        for number in range(MAX_NOTICES - 50)
    ]
    everywhere = "  - text: All\n    from: 2027-05-02\n    until: 2027-05-0"
    return "notices:\n" + "".join(notices) + "".join(f"{everywhere}{day % 7 + 3}\n" for day in range(7))


def possibly_refused(work: Callable[[str], object], text: str) -> None:
    with suppress(ValueError):
        work(text)


# What each function that takes a text is measured with: a call, and the shapes that take it longest.
FUNCTIONS: dict[Callable[..., object], tuple[Callable[[str], object], list[str]]] = {
    names.normalise: (names.normalise, ["different characters"]),
    names.words: (names.words, ["different characters"]),
    names.contains: (lambda text: names.contains(text, QUERY), ["different characters", "words"]),
    names.plain_characters: (names.plain_characters, ["ligatures", "combining"]),
    phone_numbers.normalise: (phone_numbers.normalise, ["phone number"]),
    phone_numbers.dial_string: (phone_numbers.dial_string, ["spaces"]),
    phone_numbers.split_note: (phone_numbers.split_note, ["brackets", "spaces"]),
    earlier_facts.find_printed: (
        lambda text: earlier_facts.find_printed(text, OLD_FACTS, OLD_FACTS[:3]),
        ["phone number", "phone numbers", "words", "letters", "spaces", "addresses", "zeros", "odd characters"],
    ),
    phone_numbers.find_phone_numbers: (
        lambda text: list(phone_numbers.find_phone_numbers(text)), ["phone numbers", "zeros"],
    ),
    phone_numbers.has_complete_number: (phone_numbers.has_complete_number, ["phone numbers", "brackets"]),
    phone_numbers.can_be_dialled: (phone_numbers.can_be_dialled, ["phone numbers", "brackets"]),
    readability.split_sentences: (readability.split_sentences, ["lines"]),
    readability.sentence_starts: (readability.sentence_starts, ["lines", "words"]),
    duties.find_body: (duties.find_body, ["words", "letters"]),
    readability.split_words: (readability.split_words, ["words"]),
    readability.reading_grade: (readability.reading_grade, ["words"]),
    readability.hardest_sentence: (readability.hardest_sentence, ["lines"]),
    readability.count_syllables: (readability.count_syllables, ["written dates", "letters"]),
    pii_detection.find_personal_details: (
        pii_detection.find_personal_details, ["phone numbers", "zeros", "dates", "written dates", "addresses"],
    ),
    pii_detection.mentions_sender: (
        lambda text: pii_detection.mentions_sender(text, "Jo", "jo@example.org"),
        ["different characters", "ligatures"],
    ),
    pii_detection.may_identify_sender: (
        lambda text: pii_detection.may_identify_sender(text, "Jo Bloggs", "jo@example.org", "01632 960123"),
        ["different characters", "ligatures"],
    ),
    convert_html: (lambda text: converted(convert_html, text), list(DOCUMENTS)),
    convert_text: (lambda text: converted(convert_text, text), list(DOCUMENTS)),
    characters.clean_characters: (characters.clean_characters, ["line breaks of Word", "odd characters", "letters"]),
    characters.find_odd_characters: (
        lambda text: list(characters.find_odd_characters(text)), ["line breaks of Word", "odd characters", "letters"],
    ),
    misreadings.find_raw_marks: (
        lambda text: list(misreadings.find_raw_marks(text)), ["marks", "links and spaces", "rows", "letters"],
    ),
    markdown.without_matches: (markdown.without_matches, ["captions", "letters"]),
    colours.brand_colours: (lambda text: refused(colours.brand_colours, text), ["letters"]),
    colours.normalise_colour: (colours.normalise_colour, ["letters"]),
    logo_colours.header_colours: (logo_colours.header_colours, ["letters"]),
    colours.brand_css: (lambda text: refused(colours.brand_css, text), ["letters"]),
    service_lines.read_social_link: (lambda text: refused_line(service_lines.read_social_link, text), ["words", "spaces"]),
    service_lines.read_closed_days: (lambda text: refused_line(service_lines.read_closed_days, text), ["words", "spaces"]),
    service_lines.normalise_closed_days: (service_lines.normalise_closed_days, ["words", "spaces"]),
    service_lines.read_language: (service_lines.read_language, ["words", "letters", "spaces"]),
    WordFinder.find: (lambda text: list(WORDS.find(text)), ["words", "letters", "different characters"]),
    read_time: (refused_time, ["letters", "zeros"]),
    read_notices: (lambda text: read_notices(overlapping_notices(text), "notices.yaml"), ["letters", "words"]),
    service_lines.check_language: (service_lines.check_language, ["words", "letters", "spaces"]),
    service_facts.normalise_postcode: (service_facts.normalise_postcode, ["words", "letters", "spaces"]),
    forms.clean_text: (forms.clean_text, ["lines"]),
    escape_cell: (escape_cell, ["different characters", "ligatures", "phone numbers", "zeros", "spaces"]),
    export.write_csv: (
        lambda text: export.write_csv(in_messages(text), with_details=False),
        ["different characters", "ligatures", "phone numbers"],
    ),
    synonyms.parse_synonym: (lambda text: possibly_refused(synonyms.parse_synonym, text), ["equals signs", "arrows", "spaces", "letters"]),
    synonyms.parse_organisation: (lambda text: possibly_refused(synonyms.parse_organisation, text), ["bars", "spaces", "letters"]),
    synonyms.read_synonyms: (
        lambda text: synonyms.read_synonyms(f"synonyms:\n- {text!r}\nelsewhere:\n- {text!r}\n", "a.yaml"),
        ["equals signs", "arrows", "bars"],
    ),
    subject_access.find_person: (
        lambda text: subject_access.find_person("01632960124", in_messages(text)),
        ["different characters", "ligatures", "phone numbers"],
    ),
}  # fmt: skip


def seconds(work: Callable[[], object]) -> float:
    start = time.process_time()
    work()
    return time.process_time() - start


@pytest.fixture(scope="module")
def allowed() -> float:
    """The seconds of processor time that an input may take on this machine."""
    text = repeated(ORDINARY, 40_000)
    return FACTOR * min(seconds(lambda: markdown.render(text, law())) for _ in range(ATTEMPTS))


def assert_quick(work: Callable[[], object], allowed: float) -> None:
    measured = []
    for _ in range(ATTEMPTS):
        measured.append(seconds(work))
        if measured[-1] < allowed:
            return
    raise AssertionError(f"takes {min(measured):.2f} s of processor time, where {allowed:.2f} s are allowed")


@pytest.mark.parametrize(
    ("work", "shapes"), FUNCTIONS.values(), ids=[f"{one.__module__}.{one.__name__}" for one in FUNCTIONS]
)
def test_no_function_takes_long_for_a_hostile_text(work, shapes, allowed):
    for shape in shapes:
        of_shape = allowed if shape in DOCUMENTS else allowed * FACTOR_OF_SIZE / FACTOR
        assert_quick(lambda shape=shape: work((SHAPES | DOCUMENTS)[shape]), of_shape)


def test_a_large_word_document_takes_little_processor_time(allowed):
    words = "The school must help your child with what was agreed. "
    pictures = {"word/media/photo.jpg": os.urandom(2_000_000)}
    long = docx(*[paragraph(words)] * 900, parts=pictures)
    many = docx(*[item("Ask.")] * 2_900, table(*[("a", "b", "c")] * 900))
    one_header = "".join(
        f'<Relationship Id="again{number}" Type="{OFFICE}/header" Target="header1.xml"/>'
        for number in range(200)
    )
    headers = docx(
        paragraph("Ask."),
        parts={"header1": "".join(paragraph(f"{number * 7919}") for number in range(6_000))},
        relationships=one_header,
    )

    assert_quick(lambda: convert_docx(long), allowed)
    assert_quick(lambda: converted(convert_docx, many), allowed)
    assert_quick(lambda: converted(convert_docx, headers), allowed)


@pytest.fixture
def cited(tmp_path, db) -> Provision:
    """A paragraph of the Code that is quoted 50 times, each time in words that it does not have."""
    load_site(tmp_path)
    paragraph = Provision.objects.get(number="6.17")
    paragraph.text = " ".join(f"their{number}" for number in range(540))
    paragraph.save()
    words = " ".join(f"our{number}" for number in range(540))
    section = Section.objects.filter(citations__provision=paragraph).first()
    Citation.objects.bulk_create(
        Citation(section=section, position=position, provision=paragraph, quoted=words, match="differs")
        for position in range(100, 150)
    )
    return paragraph


@pytest.fixture
def administrator(db) -> HttpsClient:
    visitor = HttpsClient()
    visitor.force_login(User.objects.create_superuser("administrator"))
    return visitor


def test_the_list_of_citations_takes_little_processor_time(cited, administrator, allowed):
    assert_quick(lambda: administrator.get("/admin/leaflets/citation/"), allowed)


def test_the_public_page_of_a_paragraph_that_is_quoted_often_takes_little_processor_time(
    cited, client, allowed
):
    assert_quick(lambda: client.get("/law/code-of-practice/6.17/"), allowed)


def test_the_page_of_a_paragraph_that_is_quoted_often_takes_little_processor_time(
    cited, administrator, allowed
):
    url = f"/admin/leaflets/provision/{cited.pk}/change/"

    assert_quick(lambda: administrator.get(url), allowed)
    assert_quick(lambda: administrator.post(url, {"text": cited.text}), allowed)


# Functions with a text as first parameter that are measured in tests/test_processor_time.py.
MEASURED_AS_LEAFLETS = {
    markdown.render,
    leaflet.read_leaflet,
    leaflet.add_anchors,
    read_meeting,
    read_service,
    read_topics,
    read_source,
    read_version,
    read_glossary,
}
# Those tests measure these as parts of a whole leaflet, or they only copy their text.
NOT_MEASURED = {
    markdown.show_as_typed, markdown.parse, plain_text.markdown_to_text, presentation.first_strong, misreadings.find_misreadings,
    misreadings.describe_odd_characters, leaflet.slugify, leaflet.read_heading, leaflet.make_unique_anchor,
    law_citations.find_citations, law_citations.find_final_citations, law_names.split_tokens, quotations.plain_words,
    citations.subdivision_anchor, default_chapter, sort_key, comparison.compare_words, synonyms.normalise_synonym, synonyms.normalise_organisation, quotations.compare_quotation, preflight.is_taken_by_site, describe_attachment, tokens.make_token,
    html_tree.parse_tree, inline.safe_link, inline.plain_heading, structure.read_published, convert_text_module.read_text,
    clean_text, colours.contrast,
}  # fmt: skip


def functions_that_take_a_text() -> Iterator[Callable[..., object]]:
    """The public functions of these packages whose first parameter is annotated as `str`."""
    modules: list[ModuleType] = []
    for package in (leaflets.content, leaflets.law, leaflets.quality):
        found = pkgutil.walk_packages(package.__path__, f"{package.__name__}.")
        modules += [importlib.import_module(one.name) for one in found if ".importers" not in one.name]
    for module in modules:
        for name, function in inspect.getmembers(module, inspect.isfunction):
            parameters = list(inspect.signature(function).parameters.values())
            is_public = function.__module__ == module.__name__ and not name.startswith("_")
            if is_public and parameters and parameters[0].annotation is str:
                yield function


def test_each_function_that_takes_a_text_is_measured():
    measured = FUNCTIONS.keys() | MEASURED_AS_LEAFLETS | NOT_MEASURED

    assert [
        f"{one.__module__}.{one.__qualname__}" for one in functions_that_take_a_text() if one not in measured
    ] == []
