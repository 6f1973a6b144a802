"""Colours of pages that follow a service's own colour: text in them can be read with any colour."""

import pytest
from hypothesis import example, given, strategies as st

from leaflets.content.colours import (
    CARD,
    DARK_CARD,
    DARK_INK,
    DARK_PAPER,
    DARK_SOFT,
    INK,
    PAPER,
    SOFT,
    ColourError,
    brand_colours,
    brand_css,
    contrast,
    normalise_colour,
)

colours = st.integers(0, 0xFFFFFF).map("#{:06x}".format)
grey = st.integers(0, 0xFF).map(lambda level: f"#{level:02x}{level:02x}{level:02x}")


def test_contrast_is_that_of_wcag():
    assert contrast("#000000", "#ffffff") == 21
    assert contrast("#777777", "#777777") == 1
    assert round(contrast("#767676", "#ffffff"), 2) == 4.54


@given(colours | grey)
@example("#000000")
@example("#ffff00")
@example("#0000ff")
@example("#808080")
def test_all_text_in_a_services_colours_has_a_contrast_of_seven(colour):
    try:
        found = brand_colours(colour)
    except ColourError:
        # Only these: every other colour can be used.
        assert contrast(colour, "#ffffff") < 1.3
        return

    assert contrast(found.light.brand, found.light.on_brand) >= 7
    assert contrast(found.dark.brand, found.dark.on_brand) >= 7
    for background in (PAPER, CARD, found.light.tint):
        assert contrast(found.light.link, background) >= 7
    for background in (DARK_PAPER, DARK_CARD, found.dark.tint):
        assert contrast(found.dark.link, background) >= 7
    for text in (INK, SOFT):
        assert contrast(text, found.light.tint) >= 7
    for text in (DARK_INK, DARK_SOFT):
        assert contrast(text, found.dark.tint) >= 7
    assert contrast(found.raised_link, "#ffffff") >= 10
    assert contrast(found.raised_dark_link, "#000000") >= 10


@pytest.mark.parametrize("colour", ["#0b4a55", "#4a0b55", "#7a0019"])
def test_a_colour_that_can_be_read_stays_as_it_is(colour):
    found = brand_colours(colour)

    assert (found.light.brand, found.light.on_brand, found.light.link) == (colour, "#ffffff", colour)


@pytest.mark.parametrize(
    ("typed", "colour"),
    [
        ("7a003c", "#7a003c"),
        ("#7A003C", "#7a003c"),
        ("#F00", "#ff0000"),
        ("f0a", "#ff00aa"),
        ("red", "red"),
        ("", ""),
    ],
)
def test_a_colour_may_be_typed_short_in_capitals_and_without_its_sign(typed, colour):
    assert normalise_colour(typed) == colour


def test_a_short_colour_makes_the_same_stylesheet_as_a_long_one():
    assert brand_css("F00") == brand_css("#ff0000")


def test_a_light_colour_has_dark_text():
    found = brand_colours("#FFCB47")

    assert (found.light.brand, found.light.on_brand) == ("#ffcb47", "#0f191b")
    assert found.dark.on_brand == "#ffffff"


def test_a_colour_between_light_and_dark_is_made_darker():
    assert brand_colours("#2a7fba").light.on_brand == "#ffffff"
    assert brand_colours("#2a7fba").light.brand != "#2a7fba"


@pytest.mark.parametrize("colour", ["#ffffff", "#fbf8f2", "#fefefe"])
def test_a_colour_that_is_almost_white_is_refused(colour):
    with pytest.raises(ColourError, match="is almost white: the head of a page would look like the rest"):
        brand_colours(colour)


@pytest.mark.parametrize(
    "colour", ["", "red", "#ff", "0b4a5", "#0b4a5g", "#0b4a55\n", "#0b4a55;}", "##0b4a55", "#" * 500]
)
def test_what_is_no_colour_is_refused_with_an_example(colour):
    with pytest.raises(ColourError, match=r"is not a colour\. Write # and six digits .*, such as #0b4a55"):
        brand_colours(colour)


def test_the_stylesheet_sets_the_colours_in_light_dark_and_more_contrast():
    css = brand_css("#0b4a55")

    assert css.startswith(":root{--brand:#0b4a55;--on-brand:#ffffff;--link:#0b4a55;--tint:#")
    assert "@media (prefers-color-scheme:dark){:root{--brand:" in css
    assert "@media (prefers-contrast:more){:root{--link:" in css
    assert len(css) < 600
