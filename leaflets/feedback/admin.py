"""Have Your Say in the admin: what people wrote is read, never changed; who looked is written down."""

from typing import Any
from urllib.parse import quote

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.views.decorators.http import require_POST

from leaflets.admin import ReadOnly
from leaflets.freshness import mark_changed
from leaflets.models import PhoneLink

from . import replies, retention, summary
from .export import write_csv
from .models import Access, Feedback, Purge
from .personal import find_personal_details

EXPORT = "feedback.export_feedback"
EXPORT_DETAILS = "feedback.export_personal_details"


def _write_down(request: HttpRequest, action: str, reference: str = "", count: int = 1) -> None:
    username = request.user.get_username()
    Access.objects.create(
        user=request.user, username=username, action=action, reference=reference, messages=count
    )


class ReplyFilter(admin.SimpleListFilter):
    title = "reply"
    parameter_name = "reply"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> list[tuple[str, str]]:
        return [("waiting", "Waiting for one"), ("late", "Late")]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        if self.value() == "waiting":
            return queryset.waiting_for_reply()
        if self.value() == "late":
            late_before = replies.late_before(timezone.localdate())
            return queryset.waiting_for_reply().filter(sent_at__date__lt=late_before)
        return queryset


class LeafletFilter(admin.RelatedOnlyFieldListFilter):
    """The leaflets that somebody wrote about, by their titles."""

    def field_choices(
        self, field: Any, request: HttpRequest, model_admin: admin.ModelAdmin
    ) -> list[tuple[str, Any]]:
        named = model_admin.get_queryset(request).exclude(leaflet=None).order_by("leaflet_title")
        return [(str(pk), title) for pk, title in named.values_list("leaflet", "leaflet_title").distinct()]


class FeedbackAdminForm(forms.ModelForm):
    """What staff say about a message."""

    class Meta:
        widgets = {name: forms.Textarea(attrs={"rows": 3, "cols": 80}) for name in ("you_said", "we_did")}

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        for name in ("you_said", "we_did"):
            if cleaned.get("is_public") and not cleaned.get(name):
                self.add_error(name, "Fill this in before readers see it.")
            for detail in find_personal_details(cleaned.get(name, "")) if cleaned.get("is_public") else ():
                self.add_error(
                    name, f"Take out “{detail.words}” before readers see it: it looks like {detail.kind}."
                )
        return cleaned


