"""The figures of a year: periods, messages, replies and changes, also of what was erased, as a page and as CSV."""

import csv
import datetime as dt
import io
import zoneinfo
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.db import transaction
from django.utils import timezone
from hypothesis import given, settings as hypothesis_settings, strategies as st

from leaflets.content.service_lines import ClosedDays
from leaflets.feedback import replies, reply_deadlines, retention, summary
from leaflets.feedback.models import Feedback
from leaflets.models import Leaflet, Service
from leaflets.models.page_views import add_views
from leaflets.periods import YEARS, Period, year_of
from tests.conftest import HttpsClient
from tests.factories import create_feedback, create_staff
from tests.pages import load_site, visit

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]

PAGE = "/admin/feedback/feedback/summary/"
TODAY = dt.date(2026, 11, 27)
LAST_YEAR = year_of(dt.date(2025, 5, 1), 4)
LONDON = zoneinfo.ZoneInfo("Europe/London")
STATUS = Feedback.Status


@pytest.fixture(scope="module", autouse=True)
def _site(module_database, tmp_path_factory) -> None:
    with module_database.unblock():
        load_site(tmp_path_factory.mktemp("site"))


@pytest.fixture
def reader() -> HttpsClient:
    visitor = HttpsClient()
    visitor.force_login(create_staff("Feedback readers"))
    return visitor


def sent_on(day: dt.date, hour: int = 12, **fields: object) -> Feedback:
    """Store a message that was sent on this day."""
    one = create_feedback(**fields)
    Feedback.objects.filter(pk=one.pk).update(
        sent_at=dt.datetime(day.year, day.month, day.day, hour, tzinfo=LONDON)
    )
    one.refresh_from_db()
    return one


def reply(one: Feedback, day: dt.date | None, closed: tuple[ClosedDays, ...] = ()) -> Feedback:
    """Note that a reply was sent on this day."""
    one.replied_on = day
    replies.update(one, ["replied_on"], closed, before=one.status)
    one.save()
    return one


def statistics_of(period: Period = LAST_YEAR, today: dt.date = TODAY) -> summary.FeedbackStatistics:
    return summary.compute_statistics(period, today)


def old_anonymised_message(day: dt.date, **fields: object) -> Feedback:
    """Store an anonymised message as the version before wrote it: without what it says of replies and changes."""
    one = sent_on(day, reference=None, comments="", status=STATUS.CLOSED, **fields)
    Feedback.objects.filter(pk=one.pk).update(comments_until=None, details_until=None)
    return one


# --- Messages ---


def test_messages_are_counted_in_the_year_in_which_they_were_sent():
    for day in (dt.date(2025, 3, 31), dt.date(2025, 4, 1), dt.date(2026, 3, 31), dt.date(2026, 4, 1)):
        sent_on(day, useful="yes")

    found = statistics_of()

    assert (found.total.messages, found.total.useful) == (2, 2)
    assert [row.label for _, row in found.months if row.messages] == ["April 2025", "March 2026"]


def test_a_message_of_the_first_hour_of_summer_time_counts_in_its_month():
    sent_on(dt.date(2025, 4, 1), hour=0)

    assert statistics_of().months[0][1].messages == 1


def test_the_running_year_has_no_months_that_are_to_come():
    assert [month for month, _ in statistics_of(year_of(TODAY, 9)).months][-1] == dt.date(2026, 11, 1)


def test_figures_of_long_ago_are_offered_and_counted_from_anonymised_messages(reader):
    old_anonymised_message(dt.date(2014, 6, 1), useful="no")

    page = visit(reader, f"{PAGE}?period=year-2014-04")

    assert "April 2014 to March 2015" in page.texts("option")
    assert "Calendar years" in [group.get("label") for group in page.all("optgroup")]
    assert "June 2014" in page.text("main")
    assert statistics_of(year_of(dt.date(2014, 6, 1), 4)).total == summary.MessageCounts("", 1, 0, 1)


@pytest.mark.parametrize("period", ["year-2026-05", "month-2026-05", "x", "", "year-9999-04"])
def test_a_period_that_is_no_year_is_not_found(reader, period):
    assert reader.get(PAGE, {"period": period}).status_code == 404


# --- Replies ---


