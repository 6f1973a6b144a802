"""Plain texts and records for tests, arranged so that reading down this file teaches the format.

Every factory returns something valid. A test states only what differs in its case.
"""

import datetime as dt
from typing import Any

from hypothesis import strategies as st

from leaflets.content.glossary import TermSource
from leaflets.content.home_links import HomeLink
from leaflets.content.leaflet import (
    INTRODUCTION,
    PLACEMENTS,
    SECTION_KINDS,
    Heading,
    LeafletSource,
    SectionSource,
    slugify,
)
from leaflets.content.service import ServiceSource
from leaflets.files.dates import FIRST_YEAR, LAST_YEAR
from leaflets.files.fields import CONTROL_CHARACTERS
from leaflets.files.problems import Problem
from leaflets.law.sources import CitableLaw, LawSource, ProvisionSource, VersionSource, choose_versions

# A sign of Cyprus in the Bronze Age: no font that is usually installed has it, so a text with it has no PDF.
UNPRINTABLE = "\U00012f90"

# A leaflet's file: fields between two lines `---`, an introduction, then sections that start with `##`.

FIELDS = {
    "title": "SEN support",
    "summary": "What the school must do, and what it should do.",
    "published": "2020-03",
    "code": "2015-january",
}

BODY = """\
This leaflet is about the help that schools give.

## What is SEN support? {#sen-support}

Help that is additional to what other children get.

## Who decides? {#who-decides}

The **SEND Code of Practice** says:

> A school should always involve the parents.
>
> (6.17)
"""


def leaflet_text(body: str = BODY, **fields: str | None) -> str:
    """The text of a leaflet's file. A field given as None is left out; the body starts on line 8."""
    return f"---\n{_yaml(FIELDS | fields)}---\n\n{body}"


def _yaml(fields: dict[str, str | None]) -> str:
    return "".join(f"{name}: {value}\n" for name, value in fields.items() if value is not None)


# The records beside the leaflets: who publishes, and which paragraphs of the Code may be cited.

SERVICE_TEXT = """\
name: Example SENDIASS
full_name: Example Special Educational Needs and Disability Information, Advice and Support Service
tagline: Free, confidential and impartial
council: Example Borough Council
phones:
  - 01632 960000
email: help@example.org
address:
  - Civic Centre
  - Example Road
postcode: EX1 2AB
data_protection_officer: Data Protection Officer
data_protection_address:
  - Town Hall
data_protection_postcode: EX1 3CD
data_protection_phone: 01632 960001
data_protection_email: privacy@example.org
"""

SOURCE_TEXT = """\
kind: code
title: SEND Code of Practice
full_title: 'Special educational needs and disability code of practice: 0 to 25 years'
names:
  - Code of Practice
url: https://www.example.org/send-code
"""

CODE_TEXT = """\
label: January 2015
in_force_from: 2015-01-31
url: https://www.example.org/send-code
chapters:
  - number: '6'
    title: Schools
provisions:
  - number: '6.2'
  - number: '6.17'
    text: A school should always involve the parents.
"""


# The same things once they are read.


def source(**overrides: Any) -> LawSource:
    """The Code of Practice."""
    values: dict[str, Any] = {
        "slug": "code-of-practice",
        "kind": "code",
        "title": "SEND Code of Practice",
        "full_title": "Special educational needs and disability code of practice: 0 to 25 years",
        "url": "https://www.example.org/send-code",
        "names": ("Code of Practice",),
    }
    return LawSource(**values | overrides)


def code(**overrides: Any) -> VersionSource:
    """A version of the Code with the paragraphs 6.2 and 6.17."""
    values: dict[str, Any] = {
        "source": "code-of-practice",
        "slug": "2015-january",
        "label": "January 2015",
        "in_force_from": dt.date(2015, 1, 31),
        "url": "https://www.example.org/send-code",
        "chapters": (("6", "Schools"),),
        "provisions": (
            ProvisionSource("6.2", "6"),
            ProvisionSource("6.17", "6", text="A school should always involve the parents."),
        ),
    }
    return VersionSource(**values | overrides)


def act() -> LawSource:
    """An Act, which people also cite as CFA 2014."""
    return source(
        slug="cfa-2014",
        kind="act",
        title="Children and Families Act 2014",
        full_title="Children and Families Act 2014 (2014 c. 6)",
        url="https://www.example.org/act",
        names=("CFA 2014",),
    )


def act_in_force(**overrides: Any) -> VersionSource:
    """The Act as it is in force, with the sections 36 and 37."""
    values: dict[str, Any] = {
        "source": "cfa-2014",
        "slug": "in-force",
        "label": "as in force",
        "in_force_from": dt.date(2014, 9, 1),
        "url": "https://www.example.org/act",
        "provisions": (ProvisionSource("36"), ProvisionSource("37")),
    }
    return VersionSource(**values | overrides)


