"""Gaps to fill in: four underscores or more."""

import pytest

from leaflets.content.markdown import render
from tests.scaling import assert_linear

GAP = '<span class="gap">____</span>'


@pytest.mark.parametrize(
    ("markdown", "html"),
    [
        ("Dear ____,", f"<p>Dear {GAP},</p>\n"),
        ("(____) and ____.", f"<p>({GAP}) and {GAP}.</p>\n"),
        ("____", f"<p>{GAP}</p>\n"),
        ("____ ____", f"<p>{GAP} {GAP}</p>\n"),
        ("Name____", f"<p>Name{GAP}</p>\n"),
        ("**Name: ____**", f"<p><strong>Name: {GAP}</strong></p>\n"),
        ("________", '<p><span class="gap">________</span></p>\n'),
        ("___", "<hr>\n"),
        ("_ _ _ _", "<hr>\n"),
        ("`____`", "<p><code>____</code></p>\n"),
        (r"\____", "<p>____</p>\n"),
        ("a ___ b", "<p>a ___ b</p>\n"),
    ],
)
def test_four_underscores_are_a_gap(markdown, html):
    assert render(markdown).html == html


def test_a_gap_stays_in_the_text_and_is_not_misread():
    rendered = render("Dear ____,\n\n____\n\nThank you.")

    assert [block.text for block in rendered.blocks] == ["Dear ____,", "____", "Thank you."]
    assert (rendered.problems, rendered.misread) == ([], [])


def test_a_line_that_begins_with_a_gap_ends_no_paragraph():
    assert render("Name\n____").html == f"<p>Name\n{GAP}</p>\n"


@pytest.mark.parametrize("part", ["____ ", "____*", "_" * 5 + "\n", "____\n\n"])
def test_gaps_take_linear_time(part):
    assert_linear(render, lambda n: part * (n // len(part)), 20_000)
