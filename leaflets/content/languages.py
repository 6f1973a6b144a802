"""Words in another language: `[dzień dobry]{lang=pl}` becomes `<span lang="pl">`, which screen readers speak right.

The code of a language is the beginning of a tag of BCP 47: `pl`, `ur`, `zh-Hant`. Anything else stays in the text, and
`misreadings` names it.
"""

import re

from markdown_it.helpers import parseLinkLabel
from markdown_it.rules_inline import StateInline

_LANGUAGE = re.compile(r"\{lang=(?P<code>[a-z]{2,3}(?:-[A-Z][a-z]{3})?(?:-[A-Z]{2})?)\}")
_MARK = "]{lang="


def read_language(state: StateInline, silent: bool) -> bool:
    """A rule for words in square brackets that are followed by the code of their language."""
    start = state.pos
    # The label is only parsed where there is such a mark, which keeps other brackets as cheap as they are.
    if state.src[start] != "[" or state.src.find(_MARK, start) < 0:
        return False
    end = parseLinkLabel(state, start)
    language = _LANGUAGE.match(state.src, end + 1) if end >= 0 else None
    if language is None:
        return False
    if not silent:
        maximum = state.posMax
        state.pos, state.posMax = start + 1, end
        state.push("span_open", "span", 1).attrs = {"lang": language["code"]}
        state.md.inline.tokenize(state)
        state.push("span_close", "span", -1)
        state.posMax = maximum
    state.pos = language.end()
    return True
