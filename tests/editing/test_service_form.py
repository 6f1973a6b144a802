"""Staff edit the service's record: its logo, its colour, and the links on the home page."""

import io
from copy import deepcopy

import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from leaflets.content.service_lines import read_closed_days
from leaflets.editing.service_form import ServiceForm
from leaflets.models import HistoryEntry, Service
from leaflets.publishing.records import service_source
from tests.conftest import HttpsClient
from tests.factories import create_staff, load
from tests.pages import Page
from tests.test_record_forms import fields_of, opened, send
from tests.texts import LOGO, full_service, service

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]


@pytest.fixture(scope="module", autouse=True)
def _full_record(module_database, tmp_path_factory) -> None:
    with module_database.unblock():
        load(tmp_path_factory.mktemp("content"), service=full_service())


@pytest.fixture(scope="module")
def signed_in(module_database) -> HttpsClient:
    """A superuser, signed in once for all tests."""
    visitor = HttpsClient()
    with module_database.unblock():
        visitor.force_login(User.objects.create_superuser("head"))
    return visitor


@pytest.fixture
def head(signed_in) -> HttpsClient:
    """The superuser, in a browser of this test."""
    visitor = HttpsClient()
    visitor.cookies.update(signed_in.cookies)
    return visitor


@pytest.fixture
def record(db) -> Service:
    return Service.objects.get()


def without_files(fields):
    """What a browser sends where no file was chosen."""
    return {name: values for name, values in fields.items() if name != "logo_upload"}


@pytest.fixture(scope="module")
def _opened_once(module_database, signed_in, _full_record):
    with module_database.unblock():
        return without_files(opened(signed_in, Service.objects.get()))


@pytest.fixture
def form(_opened_once):
    """What a browser sends of the form of the full record, as it was opened: rendered once for all tests."""
    return deepcopy(_opened_once)


def test_saving_without_a_change_changes_nothing(head, record, form):
    send(head, record, form)

    assert service_source(Service.objects.get()) == full_service()


def test_all_optional_fields_can_be_emptied(head, record, form):
    emptied = {
        name: [""]
        for name in form
        if not name.startswith("initial-")
        and name.partition("-")[0] in (
            "heading", "lead", "promise", "opening_hours", "answerphone", "call_cost", "text_number", "relay",
            "languages", "social_links", "closed", "logo_words", "brand_colour", "ways_in",
        )
        and not name.endswith(("-icon", "-place"))
    }  # fmt: skip

    send(head, record, form | {"remove_logo": ["on"]}, **emptied)

    assert service_source(Service.objects.get()) == service()


def test_a_logo_is_uploaded(head, tmp_path):
    load(tmp_path, service=service())
    record = Service.objects.get()
    picture = io.BytesIO()
    Image.new("RGB", (40, 20), "red").save(picture, "PNG")
    fields = without_files(opened(head, record))

    send(
        head,
        record,
        fields,
        logo_upload=SimpleUploadedFile("../Our Logo.PNG", picture.getvalue()),
        logo_words="Us",
    )

    record.refresh_from_db()
    assert (record.logo, record.logo_words) == ("logo.png", "Us")
    assert record.logo_size(100, 100) == (100, 50)


@pytest.mark.parametrize(
    ("content", "words", "message"),
    [
        (LOGO.replace(b"<path", b"<script/><path"), "Us", "could run something"),
        (b"x" * 200_000, "Us", "larger than 100 KB"),
        (LOGO, "", "Say what the logo shows"),
    ],
)
def test_a_logo_that_cannot_be_used_is_refused_and_nothing_typed_is_lost(
    head, tmp_path, content, words, message
):
    load(tmp_path, service=service())
    record = Service.objects.get()
    fields = without_files(opened(head, record))

    page = send(
        head,
        record,
        fields,
        logo_upload=SimpleUploadedFile("logo.svg", content),
        logo_words=words,
        lead="A new lead",
    )

    assert message in page.text()
    assert fields_of(page)["lead"] == ["A new lead"]
    assert service_source(Service.objects.get()) == service()


def test_links_on_the_home_page_are_typed_into_a_table(head, tmp_path):
    load(tmp_path, service=service())
    record = Service.objects.get()
    row = {
        "ways_in-3-words": "What next?",
        "ways_in-3-leads_to": "/contact/",
        "ways_in-3-icon": "cycle",
        "ways_in-5-place": "1",
        "ways_in-5-words": "Talk",
        "ways_in-5-leads_to": "tel:01632 960000",
        "ways_in-5-about": "We listen.",
    }

    send(head, record, without_files(opened(head, record)), **row)

    assert [(link.words, link.icon) for link in Service.objects.get().home_links] == [
        ("Talk", "list"),
        ("What next?", "cycle"),
    ]


