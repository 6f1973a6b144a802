"""The text of a reply to a message, for the officer's own mail program. The site sends no reply itself.

The words are fixed here; name, phone numbers and address of the signature are those of the service's record.
"""

from dataclasses import dataclass
from urllib.parse import quote

from django.conf import settings
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.text import Truncator
from django.utils.timezone import localtime

from leaflets.models import Edition, Section, Service

from .models import Feedback

# Windows passes no longer address to a mail program: 2,083 characters, of which the program may add some.
MOST_CHARACTERS = 1_900
_EXCERPT = 300  # characters of the leaflet's text
GAP = "[Write your answer here.]"


@dataclass(frozen=True)
class Mail:
    """A link that opens a mail program, and what its text leaves out because a longer one may not open: "" for nothing."""

    href: str
    left_out: str


@dataclass(frozen=True)
class Reply:
    """A reply: its subject, and its paragraphs. Those in `optional` have a name, and are left out of a link that is too long."""

    subject: str
    beginning: list[str]
    optional: dict[str, str]
    end: list[str]

    @property
    def text(self) -> str:
        return self._body(list(self.optional))

    def _body(self, names: list[str]) -> str:
        parts = [self.optional[name] for name in self.optional if name in names]
        return "\n\n".join([*self.beginning, *parts, *self.end]) + "\n"

    def mail_to(self, address: str) -> Mail:
        """Return the link for an address. It leaves out paragraphs, the first ones first, until it is short enough."""
        names = list(self.optional)
        # Quoted, because a "?" in the address would begin header fields such as bcc.
        beginning = f"mailto:{quote(address, safe='@')}?subject={quote(self.subject, safe='')}"
        for start in range(len(names) + 1):
            body = quote(self._body(names[start:]).replace("\n", "\r\n"), safe="")
            link = f"{beginning}&body={body}"
            if len(link) <= MOST_CHARACTERS:
                return Mail(link, " and ".join(names[:start]))
        return Mail(beginning, "the whole text")


def write(feedback: Feedback, service: Service | None, *, with_comments: bool = False) -> Reply:
    """Return the reply to a message (from `with_titles()`), with its comments quoted where that is wanted."""
    sent = date_format(localtime(feedback.sent_at), "j F Y")
    beginning = [
        f"Dear {feedback.name}," if feedback.name else "Hello,",
        f"Thank you for your message of {sent} (reference {feedback.reference}).",
    ]
    optional = {}
    if with_comments and feedback.comments:
        optional["what they wrote"] = f"You wrote:\n{_quoted(feedback.comments)}"
    if feedback.leaflet_id:
        about, excerpt = _describe_leaflet(feedback)
        beginning.append(about)
        if excerpt:
            optional["the quotation from the leaflet"] = f"There it says:\n{_quoted(excerpt)}"
    if feedback.is_public and feedback.we_did:
        address = settings.SITE_URL + reverse("you-said-we-did")
        optional["“You said, we did”"] = (
            f"You said: {feedback.you_said}\nWe did: {feedback.we_did}\n{address}"
        )
    subject = f"Your message to {service.name}" if service else "Your message"
    return Reply(f"{subject} ({feedback.reference})", beginning, optional, [GAP, _signature(service)])


def _describe_leaflet(feedback: Feedback) -> tuple[str, str]:
    """Return the name of what a message is about, with its address, and the beginning of its text where it is a section.

    A leaflet that is no longer on the site has no address, and a section that is no longer in it has no text.
    """
    name = feedback.leaflet_title or ""
    if feedback.section:
        heading: str | None = feedback.section_heading
        name += f": {heading or feedback.section}"
    about = f"You wrote to us about our leaflet “{name}”."
    edition = (
        Edition.objects.published().filter(leaflet=feedback.leaflet_id).select_related("leaflet").first()
    )
    if edition is None:
        return about, ""
    section = _find_section(edition, feedback.section) if feedback.section else None
    place = f"#{feedback.section}" if section else ""
    excerpt = ""
    if section and section.anchor == feedback.section:
        excerpt = Truncator(" ".join(section.plain_text.split())).chars(_EXCERPT)
    return f"{about}\n{settings.SITE_URL}{edition.get_absolute_url()}{place}", excerpt


def _find_section(edition: Edition, anchor: str) -> Section | None:
    """Return the section of an edition that has an anchor, or has a heading with it."""
    for section in edition.sections.in_reading_order():
        if anchor in (section.anchor, *(heading["anchor"] for heading in section.subheadings)):
            return section
    return None


def _quoted(text: str) -> str:
    return "\n".join(f"> {line}".rstrip() for line in text.splitlines())


def _signature(service: Service | None) -> str:
    who = [service.full_name or service.name, *service.phones, service.email] if service else []
    return "\n".join(["Kind regards", "", *filter(None, who), settings.SITE_URL])
