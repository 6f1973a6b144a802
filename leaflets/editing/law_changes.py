"""What a new version of the law changes for the sections of one leaflet. The editor shows it beside their text."""

from dataclasses import dataclass

from leaflets.law.changes import ProvisionChange
from leaflets.models import Citation, Leaflet, Provision, SourceVersion
from leaflets.publishing.law import find_changes


@dataclass(frozen=True)
class SectionChange:
    """What became of a provision that a section cites. `provision` is the one of the new version, None if it is gone."""

    version: SourceVersion
    change: ProvisionChange
    provision: Provision | None


def find_section_changes(leaflet: Leaflet, version: SourceVersion) -> dict[str, list[SectionChange]]:
    """Return by section anchor what changed of the provisions that the live edition cites, the heaviest first."""
    found: dict[str, list[SectionChange]] = {}
    new = {provision.number: provision for provision in version.provisions.select_related("version__source")}
    for _older, affected in find_changes(version):
        for one in affected:
            if not one.is_same:
                change = SectionChange(version, one.change, new.get(one.change.to))
                for anchor in _sections(one.citations, leaflet):
                    found.setdefault(anchor, []).append(change)
    return found


def _sections(citations: list[Citation], leaflet: Leaflet) -> dict[str, None]:
    """Return the anchors of the leaflet's sections among the citations', each once."""
    return {
        citation.section.anchor: None
        for citation in citations
        if citation.section.edition.leaflet_id == leaflet.pk
    }
