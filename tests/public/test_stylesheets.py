"""What the stylesheets may not do."""

import re

import pytest

from tests.running_site import ROOT

RULE = re.compile(r"([^{}]+)\{([^{}]*)\}")
OF_COLOURS = re.compile(
    r"color|background|opacity|filter|fill|stroke|shadow|#[0-9a-f]{3}|rgb|hsl|okl", re.IGNORECASE
)
# The box of what to do with a leaflet stands beside its text in the standard display: tests/browser/test_accessibility.py
# measures its contrast in both.
MEASURED = ".leaflet > .tools"


@pytest.mark.parametrize("stylesheet", sorted((ROOT / "static").rglob("*.css")), ids=lambda path: path.name)
def test_colours_are_the_same_in_both_displays(stylesheet):
    rules = RULE.findall(stylesheet.read_text())

    differing = [
        selector for selector, style in rules if "data-display" in selector and OF_COLOURS.search(style)
    ]
    assert [selector for selector in differing if MEASURED not in selector] == []