def test_replies_are_counted_as_in_time_or_late(settings):
    settings.FEEDBACK_REPLY_DAYS = 10
    monday = dt.date(2025, 6, 2)
    for days in (1, 14, 15):
        reply(sent_on(monday, wants_reply=True, email="a@example.org"), monday + dt.timedelta(days=days))
    sent_on(monday, wants_reply=True, email="a@example.org")
    sent_on(monday)

    found = statistics_of().replies

    assert (found.asked, found.sent, found.in_time, found.late, found.not_sent) == (4, 3, 2, 1, 1)
    assert found.median_days == 10


def waiting_since(days: int, **fields: object) -> Feedback:
    """Store a message whose sender waits for a reply for so many days."""
    return create_feedback(days_ago=days, wants_reply=True, email="a@example.org", **fields)


def test_a_promised_reply_is_overdue_where_it_was_late_or_never_given(settings):
    settings.FEEDBACK_REPLY_DAYS = 10
    monday = dt.date(2025, 6, 2)
    asks = {"wants_reply": True, "email": "a@example.org"}
    for days in (14, 15):
        reply(sent_on(monday, **asks), monday + dt.timedelta(days=days))
    sent_on(monday, **asks)  # still waits
    sent_on(monday, **asks, status=STATUS.CLOSED, reply_sent=False)
    sent_on(monday)

    found = statistics_of().replies

    assert (found.late, found.unanswered, found.overdue) == (1, 2, 3)


@pytest.mark.parametrize(("days", "number"), [(0, 0), (1, 0), (60, 1)])
def test_a_reply_that_can_still_come_in_time_is_not_overdue(settings, days, number):
    settings.FEEDBACK_REPLY_DAYS = 10
    waiting_since(days)

    today = timezone.localdate()
    counted = [
        summary.compute_statistics(year_of(day, 1), today).replies
        for day in {today, today - dt.timedelta(days)}
    ]
    assert sum({one.asked: one.overdue for one in counted if one.asked}.values()) == number


@pytest.mark.each_database
def test_closed_days_move_the_day_from_which_a_reply_is_overdue(settings):
    settings.FEEDBACK_REPLY_DAYS = 10
    sent = sent_on(dt.date(2026, 11, 2), wants_reply=True, email="a@example.org")
    assert statistics_of(year_of(TODAY, 4)).replies.overdue == 1

    Service.objects.update(closed=["2026-11-03 to 2026-11-26: Moving"])

    assert statistics_of(year_of(TODAY, 4)).replies.overdue == 0
    assert sent.waits_for_reply


def test_of_a_message_anonymised_by_an_older_version_it_is_not_known_whether_the_reply_was_overdue(reader):
    one = old_anonymised_message(dt.date(2025, 6, 1))
    Feedback.objects.filter(pk=one.pk).update(reply_asked=True, reply_sent=False)

    found = statistics_of().replies
    page = visit(reader, f"{PAGE}?period=year-2025-04")

    assert (found.overdue, found.possibly_unanswered) == (0, 1)
    assert rows_of(page, "Replies")["Erased earlier: not known whether the reply was overdue"] == ["1"]


def test_the_page_and_the_file_have_the_overdue_replies(reader):
    sent_on(dt.date(2025, 6, 2), wants_reply=True, email="a@example.org")
    words = "Overdue: late or never given"

    page = visit(reader, f"{PAGE}?period=year-2025-04")
    file = reader.get(PAGE, {"period": "year-2025-04", "format": "csv"}).content.decode("utf-8-sig")

    assert rows_of(page, "Replies")[words] == ["1"]
    assert [row["number"] for row in csv.DictReader(io.StringIO(file)) if row["line"] == words] == ["1"]


def test_days_on_which_the_office_is_closed_do_not_count_against_a_reply(settings):
    settings.FEEDBACK_REPLY_DAYS = 10
    monday = dt.date(2025, 6, 2)
    closed = (ClosedDays(dt.date(2025, 6, 3), dt.date(2025, 6, 6), "Moving"),)

    reply(sent_on(monday, wants_reply=True, phone="01632 960123"), dt.date(2025, 6, 20), closed)

    assert statistics_of().replies.in_time == 1
    assert statistics_of().replies.median_days == 10


def test_a_later_change_of_the_deadline_does_not_change_what_was_in_time(settings):
    settings.FEEDBACK_REPLY_DAYS = 10
    reply(sent_on(dt.date(2025, 6, 2), wants_reply=True, email="a@example.org"), dt.date(2025, 6, 16))
    before = statistics_of().replies

    settings.FEEDBACK_REPLY_DAYS = 5
    Service.objects.update(closed=["2025-06-03 to 2025-06-13"])

    assert statistics_of().replies == before


