"""The service that publishes the leaflets."""

import contextlib
import hashlib
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TypeVar
from unicodedata import category

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q, Value
from django.urls import reverse
from django.utils import timezone

from leaflets.content.closed_days import ClosedToday, say_closed_today
from leaflets.content.colours import NEAR_BLACK, WHITE, ColourError, brand_colours, brand_css
from leaflets.content.home_links import MAX_HOME_LINKS, HomeLink, find_mistake, read_home_link
from leaflets.content.logo_colours import (
    choose_background,
    find_colours,
    find_hidden,
    find_unseen,
    header_colours,
)
from leaflets.content.logos import CONTENT_TYPES, Logo, LogoError, clean_logo, fit
from leaflets.content.phone_numbers import dial_string, split_note
from leaflets.content.service_facts import find_fact_mistakes
from leaflets.content.service_lines import (
    ClosedDays,
    Language,
    LineError,
    SocialLink,
    read_closed_days,
    read_language,
    read_social_link,
)

from .base import DIGEST_LENGTH, validate_lines

_Read = TypeVar("_Read")
# The classes of static/site.css for the background behind a logo.
_LOGO_BACKGROUND_CLASSES = {"": "", WHITE: "on-white", NEAR_BLACK: "on-ink"}


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", text.casefold())


def _read_each(lines: Iterable[str], read: Callable[[str], _Read]) -> Iterator[_Read]:
    """Read lines that were validated. One that is not understood is left out: no page fails because of it."""
    for line in lines:
        with contextlib.suppress(LineError):
            yield read(line)


def read_closed(lines: Iterable[str]) -> list[ClosedDays]:
    """Return the days of lines that were validated, in their order."""
    return list(_read_each(lines, read_closed_days))


def validate_social_links(lines: list[str]) -> None:
    """Raise `ValidationError` with a sentence for each line that is not a name and an address."""
    _validate_each(lines, read_social_link)


def validate_closed(lines: list[str]) -> None:
    """Raise `ValidationError` with a sentence for each line that is not days and a reason."""
    _validate_each(lines, read_closed_days)


def _validate_each(lines: list[str], read: Callable[[str], object]) -> None:
    mistakes = []
    for line in lines:
        try:
            read(line)
        except LineError as error:
            mistakes.append(str(error))
    if mistakes:
        raise ValidationError(mistakes)


def validate_brand_colour(colour: str) -> None:
    """Raise `ValidationError` for a colour that cannot be used."""
    try:
        brand_colours(colour)
    except ColourError as error:
        raise ValidationError(str(error)) from error


def validate_ways_in(value: object) -> None:
    """Raise `ValidationError` with a sentence for each link that is not complete."""
    if not isinstance(value, list):
        raise ValidationError("Write a list of links.")
    mistakes = [mistake for stored in value if (mistake := find_mistake(read_home_link(stored)))]
    if len(value) > MAX_HOME_LINKS:
        mistakes.append(f"There can be at most {MAX_HOME_LINKS} links. Take some out.")
    if mistakes:
        raise ValidationError(mistakes)


def _optional_line(max_length: int, help_text: str, verbose_name: str | None = None) -> models.CharField:
    # `db_default`: old code, without these fields, still writes the record during a rolling upgrade.
    return models.CharField(
        verbose_name, max_length=max_length, blank=True, default="", db_default="", help_text=help_text
    )


def _optional_lines(
    help_text: str, *validators: Callable[..., None], verbose_name: str | None = None
) -> models.JSONField:
    return models.JSONField(
        verbose_name,
        blank=True,
        default=list,
        db_default=Value([], models.JSONField()),
        validators=validators or [validate_lines],
        help_text=help_text,
    )


