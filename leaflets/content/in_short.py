"""The summary of a leaflet in a few lines, "In short": the service's own words beside the leaflet's text."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from leaflets.files.problems import Kind

from .leaflet import INTRODUCTION
from .limits import find_excess
from .markdown import parse, render
from .rendered import Rendered

MAX_LINES = 6
MAX_LINE_LENGTH = 200
# What one item of a list with one paragraph is parsed to.
_ONE_LINE = [
    "bullet_list_open", "list_item_open", "paragraph_open", "inline",
    "paragraph_close", "list_item_close", "bullet_list_close",
]  # fmt: skip


@dataclass(frozen=True)
class LineProblem:
    """What is wrong with a line, counted from 0."""

    index: int
    message: str
    kind: Kind


def render_in_short(lines: Sequence[str]) -> Rendered:
    """Render the lines, which are inline Markdown, as a list. Without lines the HTML is empty."""
    return render("\n".join(f"- {line}" for line in lines)) if lines else Rendered()


def find_in_short_problems(lines: Sequence[str], anchors: Collection[str]) -> list[LineProblem]:
    """Return what stops the lines from being published.

    `anchors` are those of the leaflet, which the lines may link to, in reading order.
    """
    if len(lines) > MAX_LINES:
        message = f"“In short” has {len(lines)} lines. Write at most {MAX_LINES}."
        return [LineProblem(MAX_LINES, message, Kind.TOO_LONG)]
    return [problem for index, line in enumerate(lines) for problem in _check_line(index, line, anchors)]


def _check_line(index: int, line: str, anchors: Collection[str]) -> Iterator[LineProblem]:
    if len(line) > MAX_LINE_LENGTH:
        message = f"This line of “In short” has {len(line)} characters. Write at most {MAX_LINE_LENGTH}."
        yield LineProblem(index, message, Kind.TOO_LONG)
        return
    excess = find_excess([line])
    if excess:
        yield LineProblem(index, excess.problem.message, excess.problem.kind)
        return
    if [token.type for token in parse(f"- {line}")] != _ONE_LINE:
        message = (
            "A line of “In short” is words. Take out the mark of a heading, list or quotation before it."
        )
        yield LineProblem(index, message, Kind.HEADING)
        return
    rendered = render(f"- {line}")
    for problem in (*rendered.problems, *rendered.misread):
        if problem.kind in (Kind.SOURCE_MISSING, Kind.PROVISION_UNKNOWN):
            message = (
                "“In short” cites no law: link to the part of the leaflet that does. Take the number out."
            )
            yield LineProblem(index, message, problem.kind)
            continue
        yield LineProblem(index, f"In “In short”: {problem.message}", problem.kind)
    if rendered.pictures:
        yield LineProblem(index, "“In short” has no pictures. Take it out.", Kind.PICTURE)
    for link in rendered.links:
        if link.href.removeprefix("#") not in anchors or not link.href.startswith("#"):
            example = next((anchor for anchor in anchors if anchor != INTRODUCTION), "")
            advice = (
                f"such as `#{example}`. Correct it." if example else "which has no headings yet. Take it out."
            )
            message = f"The link to `{link.href[:80]}` in “In short” has to lead to a part of this leaflet, {advice}"
            yield LineProblem(index, message, Kind.BROKEN_LINK)
