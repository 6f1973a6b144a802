"""URLs of the editor's endpoints, of the page of uploads, and of pictures and files. Include them before the admin's."""

from django.urls import path, re_path

from . import ajax, attachments, old_facts, page_view_statistics, pictures, uploads

urlpatterns = [
    path("admin/editor/paste/", ajax.paste, name="editor-paste"),
    path("admin/editor/preview/", ajax.preview, name="editor-preview"),
    path("admin/editor/token/", ajax.token, name="editor-token"),
    path("admin/editor/upload/", ajax.upload, name="editor-upload"),
    path("admin/editor/upload-file/", ajax.upload_file, name="editor-upload-file"),
    path("admin/what-is-read/", page_view_statistics.page, name="page-view-statistics"),
    path("admin/old-facts/", old_facts.show, name="old-facts"),
    path("admin/uploads/", uploads.show, name="uploads"),
    path("admin/uploads/remove/", uploads.remove, name="uploads-remove"),
    # Only names that `save_picture` and `save_file` make match, which rules out path traversal.
    re_path(rf"^media/pictures/(?P<name>{pictures.NAME_PATTERN})\Z", ajax.media, name="media"),
    re_path(rf"^media/files/(?P<name>{attachments.NAME_PATTERN})\Z", ajax.attachment, name="attachment"),
]