class Service(models.Model):
    """The service that publishes the leaflets. There is one row, with primary key 1.

    Shown in the header and footer, on the contact page and on error pages. The `officer` is the council's data
    protection officer.
    """

    name = models.CharField(max_length=200)
    full_name = models.CharField(max_length=300)
    tagline = models.CharField(max_length=300, help_text="One line at the top of every page.")
    council = models.CharField(max_length=200)
    phones = models.JSONField(
        default=list, validators=[validate_lines], help_text="One number per line, in the order to be tried."
    )
    email = models.EmailField()
    address = models.JSONField(
        default=list, validators=[validate_lines], help_text="One entry per line, without the postcode."
    )
    postcode = models.CharField(max_length=10)
    officer = models.CharField("data protection officer", max_length=200)
    officer_address = models.JSONField(default=list, validators=[validate_lines])
    officer_postcode = models.CharField(max_length=10)
    officer_phone = models.CharField(max_length=50)
    officer_email = models.EmailField()
    heading = _optional_line(
        200, "What a parent gets here, as the heading of the home page. Without it, the tagline stands there."
    )
    lead = _optional_line(300, "One sentence below the heading of the home page.")
    promise = _optional_line(300, "Such as: Free, confidential and impartial.")
    opening_hours = _optional_lines("When you answer the phone. One line for each part of the week.")
    answerphone = _optional_line(300, "What happens when somebody rings at other times.", "at other times")
    call_cost = _optional_line(
        200, "Such as: Calls cost what a call to any 01 number costs.", "cost of a call"
    )
    text_number = _optional_line(50, "A number to which people can send text messages.", "number for texts")
    relay = _optional_line(
        300, "Such as: Relay UK: dial 18001, then 01632 960000.", "for people who do not hear or speak"
    )
    languages = _optional_lines(
        "Languages in which one can ask, each by its own name. One per line. A code before it, such as "
        "pl: Polski, lets screen readers say it right."
    )
    social_links = _optional_lines(
        "Your pages on other sites. One per line: the name, then the address, such as "
        "Facebook: https://www.facebook.com/example.",
        validate_lines,
        validate_social_links,
        verbose_name="pages on other sites",
    )
    closed = _optional_lines(
        "Days on which you are closed, as year-month-day. One per line, such as 2026-12-24 to 2027-01-04: "
        "Christmas. Days that are over are not shown.",
        validate_lines,
        validate_closed,
    )
    logo = models.CharField(max_length=100, blank=True, default="", db_default="", editable=False)
    logo_file = models.BinaryField(null=True, editable=False)
    logo_words = _optional_line(
        200, "What the logo shows, for people who do not see it: mostly the name on it.", "words for the logo"
    )
    brand_colour = models.CharField(
        "your colour",
        max_length=7,
        blank=True,
        default="",
        db_default="",
        validators=[validate_brand_colour],
        help_text="Such as #0b4a55. It is made a little darker or lighter where text could not be read.",
    )
    ways_in = _optional_lines(
        "Links on the home page, each for a situation in which a parent comes.",
        validate_ways_in,
        verbose_name="links on the home page",
    )
    loaded_digest = models.CharField(max_length=DIGEST_LENGTH, editable=False)

    class Meta:
        verbose_name_plural = "your service"
        constraints = [models.CheckConstraint(condition=Q(pk=1), name="service_is_one")]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        """Refuse control characters and line breaks: each of these texts is one line, also in subjects of e-mails.

        Refuse facts that cannot be right, such as a phone number that cannot be dialled: it is a link on every page.
        """
        errors = {
            field.name: "This has a line break or an invisible character in it. Type it again."
            for field in self._meta.concrete_fields
            if isinstance(field, models.CharField)
            and any(category(character) in ("Cc", "Zl", "Zp") for character in getattr(self, field.name))
        }
        for name, message in find_fact_mistakes(vars(self)):
            errors.setdefault(name, message)
        if errors:
            raise ValidationError(errors)

    @property
    def signature(self) -> str:
        """The end of an e-mail: its name and phone numbers, below the line that begins a signature in mail programs."""
        lines = (self.name, *(f"Phone {number}" for number in self.phones))
        return "\n-- \n" + "".join(f"{line}\n" for line in lines)

    @property
    def phone_links(self) -> list["PhoneLink"]:
        return [PhoneLink(phone) for phone in self.phones]

    @property
    def officer_phone_link(self) -> "PhoneLink":
        return PhoneLink(self.officer_phone)

    def _read_logo(self) -> Logo | None:
        try:
            return clean_logo(bytes(self.logo_file)) if self.logo_file else None
        except LogoError:
            return None  # Accepted by other rules than those of today.

    def logo_size(self, max_width: int, max_height: int) -> tuple[int, int] | None:
        """Return the width and height in pixels at which the logo fits into a box; None without a logo."""
        logo = self._read_logo()
        return fit(logo.width, logo.height, max_width, max_height) if logo else None

    @property
    def logo_classes(self) -> str:
        """The classes of the logo on the head of a page: its background where it needs one, and whether paper leaves it out."""
        logo = self._read_logo()
        if logo is None:
            return ""
        colours = find_colours(logo)
        classes = [_LOGO_BACKGROUND_CLASSES[choose_background(colours, header_colours(self.brand_colour))]]
        if colours and find_unseen(colours, [WHITE]) == colours:
            classes.append("screen-only")
        return " ".join(filter(None, classes))

    @property
    def logo_hides_something(self) -> bool:
        """Whether a part of the logo may not be seen on the head of a page."""
        logo = self._read_logo()
        return bool(logo and find_hidden(logo, self.brand_colour))

    @property
    def logo_alt(self) -> str:
        """The words for the logo, or "" where the name beside it says the same: it would be read twice."""
        said = {*_words(self.name), "logo", "the", "of"}
        return "" if said.issuperset(_words(self.logo_words)) else self.logo_words

    @property
    def logo_digest(self) -> str:
        return hashlib.sha256(bytes(self.logo_file or b"")).hexdigest()

    @property
    def logo_url(self) -> str:
        """The path of the logo, which has its digest: what is there never changes."""
        return reverse("logo", args=[self.logo_digest, self.logo.rpartition(".")[2]])

    @property
    def logo_type(self) -> str:
        """The media type of the logo."""
        return CONTENT_TYPES[self.logo.rpartition(".")[2]]

    @property
    def brand_css(self) -> str:
        """The stylesheet with the service's colours; "" where it has none."""
        try:
            return brand_css(self.brand_colour) if self.brand_colour else ""
        except ColourError:
            return ""  # Accepted by other rules than those of today.

    @property
    def brand_stylesheet_url(self) -> str:
        """The path of that stylesheet, with the digest of it; "" where there is none."""
        css = self.brand_css
        if not css:
            return ""
        digest = hashlib.sha256(css.encode()).hexdigest()[:16]
        return reverse("brand-stylesheet", args=[self.brand_colour.removeprefix("#"), digest])

    @property
    def text_link(self) -> "PhoneLink | None":
        return PhoneLink(self.text_number, "sms") if self.text_number else None

    @property
    def all_closed_days(self) -> list[ClosedDays]:
        """The days on which the office is or was closed, as stored."""
        return read_closed(self.closed)

    @property
    def closed_today(self) -> ClosedToday | None:
        """What a button to call says of today; None where the office is open. The site version changes with it."""
        return say_closed_today(self.all_closed_days, timezone.make_naive(timezone.now()))

    @property
    def closed_days(self) -> list[ClosedDays]:
        """The days on which the office is closed, from now on. The site version changes when some of them are over."""
        now = timezone.make_naive(timezone.now())
        days = [days for days in self.all_closed_days if days.ends_at > now]
        return sorted(days, key=lambda one: (one.begins_at, one.ends_at))

    @property
    def has_whole_closed_days(self) -> bool:
        """Whether the office is closed for a whole day at least, from now on."""
        return any(days.first_whole <= days.last_whole for days in self.closed_days)

    @property
    def promise_beside_tagline(self) -> str:
        """The promise, or "" where the tagline says the same."""
        return "" if _words(self.promise) == _words(self.tagline) else self.promise

    @property
    def has_phone_facts(self) -> bool:
        """Whether there is more to say about the phone than its first number."""
        facts = (self.opening_hours, self.answerphone, self.call_cost, self.text_number, self.relay)
        return any(facts) or len(self.phones) > 1 or bool(self.closed_days)

    @property
    def spoken_languages(self) -> list[Language]:
        return list(_read_each(self.languages, read_language))

    @property
    def social_pages(self) -> list[SocialLink]:
        return list(_read_each(self.social_links, read_social_link))

    @property
    def home_links(self) -> list[HomeLink]:
        """The links on the home page as stored: a page of this site that one leads to may not be there."""
        return [read_home_link(stored) for stored in self.ways_in]


@dataclass(frozen=True)
class PhoneLink:
    """A phone number as printed, with its link: `tel:`, or `sms:` for one to which texts are sent."""

    text: str
    scheme: str = "tel"

    @property
    def number(self) -> str:
        """The number without the note in brackets after it: what stands in links and buttons."""
        return split_note(self.text)[0]

    @property
    def note(self) -> str:
        """The note in brackets after the number, such as "mornings", or ""."""
        return split_note(self.text)[1]

    @property
    def href(self) -> str:
        return f"{self.scheme}:{dial_string(self.text)}"
