"""Admin of the app leaflets. Editions are read-only: they are changed through `publishing` only."""

import datetime as dt
from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import count
from typing import Any, ClassVar, cast

from django import forms
from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db import connection, models, transaction
from django.db.models import OuterRef, Q, QuerySet, Subquery
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path, reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html, format_html_join
from django.utils.timezone import localtime

from .admin_limits import LimitedModelAdmin
from .admin_site import WEBSITE, Task, shown_on_start_page
from .content.glossary import describe_hard_words
from .content.home_links import read_home_link
from .content.leaflet import slugify
from .content.service import LOGO_HIDDEN
from .content.synonyms import normalise_organisation, normalise_synonym
from .editing import owners, topic_order, views
from .editing.forms import DayField
from .editing.glossary_form import TermForm
from .editing.notice_form import NoticeForm
from .editing.service_form import ServiceForm
from .law.names import find_shared_names
from .law.quotations import Match
from .law.sources import KINDS, default_chapter
from .models import (
    Chapter,
    Checks,
    Citation,
    CitationCheck,
    DraftNote,
    EarlierFact,
    Edition,
    HistoryEntry,
    Leaflet,
    LoadConflict,
    MeetingSheet,
    MissedSearch,
    Notice,
    OldSlug,
    Provision,
    ScheduledChange,
    SearchWords,
    Section,
    Service,
    Source,
    SourceVersion,
    Term,
    Topic,
    compare_with_law,
    name_of,
    provisions_never_checked,
    read_closed,
    resolve_links,
    staff_with_permission,
)
from .models.history import record
from .public.caching import CACHE_DELAY_MESSAGE
from .publishing.law import find_changes
from .publishing.provisions import store_provision
from .publishing.records import law_source, term_source
from .publishing.topic_order import lock_topics, name_once
from .publishing.version_token import VersionToken
from .quality.impact import AffectedProvision
from .quality.old_facts import find_old_facts
from .record_forms import OneRecordAdmin, RecordAdmin, RecordForm
from .reminders import CHECK_AHEAD, find_assignee

# On the start page, of one kind.
MAX_TASKS = 5
EMPTY = "leaflets.delete_missedsearch"


def _whole_number(text: str | None) -> int:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 19 else 0


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
        return [("due", "Due now"), ("none", "No day for the next check")]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        if self.value() == "none":
            return queryset.filter(_WITHOUT_CHECK)
        return queryset.filter(review_due__lte=timezone.localdate()) if self.value() == "due" else queryset


# Of leaflets from `for_staff()`, the live ones that nobody is reminded to check.
_WITHOUT_CHECK = Q(live_number__isnull=False, review_due=None)


class OwnerFilter(admin.SimpleListFilter):
    title = "owner"
    parameter_name = "owner"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> list[tuple[str, str]]:
        return [("mine", "I look after it"), ("none", "No owner")]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        if self.value() == "mine":
            return queryset.filter(owner=request.user)
        return queryset.filter(owner_name=None) if self.value() == "none" else queryset


