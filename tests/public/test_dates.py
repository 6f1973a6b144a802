"""What pages, lists, PDFs and machines are told about the dates of a leaflet."""

import datetime as dt
import json
import re
from dataclasses import replace
from pathlib import Path

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django.utils.formats import date_format
from hypothesis import HealthCheck, given, settings

from leaflets.models import Edition, Leaflet, Review
from leaflets.publishing import drafts, editions
from tests.factories import SLUG, basis_of, edit_as_staff, get_officer, load, published_edition
from tests.pages import GUIDE, Page, crawl, load_site, visit, visitor
from tests.texts import one_line

LEAFLET = "/leaflets/sen-support/"
OLDER = "/leaflets/sen-support/editions/1/"
HISTORY = "/leaflets/sen-support/editions/"
MARCH = dt.date(2026, 3, 1)
MAY = dt.date(2026, 5, 3)
JUNE = dt.date(2026, 6, 7)

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]


@pytest.fixture(scope="module", autouse=True)
def _site(module_database, tmp_path_factory) -> None:
    with module_database.unblock():
        load_site(tmp_path_factory.mktemp("site"))
        set_dates(MARCH, on_site_since=MARCH)


def set_dates(published_on: dt.date, number: int = 1, **fields: object) -> None:
    """Store when the editions of this number were published, and other fields of theirs."""
    noon = dt.datetime.combine(published_on, dt.time(12), tzinfo=dt.UTC)
    Edition.objects.filter(number=number).update(published_at=noon, **fields)


def change_in_may(words: str = "This guide was edited.") -> None:
    """Publish a second edition as if that had been in May."""
    edit_as_staff(words)
    changed_on = MAY if published_edition().words_changed_on else None
    set_dates(MAY, number=2, words_changed_on=changed_on)


def never_printed() -> None:
    Edition.objects.update(printed_on=None)


def check_on(day: dt.date, *, next_on: dt.date = dt.date(2099, 1, 31)) -> None:
    """Record that staff checked the leaflet on a day."""
    review = drafts.record_review(
        published_edition().leaflet, basis=basis_of(published_edition()), by=get_officer(), next_on=next_on
    )
    noon = dt.datetime.combine(day, dt.time(12), tzinfo=dt.UTC)
    Review.objects.filter(pk=review.pk).update(reviewed_at=noon)


def check_now(slug: str = SLUG) -> None:
    """Record that staff checked a leaflet now."""
    edition = published_edition(slug)
    drafts.record_review(
        edition.leaflet, basis=basis_of(edition), by=get_officer(), next_on=dt.date(2099, 1, 31)
    )


def load_other_words(folder: Path) -> None:
    """Load the guide as its file would be after an edit."""
    load(folder, leaflets=[replace(GUIDE, title="Another title")])


def today_in_words() -> str:
    return date_format(timezone.localdate(), "j F Y")


def facts(page: Page) -> dict[str, str]:
    """What stands beside each term of "Dates and checks"."""
    terms, values = page.texts("dl[@class='dates']/dt"), page.texts("dl[@class='dates']/dd")
    assert len(terms) == len(values)
    return dict(zip(terms, values, strict=True))


def line(page: Page) -> str:
    """The line of dates below the title."""
    return page.text("p[@class='small soft']")


# The line below the title


@pytest.mark.each_database
def test_a_leaflet_says_below_its_title_when_it_was_printed_first(client):
    page = visit(client, LEAFLET)

    assert line(page) == "First printed March 2020. Dates and checks"
    assert page.links("article")["Dates and checks"] == "#page-dates"
    assert page.text("h2[@id='page-dates']") == "Dates and checks"


def test_a_printed_leaflet_whose_words_changed_since_says_both(client):
    change_in_may()

    assert line(visit(client, LEAFLET)) == (
        "First printed March 2020, words last changed 3 May 2026. Dates and checks"
    )


def test_a_leaflet_that_was_never_printed_says_when_its_words_changed(client):
    never_printed()
    change_in_may()

    assert line(visit(client, LEAFLET)) == "Words last changed 3 May 2026. Dates and checks"


def test_a_first_edition_that_was_never_printed_says_when_it_was_published_here_first(client):
    assert line(visit(client, "/privacy/")) == (
        "First published on this website 1 March 2026. Dates and checks"
    )