def test_a_reply_without_a_day_is_neither_in_time_nor_late():
    sent_on(dt.date(2025, 6, 2), wants_reply=True, email="a@example.org", status=STATUS.REPLIED)

    found = statistics_of().replies

    assert (found.sent, found.in_time, found.late, found.without_day, found.median_days) == (1, 0, 0, 1, None)


def test_what_an_older_version_closed_or_erased_is_not_known():
    sent_on(dt.date(2025, 6, 2), wants_reply=True, email="a@example.org", status=STATUS.CLOSED)
    old_anonymised_message(dt.date(2025, 6, 1))

    found = statistics_of()

    assert (found.replies.asked, found.replies.not_sent, found.replies.unknown) == (1, 0, 1)
    assert found.replies.possibly_asked == 1
    assert (found.changes.made, found.changes.unknown) == (0, 1)


@given(
    sent=st.dates(dt.date(2025, 1, 1), dt.date(2025, 12, 31)),
    days=st.integers(0, 60),
    closed=st.lists(
        st.tuples(st.dates(dt.date(2025, 1, 1), dt.date(2026, 1, 31)), st.integers(0, 9)), max_size=3
    ),
)
def test_a_reply_after_more_working_days_than_promised_is_late(sent, days, closed):
    periods = [ClosedDays(first, first + dt.timedelta(days=length), "") for first, length in closed]
    replied = sent + dt.timedelta(days=days)

    number = reply_deadlines.count_working_days(sent, replied, periods)
    due = reply_deadlines.due_on(sent, periods)

    assert (number > 10) <= (replied > due)
    assert (number < 10) <= (replied < due)


# --- What staff note ---


def change(visitor: HttpsClient, one: Feedback, **fields: str) -> Feedback:
    filled = {"status": one.status, "note": "", "you_said": one.you_said, "we_did": one.we_did} | fields
    response = visitor.post(f"/admin/feedback/feedback/{one.pk}/change/", filled)
    assert response.status_code == 302, response.content.decode()
    one.refresh_from_db()
    return one


def test_the_status_replied_notes_that_the_reply_was_sent_today(reader):
    one = change(reader, create_feedback(wants_reply=True, email="a@example.org"), status="replied")

    assert (one.replied_on, one.reply_sent, one.reply_days, one.reply_in_time) == (
        timezone.localdate(),
        True,
        0,
        True,
    )


def test_the_day_of_a_reply_makes_its_message_a_replied_one(reader):
    day = timezone.localdate() - dt.timedelta(days=1)
    one = change(
        reader, create_feedback(days_ago=3, wants_reply=True, email="a@example.org"), replied_on=str(day)
    )

    assert (one.status, one.replied_on) == ("replied", day)


def test_a_message_that_waits_again_has_no_reply(reader):
    one = change(reader, create_feedback(wants_reply=True, email="a@example.org"), status="replied")
    one = change(reader, one, status="read", replied_on=str(one.replied_on))

    assert (one.replied_on, one.reply_sent, one.reply_days, one.reply_in_time) == (None, None, None, None)


def test_a_message_that_is_closed_without_a_reply_has_none_noted(reader):
    one = change(reader, create_feedback(wants_reply=True, email="a@example.org"), status="closed")

    assert one.reply_sent is False


def test_closing_a_message_keeps_the_day_of_its_reply(reader):
    one = change(reader, create_feedback(wants_reply=True, email="a@example.org"), status="replied")
    one = change(reader, one, status="closed", replied_on=str(one.replied_on))

    assert (one.replied_on, one.reply_sent) == (timezone.localdate(), True)


def test_noting_the_day_of_a_closed_messages_reply_does_not_keep_its_details_longer(reader):
    one = change(
        reader, create_feedback(days_ago=5, wants_reply=True, email="a@example.org"), status="closed"
    )
    closed = timezone.now() - dt.timedelta(days=2)
    Feedback.objects.filter(pk=one.pk).update(closed_at=closed)

    one = change(reader, one, replied_on=str(timezone.localdate()))

    assert (one.status, one.closed_at) == ("closed", closed)


@pytest.mark.parametrize(("days_ago", "said"), [(4, "before the message came in"), (-1, "in the future")])
def test_a_day_on_which_no_reply_can_have_been_sent_is_refused(reader, days_ago, said):
    one = create_feedback(days_ago=3, wants_reply=True, email="a@example.org")
    day = timezone.localdate() - dt.timedelta(days=days_ago)

    response = reader.post(
        f"/admin/feedback/feedback/{one.pk}/change/",
        {"status": "read", "note": "Rang.", "replied_on": str(day)},
    )

    assert said in response.content.decode()
    assert "Rang." in response.content.decode()


