"""Access control: one table with a row for every URL of the project and a column for every role.

A URL without a row fails, and so does a row without a URL.
"""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings
from django.contrib.auth.models import User
from django.db import transaction
from django.test import override_settings
from pytest_django import DjangoDbBlocker

from leaflets.editing import attachments, pictures
from leaflets.feedback.models import AccessLog, Feedback, InterventionLevels, PurgeRun
from leaflets.models import (
    Edition,
    Leaflet,
    MeetingSheet,
    MissedSearch,
    SearchWords,
    Service,
    SourceVersion,
    Topic,
)
from leaflets.publishing import share_links
from leaflets.staff import signed_links
from tests.accounts import create_staff_user, with_totp
from tests.conftest import HttpsClient
from tests.factories import create_feedback, draft_as_staff, edit_as_staff, notice
from tests.pages import leaflet_from_text, load_site
from tests.routes import ROUTES
from tests.texts import full_service, term

# Who may open a page is decided in Python.
pytestmark = [pytest.mark.django_db, pytest.mark.any_database]

PICTURE = f"{'a' * 64}.png"
FILE = f"form-{'a' * 64}.pdf"

# Usernames, one for each column; "anonymous" is not signed in, "no-mfa" is a Publisher without the second step.
ROLES = ["anonymous", "no-mfa", "editor", "publisher", "feedback-reader", "administrator"]
# The cells, by the response to a GET, or to a POST where GET is not allowed:
#   yes   any other response: a page, a redirect, a form with errors
#   in?   redirect to sign-in     2nd?  redirect to the second step
#   no    403                     -     404
TABLE = r"""
/                                                                   yes  yes  yes  yes  yes  yes
/.well-known/security.txt                                           yes  yes  yes  yes  yes  yes
/<slug:slug>/                                                       yes  yes  yes  yes  yes  yes
/^brand/(?P<colour>[0-9a-f]{6})-(?P<digest>[0-9a-f]{16})\.css\Z      yes  yes  yes  yes  yes  yes
/^code-of-practice/(?P<number>\d{1,2}\.\d{1,3})/$                   yes  yes  yes  yes  yes  yes
/^law/(?P<slug>[a-z0-9-]+)/(?P<number>[0-9]{1,4}[A-Z]{0,3}|[0-9]{1,2}\.[0-9]{1,3})/$  yes  yes  yes  yes  yes  yes
/^logo/(?P<digest>[0-9a-f]{64})\.(?P<extension>svg|png)\Z          yes  yes  yes  yes  yes  yes
/^media/pictures/(?P<name>[0-9a-f]{64}\.(?:png|jpg|webp))\Z         yes  yes  yes  yes  yes  yes
/^media/files/(?P<name>[a-z0-9](?:[a-z0-9-]{0,59})-[0-9a-f]{64}\.(?:docx|pdf))\Z  yes  yes  yes  yes  yes  yes
/admin/                                                             in?  2nd? yes  yes  yes  yes
/admin/(?P<url>.*)$                                                 in?  2nd? -    -    -    -
/admin/<app_label>/                                                 in?  2nd? yes  yes  yes  yes
/admin/auth/group/                                                  in?  2nd? no   no   no   yes
/admin/auth/group/<path:object_id>/                                 in?  2nd? yes  yes  yes  yes
/admin/auth/group/<path:object_id>/change/                          in?  2nd? no   no   no   yes
/admin/auth/group/<path:object_id>/delete/                          in?  2nd? no   no   no   yes
/admin/auth/group/<path:object_id>/history/                         in?  2nd? no   no   no   yes
/admin/auth/group/add/                                              in?  2nd? no   no   no   yes
/admin/auth/user/                                                   in?  2nd? no   no   no   yes
/admin/auth/user/<path:object_id>/                                  in?  2nd? yes  yes  yes  yes
/admin/auth/user/<path:object_id>/change/                           in?  2nd? no   no   no   yes
/admin/auth/user/<path:object_id>/delete/                           in?  2nd? no   no   no   no
/admin/auth/user/<path:object_id>/history/                          in?  2nd? no   no   no   yes
/admin/auth/user/add/                                               in?  2nd? no   no   no   yes
/admin/autocomplete/                                                in?  2nd? no   no   no   no
/admin/editor/paste/                                                no   2nd? yes  yes  no   yes
/admin/editor/preview/                                              no   2nd? yes  yes  no   yes
/admin/editor/token/                                                no   2nd? yes  yes  no   yes
/admin/editor/upload/                                               no   2nd? yes  yes  no   yes
/admin/editor/upload-file/                                          no   2nd? yes  yes  no   yes
/admin/feedback/accesslog/                                          in?  2nd? no   no   no   yes
/admin/feedback/accesslog/<path:object_id>/                         in?  2nd? yes  yes  yes  yes
/admin/feedback/accesslog/<path:object_id>/change/                  in?  2nd? no   no   no   yes
/admin/feedback/accesslog/<path:object_id>/delete/                  in?  2nd? no   no   no   no
/admin/feedback/accesslog/<path:object_id>/history/                 in?  2nd? no   no   no   yes
/admin/feedback/accesslog/add/                                      in?  2nd? no   no   no   no
/admin/feedback/feedback/                                           in?  2nd? no   no   yes  yes
/admin/feedback/feedback/<int:pk>/erase/                            in?  2nd? no   no   yes  yes
/admin/feedback/feedback/<int:pk>/reply/                            in?  2nd? no   no   yes  yes
/admin/feedback/feedback/<path:object_id>/                          in?  2nd? yes  yes  yes  yes
/admin/feedback/feedback/<path:object_id>/change/                   in?  2nd? no   no   yes  yes
/admin/feedback/feedback/<path:object_id>/delete/                   in?  2nd? no   no   no   no
/admin/feedback/feedback/<path:object_id>/history/                  in?  2nd? no   no   yes  yes
/admin/feedback/feedback/add/                                       in?  2nd? no   no   no   no
/admin/feedback/feedback/export/                                    in?  2nd? no   no   yes  yes
/admin/feedback/feedback/person/                                    in?  2nd? no   no   yes  yes
/admin/feedback/feedback/person/erase/                               in?  2nd? no   no   yes  yes
/admin/feedback/feedback/summary/                                   in?  2nd? no   no   yes  yes
/admin/feedback/interventionlevels/                                 in?  2nd? no   no   yes  yes
/admin/feedback/interventionlevels/<path:object_id>/                in?  2nd? yes  yes  yes  yes
/admin/feedback/interventionlevels/<path:object_id>/change/         in?  2nd? no   no   yes  yes
/admin/feedback/interventionlevels/<path:object_id>/delete/         in?  2nd? no   no   no   no
/admin/feedback/interventionlevels/<path:object_id>/history/        in?  2nd? no   no   yes  yes
/admin/feedback/interventionlevels/add/                             in?  2nd? no   no   yes  yes
/admin/feedback/purgerun/                                           in?  2nd? no   no   no   yes
/admin/feedback/purgerun/<path:object_id>/                          in?  2nd? yes  yes  yes  yes
/admin/feedback/purgerun/<path:object_id>/change/                   in?  2nd? no   no   no   yes
/admin/feedback/purgerun/<path:object_id>/delete/                   in?  2nd? no   no   no   no
/admin/feedback/purgerun/<path:object_id>/history/                  in?  2nd? no   no   no   yes
/admin/feedback/purgerun/add/                                       in?  2nd? no   no   no   no
/admin/history/                                                     in?  2nd? no   no   no   yes
/admin/history/export/                                              in?  2nd? no   no   no   yes
/admin/old-facts/                                                   in?  2nd? yes  yes  no   yes
/admin/jsi18n/                                                      in?  2nd? yes  yes  yes  yes
/admin/leaflets/chapter/                                            in?  2nd? yes  yes  no   yes
/admin/leaflets/chapter/<path:object_id>/                           in?  2nd? yes  yes  yes  yes
/admin/leaflets/chapter/<path:object_id>/change/                    in?  2nd? yes  yes  no   yes
/admin/leaflets/chapter/<path:object_id>/delete/                    in?  2nd? no   no   no   no
/admin/leaflets/chapter/<path:object_id>/history/                   in?  2nd? yes  yes  no   yes
/admin/leaflets/chapter/add/                                        in?  2nd? no   no   no   no
/admin/leaflets/citation/                                           in?  2nd? yes  yes  no   yes
/admin/leaflets/citation/<path:object_id>/                          in?  2nd? yes  yes  yes  yes
/admin/leaflets/citation/<path:object_id>/change/                   in?  2nd? yes  yes  no   yes
/admin/leaflets/citation/<path:object_id>/delete/                   in?  2nd? no   no   no   no
/admin/leaflets/citation/<path:object_id>/history/                  in?  2nd? yes  yes  no   yes
/admin/leaflets/citation/add/                                       in?  2nd? no   no   no   no
/admin/leaflets/edition/                                            in?  2nd? yes  yes  no   yes
/admin/leaflets/edition/<path:object_id>/                           in?  2nd? yes  yes  yes  yes
/admin/leaflets/edition/<path:object_id>/change/                    in?  2nd? yes  yes  no   yes
/admin/leaflets/edition/<path:object_id>/delete/                    in?  2nd? no   no   no   no
/admin/leaflets/edition/<path:object_id>/history/                   in?  2nd? yes  yes  no   yes
/admin/leaflets/edition/add/                                        in?  2nd? no   no   no   no
/admin/leaflets/leaflet/                                            in?  2nd? yes  yes  no   yes
/admin/leaflets/leaflet/<int:pk>/again/                             in?  2nd? no   yes  no   yes
/admin/leaflets/leaflet/<int:pk>/checked/                           in?  2nd? yes  yes  no   yes
/admin/leaflets/leaflet/<int:pk>/compare/                           in?  2nd? yes  yes  no   yes
/admin/leaflets/leaflet/<int:pk>/discard/                           in?  2nd? yes  yes  no   yes
/admin/leaflets/leaflet/<int:pk>/document/                          in?  2nd? yes  yes  no   yes
/admin/leaflets/leaflet/<int:pk>/document/undo/                     in?  2nd? yes  yes  no   yes
/admin/leaflets/leaflet/<int:pk>/edit/                              in?  2nd? yes  yes  no   yes
/admin/leaflets/leaflet/<int:pk>/editions/                          in?  2nd? yes  yes  no   yes
/admin/leaflets/leaflet/<int:pk>/editions/<int:number>/draft/       in?  2nd? no   yes  no   yes
/admin/leaflets/leaflet/<int:pk>/paste/                             in?  2nd? yes  yes  no   yes
/admin/leaflets/leaflet/<int:pk>/preview/                           in?  2nd? yes  yes  no   yes
/admin/leaflets/leaflet/<int:pk>/publish/                           in?  2nd? no   yes  no   yes
/admin/leaflets/leaflet/<int:pk>/remove/                            in?  2nd? yes  yes  no   yes
/admin/leaflets/leaflet/<int:pk>/rename/                            in?  2nd? no   yes  no   yes
/admin/leaflets/leaflet/<int:pk>/schedule/undo/                     in?  2nd? no   yes  no   yes
/admin/leaflets/leaflet/<int:pk>/share/                             in?  2nd? yes  yes  no   yes
/admin/leaflets/leaflet/<int:pk>/thread/                            in?  2nd? yes  yes  no   yes
/admin/leaflets/leaflet/<int:pk>/withdraw/                          in?  2nd? no   yes  no   yes
/admin/leaflets/leaflet/<path:object_id>/                           in?  2nd? yes  yes  yes  yes
/admin/leaflets/leaflet/<path:object_id>/change/                    in?  2nd? yes  yes  yes  yes
/admin/leaflets/leaflet/<path:object_id>/delete/                    in?  2nd? no   no   no   no
/admin/leaflets/leaflet/<path:object_id>/history/                   in?  2nd? yes  yes  no   yes
/admin/leaflets/leaflet/owner/                                      in?  2nd? no   -    no   -
/admin/leaflets/leaflet/add/                                        in?  2nd? yes  yes  no   yes
/admin/leaflets/meetingsheet/                                       in?  2nd? yes  yes  no   yes
/admin/leaflets/meetingsheet/<path:object_id>/                      in?  2nd? yes  yes  yes  yes
/admin/leaflets/meetingsheet/<path:object_id>/change/               in?  2nd? yes  yes  no   yes
/admin/leaflets/meetingsheet/<path:object_id>/delete/               in?  2nd? no   no   no   no
/admin/leaflets/meetingsheet/<path:object_id>/history/              in?  2nd? yes  yes  no   yes
/admin/leaflets/meetingsheet/add/                                   in?  2nd? no   no   no   no
/admin/leaflets/notice/                                             in?  2nd? yes  yes  no   yes
/admin/leaflets/notice/<path:object_id>/                            in?  2nd? yes  yes  yes  yes
/admin/leaflets/notice/<path:object_id>/change/                     in?  2nd? yes  yes  no   yes
/admin/leaflets/notice/<path:object_id>/delete/                     in?  2nd? no   yes  no   yes
/admin/leaflets/notice/<path:object_id>/history/                    in?  2nd? yes  yes  no   yes
/admin/leaflets/notice/add/                                         in?  2nd? no   yes  no   yes
/admin/leaflets/missedsearch/                                       in?  2nd? yes  yes  no   yes
/admin/leaflets/missedsearch/<path:object_id>/                      in?  2nd? yes  yes  yes  yes
/admin/leaflets/missedsearch/<path:object_id>/change/               in?  2nd? yes  yes  no   yes
/admin/leaflets/missedsearch/<path:object_id>/delete/               in?  2nd? no   no   no   no
/admin/leaflets/missedsearch/<path:object_id>/history/              in?  2nd? yes  yes  no   yes
/admin/leaflets/missedsearch/add/                                   in?  2nd? no   no   no   no
/admin/leaflets/missedsearch/empty/                                 in?  2nd? no   yes  no   yes
/admin/leaflets/oldslug/                                            in?  2nd? yes  yes  no   yes
/admin/leaflets/oldslug/<path:object_id>/                           in?  2nd? yes  yes  yes  yes
/admin/leaflets/oldslug/<path:object_id>/change/                    in?  2nd? yes  yes  no   yes
/admin/leaflets/oldslug/<path:object_id>/delete/                    in?  2nd? no   no   no   no
/admin/leaflets/oldslug/<path:object_id>/history/                   in?  2nd? yes  yes  no   yes
/admin/leaflets/oldslug/add/                                        in?  2nd? no   no   no   no
/admin/leaflets/provision/                                          in?  2nd? yes  yes  no   yes
/admin/leaflets/provision/<path:object_id>/                         in?  2nd? yes  yes  yes  yes
/admin/leaflets/provision/<path:object_id>/change/                  in?  2nd? yes  yes  no   yes
/admin/leaflets/provision/<path:object_id>/delete/                  in?  2nd? no   no   no   no
/admin/leaflets/provision/<path:object_id>/history/                 in?  2nd? yes  yes  no   yes
/admin/leaflets/provision/add/                                      in?  2nd? no   yes  no   yes
/admin/leaflets/searchwords/                                        in?  2nd? yes  yes  no   yes
/admin/leaflets/searchwords/<path:object_id>/                       in?  2nd? yes  yes  yes  yes
/admin/leaflets/searchwords/<path:object_id>/change/                in?  2nd? yes  yes  no   yes
/admin/leaflets/searchwords/<path:object_id>/delete/                in?  2nd? no   no   no   no
/admin/leaflets/searchwords/<path:object_id>/history/               in?  2nd? yes  yes  no   yes
/admin/leaflets/searchwords/add/                                    in?  2nd? no   no   no   no
/admin/leaflets/section/                                            in?  2nd? yes  yes  no   yes
/admin/leaflets/section/<path:object_id>/                           in?  2nd? yes  yes  yes  yes
/admin/leaflets/section/<path:object_id>/change/                    in?  2nd? yes  yes  no   yes
/admin/leaflets/section/<path:object_id>/delete/                    in?  2nd? no   no   no   no
/admin/leaflets/section/<path:object_id>/history/                   in?  2nd? yes  yes  no   yes
/admin/leaflets/section/add/                                        in?  2nd? no   no   no   no
/admin/leaflets/service/                                            in?  2nd? yes  yes  no   yes
/admin/leaflets/service/<path:object_id>/                           in?  2nd? yes  yes  yes  yes
/admin/leaflets/service/<path:object_id>/change/                    in?  2nd? yes  yes  no   yes
/admin/leaflets/service/<path:object_id>/delete/                    in?  2nd? no   no   no   no
/admin/leaflets/service/<path:object_id>/history/                   in?  2nd? yes  yes  no   yes
/admin/leaflets/service/add/                                        in?  2nd? no   no   no   no
/admin/leaflets/source/                                             in?  2nd? yes  yes  no   yes
/admin/leaflets/source/<path:object_id>/                            in?  2nd? yes  yes  yes  yes
/admin/leaflets/source/<path:object_id>/change/                     in?  2nd? yes  yes  no   yes
/admin/leaflets/source/<path:object_id>/delete/                     in?  2nd? no   no   no   no
/admin/leaflets/source/<path:object_id>/history/                    in?  2nd? yes  yes  no   yes
/admin/leaflets/source/add/                                         in?  2nd? no   no   no   no
/admin/leaflets/sourceversion/                                      in?  2nd? yes  yes  no   yes
/admin/leaflets/sourceversion/<path:object_id>/                     in?  2nd? yes  yes  yes  yes
/admin/leaflets/sourceversion/<path:object_id>/change/              in?  2nd? yes  yes  no   yes
/admin/leaflets/sourceversion/<path:object_id>/delete/              in?  2nd? no   no   no   yes
/admin/leaflets/sourceversion/<path:object_id>/history/             in?  2nd? yes  yes  no   yes
/admin/leaflets/sourceversion/add/                                  in?  2nd? no   no   no   yes
/admin/leaflets/term/                                              in?  2nd? yes  yes  no   yes
/admin/leaflets/term/<path:object_id>/                             in?  2nd? yes  yes  yes  yes
/admin/leaflets/term/<path:object_id>/change/                      in?  2nd? yes  yes  no   yes
/admin/leaflets/term/<path:object_id>/delete/                      in?  2nd? no   yes  no   yes
/admin/leaflets/term/<path:object_id>/history/                     in?  2nd? yes  yes  no   yes
/admin/leaflets/term/add/                                          in?  2nd? no   yes  no   yes
/admin/leaflets/sourceversion/<int:pk>/impact/                      in?  2nd? yes  yes  no   yes
/admin/leaflets/topic/                                              in?  2nd? yes  yes  no   yes
/admin/leaflets/topic/<path:object_id>/                             in?  2nd? yes  yes  yes  yes
/admin/leaflets/topic/<path:object_id>/change/                      in?  2nd? yes  yes  no   yes
/admin/leaflets/topic/<path:object_id>/delete/                      in?  2nd? no   yes  no   yes
/admin/leaflets/topic/<path:object_id>/history/                     in?  2nd? yes  yes  no   yes
/admin/leaflets/topic/add/                                          in?  2nd? no   yes  no   yes
/admin/leaflets/topic/order/                                        in?  2nd? yes  yes  no   yes
/admin/leaflets/topic/order/<int:pk>/                               in?  2nd? no   yes  no   yes
/admin/leaflets/topic/order/home/                                   in?  2nd? yes  yes  no   yes
/admin/login/                                                       in?  2nd? yes  yes  yes  yes
/admin/logout/                                                      yes  2nd? yes  yes  yes  yes
/admin/password_change/                                             yes  2nd? yes  yes  yes  yes
/admin/password_change/done/                                        in?  2nd? yes  yes  yes  yes
/admin/r/<path:content_type_id>/<path:object_id>/                   in?  2nd? -    -    -    -
/admin/uploads/                                                     in?  2nd? yes  yes  no   yes
/admin/uploads/remove/                                              in?  2nd? no   -    no   -
/admin/what-is-read/                                                in?  2nd? yes  yes  yes  yes
/code-of-practice/                                                  yes  yes  yes  yes  yes  yes
/contact/                                                           yes  yes  yes  yes  yes  yes
/display/                                                           yes  yes  yes  yes  yes  yes
/duties/                                                            yes  yes  yes  yes  yes  yes
/have-your-say/                                                     yes  yes  yes  yes  yes  yes
/have-your-say/thank-you/                                           yes  yes  yes  yes  yes  yes
/healthz                                                            yes  yes  yes  yes  yes  yes
/law/                                                               yes  yes  yes  yes  yes  yes
/law/<slug:slug>/                                                   yes  yes  yes  yes  yes  yes
/leaflets/                                                          yes  yes  yes  yes  yes  yes
/leaflets/<slug:slug>/                                              yes  yes  yes  yes  yes  yes
/leaflets/<slug:slug>/<slug:name>.pdf                               yes  yes  yes  yes  yes  yes
/leaflets/<slug:slug>/duties/                                       yes  yes  yes  yes  yes  yes
/leaflets/<slug:slug>/editions/                                     yes  yes  yes  yes  yes  yes
/leaflets/<slug:slug>/editions/<number:number>/                     yes  yes  yes  yes  yes  yes
/leaflets/<slug:slug>/letters/<slug:anchor>/                        yes  yes  yes  yes  yes  yes
/leaflets/<slug:slug>/parts/<slug:anchor>/                          yes  yes  yes  yes  yes  yes
/leaflets/<slug:slug>/meeting.ics                                   yes  yes  yes  yes  yes  yes
/leaflets/<slug:slug>/meeting/                                      yes  yes  yes  yes  yes  yes
/leaflets/<slug:slug>/meeting/sheet/                                yes  yes  yes  yes  yes  yes
/metrics                                                            -    -    -    -    -    -
/news.atom                                                          yes  yes  yes  yes  yes  yes
/readyz                                                             yes  yes  yes  yes  yes  yes
/robots.txt                                                         yes  yes  yes  yes  yes  yes
/search/                                                            yes  yes  yes  yes  yes  yes
/shared/<str:token>/                                                yes  yes  yes  yes  yes  yes
/sitemap.xml                                                        yes  yes  yes  yes  yes  yes
/staff/                                                             in?  yes  yes  yes  yes  yes
/staff/^password/new/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$         yes  yes  yes  yes  yes  yes
/staff/again/                                                       in?  yes  yes  yes  yes  yes
/staff/break-glass/<str:token>/                                     yes  yes  yes  yes  yes  yes
/staff/closed/                                                      yes  yes  yes  yes  yes  yes
/staff/council/                                                     -    -    -    -    -    -
/staff/council/back/                                                -    -    -    -    -    -
/staff/invitation/<str:token>/                                      yes  yes  yes  yes  yes  yes
/staff/password/                                                    in?  yes  yes  yes  yes  yes
/staff/password/forgotten/                                          yes  yes  yes  yes  yes  yes
/staff/password/forgotten/sent/                                     yes  yes  yes  yes  yes  yes
/staff/second-step/                                                 in?  yes  yes  yes  yes  yes
/staff/second-step/again/                                           in?  yes  yes  yes  yes  yes
/staff/second-step/app/                                             in?  yes  yes  yes  yes  yes
/staff/second-step/app/remove/                                      in?  -    yes  yes  yes  yes
/staff/second-step/codes/                                           in?  -    yes  yes  yes  yes
/staff/second-step/codes/new/                                       in?  yes  yes  yes  yes  yes
/staff/second-step/passkey/                                         in?  yes  yes  yes  yes  yes
/staff/second-step/passkey/<int:pk>/remove/                         in?  -    -    -    -    -
/staff/second-step/passkey/again/                                   in?  yes  yes  yes  yes  yes
/staff/second-step/passkeys/                                        yes  yes  yes  yes  yes  yes
/staff/sign-in/                                                     yes  yes  yes  yes  yes  yes
/staff/sign-out-everywhere/                                         yes  yes  yes  yes  yes  yes
/staff/sign-out/                                                    yes  yes  yes  yes  yes  yes
/static/<path:name>                                                 yes  yes  yes  yes  yes  yes
/words/                                                             yes  yes  yes  yes  yes  yes
/you-said-we-did/                                                   yes  yes  yes  yes  yes  yes
"""


