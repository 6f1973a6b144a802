"""A leaflet's Markdown file: front matter, an introduction, then one section per level-2 heading.

Reading what `write_leaflet` wrote gives an equal leaflet, and writing that again gives the same bytes: the text is in
canonical form.
"""

import datetime as dt
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import islice

from markdown_it import MarkdownIt
from markdown_it.token import Token

from leaflets.files.digests import digest
from leaflets.files.fields import CONTROL_CHARACTERS, SLUG, Fields, write_fields
from leaflets.files.problems import Kind, Problem

from .characters import find_odd_characters
from .gaps import read_rule
from .limits import find_excess

PLACEMENTS = ("leaflet", "footer")
SECTION_KINDS = (
    "duties",
    "support",
    "steps",
    "contact",
    "feedback",
    "privacy",
    "retention",
    "reading",
    "questions",
    "letter",
)
UNAPPROVED = "draft for the service to approve"

# The anchor of the introduction, which is the section before the first heading.
INTRODUCTION = "introduction"
# The ids of the elements of every page begin with this, so no anchor of a heading may.
RESERVED_ANCHORS = "page-"
MAX_FRONT_MATTER = 20_000  # characters
MAX_REPORTED_CHARACTERS = 100  # of those that are invisible

_FRONT_MATTER = re.compile(r"---[ \t]*\n(?P<fields>.*?\n)?---[ \t]*(?:\n|\Z)", re.DOTALL)
_HEADING_ATTRIBUTE = re.compile(
    r'\s*(?:\#(?P<anchor>[^\s"]+)|\.(?P<kind>[^\s"]+)|label="(?P<label>[^"]*)")\s*'
)


def block_parser(parser: MarkdownIt) -> MarkdownIt:
    """Set the blocks of our Markdown: those of CommonMark with tables, without indented code and rules of four underscores.

    Indentation in a leaflet is one of a word processor, and never meant as code. Everything that reads a leaflet's
    Markdown needs the same blocks: a heading is where a section begins.
    """
    parser.block.ruler.at("hr", read_rule, {"alt": ["paragraph", "reference", "blockquote", "list"]})
    return parser.enable("table").disable("code")


_PARSER = block_parser(MarkdownIt("commonmark"))
# Finds the lines of headings without parsing what stands in the lines.
_BLOCK_PARSER = block_parser(MarkdownIt("commonmark")).disable(["inline", "text_join"])


@dataclass(frozen=True)
class Heading:
    """A heading as it stands in Markdown: `What is SEN support? {#sen-support .support label="…"}`.

    `text` is plain text, not Markdown. `anchor` must not change once it was printed on paper. `kind` is "" or one of
    `SECTION_KINDS`. `label` is a shorter wording for lists of links, or "".
    """

    text: str
    anchor: str = ""
    kind: str = ""
    label: str = ""

    def __str__(self) -> str:
        kind = f" .{self.kind}" if self.kind else ""
        label = f' label="{self.label}"' if self.label else ""
        return f"{self.text} {{#{self.anchor}{kind}{label}}}"


@dataclass(frozen=True)
class SectionSource:
    """A level-2 heading and the Markdown below it. The introduction comes first; its heading text is empty.

    `line` is the heading's line in the file, `body_line` that of the body's first line, both counted from 1.
    """

    heading: Heading
    body: str
    line: int = field(default=1, compare=False)
    body_line: int = field(default=1, compare=False)

    @property
    def is_introduction(self) -> bool:
        return self.heading.anchor == INTRODUCTION


@dataclass(frozen=True)
class LeafletSource:
    """The text of a leaflet with its front matter.

    `published` is the first day of the month printed on the paper leaflet. `review` is the day by which staff have to
    check the text. `code` is the slug of the edition of the Code that the text cites, or "". `unapproved` says that
    the service has not approved the text yet: readers are told so. `topic` is the slug of the topic under which it is
    listed, or "", and `topic_line` its line in the file. `in_short` are the lines of the summary that `content.in_short`
    renders, `in_short_lines` their lines in the file; `in_short_unapproved` says that the service has not approved
    them yet. `formerly` are earlier slugs of this leaflet, which
    redirect to it.
    """

    slug: str
    title: str
    summary: str
    sections: tuple[SectionSource, ...]
    placement: str = "leaflet"
    published: dt.date | None = None
    review: dt.date | None = None
    code: str = ""
    unapproved: bool = False
    topic: str = ""
    in_short: tuple[str, ...] = ()
    in_short_unapproved: bool = False
    formerly: tuple[str, ...] = ()
    path: str = field(default="", compare=False)
    topic_line: int = field(default=1, compare=False)
    in_short_lines: tuple[int, ...] = field(default=(), compare=False)

    @cached_property
    def digest(self) -> str:
        """The digest of the text and front matter, without `formerly`."""
        return digest(write_leaflet(replace(self, formerly=())))


def slugify(text: str) -> str:
    """Return an anchor for a heading's text: `What's new?` becomes `whats-new`. At most 60 characters."""
    plain = unicodedata.normalize("NFKD", re.sub("['’]", "", text))
    plain = plain.encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:60].strip("-") or "section"