def test_a_text_that_is_written_for_an_anonymised_message_counts_as_a_change(reader):
    one = old_anonymised_message(dt.date(2025, 6, 1))

    change(reader, one, you_said="The list was long.", we_did="We cut it.")

    assert (statistics_of().changes.made, statistics_of().changes.unknown) == (1, 0)


# --- Erasing ---

_DAYS = st.dates(dt.date(2023, 1, 1), TODAY)


@contextmanager
def rolled_back() -> Iterator[None]:
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


@st.composite
def stored_messages(draw: st.DrawFn) -> dict[str, object]:
    """The fields of a message, in any state that staff and older versions can leave it in."""
    # Many close to today: a reply may be due then.
    day = draw(_DAYS | st.integers(0, 30).map(lambda days: timezone.localdate() - dt.timedelta(days=days)))
    text = draw(st.sampled_from(["", "We cut it."]))
    return {
        "day": day,
        "hour": draw(st.sampled_from([0, 12, 23])),
        "useful": draw(st.sampled_from(["", "yes", "no"])),
        "about": draw(st.sampled_from(["", "duties", "plan"])),
        "wants_reply": draw(st.booleans()),
        "status": draw(st.sampled_from(STATUS.values)),
        "replied_after": draw(st.none() | st.integers(0, 40)),
        "reply_sent": draw(st.sampled_from([None, False])),
        "you_said": text and "Long.",
        "we_did": text,
        "is_public": bool(text) and draw(st.booleans()),
        "is_anonymised_by_old_version": draw(st.integers(0, 9)) == 0,
        "is_erased": draw(st.booleans()),
    }


def store(guide: Leaflet, fields: dict) -> Feedback:
    day, text = fields["day"], {name: fields[name] for name in ("you_said", "we_did", "is_public", "useful")}
    if fields["is_anonymised_by_old_version"]:
        return old_anonymised_message(day.replace(day=1), hour=0, useful=fields["useful"])
    about = {"leaflet": guide, "section": fields["about"]} if fields["about"] else {}
    one = sent_on(
        day, fields["hour"], status=fields["status"], wants_reply=fields["wants_reply"], name="A. Parent",
        email="a@example.org", reply_sent=fields["reply_sent"], **about, **text,
    )  # fmt: skip
    if fields["replied_after"] is not None and fields["status"] not in ("new", "read"):
        one = reply(one, min(timezone.localdate(), day + dt.timedelta(days=fields["replied_after"])))
    return one


@hypothesis_settings(max_examples=25, deadline=None)
@given(st.lists(stored_messages(), min_size=1, max_size=8))
def test_the_figures_of_a_year_are_the_same_after_messages_were_erased(messages):
    guide = Leaflet.objects.get(slug="sen-support")
    years = [
        year_of(dt.date(year, 12, 31), month)
        for year in range(2022, timezone.localdate().year + 1)
        for month in YEARS
    ]
    with rolled_back():
        stored = [store(guide, fields) for fields in messages]
        # Erasing judges by the date of the machine whether a reply is overdue.
        before = [statistics_of(year, timezone.localdate()) for year in years]
        assert sum(found.total.messages for found in before) >= 1

        for one, fields in zip(stored, messages, strict=True):
            if fields["is_erased"] and not one.is_anonymised:
                retention.erase_all(one)

        assert [statistics_of(year, timezone.localdate()) for year in years] == before


@pytest.mark.each_database
def test_the_figures_of_a_year_are_the_same_after_the_daily_deletion():
    for number in range(3):
        one = create_feedback(
            days_ago=400,
            wants_reply=True,
            email="a@example.org",
            useful="no",
            we_did="Cut.",
            you_said="Long.",
        )
        if number:
            reply(one, timezone.localdate() - dt.timedelta(days=380))
    year = year_of(timezone.localdate() - dt.timedelta(days=400), 4)
    before = statistics_of(year)
    assert (before.replies.asked, before.replies.sent, before.changes.made) == (3, 2, 3)

    retention.purge()

    assert Feedback.objects.filter(reference=None).count() == 3
    assert statistics_of(year) == before


def test_an_anonymised_message_has_no_day():
    one = reply(sent_on(dt.date(2025, 6, 20), wants_reply=True, email="a@example.org"), dt.date(2025, 6, 25))

    retention.erase_all(one)

    stored = Feedback.objects.get()
    assert (stored.replied_on, stored.reply_days, stored.reply_in_time) == (None, 3, True)
    assert timezone.localdate(stored.sent_at) == dt.date(2025, 6, 1)