ROWS = {line.split()[0].removeprefix("/"): line.split()[1:] for line in TABLE.strip().splitlines()}


@pytest.fixture(scope="module")
def sessions(
    tmp_path_factory: pytest.TempPathFactory, module_database: DjangoDbBlocker
) -> Iterator[dict[str, str]]:
    """A small site with one object of every kind; the session cookie of every role that is signed in."""
    folder = tmp_path_factory.mktemp("access")
    with override_settings(MEDIA_ROOT=folder / "media"):
        with module_database.unblock():
            make_site(folder)
            users = User.objects.filter(username__in=ROLES)
            cookies = {user.username: session_cookie(user) for user in users}
        assert sorted([*cookies, "anonymous"]) == sorted(ROLES)
        yield cookies


def make_site(folder: Path) -> None:
    picture = pictures.picture_path(PICTURE)
    picture.parent.mkdir(parents=True)
    picture.write_bytes(b"A picture.")
    attachment = attachments.attachment_path(FILE)
    attachment.parent.mkdir()
    attachment.write_bytes(b"A form.")
    letter = "Words.\n\n## A letter {#a-letter .letter}\n\nDear ____,"
    load_site(
        folder,
        leaflet_from_text(letter, "plans", title="Plans", formerly="[ehc-plans]"),
        service=full_service(),
        terms=[term()],
    )
    MeetingSheet.objects.create(pk=1)
    edit_as_staff("The first edition is an older one now.")
    draft_as_staff("And here is what comes next.")
    Topic.objects.create(slug="school", title="School")
    notice()
    create_feedback("Very clear.", wants_reply=True, email="parent@example.org")
    AccessLog.objects.create(username="administrator", action=AccessLog.Action.OPENED)
    PurgeRun.objects.create(details=0, comments=0)
    InterventionLevels.objects.create(first="2025-04-01", level_1=3)
    SearchWords.objects.create(synonyms=["EHCP = EHC plan"])
    MissedSearch.objects.create(words="braille", month="2026-11-01")
    with_totp(create_staff_user("editor", "Editors"))
    with_totp(create_staff_user("publisher", "Publishers"))
    with_totp(create_staff_user("feedback-reader", "Feedback readers"))
    with_totp(create_staff_user("administrator", is_superuser=True))
    create_staff_user("no-mfa", "Publishers")