class DraftFilter(admin.SimpleListFilter):
    title = "draft"
    parameter_name = "draft"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> list[tuple[str, str]]:
        return [
            ("open", "Open"),
            ("mine", "Open, saved by me"),
            ("ready", "Ready to publish"),
            ("returned", "Came back to the editor"),
            ("scheduled", "Scheduled"),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        if self.value() == "mine":
            return queryset.filter(draft_editor=request.user.username)
        if self.value() in ("ready", "returned"):
            return queryset.filter(draft_state=self.value())
        if self.value() == "scheduled":
            return queryset.filter(scheduled_change__isnull=False)
        return queryset.filter(draft_saved__isnull=False) if self.value() == "open" else queryset


@admin.register(Leaflet)
class LeafletAdmin(LimitedModelAdmin):
    """The list of leaflets. The pages about one leaflet are in `leaflets.editing.views`."""

    class Media:
        css = {"all": ["admin/admin.css"]}

    list_display = ("title", "live", "draft", "review_due_on", "its_owner", "hints")
    list_filter = ("placement", ReviewDueFilter, OwnerFilter, DraftFilter)
    list_select_related = ("owner",)
    actions = ("choose_owner",)
    search_fields = ("slug", "editions__title")
    ordering = ("slug",)

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        may_publish = models.Value(request.user.has_perm(views.PUBLISH))
        return super().get_queryset(request).for_staff().annotate(may_publish=may_publish)

    def get_urls(self) -> list:
        return [*views.urlpatterns, *owners.urlpatterns, *super().get_urls()]

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

    def has_publish_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm(views.PUBLISH)

    @admin.action(description="Choose who looks after them", permissions=["publish"])
    def choose_owner(self, request: HttpRequest, queryset: QuerySet) -> HttpResponse:
        return owners.show(request, Leaflet.objects.filter(pk__in=queryset.order_by().values("pk")))

    @admin.display(description="owner", ordering="owner_name")
    def its_owner(self, leaflet: Leaflet) -> str:
        if leaflet.owner_name or not leaflet.owner:
            return leaflet.owner_name or "no owner"
        return f"no owner: the account {leaflet.owner} is closed or may not edit"

    @admin.display(description="leaflet", ordering="shown_title")
    def title(self, leaflet: Leaflet) -> str:
        return leaflet.shown_title or leaflet.slug

    @admin.display(description="what is live", ordering="live_since")
    def live(self, leaflet: Leaflet) -> str:
        if leaflet.live_number:
            by = f" by {leaflet.live_by}" if leaflet.live_by else ", from a file"
            since = date_format(localtime(leaflet.live_since), "j F Y")
            change = _describe_schedule(leaflet, ScheduledChange.Action.WITHDRAW)
            return f"Edition {leaflet.live_number}, {since}{by}{change}"
        if not leaflet.withdrawn_pk:
            return "not published yet"
        at = leaflet.last_withdrawn_at
        when = f" on {date_format(localtime(at), 'j F Y')}" if at else ""
        if not leaflet.may_publish or leaflet.draft_saved:
            return f"withdrawn{when}"
        # The list is one form, which has the token.
        return format_html(
            'withdrawn{} <button name="basis" value="{}" formaction="{}">Bring back'
            '<span class="visually-hidden"> {}</span></button>',
            when,
            VersionToken(leaflet.withdrawn_pk, leaflet.withdrawn_version),
            reverse("admin:leaflet-publish-again", args=[leaflet.pk]),
            leaflet.shown_title or leaflet.slug,
        )

    @admin.display(description="draft", ordering="draft_saved")
    def draft(self, leaflet: Leaflet) -> str:
        if not leaflet.draft_saved:
            return "–"
        state = {"ready": "Ready to publish, ", "returned": "Came back, "}.get(leaflet.draft_state, "")
        by = f" by {leaflet.draft_editor}" if leaflet.draft_editor else ""
        change = _describe_schedule(leaflet, ScheduledChange.Action.PUBLISH)
        return f"{state}saved {date_format(localtime(leaflet.draft_saved), 'j F Y, H:i')}{by}{change}"

    @admin.display(description="worth a look", ordering="hints_open")
    def hints(self, leaflet: Leaflet) -> str:
        if not leaflet.hints_open:
            return "–"
        url = reverse("admin:leaflet-edit", args=[leaflet.pk])
        return format_html('<a href="{}#hints">{}</a>', url, leaflet.hints_open)

    @admin.display(description="check by", ordering="review_due")
    def review_due_on(self, leaflet: Leaflet) -> str:
        if not leaflet.review_due:
            return "–"
        due = " (now due)" if leaflet.review_due <= timezone.localdate() else ""
        unchecked = (
            f", not checked since edition {leaflet.live_number}" if Checks.of(leaflet).is_outdated else ""
        )
        return f"{date_format(leaflet.review_due, 'j F Y')}{due}{unchecked}"


def _describe_schedule(leaflet: Leaflet, action: str) -> str:
    """Return what is scheduled for a leaflet, `for_staff`, if it is this action, as the end of a sentence."""
    change = getattr(leaflet, "scheduled_change", None)
    if change is None or change.action != action:
        return ""
    if change.is_stopped:
        return f"; {change.description}, and is off"
    return ". ".join(filter(None, [f"; {change.description}", change.problem_description]))


def _leaflets_with_tasks(request: HttpRequest) -> list[Any]:
    """Return the leaflets that tasks of the start page may be about, as `for_staff` annotates them: one query of a request."""
    found: list[Any] | None = getattr(request, "leaflets_with_tasks", None)
    if found is None:
        due = Q(review_due__lte=timezone.localdate() + CHECK_AHEAD)
        waiting = Q(draft_saved__isnull=False) | Q(scheduled_change__isnull=False) | due
        if request.user.has_perm(views.PUBLISH):
            waiting |= _WITHOUT_CHECK
        found = list(Leaflet.objects.for_staff().filter(waiting))
        request.leaflets_with_tasks = found
    return found


def _scheduled(leaflet: Any) -> ScheduledChange | None:
    return getattr(leaflet, "scheduled_change", None)


@shown_on_start_page("Leaflets")
def find_scheduled(request: HttpRequest) -> Iterator[Task]:
    """What is scheduled, the first to come first; before it, what was stopped or nobody can answer for any more."""
    if not request.user.has_perm(views.EDIT):
        return
    found = [
        (leaflet, change) for leaflet in _leaflets_with_tasks(request) if (change := _scheduled(leaflet))
    ]
    tasks = []
    for leaflet, change in sorted(found, key=lambda pair: (pair[1].due_at, pair[1].pk)):
        problem = change.problem_description
        words = f"“{leaflet.shown_title or leaflet.slug}” {change.description}"
        if problem:
            words += f". {problem.rstrip('.')}"
        url = reverse("admin:leaflet-history", args=[leaflet.pk])
        tasks.append((not problem, Task(words, url, is_late=change.is_late)))
    tasks.sort(key=lambda task: task[0])
    yield from (task for _, task in tasks[:MAX_TASKS])
    if len(tasks) > MAX_TASKS:
        yield Task(
            "More that is scheduled", reverse("admin:leaflets_leaflet_changelist") + "?draft=scheduled"
        )


@shown_on_start_page("Leaflets")
def find_assigned_drafts(request: HttpRequest) -> Iterator[Task]:
    """The drafts that publishers have to look at; for editors, those that came back to them."""
    drafts = _assigned_drafts(request)
    notes = DraftNote.objects.in_bulk([leaflet.draft_state_note_pk for leaflet in drafts[:MAX_TASKS]])
    for leaflet in drafts[:MAX_TASKS]:
        by = _name(request, leaflet.draft_state_by) or "Somebody who has left"
        title = leaflet.shown_title or leaflet.slug
        note = notes[leaflet.draft_state_note_pk]
        about = f" about {note.about}" if note.about else ""
        if leaflet.draft_state == DraftNote.Kind.RETURNED:
            if _assignee(request, leaflet):
                words = f"“{title}” came back from {by}{about}: {note.text}"
            else:
                to = _name(request, leaflet.draft_handed_over_by) or "its editor"
                words = f"“{title}” went back to {to}, who has left. Somebody has to take it over. {by} wrote{about}: {note.text}"
            yield Task(words, _edit_url(leaflet))
            continue
        saved = " It was saved again since." if leaflet.draft_version != leaflet.draft_state_version else ""
        url = reverse("admin:leaflet-publish", args=[leaflet.pk])
        if leaflet.draft_state_by == request.user.get_username():
            words = f"“{title}” is ready to publish. You handed it over: a colleague can look at it, or you publish it yourself."
            yield Task(f"{words}{saved}", url)
        else:
            yield Task(f"“{title}” is ready to publish. {by} wrote{about}: {note.text}{saved}", url)
    if len(drafts) > MAX_TASKS:
        yield Task(
            "More drafts that are ready or came back",
            f"{reverse('admin:leaflets_leaflet_changelist')}?draft=open",
        )


def _name(request: HttpRequest, username: str | None) -> str:
    """Return what the person with this username is called, "" for none: one query of a request."""
    names: dict[str, str] | None = getattr(request, "names_of_people", None)
    if names is None:
        names = {user.get_username(): name_of(user) for user in User.objects.all()}
        request.names_of_people = names
    return names.get(username or "", "")


def _assignee(request: HttpRequest, leaflet: Any) -> str | None:
    """Return who gets a returned draft, as `find_assignee` does: one query of a request."""
    editors: set[str] | None = getattr(request, "editors", None)
    if editors is None:
        editors = set(staff_with_permission(views.EDIT).values_list("username", flat=True))
        request.editors = editors
    return find_assignee(leaflet, editors)


def _assigned_drafts(request: HttpRequest) -> list[Any]:
    """Return the drafts that wait for the user, those that were handed over by others first.

    What was returned to somebody who has left waits for all who publish. A publisher may publish what they handed over themselves: perhaps there is no other one. What is scheduled is left out:
    a publisher has looked at it.
    """
    if not request.user.has_perm(views.EDIT):
        return []
    username, may_publish = request.user.get_username(), request.user.has_perm(views.PUBLISH)

    def rank(leaflet: Any) -> int | None:
        if leaflet.draft_state == DraftNote.Kind.READY and may_publish:
            return 2 if leaflet.draft_state_by == username else 0
        if leaflet.draft_state != DraftNote.Kind.RETURNED:
            return None
        is_mine = username in (leaflet.draft_handed_over_by, leaflet.draft_editor)
        return 1 if is_mine or (may_publish and not _assignee(request, leaflet)) else None

    ranked = [
        (number, leaflet.draft_state_at, leaflet.pk, leaflet)
        for leaflet in _leaflets_with_tasks(request)
        if not leaflet.is_scheduled and (number := rank(leaflet)) is not None
    ]
    return [leaflet for *_, leaflet in sorted(ranked, key=lambda one: one[:3])]


@shown_on_start_page("Leaflets")
def find_drafts(request: HttpRequest) -> Iterator[Task]:
    """The other drafts that the user saved last, without what is scheduled; for those who publish, also those of others."""
    if not request.user.has_perm(views.EDIT):
        return
    username, may_publish = request.user.get_username(), request.user.has_perm(views.PUBLISH)
    assigned = {leaflet.pk for leaflet in _assigned_drafts(request)}
    drafts = [
        leaflet
        for leaflet in _leaflets_with_tasks(request)
        if leaflet.draft_saved
        and leaflet.pk not in assigned
        and not ((change := _scheduled(leaflet)) and change.is_publication)
        and (may_publish or username in (leaflet.draft_editor, leaflet.draft_handed_over_by))
    ]
    drafts.sort(key=lambda leaflet: leaflet.pk)
    drafts.sort(key=lambda leaflet: leaflet.draft_saved, reverse=True)
    for leaflet in drafts[:MAX_TASKS]:
        editor = leaflet.draft_editor
        whose = "A draft"
        if editor:
            whose = "Your draft" if editor == username else f"A draft by {_name(request, editor)}"
        saved = date_format(localtime(leaflet.draft_saved), "j F Y")
        state = {
            DraftNote.Kind.READY: ". It waits for a publisher",
            DraftNote.Kind.RETURNED: f". It went back to {_name(request, leaflet.draft_handed_over_by) or 'its editor'}",
        }.get(leaflet.draft_state, "")
        yield Task(
            f"{whose} of “{leaflet.shown_title or leaflet.slug}”, saved {saved}{state}", _edit_url(leaflet)
        )
    if len(drafts) > MAX_TASKS:
        yield Task("More drafts", f"{reverse('admin:leaflets_leaflet_changelist')}?draft=open")


@shown_on_start_page("Leaflets")
def find_answers(request: HttpRequest) -> Iterator[Task]:
    """The drafts about which a colleague said something last, without handing them over, to those who wrote about them."""
    if not request.user.has_perm(views.EDIT):
        return
    newest = DraftNote.objects.filter(edition=OuterRef("edition")).order_by("-pk").values("pk")[:1]
    answers = DraftNote.objects.filter(pk=Subquery(newest), kind=DraftNote.Kind.ANSWER)
    mine = answers.filter(edition__status=Edition.Status.DRAFT, edition__notes__by=request.user)
    for note in mine.exclude(by=request.user).select_related("edition", "by").distinct()[:MAX_TASKS]:
        who = name_of(note.by) if note.by else "Somebody who has left"
        url = reverse("admin:leaflet-thread", args=[note.edition.leaflet_id])
        yield Task(f"{who} answered about “{note.edition.title}”: {note.text}", url)


@shown_on_start_page("Leaflets")
def find_leaflets_without_check(request: HttpRequest) -> Iterator[Task]:
    """How many live leaflets have no day for the next check: nobody is reminded of them."""
    if not request.user.has_perm(views.PUBLISH):
        return
    found = _leaflets_with_tasks(request)
    if number := sum(leaflet.live_number is not None and leaflet.review_due is None for leaflet in found):
        words = "1 leaflet has" if number == 1 else f"{number} leaflets have"
        yield Task(
            f"{words} no day for the next check",
            f"{reverse('admin:leaflets_leaflet_changelist')}?review=none",
        )


@shown_on_start_page("Leaflets")
def find_leaflets_to_check(request: HttpRequest) -> Iterator[Task]:
    """The live leaflets that are due for a check within 30 days: the user's own first, then those without an owner.

    Publishers also see those of others, and who looks after each.
    """
    if not request.user.has_perm(views.EDIT):
        return
    today, username = timezone.localdate(), request.user.get_username()
    may_publish = request.user.has_perm(views.PUBLISH)
    rank = {username: 0, None: 1}
    due = [
        leaflet
        for leaflet in _leaflets_with_tasks(request)
        if leaflet.review_due
        and leaflet.review_due <= today + CHECK_AHEAD
        and (may_publish or leaflet.owner_name in rank)
    ]
    due.sort(key=lambda leaflet: (rank.get(leaflet.owner_name, 2), leaflet.review_due, leaflet.slug))
    for leaflet in due[:MAX_TASKS]:
        by = date_format(leaflet.review_due, "j F Y")
        whose = "your leaflet " if leaflet.owner_name == username else ""
        owner = (
            f"{_name(request, leaflet.owner_name)} looks after it"
            if leaflet.owner_name
            else "it has no owner"
        )
        note = "" if whose else f" ({owner})"
        yield Task(
            f"Check {whose}“{leaflet.shown_title or leaflet.slug}” by {by}{note}",
            _edit_url(leaflet),
            is_late=leaflet.review_due < today,
            action=(
                "Checked, nothing to change",
                f"{reverse('admin:leaflet-checked', args=[leaflet.pk])}?{views.FROM_START}",
            ),
        )
    if len(due) > MAX_TASKS:
        yield Task("More leaflets to check", f"{reverse('admin:leaflets_leaflet_changelist')}?review=due")


@shown_on_start_page(WEBSITE)
def find_load_conflicts(request: HttpRequest) -> Iterator[Task]:
    if not request.user.is_superuser:
        return
    for conflict in LoadConflict.objects.order_by("name")[:MAX_TASKS]:
        yield Task(
            f"“{conflict.name}” was changed here and in its file. The words here stay until somebody decides. "
            "For the web team: load_leaflets --take file, or --take site"
        )


def _edit_url(leaflet: Leaflet) -> str:
    return reverse("admin:leaflet-edit", args=[leaflet.pk])


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


def _comparisons(citations: Iterable[Citation]) -> Iterator[str]:
    """Describe how each quotation compares with the official text."""
    for citation, compared in zip(citations, compare_with_law(citations), strict=True):
        if not citation.quoted:
            yield "nothing quoted"
            continue
        differences = "; ".join(_difference(ours, theirs) for ours, theirs in compared.differences)
        yield f"{compared.match}: {differences}" if differences else str(compared.match)


def _difference(ours: str, theirs: str) -> str:
    if not theirs:
        return f"we added “{ours}”"
    if not ours:
        return f"we left out “{theirs}”"
    return f"we print “{ours}”, the law “{theirs}”"


@admin.register(Citation)
class CitationAdmin(ReadOnly, LimitedModelAdmin):
    list_display = ("provision", "section", "edition", "quoted", "match")
    fields = ("section", "position", "provision", "subdivision", "quoted", "differences")
    readonly_fields = ("differences",)
    list_select_related = ("provision__version__source", "section__edition")
    list_filter = ("section__edition__status",)

    @admin.display(description="leaflet")
    def edition(self, citation: Citation) -> str:
        return f"{citation.section.edition} ({citation.section.edition.get_status_display()})"

    @admin.display(description="compared with the law")
    def differences(self, citation: Citation) -> str:
        return next(_comparisons([citation]))

    ordering = ("provision__version", "provision__position")


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


def _say_when_seen(request: HttpRequest, form: forms.ModelForm) -> None:
    if form.changed_data:
        messages.info(request, CACHE_DELAY_MESSAGE)


_LOGO_FIELDS = {"logo_upload": "logo", "remove_logo": "logo"}
_MOST_IN_HISTORY = 200  # characters of a new value


def _describe_change(form: forms.Form, name: str) -> str:
    """Return a sentence for the history, such as "Changed phones: 01632 960000." """
    field = form.fields.get(name)
    label = str(field.label or name) if field else name
    words = f"Changed {label[:1].lower()}{label[1:]}"
    value = form.cleaned_data.get(name)
    if name == "closed" and value:
        value = [days.in_words for days in read_closed(value)]
    lines = value if isinstance(value, list) else [value]
    if not all(isinstance(line, str) for line in lines):
        return f"{words}."
    text = "; ".join(filter(None, lines)) or "empty"
    return f"{words}." if len(text) > _MOST_IN_HISTORY else f"{words}: {text.removesuffix('.')}."


@admin.register(Service)
class ServiceAdmin(OneRecordAdmin):
    """The service's one record, which can be changed but not added or deleted."""

    class Media:
        css = {"all": ["admin/admin.css"]}

    form = ServiceForm
    formfield_overrides: ClassVar = {models.JSONField: {"form_class": LinesField}}
    readonly_fields = ("logo_now",)
    fieldsets = (
        ("Who you are", {"fields": ("name", "full_name", "council", "tagline", "promise")}),
        ("The home page", {"fields": ("heading", "lead", "ways_in")}),
        (
            "By phone",
            {
                "fields": (
                    "phones",
                    "opening_hours",
                    "answerphone",
                    "closed",
                    "call_cost",
                    "text_number",
                    "relay",
                )
            },
        ),
        (
            "In other ways",
            {"fields": ("email", "address", "postcode", "languages", "social_links")},
        ),
        (
            "How it looks",
            {"fields": ("logo_now", "logo_upload", "remove_logo", "logo_words", "brand_colour")},
        ),
        (
            "Questions about personal data",
            {"fields": ("officer", "officer_address", "officer_postcode", "officer_phone", "officer_email")},
        ),
        ("Before you save", {"fields": ("is_checked",)}),
    )

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: Service, form: forms.ModelForm, change: bool) -> None:
        before = set(EarlierFact.objects.values_list("pk", flat=True))
        super().save_model(request, obj, form, change)
        _say_when_seen(request, form)
        # Only after a change of a fact: the search reads all texts.
        changed = set(EarlierFact.objects.values_list("pk", flat=True)) - before
        for old in find_old_facts() if changed else ():
            if old.earlier.pk in changed:
                url = f"{reverse('old-facts')}#fact-{old.earlier.pk}"
                messages.warning(request, format_html('{} <a href="{}">Look at it</a>', old.sentence, url))
        if obj.logo_hides_something and {"logo_upload", "brand_colour"} & set(form.changed_data):
            messages.warning(request, LOGO_HIDDEN)
        for link in resolve_links(obj.home_links):
            if link.problem:
                messages.warning(request, link.problem)

    def construct_change_message(
        self, request: HttpRequest, form: forms.Form, formsets: Any, add: bool = False
    ) -> Any:
        """A sentence for each fact that was changed, with its new value where that is short. All of them are public."""
        changed = [_LOGO_FIELDS.get(name, name) for name in form.changed_data if name != "is_checked"]
        return " ".join(_describe_change(form, name) for name in dict.fromkeys(changed))

    def describe_entry(self, entry: Any) -> str:
        if not isinstance(entry, dict):
            return super().describe_entry(entry)
        link = read_home_link(entry)
        about = f" ({link.about})" if link.about else ""
        return f"{link.words}{about}, which leads to {link.leads_to}"

    @admin.display(description="logo now")
    def logo_now(self, service: Service) -> str:
        size = service.logo_size(240, 60)
        if size is None:
            return "None"
        return format_html(
            '<img src="{}" width="{}" height="{}" alt="{}">', service.logo_url, *size, service.logo_words
        )


