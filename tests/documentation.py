"""The documentation of this repository, read as Markdown. Needs no Django."""

import itertools
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from markdown_it import MarkdownIt
from markdown_it.token import Token

ROOT = Path(__file__).resolve().parent.parent
DOCUMENTS = [
    ROOT / "README.md",
    ROOT / "SECURITY.md",
    ROOT / "CHANGELOG.md",
    ROOT / "content" / "README.md",
    *sorted((ROOT / "docs").glob("*.md")),
]

_MARKDOWN = MarkdownIt("commonmark").enable("table")
_HTML_SOURCE = re.compile(r'<img\b[^>]*\bsrc="([^"]+)"')


@dataclass(frozen=True)
class Link:
    """A relative link or image in a document: the file that it leads to, and the anchor in it ("" for none)."""

    written: str
    file: Path
    anchor: str


def documented_variables() -> list[str]:
    """The environment variables in the settings table of docs/operating.md."""
    text = (ROOT / "docs" / "operating.md").read_text()
    return re.findall(r"^\| `([A-Z_]+)` \|", text, re.MULTILINE)


def relative_links(document: Path) -> list[Link]:
    """The links and images of a document that lead to a file of the repository. Code is left out."""
    targets = [target for token in _inline(document) for target in _targets(token)]
    return [
        _link(document, target) for target in targets if not re.match(r"[a-z]+:|/", target, re.IGNORECASE)
    ]


def inline_code(document: Path) -> list[str]:
    """What stands in backticks in the text of a document."""
    return [token.content for token in _inline(document) if token.type == "code_inline"]


def listed_paths(document: Path) -> list[str]:
    """The paths in the first code block of a document: names, then two spaces and words; indented where they are in a folder."""
    found, folders = [], {0: ""}
    for line in code_blocks(document)[0].splitlines():
        depth = len(line) - len(line.lstrip())
        for name in re.split(r" {2,}", line.strip())[0].split(", "):
            path = folders[depth] + name
            folders[depth + 2] = path
            found.append(path)
    return found


def code_blocks(document: Path) -> list[str]:
    """The fenced blocks of a document."""
    return [token.content for token in _MARKDOWN.parse(document.read_text()) if token.type == "fence"]


def table(document: Path, heading: str) -> list[list[str]]:
    """The rows of the table with this first heading, each cell in Markdown."""
    tokens = _MARKDOWN.parse(document.read_text())
    cells = [
        (opening.type, cell.content)
        for opening, cell in itertools.pairwise(tokens)
        if opening.type in ("th_open", "td_open", "tr_open", "table_open")
    ]
    rows: list[list[str]] = []
    inside = False
    for kind, content in cells:
        if kind == "table_open":
            inside = False
        elif kind == "th_open":
            inside = inside or content == heading
        elif inside and kind == "tr_open":
            rows.append([])
        elif inside:
            rows[-1].append(content)
    return rows


def anchors(document: Path) -> set[str]:
    """The anchors of a document's headings, as GitHub makes them."""
    tokens = _MARKDOWN.parse(document.read_text())
    headings = [
        "".join(child.content for child in content.children or [])
        for opening, content in itertools.pairwise(tokens)
        if opening.type == "heading_open"
    ]
    seen: Counter[str] = Counter()
    found = set()
    for heading in headings:
        anchor = re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")
        found.add(f"{anchor}-{seen[anchor]}" if seen[anchor] else anchor)
        seen[anchor] += 1
    return found


def _inline(document: Path) -> Iterator[Token]:
    for token in _MARKDOWN.parse(document.read_text()):
        yield token
        yield from token.children or []


def _targets(token: Token) -> list[str]:
    if token.type in ("link_open", "image"):
        return [str(token.attrs.get("href") or token.attrs.get("src"))]
    return _HTML_SOURCE.findall(token.content) if token.type in ("html_inline", "html_block") else []


def _link(document: Path, target: str) -> Link:
    path, _, anchor = target.partition("#")
    return Link(target, document.parent / path if path else document, anchor)
