"""The links on the home page to what a parent needs in a situation: `ways_in` of the service's record."""

import re
from dataclasses import asdict, dataclass
from typing import Any

from .phone_numbers import can_be_dialled

ICONS = ("list", "calendar", "lifebuoy", "cycle", "signpost", "book", "person", "pen")
MAX_HOME_LINKS = 12
MAX_WORDS, MAX_ABOUT, MAX_LEADS_TO = 80, 200, 200

# A path, and maybe a query and a fragment. A second slash or a backslash would begin the name of another site.
_PATH = re.compile(r"/(?![/\\])[^\s\\<>\"'`{|}]*")


@dataclass(frozen=True)
class HomeLink:
    """A link: its words, a line about it or "", the path or `tel:` that it leads to, and one of `ICONS`."""

    words: str
    leads_to: str
    about: str = ""
    icon: str = ICONS[0]

    @property
    def is_call(self) -> bool:
        return self.leads_to.startswith("tel:")

    def as_dict(self) -> dict[str, str]:
        """Return it as it is stored."""
        return asdict(self)


def read_home_link(stored: Any) -> HomeLink:
    """Return a stored or submitted mapping as a link. What it lacks, or is no text, is empty."""
    values = stored if isinstance(stored, dict) else {}
    texts = {
        name: " ".join(value.split()) if isinstance(value := values.get(name), str) else ""
        for name in ("words", "leads_to", "about", "icon")
    }
    return HomeLink(texts["words"], texts["leads_to"], texts["about"], texts["icon"] or ICONS[0])


def find_mistake(link: HomeLink) -> str:
    """Return what is wrong with a link, as a sentence for staff; "" where nothing is."""
    shown = link.words[:60] or link.leads_to[:60]
    for name, text, most in (
        ("words", link.words, MAX_WORDS),
        ("line about it", link.about, MAX_ABOUT),
        ("address", link.leads_to, MAX_LEADS_TO),
    ):
        if len(text) > most:
            return f"“{shown}”: the {name} can have at most {most} characters. Shorten it."
    if not link.words:
        return f"The link to “{shown}” needs words." if shown else "A link needs words."
    if not link.leads_to:
        return f"“{shown}” needs to lead somewhere, such as /contact/."
    if link.icon not in ICONS:
        return f"“{shown}”: the icon “{link.icon[:20]}” is not one of: {', '.join(ICONS)}."
    if link.is_call:
        number = link.leads_to.removeprefix("tel:")
        return "" if can_be_dialled(number) else f"“{shown}”: “{number[:40]}” is not a complete phone number."
    if not _PATH.fullmatch(link.leads_to):
        return f"“{shown}” has to lead to a page of this site, such as /contact/, or a phone number, such as tel:01632960000."
    return ""