class TopicForm(RecordForm):
    def clean_leaflets(self) -> list[str]:
        """Refuse an address that no leaflet has: it would be a typing mistake. One that was kept may stay."""
        slugs: list[str] = self.cleaned_data["leaflets"]
        # PostgreSQL refuses a query with a null character.
        possible = [slug for slug in slugs if "\0" not in slug]
        known = set(Leaflet.objects.filter(slug__in=possible).values_list("slug", flat=True))
        unknown = [slug for slug in slugs if slug not in known and slug not in self.instance.leaflets]
        if unknown:
            raise forms.ValidationError(f"There is no leaflet with the address “{unknown[0]}”. Correct it.")
        own = {edition.leaflet.slug for edition in self.instance.editions}
        for slug in slugs:
            if slug not in own and slug not in self.instance.leaflets:
                raise forms.ValidationError(_other_topic(slug))
        return slugs


def _other_topic(slug: str) -> str:
    """Say in which topic a leaflet is, and what to do."""
    edition = Edition.objects.filter(leaflet__slug=slug).order_by("-number").first()
    title = (edition and edition.title) or slug
    topic = Topic.objects.filter(slug=edition.topic).first() if edition and edition.topic else None
    where = f"the topic “{topic}”" if topic else "no topic"
    return f"“{title}” is in {where}. Take it out here, or edit the leaflet and choose this topic there."


