"""The contact page, its structured data and what is printed: with every field of the record, and with none."""

import datetime as dt
import json
from collections.abc import Callable

import pytest
from django.utils import timezone

from leaflets.models import Service
from leaflets.models.site_version import read_site_version
from sendiass_site.web.page_cache import CachedPage
from tests.pages import load_site, visit
from tests.texts import full_service, service

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]


@pytest.fixture(scope="module", autouse=True)
def _content(module_database, tmp_path_factory) -> None:
    """The small site: a test loads a record of the service on it."""
    with module_database.unblock():
        load_site(tmp_path_factory.mktemp("content"))


def facts(page) -> dict[str, str]:
    """What stands beside each term of the page's lists of facts."""
    return {
        "".join(term.itertext()): " ".join("".join(one.itertext()) for one in group.iter("dd"))
        for group in page.all("main//dl/div")
        for term in group.iter("dt")
        if "officer" not in "".join(group.itertext()).lower()
    }


def structured_data(page) -> dict:
    return json.loads(page.one("script[@type='application/ld+json']").text)


def test_a_full_record_is_shown_whole(client, tmp_path):
    load_site(tmp_path, service=full_service(phones=("01632 960000", "01632 960002")))

    page = visit(client, "/contact/")

    found = facts(page)
    assert page.text("p[@class='lead']") == "Free, confidential and impartial."
    assert found["We answer"] == "Monday to Thursday, 9 am to 4.30 pm Friday, 9 am to 4 pm"
    assert found["At other times"] == "Leave a message. We ring back the next working day."
    assert found["Or call"] == "01632 960002"
    assert found["Cost"] == "A call costs what a call to any 01 number costs."
    assert found["If you do not hear or speak"] == "Relay UK: dial 18001, then 01632 960000"
    assert found["When we are closed"] == "4 May 2099 24 December 2099 to 4 January 2100: Christmas"
    links = page.links("main")
    assert links["07700 900123"] == "sms:07700900123"
    assert links["Facebook"] == "https://www.facebook.com/example"
    languages = [(one.get("lang"), "".join(one.itertext())) for one in page.all("main//li/bdi")]
    assert languages == [("pl", "Polski"), ("ar", "العربية"), (None, "British Sign Language")]


def test_the_opening_line_stays_where_there_is_a_promise(client, tmp_path):
    load_site(tmp_path, service=full_service(tagline="Advice for parents", promise="Free and confidential"))

    page = visit(client, "/contact/")

    assert page.text("p[@class='lead']") == "Advice for parents."
    assert "Free and confidential." in page.text("div[@class='page-head']")


def test_a_promise_that_says_the_same_as_the_opening_line_stands_once(client, tmp_path):
    load_site(tmp_path, service=service(tagline="Free and fair", promise="free and fair."))

    assert visit(client, "/contact/").text("div[@class='page-head']").lower().count("free and fair") == 1


@pytest.mark.parametrize(
    ("language", "found"),
    [
        ("ar: العربية", ("ar", "rtl")),
        ("ur: اردو", ("ur", "rtl")),
        ("pl: Polski", ("pl", "ltr")),
        ("العربية", (None, "rtl")),
        ("British Sign Language", (None, "ltr")),
    ],
)
def test_a_language_has_its_own_direction_in_a_list_that_is_aligned_as_the_page(
    client, tmp_path, language, found
):
    load_site(tmp_path, service=full_service(languages=(language,)))

    (item,) = visit(client, "/contact/").all("section[@aria-labelledby='page-languages']//li")

    assert (item[0].get("lang"), item[0].get("dir")) == found
    assert item.get("dir") is None


def test_a_record_without_optional_fields_shows_nothing_empty(client, tmp_path):
    load_site(tmp_path, service=service())

    page = visit(client, "/contact/")

    assert set(facts(page)) <= {"E-mail", "Phone", "Post"}
    assert page.all("main//section[@class='panel talk']/dl") == []
    headings = [one.text for one in page.all("main//h2")]
    assert headings == ["Phone", "Write", "Comments about a leaflet", "Your personal data"]
    assert not any(one.text is None and len(one) == 0 for one in page.all("main//dd"))
    assert {"openingHours", "logo", "sameAs"}.isdisjoint(structured_data(page))


