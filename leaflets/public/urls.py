"""URLs of the public pages. They are printed on paper: existing ones must keep working."""

from django.contrib.sitemaps.views import sitemap
from django.urls import path, re_path, register_converter
from django.urls.converters import IntConverter
from django.views.generic import RedirectView

from . import duties, meeting, views
from .caching import cacheable_page
from .search.views import search
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
    path("leaflets/<slug:slug>/duties/", duties.leaflet_duties, name="leaflet-duties"),
    path("leaflets/<slug:slug>/meeting/", meeting.meeting, name="meeting"),
    path("leaflets/<slug:slug>/meeting/sheet/", meeting.meeting_sheet, name="meeting-sheet"),
    path("leaflets/<slug:slug>/meeting.ics", meeting.meeting_ics, name="meeting-ics"),
    path("leaflets/<slug:slug>/letters/<slug:anchor>/", meeting.letter, name="letter"),
    path("leaflets/<slug:slug>/parts/<slug:anchor>/", views.leaflet_part, name="leaflet-part"),
    path("duties/", duties.duty_list, name="duties"),
    path("law/", views.law, name="law"),
    path("law/<slug:slug>/", views.law_source, name="law-source"),
    re_path(
        r"^law/(?P<slug>[a-z0-9-]+)/(?P<number>[0-9]{1,4}[A-Z]{0,3}|[0-9]{1,2}\.[0-9]{1,3})/$",
        views.law_provision,
        name="law-provision",
    ),
    # Addresses of before there were other sources: they are printed on paper.
    path(
        "code-of-practice/",
        RedirectView.as_view(url="/law/code-of-practice/", permanent=True),
        name="code-of-practice",
    ),
    re_path(
        r"^code-of-practice/(?P<number>\d{1,2}\.\d{1,3})/$",
        RedirectView.as_view(url="/law/code-of-practice/%(number)s/", permanent=True),
        name="code-paragraph",
    ),
    path("words/", views.words, name="words"),
    path("search/", search, name="search"),
    path("contact/", views.contact, name="contact"),
    # Of the service's record. The digest in the address is that of the content, which never changes there.
    re_path(r"^logo/(?P<digest>[0-9a-f]{64})\.(?P<extension>svg|png)\Z", views.logo, name="logo"),
    re_path(
        r"^brand/(?P<colour>[0-9a-f]{6})-(?P<digest>[0-9a-f]{16})\.css\Z",
        views.brand_stylesheet,
        name="brand-stylesheet",
    ),
    path("display/", views.display, name="display"),
    # For machines
    path("news.atom", views.news, name="news"),
    path("robots.txt", views.robots_txt, name="robots.txt"),
    path("sitemap.xml", cacheable_page()(sitemap), {"sitemaps": SITEMAPS}, name="sitemap.xml"),
    path(".well-known/security.txt", views.security_txt, name="security.txt"),
    # Last, because it matches every remaining slug
    path("<slug:slug>/", views.footer_page, name="footer-page"),
]