def _free_slug(title: str) -> str:
    """Return a slug for a new topic, made of its title."""
    wanted = slugify(title)
    taken = set(Topic.objects.filter(slug__startswith=wanted).values_list("slug", flat=True))
    numbered = (f"{wanted}-{number}" for number in count(2))
    return wanted if wanted not in taken else next(slug for slug in numbered if slug not in taken)


_LAST_POSITION = 32_767  # of a PositiveSmallIntegerField


@admin.register(Topic)
class TopicAdmin(RecordAdmin):
    """The headings under which leaflets are listed. One that leaflets name cannot be deleted."""

    form = TopicForm
    formfield_overrides: ClassVar = {models.JSONField: {"form_class": LinesField, "required": False}}
    list_display = ("title", "position", "number_of_leaflets")
    ordering = ("position", "title")
    readonly_fields = ("its_leaflets", "name_in_files")

    def get_urls(self) -> list:
        return [*topic_order.urlpatterns, *super().get_urls()]

    def get_object(
        self, request: HttpRequest, object_id: str, from_field: str | None = None
    ) -> models.Model | None:
        if request.method == "POST" and connection.in_atomic_block:
            lock_topics()
        return super().get_object(request, object_id, from_field)

    def get_fields(self, request: HttpRequest, obj: Topic | None = None) -> tuple[str, ...]:
        # A leaflet can name a topic, and so have a place in it, only when the topic is there. A new topic is the last.
        return ("title", "position", "its_leaflets", "leaflets", "name_in_files") if obj else ("title",)

    def save_model(self, request: HttpRequest, obj: Topic, form: forms.ModelForm, change: bool) -> None:
        if not change:
            lock_topics()
            obj.slug = _free_slug(obj.title)
            last = Topic.objects.aggregate(last=models.Max("position"))["last"] or 0
            obj.position = min(last + 1, _LAST_POSITION)
        super().save_model(request, obj, form, change)
        name_once(obj)
        _say_when_seen(request, form)

    def response_add(self, request: HttpRequest, obj: Topic, *args: Any, **kwargs: Any) -> HttpResponse:
        """Go back to *Order and topics*, where staff came from there."""
        response = super().response_add(request, obj, *args, **kwargs)
        if request.GET.get("from") == "order" and "_save" in request.POST:
            return redirect(f"{reverse('admin:topic-order')}#topic-{obj.pk}")
        return response

    @admin.display(description="its leaflets")
    def its_leaflets(self, topic: Topic) -> str:
        rows = [
            (
                reverse("admin:leaflet-edit", args=[edition.leaflet_id]),
                edition.title or edition.leaflet.slug,
                state,
            )
            for edition in topic.editions
            for state in ["" if edition.status == Edition.Status.PUBLISHED else " (draft)"]
        ]
        leaflets = format_html_join("", '<li><a href="{}">{}</a>{}</li>', rows) or format_html(
            "<li>{}</li>", "No leaflets yet, so readers do not see this topic."
        )
        return format_html(
            "<ul>{}</ul><p>The topic of a leaflet is chosen where the leaflet is edited. "
            '<a href="{}">Order and topics</a> moves one at once, without a new edition.</p>',
            leaflets,
            reverse("admin:topic-order"),
        )

    @admin.display(description="leaflets")
    def number_of_leaflets(self, topic: Topic) -> int:
        return len({edition.leaflet_id for edition in topic.editions})

    @admin.display(description="name in files")
    def name_in_files(self, topic: Topic) -> str:
        return f"{topic.slug} – only the web team needs it: the files of leaflets name their topic by it"

    def has_delete_permission(self, request: HttpRequest, obj: Topic | None = None) -> bool:
        return super().has_delete_permission(request, obj) and (obj is None or not obj.is_used)

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        # "Delete selected" asks about no single topic.
        return {
            name: action for name, action in super().get_actions(request).items() if name != "delete_selected"
        }