def test_half_a_link_is_refused_and_kept_in_its_row(head, record, form):
    page = send(head, record, form, **{"ways_in-3-words": "Half <b>a link"})

    assert "Way in 4: “Half <b>a link” needs to lead somewhere, such as /contact/." in page.text()
    assert fields_of(page)["ways_in-3-words"] == ["Half <b>a link"]
    assert service_source(Service.objects.get()) == full_service()


@pytest.mark.parametrize("place", ["first", "1st", "-1", "1.5", "１"])
def test_a_place_that_is_no_number_is_refused_and_kept_in_its_row(head, record, form, place):
    page = send(head, record, form, **{"ways_in-1-place": place})

    assert f"Way in 2: “{place}” is not a place. Write a number, such as 1." in page.text()
    assert fields_of(page)["ways_in-1-place"] == [place]
    assert fields_of(page)["ways_in-1-words"] == ["I want to talk to somebody"]
    assert service_source(Service.objects.get()) == full_service()


@pytest.mark.parametrize(
    ("places", "order"),
    [
        ({2: "1"}, [2, 0, 1]),
        ({0: "3"}, [1, 2, 0]),
        ({0: "2"}, [1, 0, 2]),
        ({0: "2", 1: "1"}, [1, 0, 2]),
        ({0: "99"}, [1, 2, 0]),
        ({1: ""}, [0, 1, 2]),
    ],
)
def test_a_link_is_moved_to_the_place_that_was_typed(head, record, form, places, order):
    fields = {f"ways_in-{row}-place": place for row, place in places.items()}

    send(head, record, form, **fields)

    before = full_service().ways_in
    assert Service.objects.get().home_links == [before[row] for row in order]


def test_a_full_address_of_this_site_becomes_a_path(head, record, form, settings):
    typed = f"{settings.SITE_URL}/contact/#page-post"

    send(head, record, form, **{"ways_in-0-leads_to": typed})

    assert Service.objects.get().home_links[0].leads_to == "/contact/#page-post"


def test_a_page_of_another_site_is_refused_and_the_help_says_so(head, record, form):
    page = send(
        head,
        record,
        form,
        **{"ways_in-0-leads_to": "https://www.example.com/"},
    )

    assert "Way in 1: “What must the school do?” has to lead to a page of this site" in page.text()
    assert "Pages of other sites cannot be chosen here" in page.text()


def test_the_pages_of_the_site_are_offered_with_their_titles(head, record):
    page = Page("/", head.get("/admin/leaflets/service/1/change/"))

    offered = {one.get("value"): one.get("label") for one in page.all("datalist/option")}
    assert offered["/leaflets/sen-support/"] == "SEN support"
    assert offered["/leaflets/sen-support/#who-decides"] == "SEN support: Who decides?"
    assert offered["/contact/"] == "Contact us"
    (name,) = {one.get("list") for one in page.all("input[@placeholder='/contact/']")}
    assert page.all(f"datalist[@id='{name}']")


def test_two_who_change_the_links_see_both(head, record, form):
    send(head, record, form, **{"ways_in-0-words": "By a colleague"})

    page = send(head, record, form, **{"ways_in-0-words": "By me"})

    assert "It is now: By a colleague, which leads to /leaflets/sen-support/#who-decides" in page.text()
    assert fields_of(page)["ways_in-0-words"] == ["By me"]

    send(head, record, without_files(fields_of(page)))
    assert Service.objects.get().home_links[0].words == "By me"


@pytest.mark.parametrize(
    ("field", "typed", "message"),
    [
        ("brand_colour", "blue", "“blue” is not a colour."),
        ("brand_colour", "#FFFFFF", "“#ffffff” is almost white"),
        ("social_links", "Facebook", "“Facebook” needs a name and an address"),
        ("closed", "Christmas", "“Christmas” needs a day or two"),
        ("text_number", "12", "“12” is not a complete phone number."),
        ("phones", "Office 01429 284876", "Write the number first, and a note in brackets"),
        ("postcode", "TS25", "“TS25” is not a whole postcode."),
        ("languages", "xx9: Klingon", "“xx9” is not the code of a language."),
        ("relay", "Relay 01429 28", "“01429 28” is not a complete phone number."),
    ],
)
def test_a_mistake_is_named_and_what_was_typed_stays(head, record, form, field, typed, message):
    page = send(head, record, form, **{field: typed})

    assert message in page.text()
    assert fields_of(page)[field] == [typed]
    assert service_source(Service.objects.get()) == full_service()


