"""Notices: loading, export, edits by staff, and what pages show."""

import datetime as dt
from datetime import datetime, timedelta

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from leaflets.content.notices import MAX_NOTICES, NoticeSource, read_time
from leaflets.files.problems import ContentError
from leaflets.models import Edition, Leaflet, Notice, Service
from leaflets.models.site_version import read_site_version
from leaflets.public.layout import PageLayout
from leaflets.public.leaflet_pdfs import _render
from leaflets.publishing import editions
from leaflets.publishing.export import export_content
from leaflets.publishing.loading import find_conflicts, load as load_folder
from tests.factories import load, notice, write_content
from tests.pages import load_site, visit

pytestmark = pytest.mark.django_db

THIS_YEAR = timezone.localdate().year
MAY = NoticeSource(
    "Our number changes.", read_time(f"{THIS_YEAR}-05-01"), read_time(f"{THIS_YEAR + 1}-05-01")
)
CHRISTMAS = NoticeSource(
    "Closed for Christmas.",
    read_time("2020-12-24 12:00"),
    read_time("2021-01-04 09:00"),
    "important",
    pages=("/contact/",),
)


@pytest.fixture(scope="module", autouse=True)
def _content(module_database, tmp_path_factory) -> None:
    """The small site, on which a test may load more."""
    with module_database.unblock():
        load_site(tmp_path_factory.mktemp("content"))


def shown(client, address: str) -> list[str]:
    """The notices of a page."""
    return visit(client, address).texts("aside[@aria-label='Notices']/p")


# Files


def test_notices_are_loaded_and_exported(tmp_path):
    assert load(tmp_path / "in", notices=[CHRISTMAS, MAY])["notices"] == "created"

    export_content(tmp_path / "out")

    name = "notices.yaml"
    assert (tmp_path / "out" / name).read_text() == (tmp_path / "in" / name).read_text()
    assert {outcome for _, outcome in load_folder(tmp_path / "out").outcomes} == {"unchanged"}


def test_times_in_a_file_are_those_of_the_united_kingdom(tmp_path):
    load(tmp_path, notices=[MAY])

    assert Notice.objects.get().starts == datetime(THIS_YEAR, 4, 30, 23, tzinfo=dt.UTC)


def test_a_folder_without_notices_changes_none(tmp_path):
    load(tmp_path, notices=[MAY])

    assert "notices" not in load(tmp_path)
    assert Notice.objects.count() == 1


def test_an_empty_file_of_notices_is_unchanged(tmp_path):
    assert load(tmp_path, notices=[])["notices"] == "unchanged"


def test_a_notice_by_staff_is_kept_by_a_load(tmp_path):
    load(tmp_path, notices=[MAY])
    notice("Closed today.")

    assert load(tmp_path, notices=[MAY])["notices"] == "kept: edited by staff"
    assert Notice.objects.count() == 2


def test_a_changed_file_updates_notices_that_staff_left_alone(tmp_path):
    load(tmp_path, notices=[MAY])
    kept = Notice.objects.get().pk

    assert load(tmp_path, notices=[MAY, CHRISTMAS])["notices"] == "updated"
    assert Notice.objects.get(text=MAY.text).pk == kept
    assert load(tmp_path, notices=[CHRISTMAS])["notices"] == "updated"
    assert Notice.objects.get().source == CHRISTMAS


def test_edits_of_both_are_a_conflict_and_the_notice_by_staff_stays(tmp_path):
    load(tmp_path, notices=[MAY])
    notice("Closed today.")
    write_content(tmp_path, notices=[CHRISTMAS])

    assert find_conflicts(tmp_path) == ["notices"]
    assert dict(load_folder(tmp_path).outcomes)["notices"].startswith("conflict")
    assert Notice.objects.filter(text="Closed today.").exists()
    assert dict(load_folder(tmp_path, take="file").outcomes)["notices"] == "updated"
    assert Notice.objects.get().source == CHRISTMAS


def test_notices_that_staff_deleted_do_not_come_back(tmp_path):
    load(tmp_path, notices=[MAY])
    Notice.objects.all().delete()

    assert load(tmp_path, notices=[MAY])["notices"] == "kept: edited by staff"
    assert not Notice.objects.exists()


def test_a_third_notice_in_a_file_stops_the_load(tmp_path):
    with pytest.raises(ContentError, match="“One” and “Three”"):
        load(tmp_path, notices=[NoticeSource(text, MAY.starts, MAY.ends) for text in ("One", "Two", "Three")])


def test_a_page_that_is_not_there_is_a_hint(tmp_path):
    folder = write_content(
        tmp_path,
        notices=[
            NoticeSource("Moved.", MAY.starts, MAY.ends, "important", "Read", "/gone/", ("/leaflets/no/",))
        ],
    )

    hints = [hint.message for hint in load_folder(folder).hints if hint.path.endswith("notices.yaml")]

    assert [hint.split("page ")[1] for hint in hints] == [
        "/leaflets/no/, which is not there.",
        "/gone/, which is not there.",
    ]


