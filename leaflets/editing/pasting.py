"""Text of word processors, web pages and PDF viewers that staff paste into the editor."""

from dataclasses import dataclass
from typing import Any

from leaflets.content.convert import Converted, convert_html, convert_text

MAX_CHARACTERS = 2_000_000
TOO_LONG = "This is more than can be pasted at once. Paste one part after the other."
TOO_MANY_SECTIONS = "This would make more sections than a leaflet can have. Paste one part after the other."


class PasteRefusedError(Exception):
    """A text cannot be pasted. The message says why, in words for staff."""


def convert(html: str, text: str, *, whole: bool) -> Converted:
    """Convert what was pasted: the HTML or, where there is none, the plain text. `whole`: it is a leaflet with sections.

    Raises PasteRefusedError, and ConversionError.
    """
    if max(len(html), len(text)) > MAX_CHARACTERS:
        raise PasteRefusedError(TOO_LONG)
    return convert_html(html, whole=whole) if html.strip() else convert_text(text, whole=whole)


@dataclass
class Form:
    """What the edit page has in its form: the values of `LeafletForm` and of each `SectionForm`."""

    leaflet: dict[str, Any]
    sections: list[dict[str, Any]]

    def add(self, converted: Converted, *, after: int, most: int) -> None:
        """Put a converted text after the section of this index; -1 is the introduction. Nothing typed is replaced.

        The title and the publication date are taken where the form has none. Raises PasteRefusedError if there would
        be more than `most` sections.
        """
        if len(self.sections) + len(converted.sections) > most:
            raise PasteRefusedError(TOO_MANY_SECTIONS)
        self.leaflet["title"] = self.leaflet.get("title") or converted.title
        if converted.published:
            self.leaflet["published"] = self.leaflet.get("published") or f"{converted.published:%Y-%m}"
        field, values = ("introduction", self.leaflet) if after < 0 else ("body", self.sections[after])
        values[field] = "\n\n".join(part for part in (values.get(field, ""), converted.introduction) if part)
        used = {section.get("anchor") for section in self.sections}
        self.sections[after + 1 : after + 1] = [
            # A new one is made from the heading where the anchor is taken.
            {"heading": one.heading, "anchor": "" if one.anchor in used else one.anchor, "body": one.markdown}
            for one in converted.sections
        ]
