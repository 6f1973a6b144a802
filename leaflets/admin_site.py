"""The admin site of staff: Django's, with what there is to do on its start page."""

from typing import Any

from django.contrib import admin
from django.contrib.admin.apps import AdminConfig
from django.http import HttpRequest
from django.template.response import TemplateResponse

MAX_SHOWN = 20


class StaffAdminConfig(AdminConfig):
    default_site = "leaflets.admin_site.StaffAdminSite"


class StaffAdminSite(admin.AdminSite):
    """Names the provisions that leaflets cite and that nobody compared with the published law yet."""

    index_template = "admin/start.html"

    def index(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> TemplateResponse:
        from .models import provisions_never_checked

        unchecked = []
        if request.user.has_perm("leaflets.view_provision"):
            unchecked = list(provisions_never_checked()[: MAX_SHOWN + 1])
        context = {"unchecked": unchecked[:MAX_SHOWN], "more_unchecked": len(unchecked) > MAX_SHOWN}
        return super().index(request, context | (extra_context or {}))
