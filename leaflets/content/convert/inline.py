"""The text of a block as Markdown: escaped, with bold and italic words, and links."""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import groupby, islice
from urllib.parse import parse_qs, urlsplit

from markdown_it import MarkdownIt

from leaflets.content.leaflet import read_heading
from leaflets.content.phone_numbers import FoundNumber, find_phone_numbers
from leaflets.content.tokens import plain_text

from .blocks import LINE_BREAK, Span

_PARSER = MarkdownIt("commonmark")
_PARSER.validateLink = lambda url: True  # type: ignore[method-assign]

# Characters that would be marks where they stand. An underscore within a word is none.
_MARKS = re.compile(
    r"\\(?=[!-/:-@\[-`{-~]|$)|[`*]|(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])|\](?=[(\[:{])|!(?=\[|$)|<(?=[A-Za-z/!?]|$)"
    r"|&(?=#?[A-Za-z0-9]{1,32};)"
)
_WRITTEN_MARKS = re.compile(r"[][*_`<>&!\\]")
_BRACKETS = re.compile(r"(?<!\\)[\[\]]")
_LINE_START = re.compile(r"#{1,6}(?=\s|$)|[-+](?=\s|$)|>|=+\s*$|~~~|[-:|][-:| ]*$")
_NUMBER_START = re.compile(r"([0-9]{1,9})([.)])(?=\s|$)")

_ADDRESS = re.compile(
    r"(?P<url>\bhttps?://[^\s<>\"“”‘’|]+|\bwww\.[a-z0-9-]+(?:\.[a-z0-9-]+)+(?:/[^\s<>\"“”‘’|]*)?)"
    r"|(?<![\w.+-])(?P<email>[a-z0-9_.+-]++@[a-z0-9-]+(?:\.[a-z0-9-]+)+)(?!\w)",
    re.IGNORECASE,
)
_AFTER_ADDRESS = ".,;:!?'*_~]"
_SAFE_LINK = re.compile(
    r"https?://[\w.-]+(?::[0-9]{1,4})?(?:[/?#]|\Z)|mailto:[^\s@]+@[^\s@]|tel:\+?[0-9]|/(?![/\\]|%5C)",
    re.ASCII | re.IGNORECASE,
)
# What ends a link's address in Markdown, or is read as something else in it.
_UNSAFE_IN_LINKS = re.compile(r"[\s<>()\[\]\\\"'`|*_&]")
MAX_ADDRESS = 2_000
MAX_ADDRESSES = 100  # that are linked in a paragraph
MAX_MARKS = 2_000  # in a paragraph: one with more is not read again, and has no bold words and links


def safe_link(href: str) -> str:
    """Return an address that a leaflet can have, or "" for another.

    Addresses that Google Docs and Outlook lead through a page of their own are replaced by what they lead to.
    """
    href = href.strip()
    if len(href) > MAX_ADDRESS:
        return ""
    for _ in range(3):
        target = _redirect_target(href)
        if not target:
            break
        href = target
    return href if _SAFE_LINK.match(href) else ""


def _redirect_target(href: str) -> str:
    try:
        parts = urlsplit(href)
    except ValueError:
        return ""
    host = parts.netloc.lower()
    if host == "www.google.com" and parts.path == "/url":
        names = ["q", "url"]
    elif host.endswith(".safelinks.protection.outlook.com"):
        names = ["url"]
    else:
        return ""
    values = parse_qs(parts.query)
    return next((values[name][0] for name in names if name in values), "")


def _write_address(href: str) -> str:
    def encode(match: re.Match[str]) -> str:
        if match[0] in "*_&":  # are part of many addresses
            return f"\\{match[0]}" if match[0] == "*" else match[0]
        return "".join(f"%{byte:02X}" for byte in match[0].encode())

    written = _UNSAFE_IN_LINKS.sub(encode, href)
    return re.sub(r"&(?=#?[A-Za-z0-9]{1,32};)", r"\&", written)


def plain_heading(text: str) -> str:
    """Return a heading without what Markdown would read as marks."""
    heading = " ".join(text.split())
    if _is_heading(heading):
        return heading
    for marks in (r"\\", "`", r"[*_]", r"[<>]", r"[\[\]]", r"[{}]", "&", "#$"):
        heading = " ".join(re.sub(marks, "", re.sub(rf"(?<=\w)(?:{marks})+(?=\w)", " ", heading)).split())
        if _is_heading(heading):
            return heading
    return " ".join(re.sub(r"[^\w\s]", " ", heading).split())


def _is_heading(text: str) -> bool:
    heading, messages = read_heading(text)
    return not messages and heading.text == text and not text.endswith("#") and not heading.anchor


