"""URLs of the site."""

from django.contrib import admin
from django.urls import include, path

from leaflets.editing.views import shared_draft

from .ops.metrics import metrics
from .ops.readiness import healthz, readyz
from .web.static_files import serve_current_version

urlpatterns = [
    path("", include("leaflets.editing.urls")),  # Before admin/, which matches all addresses below it.
    path("", include("leaflets.staff.urls")),  # Overrides two URLs of the admin.
    path("admin/", admin.site.urls),
    path("shared/<str:token>/", shared_draft, name="shared-draft"),
    path("static/<path:name>", serve_current_version),  # WhiteNoise serves the files that exist.
    path("healthz", healthz, name="healthz"),
    path("readyz", readyz, name="readyz"),
    path("metrics", metrics, name="metrics"),
    path("", include("leaflets.feedback.urls")),
    path("", include("leaflets.public.urls")),
]

handler404 = "leaflets.public.views.not_found"
handler500 = "leaflets.public.views.server_error"