def test_a_page_whose_words_never_changed_says_since_when_it_is_here(client):
    never_printed()
    change_in_may("*This guide is about the help that schools give.*")

    assert line(visit(client, LEAFLET)) == "On this website since 1 March 2026. Dates and checks"


@pytest.mark.each_database
def test_an_edition_that_an_older_release_published_says_only_since_when_it_is_public(client):
    change_in_may()
    never_printed()
    Edition.objects.filter(number=2).update(on_site_since=None, words_changed_on=None)

    page = visit(client, LEAFLET)

    assert line(page) == "Public in this form since 3 May 2026. Dates and checks"
    assert next(iter(facts(page).items())) == ("Public in this form since", "3 May 2026")
    assert "Words last changed" not in page.text("article")


# The dates at the end


def test_a_first_edition_says_when_it_was_published_here_first(client):
    assert facts(visit(client, LEAFLET)) == {
        "First printed": "March 2020",
        "First published on this website": "1 March 2026",
        "Last checked": "Not yet by the service",
        "Edition": "1, public from 1 March 2026. What changed",
    }


def test_a_leaflet_whose_words_changed_says_when(client):
    change_in_may()

    found = facts(visit(client, LEAFLET))

    assert found["On this website since"] == "1 March 2026"
    assert found["Words last changed"] == "3 May 2026"
    assert found["Edition"] == "2, public from 3 May 2026. What changed"


def test_an_edition_with_the_same_words_leaves_them_unchanged(client):
    change_in_may("*This guide is about the help that schools give.*")

    found = facts(visit(client, LEAFLET))

    assert found["On this website since"] == "1 March 2026, the words unchanged"
    assert found["Edition"] == "2, public from 3 May 2026. What changed"
    assert "Words last changed" not in found


def test_the_dates_lead_to_what_changed(client):
    assert visit(client, LEAFLET).links("dl[@class='dates']") == {"What changed": HISTORY}


def test_a_footer_page_says_the_same_in_fewer_lines(client):
    assert facts(visit(client, "/privacy/")) == {
        "First published on this website": "1 March 2026",
        "Edition": "1, public from 1 March 2026. What changed",
    }


# Checks


def test_a_check_is_shown_with_the_day_of_the_next_one(client):
    check_on(JUNE)

    found = facts(visit(client, LEAFLET))

    assert found["Last checked"] == "7 June 2026"
    assert found["Next check by"] == "31 January 2099"


def test_the_newest_check_counts(client):
    check_on(MAY, next_on=dt.date(2098, 1, 31))
    check_on(JUNE)

    assert facts(visit(client, LEAFLET))["Last checked"] == "7 June 2026"
    assert facts(visit(client, LEAFLET))["Next check by"] == "31 January 2099"


def test_a_check_that_is_late_is_called_late(client):
    check_on(MAY, next_on=JUNE)

    assert facts(visit(client, LEAFLET))["Next check by"] == "7 June 2026. This check is late."


def test_a_check_that_is_due_today_is_not_late(client):
    check_on(MAY, next_on=timezone.localdate())

    assert "late" not in facts(visit(client, LEAFLET))["Next check by"]


@pytest.mark.each_database
def test_a_leaflet_that_was_never_checked_shows_the_day_that_its_edition_sets(client):
    Edition.objects.update(review_on=dt.date(2099, 1, 31))

    found = facts(visit(client, LEAFLET))

    assert found["Last checked"] == "Not yet by the service"
    assert found["Next check by"] == "31 January 2099"


@pytest.mark.each_database
@pytest.mark.parametrize("by_staff", [True, False])
def test_a_leaflet_that_nobody_checked_says_so_in_every_edition(client, by_staff):
    change_in_may()
    if not by_staff:
        Edition.objects.update(published_by=None)

    assert facts(visit(client, LEAFLET))["Last checked"] == "Not yet by the service"


def test_a_check_ends_when_new_words_are_published(client):
    check_on(dt.date(2026, 4, 1))
    change_in_may()

    assert facts(visit(client, LEAFLET))["Last checked"] == "Not since we published edition 2"


@pytest.mark.parametrize("load_file", [False, True])
def test_a_check_ends_with_new_words_of_the_same_day(client, tmp_path, load_file):
    check_now()
    if load_file:
        load_other_words(tmp_path)
    else:
        edit_as_staff("This guide was edited.")

    assert facts(visit(client, LEAFLET))["Last checked"] == "Not since we published edition 2"


