"""Rules of markdown-it for gaps, the blanks that parents fill in: four underscores or more, as in "Dear ____,".

The underscores stay in the text, so that a copied letter has them. Pages show a gap as a line. A line that begins with a gap is no horizontal rule, as it would be in CommonMark: `___` and
`---` are.
"""

import re

from markdown_it.rules_block import StateBlock, hr
from markdown_it.rules_inline import StateInline

_GAP = re.compile(r"_{4,}")


def read_gap(state: StateInline, silent: bool) -> bool:
    """A rule for the text of a paragraph."""
    found = _GAP.match(state.src, state.pos, state.posMax)
    if found is None:
        return False
    if not silent:
        state.push("gap", "", 0).content = found[0]
    state.pos = found.end()
    return True


def read_rule(state: StateBlock, start_line: int, end_line: int, silent: bool) -> bool:
    """The rule `hr` of markdown-it, for lines that do not begin with a gap."""
    start = state.bMarks[start_line] + state.tShift[start_line]
    return not _GAP.match(state.src, start) and bool(hr(state, start_line, end_line, silent))
