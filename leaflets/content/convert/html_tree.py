"""HTML as a tree, for the HTML of word processors and browsers.

html.parser of the standard library takes quadratic time for some inputs. This tokenizer goes on from each match to the
next and never back, so it takes linear time. It does not repair HTML as a browser does: it only closes what a new
element cannot be in.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from html import unescape
from typing import NamedTuple

# Deeper elements are read as if their tags were not there: walking the tree is recursive.
MAX_DEPTH = 60

_NAME = r"[a-zA-Z][^\s/>]*+"
_ATTRIBUTE = re.compile(r"""([^\s/>=]++)(?:\s*+=\s*+(?:"([^"]*+)"?|'([^']*+)'?|([^\s>"'][^\s>]*+)))?+""")
_TOKEN = re.compile(
    rf"""<!--(?:.*?-->|.*)                                  # a comment, to its end or that of the text
    |<[!?][^>]*+>?                                          # a declaration, also Word's <![if !supportLists]>
    |<(?P<slash>/?)(?P<name>{_NAME})
     (?P<attributes>(?:[\s/]++|[^\s/>=]++(?:\s*+=\s*+(?:"[^"]*+(?:"|\Z)|'[^']*+(?:'|\Z)|[^\s>"'][^\s>]*+)?+)?+|=)*+)(?P<end>>?)
    |(?P<text>[^<]++|<)""",
    re.DOTALL | re.VERBOSE,
)
# Elements whose text is not read as HTML. Their end is looked for once each.
_RAW = {"script", "style", "title", "textarea", "xmp", "noframes", "iframe"}
_RAW_END = {name: re.compile(rf"</{name}(?=[\s/>]|\Z)", re.IGNORECASE) for name in _RAW}
VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "wbr"}
_BLOCKS = {
    "address", "article", "aside", "blockquote", "center", "dd", "details", "div", "dl", "dt", "fieldset", "figcaption",
    "figure", "footer", "form", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr", "li", "main", "nav", "ol", "p",
    "pre", "section", "summary", "table", "ul",
}  # fmt: skip
# What a new element closes, if it is open, and the elements that this does not look beyond.
_CLOSES = {
    "li": ({"li"}, {"ol", "ul", "td", "th"}),
    "dt": ({"dt", "dd"}, {"dl"}),
    "dd": ({"dt", "dd"}, {"dl"}),
    "tr": ({"tr"}, {"table"}),
    "td": ({"td", "th"}, {"tr", "table"}),
    "th": ({"td", "th"}, {"tr", "table"}),
    "thead": ({"tr", "tbody", "tfoot"}, {"table"}),
    "tbody": ({"tr", "thead", "tfoot"}, {"table"}),
    "tfoot": ({"tr", "thead", "tbody"}, {"table"}),
} | {name: ({"p"}, {"table", "td", "th", "li"}) for name in _BLOCKS - {"li", "dt", "dd"}}


@dataclass
class Element:
    """An element with its attributes, and the elements and texts in it."""

    name: str
    attributes: dict[str, str] = field(default_factory=dict)
    children: list["Element | str"] = field(default_factory=list)

    @property
    def classes(self) -> list[str]:
        return self.attributes.get("class", "").lower().split()

    @property
    def style(self) -> dict[str, str]:
        """The declarations of the style attribute, in small letters."""
        declarations = (one.partition(":") for one in self.attributes.get("style", "").lower().split(";"))
        return {name.strip(): value.strip() for name, colon, value in declarations if colon}

    def number(self, name: str, default: int, greatest: int) -> int:
        value = self.attributes.get(name, "").strip()
        return min(int(value), greatest) if value.isdecimal() and len(value) < 9 else default

    def iter(self) -> Iterator["Element"]:
        yield self
        for child in self.children:
            if isinstance(child, Element):
                yield from child.iter()

    @property
    def text(self) -> str:
        return "".join(child if isinstance(child, str) else child.text for child in self.children)


class _Tag(NamedTuple):
    name: str
    attributes: dict[str, str]
    is_end: bool


def parse_tree(html: str) -> Element:
    """Return an element `root` with what the HTML has."""
    root = Element("root")
    open_elements = [root]
    for token in _tokens(html):
        if isinstance(token, str):
            open_elements[-1].children.append(token)
        elif token.is_end:
            _close(open_elements, {token.name}, {"table"} if token.name != "table" else set())
        else:
            closes, within = _CLOSES.get(token.name, (set(), set()))
            if closes:
                _close(open_elements, closes, within)
            if token.name in VOID or len(open_elements) < MAX_DEPTH:
                element = Element(token.name, token.attributes)
                open_elements[-1].children.append(element)
                if token.name not in VOID:
                    open_elements.append(element)
    return root


def _close(open_elements: list[Element], names: set[str], within: set[str]) -> None:
    """Close the outermost open element of these names that is inside the innermost one of `within`."""
    found = 0
    for position in range(len(open_elements) - 1, 0, -1):
        name = open_elements[position].name
        if name in names:
            found = position
            if len(names) == 1:
                break
        if name in within:
            break
    if found:
        del open_elements[found:]


def _tokens(html: str) -> Iterator[str | _Tag]:
    position = 0
    # Each character begins one of the alternatives, so there is a match up to the end.
    while match := _TOKEN.match(html, position):
        position = match.end()
        if match["text"]:
            yield unescape(match["text"])
        elif match["name"] and not match["end"]:  # the text ends in the middle of a tag: it may be none
            yield unescape(match[0])
        elif match["name"]:
            name = match["name"].lower()
            if match["slash"]:
                yield _Tag(name, {}, True)
                continue
            yield _Tag(name, _attributes(match["attributes"]), False)
            if name in _RAW:
                end = _RAW_END[name].search(html, position)
                yield html[position : end.start() if end else len(html)]
                position = end.start() if end else len(html)


def _attributes(text: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, *values in _ATTRIBUTE.findall(text) if text else ():
        found.setdefault(name.lower(), unescape("".join(values)))
    return found
