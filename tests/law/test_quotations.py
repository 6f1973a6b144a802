"""Comparing a quotation with the official text: exact, shortened, or different."""

import pytest
from hypothesis import assume, given, settings, strategies as st

from leaflets.law import quotations
from leaflets.law.quotations import Comparison, Match, compare_quotation
from tests.scaling import assert_linear

OFFICIAL = (
    "Class and subject teachers, supported by the senior leadership team, should make regular assessments of "
    "progress for all pupils. These should seek to identify pupils making less than expected progress given "
    "their age and individual circumstances."
)
LIST = """\
6.1 All children are entitled to an education that enables them to make progress so that they:
• achieve their best
• become confident individuals living fulfilling lives, and
• make a successful transition into adulthood, whether into employment, further or higher education or training
"""

some_words = st.lists(
    st.sampled_from(
        ["the", "schools", "must", "“should”", "co-operate", "(SEN)", "child’s", "parents,", "0–25"]
    ),
    min_size=1,
    max_size=30,
)
thoroughly = settings(max_examples=150, deadline=None)


def differences(quoted, official):
    comparison = compare_quotation(quoted, official)
    assert comparison.match is Match.DIFFERS
    return comparison.differences


# Exact


def test_the_same_words_are_exact():
    assert compare_quotation(OFFICIAL, OFFICIAL) == Comparison(Match.EXACT)


@pytest.mark.parametrize(
    ("quoted", "official"),
    [
        pytest.param("All  pupils\nlearn.", "All pupils learn.", id="white space"),
        pytest.param("All\xa0pupils learn.", "All pupils learn.", id="no-break space"),
        pytest.param('A child\'s "views"', "A child’s “views”", id="quotation marks"),
        pytest.param("“All pupils learn.”", "All pupils learn.", id="marks around the quotation"),
        pytest.param("from 0-25 - all", "from 0–25 — all", id="dashes"),
        pytest.param("SEN provision- the SENCO", "SEN provision – the SENCO", id="dash with less space"),
        pytest.param("co-operate", "co‑operate", id="no-break hyphen"),
        pytest.param("help\ninform", "• help\n• inform", id="bullets"),
        pytest.param("Help,\nInform.", "• help;\n• inform", id="how a list is set"),
        pytest.param("All pupils learn.", "6.17 All pupils learn.", id="number of the paragraph"),
        pytest.param("co\xadoperate", "cooperate", id="soft hyphen"),
        pytest.param("office", "oﬃce", id="ligature out of a PDF"),
    ],
)
def test_typography_makes_no_difference(quoted, official):
    assert compare_quotation(quoted, official).match is Match.EXACT


# Shortened


@pytest.mark.parametrize(
    "quoted",
    [
        pytest.param("These should seek to identify pupils", id="cut at both ends"),
        pytest.param("Class and subject teachers … should make regular assessments", id="ellipsis"),
        pytest.param("Class and subject teachers, ... should make regular assessments", id="three stops"),
        pytest.param("Class and subject teachers […] should make regular assessments", id="in brackets"),
        pytest.param("Class and subject teachers.", id="full stop where it is cut"),
        pytest.param("Should make regular assessments", id="capital where it is cut"),
        pytest.param("Class and subject teachers\nindividual circumstances", id="lines"),
    ],
)
def test_words_may_be_left_out_at_the_ends_at_an_ellipsis_and_between_lines(quoted):
    assert compare_quotation(quoted, OFFICIAL) == Comparison(Match.SHORTENED)


def test_items_of_a_list_may_be_left_out():
    quoted = "Children are entitled to an education so that they:\nAchieve their best".replace(
        "education", "education that enables them to make progress"
    )

    assert compare_quotation(quoted, LIST).match is Match.SHORTENED
    assert (
        compare_quotation("Achieve their best\nMake a successful transition into adulthood.", LIST).match
        is Match.SHORTENED
    )


# Different


def test_one_other_letter_differs():
    quoted = "School should take seriously any concerns raised by a parent."
    official = "Schools should take seriously any concerns raised by a parent."

    assert differences(quoted, official) == (("School", "Schools"),)


@pytest.mark.parametrize(
    ("quoted", "official", "words"),
    [
        pytest.param(
            "Schools should meet the parents at least three times a year.",
            "Where a pupil is receiving SEN support, schools should talk to parents regularly. "
            "Schools should meet parents at least three times each year.",
            (("the", ""), ("a", "each")),
            id="word added, word changed",
        ),
        pytest.param(
            "make sure that a child gets the support", "make sure that a child with SEN gets the support",
            (("", "with SEN"),), id="words left out without a sign",
        ),
        pytest.param("Pupils must learn", "Pupils should learn", (("must", "should"),), id="must for should"),
        pytest.param("All pupils, learn now", "All pupils learn now", (("pupils,", "pupils"),), id="comma"),
        pytest.param("the Senco decides", "the SENCO decides", (("Senco", "SENCO"),), id="capitals"),
        pytest.param(
            "the co-ordinating teacher", "the co-operating teacher", (("co-ordinating", "co-operating"),),
            id="part of a word",
        ),
        pytest.param("pupils learn\nschools help", "schools help\npupils learn", (("schools help", ""),), id="order"),
        pytest.param("Quite other words", "All pupils learn", (("Quite other words", "All pupils learn"),), id="all"),
    ],
)  # fmt: skip
def test_the_words_that_differ_are_named(quoted, official, words):
    assert differences(quoted, official) == words


