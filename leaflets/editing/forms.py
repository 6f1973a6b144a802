"""Forms of the pages in `views`."""

import datetime as dt
import re
from collections.abc import Iterator
from typing import Any, ClassVar

from django import forms
from django.http import QueryDict
from django.utils import timezone

from leaflets.content.characters import OddCharacter, clean_characters, find_odd_characters
from leaflets.content.convert import ConversionError, Converted, convert_docx
from leaflets.content.in_short import MAX_LINES
from leaflets.content.leaflet import (
    INTRODUCTION,
    SECTION_KINDS,
    Heading,
    LeafletSource,
    SectionSource,
    read_heading,
    slugify,
)
from leaflets.content.limits import find_excess
from leaflets.files.dates import YEAR_MESSAGE, is_plausible
from leaflets.models import (
    Edition,
    Leaflet,
    Section,
    Service,
    SourceVersion,
    Topic,
    resolve_links,
    slug_validator,
)
from leaflets.publishing.drafts import add_missing_anchors, get_edit_state
from leaflets.publishing.handovers import Thread
from leaflets.publishing.merging import TextDigests
from leaflets.publishing.version_token import VersionToken

from .widgets import MarkdownWidget

NOT_IN_FUTURE = "This day is not in the future. Choose the day by which somebody has to check the text again."
MAX_DOCUMENT = 10_000_000  # bytes
MAX_AHEAD = dt.timedelta(days=2 * 365)  # of what is scheduled
KIND_CHOICES = [("", "Ordinary text"), *((kind, kind.capitalize()) for kind in SECTION_KINDS)]


def _check_year(date: dt.date) -> None:
    if not is_plausible(date):
        raise forms.ValidationError(YEAR_MESSAGE)


class DayField(forms.DateField):
    """A day, chosen in the browser's calendar."""

    widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    default_validators = [_check_year]


class MonthField(forms.Field):
    """A month such as 2020-03; its value is its first day."""

    widget = forms.TextInput(attrs={"type": "month", "placeholder": "2020-03"})
    default_validators = [_check_year]

    def to_python(self, value: Any) -> dt.date | None:
        text = str(value or "").strip()
        if not text:
            return None
        try:
            if not re.fullmatch(r"\d{4}-\d{2}", text, re.ASCII):
                raise ValueError
            return dt.date.fromisoformat(f"{text}-01")
        except ValueError:
            raise forms.ValidationError("Write a year and a month, such as 2020-03.") from None

    def prepare_value(self, value: Any) -> Any:
        return f"{value:%Y-%m}" if isinstance(value, dt.date) else value


