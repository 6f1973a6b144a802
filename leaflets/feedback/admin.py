"""Messages in the admin. What senders wrote is read-only, and every access to it is logged."""

import datetime as dt
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.contrib.admin.options import IncorrectLookupParameters
from django.core.exceptions import PermissionDenied
from django.db import connection, transaction
from django.db.models import Case, QuerySet, Subquery, When
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.text import Truncator
from django.views.decorators.http import require_POST

from leaflets.admin import ReadOnly
from leaflets.admin_limits import LimitedModelAdmin
from leaflets.admin_site import Task, shown_on_start_page
from leaflets.content.pii_detection import find_personal_details, mentions_sender
from leaflets.editing.page_view_statistics import count_total_views
from leaflets.models import HistoryEntry, PhoneLink, Service, read_closed
from leaflets.models.history import record
from leaflets.models.site_version import bump_site_version
from leaflets.periods import read_period, year_of, years_since
from leaflets.record_forms import RecordAdmin, RecordForm

from . import levels, replies, reply_deadlines, reply_text, retention, subject_access, summary
from .export import redact, write_csv
from .forms import public_contact_details
from .models import AccessLog, Feedback, PurgeRun

EXPORT_PERMISSION = "feedback.export_feedback"
EXPORT_DETAILS_PERMISSION = "feedback.export_personal_details"
# Characters of a message that the list shows, and those behind them that are examined too: the longest detail of a
# sender has 200, and what is near a date tells whether it is one of birth.
_EXCERPT, _EXAMINED_AFTER = 80, 200


# The message of the history entry for each access, with a place for the number of messages.
_HISTORY_MESSAGES = {
    AccessLog.Action.SEARCHED: (HistoryEntry.Kind.MESSAGES, "Looked for all about one person, and found {}."),
    AccessLog.Action.EXPORTED: (HistoryEntry.Kind.EXPORTS, "Exported {} without personal details."),
    AccessLog.Action.EXPORTED_DETAILS: (HistoryEntry.Kind.EXPORTS, "Exported {} with personal details."),
    AccessLog.Action.ERASED: (HistoryEntry.Kind.MESSAGES, "Erased {}."),
}


def _log_access(
    request: HttpRequest, action: str, *references: str, count: int = 1, details_only: bool = False
) -> None:
    """Log an access to each of the messages with these references, or to `count` messages without naming them.

    What changes messages or takes them out is one entry of the history too, without references. `details_only` is where
    the comments of the messages stay.
    """
    username, number = request.user.get_username(), len(references) or count
    with transaction.atomic():
        for reference in references or ("",):
            AccessLog.objects.create(
                user=request.user, username=username, action=action, reference=reference, messages=count
            )
        if action in _HISTORY_MESSAGES:
            kind, words = _HISTORY_MESSAGES[AccessLog.Action(action)]
            counted = "1 message" if number == 1 else f"{number} messages"
            record(
                username,
                kind,
                words.format(f"the personal details in {counted}" if details_only else counted),
            )


def _late_before() -> dt.date:
    """Messages that were sent before this day are late today."""
    return reply_deadlines.late_before(timezone.localdate(), replies.closed_days())


class ReplyFilter(admin.SimpleListFilter):
    title = "reply"
    parameter_name = "reply"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> list[tuple[str, str]]:
        return [("waiting", "Waiting for one"), ("late", "Late")]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        if self.value() == "waiting":
            return queryset.waiting_for_reply()
        if self.value() == "late":
            return queryset.waiting_for_reply().filter(sent_at__date__lt=_late_before())
        return queryset


class LeafletFilter(admin.RelatedOnlyFieldListFilter):
    """Offers the leaflets that have messages, by title."""

    def field_choices(
        self, field: Any, request: HttpRequest, model_admin: admin.ModelAdmin
    ) -> list[tuple[str, Any]]:
        with_subject = model_admin.get_queryset(request).exclude(leaflet=None).order_by("leaflet_title")
        return [
            (str(pk), title) for pk, title in with_subject.values_list("leaflet", "leaflet_title").distinct()
        ]


class SectionFilter(admin.SimpleListFilter):
    """Offers the sections that have messages, by heading."""

    title = "section"
    parameter_name = "section"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> list[tuple[str, str]]:
        with_subject = model_admin.get_queryset(request).exclude(section="").order_by("section_heading")
        found = with_subject.values_list("section", "section_heading").distinct()
        return [(anchor, heading or anchor) for anchor, heading in found]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        return queryset.filter(section=self.value()) if self.value() else queryset


