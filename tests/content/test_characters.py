"""Characters that word processors leave in a text."""

import pytest
from hypothesis import given, settings, strategies as st

from leaflets.content.characters import clean_characters, find_odd_characters
from leaflets.content.markdown import render
from tests.scaling import assert_linear

ODD = st.sampled_from(
    [
        *"\x00\x0b\x0c\x1e\x1f\x7f\x85\x92\xad\u200b\u200c\u200d\u200e\u200f\u202a\u202c\u2028\u2029\u2060\ufeff",
        *"\uf0b7\uf0a7\uf0fc\ue000\ud800\U000e0067\U000f0000",
        "\U0001f3f4\U000e0067\U000e0062",
    ]
)
ANY_TEXT = st.lists(
    ODD | st.sampled_from([" ", "\n", "a", "- ", "> ", "| ", "م", "👩", "क"]) | st.text(max_size=5)
).map("".join)


@pytest.mark.parametrize(
    ("typed", "cleaned"),
    [
        pytest.param("Civic Centre\x0bHigh Street", "Civic Centre\\\nHigh Street", id="line break of Word"),
        pytest.param("Civic Centre\u2028High Street", "Civic Centre\\\nHigh Street", id="line separator"),
        pytest.param("one\x0b\x0btwo", "one\n\ntwo", id="two line breaks"),
        pytest.param("one\x0b", "one", id="line break at the end"),
        pytest.param("\x0bone", "one", id="line break at the beginning"),
        pytest.param("one\u2029two", "one\n\ntwo", id="paragraph separator"),
        pytest.param("one\x0ctwo", "one\n\ntwo", id="page break"),
        pytest.param("- one\x0btwo", "- one\\\n  two", id="line break in a list"),
        pytest.param("> one\x0btwo", "> one\\\n> two", id="line break in a quotation"),
        pytest.param("> - one\x0btwo", "> - one\\\n>   two", id="line break in a quoted list"),
        pytest.param("text\x0b- one\x0b- two", "text\n- one\n- two", id="line breaks between items"),
        pytest.param("- one\x0b- two", "- one\n- two", id="line break between two items"),
        pytest.param("| a\x0bb | c |", "| a b | c |", id="line break in a table"),
        pytest.param("### a\x0bb", "### a b", id="line break in a heading"),
        pytest.param("\uf0b7\tone\n\uf0b7\ttwo", "- one\n- two", id="bullets of Symbol"),
        pytest.param("\uf0a7 one\x0b\uf0a7 two", "- one\n- two", id="bullets after line breaks"),
        pytest.param("- \uf0b7 one", "- one", id="bullet in an item"),
        pytest.param("a \uf0b7 b", "a • b", id="bullet between words"),
        pytest.param("\uf0fc done", "- ✓ done", id="tick as a bullet"),
        pytest.param("Yes \uf06f No \uf0fc", "Yes ☐ No ✓", id="boxes and ticks"),
        pytest.param("a\ue123b", "ab", id="unknown character of another font"),
        pytest.param("SEND\u200b support\ufeff", "SEND support", id="zero-width space and byte order mark"),
        pytest.param("provi\xadsion and provi\x1fsion", "provision and provision", id="soft hyphens"),
        pytest.param("co\x1eordinate", "co\u2011ordinate", id="hyphen that does not break"),
        pytest.param("It\x92s \x93right\x94 \x96 here\x85", "It’s “right” – here…", id="quotes of Windows"),
        pytest.param("\u202a01632 960000\u202c", "01632 960000", id="phone number of a contact list"),
        pytest.param("a\x00b\x07c\x7f\x81", "abc", id="control characters"),
        pytest.param("co\u200doperate", "cooperate", id="joiner between Latin letters"),
    ],
)
def test_a_character_becomes_what_it_means_or_is_taken_out(typed, cleaned):
    assert clean_characters(typed) == cleaned
    assert list(find_odd_characters(typed))


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("Tuesday\t9.30 to 3.15", id="tab"),
        pytest.param("EX1\xa02AB", id="no-break space"),
        pytest.param("می\u200cخواهم", id="Persian"),
        pytest.param("क्\u200dष", id="Hindi"),
        pytest.param("اتصل بنا \u206801632 960000\u2069 \u200fSEND", id="marks of direction in Arabic"),
        pytest.param("👨\u200d👩\u200d👧 ❤\ufe0f", id="emoji of several people"),
        pytest.param("🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f", id="flag of England"),
        pytest.param("Zażółć, Ŵyth, ế, Кирилл, ✓ ☐ • –", id="letters and signs"),
    ],
)
def test_characters_that_have_a_meaning_stay(text):
    assert clean_characters(text) == text
    assert list(find_odd_characters(text)) == []


def test_the_lines_of_a_title_become_one():
    assert clean_characters("SEN\x0bsupport\u2029in\x0cschools", one_line=True) == "SEN support in schools"


def test_each_character_is_named_with_its_line_and_the_words_before_it():
    found = find_odd_characters("Words.\nThe Civic Centre in our High\x0bStreet\u200b\u200b\n\uf0b7 one")

    assert [(one.line, str(one)) for one in found] == [
        (2, "a line break of Word (U+000B) after “Centre in our High”"),
        (2, "a zero width space (U+200B) after “in our High Street”"),
        (3, "a character of another font (U+F0B7) at the beginning of the line"),
    ]


def test_lines_with_breaks_of_word_stay_apart_on_the_page():
    typed = "Civic Centre\x0bHigh Street\x0b\x0b\uf0b7 one\x0b\uf0b7 two"

    assert render(clean_characters(typed)).html == (
        "<p>Civic Centre<br>\nHigh Street</p>\n<ul>\n<li>one</li>\n<li>two</li>\n</ul>\n"
    )


@settings(max_examples=300, deadline=None)
@given(ANY_TEXT, st.booleans())
def test_a_clean_text_has_no_such_character_and_stays_as_it_is(text, one_line):
    cleaned = clean_characters(text, one_line=one_line)

    assert list(find_odd_characters(cleaned)) == []
    assert clean_characters(cleaned, one_line=one_line) == cleaned


@settings(max_examples=300, deadline=None)
@given(ANY_TEXT)
def test_a_text_without_such_characters_is_not_changed(text):
    assert (clean_characters(text) == text) == (list(find_odd_characters(text)) == [])


@pytest.mark.parametrize(
    "part", ["\x0b", "a\x0b", "\u200b", "\u200d", "\uf0b7", "\U0001f3f4\U000e0067", "> \x0b"]
)
def test_characters_are_cleaned_and_found_in_linear_time(part):
    def work(text):
        clean_characters(text)
        list(find_odd_characters(text))

    assert_linear(work, lambda size: part * (size // len(part)), 50_000)