class TypedField(forms.CharField):
    """A text without the characters that word processors leave. Those that were found are in `odd_characters`.

    A text of one line has `one_line`: its line breaks become spaces.
    """

    def __init__(self, *, one_line: bool = False, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.one_line = one_line
        self.odd_characters: list[OddCharacter] = []

    def to_python(self, value: Any) -> str:
        text = str(super().to_python(value) or "").replace("\r\n", "\n").replace("\r", "\n")
        self.odd_characters = list(find_odd_characters(text))
        return clean_characters(text, one_line=self.one_line)


class VersionTokenField(forms.Field):
    """The version token of the page. None where it is missing, as in pages of an older version, or malformed."""

    widget = forms.HiddenInput

    def __init__(self) -> None:
        super().__init__(required=False)

    def to_python(self, value: Any) -> VersionToken | None:
        return VersionToken.parse(str(value or ""))


class DigestsField(forms.Field):
    """Digests of the text that the page was opened with. None where they are missing or malformed."""

    widget = forms.HiddenInput

    def __init__(self) -> None:
        super().__init__(required=False)

    def to_python(self, value: Any) -> TextDigests | None:
        return TextDigests.parse(str(value or ""))


class DocumentField(forms.FileField):
    """A Word document. Its value is the `Converted` text, or None where it was left out."""

    widget = forms.FileInput(attrs={"accept": ".docx"})
    default_error_messages: ClassVar = {"empty": "This file is empty. Choose another one."}

    def clean(self, data: Any, initial: Any = None) -> Converted | None:
        file = super().clean(data, initial)
        if not file:
            return None
        if file.size > MAX_DOCUMENT:
            raise forms.ValidationError(
                f"This file is larger than {MAX_DOCUMENT // 1_000_000} MB. Take large pictures out of it."
            )
        try:
            converted = convert_docx(file.read())
        except ConversionError as error:
            raise forms.ValidationError(str(error)) from None
        excess = find_excess(section.markdown for section in converted.all_sections)
        if excess:
            raise forms.ValidationError(excess.problem.message)
        return converted


# Fields that were renamed: a page that was opened before an upgrade sends the old name. Remove after one version.
_OLD_NAMES = {"awaiting_approval": "unapproved"}


def accept_old_names(data: QueryDict) -> QueryDict:
    """Return what the edit page sent, with the fields that it sent by an old name under their new one."""
    renamed = {new: data[old] for old, new in _OLD_NAMES.items() if old in data and new not in data}
    if not renamed:
        return data
    data = data.copy()
    data.update(renamed)
    return data


class LeafletForm(forms.Form):
    """The front matter and introduction of a leaflet."""

    basis = VersionTokenField()
    read = DigestsField()
    title = TypedField(one_line=True, max_length=200)
    summary = TypedField(
        required=False,
        one_line=True,
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="One or two sentences. Readers see them on the home page and in search engines.",
    )
    in_short = TypedField(
        label="In short",
        required=False,
        widget=forms.Textarea(attrs={"rows": 5}),
        help_text=f"At most {MAX_LINES} lines in your own words, each on a line of its own. "
        "Make **must** and **should** bold.",
    )
    in_short_unapproved = forms.BooleanField(
        label="“In short” is a draft for the service to approve",
        required=False,
        help_text="Readers are told so, above the leaflet's own text.",
    )
    published = MonthField(
        label="Printed date",
        required=False,
        help_text="As on the paper leaflet. Readers see it as “First printed”.",
    )
    review = DayField(
        label="Review by",
        required=False,
        help_text="Somebody has to check the text by this day. Readers see it as “Next check by”.",
    )
    code = forms.ModelChoiceField(
        SourceVersion.objects.of_codes().newest_first(),
        to_field_name="slug",
        label="Code of Practice",
        required=False,
        empty_label="The newest one in force",
    )
    topic = forms.ModelChoiceField(
        Topic.objects.all(),
        to_field_name="slug",
        required=False,
        empty_label="None: with “More leaflets”",
        help_text="The heading under which the leaflet is listed.",
    )
    unapproved = forms.BooleanField(
        label="Draft for the service to approve",
        required=False,
        help_text="Readers are told that the service has not checked the page yet.",
    )
    introduction = TypedField(
        required=False,
        widget=MarkdownWidget,
        help_text="What stands before the first heading. A leaflet does not need one.",
    )

    def __init__(self, *args: Any, leaflet: Leaflet, is_answer: bool = False, **kwargs: Any) -> None:
        """With `is_answer`, a question about a document is answered: the title may be written later."""
        super().__init__(*args, **kwargs)
        self._leaflet = leaflet
        self.fields["title"].required = not is_answer
        self.fields["in_short"].help_text += _link_example(leaflet)
        if leaflet.placement == "footer":
            del self.fields["topic"]

    def clean_topic(self) -> str:
        """A page from before there were topics has no such field: the leaflet keeps its topic."""
        if self.add_prefix("topic") not in self.data:
            return get_edit_state(self._leaflet).source.topic
        topic = self.cleaned_data["topic"]
        return topic.slug if topic else ""

    def clean_in_short(self) -> tuple[str, ...]:
        if self.add_prefix("in_short") not in self.data:
            return get_edit_state(self._leaflet).source.in_short
        lines = (" ".join(line.split()) for line in self.cleaned_data["in_short"].split("\n"))
        return tuple(line for line in lines if line)

    def clean_in_short_unapproved(self) -> bool:
        """Nothing that is not there waits to be approved."""
        if self.add_prefix("in_short") not in self.data:
            return get_edit_state(self._leaflet).source.in_short_unapproved
        return bool(self.cleaned_data["in_short_unapproved"] and self.cleaned_data.get("in_short"))

    def clean_review(self) -> dt.date | None:
        """A date that has passed is kept, and no other is set."""
        date: dt.date | None = self.cleaned_data["review"]
        is_kept = self._leaflet.editions.filter(review_on=date).exists()
        if date and date <= timezone.localdate() and not is_kept:
            raise forms.ValidationError(NOT_IN_FUTURE)
        return date

    @staticmethod
    def values(source: LeafletSource, basis: VersionToken) -> dict[str, Any]:
        """Return the form's initial values for a text."""
        return {
            "basis": basis,
            "read": TextDigests.of(add_missing_anchors(source)),
            "title": source.title,
            "summary": source.summary,
            "published": source.published,
            "review": source.review,
            "code": source.code,
            "topic": source.topic,
            "in_short": "\n".join(source.in_short),
            "in_short_unapproved": source.in_short_unapproved,
            "unapproved": source.unapproved,
            "introduction": source.sections[0].body,
        }


def _link_example(leaflet: Leaflet) -> str:
    """Return a sentence with a link to the first part of a leaflet as its writer sees it; "" where it has none."""
    sections = Section.objects.filter(edition__leaflet=leaflet, position__gt=0)
    first = sections.order_by("-edition__number", "position").first()
    return f" Link to a part of the leaflet: [{first.link_text}](#{first.anchor})." if first else ""


class SectionForm(forms.Form):
    """One section."""

    heading = TypedField(one_line=True, max_length=200)
    label = TypedField(
        one_line=True,
        max_length=100,
        required=False,
        label="Shorter wording for links",
        help_text="Shown on the home page, in the contents and above the heading: What must my school do?",
    )
    kind = forms.ChoiceField(choices=KIND_CHOICES, required=False)
    anchor = forms.CharField(
        max_length=80,
        required=False,
        validators=[slug_validator],
        help_text="The end of the section's address. It is printed on paper: leave it as it is.",
    )
    body = TypedField(
        label="Text",
        required=False,
        widget=MarkdownWidget,
        help_text="Leave an empty line between paragraphs. Below the box are examples of everything else.",
    )

    def clean_heading(self) -> str:
        """Apply the rules of a heading in a file: plain words on one line."""
        text = self.cleaned_data["heading"]
        heading, messages = read_heading(f"{text} {{#anchor}}")
        if messages:
            raise forms.ValidationError(messages)
        return heading.text

    def clean_label(self) -> str:
        label = " ".join(self.cleaned_data["label"].split())
        if '"' in label:
            raise forms.ValidationError("Take out the double quotation marks.")
        return label

    @staticmethod
    def values(section: SectionSource) -> dict[str, Any]:
        """Return the form's initial values for a section."""
        heading = section.heading
        return {
            "heading": heading.text,
            "label": heading.label,
            "kind": heading.kind,
            "anchor": heading.anchor,
            "body": section.body,
        }


class BaseSectionFormSet(forms.BaseFormSet):
    """All sections of a leaflet, in reading order."""

    @property
    def has_errors(self) -> bool:
        return self.is_bound and any(self.errors)

    def clean(self) -> None:
        used = {INTRODUCTION}
        for form in self.forms:
            if self._should_delete_form(form):
                continue
            anchor = form.cleaned_data.get("anchor")
            if anchor and anchor in used:
                form.add_error("anchor", f"“{anchor}” is taken by another section. Choose another.")
            used.add(anchor)


SectionFormSet = forms.formset_factory(
    SectionForm, formset=BaseSectionFormSet, extra=0, can_delete=True, max_num=200, absolute_max=200
)


def describe_odd_characters(leaflet_form: LeafletForm, sections: BaseSectionFormSet) -> list[str]:
    """Return where valid forms had characters that were taken out or changed, for the writer."""
    places = list(_describe_odd_characters(leaflet_form, ""))
    for form in sections.forms:
        if not form.cleaned_data.get("DELETE"):
            places += _describe_odd_characters(form, f" of “{form.cleaned_data['heading']}”")
    return places


def _describe_odd_characters(form: forms.Form, of_section: str) -> Iterator[str]:
    for name, field in form.fields.items():
        if isinstance(field, TypedField):
            label = str(form[name].label).lower()
            for found in field.odd_characters:
                line = "" if field.one_line else f", line {found.line}"
                yield f"in the {label}{of_section}{line}, {found}"


def check_size(leaflet_form: LeafletForm, sections: BaseSectionFormSet) -> bool:
    """Return whether the texts of valid forms are within the limits for a leaflet; add an error where they are not."""
    kept = [form for form in sections.forms if not form.cleaned_data.get("DELETE")]
    fields = [(leaflet_form, "introduction"), *((form, "body") for form in kept)]
    excess = find_excess(_body(form.cleaned_data[name]) for form, name in fields)
    if excess:
        form, name = fields[excess.index]
        form.add_error(name, f"Line {excess.problem.line}: {excess.problem.message}")
    return excess is None


def build_source(
    leaflet: Leaflet, leaflet_data: dict[str, Any], sections: list[dict[str, Any]]
) -> LeafletSource:
    """Return a leaflet's source from the cleaned data of `LeafletForm` and of each `SectionForm`."""
    introduction = SectionSource(Heading("", INTRODUCTION), _body(leaflet_data["introduction"]))
    return LeafletSource(
        slug=leaflet.slug,
        title=" ".join(leaflet_data["title"].split()),
        summary=" ".join(leaflet_data["summary"].split()),
        placement=leaflet.placement,
        published=leaflet_data["published"],
        review=leaflet_data["review"],
        code=leaflet_data["code"].slug if leaflet_data["code"] else "",
        unapproved=leaflet_data["unapproved"],
        topic=leaflet_data.get("topic", ""),
        in_short=leaflet_data["in_short"],
        in_short_unapproved=leaflet_data["in_short_unapproved"],
        formerly=tuple(sorted(leaflet.old_slugs.values_list("slug", flat=True))),
        sections=(
            introduction,
            *(
                SectionSource(
                    Heading(section["heading"], section["anchor"], section["kind"], section["label"]),
                    _body(section["body"]),
                )
                for section in sections
            ),
        ),
    )


def _body(text: str) -> str:
    """Return a section's text as in a file: without empty lines around it."""
    lines = text.split("\n")
    while lines and not lines[0].strip():
        lines.pop(0)
    return "\n".join(lines).rstrip()


class MomentField(forms.DateTimeField):
    """A day and a time in the United Kingdom that are still to come, chosen in the browser's calendar.

    A time that the clocks leave out is refused. Of one that comes twice, the first is meant.
    """

    widget = forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")

    def to_python(self, value: Any) -> dt.datetime | None:
        text = " ".join(str(value or "").replace("T", " ").split())
        if text.count(":") == 2:
            text = text.removesuffix(":00")
        if not text:
            return None
        try:
            if not re.fullmatch(r"\d{4}-\d{2}-\d{2} \d{2}:\d{2}", text, re.ASCII):
                raise ValueError
            local = dt.datetime.fromisoformat(text)
        except ValueError:
            raise forms.ValidationError("Write a day and a time, such as 2027-01-04 09:00.") from None
        _check_year(local)
        time = local.replace(tzinfo=timezone.get_default_timezone())
        if timezone.localtime(time.astimezone(dt.UTC)).replace(tzinfo=None) != local:
            raise forms.ValidationError(
                f"There is no {local:%H:%M} on that day: the clocks go forward in this hour. Choose another time."
            )
        return time

    def validate(self, value: dt.datetime | None) -> None:
        super().validate(value)
        if value is None:
            return
        now = timezone.now()
        if value <= now:
            raise forms.ValidationError("This time has passed. Choose a later one.")
        if value > now + MAX_AHEAD:
            raise forms.ValidationError("This is more than two years ahead. Check the year.")


class LaterForm(forms.Form):
    """Now or later. With `action` "later", a time is needed; without it, none may be there: it would be forgotten."""

    basis = VersionTokenField()
    seen = forms.CharField(required=False, widget=forms.HiddenInput)
    due_at = MomentField(label="Day and time", required=False)
    _now_button = ""

    @property
    def is_later(self) -> bool:
        return bool(self.data.get("action") == "later")

    def clean_seen(self) -> int:
        """Return the primary key of the schedule that the page showed, 0 for none."""
        text = self.cleaned_data["seen"]
        return int(text) if re.fullmatch(r"[0-9]{1,18}", text) else 0

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        if self.is_later and not values.get("due_at") and "due_at" not in self.errors:
            self.add_error("due_at", "Choose the day and the time.")
        elif not self.is_later and self.data.get("due_at"):
            self._errors.pop("due_at", None)
            self.add_error(
                "due_at",
                f"There is a day and a time here. To {self._now_button} now, empty this box. Otherwise press the button "
                "below it.",
            )
        return values

    @property
    def values_now(self) -> dict[str, Any]:
        """The cleaned data without what is for later."""
        return {name: value for name, value in self.cleaned_data.items() if name not in ("seen", "due_at")}

    @property
    def values_later(self) -> dict[str, Any]:
        """The cleaned data, as `leaflets.publishing.scheduling` takes them."""
        return self.values_now | {
            "due_at": self.cleaned_data["due_at"],
            "expected_schedule_pk": self.cleaned_data["seen"],
        }


class PublishForm(LaterForm):
    """The change note, which is shown in the public list of editions. A leaflet's first edition needs none."""

    change_note = TypedField(
        one_line=True,
        label="What changed?",
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="One sentence for readers: The phone number was corrected.",
        error_messages={"required": "Say in one sentence what changed. Readers see it."},
    )
    _now_button = "publish"

    def __init__(self, *args: Any, leaflet: Leaflet, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # The form may be sent twice: then its own edition is public already.
        basis = VersionToken.parse(str(self.data.get(self.add_prefix("basis"), "")))
        others = leaflet.editions.shown_to_public().exclude(pk=basis.edition_pk if basis else 0)
        self.fields["change_note"].required = others.exists()


class ReviewForm(forms.Form):
    """The date of the next review."""

    basis = VersionTokenField()
    next_on = DayField(label="Check again by", help_text="Readers see it as “Next check by”.")

    def clean_next_on(self) -> dt.date:
        date: dt.date = self.cleaned_data["next_on"]
        if date <= timezone.localdate():
            raise forms.ValidationError(NOT_IN_FUTURE)
        return date


class ConfirmForm(forms.Form):
    """Nothing but the basis: which text is discarded or deleted."""

    basis = VersionTokenField()


class NewestNotePkField(forms.Field):
    """The primary key of the newest note that the page showed. None where it is missing or malformed."""

    widget = forms.HiddenInput

    def __init__(self) -> None:
        super().__init__(required=False)

    def to_python(self, value: Any) -> int | None:
        text = str(value or "")
        return int(text) if re.fullmatch(r"\d{1,18}", text, re.ASCII) else None


class NoteForm(forms.Form):
    """A note about a draft, and the section that it is about."""

    basis = VersionTokenField()
    newest = NewestNotePkField()
    text = TypedField(
        label="What should your colleague know?",
        one_line=True,
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="One or two sentences. Readers never see them.",
        error_messages={"required": "Write a sentence, so that your colleague knows what to do."},
    )
    anchor = forms.ChoiceField(
        label="Which section is it about?",
        required=False,
        help_text="In the editor, your words stand beside that section.",
        error_messages={"invalid_choice": "This section is not in the draft any more. Choose another one."},
    )

    def __init__(
        self, *args: Any, draft: Edition, thread: Thread, basis: VersionToken, **kwargs: Any
    ) -> None:
        initial = {"basis": basis, "newest": thread.newest_note_pk}
        super().__init__(*args, auto_id="note-%s", initial=initial, **kwargs)
        sections = draft.sections.in_reading_order().values_list("anchor", "heading")
        named = [(anchor, heading or "The introduction") for anchor, heading in sections]
        self.fields["anchor"].choices = [("", "The whole leaflet"), *named]


class WithdrawForm(LaterForm):
    """Why a leaflet is withdrawn, and the leaflet to read instead of it."""

    reason = TypedField(
        one_line=True,
        label="Why is it withdrawn?",
        required=False,
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="You can leave this empty. One or two sentences for readers: The service that this leaflet was about has "
        "closed.",
    )
    read_instead = forms.ModelChoiceField(
        Leaflet.objects.none(),
        label="What to read instead",
        required=False,
        empty_label="Nothing: only our phone number",
        help_text="People who come for this leaflet are told to read this.",
    )
    _now_button = "withdraw"

    def __init__(self, *args: Any, leaflet: Leaflet, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._leaflet = leaflet
        others = Leaflet.objects.filter(editions__status="published").exclude(pk=leaflet.pk)
        self.fields["read_instead"].queryset = others.for_staff().order_by("shown_title")
        self.fields["read_instead"].label_from_instance = lambda leaflet: leaflet.shown_title

    @property
    def home_links(self) -> list[str]:
        """The words of the links on the home page that lead to the leaflet, or below its address."""
        service, address = Service.objects.first(), self._leaflet.get_absolute_url()
        links = resolve_links(service.home_links) if service else []
        return [link.words for link in links if link.href.startswith(address)]


class AddressForm(forms.Form):
    """The slug of a leaflet."""

    slug = forms.CharField(
        label="Address",
        max_length=80,
        validators=[slug_validator],
        help_text="The end of its web address, such as exclusions. It is printed on paper: choose well.",
    )


class NewLeafletForm(AddressForm):
    """The slug and placement of a new leaflet; its text is written afterwards, or comes from a document.

    Without a slug, it is made of the document's title.
    """

    placement = forms.ChoiceField(choices=Leaflet._meta.get_field("placement").choices)
    document = DocumentField(
        label="Start from a Word document",
        required=False,
        help_text="A .docx file. You get a draft with its text, and a list of what to look at.",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["slug"].required = not self.files.get("document")

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        document = values.get("document")
        if document and not values.get("slug") and "slug" not in self.errors:
            if document.title:
                values["slug"] = slugify(document.title)
            else:
                self.add_error("slug", "Write an address: no title was found in the document.")
        return values


class DocumentForm(forms.Form):
    """A document whose text replaces the draft's."""

    basis = VersionTokenField()
    document = DocumentField(label="Word document", help_text="A .docx file.")
