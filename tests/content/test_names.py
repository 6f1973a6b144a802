"""Names are found in any text, in each of their spellings."""

import sys
import unicodedata

import pytest
from hypothesis import given, strategies as st

from leaflets.content import names
from tests.scaling import assert_linear

APOSTROPHES = "'’‘‛′`´ʼ＇"
DASHES = "-‐‑‒–—―−\u00ad "
INVISIBLE = (
    "\u200b\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2060\u2066\u2067\u2068\u2069\ufeff\u00ad"
)
SPACES = " \u00a0\u2007\u2009\u202f\n\t"


@pytest.mark.parametrize("stored", APOSTROPHES)
@pytest.mark.parametrize("asked", APOSTROPHES)
def test_every_apostrophe_is_the_same(stored, asked):
    assert names.contains(f"Mrs O{stored}Brien said", f"O{asked}Brien")


@pytest.mark.parametrize("stored", DASHES)
@pytest.mark.parametrize("asked", DASHES)
def test_every_dash_and_space_is_the_same(stored, asked):
    assert names.contains(f"Ann Smith{stored}Jones wrote", f"Smith{asked}Jones")


@pytest.mark.parametrize(
    ("stored", "asked"),
    [
        ("Siân", "Sian"),
        ("Sian", "Siân"),
        (unicodedata.normalize("NFD", "Zoë"), "Zoë"),
        ("Zoë", unicodedata.normalize("NFD", "ZOË")),
        ("Łukasz Sørensen", "lukasz sorensen"),
        ("Ｊｏ Bloggs", "Jo Bloggs"),
        ("Strauß", "STRAUSS"),
        ("İpek Yılmaz", "ipek yilmaz"),
    ],
)
def test_accents_case_and_width_make_no_difference(stored, asked):
    assert names.contains(stored, asked)


@pytest.mark.parametrize(
    ("stored", "asked"),
    [
        ("Jo Bloggs", "Bloggs Jo"),
        ("Bloggs, Jo", "Jo Bloggs"),
        ("Josephine Bloggs", "Bloggs Jo"),
        ("Siobhan O'Brien", "OBrien Siobhan"),
        ("Siobhan OBrien", "O'Brien Siobhan"),
        ("My daughter Bloggs-Hill, Jo", "jo bloggs"),
        ("Bloggs", "logg"),
        ("Dan Macdonald", "Mac Donald"),
    ],
)
def test_the_order_and_the_division_of_words_make_no_difference(stored, asked):
    assert names.contains(stored, asked)


@pytest.mark.parametrize(
    ("stored", "asked"),
    [("Jo Bloggs", "Jo Brown"), ("Mary Brien", "O'Brien"), ("Anything.", "’-\u200b"), ("", "Jo"), ("Jo", "")],
)
def test_another_name_is_not_found(stored, asked):
    assert not names.contains(stored, asked)


def test_normalising_a_second_time_changes_no_character():
    every_character = map(chr, range(sys.maxunicode + 1))
    assigned = "\n".join(
        one for one in every_character if unicodedata.category(one) not in ("Cn", "Co", "Cs")
    )

    once = names.normalise(assigned).split()

    assert names.normalise("\n".join(once)).split() == once


@given(st.text())
def test_normalising_a_second_time_changes_no_text(text):
    once = names.normalise(text)
    assert names.normalise(once) == once
    assert once == " ".join(once.split())


@st.composite
def spellings(draw: st.DrawFn, name: str) -> str:
    """One of the spellings of a name."""
    form = draw(st.sampled_from(["NFC", "NFD", "NFKC", "NFKD"]))
    result = []
    for character in unicodedata.normalize(form, name):
        alike = next((kind for kind in (APOSTROPHES, DASHES, SPACES) if character in kind), character)
        written = draw(st.sampled_from(alike))
        result += [draw(st.sampled_from([written, written.upper()])), draw(st.sampled_from(["", *INVISIBLE]))]
    return "".join(result)


NAMES = ["Siobhan O'Brien", "Ann Smith-Jones", "Zoë Müller", "Siân Davies", "Jo Bloggs", "Łukasz Żak"]


@given(st.data(), st.sampled_from(NAMES), st.text(), st.text())
def test_a_name_is_found_in_any_text_with_one_of_its_spellings(data, name, before, after):
    stored, asked = data.draw(spellings(name)), data.draw(spellings(name))

    assert names.contains(f"{before} {stored} {after}", asked)


@pytest.mark.parametrize("part", ["o", "o'", "'", " o", "ä", "-"])
def test_the_time_to_find_a_name_is_linear(part):
    assert_linear(lambda text: names.contains(text, "o" * 99 + "x"), lambda size: part * size, 80_000)


@pytest.mark.parametrize("dash", "-‐‑‒–—―−")
def test_plain_characters_have_one_dash_one_space_and_nothing_invisible(dash):
    assert names.plain_characters(f"\u202a０7700{dash}900\u202f123\u200b") == "07700-900 123"