def read_leaflet(text: str, path: str, slug: str) -> tuple[LeafletSource, list[Problem]]:
    """Read the text of a leaflet's file. The leaflet is complete only if the list of problems is empty.

    `path` is the file's path for the problems; `slug` is its name without the ending.
    """
    problems: list[Problem] = []
    text = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    control = (found for found in find_odd_characters(text) if CONTROL_CHARACTERS.fullmatch(found.character))
    problems += [
        Problem(path, found.line, f"There is {found}. Type the line again.", Kind.INVISIBLE_CHARACTER)
        for found in islice(control, MAX_REPORTED_CHARACTERS)
    ]
    text = CONTROL_CHARACTERS.sub("", text)

    front_matter = _FRONT_MATTER.match(text)
    if front_matter is None:
        problems.append(
            Problem(
                path,
                1,
                "The file has to start with front matter: fields between two lines `---`.",
                Kind.FRONT_MATTER,
            )
        )
    yaml = front_matter["fields"] or "" if front_matter else "title: …\nsummary: …"
    if len(yaml) > MAX_FRONT_MATTER:
        message = f"The front matter is longer than {MAX_FRONT_MATTER:,} characters. Shorten it."
        problems.append(Problem(path, 1, message, Kind.TOO_LONG))
        yaml = "title: …\nsummary: …"
    fields = Fields(yaml, path, problems, 2)
    body = text[front_matter.end() :] if front_matter else text
    body_line = text[: len(text) - len(body)].count("\n") + 1

    if not SLUG.fullmatch(slug):
        problems.append(
            Problem(
                path,
                1,
                f"Rename the file: `{slug}` has to be small letters, digits and hyphens.",
                Kind.FILE_NAME,
            )
        )
    unapproved = read_approval(fields)
    in_short = fields.texts("in_short", required=False)
    in_short_unapproved = read_approval(fields, "in_short_approval")
    if in_short_unapproved and not in_short:
        message = "There is no `in_short` to approve. Write it, or take this line out."
        fields.add_problem(fields.line("in_short_approval"), message, Kind.FIELD_VALUE)
    leaflet = LeafletSource(
        slug=slug,
        path=path,
        title=fields.text("title"),
        summary=fields.text("summary"),
        placement=fields.choice("placement", PLACEMENTS, default="leaflet"),
        published=fields.month("published"),
        review=fields.date("review"),
        code=fields.slug("code", required=False),
        unapproved=unapproved,
        in_short=in_short,
        in_short_unapproved=in_short_unapproved,
        in_short_lines=fields.entry_lines("in_short"),
        topic=fields.slug("topic", required=False),
        topic_line=fields.line("topic"),
        formerly=tuple(sorted(fields.slugs("formerly"))),
        sections=tuple(_read_sections(body, path, body_line, problems)),
    )
    fields.finish()
    return leaflet, problems


def read_approval(fields: Fields, name: str = "approval") -> bool:
    """Return whether a field says that the service has to approve something."""
    approval = fields.text(name, required=False)
    if approval not in ("", UNAPPROVED):
        fields.add_problem(
            fields.line(name),
            f"`{name}` has to be `{UNAPPROVED}`, or the line has to go once it is approved.",
            Kind.FIELD_VALUE,
        )
    return approval == UNAPPROVED


def write_leaflet(leaflet: LeafletSource) -> str:
    """Return the text of a leaflet's file, in canonical form."""
    front_matter = write_fields(
        {
            "title": leaflet.title,
            "summary": leaflet.summary,
            "placement": leaflet.placement,
            "topic": leaflet.topic,
            "published": leaflet.published and leaflet.published.isoformat()[:7],
            "review": leaflet.review,
            "code": leaflet.code,
            "approval": UNAPPROVED if leaflet.unapproved else "",
            "in_short": list(leaflet.in_short),
            "in_short_approval": UNAPPROVED if leaflet.in_short_unapproved else "",
            "formerly": list(leaflet.formerly),
        }
    )
    blocks = [f"---\n{front_matter}---"]
    for section in leaflet.sections:
        if not section.is_introduction:
            blocks.append(f"## {section.heading}")
        if section.body:
            blocks.append(section.body)
    return "\n\n".join(blocks) + "\n"