@admin.register(Term)
class TermAdmin(RecordAdmin):
    """The words explained. The address of one stays the same when its word is changed."""

    form = TermForm
    formfield_overrides: ClassVar = {models.JSONField: {"form_class": LinesField, "required": False}}
    list_display = ("term", "explanation", "unapproved")
    list_filter = ("unapproved",)
    search_fields = ("term", "explanation")
    ordering = ("term",)

    def save_model(self, request: HttpRequest, obj: Term, form: forms.ModelForm, change: bool) -> None:
        super().save_model(request, obj, form, change)
        hint = describe_hard_words(term_source(obj))
        if hint:
            messages.warning(request, hint)


@admin.register(MeetingSheet)
class MeetingSheetAdmin(OneRecordAdmin):
    """The one record of meeting sheets. Staff add it where no file did."""

    formfield_overrides: ClassVar = {models.JSONField: {"form_class": LinesField}}

    def save_model(
        self, request: HttpRequest, obj: MeetingSheet, form: forms.ModelForm, change: bool
    ) -> None:
        obj.pk = 1
        super().save_model(request, obj, form, change)


class SearchWordsForm(RecordForm):
    """Stores each line in its canonical form, so that the file and the record have one digest."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, rows in (("synonyms", 20), ("elsewhere", 6)):
            if name in self.fields:
                self.fields[name].widget.attrs |= {"rows": rows, "cols": 90}

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        for name, normalise in (("synonyms", normalise_synonym), ("elsewhere", normalise_organisation)):
            lines = []
            for line in values.get(name, ()):
                try:
                    lines.append(normalise(line))
                except ValueError:
                    lines.append(line)  # The field's own validator says what is wrong.
            if name in values:
                values[name] = lines
        return values


@admin.register(SearchWords)
class SearchWordsAdmin(OneRecordAdmin):
    """The synonyms and other organisations: one record, which a site without the file can add."""

    form = SearchWordsForm
    formfield_overrides: ClassVar = {models.JSONField: {"form_class": LinesField, "required": False}}


@admin.register(MissedSearch)
class MissedSearchAdmin(ReadOnly, LimitedModelAdmin):
    """The list of words that were searched for and not found. `empty_view` deletes all of them."""

    change_list_template = "admin/leaflets/missedsearch/change_list.html"
    list_display = ("words", "times", "month_in_words")
    list_display_links = None
    list_filter = ("month",)
    search_fields = ("words",)
    ordering = ("-month", "-times", "words")
    fields = ("words", "times", "month")

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return MissedSearch.objects.shown()

    def get_urls(self) -> list[Any]:
        empty = self.admin_site.admin_view(self.empty_view)
        return [path("empty/", empty, name="leaflets_missedsearch_empty"), *super().get_urls()]

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        context = {"title": "Searches that found nothing", "can_empty": request.user.has_perm(EMPTY)}
        return super().changelist_view(request, context | (extra_context or {}))

    def empty_view(self, request: HttpRequest) -> HttpResponse:
        """Delete all words that were counted, with POST."""
        if not request.user.has_perm(EMPTY):
            raise PermissionDenied
        if request.method == "POST":
            with transaction.atomic():
                # The second of two clicks does nothing.
                if MissedSearch.objects.all().delete()[0]:
                    record(
                        request.user.get_username(),
                        HistoryEntry.Kind.RECORDS,
                        "Emptied the list of searches that found nothing.",
                    )
            messages.success(request, "The list is empty now. Words are counted from the beginning.")
        return redirect("admin:leaflets_missedsearch_changelist")

    @admin.display(description="month", ordering="month")
    def month_in_words(self, missed: MissedSearch) -> str:
        return date_format(missed.month, "F Y")


@shown_on_start_page("Words")
def find_unapproved_words(request: HttpRequest) -> Iterator[Task]:
    """The explanations that readers are told are drafts."""
    number = Term.objects.filter(unapproved=True).count()
    if number and request.user.has_perm("leaflets.change_term"):
        words = "1 explained word is a draft" if number == 1 else f"{number} explained words are drafts"
        url = reverse("admin:leaflets_term_changelist")
        yield Task(f"{words} for you to approve", f"{url}?unapproved__exact=1")


@shown_on_start_page("Service")
def find_dead_links(request: HttpRequest) -> Iterator[Task]:
    """The links of the home page that lead nowhere, and so are not shown."""
    service = Service.objects.first()
    if service and request.user.has_perm("leaflets.change_service"):
        url = reverse("admin:leaflets_service_change", args=[service.pk])
        yield from (Task(link.problem, url) for link in resolve_links(service.home_links) if link.problem)


@shown_on_start_page("Service")
def find_texts_with_old_facts(request: HttpRequest) -> Iterator[Task]:
    """The phone numbers, addresses, hours and names that the record had before and a text still prints."""
    if request.user.has_perm(views.EDIT):
        url = reverse("old-facts")
        found = find_old_facts()
        yield from (Task(one.sentence, f"{url}#fact-{one.earlier.pk}") for one in found[:MAX_TASKS])
        if len(found) > MAX_TASKS:
            yield Task("More that was changed and is still printed", url)


@shown_on_start_page("Words")
def find_missed_searches(request: HttpRequest) -> Iterator[Task]:
    """What people searched for this month and the month before, and did not find."""
    if not request.user.has_perm("leaflets.view_missedsearch"):
        return
    last_month = (timezone.localdate().replace(day=1) - dt.timedelta(days=1)).replace(day=1)
    number = MissedSearch.objects.shown().filter(month__gte=last_month).count()
    if number:
        words = "1 search found nothing" if number == 1 else f"{number} searches found nothing"
        yield Task(
            f"{words} lately: see what parents look for", reverse("admin:leaflets_missedsearch_changelist")
        )


class ProvisionForm(RecordForm):
    """Checks of what staff type into the record of the law, and whether they compared it with the published law."""

    compared = forms.BooleanField(
        required=False,
        label="I looked it up in the published law, and this is right",
        help_text="Tick it when you have compared the words, or our quotations where there are none. "
        "Staff see who did it, and when.",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        version = self.instance.version_id or _whole_number(str(self.initial.get("version")))
        if version and "chapter" in self.fields:
            self.fields["chapter"].queryset = Chapter.objects.filter(version=version).order_by("position")

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        version, number = (
            self.instance.version if self.instance.pk else values.get("version"),
            values.get("number"),
        )
        chapter = values.get("chapter")
        if version and chapter and chapter.version_id != version.pk:
            self.add_error("chapter", f"This is no chapter of {version}. Choose another, or none.")
        if version and number:
            kind = KINDS[version.source.kind]
            if not kind.number.fullmatch(number):
                self.add_error("number", f"A {kind.unit}'s number looks like {kind.example}.")
            elif (
                Provision.objects.filter(version=version, number=number).exclude(pk=self.instance.pk).exists()
            ):
                self.add_error("number", f"{version} has this {kind.unit} already.")
        return values


class SourceForm(RecordForm):
    """Checks that a citation does not become ambiguous, as `check_records` checks the files."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "names" in self.fields:
            self.fields["names"].label = "Other names"
            self.fields["names"].widget.attrs["rows"] = 8

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        others = [law_source(other) for other in Source.objects.exclude(pk=self.instance.pk).order_by("pk")]
        names = {name: values[name] for name in ("title", "full_title") if name in values}
        edited = replace(law_source(self.instance), **names, names=tuple(values.get("names", ())))
        for name, source, other in find_shared_names([*others, edited]):
            if source is edited and other is not edited:
                message = f"“{name}” is a name of {other.title} too. Take it out of one of the two."
                self.add_error("names" if name in edited.names else None, message)
        return values


