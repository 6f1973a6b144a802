"""Content files: what they say, and how to write them back.

One Markdown file per leaflet, one YAML record for the service and one per edition of the Code. Reading
never stops at the first mistake: it returns what it understood together with every `Problem`, so that a
person mends a file once. Writing gives every file one canonical form.

No Django here: `load_leaflets --check` runs without a database.
"""

from leaflets.files.digests import digest
from leaflets.files.problems import ContentError, Problem

from .folder import Content, read_folder, write_folder
from .leaflet import (
    INTRODUCTION,
    KINDS,
    PLACEMENTS,
    Heading,
    LeafletSource,
    SectionSource,
    free_anchor,
    read_heading,
    read_leaflet,
    slugify,
    with_anchors,
    write_leaflet,
)
from .records import (
    CodeSource,
    ParagraphSource,
    ServiceSource,
    read_code,
    read_service,
    write_code,
    write_service,
)

__all__ = [
    "INTRODUCTION",
    "KINDS",
    "PLACEMENTS",
    "CodeSource",
    "Content",
    "ContentError",
    "Heading",
    "LeafletSource",
    "ParagraphSource",
    "Problem",
    "SectionSource",
    "ServiceSource",
    "digest",
    "free_anchor",
    "read_code",
    "read_folder",
    "read_heading",
    "read_leaflet",
    "read_service",
    "slugify",
    "with_anchors",
    "write_code",
    "write_folder",
    "write_leaflet",
    "write_service",
]