def paragraph(number: str, text: str = "") -> ProvisionSource:
    """A paragraph of the Code."""
    return ProvisionSource(number, number.partition(".")[0], text=text)


def law(*versions: VersionSource) -> CitableLaw:
    """What a text can cite: these versions of the Code, the newest of which is meant."""
    return laws(*versions)[""]


class laws(dict[str, CitableLaw]):  # noqa: N801 - a factory like the others
    """What leaflets can cite of these versions of the Code, by the slug of the version that a leaflet names."""

    def __init__(self, *versions: VersionSource) -> None:
        self._versions = versions or (code(),)

    def __missing__(self, slug: str) -> CitableLaw:
        return choose_versions([source()], self._versions, slug, dt.date(2026, 1, 1))


def service(**overrides: Any) -> ServiceSource:
    """The service that publishes."""
    values: dict[str, Any] = {
        "name": "Example SENDIASS",
        "full_name": (
            "Example Special Educational Needs and Disability Information, Advice and Support Service"
        ),
        "tagline": "Free, confidential and impartial",
        "council": "Example Borough Council",
        "phones": ("01632 960000",),
        "email": "help@example.org",
        "address": ("Civic Centre", "Example Road"),
        "postcode": "EX1 2AB",
        "officer": "Data Protection Officer",
        "officer_address": ("Town Hall",),
        "officer_postcode": "EX1 3CD",
        "officer_phone": "01632 960001",
        "officer_email": "privacy@example.org",
    }
    return ServiceSource(**values | overrides)


LOGO = b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 200 50"><path fill="#0b4a55" d="M0 0h200v50z" /></svg>'


def full_service(**overrides: Any) -> ServiceSource:
    """A service with every optional field."""
    values: dict[str, Any] = {
        "heading": "Help with school",
        "lead": "What the law says, in plain words.",
        "promise": "Free, confidential and impartial",
        "opening_hours": ("Monday to Thursday, 9 am to 4.30 pm", "Friday, 9 am to 4 pm"),
        "answerphone": "Leave a message. We ring back the next working day.",
        "call_cost": "A call costs what a call to any 01 number costs.",
        "text_number": "07700 900123",
        "relay": "Relay UK: dial 18001, then 01632 960000",
        "languages": ("pl: Polski", "ar: العربية", "British Sign Language"),
        "social_links": ("Facebook: https://www.facebook.com/example",),
        "closed": ("2020-12-24 to 2021-01-04: Long ago", "2099-12-24 to 2100-01-04: Christmas", "2099-05-04"),
        "logo": "logo.svg",
        "logo_words": "Example Council",
        "logo_file": LOGO,
        "brand_colour": "#7a0019",
        "ways_in": (
            HomeLink("What must the school do?", "/leaflets/sen-support/#who-decides", "Every duty.", "list"),
            HomeLink("I want to talk to somebody", "tel:01632960000", icon="person"),
            HomeLink("Write to us", "/contact/#page-post", icon="pen"),
        ),
    }
    return service(**values | overrides)


def leaflet(**overrides: Any) -> LeafletSource:
    """A leaflet with an introduction and one section."""
    values: dict[str, Any] = {
        "slug": "sen-support",
        "title": "SEN support",
        "summary": "What the school must do, and what it should do.",
        "sections": (
            SectionSource(Heading("", INTRODUCTION), "This leaflet is about help."),
            SectionSource(Heading("Who decides?", "who-decides"), "The school decides."),
        ),
    }
    return LeafletSource(**values | overrides)


def lines_and_messages(problems: list[Problem]) -> list[tuple[int, str]]:
    """The line and message of each problem."""
    return [(problem.line, problem.message) for problem in problems]


# Strategies: ordinary and malicious input.

# Without halves of surrogate pairs and without the numbers that are no character: html5lib calls them errors.
visible_text = st.text(st.characters(exclude_categories=["Cs", "Cn"])).map(
    lambda text: CONTROL_CHARACTERS.sub("", text)
)
one_line = visible_text.map(lambda text: " ".join(text.split()) or "–")
words = st.lists(
    st.sampled_from(["parents", "the school", "SENCO", "must", "é", "a & b", "SEN?"]), min_size=1, max_size=4
).map(" ".join)

