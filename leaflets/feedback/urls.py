"""Addresses of Have Your Say."""

from django.urls import path

from . import views

urlpatterns = [
    path("", views.have_your_say, name="have-your-say"),
    path("thank-you/", views.thank_you, name="thank-you"),
]
