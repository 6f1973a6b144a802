"""URLs of the editor's endpoints and of pictures. Include them before the admin's."""

from django.urls import path, re_path

from . import ajax, pictures

urlpatterns = [
    path("admin/editor/paste/", ajax.paste, name="editor-paste"),
    path("admin/editor/preview/", ajax.preview, name="editor-preview"),
    path("admin/editor/token/", ajax.token, name="editor-token"),
    path("admin/editor/upload/", ajax.upload, name="editor-upload"),
    # Only names that `save_picture` makes match, which rules out path traversal.
    re_path(rf"^media/pictures/(?P<name>{pictures.NAME_PATTERN})\Z", ajax.media, name="media"),
]