def session_cookie(user: User) -> str:
    visitor = HttpsClient()
    visitor.force_login(user, second_step=user.username != "no-mfa")
    return visitor.cookies[settings.SESSION_COOKIE_NAME].value


def path_of(route: str, user: User) -> str:
    """The path of an existing object for a URL pattern, whose parameters are filled in."""
    leaflet = Leaflet.objects.get(slug="sen-support")
    model = re.match(r"admin/(\w+)/(\w+)/<path:object_id>", route)
    parts = {
        "<path:object_id>": str(first_pk(*model.groups())) if model else "1",
        "<path:content_type_id>": "1",
        "<path:name>": "site.0123456789ab.css",
        "<int:number>": "1",
        "<number:number>": "1",
        "<int:pk>": str(pk_in(route, leaflet)),
        "<str:token>": token_for(route, user),
        "law/<slug:slug>/": "law/code-of-practice/",
        "^law/(?P<slug>[a-z0-9-]+)/(?P<number>[0-9]{1,4}[A-Z]{0,3}|[0-9]{1,2}\\.[0-9]{1,3})/$": (
            "law/code-of-practice/6.17/"
        ),
        "^code-of-practice/(?P<number>\\d{1,2}\\.\\d{1,3})/$": "code-of-practice/6.17/",
        "leaflets/<slug:slug>/letters/<slug:anchor>/": "leaflets/plans/letters/a-letter/",
        "<slug:anchor>": "plan",
        "<slug:slug>": "sen-support",
        "<slug:name>": "sen-support",
        "<app_label>/": "leaflets/",
        "(?P<url>.*)$": "no-such-page",
        "^password/new/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$": "password/new/1-abc/",
    }
    for part, value in parts.items():
        route = route.replace(part, value)
    route = re.sub(r"\^media/pictures/.*", f"media/pictures/{PICTURE}", route)
    route = re.sub(r"\^media/files/.*", f"media/files/{FILE}", route)
    service = Service.objects.get()
    route = re.sub(r"\^logo/.*", service.logo_url.removeprefix("/"), route)
    route = re.sub(r"\^brand/.*", service.brand_stylesheet_url.removeprefix("/"), route)
    assert "<" not in route, f"Add a value for the parameter in {route} to this function."
    queries = {"compare/": "?from=1&to=2", "thank-you/": f"?reference={Feedback.objects.get().reference}"}
    return f"/{route}" + next((query for end, query in queries.items() if route.endswith(end)), "")


