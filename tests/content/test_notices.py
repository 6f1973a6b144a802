"""The file of notices: reading, writing, and what is wrong in it."""

from datetime import datetime

import pytest

from leaflets.content.notices import (
    NoticeSource,
    NoticesSource,
    find_overlaps,
    read_notices,
    read_time,
    write_notices,
)

TEXT = """\
notices:
  - text: The office is closed for Christmas.
    level: important
    link_words: Who can help now
    link: /contact/
    from: 2026-12-24 12:00
    until: 2027-01-04 09:00
    pages:
      - /
      - /contact/
  - text: Our phone number changes in May.
    from: 2027-04-01 00:00
    until: 2027-06-01 00:00
"""


def at(day: int, hour: int = 0) -> datetime:
    return read_time(f"2027-05-{day:02} {hour:02}:00")


def a_notice(text: str, first: int, last: int, *pages: str) -> NoticeSource:
    return NoticeSource(text, at(first), at(last), pages=pages)


def test_notices_are_read() -> None:
    found, problems = read_notices(TEXT, "notices.yaml")

    assert problems == []
    assert found.notices == (
        NoticeSource(
            "The office is closed for Christmas.",
            read_time("2026-12-24 12:00"),
            read_time("2027-01-04 09:00"),
            "important",
            "Who can help now",
            "/contact/",
            ("/", "/contact/"),
        ),
        NoticeSource("Our phone number changes in May.", read_time("2027-04-01"), read_time("2027-06-01")),
    )


def test_notices_are_written_as_they_were_read() -> None:
    assert write_notices(read_notices(TEXT, "notices.yaml")[0]) == TEXT


def test_the_order_of_notices_makes_no_difference() -> None:
    found, _ = read_notices(TEXT, "notices.yaml")

    assert NoticesSource(found.notices[::-1]).digest == found.digest


def test_a_day_alone_begins_at_midnight() -> None:
    found, problems = read_notices(TEXT.replace("2027-06-01 00:00", "2027-06-01"), "notices.yaml")

    assert problems == []
    assert found.notices[1].ends == read_time("2027-06-01")


def test_a_file_without_notices_is_no_mistake() -> None:
    assert read_notices("", "notices.yaml") == (NoticesSource(()), [])


@pytest.mark.parametrize(
    "link", ["/contact/", "https://www.example.org/a", "tel:01632960000", "mailto:a@example.org"]
)
def test_a_notice_can_link_to_a_page_a_number_or_an_address(link: str) -> None:
    assert read_notices(TEXT.replace("link: /contact/", f"link: {link}"), "notices.yaml")[1] == []


@pytest.mark.parametrize(
    ("old", "new", "line", "message"),
    [
        ("text: Our phone", "words: Our phone", 11, "`text` is missing"),
        ("level: important", "level: red", 3, "is not one of: information, important"),
        ("    link_words: Who can help now\n", "", 2, "Fill in both, or neither"),
        ("    link: /contact/\n", "", 2, "Fill in both, or neither"),
        ("link: /contact/", "link: javascript:alert(1)", 5, "has to be a page of this site"),
        ("link: /contact/", "link: http://example.org/", 5, "has to be a page of this site"),
        ("link: /contact/", "link: //example.org/", 5, "has to lead to a page of this site"),
        ("link: /contact/", "link: tel:1", 5, "is not a complete phone number"),
        ("until: 2027-06-01 00:00", "until: 2027-04-01 00:00", 13, "has to end after it begins"),
        ("until: 2027-06-01 00:00", "until: 1 June", 13, "such as 2026-12-24 12:00"),
        ("until: 2027-06-01 00:00", "until: 2027-06-31 00:00", 13, "there is no such day or time"),
        ("until: 2027-06-01 00:00", "until: 2127-06-01 00:00", 13, "Check the year"),
        ("    until: 2027-06-01 00:00\n", "", 11, "`until` is missing"),
        ("from: 2027-04-01 00:00", "from: 2027-03-28 01:30", 12, "the clocks change in this hour"),
        ("from: 2027-04-01 00:00", "from: 2026-10-25 01:30", 12, "the clocks change in this hour"),
        ("- /contact/", "- contact", 8, "has to be the address of a page of this site"),
        ("- /contact/", "- /contact/?page=2", 8, "has to be the address of a page of this site"),
        ("- /contact/", "- /", 8, "stands here twice"),
        ("Our phone number", f"Our {'very ' * 60}long number", 11, "is longer than 300 characters"),
        ("  - text: Our", "    colour: red\n  - text: Our", 11, "There is no field `colour`"),
    ],
)  # fmt: skip
def test_a_mistake_is_named_with_its_line(old: str, new: str, line: int, message: str) -> None:
    _, problems = read_notices(TEXT.replace(old, new, 1), "notices.yaml")

    assert any(problem.line == line and message in problem.message for problem in problems), problems


def test_the_same_notice_twice_is_a_mistake() -> None:
    again = TEXT + TEXT.removeprefix("notices:\n")

    assert [problem.line for problem in read_notices(again, "notices.yaml")[1]] == [14, 23]


def test_a_third_notice_at_the_same_time_is_a_mistake_that_names_the_others() -> None:
    text = TEXT + "".join(
        f"  - text: {name}\n    from: 2027-05-0{day}\n    until: 2027-05-09\n"
        for name, day in (("A", 1), ("B", 2))
    )

    (problem,) = read_notices(text, "notices.yaml")[1]

    assert problem.line == 17
    assert "“Our phone number changes in May.” and “A”" in problem.message


@pytest.mark.parametrize(
    "notices",
    [
        [a_notice("A", 1, 5), a_notice("B", 2, 5), a_notice("C", 5, 9)],
        [a_notice("A", 1, 9), a_notice("B", 1, 9, "/contact/"), a_notice("C", 1, 9, "/")],
        [a_notice("A", 1, 3), a_notice("B", 2, 9), a_notice("C", 4, 9)],
    ],
)
def test_two_notices_at_a_time_on_a_page_are_allowed(notices: list[NoticeSource]) -> None:
    assert list(find_overlaps(notices)) == []


@pytest.mark.parametrize(
    "notices",
    [
        [a_notice("A", 1, 5), a_notice("B", 2, 5), a_notice("C", 4, 9)],
        [a_notice("A", 1, 9), a_notice("B", 1, 9, "/contact/"), a_notice("C", 1, 9, "/", "/contact/")],
        [a_notice("A", 1, 9, "/contact/"), a_notice("B", 2, 9, "/contact/"), a_notice("C", 3, 9)],
        [a_notice("A", 1, 9), a_notice("B", 2, 9), a_notice("C", 3, 9, "/contact/")],
    ],
)
def test_three_notices_at_a_time_on_a_page_are_too_many(notices: list[NoticeSource]) -> None:
    (overlapping,) = find_overlaps(reversed(notices))

    assert {notice.text for notice in overlapping} == {"A", "B", "C"}