class SourceVersionForm(RecordForm):
    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        begins, ends = values.get("in_force_from"), values.get("in_force_until")
        others = SourceVersion.objects.filter(source=values.get("source")).exclude(pk=self.instance.pk)
        if begins and others.filter(in_force_from=begins).exists():
            self.add_error("in_force_from", "Another version is in force from this day. Choose another.")
        if begins and ends and ends < begins:
            self.add_error("in_force_until", "This is before the day on which it came into force.")
        return values


class ChapterInline(ReadOnly, admin.TabularInline):
    model = Chapter
    ordering = ("position",)


@admin.register(Source)
class SourceAdmin(RecordAdmin):
    form = SourceForm
    formfield_overrides: ClassVar = {
        models.URLField: {"assume_scheme": "https"},
        models.JSONField: {"form_class": LinesField, "required": False},
    }
    list_display = ("title", "kind", "url")
    list_filter = ("kind",)
    ordering = ("title",)
    readonly_fields = ("slug", "kind")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Source | None = None) -> bool:
        return False


@admin.register(SourceVersion)
class SourceVersionAdmin(RecordAdmin):
    """The versions of a source. `impact_view` lists what a version changes for live leaflets."""

    form = SourceVersionForm
    change_form_template = "admin/leaflets/sourceversion/change_form.html"
    formfield_overrides: ClassVar = {
        models.URLField: {"assume_scheme": "https"},
        models.DateField: {"form_class": DayField, "widget": DayField.widget},
    }
    list_display = ("__str__", "in_force_from", "url")
    list_select_related = ("source",)
    list_filter = ("source",)
    ordering = ("source", "-in_force_from")
    inlines = (ChapterInline,)

    def get_urls(self) -> list[Any]:
        impact = self.admin_site.admin_view(self.impact_view)
        return [path("<int:pk>/impact/", impact, name="leaflets_sourceversion_impact"), *super().get_urls()]

    def impact_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """What changed from the versions that live leaflets cite to this one; POST `citation` marks one as still right."""
        version = get_object_or_404(SourceVersion.objects.select_related("source"), pk=pk)
        if not self.has_view_permission(request, version):
            raise PermissionDenied
        if request.method == "POST":
            citation = get_object_or_404(
                Citation.objects.published(), pk=_whole_number(request.POST.get("citation"))
            )
            if not request.user.has_perm("leaflets.change_leaflet"):
                raise PermissionDenied
            with transaction.atomic():
                _check, is_new = CitationCheck.objects.get_or_create(
                    citation=citation, version=version, defaults={"checked_by": request.user}
                )
                if is_new:
                    record(
                        request.user.get_username(),
                        HistoryEntry.Kind.LEAFLETS,
                        f"Marked {citation.provision} as still right with {version}.",
                        subject=citation.section.edition.leaflet,
                    )
            return redirect(f"{request.path}#citation-{citation.pk}")
        compared = find_changes(version)
        citations = _changed_citations(compared)
        checks = CitationCheck.objects.filter(version=version, citation__in=citations).select_related(
            "checked_by"
        )
        context = {
            **self.admin_site.each_context(request),
            "title": f"What changes with {version}",
            "opts": self.opts,
            "version": version,
            "compared": compared,
            "checks": {check.citation_id: check for check in checks},
            "number": len(citations),
        }
        return render(request, "admin/leaflets/sourceversion/impact.html", context)