# Pages


def test_a_notice_stands_at_the_top_of_every_page_and_says_until_when(client):
    notice(
        ends=timezone.make_aware(read_time(f"{THIS_YEAR + 1}-01-04 09:30")),
        link_words="Call us",
        link="tel:01632960000",
    )

    for address in ("/", "/leaflets/", "/leaflets/sen-support/", "/contact/", "/no-such-page/"):
        page = visit(client, address)
        assert shown(client, address) == [
            f"Notice: The office is closed. Call us Until 4 January {THIS_YEAR + 1}, 9:30am."
        ]
        assert page.links("aside[@aria-label='Notices']") == {"Call us": "tel:01632960000"}
        assert (
            page.html.index("</header>") < page.html.index("The office is closed.") < page.html.index("<main")
        )


@pytest.mark.parametrize(
    ("time", "words"),
    [
        (read_time("2027-01-04 00:00"), "the end of 3 January 2027"),
        (read_time("2027-07-04 12:00"), "4 July 2027, midday"),
        (read_time("2027-07-04 00:05"), "4 July 2027, 12:05am"),
        (read_time("2027-07-04 17:00"), "4 July 2027, 5pm"),
    ],
)
def test_the_end_is_in_words(time, words):
    assert Notice(ends=timezone.make_aware(time)).until == words


def test_a_notice_for_some_pages_is_on_no_other(client):
    notice(pages=["/contact/"])

    assert len(shown(client, "/contact/")) == 1
    assert shown(client, "/") == shown(client, "/no-such-page/") == []


def test_an_important_notice_says_so_and_comes_first(client):
    notice("Less.")
    notice("More.", level="important")

    assert [text.split(" Until")[0] for text in shown(client, "/")] == ["Important: More.", "Notice: Less."]


def test_a_notice_is_text(client):
    notice("<b>*Closed*</b>")

    assert "Notice: <b>*Closed*</b>" in shown(client, "/")[0]


def test_a_page_never_shows_more_than_two(client):
    for number in range(4):
        notice(f"Notice {number}")

    assert len(shown(client, "/")) == 2


@pytest.mark.parametrize(("begins", "ends"), [(1, 2), (-2, -1), (-1, 0)])
def test_a_notice_that_is_later_or_over_is_not_shown(client, begins, ends):
    now = timezone.now()
    notice(starts=now + timedelta(hours=begins), ends=now + timedelta(hours=ends))

    assert shown(client, "/") == []


def test_a_notice_follows_a_leaflet_that_was_renamed(client):
    notice(pages=["/leaflets/sen-support/"], link_words="Read", link="/leaflets/sen-support/")

    editions.rename(Leaflet.objects.get(slug="sen-support"), "sen-help", placement="leaflet")

    page = visit(client, "/leaflets/sen-help/")
    assert page.links("aside[@aria-label='Notices']") == {"Read": "/leaflets/sen-help/"}


def test_a_link_that_leads_nowhere_is_left_out(client):
    notice(link_words="Read", link="/leaflets/gone/")

    assert visit(client, "/").links("aside[@aria-label='Notices']") == {}


def test_a_pdf_has_no_notice():
    notice()
    edition = Edition.objects.get_live_leaflet("sen-support")

    assert "The office is closed" not in _render(
        edition, "standard", PageLayout(None, Service.objects.first())
    )


# The site version


def test_the_site_version_changes_when_a_notice_begins_and_when_it_ends():
    waiting = notice(starts=timezone.now() + timedelta(days=1), ends=timezone.now() + timedelta(days=2))
    versions = [read_site_version()]
    # What the clock does, without a change that signals see.
    for starts, ends in ((-1, 2), (-2, -1)):
        times = {
            "starts": timezone.now() + timedelta(hours=starts),
            "ends": timezone.now() + timedelta(hours=ends),
        }
        Notice.objects.filter(pk=waiting.pk).update(**times)
        versions.append(read_site_version())

    assert len(set(versions)) == 3


# Staff


@pytest.fixture
def admin_client(client):
    client.force_login(User.objects.create_superuser("admin"))
    return client


def typed(**fields: str) -> dict[str, str]:
    """What staff send with the form of a new notice."""
    starts = timezone.localtime().replace(second=0, microsecond=0)
    times = {"starts": f"{starts:%Y-%m-%dT%H:%M}", "ends": f"{starts + timedelta(days=2):%Y-%m-%dT%H:%M}"}
    return (
        {"text": "Closed.", "level": "information", "link_words": "", "link": "", "pages": ""}
        | times
        | fields
    )


def add(client, **fields: str):
    return client.post("/admin/leaflets/notice/add/", typed(**fields))


