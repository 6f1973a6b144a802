"""Every address of the site."""

from django.contrib import admin
from django.urls import include, path

from leaflets.editor.pages import shared

urlpatterns = [
    path("", include("leaflets.editor.urls")),  # Below admin/, which takes whatever is left there.
    path("", include("leaflets.staff.urls")),  # Takes two of the admin's own addresses.
    path("admin/", admin.site.urls),
    path("shared/<str:token>/", shared, name="shared-draft"),
    path("", include("leaflets.feedback.urls")),
    path("", include("leaflets.urls")),
]

handler404 = "leaflets.views.not_found"
handler500 = "leaflets.views.server_error"
