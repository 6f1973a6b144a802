"""No long text takes much processor time, for any kind of content.

Each hostile text is longer than the limits of `leaflets.content.limits` accept, or half as long as they accept. Its
processor time is compared with that of an ordinary leaflet of half the greatest length, which takes about 0.08 s where
these limits were chosen. Four times as much is allowed. So a text of the greatest length takes about a second at most,
even where the time grows with the square of the length.
"""

import time
from collections.abc import Callable

import pytest

from leaflets.content.comparison import compare
from leaflets.content.glossary import read_glossary
from leaflets.content.leaflet import Heading, LeafletSource, SectionSource, add_anchors, read_leaflet
from leaflets.content.limits import MAX_CHARACTERS, find_excess
from leaflets.content.markdown import render
from leaflets.content.meeting import read_meeting
from leaflets.content.service import read_service
from leaflets.law.sources import read_version
from leaflets.quality.hints import find_hints
from leaflets.quality.preflight import assign_lines, check_leaflets
from tests import texts
from tests.texts import code, law, laws, leaflet_text, service

SIZE = MAX_CHARACTERS + 1_000
FACTOR = 4  # how many times the time of the ordinary leaflet is allowed
ATTEMPTS = 3
ORDINARY = "The **school** must help your child. Ask us [here](/contact/) about it.\n\n- One.\n- Two.\n\n"


def repeated(part: str) -> Callable[[int], str]:
    return lambda size: (part * (size // len(part) + 1))[:size]


def numbered(part: str, every: int) -> Callable[[int], str]:
    return lambda size: "".join(part.format(number) for number in range(size // every))


SHAPES = {
    part: repeated(part)
    for part in [
        "![", "[a](/b) ", "[a@b](mailto:c@d) ", "[0](tel:01632960124) ", "*_", "**a*", "`a` ", "<a@b.c>", "&", "{",
        ">", "> > > > > a\n\n", "> a (6.17)\n\n", "(6.17) ", "- ", "- x\n", "#\n", "### a\n", "## a\n\n",
        "[a\n", "[a]: /b\n", "~~~\na\n~~~\n", "a\r", "\n", "\0", "AB CD EF. ", "0 ", "\x0b", "*[`<&!|>\n-",
        "](", "A\n", "> a\nb\n\n", "- a\nB\n", "1. \n", "|a|\n", "• a\n", "~~", "\u200b", "a\uf0b7\n", "[a]{lang=pl} ", "[a]{lang=", "م\n\n", "- م\n", "> should\n\n(1)\n\n",
        "It **must**. ", "It **must**:\n\n- a\n\n", "It must. ", "____ ", "____\n",
    ]
} | {
    "open brackets before a language": lambda size: "[" * (size - 20) + "a]{lang=pl}",
    "nested languages": lambda size: "[" * (size // 13) + "]{lang=pl}" * (size // 13),
    "tables": lambda size: "|a|\n|-|\n\n" * (size // 9),
    "wide table": lambda size: "|a" * (size // 6) + "\n" + "|-" * (size // 6) + "\n" + "|\n" * (size // 6),
    "long table": lambda size: "|a|b|c|\n|-|-|-|\n" + "|\n" * (size // 2),
    "repeated address": lambda size: "[a]: /" + "b" * (size // 2) + "\n\n" + "[a]" * (size // 6),
    "sections": numbered("## a {{#b{}}}\n\nx\n\n", 22),
    "phone numbers": numbered("01632 {:06d} ", 13),
    "quotations": lambda size: f"> {'a b ' * 100}(6.17)\n\n" * (size // 412),
}  # fmt: skip


def source(text: str) -> LeafletSource:
    sections = (SectionSource(Heading("", "introduction"), ""), SectionSource(Heading("A", "a"), text))
    return assign_lines(LeafletSource("a", "A", "A.", sections, code=code().slug))


def check(text: str) -> None:
    (checked,), _ = check_leaflets([source(text)], laws())
    find_hints(checked, service())


WORK: dict[str, Callable[[str], object]] = {
    "render": lambda text: render(text, law()),
    "read": lambda text: read_leaflet(leaflet_text(text), "a.md", "a"),
    "anchors": lambda text: add_anchors(text, set()),
    "compare": lambda text: compare(source(text), source("b" + text[1:])),
}


def seconds(work: Callable[[str], object], text: str) -> float:
    start = time.process_time()
    work(text)
    return time.process_time() - start


class Ordinary:
    """The processor time of an ordinary leaflet of half the greatest length, in seconds."""

    def __init__(self) -> None:
        self._text = repeated(ORDINARY)(largest(repeated(ORDINARY)) // 2)
        self.seconds = min(self.measure() for _ in range(ATTEMPTS))

    def measure(self) -> float:
        return seconds(check, self._text)


@pytest.fixture(scope="module")
def ordinary() -> Ordinary:
    return Ordinary()


def largest(make: Callable[[int], str]) -> int:
    """The greatest size of a shape that is within the limits."""
    low, high = 1, MAX_CHARACTERS + 1
    while high - low > 100:
        middle = (low + high) // 2
        low, high = (low, middle) if find_excess([make(middle)]) else (middle, high)
    return low


def assert_quick(work: Callable[[str], object], text: str, ordinary: Ordinary) -> None:
    if seconds(work, text) < FACTOR * ordinary.seconds:
        return
    # Other processes can make the processor slower than it was: compare two measurements of the same moment.
    for _ in range(ATTEMPTS):
        allowed, taken = FACTOR * ordinary.measure(), seconds(work, text)
        if taken < allowed:
            return
    raise AssertionError(f"takes {taken:.2f} s of processor time, where {allowed:.2f} s are allowed")


@pytest.mark.parametrize("make", SHAPES.values(), ids=SHAPES.keys())
def test_a_hostile_text_takes_little_processor_time(make, ordinary):
    accepted, refused = make(largest(make) // 2), make(SIZE)

    for work in (*WORK.values(), check):
        assert_quick(work, refused, ordinary)
    assert_quick(check, accepted, ordinary)


YAML = {
    "one name": "a: b\n" * (SIZE // 5),
    "a list": "phones:\n" + "- a\n" * (SIZE // 4),
    "terms": "terms:\n" + "- term: a\n" * (SIZE // 10),
    "paragraphs": "paragraphs:\n" + "- number: 6.1\n" * (SIZE // 15),
    "flow": "phones: [" + "a," * (SIZE // 2) + "]",
    "brackets": "phones: " + "[" * SIZE,
    "braces": "phones: " + "{" * SIZE,
    "aliases": "a: &a b\nphones: [" + "*a," * (SIZE // 3) + "]",
}


@pytest.mark.parametrize("text", YAML.values(), ids=YAML.keys())
def test_hostile_yaml_takes_little_processor_time(text, ordinary):
    assert_quick(lambda text: read_service(text, "a.yaml"), text, ordinary)
    assert_quick(lambda text: read_glossary(text, "a.yaml"), text, ordinary)
    assert_quick(lambda text: read_meeting(text, "meeting.yaml"), text, ordinary)
    assert_quick(lambda text: read_version(text, "a.yaml", "a", texts.source()), text, ordinary)
    assert_quick(lambda text: read_leaflet(f"---\n{text}\n---\n\nWords.", "a.md", "a"), text, ordinary)