def test_staff_add_a_notice_that_readers_see_at_once(admin_client):
    before = read_site_version()

    response = add(admin_client, text=" Closed \r\n today. ", level="important")

    assert response.status_code == 302, response.context["errors"]
    assert shown(admin_client, "/")[0].startswith("Important: Closed today. Until")
    assert read_site_version() != before


def test_a_third_notice_is_refused_with_the_names_of_the_others(admin_client):
    notice("One.")
    notice("Two.", pages=["/contact/"])

    assert add(admin_client, pages="/leaflets/").status_code == 302
    page = add(admin_client, text="Three.", pages="/contact/").content.decode()

    assert "“One.” and “Two.”" in page
    assert "Three." in page
    assert Notice.objects.count() == 3


def test_a_notice_that_is_changed_does_not_count_against_itself(admin_client):
    notice("One.")
    two = notice("Two.")

    response = admin_client.post(f"/admin/leaflets/notice/{two.pk}/change/", typed(text="Three."))

    assert response.status_code == 302, response.context["errors"]
    assert set(Notice.objects.values_list("text", flat=True)) == {"One.", "Three."}


def test_an_address_that_was_copied_from_the_browser_is_the_page(admin_client):
    add(
        admin_client,
        pages="https://localhost/contact/\r\n/",
        link="https://localhost/privacy/#what-we-keep",
        link_words="W",
    )

    saved = Notice.objects.get()
    assert (saved.pages, saved.link) == (["/contact/", "/"], "/privacy/#what-we-keep")


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"pages": "/leaflets/no-such/"}, "There is no page /leaflets/no-such/ on this site"),
        ({"pages": "/con\0tact/"}, "/con"),
        ({"pages": "contact"}, "has to be the address of a page of this site"),
        ({"link": "/no-such/", "link_words": "Read"}, "There is no page /no-such/ on this site"),
        ({"link": "/contact/"}, "Fill in both, or neither"),
        ({"link": "/contact/", "link_words": "a\0b"}, "Null characters are not allowed"),
        ({"text": "a\0b"}, "Null characters are not allowed"),
        ({"text": "x" * 301}, "at most 300 characters"),
        ({"ends": "2020-01-01T00:00"}, "has to end after it begins"),
        ({"ends": "soon"}, "such as 2026-12-24 12:00"),
        ({"starts": "2026-10-25T01:30"}, "the clocks change in this hour"),
        ({"starts": ""}, "This field is required"),
        ({"level": "red"}, "Select a valid choice"),
    ],
)
def test_a_mistake_is_named_and_stores_nothing(admin_client, fields, message):
    response = add(admin_client, **fields)

    assert response.status_code == 200
    assert message in response.content.decode()
    assert not Notice.objects.exists()


def test_the_list_and_the_form_say_whether_a_notice_is_shown(admin_client):
    now = timezone.now()
    notice("Now.")
    over = notice("Over.", starts=now - timedelta(days=2), ends=now - timedelta(days=1))
    notice("Later.", starts=now + timedelta(days=2), ends=now + timedelta(days=3))

    listed = visit(admin_client, "/admin/leaflets/notice/").texts("td[@class='field-shown']")

    assert [text.split()[0] for text in listed] == ["Later:", "Now,", "Over"]
    only = visit(admin_client, "/admin/leaflets/notice/?shown=over").texts("td[@class='field-shown']")
    assert len(only) == 1
    assert "Over since" in visit(admin_client, f"/admin/leaflets/notice/{over.pk}/change/").text("main")


def test_two_users_who_change_one_notice_lose_nothing(admin_client):
    one = notice()
    address = f"/admin/leaflets/notice/{one.pk}/change/"
    form = admin_client.get(address).context["adminform"].form
    opened = {f"initial-{name}": form[name].initial for name in ("text", "level", "link_words", "link")}
    times = {name: timezone.localtime(getattr(one, name)) for name in ("starts", "ends")}
    opened |= {f"initial-{name}": f"{time:%Y-%m-%d %H:%M:%S}" for name, time in times.items()} | {
        "initial-pages": ""
    }
    sent = typed(text=one.text) | {name: f"{time:%Y-%m-%dT%H:%M}" for name, time in times.items()}
    Notice.objects.update(text="A colleague's words.")

    kept = admin_client.post(address, opened | sent | {"level": "important"})
    both = admin_client.post(address, opened | sent | {"text": "My words."})

    one.refresh_from_db()
    assert kept.status_code == 302, kept.context["errors"]
    assert (one.text, one.level) == ("A colleague's words.", "important")
    assert "It is now: A colleague&#x27;s words." in both.content.decode()


def test_there_is_a_limit_of_notices(admin_client):
    now = timezone.now()
    Notice.objects.bulk_create(
        Notice(text=f"{number}", starts=now - timedelta(days=2), ends=now - timedelta(days=1))
        for number in range(MAX_NOTICES)
    )

    assert "Delete some that are over" in add(admin_client).content.decode()