class FeedbackAdminForm(RecordForm):
    """The fields of a message that staff fill in."""

    is_checked = forms.BooleanField(
        label="I have checked that neither text tells who wrote to us",
        required=False,
        help_text="Needed only where we ask you to look at something again.",
    )

    class Meta:
        widgets = {name: forms.Textarea(attrs={"rows": 3, "cols": 80}) for name in ("you_said", "we_did")} | {
            "replied_on": forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
        }

    def clean_replied_on(self) -> dt.date | None:
        day: dt.date | None = self.cleaned_data["replied_on"]
        problem = replies.find_problem(self.instance, day) if day else ""
        if problem:
            raise forms.ValidationError(problem)
        return day

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if not cleaned.get("is_public"):
            return cleaned
        for name in ("you_said", "we_did"):
            text = cleaned.get(name, "")
            if not text:
                self.add_error(name, "Fill this in before readers see it.")
            for warning in [] if cleaned.get("is_checked") else self._warnings(text):
                self.add_error(name, f"{warning} Take it out, or tick below that you have checked it.")
        return cleaned

    def _warnings(self, text: str) -> Iterator[str]:
        """Say what in a text may identify the sender or anybody else."""
        for detail in find_personal_details(text, public_contact_details(Service.objects.first())):
            yield f"“{detail.text}” looks like {detail.kind}."
        sender = self.instance
        if mentions_sender(text, sender.name, sender.email, sender.phone):
            yield "This has words in it that stand in the sender's name or address."


class ReplySentForm(FeedbackAdminForm):
    """The day on which a reply was sent, alone."""

    is_checked = None  # type: ignore[assignment]

    class Meta(FeedbackAdminForm.Meta):
        model = Feedback
        fields = ("replied_on",)


class SubjectAccessForm(forms.Form):
    """The query of a subject access search."""

    query = forms.CharField(
        label="Name, e-mail address or phone number",
        help_text="A part is enough, for example a surname.",
        min_length=subject_access.MIN_QUERY_LENGTH,
        max_length=200,
        widget=forms.TextInput(attrs={"autocomplete": "off", "size": 40}),
    )

    def clean_query(self) -> str:
        query = str(self.cleaned_data["query"])
        if not subject_access.is_long_enough(query):
            raise forms.ValidationError(f"Give at least {subject_access.MIN_QUERY_LENGTH} letters or digits.")
        return query