@pytest.mark.parametrize(
    ("field", "typed", "question"),
    [
        ("text_number", "01632 960000", "few such numbers take text messages. Correct it, or tick"),
        ("closed", "2025-12-24: Christmas", "these days are over."),
        ("address", "Civic Centre\r\nExample Road EX1 2AB", "would be printed twice."),
        ("relay", "Ask us", "this has no number to dial."),
    ],
)
def test_staff_are_asked_once_about_a_fact_that_may_be_right(head, record, form, field, typed, question):
    page = send(head, record, form, **{field: typed})

    assert question in page.text("*[@class='errorlist']")
    assert fields_of(page)[field] == [typed]
    assert service_source(Service.objects.get()) == full_service()

    send(head, record, without_files(fields_of(page)) | {"is_checked": ["on"]})

    stored = getattr(Service.objects.get(), field)
    assert stored == (typed if isinstance(stored, str) else typed.split("\r\n"))

    page = send(head, record, form, lead="Other words")

    assert Service.objects.get().lead == "Other words"


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("24/12/2098 to 3/1/2099: Christmas", "2098-12-24 to 2099-01-03: Christmas"),
        ("24 December 2098", "2098-12-24"),
        ("Wednesday 24 Dec 2098 to 3rd Jan. 2099 : Christmas", "2098-12-24 to 2099-01-03: Christmas"),
        ("01.09.2098 – 2.9.2098", "2098-09-01 to 2098-09-02"),
        ("1 Sept 2098", "2098-09-01"),
        ("2098-12-24 to 2099-01-03", "2098-12-24 to 2099-01-03"),
        ("24 December 2098 from noon: Christmas", "2098-12-24 from 12:00: Christmas"),
    ],
)
def test_closed_days_may_be_typed_as_people_write_them(head, record, form, typed, stored):
    send(head, record, form | {"is_checked": ["on"]}, closed=typed)

    assert Service.objects.get().closed == [stored]


def test_the_help_for_closed_days_has_examples_that_are_understood(form):
    help_text = ServiceForm.base_fields["closed"].help_text

    assert "write a notice" not in help_text
    for example in ("24/12/2026 from 12:00: Christmas Eve", "4/1/2027 until 13:00: Training", "4 May 2027"):
        assert example in help_text
        read_closed_days(example)


def test_staff_are_asked_once_about_closed_days_that_overlap_with_stored_ones(head, record, form):
    send(head, record, form | {"is_checked": ["on"]}, closed="24/12/2026 to 3/1/2027: Christmas")
    both = "2026-12-24 to 2027-01-03: Christmas\r\n24/12/2026 from 12:00: Eve"

    page = send(head, record, opened(head, record), closed=both)

    assert "overlap on 24 December 2026" in page.text("*[@class='errorlist']")
    send(head, record, without_files(fields_of(page)) | {"is_checked": ["on"]})
    assert len(Service.objects.get().closed) == 2
    send(head, record, opened(head, record), tagline="Other words.")
    assert Service.objects.get().tagline == "Other words."


def test_the_history_has_the_new_value_of_a_short_fact(head, record, form):
    closed = "24/12/2098 from 12:00: Christmas"

    send(head, record, form | {"is_checked": ["on"]}, closed=closed, phones="01632 960999", lead="x" * 250)

    assert HistoryEntry.objects.get(subject=str(record)).words == (
        "Changed lead. Changed phones: 01632 960999. Changed closed days: 24 December 2098 from midday: Christmas."
    )


def test_the_history_says_that_a_fact_was_emptied_and_names_the_links_alone(head, record, form):
    send(head, record, form | {"ways_in-0-words": "Something else"}, promise="")

    words = HistoryEntry.objects.get(subject=str(record)).words
    assert "Changed promise: empty." in words
    assert words.count("Changed ") == 2
    assert "Something else" not in words


@pytest.mark.parametrize(
    "typed", ["24 December", "24/12", "24 Dec to 3 Jan 2099: Christmas", "24/12/2098 to 3/1"]
)
def test_closed_days_without_a_year_are_refused_with_an_example(head, record, form, typed):
    page = send(head, record, form, closed=typed)

    expected = f"“{typed}”: write the year of each day, such as 24/12/2026 to 3/1/2027: Christmas."
    assert expected in page.text()
    assert fields_of(page)["closed"] == [typed]
    assert service_source(Service.objects.get()) == full_service()


