"""Which live leaflets a change of the law touches."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from leaflets.law.changes import ProvisionChange, Verdict, compare_versions
from leaflets.law.sources import VersionSource
from leaflets.models import Citation

# The heaviest first: a duty whose words changed, a quotation, a bare reference.
MUST, QUOTATION, REFERENCE = range(3)


@dataclass
class AffectedProvision:
    """What became of a provision that live leaflets cite, and where they cite it, the heaviest citation first."""

    change: ProvisionChange
    citations: list[Citation] = field(default_factory=list)

    @property
    def is_same(self) -> bool:
        return self.change.verdict is Verdict.SAME

    @property
    def weight(self) -> int:
        """How much depends on it: `MUST`, `QUOTATION` or `REFERENCE`. The smallest number is the heaviest."""
        return min(map(citation_weight, self.citations), default=REFERENCE)


def citation_weight(citation: Citation) -> int:
    """Return `MUST` where the words quoted, or those that introduce them, have a marked must."""
    if 'class="must"' in citation.quoted_html:
        return MUST
    return QUOTATION if citation.quoted else REFERENCE


def find_affected(old: VersionSource, new: VersionSource) -> list[AffectedProvision]:
    """Return each provision of the old version that a live leaflet cites, and what became of it.

    Those that are not the same come first, the heaviest of them first.
    """
    citations = Citation.objects.published().filter(
        provision__version__source__slug=old.source, provision__version__slug=old.slug
    )
    cited: dict[str, list[Citation]] = {}
    for citation in citations.for_lists():
        cited.setdefault(citation.provision.number, []).append(citation)
    affected = [
        AffectedProvision(change, sorted(cited[change.number], key=citation_weight))
        for change in compare_versions(old, new, cited)
    ]
    return sorted(affected, key=lambda one: (one.is_same, one.weight))


def as_json(affected: Iterable[AffectedProvision]) -> list[dict[str, object]]:
    """Return the list that `law_impact --json` prints."""
    return [
        {
            "number": one.change.number,
            "verdict": str(one.change.verdict),
            "to": one.change.to,
            "citations": [
                {"leaflet": citation.section.edition.leaflet.slug, "anchor": citation.section.anchor}
                for citation in one.citations
            ],
        }
        for one in affected
    ]
