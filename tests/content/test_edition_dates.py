"""Since when a leaflet is on the site, and when its words changed."""

import datetime as dt
from dataclasses import replace

import pytest
from hypothesis import given, strategies as st

from leaflets.content.edition_dates import (
    EditionDates,
    LeafletWords,
    date_editions,
    date_first_edition,
    date_next_edition,
    have_same_words,
)
from leaflets.content.leaflet import Heading, SectionSource
from tests import texts


def leaflet_words(body: str, *, title: str = "SEN support", heading: str = "") -> LeafletWords:
    return LeafletWords(title, ((heading, body),))


def day(number: int) -> dt.date:
    return dt.date(2026, 5, number)


# What counts as a change of words


@pytest.mark.parametrize(
    ("old", "new"),
    [
        pytest.param("The school **must** help.", "The school must help.", id="a mark"),
        pytest.param("*Ask* us.", "_Ask_ us.", id="another spelling of a mark"),
        pytest.param("- One\n- Two", "* One\n* Two", id="another sign of a list"),
        pytest.param("1. One\n2. Two", "1. One\n1. Two", id="numbers that Markdown counts"),
        pytest.param("One long\nline.", "One long line.", id="another line break in the file"),
        pytest.param("One.\n\nTwo.", "One.\n\n\n\nTwo.\n", id="empty lines"),
        pytest.param("### Plan {#plan}", "### Plan {#the-plan}", id="an anchor"),
        pytest.param("[Ask us](/contact/)", "[Ask us](/have-your-say/)", id="the address of a link"),
        pytest.param("Parents &amp; carers", "Parents & carers", id="an entity"),
        pytest.param(r"5 \* 3", "5 * 3", id="an escape"),
        pytest.param("9\xa0am", "9 am", id="a space that does not break"),
        pytest.param("teach\xading", "teaching", id="a soft hyphen"),
        pytest.param("caf\u00e9", "cafe\u0301", id="a letter that is written in two ways"),
        pytest.param("[Ja]{lang=de}", "Ja", id="a language"),
    ],
)
def test_what_reads_the_same_is_no_change(old, new):
    assert have_same_words(leaflet_words(old), leaflet_words(new))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        pytest.param("The school must help.", "The school should help.", id="a word"),
        pytest.param("Ask us.", "Ask us!", id="a sign"),
        pytest.param("Ask us.", "ask us.", id="a capital"),
        pytest.param("One. Two.", "Two. One.", id="the order"),
        pytest.param("One.", "One.\n\nTwo.", id="a paragraph"),
        pytest.param("Schools must help.", "> Schools must help.", id="words that became a quotation"),
        pytest.param("The law (6.17).", "The law (6.2).", id="a paragraph of the law"),
        pytest.param("### Plan {#plan}", "### Do {#plan}", id="a heading inside a section"),
    ],
)
def test_what_reads_differently_is_a_change(old, new):
    assert not have_same_words(leaflet_words(old), leaflet_words(new))


def test_the_title_and_the_headings_are_words():
    assert not have_same_words(leaflet_words("Words."), leaflet_words("Words.", title="SEN at school"))
    assert not have_same_words(leaflet_words("Words.", heading="Plan"), leaflet_words("Words.", heading="Do"))


def test_sections_in_another_order_are_a_change():
    sections = (("", "Words."), ("Plan", "One."), ("Do", "Two."))

    assert not have_same_words(LeafletWords("A", sections), LeafletWords("A", sections[::-1]))


def test_an_empty_introduction_is_no_words():
    assert have_same_words(
        LeafletWords("A", (("", ""), ("Plan", "One."))), LeafletWords("A", (("Plan", "One."),))
    )


def test_nothing_but_title_headings_and_text_of_a_leaflet_are_words():
    old = texts.leaflet()
    introduction, section = old.sections
    heading = Heading(section.heading.text, "another-anchor", "duties", "A label")
    new = replace(
        old,
        summary="Another summary.",
        in_short=("A line.",),
        published=day(1),
        review=day(2),
        topic="help",
        unapproved=True,
        sections=(introduction, SectionSource(heading, section.body)),
    )

    assert have_same_words(LeafletWords.of(old), LeafletWords.of(new))


@given(texts.leaflet_sources)
def test_a_text_has_the_same_words_as_itself(source):
    assert have_same_words(LeafletWords.of(source), LeafletWords.of(source))


@given(texts.nasty_markdown, texts.nasty_markdown)
def test_the_order_of_two_texts_does_not_matter(one, other):
    assert have_same_words(leaflet_words(one), leaflet_words(other)) == have_same_words(
        leaflet_words(other), leaflet_words(one)
    )


@given(texts.nasty_markdown, texts.words)
def test_a_paragraph_more_is_a_change(body, added):
    assert not have_same_words(
        leaflet_words(body), LeafletWords("SEN support", (("", body), ("More", added)))
    )


# The dates


def test_the_words_of_a_first_edition_never_changed():
    assert date_first_edition(day(1)) == EditionDates(day(1), None)


def test_an_edition_with_other_words_changes_them_on_its_day():
    dates = date_next_edition(EditionDates(day(1)), leaflet_words("Old."), leaflet_words("New."), day(3))

    assert dates == EditionDates(day(1), day(3))


def test_an_edition_with_the_same_words_keeps_both_dates():
    before = EditionDates(day(1), day(3))

    assert date_next_edition(before, leaflet_words("Same."), leaflet_words("*Same.*"), day(5)) == before


def test_the_first_words_again_are_a_change_too():
    editions = [
        (day(1), leaflet_words("A")),
        (day(2), leaflet_words("B")),
        (day(3), leaflet_words("A")),
        (day(4), leaflet_words("**A**")),
    ]

    assert [dates.words_changed_on for dates in date_editions(editions)] == [None, day(2), day(3), day(3)]


@given(st.lists(st.sampled_from(["A", "*A*", "B", "B\n"]), min_size=1, max_size=20))
def test_the_words_changed_with_the_newest_edition_that_reads_differently(bodies):
    editions = [(day(number), leaflet_words(body)) for number, body in enumerate(bodies, 1)]

    dates = list(date_editions(editions))

    letters = [body.strip("*\n") for body in bodies]
    changes = [number for number in range(2, len(bodies) + 1) if letters[number - 1] != letters[number - 2]]
    assert len(dates) == len(bodies)
    assert {one.on_site_since for one in dates} == {day(1)}
    assert dates[-1].words_changed_on == (day(changes[-1]) if changes else None)
