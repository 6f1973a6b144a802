"""Helpers for the tokens of markdown-it."""

from collections.abc import Iterable, Iterator

from markdown_it.token import Token


def plain_text(tokens: Iterable[Token], line_break: str = " ") -> str:
    """Return the text of inline tokens without markup."""
    words = []
    for token in tokens:
        if token.type == "hardbreak":
            words.append(line_break)
        elif token.type == "softbreak":
            words.append(" ")
        elif token.type == "image":
            words.append(plain_text(token.children or []))
        else:
            words.append(token.content)
    return "".join(words)


def ordered_lists(tokens: Iterable[Token]) -> Iterator[tuple[Token, list[Token]]]:
    """Yield the token that opens each numbered list, and those that open its items."""
    open_lists: list[tuple[Token, list[Token]]] = []
    for token in tokens:
        if token.type in ("ordered_list_open", "bullet_list_open"):
            open_lists.append((token, []))
        elif token.type == "list_item_open":
            open_lists[-1][1].append(token)
        elif token.type == "bullet_list_close":
            open_lists.pop()
        elif token.type == "ordered_list_close":
            yield open_lists.pop()


def token_line(token: Token) -> int:
    """Return the line on which a block begins, counted from 1."""
    return token.map[0] + 1 if token.map else 1


def make_token(kind: str, content: str, css_class: str = "") -> Token:
    return Token(kind, "", 0, content=content, attrs={"class": css_class})