def test_a_check_on_the_day_of_new_words_counts_where_it_was_after_them(client):
    edit_as_staff("This guide was edited.")
    check_now()

    assert facts(visit(client, LEAFLET))["Last checked"] == today_in_words()


def test_a_check_on_the_day_of_new_words_counts_where_it_repeats_one_from_before_them(client):
    check_now()
    edit_as_staff("This guide was edited.")
    check_now()

    assert facts(visit(client, LEAFLET))["Last checked"] == today_in_words()


def test_a_check_counts_on_for_an_edition_with_the_same_words(client):
    change_in_may()
    check_now()
    edit_as_staff("*This guide was edited.*")

    assert facts(visit(client, LEAFLET))["Last checked"] == today_in_words()


def test_a_check_before_words_whose_date_is_not_stored_ended_with_the_edition(client):
    check_now()
    edit_as_staff("This guide was edited.")
    Edition.objects.update(on_site_since=None, words_changed_on=None)

    assert facts(visit(client, LEAFLET))["Last checked"] == "Not since we published edition 2"


def test_a_check_of_a_footer_page_ends_with_new_words_too(client):
    Edition.objects.update(unapproved=False)
    check_now("privacy")
    edit_as_staff("Edited.", slug="privacy")

    assert facts(visit(client, "/privacy/"))["Last checked"] == "Not since we published edition 2"


def test_a_page_that_the_service_did_not_approve_is_not_called_checked(client):
    check_on(JUNE)
    Edition.objects.update(unapproved=True)

    assert facts(visit(client, LEAFLET))["Last checked"] == "Not yet by the service"


def test_a_check_of_another_leaflet_does_not_count(client):
    check_on(JUNE)

    assert "Last checked" not in facts(visit(client, "/privacy/"))


def test_a_check_of_a_footer_page_is_shown(client):
    Edition.objects.update(unapproved=False)
    page = published_edition("privacy")
    drafts.record_review(page.leaflet, basis=basis_of(page), by=get_officer(), next_on=dt.date(2099, 1, 31))

    found = facts(visit(client, "/privacy/"))

    assert list(found) == ["First published on this website", "Last checked", "Next check by", "Edition"]


def test_checks_cost_one_query_and_only_on_a_leaflet_that_was_checked():
    def queries(url: str) -> int:
        with CaptureQueriesContext(connection) as captured:
            visit(visitor(), url)
        return len(captured)

    before = [queries(url) for url in (LEAFLET, "/privacy/")]

    check_on(JUNE)

    assert [queries(url) for url in (LEAFLET, "/privacy/")] == [before[0] + 1, before[1]]


# Older editions


def test_an_older_edition_says_from_when_to_when_it_was_public(client):
    change_in_may()
    check_on(JUNE)

    page = visit(client, OLDER)

    assert line(page) == "Public from 1 March 2026 to 3 May 2026. Dates and checks"
    assert facts(page) == {
        "First printed": "March 2020",
        "Public": "from 1 March 2026 to 3 May 2026",
        "Edition": "1, public from 1 March 2026 to 3 May 2026. What changed",
    }


def test_an_older_edition_says_when_its_own_words_had_changed(client):
    change_in_may()
    edit_as_staff("Edited once more.")

    found = facts(visit(client, "/leaflets/sen-support/editions/2/"))

    assert found["Words last changed"] == "3 May 2026"


@pytest.mark.each_database
def test_an_edition_that_was_public_for_a_day_names_it_once(client):
    change_in_may()
    set_dates(MAY, number=1)
    Edition.objects.filter(number=1).update(published_at=dt.datetime(2026, 5, 3, 8, tzinfo=dt.UTC))

    assert line(visit(client, OLDER)) == "Public on 3 May 2026. Dates and checks"
    assert "Public on 3 May 2026" in visit(client, HISTORY).texts("main//ol/li")[1]


def test_a_withdrawn_edition_says_from_when_it_was_public(client):
    editions.withdraw(Leaflet.objects.get(slug=SLUG))

    page = visit(client, OLDER)

    assert line(page) == "Public from 1 March 2026, then withdrawn. Dates and checks"
    assert facts(page)["Public"] == "from 1 March 2026, then withdrawn"


def test_the_page_of_the_live_edition_has_the_dates_of_the_leaflet(client):
    check_on(JUNE)

    assert facts(visit(client, OLDER)) == facts(visit(client, LEAFLET))


