"""Models: the service, leaflets with their editions and sections, the law that they cite, and words explained."""

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
from .draft_notes import DraftNote, DraftNoteQuerySet
from .earlier_facts import EarlierFact
from .glossary import LoadedGlossary, Term, TermQuerySet, make_finder
from .history import HistoryEntry
from .home_links import ResolvedLink, linkable_pages, resolve_links
from .law import Chapter, Provision, ProvisionQuerySet, Source, SourceVersion, SourceVersionQuerySet
from .leaflets import (
    Checks,
    Duty,
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
from .load_conflicts import LoadConflict
from .meeting import MeetingSheet
from .notices import LoadedNotices, Notice, find_shown_notices, link_pages, link_target, select_notices
from .page_views import PageViews
from .people import name_of, staff_with_permission
from .reminders import Reminder, ReminderQuerySet, ReminderRun
from .scheduled_changes import ScheduledChange
from .search import MissedSearch, SearchWords
from .service import PhoneLink, Service, read_closed
from .site_version import SiteVersion
from .times import describe_time
from .topics import LoadedTopics, Topic, group_by_topic

__all__ = [
    "DIGEST_LENGTH",
    "Chapter",
    "Checks",
    "Citation",
    "CitationCheck",
    "CitationQuerySet",
    "DraftNote",
    "DraftNoteQuerySet",
    "Duty",
    "EarlierFact",
    "Edition",
    "EditionQuerySet",
    "HistoryEntry",
    "Leaflet",
    "LeafletQuerySet",
    "LoadConflict",
    "LoadedGlossary",
    "LoadedNotices",
    "LoadedTopics",
    "MeetingSheet",
    "MissedSearch",
    "Notice",
    "OldSlug",
    "PageViews",
    "PhoneLink",
    "Provision",
    "ProvisionQuerySet",
    "Reminder",
    "ReminderQuerySet",
    "ReminderRun",
    "ResolvedLink",
    "Review",
    "ScheduledChange",
    "SearchWords",
    "Section",
    "SectionQuerySet",
    "Service",
    "ShareLink",
    "SiteVersion",
    "Source",
    "SourceVersion",
    "SourceVersionQuerySet",
    "Term",
    "TermQuerySet",
    "Topic",
    "compare_with_law",
    "describe_time",
    "find_shown_notices",
    "group_by_topic",
    "link_pages",
    "link_target",
    "linkable_pages",
    "make_finder",
    "name_of",
    "provisions_cited_in_public",
    "provisions_never_checked",
    "provisions_with_a_page",
    "read_closed",
    "resolve_links",
    "select_notices",
    "slug_validator",
    "staff_with_permission",
    "validate_lines",
    "validate_slugs",
]
