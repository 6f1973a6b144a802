"""Readability: sentences, syllables, grade and age."""

import pytest
from hypothesis import given, settings, strategies as st

from leaflets.content.readability import (
    count_syllables,
    hardest_sentence,
    reading_age,
    reading_grade,
    split_sentences,
    split_words,
)
from tests.scaling import assert_linear

# Sentences


def test_a_sentence_ends_at_a_full_stop_question_or_exclamation_mark():
    assert split_sentences("Who decides? The school does. Ask! It helps.") == [
        "Who decides?",
        "The school does.",
        "Ask!",
        "It helps.",
    ]


@pytest.mark.parametrize(
    "text",
    [
        "Ask somebody, e.g. Hartlepool Council, for help.",
        "Ask somebody else, i.e. IPSEA.",
        "Tel. 01429 284876 is our number.",
        "Write to Mr J. Smith at school.",
        "See para. 6.17 and p. 94.",
        "The house is No. 5.",
        "They said “why?” and went.",
        "Go to www.example.org for more.",
        "Teachers, supported by ... circumstance.",
    ],
)
def test_a_full_stop_within_a_sentence_does_not_end_it(text):
    assert split_sentences(text) == [text]


@pytest.mark.parametrize(
    "text",
    [
        "The answer is no. You may ask again.",
        "She said “no.” They went.",
        "(It is free.) You can call.",
        "It is 2020. 30 schools came.",
        "Talk to us… We listen.",
    ],
)
def test_a_full_stop_before_punctuation_a_number_or_a_capital_ends_a_sentence(text):
    assert len(split_sentences(text)) == 2


@pytest.mark.parametrize("mark", ["- ", "* ", "• ", "1. ", "2) ", "## ", "   - "])
def test_headings_and_list_items_are_sentences_without_their_markers(mark):
    assert split_sentences(f"{mark}Extra help\n{mark}a special programme") == [
        "Extra help",
        "a special programme",
    ]


def test_lines_without_words_are_no_sentences():
    assert split_sentences("\n\n---\n…\n- \nHelp.\n") == ["Help."]


def test_words_have_a_letter_or_a_digit():
    assert split_words("SEN – and 16 (or older) & more…") == ["SEN", "and", "16", "(or", "older)", "more…"]


# Syllables


@pytest.mark.parametrize(
    ("expected", "these"),
    {
        1: "school make makes used asked through eye health whole times friend SEN 7 n",
        2: "parents outcomes table centre handled started wishes changes careful people being quiet create science",
        3: "various different disabled idea area circumstance provided well-being",
        4: "experience education information usually material graduated accessible equality",
        5: "individual coordinator co-ordinator educational organisations",
    }.items(),
)
def test_syllables_are_counted_by_vowels(expected, these):
    assert {word: count_syllables(word) for word in these.split()} == dict.fromkeys(these.split(), expected)


# Grade


def test_the_grade_of_short_words_in_short_sentences_is_below_zero():
    # 36 words in 6 sentences, each of one syllable: 0.39 × 6 + 11.8 × 1 − 15.59.
    assert reading_grade("The cat sat on the mat. " * 6) == pytest.approx(-1.45)


def test_the_grade_follows_the_formula():
    text = (
        "Children with special educational needs have the right to go to school and to get the support "
        "that helps them to learn. Their teachers should talk to you about this."
    )
    # 30 words, 2 sentences, 39 syllables, counted by hand.
    assert reading_grade(text) == pytest.approx(0.39 * 30 / 2 + 11.8 * 39 / 30 - 15.59)


def test_the_words_of_a_law_are_harder_than_those_of_a_leaflet():
    law = (
        "In the exercise of its functions a local authority in England must have regard to the importance of "
        "the child and his or her parent participating as fully as possible in decisions relating to the "
        "exercise of the function concerned."
    )
    leaflet = (
        "The school should talk to you and your child about this. If you think your child needs help, you can "
        "talk to the teacher. We can come to the meeting with you. Our help is free."
    )

    assert reading_age(reading_grade(law)) == 18
    assert reading_age(reading_grade(leaflet)) <= 9


def test_a_few_words_have_no_grade():
    assert reading_grade("One or two words say nothing.") is None
    assert reading_grade("") is None


def test_web_and_email_addresses_do_not_count():
    text = "The cat sat on the mat. " * 6

    assert reading_grade(text + "www.hartlepool.gov.uk") == pytest.approx(reading_grade(text + "-"), abs=0.4)
    assert reading_grade("https://example.org " * 40) is None


@pytest.mark.parametrize(("number", "years"), [(-3.4, 5), (0, 5), (3.6, 9), (7.4, 12), (13.0, 18), (24, 18)])
def test_a_grade_is_five_years_from_an_age(number, years):
    assert reading_age(number) == years


def test_the_hardest_sentence_is_named():
    hard = "Educational psychologists investigate difficulties in collaboration with other professionals."

    assert hardest_sentence(f"The cat sat on the mat. {hard} It is free.\nInformation") == hard
    assert hardest_sentence("…") == ""


# Properties of any text


@settings(max_examples=100, deadline=None)
@given(st.text(st.characters()) | st.text(st.sampled_from("aE.?! \n-•1(“”’é")))
def test_reading_never_raises_and_finds_no_empty_sentence(text):
    found = split_sentences(text)

    assert reading_grade(text) is None or isinstance(reading_grade(text), float)
    assert all(sentence and split_words(sentence) for sentence in found)


@settings(max_examples=100, deadline=None)
@given(
    st.lists(st.sampled_from(["Schools", "help.", "e.g.", "Who?", "16", "SEN", "(and", "so)."]), max_size=40)
)
def test_joined_sentences_are_the_text(parts):
    assert " ".join(split_sentences(" ".join(parts))) == " ".join(parts)


@pytest.mark.parametrize("part", ["a", "A. ", ".", "-e", "\n"])
def test_reading_time_is_linear_in_the_length_of_the_text(part):
    assert_linear(
        lambda text: (reading_grade(text), hardest_sentence(text)),
        lambda size: part * (size // len(part)),
        40_000,
    )
