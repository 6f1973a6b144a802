"""The form of the service's record: its logo is uploaded, and the links on the home page are a table."""

import json
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.utils import timezone

from leaflets.content.colours import normalise_colour
from leaflets.content.home_links import ICONS, MAX_HOME_LINKS, HomeLink, find_mistake, read_home_link
from leaflets.content.logos import MAX_LOGO_BYTES, Logo, LogoError, clean_logo
from leaflets.content.service_facts import find_fact_warnings, normalise_postcode
from leaflets.content.service_lines import normalise_closed_days
from leaflets.models import Service, linkable_pages
from leaflets.record_forms import RecordForm

_COLUMNS = ("place", "words", "about", "leads_to", "icon")
_PLACE = re.compile(r"[0-9]{1,3}")


class HomeLinksWidget(forms.Widget):
    """A table with a row for each link, and empty rows for more. It needs no script."""

    template_name = "editor/home_links.html"

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        context = super().get_context(name, value, attrs)
        stored = _rows(value)
        rows = [
            {
                "number": number,
                "place": (_wrong_place(row) or number + 1) if number < len(stored) else "",
                "link": read_home_link(row),
            }
            for number, row in enumerate([*stored, *([{}] * (MAX_HOME_LINKS - len(stored)))])
        ]
        context["widget"] |= {"rows": rows, "icons": ICONS, "pages": linkable_pages()}
        return context

    def value_from_datadict(self, data: Mapping[str, Any], files: Any, name: str) -> list[dict[str, str]]:
        """Return the rows in which something was written, in their new order: also incomplete ones, so that nothing is lost.

        A row keeps its `place` only where that is no number.
        """
        staying, moved = [], []
        for number in range(MAX_HOME_LINKS):
            row = {column: str(data.get(f"{name}-{number}-{column}", "")).strip() for column in _COLUMNS}
            if not (row["words"] or row["about"] or row["leads_to"]):
                continue
            place = row["place"]
            if _PLACE.fullmatch(place):
                del row["place"]
            if _PLACE.fullmatch(place) and int(place) != number + 1:
                moved.append((int(place), number, row))
            else:
                staying.append(row)
        for new_place, _number, row in sorted(moved, key=lambda one: one[:2]):
            staying.insert(max(new_place - 1, 0), row)
        return staying

    def value_omitted_from_data(self, data: Mapping[str, Any], files: Any, name: str) -> bool:
        return f"{name}-0-words" not in data

    def id_for_label(self, id_: str) -> str:
        return f"{id_}-0-words" if id_ else ""


class HomeLinksField(forms.Field):
    """The links on the home page, as the stored list of mappings."""

    widget = HomeLinksWidget

    def prepare_value(self, value: Any) -> str:
        return json.dumps(_rows(value), ensure_ascii=False)

    def to_python(self, value: Any) -> list[dict[str, str]]:
        return [_read_row(row).as_dict() for row in _rows(value)]

    def clean(self, value: Any) -> list[dict[str, str]]:
        mistakes = []
        for number, row in enumerate(_rows(value), 1):
            if place := _wrong_place(row):
                mistakes.append(f"Way in {number}: “{place[:20]}” is not a place. Write a number, such as 1.")
            if mistake := find_mistake(_read_row(row)):
                mistakes.append(f"Way in {number}: {mistake}")
        if mistakes:
            raise ValidationError(mistakes)
        return self.to_python(value)

    def has_changed(self, initial: Any, data: Any) -> bool:
        return self.to_python(initial) != self.to_python(data)

    def in_words(self, value: Any) -> str:
        """Describe a stored value to somebody who changed it at the same time."""
        links = [read_home_link(row) for row in _rows(value)]
        return "; ".join(f"{link.words}, which leads to {link.leads_to}" for link in links)


def _wrong_place(row: Any) -> str:
    """Return what was typed as the place of a row and is no number, or ""."""
    return str(row.get("place", "")) if isinstance(row, dict) else ""


def _read_row(row: Any) -> HomeLink:
    """Return a row as a link. A full address of this site becomes a path."""
    link = read_home_link(row)
    path = link.leads_to.removeprefix(settings.SITE_URL.rstrip("/"))
    return replace(link, leads_to=path) if path.startswith("/") else link


def _rows(value: Any) -> list[Any]:
    """Return a list that may be JSON, as the hidden field with the stored value has it."""
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except (ValueError, RecursionError):
            return []
    return value[:MAX_HOME_LINKS] if isinstance(value, list) else []


