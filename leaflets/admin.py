"""Admin of the app leaflets. Editions are read-only: they are changed through `publishing` only."""

from collections.abc import Iterable, Iterator
from typing import Any, ClassVar

from django import forms
from django.contrib import admin, messages
from django.db import models
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html_join
from django.utils.timezone import localtime

from .admin_limits import LimitedModelAdmin
from .editing import views
from .editing.forms import DayField
from .law import quotations
from .models import (
    Citation,
    CodeChapter,
    CodeEdition,
    CodeParagraph,
    Edition,
    Leaflet,
    OldSlug,
    Section,
    Service,
)
from .record_forms import RecordAdmin


class ReadOnly:
    """Mixin of model admins and inlines that only show records."""

    def has_add_permission(self, request: HttpRequest, obj: object | None = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: object | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: object | None = None) -> bool:
        return False


class SectionInline(ReadOnly, admin.StackedInline):
    model = Section
    fields = ("heading", "anchor", "kind", "label", "body")
    ordering = ("position",)


class ReviewDueFilter(admin.SimpleListFilter):
    title = "review"
    parameter_name = "review"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> list[tuple[str, str]]:
        return [("due", "Due now")]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        return queryset.filter(review_due__lte=timezone.localdate()) if self.value() == "due" else queryset


class DraftFilter(admin.SimpleListFilter):
    title = "draft"
    parameter_name = "draft"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> list[tuple[str, str]]:
        return [("open", "Open"), ("mine", "Open, saved by me")]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        if self.value() == "mine":
            return queryset.filter(draft_editor=request.user.username)
        return queryset.filter(draft_saved__isnull=False) if self.value() == "open" else queryset


@admin.register(Leaflet)
class LeafletAdmin(LimitedModelAdmin):
    """The list of leaflets. The pages about one leaflet are in `leaflets.editing.views`."""

    list_display = ("title", "live", "draft", "review_due_on", "hints")
    list_filter = ("placement", ReviewDueFilter, DraftFilter)
    search_fields = ("slug", "editions__title")
    ordering = ("slug",)

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return super().get_queryset(request).for_staff()

    def get_urls(self) -> list:
        return [*views.urlpatterns, *super().get_urls()]

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict | None = None
    ) -> HttpResponse:
        return views.add(request)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict | None = None
    ) -> HttpResponse:
        if not (object_id.isascii() and object_id.isdecimal()):
            raise Http404
        page = "edit" if request.user.has_perm(views.EDIT) else "history"
        return redirect(f"admin:leaflet-{page}", object_id)

    def has_delete_permission(self, request: HttpRequest, obj: Leaflet | None = None) -> bool:
        return False

    @admin.display(description="leaflet", ordering="shown_title")
    def title(self, leaflet: Leaflet) -> str:
        return leaflet.shown_title or leaflet.slug

    @admin.display(description="what is live", ordering="live_since")
    def live(self, leaflet: Leaflet) -> str:
        if not leaflet.live_number:
            return "nothing"
        by = f" by {leaflet.live_by}" if leaflet.live_by else ", from a file"
        return f"Edition {leaflet.live_number}, {date_format(localtime(leaflet.live_since), 'j F Y')}{by}"

    @admin.display(description="draft", ordering="draft_saved")
    def draft(self, leaflet: Leaflet) -> str:
        if not leaflet.draft_saved:
            return "–"
        by = f" by {leaflet.draft_editor}" if leaflet.draft_editor else ""
        return f"saved {date_format(localtime(leaflet.draft_saved), 'j F Y, H:i')}{by}"

    @admin.display(description="worth a look", ordering="hints_open")
    def hints(self, leaflet: Leaflet) -> str:
        return str(leaflet.hints_open or "–")

    @admin.display(description="check by", ordering="review_due")
    def review_due_on(self, leaflet: Leaflet) -> str:
        if not leaflet.review_due:
            return "–"
        due = " (now due)" if leaflet.review_due <= timezone.localdate() else ""
        return f"{date_format(leaflet.review_due, 'j F Y')}{due}"


@admin.register(Edition)
class EditionAdmin(ReadOnly, LimitedModelAdmin):
    list_display = ("title", "leaflet", "number", "status", "published_at")
    list_filter = ("status", "placement")
    list_select_related = ("leaflet",)
    search_fields = ("title",)
    ordering = ("title", "-number")
    inlines = (SectionInline,)


@admin.register(Section)
class SectionAdmin(ReadOnly, LimitedModelAdmin):
    list_display = ("__str__", "edition", "kind", "anchor")
    list_select_related = ("edition",)
    search_fields = ("heading", "body")
    ordering = ("edition__title", "edition", "position")