def test_the_words_around_a_difference_are_not_named():
    quoted = OFFICIAL.replace("circumstances", "circumstance")

    assert differences(quoted, OFFICIAL) == (("circumstance.", "circumstances."),)


# Not checked


@pytest.mark.parametrize(
    ("quoted", "official"), [("Words.", ""), ("Words.", " \n"), ("", "Words."), ("…", "Words."), ("", "")]
)
def test_without_words_on_both_sides_nothing_is_checked(quoted, official):
    assert compare_quotation(quoted, official) == Comparison(Match.NOT_CHECKED)


def test_the_kinds_have_the_labels_that_readers_see():
    assert [str(kind) for kind in Match] == ["exact", "shortened", "differs", "not yet checked"]


# Properties of any texts


@thoroughly
@given(some_words)
def test_a_text_is_exact_against_itself(words):
    assert compare_quotation(" ".join(words), " ".join(words)).match is Match.EXACT


@thoroughly
@given(some_words, st.data())
def test_any_run_of_words_is_the_text_or_shortened(words, data):
    start = data.draw(st.integers(0, len(words) - 1))
    end = data.draw(st.integers(start + 1, len(words)))
    run = words[start:end]

    assert compare_quotation(" ".join(run), " ".join(words)).match is (
        Match.EXACT if run == words else Match.SHORTENED
    )


@thoroughly
@given(some_words, st.data())
def test_words_may_be_left_out_at_any_ellipsis(words, data):
    first, second = sorted(data.draw(st.tuples(st.integers(0, len(words)), st.integers(0, len(words)))))
    quoted = " ".join([*words[:first], "…", *words[second:]])
    assume(quoted != "…")

    assert compare_quotation(quoted, " ".join(words)).match in (Match.SHORTENED, Match.EXACT)


@thoroughly
@given(some_words, st.data())
def test_one_changed_word_differs_and_is_named(words, data):
    changed = data.draw(st.integers(0, len(words) - 1))
    quoted = [*words[:changed], "xylophones", *words[changed + 1 :]]

    named = differences(" ".join(quoted), " ".join(words))

    assert any("xylophones" in ours for ours, _ in named)


@thoroughly
@given(st.text(st.characters()), st.text(st.characters()))
def test_comparing_never_raises(quoted, official):
    comparison = compare_quotation(quoted, official)

    assert bool(comparison.differences) <= (comparison.match is Match.DIFFERS)


@thoroughly
@given(
    st.lists(st.sampled_from(["a", "b", "…", "\n", ".", "'", "-", "•", "(", "6.1"])),
    st.lists(st.sampled_from(["a", "b", "\n", "…"])),
)
def test_differing_words_are_found_exactly_when_a_quotation_differs(quoted, official):
    comparison = compare_quotation(" ".join(quoted), " ".join(official))

    assert bool(comparison.differences) == (comparison.match is Match.DIFFERS)


@pytest.mark.parametrize(
    "make",
    [
        pytest.param(lambda n: ("a " * n + "b " + "a " * (n - 1), "a " * 2 * n), id="one word over and over"),
        pytest.param(lambda n: ("ab " * n, "ab " * n + "c"), id="the last word"),
        pytest.param(lambda n: ("a\n" * n + "z", "a " * n), id="many lines"),
        pytest.param(lambda n: ("a\nb\n" * n, "b a " * n), id="two words in turn"),
        pytest.param(lambda n: ("a … " * n + "z", "a " * 2 * n), id="many ellipses"),
        pytest.param(lambda n: ("." * n, "x" * n), id="stops"),
        pytest.param(lambda n: (". " * n, "([" * n), id="stops and brackets"),
        pytest.param(lambda n: ("'" * n, "- " * n), id="marks"),
        pytest.param(lambda n: ("\ufdfa" * n, "\ufdfa" * n), id="letters that stand for a sentence"),
    ],
)
def test_comparison_time_is_linear_in_the_length_of_the_texts(make, monkeypatch):
    # Aligning differing words is quadratic up to this limit. A low limit makes the rest visible.
    monkeypatch.setattr(quotations, "MAX_WORDS", 20)

    assert_linear(lambda texts: compare_quotation(*texts), make, 10_000)
