"""Every address of the site."""

from django.contrib import admin
from django.urls import include, path

from leaflets.editing.views import shared_draft

from .ops.readiness import healthz, readyz
from .web.static_files import of_another_version

urlpatterns = [
    path("", include("leaflets.editing.urls")),  # Below admin/, which takes whatever is left there.
    path("", include("leaflets.staff.urls")),  # Takes two of the admin's own addresses.
    path("admin/", admin.site.urls),
    path("shared/<str:token>/", shared_draft, name="shared-draft"),
    path("static/<path:name>", of_another_version),  # WhiteNoise answers for those that are here.
    path("healthz", healthz, name="healthz"),
    path("readyz", readyz, name="readyz"),
    path("", include("leaflets.feedback.urls")),
    path("", include("leaflets.public.urls")),
]

handler404 = "leaflets.public.views.not_found"
handler500 = "leaflets.public.views.server_error"