def _comparisons(citations: Iterable[Citation], max_pairs: int = quotations.MAX_PAIRS) -> Iterator[str]:
    """Describe how each quotation compares with the official text.

    Differences are given until finding them has taken `max_pairs` for all quotations together.
    """
    for citation in citations:
        if not citation.quoted:
            yield "nothing quoted"
            continue
        compared = quotations.compare_quotation(citation.quoted, citation.paragraph.text, max_pairs=max_pairs)
        max_pairs -= compared.pairs
        differences = "; ".join(_difference(ours, theirs) for ours, theirs in compared.differences)
        yield f"{compared.match}: {differences}" if differences else str(compared.match)


def _difference(ours: str, theirs: str) -> str:
    if not theirs:
        return f"we added “{ours}”"
    if not ours:
        return f"we left out “{theirs}”"
    return f"we print “{ours}”, the Code “{theirs}”"


@admin.register(Citation)
class CitationAdmin(ReadOnly, LimitedModelAdmin):
    list_display = ("paragraph", "section", "edition", "quoted", "match")
    fields = ("section", "position", "paragraph", "quoted", "differences")
    readonly_fields = ("differences",)
    list_select_related = ("paragraph", "section__edition")
    list_filter = ("section__edition__status",)

    @admin.display(description="leaflet")
    def edition(self, citation: Citation) -> str:
        return f"{citation.section.edition} ({citation.section.edition.get_status_display()})"

    @admin.display(description="compared with the Code")
    def match(self, citation: Citation) -> str:
        # The differences are on the citation's own page: to find those of 100 quotations takes long.
        return next(_comparisons([citation], max_pairs=0))

    @admin.display(description="compared with the Code")
    def differences(self, citation: Citation) -> str:
        return next(_comparisons([citation]))

    ordering = ("paragraph__chapter__number", "paragraph__place")


@admin.register(OldSlug)
class OldSlugAdmin(ReadOnly, LimitedModelAdmin):
    list_display = ("slug", "leaflet")
    list_select_related = ("leaflet",)
    ordering = ("slug",)


class LinesField(forms.Field):
    """A list of strings, edited as the lines of a textarea."""

    widget = forms.Textarea(attrs={"rows": 4})

    def __init__(self, *, encoder: object = None, decoder: object = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)  # `encoder` and `decoder` are arguments of JSONField's form field.

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(map(str, value)) if isinstance(value, list) else value

    def to_python(self, value: Any) -> list[str]:
        return [line.strip() for line in str(value or "").splitlines() if line.strip()]

    def has_changed(self, initial: Any, data: Any) -> bool:
        return self.to_python(self.prepare_value(initial)) != self.to_python(data)


@admin.register(Service)
class ServiceAdmin(RecordAdmin):
    """The service's one record, which can be changed but not added or deleted."""

    formfield_overrides: ClassVar = {models.JSONField: {"form_class": LinesField}}

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Service | None = None) -> bool:
        return False


class CodeChapterInline(ReadOnly, admin.TabularInline):
    model = CodeChapter
    ordering = ("number",)


@admin.register(CodeEdition)
class CodeEditionAdmin(RecordAdmin):
    formfield_overrides: ClassVar = {
        models.URLField: {"assume_scheme": "https"},
        models.DateField: {"form_class": DayField, "widget": DayField.widget},
    }
    list_display = ("__str__", "in_force_from", "url")
    ordering = ("-in_force_from",)
    inlines = (CodeChapterInline,)


@admin.register(CodeChapter)
class CodeChapterAdmin(ReadOnly, LimitedModelAdmin):
    list_display = ("number", "title", "code_edition")
    list_select_related = ("code_edition",)
    ordering = ("code_edition", "number")


@admin.register(CodeParagraph)
class CodeParagraphAdmin(RecordAdmin):
    """Staff paste the official text of a paragraph here."""

    list_display = ("number", "chapter", "has_text")
    list_select_related = ("chapter",)
    search_fields = ("number", "text")
    ordering = ("chapter__code_edition", "chapter__number", "place")
    readonly_fields = ("chapter", "number", "place", "our_quotations")

    def save_model(
        self, request: HttpRequest, obj: CodeParagraph, form: forms.ModelForm, change: bool
    ) -> None:
        super().save_model(request, obj, form, change)
        quoting = Citation.objects.published().filter(paragraph=obj).exclude(quoted="").for_lists()
        for citation, comparison in zip(quoting, _comparisons(quoting), strict=True):
            messages.info(request, f"Our quotation in “{citation.section.edition.title}” is {comparison}")

    @admin.display(description="our quotations")
    def our_quotations(self, paragraph: CodeParagraph) -> str:
        live = Citation.objects.published().filter(paragraph=paragraph).for_lists()
        rows = [
            (citation.section.edition.title, citation.section, citation.quoted, comparison)
            for citation, comparison in zip(live, _comparisons(live), strict=True)
        ]
        return format_html_join("", "<p><strong>{}, {}</strong><br>{}<br>{}</p>", rows) or "none"

    @admin.display(boolean=True, description="official text pasted")
    def has_text(self, paragraph: CodeParagraph) -> bool:
        return bool(paragraph.text)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: CodeParagraph | None = None) -> bool:
        return False