@pytest.mark.parametrize("typed", ["31/2/2098", "12/24/2098", "2098-13-01"])
def test_closed_days_that_the_calendar_does_not_have_are_refused(head, record, form, typed):
    page = send(head, record, form, closed=typed)

    assert f"“{typed}”: there is no such day." in page.text()


@pytest.mark.parametrize(
    ("typed", "stored"), [("7a003c", "#7a003c"), (" #F00 ", "#ff0000"), ("#7A003C", "#7a003c")]
)
def test_a_colour_may_be_typed_as_people_write_it(head, record, form, typed, stored):
    send(head, record, form, brand_colour=typed)

    assert Service.objects.get().brand_colour == stored


def test_staff_are_told_that_a_part_of_the_logo_may_not_be_seen(head, record, form):
    logo = LOGO.replace(b"</svg>", b'<path fill="#ffff00" d="M0 0h9v9z" /></svg>')
    send(head, record, form, logo_upload=SimpleUploadedFile("logo.svg", logo), brand_colour="#0b4a55")

    assert (
        "A part of the logo has nearly the colour of the head of the page."
        in head.get("/admin/").content.decode()
    )


def test_a_postcode_may_be_typed_in_small_letters(head, record, form):
    send(head, record, form, postcode="ex1  2ac")

    assert Service.objects.get().postcode == "EX1 2AC"


def test_staff_who_save_a_link_that_leads_nowhere_are_told(head, record, form):
    send(head, record, form, **{"ways_in-0-leads_to": "/leaflets/nothing/"})

    page = head.get("/admin/")
    assert "“What must the school do?” leads to /leaflets/nothing/" in page.content.decode()


def test_staff_are_told_when_readers_see_what_was_saved(head, record, form):
    send(head, record, form, lead="Other words")

    said = head.get("/admin/").content.decode()
    assert "Readers see this within a minute" in said


def test_a_logo_that_was_chosen_has_to_be_chosen_again_after_another_mistake(head, record, form):
    page = send(head, record, form, logo_upload=SimpleUploadedFile("logo.svg", LOGO), postcode="TS25")

    assert "Choose the logo again." in page.text("div[@class='form-row errors field-logo_upload']")

    page = send(head, record, form, postcode="TS25")
    assert "Choose the logo again." not in page.text()


def test_words_for_a_logo_that_is_not_there_are_refused(head, tmp_path):
    load(tmp_path, service=service())
    record = Service.objects.get()

    page = send(head, record, without_files(opened(head, record)), logo_words="Example Council")

    assert "There is no logo to which these words belong." in page.text()
    assert fields_of(page)["logo_words"] == ["Example Council"]
    assert service_source(Service.objects.get()) == service()


def test_the_words_of_a_logo_that_is_taken_away_go_with_it(head, record, form):
    send(head, record, form | {"remove_logo": ["on"]})

    stored = Service.objects.get()
    assert (stored.logo, stored.logo_words) == ("", "")


def test_an_editor_reads_the_record_in_lines_without_what_only_a_form_has(record):
    editor = HttpsClient()
    editor.force_login(create_staff("Editors"))

    page = Page("/", editor.get("/admin/leaflets/service/1/change/"))

    text = page.text("main")
    assert "What must the school do? (Every duty.), which leads to /leaflets/sen-support/#who-decides" in text
    assert "Monday to Thursday, 9 am to 4.30 pm" in text
    assert not [
        mark
        for mark in ("[", "{", "None", "New logo", "Take the logo away", "I have checked")
        if mark in text
    ]


def test_the_list_opens_the_record_and_the_breadcrumbs_go_to_the_start_page(head, record):
    assert head.get("/admin/leaflets/service/").url == "/admin/leaflets/service/1/change/"

    page = Page("/", head.get("/admin/leaflets/service/1/change/"))

    assert " ".join(page.text("div[@class='breadcrumbs']").split()) == f"Start › Your service › {record.name}"


@pytest.mark.parametrize(
    "path", ["notice/", "notice/add/", "topic/", "topic/add/", "service/1/history/", "service/1/change/"]
)
def test_no_breadcrumb_leads_to_the_page_of_an_app(head, record, path):
    page = Page("/", head.get(f"/admin/leaflets/{path}"))

    crumbs = " ".join(page.text("div[@class='breadcrumbs']").split())
    assert crumbs.startswith("Start ›")
    assert "Leaflets ›" not in crumbs


def test_the_help_says_where_the_tagline_and_the_logo_are_shown(head, record):
    text = Page("/", head.get("/admin/leaflets/service/1/change/")).text("main")

    assert "It stands at the top of the contact page" in text
    assert "not on narrow phones" in text
