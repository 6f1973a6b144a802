"""Models: the service, leaflets with their editions and sections, and the Code of Practice that they cite."""

from .base import DIGEST_LENGTH, slug_validator, validate_lines
from .citations import Citation, CitationQuerySet, paragraphs_cited_in_public, paragraphs_with_a_page
from .law import CodeChapter, CodeEdition, CodeParagraph, CodeParagraphQuerySet
from .leaflets import (
    Edition,
    EditionQuerySet,
    Leaflet,
    LeafletQuerySet,
    OldSlug,
    Review,
    Section,
    SectionQuerySet,
    ShareLink,
)
from .service import PhoneLink, Service
from .site_version import SiteVersion

__all__ = [
    "DIGEST_LENGTH",
    "Citation",
    "CitationQuerySet",
    "CodeChapter",
    "CodeEdition",
    "CodeParagraph",
    "CodeParagraphQuerySet",
    "Edition",
    "EditionQuerySet",
    "Leaflet",
    "LeafletQuerySet",
    "OldSlug",
    "PhoneLink",
    "Review",
    "Section",
    "SectionQuerySet",
    "Service",
    "ShareLink",
    "SiteVersion",
    "paragraphs_cited_in_public",
    "paragraphs_with_a_page",
    "slug_validator",
    "validate_lines",
]