@admin.register(Feedback)
class FeedbackAdmin(RecordAdmin):
    form = FeedbackAdminForm
    # The most important columns come first: a narrow screen cuts off the last ones.
    list_display = (
        "__str__",
        "sent",
        "status",
        "answer_by",
        "comments_start",
        "about",
        "kept_until",
        "useful",
    )
    # Not names and addresses here and in `search_fields`: URLs are kept in histories and logs. See `subject_access`.
    list_filter = ("status", ReplyFilter, "wants_reply", "useful", ("leaflet", LeafletFilter), SectionFilter)
    search_fields = ("reference", "comments", "we_did")
    # Unread messages first, then the newest.
    ordering = (Case(When(status=Feedback.Status.NEW, then=0), default=1), "-sent_at", "-pk")  # type: ignore[assignment]
    date_hierarchy = "sent_at"
    actions = None
    fieldsets = (
        (
            "What somebody sent",
            {
                "fields": (
                    "reference",
                    "sent",
                    "about",
                    "useful",
                    "comments",
                    "wants_reply",
                    "name",
                    "email_link",
                    "phone_link",
                )
            },
        ),
        (
            "What we do",
            {
                "fields": ("answer_by", "status", "replied_on", "note"),
                "description": "This website sends no answers. Write from your own mailbox, or phone. "
                "Then choose “Replied” here, or give the day.",
            },
        ),
        ("You said, we did", {"fields": ("you_said", "we_did", "is_public", "is_checked")}),
        ("When it is deleted", {"fields": ("comments_go", "details_go")}),
    )
    readonly_fields = (
        "reference", "sent", "about", "useful", "comments", "wants_reply", "name", "email_link", "phone_link",
        "answer_by", "comments_go", "details_go",
    )  # fmt: skip
    change_form_template = "admin/feedback/change_form.html"
    change_list_template = "admin/feedback/change_list.html"

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        return [
            path("summary/", view(self.summary), name="feedback-summary"),
            path("person/", view(self.subject_access), name="feedback-subject-access"),
            path("person/erase/", view(require_POST(self.erase_person)), name="feedback-erase-person"),
            path("export/", view(require_POST(self.export)), name="feedback-export"),
            path("<int:pk>/reply/", view(self.reply), name="feedback-reply"),
            path("<int:pk>/erase/", view(self.erase), name="feedback-erase"),
            *super().get_urls(),
        ]

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        # With the days on which the office is closed, so that a list does not read them for each message.
        closed = Subquery(Service.objects.values("closed")[:1])
        return super().get_queryset(request).with_titles().annotate(office_closed=closed)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Feedback | None = None) -> bool:
        return False

    def get_readonly_fields(self, request: HttpRequest, obj: Feedback | None = None) -> tuple[str, ...]:
        # A note would store personal details with an anonymised message again.
        locked_fields = ("status", "replied_on", "note") if obj is not None and obj.is_anonymised else ()
        return (*self.readonly_fields, *locked_fields)

    @admin.display(description="comments")
    def comments_start(self, feedback: Feedback) -> str:
        # The list is not in the access log, so it must not identify a sender. To examine 100 whole messages takes long.
        beginning = feedback.comments[: _EXCERPT + _EXAMINED_AFTER]
        return Truncator(redact(beginning, feedback)).chars(_EXCERPT)

    @admin.display(description="about")
    def about(self, feedback: Feedback) -> str:
        if not feedback.leaflet_id:
            return "no leaflet"
        edition = f", edition {feedback.edition_number}" if feedback.edition_number else ""
        section = f": {feedback.section_heading or feedback.section}" if feedback.section else ""
        return f"{feedback.leaflet_title}{section}{edition}"

    @admin.display(description="e-mail")
    def email_link(self, feedback: Feedback) -> str:
        if not feedback.email:
            return "–"
        # Quoted, because a "?" in the address would begin header fields such as bcc.
        address, subject = quote(feedback.email, safe="@"), quote(f"Your message {feedback.reference}")
        return format_html('<a href="mailto:{}?subject={}">{}</a>', address, subject, feedback.email)

    @admin.display(description="phone")
    def phone_link(self, feedback: Feedback) -> str:
        if not feedback.phone:
            return "–"
        return format_html('<a href="{}">{}</a>', PhoneLink(feedback.phone).href, feedback.phone)

    @admin.display(description="answer by")
    def answer_by(self, feedback: Feedback) -> str:
        answered = replies.describe(feedback)
        if feedback.is_anonymised or not (feedback.waits_for_reply or answered):
            return answered or "–"
        closed = read_closed(feedback.office_closed or [])
        due = reply_deadlines.due_on(timezone.localdate(feedback.sent_at), closed)
        if feedback.waits_for_reply:
            late = " (late)" if due < timezone.localdate() else ""
            return f"{date_format(due, 'j M Y')}{late}"
        if feedback.replied_on and (feedback.replied_on <= due) != feedback.reply_in_time:
            return answered  # The closed days of the record changed since, and with them the deadline.
        return f"{date_format(due, 'j M Y')}, {answered}"

    @admin.display(description="comments are deleted after")
    def comments_go(self, feedback: Feedback) -> str:
        if feedback.is_anonymised:
            return "deleted: only the count is kept"
        return date_format(feedback.comments_until, "j M Y")

    @admin.display(description="kept until", ordering="comments_until")
    def kept_until(self, feedback: Feedback) -> str:
        return "–" if feedback.is_anonymised else date_format(feedback.comments_until, "j M Y")

    @admin.display(description="name, e-mail, phone and note are deleted after")
    def details_go(self, feedback: Feedback) -> str:
        return date_format(feedback.details_until, "j M Y") if feedback.has_details else "none are kept"

    @admin.display(description="sent", ordering="sent_at")
    def sent(self, feedback: Feedback) -> str:
        return date_format(
            timezone.localtime(feedback.sent_at), "F Y" if feedback.is_anonymised else "j M Y, H:i"
        )

    def changelist_view(self, request: HttpRequest, extra_context: dict | None = None) -> HttpResponse:
        """The list, with buttons to export it."""
        context = {
            "title": "Messages",
            "may_export": request.user.has_perm(EXPORT_PERMISSION),
            "may_export_details": request.user.has_perm(EXPORT_DETAILS_PERMISSION),
            "shown": request.GET.urlencode(),
        }
        response = super().changelist_view(request, context | (extra_context or {}))
        if isinstance(response, TemplateResponse) and response.context_data and "cl" in response.context_data:
            shown = response.context_data["cl"].result_list
            response.context_data["has_anonymised"] = any(feedback.is_anonymised for feedback in shown)
        return response

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict | None = None
    ) -> HttpResponse:
        """One message. Opened by a user who may change it, a new message becomes a read one."""
        feedback = self.get_object(request, object_id)
        if feedback and request.method == "GET" and self.has_change_permission(request, feedback):
            Feedback.objects.filter(pk=feedback.pk, status=Feedback.Status.NEW).update(
                status=Feedback.Status.READ
            )
        return super().change_view(request, object_id, form_url, extra_context)

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """Render a message, and log the access: also where the form is shown again with errors."""
        _log_access(request, AccessLog.Action.OPENED, kwargs["obj"].reference or "")
        return super().render_change_form(request, context, *args, **kwargs)

    def save_model(self, request: HttpRequest, obj: Feedback, form: forms.ModelForm, change: bool) -> None:
        if obj.is_anonymised and {"status", "note"} & set(request.POST):
            warning = "This message was erased after you opened it. Your note and the status were not saved."
            messages.warning(request, warning)
        changed = set(form.changed_data) - {"is_checked"}
        before = form.initial.get("status", obj.status)
        if {"status", "replied_on"} & changed:
            replies.update(obj, changed, replies.closed_days(), before=before)
            changed |= set(replies.FIELDS)
        if "status" in changed and obj.status != before:
            retention.update_dates(obj)
            changed |= {"closed_at", "comments_until", "details_until"}
        if obj.is_anonymised and "we_did" in changed:
            obj.had_change = bool(obj.we_did)
            changed.add("had_change")
        # Only these: details that were erased in the meantime must not be saved again.
        obj.save(update_fields=changed)
        if {"you_said", "we_did", "is_public"} & changed:
            bump_site_version()

    def export(self, request: HttpRequest) -> HttpResponse:
        """The messages of the list as CSV. The export is logged with their number."""
        with_details = request.POST.get("details") == "yes"
        if not request.user.has_perm(EXPORT_DETAILS_PERMISSION if with_details else EXPORT_PERMISSION):
            raise PermissionDenied
        try:
            shown = list(self.get_changelist_instance(request).get_queryset(request))
        except IncorrectLookupParameters:
            return redirect("admin:feedback_feedback_changelist")
        action = AccessLog.Action.EXPORTED_DETAILS if with_details else AccessLog.Action.EXPORTED
        _log_access(request, action, count=len(shown))
        kind = "with-personal-details" if with_details else "without-personal-details"
        name = f"have-your-say-{kind}-{timezone.localdate()}.csv"
        response = HttpResponse(
            write_csv(shown, with_details=with_details), content_type="text/csv; charset=utf-8"
        )
        response["Content-Disposition"] = f'attachment; filename="{name}"'
        return response

    def reply(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The text of a reply, to be sent from the user's own mail program, and the day on which it was sent."""
        with transaction.atomic():
            messages_of_page = self.get_queryset(request).filter(wants_reply=True).exclude(reference=None)
            if request.method == "POST":
                Feedback.objects.select_for_update().filter(pk=pk).first()
            feedback = get_object_or_404(messages_of_page, pk=pk)
            if not self.has_change_permission(request, feedback):
                raise PermissionDenied
            data = None
            if request.method == "POST":
                data = request.POST.copy()
                if data.get("when") == "today":
                    data["replied_on"] = str(timezone.localdate())
            form = ReplySentForm(data, instance=feedback)
            if form.is_valid():
                if form.changed_data:
                    self.save_model(request, form.instance, form, change=True)
                    self.log_change(request, feedback, self.construct_change_message(request, form, None))
                    messages.success(request, "The day of your reply is noted.")
                return redirect("admin:feedback_feedback_change", pk)
        # The form has set fields of `feedback` that are not stored.
        shown = get_object_or_404(messages_of_page, pk=pk)
        _log_access(request, AccessLog.Action.OPENED, shown.reference or "")
        with_comments = request.GET.get("quote") == "comments"
        text = reply_text.write(shown, Service.objects.first(), with_comments=with_comments)
        context = {
            **self.admin_site.each_context(request),
            "title": f"Reply to {shown.reference}",
            "feedback": shown,
            "sent": self.sent(shown),
            "about": self.about(shown),
            "answer_by": self.answer_by(shown),
            "reply": text,
            "mail": text.mail_to(shown.email) if shown.email else None,
            "phone": PhoneLink(shown.phone) if shown.phone else None,
            "with_comments": with_comments,
            "form": form,
            "opts": self.opts,
        }
        return TemplateResponse(request, "admin/feedback/reply.html", context)

    def erase(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Confirm, and erase the details of a message or all of it. A second click erases and logs nothing."""
        feedback = get_object_or_404(Feedback, pk=pk)
        if not self.has_change_permission(request, feedback):
            raise PermissionDenied
        if request.method == "POST" and request.POST.get("what") in ("details", "all"):
            everything = request.POST["what"] == "all"
            with transaction.atomic():
                feedback = get_object_or_404(Feedback.objects.select_for_update(), pk=pk)
                if not feedback.is_anonymised and (everything or feedback.has_details):
                    reference = feedback.reference or ""
                    _log_access(request, AccessLog.Action.ERASED, reference, details_only=not everything)
                    (retention.erase_all if everything else retention.erase_details)(feedback)
            self._report_erasure(
                request,
                "All that this person wrote is erased. The month and the answer still count."
                if everything
                else "Name, e-mail, phone and our note are erased.",
            )
            if everything:
                return redirect("admin:feedback_feedback_changelist")
            return redirect("admin:feedback_feedback_change", pk)
        if feedback.is_anonymised:
            raise Http404
        context = {
            **self.admin_site.each_context(request),
            "title": f"Erase what is stored about the sender of {feedback.reference}",
            "feedback": feedback,
            "opts": self.opts,
        }
        return TemplateResponse(request, "admin/feedback/erase.html", context)

    def _report_erasure(self, request: HttpRequest, erased: str) -> None:
        """Say what was erased, and from where it was not yet."""
        if not retention.is_finished():
            later = "One file of the database may still hold it: it goes with the next daily deletion."
            messages.warning(request, f"{erased} {later}")
        elif connection.vendor == "sqlite":
            messages.success(request, erased)
        else:
            messages.success(request, f"{erased} Files of the database server may hold it for some time.")

    def subject_access(self, request: HttpRequest) -> HttpResponse:
        """Find every message about one person. The query is posted, and never logged."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        form = SubjectAccessForm(request.POST or None)
        matches = None
        if form.is_valid():
            candidates = Feedback.objects.not_anonymised().order_by("-sent_at", "-pk")
            matches = subject_access.find_person(form.cleaned_data["query"], candidates)
            _log_access(request, AccessLog.Action.SEARCHED, count=len(matches))
        context = {
            **self.admin_site.each_context(request),
            "title": "Find what is kept about somebody",
            "form": form,
            "matches": matches,
            "references": " ".join(match.message.reference or "" for match in matches or ()),
            "most_erased": subject_access.MOST_ERASED,
            "may_erase": self.has_change_permission(request),
            "opts": self.opts,
        }
        return TemplateResponse(request, "admin/feedback/subject_access.html", context)

    def erase_person(self, request: HttpRequest) -> HttpResponse:
        """Erase the messages that were found about a person, or those that are ticked, after a page that asks.

        Both pages carry the references of the messages that the user saw: one that came in since is not erased.
        """
        if not self.has_change_permission(request):
            raise PermissionDenied
        ticked = request.POST.get("what") == "ticked"
        chosen = " ".join(request.POST.getlist("ticked")) if ticked else request.POST.get("found", "")
        references = subject_access.read_references(chosen)
        if not references or len(references) > subject_access.MOST_ERASED:
            problem = (
                f"These are more than {subject_access.MOST_ERASED} messages. Search for more of the name or address."
                if references
                else "Nothing is ticked. Tick the messages to erase."
            )
            messages.error(request, f"{problem} Nothing was erased.")
            return self.subject_access(request)
        if request.POST.get("sure") == "yes":
            with transaction.atomic():
                erased = retention.erase_messages(references)
                if erased:
                    _log_access(request, AccessLog.Action.ERASED, *erased)
            self._report_erasures(request, len(erased), len(references) - len(erased))
            return redirect("admin:feedback-subject-access")
        left = Feedback.objects.filter(reference__in=references).order_by("-sent_at", "-pk")
        context = {
            **self.admin_site.each_context(request),
            "title": "Erase messages of one person",
            "left": left,
            "references": " ".join(message.reference or "" for message in left),
            "gone": len(references) - len(left),
            "opts": self.opts,
        }
        return TemplateResponse(request, "admin/feedback/erase_person.html", context)

    def _report_erasures(self, request: HttpRequest, erased: int, gone: int) -> None:
        if not erased:
            messages.warning(request, "These messages were erased before. There was nothing left to erase.")
            return
        words = "1 message is erased." if erased == 1 else f"{erased} messages are erased."
        if gone:
            words += f" {gone} of those that you chose {'was' if gone == 1 else 'were'} erased before."
        again = "Search again to see whether the person wrote more since."
        self._report_erasure(request, f"{words} Their months and answers still count. {again}")

    def summary(self, request: HttpRequest) -> HttpResponse:
        """The statistics of one year. `?period=year-2026-04&format=csv` is the file."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        today, key = timezone.localdate(), request.GET.get("period")
        period = year_of(today, 4) if key is None else read_period(key)
        if period is None or not period.is_year:
            raise Http404
        stats = summary.compute_statistics(period, today)
        page_views = count_total_views(period)
        stored_levels = levels.find(period)
        levels_note = stored_levels.note if stored_levels else ""
        if request.GET.get("format") == "csv":
            name = f"figures-{period.key}.csv"
            return HttpResponse(
                summary.write_csv(stats, levels.describe(stored_levels), levels_note, page_views),
                content_type="text/csv; charset=utf-8",
                headers={"Content-Disposition": f'attachment; filename="{name}"'},
            )
        context = {
            **self.admin_site.each_context(request),
            "title": "The year in figures",
            "stats": stats,
            "months": [row for _, row in stats.months],
            "replies": summary.describe_replies(stats.replies),
            "changes": summary.describe_changes(stats.changes),
            "levels": levels.describe(stored_levels),
            "levels_note": levels_note,
            "levels_address": levels.find_link(request, stored_levels, period),
            "views": summary.describe_page_views(page_views),
            "page_view_gaps": summary.describe_page_view_gaps(page_views),
            "page_view_address": reverse("page-view-statistics"),
            "is_running": period.last >= today,
            "years": years_since(summary.find_first_day() or today, today),
            "bars": summary.build_bars(stats.months),
            "service": Service.objects.first(),
            "today": today,
            "reply_days": settings.FEEDBACK_REPLY_DAYS,
            "opts": self.opts,
        }
        return TemplateResponse(request, "admin/feedback/summary.html", context)


@shown_on_start_page("Messages")
def find_unanswered_messages(request: HttpRequest) -> Iterator[Task]:
    if not request.user.has_perm("feedback.view_feedback"):
        return
    url = reverse("admin:feedback_feedback_changelist")
    waiting = Feedback.objects.waiting_for_reply()
    late = waiting.filter(sent_at__date__lt=_late_before()).count()
    in_time = waiting.count() - late
    unread = Feedback.objects.filter(status=Feedback.Status.NEW).count()
    if late:
        yield Task(_count(late, "waits", "wait", "for a reply"), f"{url}?reply=late", is_late=True)
    if in_time:
        yield Task(_count(in_time, "waits", "wait", "for a reply, in time"), f"{url}?reply=waiting")
    if unread:
        yield Task(
            _count(unread, "was", "were", "not read yet"), f"{url}?status__exact={Feedback.Status.NEW}"
        )


def _count(number: int, one: str, many: str, rest: str) -> str:
    return f"1 message {one} {rest}" if number == 1 else f"{number} messages {many} {rest}"


@admin.register(AccessLog)
class AccessLogAdmin(ReadOnly, LimitedModelAdmin):
    list_display = ("at", "username", "action", "reference", "messages")
    list_filter = ("action",)
    search_fields = ("username", "reference")
    ordering = ("-at", "-pk")
    date_hierarchy = "at"


@admin.register(PurgeRun)
class PurgeRunAdmin(ReadOnly, LimitedModelAdmin):
    list_display = ("at", "details", "comments")
    ordering = ("-at", "-pk")