def read_heading(content: str) -> tuple[Heading, list[str]]:
    """Parse the content of a heading's line, without its `##`. Return it with messages about its mistakes."""
    text, attributes = _split_attributes(content)
    found: dict[str, str] = {}
    messages = []
    position = 0
    while position < len(attributes):
        attribute = _HEADING_ATTRIBUTE.match(attributes, position)
        named = attribute.groupdict().items() if attribute else ()
        values = {name: " ".join(value.split()) for name, value in named if value is not None}
        if attribute is None or values.keys() & found.keys():
            messages.append(
                f"`{{{attributes}}}` is not understood. Write `{{#anchor}}`, `{{#anchor .kind}}` "
                'or `{#anchor .kind label="A shorter wording"}`.'
            )
            break
        found |= values
        position = attribute.end()
    heading = Heading(" ".join(text.split()), **found)
    if heading.anchor and not SLUG.fullmatch(heading.anchor):
        messages.append(f"The anchor `#{heading.anchor}` has to be small letters, digits and hyphens.")
    if heading.kind and heading.kind not in SECTION_KINDS:
        messages.append(f"The kind `.{heading.kind}` is not one of: {', '.join(SECTION_KINDS)}.")
    if not heading.text:
        messages.append("The heading has no words. Write some, or take the line out.")
    elif not _is_plain(heading.text):
        messages.append("A heading is plain words. Take out `*`, `_`, links and other marks.")
    return heading, messages


def _split_attributes(content: str) -> tuple[str, str]:
    """Split `Who helps? {#help .contact}` into its text and attributes, which are "" where there are none.

    In linear time: a pattern for this takes quadratic time for a line of spaces.
    """
    text, brace, rest = content.rpartition("{")
    attributes = rest[:-1].strip()
    has_attributes = brace and rest.endswith("}") and "}" not in attributes and attributes[:1] in ("#", ".")
    return (text, attributes) if has_attributes and attributes else (content, "")


def _is_plain(text: str) -> bool:
    children = _PARSER.parseInline(text)[0].children or []
    return all(child.type == "text" for child in children) and "".join(c.content for c in children) == text


def add_anchors(body: str, used: set[str]) -> str:
    """Add an anchor to each heading in a section's body that has none.

    `used` are the anchors of the leaflet; those of this body are added to it. A body beyond the limits of `limits` is
    returned unchanged.
    """
    if find_excess([body]):
        return body
    tokens = _BLOCK_PARSER.parse(body)
    lines = body.split("\n")
    lacking = []
    for line, content, _ in _headings(tokens):
        heading, messages = read_heading(content)
        if heading.anchor:
            used.add(heading.anchor)
        elif not messages:
            lacking.append((line, heading))
    for line, heading in lacking:
        marks = re.match(r"[ \t]*#+", lines[line])
        if marks:
            lines[line] = f"{marks[0]} {replace(heading, anchor=make_unique_anchor(heading.text, used))}"
    return "\n".join(lines)


def make_unique_anchor(text: str, used: set[str]) -> str:
    """Return an anchor for a heading's text that is not in `used`, and add it there."""
    anchor = slugify(text)
    if anchor.startswith(RESERVED_ANCHORS):
        anchor = f"section-{anchor}"
    if anchor in used:
        anchor = f"{anchor}-{_free_number(anchor, used)}"
    used.add(anchor)
    return anchor


def _free_number(stem: str, used: set[str]) -> int:
    """Return a number from 2 that makes the anchor unique: the first one, where the used ones have no gaps.

    By bisection: counting takes quadratic time for thousands of equal headings.
    """
    low, high = 1, 2
    while f"{stem}-{high}" in used:
        low, high = high, 2 * high
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if f"{stem}-{middle}" in used else (low, middle)
    return high


def _headings(tokens: list[Token]) -> Iterator[tuple[int, str, Token]]:
    """Yield the headings outside lists and block quotations: line counted from 0, content, opening token."""
    for position, token in enumerate(tokens):
        if token.type == "heading_open" and token.level == 0 and token.map:
            yield token.map[0], tokens[position + 1].content, token


def _read_sections(text: str, path: str, first_line: int, problems: list[Problem]) -> Iterator[SectionSource]:
    excess = find_excess([text])
    if excess:
        problems.append(excess.problem.in_file(path, first_line))
        yield SectionSource(Heading("", INTRODUCTION), text, first_line, first_line)
        return
    lines = text.split("\n")
    starts = [(0, 0, Heading("", INTRODUCTION))]
    used = {INTRODUCTION}
    for line, content, token in _headings(_BLOCK_PARSER.parse(text)):
        heading, messages = read_heading(content)
        used.add(heading.anchor)
        if token.tag == "h1":
            problems.append(
                Problem(
                    path,
                    first_line + line,
                    "The title is in the front matter. Start sections with `##`.",
                    Kind.HEADING,
                )
            )
        elif token.tag == "h2":
            problems += [Problem(path, first_line + line, message, Kind.HEADING) for message in messages]
            starts.append((line, token.map[1] if token.map else line + 1, heading))

    ends = [line for line, _, _ in starts[1:]] + [len(lines)]
    for (line, body_start, heading), end in zip(starts, ends, strict=True):
        if not heading.anchor:
            heading = replace(heading, anchor=make_unique_anchor(heading.text, used))
        # Strip only Markdown's own white space: a line with a no-break space keeps `---` from being a heading.
        while body_start < end and not lines[body_start].strip(" \t"):
            body_start += 1
        body = "\n".join(lines[body_start:end]).rstrip(" \t\n")
        yield SectionSource(
            heading=heading,
            body=add_anchors(body, used),
            line=first_line + line,
            body_line=first_line + body_start,
        )
