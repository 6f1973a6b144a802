"""Problems: what is wrong in a text, and in which line."""

import enum
from collections.abc import Iterable
from dataclasses import dataclass, replace


class Kind(enum.StrEnum):
    """The kind of a problem or hint, for code that treats some kinds differently."""

    # A file and its fields
    FILE_MISSING = "file-missing"
    FILE_UNREADABLE = "file-unreadable"
    FILE_NAME = "file-name"
    FRONT_MATTER = "front-matter"
    YAML = "yaml"
    FIELD_MISSING = "field-missing"
    FIELD_REPEATED = "field-repeated"
    FIELD_UNKNOWN = "field-unknown"
    FIELD_VALUE = "field-value"
    INVISIBLE_CHARACTER = "invisible-character"
    TOO_LONG = "too-long"
    # A section's Markdown
    HEADING = "heading"
    HTML = "html"
    UNCLOSED_BLOCK = "unclosed-block"
    UNSAFE = "unsafe"
    PICTURE = "picture"
    LINK_FORM = "link-form"
    EMPTY_QUOTATION = "empty-quotation"
    CITATION_IN_LIST = "citation-in-list"
    SOURCE_MISSING = "source-missing"
    PROVISION_UNKNOWN = "provision-unknown"
    ODD_CHARACTER = "odd-character"
    RAW_MARK = "raw-mark"
    CELL_LOST = "cell-lost"
    LINK_EMPTY = "link-empty"
    ANCHOR_RESERVED = "anchor-reserved"
    # A leaflet among the others
    LETTER_UNCITED = "letter-uncited"
    EMPTY_SECTION = "empty-section"
    SOURCE_UNKNOWN = "source-unknown"
    TOPIC_UNKNOWN = "topic-unknown"
    LINK_MISMATCH = "link-mismatch"
    BROKEN_LINK = "broken-link"
    LINKED_FILE_MISSING = "linked-file-missing"
    ANCHOR_TAKEN = "anchor-taken"
    ANCHOR_REMOVED = "anchor-removed"
    ADDRESS_TAKEN = "address-taken"
    OPEN_QUESTION = "open-question"
    NOT_CANONICAL = "not-canonical"
    NOTHING_LOADED = "nothing-loaded"
    # Hints
    NO_FONT = "no-font"
    LONG_SENTENCE = "long-sentence"
    HARD_TEXT = "hard-text"
    CAPITALS = "capitals"
    ATTACHMENT_UNDESCRIBED = "attachment-undescribed"
    VAGUE_LINK = "vague-link"
    ABBREVIATION = "abbreviation"
    UNCITED_DUTY = "uncited-duty"
    UNMARKED_DUTY = "unmarked-duty"
    NO_QUESTIONS = "no-questions"
    UNCITED_QUOTATION = "uncited-quotation"
    LIKE_A_LIST = "like-a-list"
    LINES_JOINED = "lines-joined"
    LINE_SWALLOWED = "line-swallowed"
    WIDE_TABLE = "wide-table"
    NUMBER_CHANGED = "number-changed"
    LIKE_A_CITATION = "like-a-citation"
    QUOTATION_DIFFERS = "quotation-differs"
    UNKNOWN_FACT = "unknown-fact"
    LEAFLET_UNKNOWN = "leaflet-unknown"
    REVIEW_PASSED = "review-passed"


@dataclass(frozen=True, order=True)
class Problem:
    """One mistake in a text: its place, its kind, and a message that says how to correct it.

    `line` counts from 1: in the file at `path` or, where `path` is empty, in the text that was checked. `message` is
    shown to staff and is never compared; code compares `kind` and `subject`. `subject` is what the problem is about
    where code needs to know, such as a link's address or a paragraph's number, else "".
    """

    path: str
    line: int
    message: str
    kind: Kind
    subject: str = ""

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.message}"

    def in_file(self, path: str, first_line: int) -> "Problem":
        """Return the problem with its place in the file at `path`, whose line `first_line` is the text's line 1."""
        return replace(self, path=path, line=self.line + first_line - 1)


class ContentError(Exception):
    """The content cannot be used. `problems` holds all reasons, sorted by file and line."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = sorted(set(problems))
        super().__init__("\n".join(map(str, self.problems)))
