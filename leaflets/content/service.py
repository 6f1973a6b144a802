"""The service's record: one YAML file, and its logo."""

import datetime as dt
import hashlib
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property

from leaflets.files.digests import digest
from leaflets.files.fields import Fields, write_fields
from leaflets.files.problems import Kind, Problem

from .colours import ColourError, brand_colours, normalise_colour
from .home_links import ICONS, MAX_HOME_LINKS, HomeLink, find_mistake
from .logo_colours import find_hidden
from .logos import LOGO_NAME, clean_logo
from .service_facts import find_fact_mistakes, find_fact_warnings, normalise_postcode
from .service_lines import LineError, normalise_closed_days, read_closed_days, read_social_link

# YAML reads what follows `#` as a comment.
_COLOUR_IN_COMMENT = re.compile(r"^brand_colour:[ \t]*#", re.MULTILINE)


@dataclass(frozen=True)
class ServiceSource:
    """The service that publishes the leaflets. Each field is text as printed; an address has one entry per line.

    The `officer` is the council's data protection officer. `logo` is the name of a file beside the record, and `logo_file`
    what `logos.clean_logo` keeps of it. The lines of `social_links`, `languages` and `closed` are read by `service_lines`.
    Fields with a default are optional.
    """

    name: str
    full_name: str
    tagline: str
    council: str
    phones: tuple[str, ...]
    email: str
    address: tuple[str, ...]
    postcode: str
    officer: str
    officer_address: tuple[str, ...]
    officer_postcode: str
    officer_phone: str
    officer_email: str
    heading: str = ""
    lead: str = ""
    promise: str = ""
    opening_hours: tuple[str, ...] = ()
    answerphone: str = ""
    call_cost: str = ""
    text_number: str = ""
    relay: str = ""
    languages: tuple[str, ...] = ()
    social_links: tuple[str, ...] = ()
    closed: tuple[str, ...] = ()
    logo: str = ""
    logo_words: str = ""
    logo_file: bytes = b""
    brand_colour: str = ""
    ways_in: tuple[HomeLink, ...] = ()
    path: str = field(default="", compare=False)

    @cached_property
    def digest(self) -> str:
        logo = hashlib.sha256(self.logo_file).hexdigest() if self.logo_file else ""
        return digest(write_service(self) + logo)


def read_service(text: str, path: str, _slug: str = "") -> tuple[ServiceSource, list[Problem]]:
    """Read the YAML of the service's record. The record is complete only if the list of problems is empty.

    `logo_file` is left empty: `folder.read_folder` reads it.
    """
    problems: list[Problem] = []
    fields = Fields(text, path, problems)
    service = ServiceSource(
        path=path,
        name=fields.text("name"),
        full_name=fields.text("full_name"),
        tagline=fields.text("tagline"),
        heading=fields.text("heading", required=False),
        lead=fields.text("lead", required=False),
        promise=fields.text("promise", required=False),
        council=fields.text("council"),
        phones=fields.texts("phones"),
        opening_hours=fields.lines("opening_hours"),
        answerphone=fields.text("answerphone", required=False),
        call_cost=fields.text("call_cost", required=False),
        text_number=fields.text("text_number", required=False),
        relay=fields.text("relay", required=False),
        email=fields.text("email"),
        address=fields.texts("address"),
        postcode=normalise_postcode(fields.text("postcode")),
        languages=fields.lines("languages"),
        social_links=fields.lines("social_links"),
        closed=tuple(map(normalise_closed_days, fields.lines("closed"))),
        logo=fields.text("logo", required=False),
        logo_words=fields.text("logo_words", required=False),
        brand_colour=normalise_colour(fields.text("brand_colour", required=False)),
        officer=fields.text("data_protection_officer"),
        officer_address=fields.texts("data_protection_address"),
        officer_postcode=normalise_postcode(fields.text("data_protection_postcode")),
        officer_phone=fields.text("data_protection_phone"),
        officer_email=fields.text("data_protection_email"),
        ways_in=tuple(_read_home_links(fields)),
    )
    if not service.brand_colour and _COLOUR_IN_COMMENT.search(text):
        message = "Put the colour between quotation marks: `brand_colour: '#0b4a55'`."
        fields.add_problem(fields.line("brand_colour"), message, Kind.FIELD_VALUE)
    for name, message in find_mistakes(service):
        named = _name_in_file(name)
        fields.add_problem(fields.line(named), f"`{named}`: {message}", Kind.FIELD_VALUE)
    fields.finish()
    return service, problems