OPTIONAL = [
    "promise", "opening_hours", "answerphone", "call_cost", "text_number", "relay", "languages", "social_links", "closed",
]  # fmt: skip


@pytest.mark.parametrize("name", OPTIONAL)
def test_each_optional_field_may_stand_alone(client, tmp_path, name):
    load_site(tmp_path, service=service(**{name: getattr(full_service(), name)}))

    assert visit(client, "/contact/").status == 200
    assert structured_data(visit(client, "/contact/"))["name"] == "Example SENDIASS"


@pytest.mark.parametrize("text", ["</script><script>alert(1)</script>", 'A "b" \\', "{{ service }}", "<b>"])
def test_no_words_of_the_record_break_the_page(client, tmp_path, text):
    record = full_service(
        promise=text, opening_hours=(text,), languages=(text,), relay=text, answerphone=text
    )
    load_site(tmp_path, service=record)

    page = visit(client, "/contact/")

    assert len(page.all("script")) == 1
    assert structured_data(page)["openingHours"] == [text]
    assert facts(page)["We answer"] == text


def test_structured_data_has_what_the_record_says(client, tmp_path):
    load_site(tmp_path, service=full_service())

    data = structured_data(visit(client, "/contact/"))

    assert data["sameAs"] == ["https://www.facebook.com/example"]
    assert data["logo"] == f"https://testserver{Service.objects.get().logo_url}"
    assert data["contactPoint"]["telephone"] == "01632 960000"
    assert data["contactPoint"]["availableLanguage"] == ["en", "pl", "ar", "British Sign Language"]


def test_the_head_of_a_leaflet_on_paper_has_phone_hours_and_addresses(client, tmp_path):
    load_site(tmp_path, service=full_service())

    head = visit(client, "/leaflets/sen-support/").text("p[@class='print-only letterhead']")

    assert head.startswith("Phone 01632 960000")
    assert "Monday to Thursday, 9 am to 4.30 pm" in head


def test_a_day_that_is_over_is_no_longer_on_a_page(client, tmp_path):
    load_site(tmp_path, service=full_service(closed=("2099-05-04: Moving",)))
    assert "4 May 2099: Moving" in visit(client, "/contact/").text("main")

    Service.objects.update(closed=[f"{timezone.localdate() - dt.timedelta(days=1)}: Moving"])

    assert "Moving" not in visit(client, "/contact/").text("main")


@pytest.mark.parametrize("path", ["/", "/contact/", "/leaflets/sen-support/", "/nothing/"])
def test_each_button_to_call_says_that_the_office_is_closed_today(client, tmp_path, path):
    today = timezone.localdate()
    load_site(tmp_path, service=full_service(closed=(f"{today}: Training",)))

    page = visit(client, path)

    assert page.text("header//a[@class='call']").endswith("Call 01632 960000 closed today")
    for panel in page.all("section[@class='panel talk']"):
        assert "We are closed today." in "".join(panel.itertext())


@pytest.mark.parametrize("days", [-1, 1])
def test_no_button_says_so_on_the_day_before_and_after(client, tmp_path, days):
    day = timezone.localdate() + dt.timedelta(days=days)
    load_site(tmp_path, service=full_service(closed=(f"{day}: Training",)))

    page = visit(client, "/")

    assert page.text("header//a[@class='call']").endswith("Call 01632 960000")
    assert "closed today" not in page.text()


def test_a_page_that_was_cached_yesterday_is_not_fresh_today(tmp_path):
    load_site(tmp_path, service=full_service())
    today, *rows = read_site_version()
    yesterday = (dt.date.fromisoformat(today) - dt.timedelta(days=1)).isoformat()
    page = CachedPage("200 OK", [], b"", (yesterday, *rows), expires_at=2.0)

    assert today == timezone.localdate().isoformat()
    assert page.is_fresh((yesterday, *rows), now=1.0)
    assert not page.is_fresh(read_site_version(), now=1.0)