def write_inline(spans: Sequence[Span], in_cell: bool = False) -> str:
    """Return spans as Markdown. Line breaks are written as `\\` and a new line, or as a space in a table's cell.

    What Markdown would not read as the same words is written without bold words, and then without links.
    """
    if in_cell:
        spans = [replace(span, text=span.text.replace(LINE_BREAK, " ")) for span in spans]
    text = "".join(span.text for span in spans)
    linked = list(_link_addresses(spans))
    plain = [replace(span, bold=False, italic=False) for span in linked]
    for attempt in (linked, plain, [Span(text)]):
        markdown = _write_spans(attempt)
        if markdown == text or (
            len(_WRITTEN_MARKS.findall(markdown)) < MAX_MARKS and _reads_as(markdown, text)
        ):
            break
    else:
        markdown = re.sub(r"([!-/:-@\[-`{-~])", r"\\\1", text).replace(LINE_BREAK, "\\\n")
    return re.sub(r"(?<!\\)((?:\\\\)*)\|", r"\1\\|", markdown) if in_cell else markdown


def _reads_as(markdown: str, text: str) -> bool:
    children = _PARSER.parseInline(markdown)[0].children or []
    return plain_text(children, LINE_BREAK) == text


def _link_addresses(spans: Iterable[Span]) -> Iterator[Span]:
    for span in spans:
        if span.href:
            yield span
            continue
        position = 0
        for start, end, href in _find_addresses(span.text):
            yield replace(span, text=span.text[position:start])
            yield replace(span, text=span.text[start:end], href=href)
            position = end
        yield replace(span, text=span.text[position:])


def _find_addresses(text: str) -> list[tuple[int, int, str]]:
    """Return web addresses, e-mail addresses and phone numbers: start, end, and where they lead."""
    found = []
    for match in islice(_ADDRESS.finditer(text), MAX_ADDRESSES):
        if len(match[0]) > MAX_ADDRESS:
            continue
        words = match[0].rstrip(_AFTER_ADDRESS)
        while words.endswith(")") and words.count(")") > words.count("("):
            words = words[:-1].rstrip(_AFTER_ADDRESS)
        scheme = "mailto:" if match["email"] else "" if words.lower().startswith("http") else "https://"
        if safe_link(scheme + words):
            found.append((match.start(), match.start() + len(words), scheme + words))
    addresses = iter([*found, (len(text) + 1, len(text) + 1, "")])
    following = next(addresses)
    for number in islice(find_phone_numbers(text), MAX_ADDRESSES):
        while following[1] <= number.start:
            following = next(addresses)
        if number.end <= following[0]:
            found.append((number.start, number.end, f"tel:{_dial(number)}"))
    return sorted(found)


def _dial(number: FoundNumber) -> str:
    """Return what `dial_string` does, which would parse the number again."""
    is_national = number.text.lstrip("(")[:1] == "0" and not number.text.startswith("00")
    return f"0{number.normalised[3:]}" if is_national else number.normalised


def _write_spans(spans: Sequence[Span]) -> str:
    lines: list[list[Span]] = [[]]
    for span in spans:
        first, *others = span.text.split(LINE_BREAK)
        lines[-1].append(replace(span, text=first))
        lines += [[replace(span, text=one)] for one in others]
    written = [_escape_line_start(_write_line(line).strip()) for line in lines]
    return "\\\n".join(written)


def _escape_line_start(line: str) -> str:
    if _LINE_START.match(line):
        return f"\\{line}"
    return _NUMBER_START.sub(r"\1\\\2", line, count=1) if _NUMBER_START.match(line) else line


def _write_line(spans: Sequence[Span]) -> str:
    groups = [
        (mark, list(group)) for mark, group in groupby((span for span in spans if span.text), key=_mark)
    ]
    texts = ["".join(span.text for span in group) for _, group in groups]
    written = ""
    for position, (mark, group) in enumerate(groups):
        text = texts[position]
        markdown = "".join(_write_span(span) for span in group)
        before = texts[position - 1][-1:] if position else ""
        after = texts[position + 1][:1] if position + 1 < len(texts) else ""
        inner = markdown.strip(" ")
        if mark and inner and _can_stand(mark, inner, text, before, after, written):
            start = markdown[: len(markdown) - len(markdown.lstrip(" "))]
            end = markdown[len(markdown.rstrip(" ")) :]
            markdown = f"{start}{mark}{inner}{mark}{end}"
        written += markdown
    return written


def _mark(span: Span) -> str:
    return "**" if span.bold else "*" if span.italic else ""


def _can_stand(mark: str, inner: str, text: str, before: str, after: str, written: str) -> bool:
    """Whether CommonMark reads marks around these words: next to letters, punctuation would keep them from it."""
    if not text.startswith(" ") and (
        written.endswith("*") or (_is_word(before) and _is_punctuation(inner[0]))
    ):
        return False
    return text.endswith(" ") or not (_is_word(after) and _is_punctuation(inner[-1]))


def _is_word(character: str) -> bool:
    return bool(character) and not character.isspace() and not _is_punctuation(character)


def _is_punctuation(character: str) -> bool:
    return unicodedata.category(character)[0] in "PS"


def _write_span(span: Span) -> str:
    escaped = _MARKS.sub(r"\\\g<0>", span.text)
    if not span.href:
        return escaped
    label = _BRACKETS.sub(r"\\\g<0>", escaped).strip(" ")
    if not label:
        return escaped
    start = " " if span.text.startswith(" ") else ""
    end = " " if span.text.endswith(" ") else ""
    return f"{start}[{label}]({_write_address(span.href)}){end}"