class ServiceForm(RecordForm):
    """The service's record. A logo that is uploaded replaces the one that is stored."""

    logo_upload = forms.FileField(
        label="New logo",
        required=False,
        help_text=f"An SVG or PNG of at most {MAX_LOGO_BYTES // 1000} KB. It stands beside your name at the top of every "
        "page, but not on narrow phones: there the name needs the place.",
        widget=forms.FileInput(attrs={"accept": ".svg,.png,image/svg+xml,image/png"}),
    )
    remove_logo = forms.BooleanField(label="Take the logo away", required=False)
    ways_in = HomeLinksField(
        label="Ways in: links on the home page",
        required=False,
        help_text="Each for a situation in which a parent comes. “Leads to” is a page of this site: choose one, or write "
        "its address, such as /contact/. A phone number is written as tel:01632960000. Pages of other sites cannot be "
        "chosen here: link to them in a leaflet. Empty a row to take it out. To move a row, change its number.",
    )

    is_checked = forms.BooleanField(
        label="I have checked what you ask about, and it is right",
        required=False,
        help_text="Needed only where we ask you to look at something again.",
    )

    class Meta:
        model = Service
        exclude = ()
        labels = {"closed": "Closed days"}
        help_texts = {
            "tagline": "What the service is, in one line. It stands at the top of the contact page and in the results of "
            "search engines, and is the heading of the home page where “Heading” is empty.",
            "brand_colour": "Such as #0b4a55, 0b4a55 or #f00. It is made a little darker or lighter where text could "
            "not be read.",
            "closed": "Days on which you are closed, with their year; the last one counts too. One per line, such as "
            "24/12/2026 to 3/1/2027: Christmas, or 4 May 2027. For a part of a day, add when you close or when you open again: "
            "24/12/2026 from 12:00: Christmas Eve, or 4/1/2027 until 13:00: Training. On that day the button to call says "
            "when you close or open. Days that are over are not shown.",
        }

    def clean_postcode(self) -> str:
        return normalise_postcode(self.cleaned_data["postcode"])

    def clean_officer_postcode(self) -> str:
        return normalise_postcode(self.cleaned_data["officer_postcode"])

    def clean_brand_colour(self) -> str:
        return normalise_colour(str(self.cleaned_data["brand_colour"]))

    def clean_closed(self) -> list[str]:
        return [normalise_closed_days(line) for line in self.cleaned_data["closed"]]

    def clean_logo_upload(self) -> Logo | None:
        file: UploadedFile | None = self.cleaned_data["logo_upload"]
        if file is None:
            return None
        try:
            return clean_logo(file.read(MAX_LOGO_BYTES + 1))
        except LogoError as error:
            raise ValidationError(str(error)) from error

    def full_clean(self) -> None:
        """Also say at the field of the logo that it has to be chosen again: browsers do not send a file twice."""
        super().full_clean()
        was_chosen = self.is_bound and self.add_prefix("logo_upload") in self.files
        if was_chosen and self.errors and "logo_upload" not in self.errors:
            self.add_error("logo_upload", "Choose the logo again.")

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean()
        logo, is_removed = self.cleaned_data.get("logo_upload"), self.cleaned_data.get("remove_logo")
        if logo and is_removed:
            self.add_error("remove_logo", "Add a new logo or take the logo away, not both.")
        has_logo = logo or (self.instance.logo and not is_removed)
        if has_logo and "logo_words" in self.cleaned_data and not self.cleaned_data["logo_words"]:
            self.add_error("logo_words", "Say what the logo shows: mostly the name on it.")
        if not has_logo and "logo_upload" in self.cleaned_data and self.cleaned_data.get("logo_words"):
            self._check_words_without_logo()
        if not self.cleaned_data.get("is_checked"):
            self._ask()
        return cleaned

    def _check_words_without_logo(self) -> None:
        """Refuse words that were typed for a logo that is not there. Those of a logo that is taken away go with it."""
        if "logo_words" in self.changed_data:
            self.add_error(
                "logo_words", "There is no logo to which these words belong. Choose one, or empty this."
            )
        elif self.cleaned_data.get("remove_logo"):
            self.cleaned_data["logo_words"] = ""

    def _ask(self) -> None:
        """Ask about what may be right but mostly is not, where it was typed just now. What is stored was asked before."""
        typed: dict[str, Any] = {
            name: self.cleaned_data.get(name, "") if name in self.changed_data else ""
            for name in ("text_number", "relay")
        }
        closed_before: list[str] = []
        for name in ("closed", "address", "officer_address"):
            stored, lines = Counter(self.initial.get(name) or []), Counter(self.cleaned_data.get(name, ()))
            typed[name] = list((lines - stored).elements())
            if name == "closed":
                closed_before = list((lines & stored).elements())
        for name, warning in find_fact_warnings(typed, timezone.localdate(), closed_before):
            self.add_error(
                name, f"{warning} Correct it, or tick at the end of the page that you have checked it."
            )

    def save(self, commit: bool = True) -> Any:
        # Only now: a form that is shown again shows the logo that is stored.
        logo = self.cleaned_data.get("logo_upload")
        if logo:
            self.instance.logo, self.instance.logo_file = f"logo.{logo.extension}", logo.content
        elif self.cleaned_data.get("remove_logo"):
            self.instance.logo, self.instance.logo_file = "", b""
        return super().save(commit)