def _changed_citations(compared: Iterable[tuple[SourceVersion, list[AffectedProvision]]]) -> set[int]:
    """Return the primary keys of the citations whose words are others in the newer version."""
    return {
        citation.pk
        for _older, affected in compared
        for one in affected
        if not one.is_same
        for citation in one.citations
    }


@shown_on_start_page("Law")
def find_law_changes(request: HttpRequest) -> Iterator[Task]:
    """The versions in force that change what live leaflets cite, while a citation is not marked as still right."""
    if not request.user.has_perm("leaflets.view_sourceversion"):
        return
    for version in SourceVersion.objects.newer_than_cited():
        checked = CitationCheck.objects.filter(version=version).values_list("citation", flat=True)
        left = len(_changed_citations(find_changes(version)) - set(checked))
        if left:
            places = "1 place" if left == 1 else f"{left} places"
            yield Task(
                f"{version} changes the words of the law at {places} in leaflets",
                reverse("admin:leaflets_sourceversion_impact", args=[version.pk]),
            )


@admin.register(Chapter)
class ChapterAdmin(ReadOnly, LimitedModelAdmin):
    list_display = ("number", "title", "version")
    list_select_related = ("version__source",)
    ordering = ("version", "position")


@admin.register(Provision)
class ProvisionAdmin(RecordAdmin):
    """Staff add provisions, and paste their official text, here."""

    formfield_overrides: ClassVar = {
        models.URLField: {"assume_scheme": "https", "widget": forms.URLInput(attrs={"class": "vURLField"})}
    }
    form = ProvisionForm
    list_display = ("__str__", "heading", "version", "has_text", "checked_on")
    list_select_related = ("version__source",)
    list_filter = ("version__source", ("checked_on", admin.EmptyFieldListFilter))
    search_fields = ("number", "heading", "text")
    ordering = ("version__source", "-version__in_force_from", "position")

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """Fill in what `cite` names, such as code-of-practice/january-2015/9.14."""
        source, _, rest = request.GET.get("cite", "").partition("/")
        slug, _, number = rest.partition("/")
        version = SourceVersion.objects.filter(source__slug=source, slug=slug).first()
        if version is None:
            return super().get_changeform_initial_data(request)
        chapter = version.chapters.filter(number=default_chapter(version.source.kind, number)).first()
        return {"version": version.pk, "number": number, "chapter": chapter, "url": version.url}

    def get_readonly_fields(self, request: HttpRequest, obj: Provision | None = None) -> tuple[str, ...]:
        return ("version", "number", "our_quotations", "checked_on", "checked_by") if obj else ()

    def get_fields(self, request: HttpRequest, obj: Provision | None = None) -> tuple[str, ...]:
        fields = ("version", "number", "chapter", "heading", "text", "url")
        return (
            (*fields, "our_quotations", "compared", "checked_on", "checked_by")
            if obj
            else (*fields, "compared")
        )

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "version":
            kwargs["queryset"] = SourceVersion.objects.select_related("source").order_by(
                "source__title", "-in_force_from"
            )
        elif db_field.name == "chapter":
            kwargs["queryset"] = Chapter.objects.select_related("version__source").order_by(
                "version", "position"
            )
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def response_add(self, request: HttpRequest, obj: Provision, *args: Any, **kwargs: Any) -> HttpResponse:
        """Go back to the publish page of the leaflet that `leaflet` names, from which staff came."""
        response = super().response_add(request, obj, *args, **kwargs)
        leaflet = Leaflet.objects.filter(pk=_whole_number(request.GET.get("leaflet"))).first()
        if leaflet and "_save" in request.POST:
            return redirect("admin:leaflet-publish", leaflet.pk)
        return response

    def save_model(self, request: HttpRequest, obj: Provision, form: forms.ModelForm, change: bool) -> None:
        if form.cleaned_data["compared"]:
            obj.checked_on, obj.checked_by = timezone.localdate(), cast(User, request.user)
        elif "text" in form.changed_data:
            obj.checked_on, obj.checked_by = None, None
        store_provision(obj)
        quoting = Citation.objects.published().filter(provision=obj).exclude(quoted="").for_lists()
        for citation, comparison in zip(quoting, _comparisons(quoting), strict=True):
            differs = citation.match == Match.DIFFERS
            show = messages.warning if differs else messages.info
            show(request, f"Our quotation in “{citation.section.edition.title}”: {comparison}.")

    @admin.display(description="our quotations")
    def our_quotations(self, provision: Provision) -> str:
        live = Citation.objects.published().filter(provision=provision).for_lists()
        rows = [
            (citation.section.edition.title, citation.section, citation.quoted, comparison)
            for citation, comparison in zip(live, _comparisons(live), strict=True)
        ]
        return format_html_join("", "<p><strong>{}, {}</strong><br>{}<br>{}</p>", rows) or "none"

    @admin.display(boolean=True, description="official text pasted")
    def has_text(self, provision: Provision) -> bool:
        return bool(provision.text)

    def has_delete_permission(self, request: HttpRequest, obj: Provision | None = None) -> bool:
        return obj is None or not obj.citations.exists()