_FRAGMENTS = [
    # marks of Markdown
    "*", "**", "_", "__", "`", "```", "~~~", "> ", ">", "- ", "+ ", "1. ", "2) ", "#", "### ", "## ", "# ",
    "|", "|-|", "|a|b|\n|:-:|-:|\n", "---", "===", "[", "](", ")", "![", "[a]: ", "<", ">", "\\", "!", "&",
    "  ", "    ", "\t", "\n", "\n\n", "  \n", "\\\n", "\xa0", "\u2003", "\r\n",
    # our own
    "{#", "{#a}", "{#b .steps}", ' label="x"}', "}", "(6.17)", "(6.2)", "(9.99)", "(6.17", "> (6.17)\n",
    "**must**", "**should**", "must", "ſhould", "{lang=pl}", "]{lang=ur}", "[שלום]{lang=he}",
    # harm
    "<script>alert(1)</script>", "<style>", "</style>", "<iframe src=//x>", "<svg onload=alert(1)>",
    "<img src=x onerror=alert(1)>", "<!--", "-->", "<![CDATA[", "]]>", "<?php", "<a href='javascript:x'>",
    "[x](javascript:alert(1))", "[x](JaVaScRiPt:x)", "[x](data:text/html,x)", "[x](vbscript:x)",
    "[x](//evil.example)", "[x](/\\evil.example)", "[x](&#106;avascript:x)", "[x](java&Tab;script:x)",
    "[x](https://[)", "[x](https://a/ \"'><b onclick=x>\")", "<javascript:x>", "<https://example.org>",
    "![x](/media/x.png \"'\\\" onerror=x\")", "![\" onerror=\"x](/media/x.png)", "![x](data:image/png,x)",
    "&lt;script&gt;", "&#x3c;", "&nbsp;", "&#0;", "&quot;", "</p>", "</figure>", "</td></table>",
    # words
    "a", "word", "Ωμέγα", "שלום", "🙂", "0", "01632 960000",
]  # fmt: skip

nasty_markdown = st.lists(st.sampled_from(_FRAGMENTS) | visible_text, max_size=30).map("".join)

# Bodies in which every heading has its anchor, as they stand once a leaflet was read.
_blocks = st.one_of(
    words,
    words.map(lambda text: f"### {text} {{#{slugify(text)}}}"),
    words.map(lambda text: f"- {text}\n- {text}"),
    words.map(lambda text: f"> {text}\n>\n> (6.17)"),
    words.map(lambda text: f"```\n## {text}\n```"),
    words.map(lambda text: f"| {text} |\n|---|\n| {text} |"),
    words.map(lambda text: f"    {text}"),
    st.just("---"),
)
bodies = st.lists(_blocks, max_size=5).map("\n\n".join)

_slugs = st.from_regex(r"[a-z0-9]{1,8}(-[a-z0-9]{1,8}){0,2}", fullmatch=True)
_headings = st.builds(
    Heading,
    words,
    _slugs.filter(lambda slug: slug != INTRODUCTION),
    st.sampled_from(("", *SECTION_KINDS)),
    words,
)
_dates = st.dates(min_value=dt.date(FIRST_YEAR, 1, 1), max_value=dt.date(LAST_YEAR, 12, 31))

leaflet_sources = st.builds(
    LeafletSource,
    slug=_slugs,
    title=one_line,
    summary=one_line,
    sections=st.builds(
        lambda introduction, sections: (
            SectionSource(Heading("", INTRODUCTION), introduction),
            *sections,
        ),
        bodies,
        st.lists(st.builds(SectionSource, _headings, bodies), max_size=3),
    ),
    placement=st.sampled_from(PLACEMENTS),
    published=st.none() | _dates.map(lambda day: day.replace(day=1)),
    review=st.none() | _dates,
    code=st.just("") | _slugs,
    unapproved=st.booleans(),
    topic=st.just("") | _slugs,
    in_short=st.lists(words, max_size=3).map(tuple),
    formerly=st.lists(_slugs, max_size=2).map(sorted).map(tuple),
)

paragraphs = st.builds(
    paragraph,
    st.builds("{}.{}".format, st.just(6), st.integers(1, 999)),
    visible_text.map(str.strip),
)

# Texts of leaflet files that are mostly right, so that a good share is read without problems.
leaflet_texts = st.builds(
    lambda title, bodies: leaflet_text("\n\n".join(bodies), title=title),
    st.sampled_from(["SEN support", "'No'", '"a: b"', "|\n  two\n  lines", "2020", "~"]),
    st.lists(
        bodies
        | nasty_markdown
        | words.map(lambda text: f"## {text}")
        | words.map(lambda text: f"{text}\n---")
        | words.map(lambda text: f"{text}\n---\xa0")
        | words.map(lambda text: f'{text} {{.steps label="{text}\n{text}"}}\n---')
        | words.map(lambda text: f"### {text} {{.steps}} ###"),
        max_size=6,
    ),
)


def term(name: str = "SENCO", explanation: str = "A good person to ask first.", **fields: Any) -> TermSource:
    """A word that is explained."""
    return TermSource(name, explanation, fields.pop("anchor", slugify(name)), **fields)
