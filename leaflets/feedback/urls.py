"""URLs of Have Your Say."""

from django.urls import path

from . import views

urlpatterns = [
    path("have-your-say/", views.have_your_say, name="have-your-say"),
    path("have-your-say/thank-you/", views.thank_you, name="thank-you"),
    path("you-said-we-did/", views.you_said_we_did, name="you-said-we-did"),
]
