"""Addresses of the editor, and of the pictures that it keeps. To be included before the admin's."""

from django.urls import path, re_path

from . import ajax, pictures

urlpatterns = [
    path("admin/editor/preview/", ajax.preview, name="editor-preview"),
    path("admin/editor/upload/", ajax.upload, name="editor-upload"),
    # A name that no upload can have made is no address at all.
    re_path(rf"^media/pictures/(?P<name>{pictures.NAME})\Z", ajax.media, name="media"),
]