def test_a_reply_that_an_older_version_noted_counts_when_its_message_is_closed(reader):
    one = sent_on(dt.date(2025, 6, 2), wants_reply=True, email="a@example.org", status=STATUS.REPLIED)

    change(reader, one, status="closed")

    assert statistics_of().replies.without_day == 1


def test_two_users_who_note_different_days_see_both(reader):
    one = change(
        reader, create_feedback(days_ago=9, wants_reply=True, email="a@example.org"), status="replied"
    )
    day = timezone.localdate() - dt.timedelta(days=1)

    response = reader.post(
        f"/admin/feedback/feedback/{one.pk}/change/",
        {
            "status": "new",
            "initial-status": "new",
            "replied_on": str(day),
            "initial-replied_on": "",
            "note": "",
        },
    )

    assert f"It is now: {one.replied_on}" in response.content.decode()
    one.refresh_from_db()
    assert one.replied_on == timezone.localdate()


def test_pages_that_were_not_counted_are_not_called_unread(reader):
    add_views({(dt.date(2026, 4, 1), "/leaflets/sen-support/"): 9})

    page = visit(reader, f"{PAGE}?period=year-2025-04")

    assert rows_of(page, "Read on the website")["Leaflets"] == ["not known"]
    assert "Nothing was counted in this year" in page.text("main")


def test_the_file_says_from_when_on_pages_were_counted(reader):
    add_views({(dt.date(2025, 6, 1), "/leaflets/sen-support/"): 9})

    for period, note in (
        ("year-2024-04", "Nothing was counted in this year, or the numbers were deleted since."),
        ("year-2025-04", "There are no numbers for the days before 1 June 2025."),
    ):
        file = reader.get(PAGE, {"period": period, "format": "csv"}).content.decode("utf-8-sig")
        rows = csv.DictReader(io.StringIO(file))
        found = [
            row["text"] for row in rows if (row["table"], row["line"]) == ("read on the website", "Note")
        ]
        assert found == [note]
        assert note in visit(reader, f"{PAGE}?period={period}").text("main")


# --- The page and the file ---


def rows_of(page, caption: str) -> dict[str, list[str]]:
    [table] = [one for one in page.all("table") if "".join(one.find("caption").itertext()) == caption]
    rows = [["".join(cell.itertext()).strip() for cell in row] for row in table.iter("tr")]
    return {row[0]: row[1:] for row in rows}


@pytest.mark.each_database
def test_the_page_has_the_figures_of_the_chosen_year(reader):
    guide = Leaflet.objects.get(slug="sen-support")
    day = dt.date(2025, 6, 2)
    reply(sent_on(day, wants_reply=True, email="a@example.org", leaflet=guide, section="duties"), day)
    sent_on(day, you_said="The list was long.", we_did="We cut it.", is_public=True)
    old_anonymised_message(dt.date(2025, 7, 1))
    add_views({(day, "/leaflets/sen-support/"): 7})

    page = visit(reader, f"{PAGE}?period=year-2025-04")

    assert rows_of(page, "Messages by month")["June 2025"][0].endswith("2")
    assert rows_of(page, "Replies")["Replies sent"] == ["1"]
    assert rows_of(page, "Replies")["Erased earlier: not known whether a reply was asked for"] == ["1"]
    assert rows_of(page, "What was changed")["Messages that led to a change"] == ["1"]
    assert "We cut it." in page.text("main")
    assert rows_of(page, "Read on the website")["Leaflets"] == ["7"]


def test_the_file_has_the_same_figures_and_no_formulas(reader):
    day = dt.date(2025, 6, 2)
    sent_on(day, useful="yes", you_said="=1+1", we_did="@SUM(A1)", is_public=True)

    response = reader.get(PAGE, {"period": "year-2025-04", "format": "csv"})

    assert response["Content-Disposition"] == 'attachment; filename="figures-year-2025-04.csv"'
    rows = list(csv.DictReader(io.StringIO(response.content.decode("utf-8-sig"), newline="")))
    found = {(row["table"], row["line"]): row for row in rows}
    assert found["all messages", "April 2025 to March 2026"]["number"] == "1"
    assert found["messages by month", "June 2025"]["useful"] == "1"
    assert found["replies", "Messages that asked for a reply"]["number"] == "0"
    assert found["you said, we did", "'=1+1"]["text"] == "'@SUM(A1)"
