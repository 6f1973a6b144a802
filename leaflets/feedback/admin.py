"""Have Your Say in the admin."""

from django.contrib import admin
from django.http import HttpRequest

from .models import Feedback


@admin.register(Feedback)
class FeedbackAdmin(admin.ModelAdmin):
    """What people wrote is read, never changed."""

    list_display = ("reference", "sent_at", "leaflet", "section", "comments_start")
    list_filter = ("leaflet",)
    search_fields = ("reference", "comments")
    ordering = ("-sent_at",)
    date_hierarchy = "sent_at"

    @admin.display(description="comments")
    def comments_start(self, feedback: Feedback) -> str:
        return feedback.comments[:80]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Feedback | None = None) -> bool:
        return False