class ShownFilter(admin.SimpleListFilter):
    title = "when it is shown"
    parameter_name = "shown"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> list[tuple[str, str]]:
        return [("now", "Now"), ("later", "Later"), ("over", "Over")]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        now = timezone.now()
        match self.value():
            case "now":
                return queryset.filter(starts__lte=now, ends__gt=now)
            case "later":
                return queryset.filter(starts__gt=now)
            case "over":
                return queryset.filter(ends__lte=now)
        return queryset


@admin.register(Notice)
class NoticeAdmin(RecordAdmin):
    """Notices at the top of pages. Those that are over stay in the list."""

    class Media:
        css = {"all": ["admin/admin.css"]}

    form = NoticeForm
    formfield_overrides: ClassVar = {models.JSONField: {"form_class": LinesField, "required": False}}
    list_display = ("__str__", "shown", "level", "where")
    list_filter = (ShownFilter, "level")
    search_fields = ("text",)
    ordering = ("-ends", "-starts", "pk")
    readonly_fields = ("shown",)
    fieldsets = (
        (
            "What readers see",
            {
                "fields": ("shown", "text", "level", "link_words", "link"),
                "description": "A notice stands at the top of pages for some hours or days, such as when the office is "
                "closed. It is not in the PDFs of leaflets. A page can show two notices at "
                "once.",
            },
        ),
        (
            "When",
            {
                "fields": ("starts", "ends"),
                "description": "Times are those of a clock in the United Kingdom.",
            },
        ),
        ("Where", {"fields": ("pages",)}),
    )

    def save_model(self, request: HttpRequest, obj: Notice, form: forms.ModelForm, change: bool) -> None:
        super().save_model(request, obj, form, change)
        if obj.is_over:
            messages.warning(request, "This notice ended in the past. No reader sees it.")
        else:
            messages.info(request, CACHE_DELAY_MESSAGE)

    @admin.display(description="shown", ordering="ends")
    def shown(self, notice: Notice) -> str:
        if notice.pk is None:
            return "Not yet: save it first"
        starts, ends = (date_format(localtime(time), "j F Y, H:i") for time in (notice.starts, notice.ends))
        if notice.is_over:
            return f"Over since {ends}"
        return f"Now, until {ends}" if notice.is_shown_now else f"Later: from {starts} until {ends}"

    @admin.display(description="on")
    def where(self, notice: Notice) -> str:
        return ", ".join(notice.pages) or "every page"


@shown_on_start_page("Leaflets")
def find_unapproved_sheet(request: HttpRequest) -> Iterator[Task]:
    sheet = MeetingSheet.objects.filter(unapproved=True).first()
    if sheet and request.user.has_perm("leaflets.change_meetingsheet"):
        url = reverse("admin:leaflets_meetingsheet_change", args=[sheet.pk])
        yield Task("The questions on the meeting sheet are drafts for you to approve", url)


@shown_on_start_page("Law")
def find_provisions_never_checked(request: HttpRequest) -> Iterator[Task]:
    if not request.user.has_perm("leaflets.change_provision"):
        return
    never_checked = provisions_never_checked()
    if first := never_checked.first():
        source, number = first.version.source, never_checked.count()
        places = "1 place" if number == 1 else f"{number} places"
        yield Task(
            f"Compare {places} with the published law. Begin with {source.title}, {source.unit} {first.number}",
            reverse("admin:leaflets_provision_change", args=[first.pk]),
        )
