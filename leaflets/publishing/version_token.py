"""The version token of optimistic locking: which edition a page of the admin shows, which save of it, and the live edition.

Forms send it back in their hidden field `basis`, so that nothing is done to a text that its user has not seen.
"""

import re
from dataclasses import dataclass
from typing import Self

_TOKEN = re.compile(r"(\d{1,18})-(\d{1,9})-(\d{1,18})", re.ASCII)


@dataclass(frozen=True)
class VersionToken:
    """The primary keys of an edition and of the live edition, and the edition's version. 0 where there is none.

    An edition is named by its primary key, which is never used again: the versions of each draft start at 1.
    """

    edition_pk: int = 0
    version: int = 0
    live_pk: int = 0

    def __str__(self) -> str:
        return f"{self.edition_pk}-{self.version}-{self.live_pk}"

    @classmethod
    def parse(cls, text: str) -> Self | None:
        """Read the value of a form's field; None where it is missing or malformed."""
        found = _TOKEN.fullmatch(text)
        return cls(*map(int, found.groups())) if found else None

    def has_same_text(self, other: "VersionToken") -> bool:
        """Return whether both are the same save of the same edition."""
        return (self.edition_pk, self.version) == (other.edition_pk, other.version)
