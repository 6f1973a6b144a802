"""Characters that no font of this machine has."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from fontTools.fontBuilder import FontBuilder
from fontTools.pens.ttGlyphPen import TTGlyphPen

from leaflets import fonts
from tests.texts import UNPRINTABLE


def make_font(folder: Path, characters: str) -> None:
    """Write a font that has these characters and no others."""
    names = [f"u{ord(one):04X}" for one in characters]
    pen = TTGlyphPen(None)
    pen.moveTo((0, 0))
    pen.lineTo((0, 500))
    pen.lineTo((500, 0))
    pen.closePath()
    glyph = pen.glyph()
    font = FontBuilder(1000, isTTF=True)
    font.setupGlyphOrder([".notdef", *names])
    font.setupCharacterMap(dict(zip(map(ord, characters), names, strict=True)))
    font.setupGlyf(dict.fromkeys([".notdef", *names], glyph))
    font.setupHorizontalMetrics(dict.fromkeys([".notdef", *names], (500, 0)))
    font.setupHorizontalHeader(ascent=800, descent=-200)
    font.setupNameTable({"familyName": f"Test {ord(characters[0])}", "styleName": "Regular"})
    font.setupOS2()
    font.setupPost()
    font.save(folder / f"{names[0]}.ttf")


@pytest.fixture
def only_fonts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """A machine with these fonts only, each named by its characters."""

    def install(*all_characters: str) -> None:
        for characters in all_characters:
            make_font(tmp_path, characters)
        config = tmp_path / "fonts.conf"
        config.write_text(
            '<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd">'
            f"<fontconfig><dir>{tmp_path}</dir><cachedir>{tmp_path}/cache</cachedir></fontconfig>"
        )
        monkeypatch.setenv("FONTCONFIG_FILE", str(config))
        fonts.covered.cache_clear()

    yield install
    monkeypatch.undo()
    fonts.covered.cache_clear()


def test_a_character_that_some_font_has_is_not_missing(only_fonts) -> None:
    only_fonts("Zéਸ", "Aक")

    assert fonts.find_missing("A é ਸ क") == ""


def test_characters_that_no_font_has_are_named_once_and_sorted(only_fonts) -> None:
    only_fonts("AZé")

    assert fonts.find_missing("学校 é ਸ学") == "ਸ学校"


def test_ranges_of_characters_have_an_end(only_fonts) -> None:
    only_fonts("abcdéêë\u0101\U0001f600")

    assert fonts.covered() == ((0x61, 0x64), (0xE9, 0xEB), (0x101, 0x101), (0x1F600, 0x1F600))
    assert fonts.find_missing("èéêëì \u0100\u0101\u0102 😀😁") == "èìĀĂ😁"


@pytest.mark.parametrize(
    "character", ["\u00ad", "\u200d", "\u200f", "\ufe0f", "\u3000", "\u2028", "\ud800", "\n"]
)
def test_what_is_never_drawn_is_not_missing(only_fonts, character: str) -> None:
    only_fonts("ab")

    assert fonts.find_missing(f"a{character}b") == ""


def test_a_machine_without_any_font_says_nothing(only_fonts) -> None:
    only_fonts()

    assert fonts.find_missing("é") == ""


def test_no_font_has_a_character_for_private_use_of_the_last_plane() -> None:
    assert fonts.find_missing(f"Words {UNPRINTABLE}") == (UNPRINTABLE if fonts.covered() else "")


def test_characters_are_described_with_their_code_points() -> None:
    assert fonts.describe("ਸ学") == "ਸ (U+0A38), 学 (U+5B66)"
    assert fonts.describe("ਸ学校", most=1) == "ਸ (U+0A38) and 2 more"


def test_the_process_prints_ranges_as_json() -> None:
    printed = subprocess.run(
        [sys.executable, "-m", "leaflets.fonts"], capture_output=True, check=True, env=os.environ.copy()
    ).stdout

    assert tuple(map(tuple, json.loads(printed))) == fonts.covered()