def _read_home_links(fields: Fields) -> Iterator[HomeLink]:
    for line, entry in fields.entries("ways_in", required=False):
        link = HomeLink(
            words=entry.text("words"),
            leads_to=entry.text("leads_to"),
            about=entry.text("about", required=False),
            icon=entry.choice("icon", ICONS, ICONS[0]),
        )
        entry.finish()
        # What is missing was reported by its name.
        mistake = find_mistake(link) if link.words and link.leads_to else ""
        if mistake:
            fields.add_problem(line, mistake, Kind.FIELD_VALUE)
        yield link


LOGO_HIDDEN = (
    "A part of the logo has nearly the colour of the head of the page. Look at a page: if something is missing, add a "
    "logo that is made for a dark ground."
)


def _name_in_file(name: str) -> str:
    """Return what the file calls a field of the record."""
    return "data_protection" + name.removeprefix("officer") if name.startswith("officer_") else name


def find_service_warnings(service: ServiceSource, today: dt.date) -> Iterator[tuple[str, str]]:
    """Yield the name of a field whose value may be right but mostly is not, and a question about it for staff."""
    yield from find_fact_warnings(vars(service), today)


def find_service_file_warnings(service: ServiceSource, today: dt.date) -> Iterator[Problem]:
    """Yield a hint for each warning, in the words of the file."""
    for name, message in find_service_warnings(service, today):
        yield Problem(service.path, 1, f"`{_name_in_file(name)}`: {message}", Kind.UNKNOWN_FACT)
    if service.logo_words and not service.logo:
        message = "`logo_words`: there is no `logo` to which these words belong. Add it, or take them out."
        yield Problem(service.path, 1, message, Kind.UNKNOWN_FACT)
    if service.logo_file and find_hidden(clean_logo(service.logo_file), service.brand_colour):
        yield Problem(service.path, 1, f"`logo`: {LOGO_HIDDEN}", Kind.PICTURE)


def find_mistakes(service: ServiceSource) -> Iterator[tuple[str, str]]:
    """Yield the name of a field whose value cannot be right, and a sentence about it for staff."""
    yield from find_fact_mistakes(vars(service))
    if service.brand_colour:
        try:
            brand_colours(service.brand_colour)
        except ColourError as error:
            yield "brand_colour", str(error)
    if service.logo and not LOGO_NAME.fullmatch(service.logo):
        yield (
            "logo",
            f"“{service.logo[:40]}” has to be the name of a file in this folder, such as logo.svg or logo.png.",
        )
    if service.logo and not service.logo_words:
        yield "logo", "Add `logo_words`: what the logo shows, for people who do not see it."
    if len(service.ways_in) > MAX_HOME_LINKS:
        yield "ways_in", f"There can be at most {MAX_HOME_LINKS}. Take some out."
    forms: tuple[tuple[str, tuple[str, ...], Callable[[str], object]], ...] = (
        ("social_links", service.social_links, read_social_link),
        ("closed", service.closed, read_closed_days),
    )
    for name, lines, read in forms:
        for line in lines:
            try:
                read(line)
            except LineError as error:
                yield name, str(error)


def write_service(service: ServiceSource) -> str:
    """Return the YAML of the service's record, in canonical form."""
    return write_fields(
        {
            "name": service.name,
            "full_name": service.full_name,
            "tagline": service.tagline,
            "heading": service.heading,
            "lead": service.lead,
            "promise": service.promise,
            "council": service.council,
            "phones": list(service.phones),
            "opening_hours": list(service.opening_hours),
            "answerphone": service.answerphone,
            "call_cost": service.call_cost,
            "text_number": service.text_number,
            "relay": service.relay,
            "email": service.email,
            "address": list(service.address),
            "postcode": service.postcode,
            "languages": list(service.languages),
            "social_links": list(service.social_links),
            "closed": list(service.closed),
            "logo": service.logo,
            "logo_words": service.logo_words,
            "brand_colour": service.brand_colour,
            "data_protection_officer": service.officer,
            "data_protection_address": list(service.officer_address),
            "data_protection_postcode": service.officer_postcode,
            "data_protection_phone": service.officer_phone,
            "data_protection_email": service.officer_email,
            "ways_in": [_write_home_link(link) for link in service.ways_in],
        }
    )


def _write_home_link(link: HomeLink) -> dict[str, str]:
    fields = {"words": link.words, "about": link.about, "leads_to": link.leads_to}
    if link.icon != ICONS[0]:
        fields["icon"] = link.icon
    return {name: value for name, value in fields.items() if value}
