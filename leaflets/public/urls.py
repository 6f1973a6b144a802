"""URLs of the public pages. They are printed on paper: existing ones must keep working."""

from django.contrib.sitemaps.views import sitemap
from django.urls import path, re_path, register_converter
from django.urls.converters import IntConverter

from . import views
from .caching import cacheable_page
from .sitemaps import SITEMAPS


class NumberConverter(IntConverter):
    """A number in one spelling: `<int:>` also matches 01 and 001, each of which would be cached as a page."""

    regex = "[1-9][0-9]*"


register_converter(NumberConverter, "number")

urlpatterns = [
    path("", views.home, name="home"),
    path("leaflets/", views.leaflet_list, name="leaflets"),
    path("leaflets/<slug:slug>/", views.leaflet, name="leaflet"),
    path("leaflets/<slug:slug>/<slug:name>.pdf", views.leaflet_pdf, name="leaflet-pdf"),
    path("leaflets/<slug:slug>/editions/", views.edition_list, name="editions"),
    path("leaflets/<slug:slug>/editions/<number:number>/", views.edition, name="edition"),
    path("code-of-practice/", views.code_of_practice, name="code-of-practice"),
    re_path(r"^code-of-practice/(?P<number>\d{1,2}\.\d{1,3})/$", views.code_paragraph, name="code-paragraph"),
    path("contact/", views.contact, name="contact"),
    path("display/", views.display, name="display"),
    # For machines
    path("robots.txt", views.robots_txt, name="robots.txt"),
    path("sitemap.xml", cacheable_page()(sitemap), {"sitemaps": SITEMAPS}, name="sitemap.xml"),
    path(".well-known/security.txt", views.security_txt, name="security.txt"),
    # Last, because it matches every remaining slug
    path("<slug:slug>/", views.footer_page, name="footer-page"),
]