def pk_in(route: str, leaflet: Leaflet) -> int:
    """The primary key of an object that a route with `<int:pk>` is about."""
    if "feedback" in route:
        return Feedback.objects.get().pk
    return SourceVersion.objects.get().pk if "sourceversion" in route else leaflet.pk


def first_pk(app: str, model: str) -> object:
    record = apps.get_model(app, model)._default_manager.first()
    assert record, f"Create a {model} in make_site: a missing object is a 404 for every role."
    return record.pk


def token_for(route: str, user: User) -> str:
    link = signed_links.BREAK_GLASS if "break-glass" in route else signed_links.INVITATION
    if "staff/" in route:
        return link.make_url(user).rstrip("/").rpartition("/")[2]
    return share_links.make_token(share_links.create_share_link(Edition.objects.get(status="draft"), by=user))


def cell_for(visitor: HttpsClient, route: str, path: str, session: str | None) -> str:
    """Request a path with a session cookie and return the cell of the table; roll back what the request changed."""
    visitor.cookies.clear()
    if session is not None:
        visitor.cookies[settings.SESSION_COOKIE_NAME] = session
    with transaction.atomic():
        response = visitor.get(path)
        if response.status_code == 405:
            response = visitor.post(path)
        b"".join(response)  # closes the file of a streaming response
        transaction.set_rollback(True)
    location = response.get("Location", "")
    if (
        location.startswith(("/admin/login/", "/staff/sign-in/"))
        and "logout" not in route
        and "sign-out" not in route
    ):
        return "in?"
    if location == "/staff/" and route.startswith("admin/"):
        return "2nd?"
    return {403: "no", 404: "-"}.get(response.status_code, "yes")


def test_every_url_has_a_row_and_every_row_a_url():
    assert sorted(ROWS) == ROUTES


@pytest.mark.parametrize("route", ROWS, ids="/{}".format)
def test_each_role_reaches_what_the_row_says(sessions, route):
    visitor = HttpsClient()
    path = path_of(route, User.objects.get(username="editor"))

    cells = {role: cell_for(visitor, route, path, sessions.get(role)) for role in ROLES}

    assert cells == dict(zip(ROLES, ROWS[route], strict=True))