@admin.register(Feedback)
class FeedbackAdmin(admin.ModelAdmin):
    form = FeedbackAdminForm
    # What one acts upon first: a narrow screen cuts the rest.
    list_display = (
        "__str__",
        "sent_at",
        "status",
        "answer_by",
        "comments_start",
        "about",
        "useful",
        "comments_go",
    )
    list_filter = ("status", ReplyFilter, "wants_reply", "useful", ("leaflet", LeafletFilter), "section")
    # Names and addresses are not searched: what one looks for stands in the page's own address.
    search_fields = ("reference", "comments", "note", "we_did")
    ordering = ("-sent_at", "-pk")
    date_hierarchy = "sent_at"
    actions = None
    fieldsets = (
        (
            "What somebody sent",
            {
                "fields": (
                    "reference",
                    "sent_at",
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
        ("What we do", {"fields": ("answer_by", "status", "note")}),
        ("You said, we did", {"fields": ("you_said", "we_did", "is_public")}),
        ("When it is deleted", {"fields": ("comments_go", "details_go")}),
    )
    readonly_fields = (
        "reference", "sent_at", "about", "useful", "comments", "wants_reply", "name", "email_link", "phone_link",
        "answer_by", "comments_go", "details_go",
    )  # fmt: skip
    change_form_template = "admin/feedback/change_form.html"
    change_list_template = "admin/feedback/change_list.html"

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        return [
            path("summary/", view(self.summary), name="feedback-summary"),
            path("export/", view(require_POST(self.export)), name="feedback-export"),
            path("<int:pk>/erase/", view(self.erase), name="feedback-erase"),
            *super().get_urls(),
        ]

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return super().get_queryset(request).with_titles()

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Feedback | None = None) -> bool:
        return False

    @admin.display(description="comments")
    def comments_start(self, feedback: Feedback) -> str:
        return feedback.comments[:80]

    @admin.display(description="about")
    def about(self, feedback: Feedback) -> str:
        if not feedback.leaflet_id:
            return "no leaflet"
        edition = f", edition {feedback.edition_number}" if feedback.edition_number else ""
        section = f", {feedback.section}" if feedback.section else ""
        return f"{feedback.leaflet_title}{section}{edition}"

    @admin.display(description="e-mail")
    def email_link(self, feedback: Feedback) -> str:
        if not feedback.email:
            return "–"
        # An address may hold a "?", after which a mail program would read orders.
        return format_html('<a href="mailto:{}">{}</a>', quote(feedback.email, safe="@"), feedback.email)

    @admin.display(description="phone")
    def phone_link(self, feedback: Feedback) -> str:
        if not feedback.phone:
            return "–"
        return format_html('<a href="{}">{}</a>', PhoneLink(feedback.phone).href, feedback.phone)

    @admin.display(description="answer by")
    def answer_by(self, feedback: Feedback) -> str:
        if not feedback.waits_for_reply:
            return "–"
        due = replies.due_on(timezone.localdate(feedback.sent_at))
        late = " (late)" if due < timezone.localdate() else ""
        return f"{date_format(due, 'j M Y')}{late}"

    @admin.display(description="comments are deleted after", ordering="comments_until")
    def comments_go(self, feedback: Feedback) -> str:
        if feedback.reference is None:
            return "deleted: only the count is kept"
        return date_format(feedback.comments_until, "j M Y")

    @admin.display(description="name, e-mail and phone are deleted after")
    def details_go(self, feedback: Feedback) -> str:
        return date_format(feedback.details_until, "j M Y") if feedback.has_details else "none are kept"

    def changelist_view(self, request: HttpRequest, extra_context: dict | None = None) -> HttpResponse:
        """The list, with the ways to export what it shows."""
        context = {
            "title": "What people wrote",
            "may_export": request.user.has_perm(EXPORT),
            "may_export_details": request.user.has_perm(EXPORT_DETAILS),
            "shown": request.GET.urlencode(),
        }
        return super().changelist_view(request, context | (extra_context or {}))

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict | None = None
    ) -> HttpResponse:
        """One message. Opening it is written down, and a new one is then a read one."""
        feedback = self.get_object(request, object_id)
        if feedback and request.method == "GET" and self.has_view_or_change_permission(request, feedback):
            _write_down(request, Access.Action.OPENED, feedback.reference or "")
            if self.has_change_permission(request, feedback):
                Feedback.objects.filter(pk=feedback.pk, status=Feedback.Status.NEW).update(
                    status=Feedback.Status.READ
                )
        return super().change_view(request, object_id, form_url, extra_context)

    def save_model(self, request: HttpRequest, obj: Feedback, form: forms.ModelForm, change: bool) -> None:
        if "status" in form.changed_data:
            retention.set_dates(obj)
        super().save_model(request, obj, form, change)
        if {"you_said", "we_did", "is_public"}.intersection(form.changed_data):
            mark_changed()

    def export(self, request: HttpRequest) -> HttpResponse:
        """The messages that the list shows, as CSV. Who exported how many is written down."""
        with_details = request.POST.get("details") == "yes"
        if not request.user.has_perm(EXPORT_DETAILS if with_details else EXPORT):
            raise PermissionDenied
        shown = list(self.get_changelist_instance(request).get_queryset(request))
        action = Access.Action.EXPORTED_DETAILS if with_details else Access.Action.EXPORTED
        _write_down(request, action, count=len(shown))
        kind = "with-personal-details" if with_details else "without-personal-details"
        name = f"have-your-say-{kind}-{timezone.localdate()}.csv"
        response = HttpResponse(
            write_csv(shown, with_details=with_details), content_type="text/csv; charset=utf-8"
        )
        response["Content-Disposition"] = f'attachment; filename="{name}"'
        return response

    def erase(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Ask how much to erase, and erase it: the sender asked for it."""
        feedback = get_object_or_404(Feedback.objects.not_anonymous(), pk=pk)
        if not self.has_change_permission(request, feedback):
            raise PermissionDenied
        if request.method == "POST" and request.POST.get("what") in ("details", "all"):
            _write_down(request, Access.Action.ERASED, feedback.reference or "")
            if request.POST["what"] == "all":
                retention.erase_all(feedback)
                messages.success(
                    request, "All that this person wrote is erased. The month and the answer still count."
                )
                return redirect("admin:feedback_feedback_changelist")
            retention.erase_details(feedback)
            messages.success(request, "Name, e-mail and phone are erased.")
            return redirect("admin:feedback_feedback_change", pk)
        context = {
            **self.admin_site.each_context(request),
            "title": f"Erase what {feedback.reference} says of this person",
            "feedback": feedback,
            "opts": self.opts,
        }
        return TemplateResponse(request, "admin/feedback/erase.html", context)

    def summary(self, request: HttpRequest) -> HttpResponse:
        """How many messages came, by month and by leaflet."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        months = summary.by_month(timezone.localdate())
        context = {
            **self.admin_site.each_context(request),
            "title": "Have Your Say in the last twelve months",
            "months": [row for _, row in months],
            "bars": summary.bars(months),
            "leaflets": summary.by_leaflet(timezone.localdate()),
            "opts": self.opts,
        }
        return TemplateResponse(request, "admin/feedback/summary.html", context)


@admin.register(Access)
class AccessAdmin(ReadOnly, admin.ModelAdmin):
    list_display = ("at", "username", "action", "reference", "messages")
    list_filter = ("action",)
    search_fields = ("username", "reference")
    ordering = ("-at", "-pk")
    date_hierarchy = "at"


@admin.register(Purge)
class PurgeAdmin(ReadOnly, admin.ModelAdmin):
    list_display = ("at", "details", "comments")
    ordering = ("-at", "-pk")
