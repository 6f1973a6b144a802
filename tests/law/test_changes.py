"""What became of each provision between two versions of a source."""

import random
import time

import pytest
from hypothesis import given, settings, strategies as st

from leaflets.law.changes import ProvisionChange, Verdict, compare_versions
from tests.texts import code, paragraph

LISTEN = "Schools must listen to the parents of each child, and write down what they say."
INFORM = "The local authority should publish on its website how it decides about transport."


def changes(old, new):
    """Compare two versions, given as the text of each number."""
    versions = (
        code(provisions=tuple(paragraph(number, text) for number, text in texts.items()))
        for texts in (old, new)
    )
    return compare_versions(*versions)


def test_a_provision_with_the_same_number_and_words_is_the_same():
    assert changes({"6.2": LISTEN}, {"6.2": LISTEN}) == [ProvisionChange("6.2", Verdict.SAME, "6.2")]


def test_marks_capitals_punctuation_and_quotation_marks_are_no_change():
    old = "Schools **must** listen: it’s law."
    new = "schools must\n\n- listen. It's Law"

    assert changes({"6.2": old}, {"6.2": new}) == [ProvisionChange("6.2", Verdict.SAME, "6.2")]


def test_the_same_words_under_another_number_are_renumbered():
    assert changes({"6.2": LISTEN}, {"6.3": LISTEN}) == [ProvisionChange("6.2", Verdict.RENUMBERED, "6.3")]


def test_provisions_that_all_moved_on_by_one_are_renumbered():
    old = {"6.2": LISTEN, "6.3": INFORM}
    new = {"6.2": "A new paragraph.", "6.3": LISTEN, "6.4": INFORM}

    assert changes(old, new) == [
        ProvisionChange("6.2", Verdict.RENUMBERED, "6.3"),
        ProvisionChange("6.3", Verdict.RENUMBERED, "6.4"),
    ]


def test_a_changed_provision_names_the_words_that_went_and_came():
    new = LISTEN.replace("must", "should").replace("each child", "every child or young person")

    assert changes({"6.2": LISTEN}, {"6.2": new}) == [
        ProvisionChange(
            "6.2",
            Verdict.CHANGED,
            "6.2",
            went=("must", "each"),
            came=("should", "every", "or young person"),
        )
    ]


def test_a_changed_provision_is_found_under_another_number():
    (change,) = changes({"6.2": LISTEN}, {"6.2": INFORM, "6.9": LISTEN.replace("must", "should")})

    assert (change.verdict, change.to) == (Verdict.CHANGED, "6.9")


def test_words_that_are_nowhere_are_gone():
    assert changes({"6.2": LISTEN}, {"6.3": INFORM}) == [ProvisionChange("6.2", Verdict.GONE)]
    assert changes({"6.2": LISTEN}, {}) == [ProvisionChange("6.2", Verdict.GONE)]


def test_a_number_that_was_given_to_other_words_is_gone():
    assert changes({"6.2": LISTEN}, {"6.2": INFORM}) == [ProvisionChange("6.2", Verdict.GONE)]


def test_a_new_provision_is_the_successor_of_one_only():
    copies = changes({"6.2": LISTEN, "6.3": LISTEN}, {"6.9": LISTEN})

    assert [(change.verdict, change.to) for change in copies] == [
        (Verdict.RENUMBERED, "6.9"),
        (Verdict.GONE, ""),
    ]


@pytest.mark.parametrize(("old", "new"), [("", LISTEN), (LISTEN, ""), ("", "")])
def test_where_the_words_of_a_version_are_not_in_the_record_only_the_number_is_compared(old, new):
    assert changes({"6.2": old}, {"6.2": new}) == [
        ProvisionChange("6.2", Verdict.CHANGED, "6.2", is_certain=False)
    ]
    (gone,) = changes({"6.2": ""}, {"6.3": LISTEN})
    assert gone.verdict == Verdict.GONE


def test_changes_come_in_the_order_of_the_old_version():
    texts = {"10.1": LISTEN, "6.17": INFORM, "6.2": "Words."}

    assert [change.number for change in changes(texts, texts)] == ["6.2", "6.17", "10.1"]


def test_a_code_of_which_every_paragraph_changed_is_compared_in_seconds():
    numbers = [f"{chapter}.{place}" for chapter in range(1, 12) for place in range(1, 68)]
    chance = random.Random(0)  # noqa: S311 - no secret
    words = [[f"w{chance.randrange(600)}" for _ in range(100)] for _ in numbers]
    old = {number: " ".join(text) for number, text in zip(numbers, words, strict=True)}
    new = {number: " ".join(["new", *text[1:]]) for number, text in zip(numbers, words, strict=True)}
    started = time.process_time()

    found = changes(old, new)

    assert {change.verdict for change in found} == {Verdict.CHANGED}
    assert time.process_time() - started < 15  # as Counters, 40


NUMBERS = st.builds("{}.{}".format, st.integers(1, 12), st.integers(1, 99))
TEXTS = st.lists(
    st.sampled_from(["school", "must", "should", "listen", "the", "parents", "not"]), min_size=1, max_size=8
)
VERSIONS = st.dictionaries(NUMBERS, TEXTS.map(" ".join), max_size=8)


@settings(max_examples=50, deadline=None)
@given(VERSIONS)
def test_a_version_compared_with_itself_is_all_the_same(texts):
    assert {change.verdict for change in changes(texts, texts)} <= {Verdict.SAME}


@settings(max_examples=50, deadline=None)
@given(VERSIONS, VERSIONS)
def test_each_old_provision_is_named_once_and_each_new_one_at_most_once(old, new):
    found = changes(old, new)

    assert sorted(change.number for change in found) == sorted(old)
    successors = [change.to for change in found if change.to]
    assert len(successors) == len(set(successors))
    assert set(successors) <= set(new)
    for change in found:
        assert (change.verdict == Verdict.GONE) == (not change.to)
        assert (change.verdict == Verdict.SAME) <= (change.to == change.number)
        assert bool(change.went or change.came) == (change.verdict == Verdict.CHANGED)
