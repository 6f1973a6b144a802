"""The structure of a tagged PDF, as a screen reader meets it."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import combinations
from typing import Any

from pypdf import PdfReader


@dataclass
class Structure:
    """What the tree of tags has: tags, with their ancestors, marked content by page, and annotations."""

    # The tags from the root to the one that holds an annotation, by the number of the annotation's object.
    annotations: list[tuple[int, list[str]]] = field(default_factory=list)
    content: set[tuple[int, int]] = field(default_factory=set)
    paths: list[list[str]] = field(default_factory=list)


def read_structure(document: PdfReader) -> Structure:
    pages = {page.indirect_reference.idnum: number for number, page in enumerate(document.pages)}
    found = Structure()
    _collect(document.trailer["/Root"]["/StructTreeRoot"]["/K"], [], 0, pages, found)
    return found


def _collect(node: Any, path: list[str], page: int, pages: dict[int, int], found: Structure) -> None:
    node = node.get_object()
    if isinstance(node, int):
        found.content.add((page, node))
    elif isinstance(node, list):
        for child in node:
            _collect(child, path, page, pages, found)
    elif node.get("/Type") == "/OBJR":
        found.annotations.append((node.raw_get("/Obj").idnum, path))
    else:
        page = pages[node.raw_get("/Pg").idnum] if "/Pg" in node else page
        path = [*path, node["/S"]]
        found.paths.append(path)
        if "/K" in node:
            _collect(node["/K"], path, page, pages, found)


def link_annotations(document: PdfReader) -> Iterator[tuple[int, int, str, list[float]]]:
    """Yield page, number of the object, target and rectangle of each link."""
    for number, page in enumerate(document.pages):
        for reference in page.get("/Annots", []):
            link = reference.get_object()
            target = link["/A"]["/URI"] if "/A" in link else link["/Dest"]
            yield number, reference.idnum, str(target), [float(side) for side in link["/Rect"]]


def find_overlapping_links(document: PdfReader) -> list[str]:
    """The targets of links that lie on each other: of each, a keyboard stops twice at one place."""
    return [
        target
        for (page, _, target, one), (other_page, _, _, other) in combinations(link_annotations(document), 2)
        if page == other_page
        and min(one[2], other[2]) - max(one[0], other[0]) > 1
        and min(one[3], other[3]) - max(one[1], other[1]) > 1
        and _is_inside(one, other)
    ]


def _is_inside(one: list[float], other: list[float]) -> bool:
    """Whether the middle of one rectangle lies in the other, either way. Lines of one link touch at their edges."""

    def middle_in(inner: list[float], outer: list[float]) -> bool:
        x, y = (inner[0] + inner[2]) / 2, (inner[1] + inner[3]) / 2
        return outer[0] <= x <= outer[2] and outer[1] <= y <= outer[3]

    return middle_in(one, other) or middle_in(other, one)


def find_untagged_content(document: PdfReader) -> list[tuple[int, str]]:
    """Page and tag of each piece of marked content that is neither in the tree of tags nor an artifact."""
    tagged = read_structure(document).content
    marked = re.compile(rb"/(\w+)\s*(?:<<[^>]*?/MCID (\d+)[^>]*>>\s*BDC|<<[^>]*>>\s*BDC|BMC)")
    return [
        (number, tag.decode())
        for number, page in enumerate(document.pages)
        for tag, mcid in marked.findall(page.get_contents().get_data())
        if tag != b"Artifact" and (not mcid or (number, int(mcid)) not in tagged)
    ]