def test_the_history_says_from_when_to_when_each_edition_was_public(client):
    change_in_may()

    newest, first = visit(client, HISTORY).texts("main//ol/li")

    assert "Public from 3 May 2026 · First printed March 2020 · Words last changed 3 May 2026" in newest
    assert "Public from 1 March 2026 to 3 May 2026 · First printed March 2020" in first
    assert "Words last changed" not in first


# Lists


def test_the_list_of_leaflets_has_the_same_date_as_the_leaflet(client, tmp_path):
    load_site(tmp_path, replace(GUIDE, slug="another-guide", title="Another guide", published=None))
    Edition.objects.filter(leaflet__slug="another-guide").update(on_site_since=MARCH)

    page = visit(client, "/leaflets/")

    assert page.texts("main//li/p[@class='small']") == [
        "First published on this website 1 March 2026",
        "First printed March 2020",
    ]


@pytest.mark.parametrize("printed_on", [None, dt.date(2020, 3, 1), dt.date(2026, 5, 1), dt.date(2026, 6, 1)])
def test_a_list_says_of_changed_words_what_the_leaflet_says(client, printed_on):
    change_in_may()
    Edition.objects.update(printed_on=printed_on)

    (listed,) = visit(client, "/leaflets/").texts("main//li/p[@class='small']")

    assert f"{listed}. Dates and checks" == line(visit(client, LEAFLET))


@pytest.mark.each_database
@pytest.mark.parametrize("printed_on", [dt.date(2026, 5, 1), dt.date(2026, 6, 1)])
def test_words_that_changed_in_the_month_of_printing_or_before_it_say_both(client, printed_on):
    change_in_may()
    Edition.objects.update(printed_on=printed_on)

    assert "ords last changed 3 May 2026" in line(visit(client, LEAFLET))


def test_no_page_says_last_updated(client):
    change_in_may()

    assert [url for url, page in crawl(client).items() if "ast updated" in page.html] == []


# Machines


def structured_data(page: Page) -> dict:
    return json.loads(page.one("script[@type='application/ld+json']").text)


def test_structured_data_describes_the_leaflet(client):
    data = structured_data(visit(client, LEAFLET))

    assert data == {
        "@context": "https://schema.org",
        "@type": "Article",
        "headline": "SEN support",
        "description": GUIDE.summary,
        "inLanguage": "en-GB",
        "url": "https://testserver/leaflets/sen-support/",
        "datePublished": "2020-03",
        "publisher": {
            "@type": "GovernmentOrganization",
            "name": "Example SENDIASS",
            "url": "https://testserver/",
        },
    }


def test_structured_data_has_a_date_of_change_only_where_the_words_changed(client):
    change_in_may()
    never_printed()

    data = structured_data(visit(client, LEAFLET))

    assert data["datePublished"] == "2026-03-01"
    assert data["dateModified"] == "2026-05-03"


def test_only_a_leaflet_as_it_is_now_has_structured_data(client):
    for url in (OLDER, HISTORY, "/privacy/"):
        assert visit(client, url).all("script[@type='application/ld+json']") == []


@pytest.mark.each_database
@given(title=one_line, summary=one_line)
@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_title_or_summary_breaks_the_structured_data(client, title, summary):
    Edition.objects.update(title=title[:200], summary=summary[:500])

    data = structured_data(visit(client, LEAFLET))

    assert (data["headline"], data["description"]) == (title[:200], summary[:500])


@pytest.mark.each_database
def test_structured_data_without_dates_has_none(client):
    never_printed()
    Edition.objects.update(on_site_since=None)

    assert "datePublished" not in structured_data(visit(client, LEAFLET))


def test_metadata_for_a_pdf_has_the_dates_of_the_words(client):
    change_in_may()

    page = visit(client, LEAFLET)

    assert page.meta("dcterms.created") == "2020-03"
    assert page.meta("dcterms.modified") == "2026-05-03"


@pytest.mark.each_database
def test_the_sitemap_says_when_a_page_last_changed_for_its_readers(client):
    change_in_may("*This guide is about the help that schools give.*")

    sitemap = client.get("/sitemap.xml").content.decode()

    entry = re.search(r"<url><loc>[^<]*/leaflets/sen-support/</loc>(.*?)</url>", sitemap)
    assert "2026-05-03" in entry[1]
