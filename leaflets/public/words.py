"""Words explained: the page of all words, and links from a leaflet's text to the words that it uses.

The links are made when a page is rendered, not when an edition is published, so that a change of the glossary is seen on
all leaflets at once. The page cache keeps the result.
"""

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

from leaflets.models import Provision, Term, make_finder, provisions_with_a_page

_TAG = re.compile(r"(<[^<>]*>)")
_NAME = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]*)")
_ID = re.compile(r'\sid="([^"]*)"')
_FOREIGN = re.compile(r'\slang="(?!en)')
_HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})
# The law's own words stay as they are. A word in them, or in a heading, is explained below without a link here.
_EXPLAINED_BELOW = _HEADINGS | {"figure", "blockquote", "caption", "th"}
_LEFT_OUT = frozenset({"a", "button", "code", "pre", "script", "style", "summary", "svg"})
_VOID = frozenset({"br", "col", "hr", "img", "input", "wbr"})


@dataclass(frozen=True)
class UsedWord:
    """A word that a leaflet uses, and the id of the place where it is used first."""

    term: Term
    place: str


class Glossary:
    """The terms for one site version, and the search for them."""

    def __init__(self, terms: list[Term]) -> None:
        self.terms = terms
        self._finder = make_finder(terms)

    def explain(self, html: str) -> tuple[str, list[UsedWord]]:
        """Link words in the sections of a leaflet to `#page-word-ANCHOR`; return the HTML, and the words used in alphabetical order.

        `html` is sanitised. The first place of a word in each part, which begins with an h2, becomes a link; not in
        headings, quotations, links, code, and text in another language. The time is linear in the length.
        """
        if not self.terms:
            return html, []
        reader = _Reader()
        pieces = []
        for index, piece in enumerate(_TAG.split(html)):
            if index % 2:
                reader.read_tag(piece)
                pieces.append(piece)
            else:
                pieces += self._explain_text(piece, reader)
        used = [
            UsedWord(term, reader.places[term.anchor]) for term in self.terms if term.anchor in reader.places
        ]
        return "".join(pieces), used

    def _explain_text(self, text: str, reader: "_Reader") -> list[str]:
        if reader.skips_words or not text or text.isspace():
            return [text]
        pieces, end = [], 0
        for start, next_end, anchor in self._finder.find(text):
            opening = reader.open_link(anchor)
            if opening:
                pieces += [text[end:start], opening, text[start:next_end], "</a>"]
                end = next_end
        return [*pieces, text[end:]]


class _Reader:
    """Where the reading of a leaflet's HTML is: what is linked in this part, and what is used at all."""

    def __init__(self) -> None:
        # By anchor: the id of the first link, or of the heading above a word that has no link.
        self.places: dict[str, str] = {}
        self._linked: set[str] = set()  # in the leaflet
        self._linked_here: set[str] = set()  # in the part
        self._heading = "page-main"
        # The element that has no links, how many of its name are open, and whether its words are explained.
        self._element, self._depth = "", 0
        self.skips_words = False

    def read_tag(self, tag: str) -> None:
        closes, name, place, is_foreign = _parse_tag(tag)
        if not closes and (name in _HEADINGS or name == "section"):
            self._heading = place or self._heading
            if name == "h2":
                self._linked_here.clear()
        if self._depth:
            if name == self._element:
                self._depth += -1 if closes else 1
                self.skips_words = self.skips_words and self._depth > 0
        elif name and not closes and name not in _VOID:
            self.skips_words = name in _LEFT_OUT or is_foreign
            if self.skips_words or name in _EXPLAINED_BELOW:
                self._element, self._depth = name, 1

    def open_link(self, anchor: str) -> str:
        """Note that a word is used, and return the opening tag of its link; "" where it gets none."""
        if self._depth:
            self.places.setdefault(anchor, self._heading)
            return ""
        if anchor in self._linked_here:
            return ""
        self._linked_here.add(anchor)
        if anchor in self._linked:
            return f'<a href="#page-word-{anchor}">'
        self._linked.add(anchor)
        self.places[anchor] = f"page-use-{anchor}"
        return f'<a href="#page-word-{anchor}" id="page-use-{anchor}">'


# Most tags of a leaflet are one of a few, such as <p>.
@lru_cache(maxsize=500)
def _parse_tag(tag: str) -> tuple[bool, str, str, bool]:
    """Return whether a tag closes an element, its name, its id, and whether it begins text in another language.

    The name of what is no tag, such as a comment, is "".
    """
    match = _NAME.match(tag)
    if match is None:
        return False, "", "", False
    found = _ID.search(tag)
    return bool(match[1]), match[2].lower(), found[1] if found else "", bool(_FOREIGN.search(tag))


def group_by_letter(terms: list[Term]) -> list[tuple[str, list[Term]]]:
    """Return terms in alphabetical order under their first letters; those that begin with a digit under "0–9"."""
    groups: dict[str, list[Term]] = {}
    for term in terms:
        plain = unicodedata.normalize("NFKD", term.term)
        first = next((character for character in plain if character.isalnum()), "?").upper()[:1]
        groups.setdefault("0–9" if first.isdigit() else first, []).append(term)
    return list(groups.items())


def find_provisions(terms: list[Term]) -> dict[str, Provision]:
    """Return the provisions that terms name and that have a page, by what the terms call them."""
    pairs = [term.provision.partition("/")[::2] for term in terms if term.provision]
    found = provisions_with_a_page().filter(
        version__source__slug__in={source for source, _ in pairs}, number__in={number for _, number in pairs}
    )
    return {
        f"{provision.version.source.slug}/{provision.number}": provision
        for provision in found.select_related("version__source")
    }