@pytest.fixture
def at_clock(monkeypatch) -> Callable[[str], None]:
    """Set the clock to a time in UTC."""

    def set_clock(text: str) -> None:
        time = dt.datetime.fromisoformat(text).replace(tzinfo=dt.UTC)
        monkeypatch.setattr(timezone, "now", lambda: time)

    return set_clock


@pytest.mark.parametrize(
    ("utc", "button", "sentence"),
    [
        ("2098-12-24 11:59", "Call 01632 960000 closes midday", "We close at midday today."),
        ("2098-12-24 12:00", "Call 01632 960000 closed now", "We are closed now."),
        ("2098-12-25 00:00", "Call 01632 960000", None),
        # British Summer Time
        ("2098-06-04 10:59", "Call 01632 960000 closes midday", "We close at midday today."),
        ("2098-06-04 11:00", "Call 01632 960000 closed now", "We are closed now."),
        ("2098-06-04 23:00", "Call 01632 960000", None),
    ],
)  # fmt: skip
def test_a_half_day_is_said_until_it_begins_and_while_it_lasts(
    client, tmp_path, at_clock, utc, button, sentence
):
    load_site(
        tmp_path, service=full_service(closed=("2098-12-24 from 12:00: Half day", "2098-06-04 from 12:00"))
    )
    at_clock(utc)

    page = visit(client, "/contact/")

    assert page.text("header//a[@class='call']").endswith(button)
    assert [page.text("p[@class='closed']")] == [sentence] if sentence else not page.all("p[@class='closed']")
    listed = "24 December 2098 from midday: Half day" in page.text("main")
    assert listed == (utc < "2098-12-25")


def test_the_site_version_changes_when_a_half_day_begins_and_when_the_office_opens_again(tmp_path, at_clock):
    load_site(tmp_path, service=full_service(closed=("2098-12-24 from 12:00 to 2098-12-29 until 09:00",)))
    versions = {}

    for utc in (
        "2098-12-24 11:58", "2098-12-24 11:59", "2098-12-24 12:00", "2098-12-24 12:01",
        "2098-12-29 08:59", "2098-12-29 09:00", "2098-12-29 09:01",
    ):  # fmt: skip
        at_clock(utc)
        versions[utc] = read_site_version()

    assert versions["2098-12-24 11:58"] == versions["2098-12-24 11:59"] != versions["2098-12-24 12:00"]
    assert versions["2098-12-24 12:00"] == versions["2098-12-24 12:01"]
    assert versions["2098-12-29 08:59"] != versions["2098-12-29 09:00"] == versions["2098-12-29 09:01"]


@pytest.mark.parametrize(
    "closed", [[], ["2020-12-24 to 2021-01-04"], ["not understood", "2099-12-24 from 12:00"]]
)
def test_the_site_version_has_no_part_for_days_that_have_no_time(tmp_path, closed):
    load_site(tmp_path, service=service())
    before = read_site_version()

    Service.objects.update(closed=closed)

    assert read_site_version() == before


def test_a_note_in_brackets_stands_beside_the_number_and_not_in_its_link(client, tmp_path):
    noted = ("01632 960000 (term time)", "01632 960002 (answerphone)")
    load_site(
        tmp_path,
        service=full_service(
            phones=noted, text_number="07700 900123 (texts)", officer_phone="01632 960001 (Jo)"
        ),
    )

    page = visit(client, "/contact/")

    links = [
        "".join(link.itertext()).strip()
        for link in page.all("a")
        if link.get("href").startswith(("tel:", "sms:"))
    ]
    assert len(links) >= 6
    assert [text for text in links if "(" in text or "term" in text] == []
    assert "Call 01632 960000" in links
    assert "term time." in page.text("section[@class='panel talk']")
    assert facts(page)["Or call"] == "01632 960002 (answerphone)"
    assert facts(page)["Text message"] == "07700 900123 (texts)"
    assert "01632 960001 (Jo)" in page.text("main")
    assert structured_data(page)["telephone"] == ["01632 960000", "01632 960002"]
