"""Models: the service, leaflets with their editions and sections, and the law that they cite."""

from .base import DIGEST_LENGTH, slug_validator, validate_lines, validate_slugs
from .citations import (
    Citation,
    CitationCheck,
    CitationQuerySet,
    compare_with_law,
    provisions_cited_in_public,
    provisions_never_checked,
    provisions_with_a_page,
)
from .law import Chapter, Provision, ProvisionQuerySet, Source, SourceVersion, SourceVersionQuerySet
from .leaflets import (
    Checks,
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
from .topics import LoadedTopics, Topic, group_by_topic
from .ways_in import WayInLink, link_ways_in

__all__ = [
    "DIGEST_LENGTH",
    "Chapter",
    "Checks",
    "Citation",
    "CitationCheck",
    "CitationQuerySet",
    "Edition",
    "EditionQuerySet",
    "Leaflet",
    "LeafletQuerySet",
    "LoadedTopics",
    "OldSlug",
    "PhoneLink",
    "Provision",
    "ProvisionQuerySet",
    "Review",
    "Section",
    "SectionQuerySet",
    "Service",
    "ShareLink",
    "SiteVersion",
    "Source",
    "SourceVersion",
    "SourceVersionQuerySet",
    "Topic",
    "WayInLink",
    "compare_with_law",
    "group_by_topic",
    "link_ways_in",
    "provisions_cited_in_public",
    "provisions_never_checked",
    "provisions_with_a_page",
    "slug_validator",
    "validate_lines",
    "validate_slugs",
]
