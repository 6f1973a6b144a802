"""Stencils: templates rendered once, with gaps for words."""

from django.template.loader import render_to_string
from django.utils.safestring import mark_safe
from hypothesis import example, given, strategies as st

from leaflets.stencils import Stencil, stencil
from tests.texts import visible_text

TEMPLATE = "leaflets/_section.html"
GAPS = ("anchor", "heading", "html", "slug")


@given(*[st.text() | visible_text] * 4, st.booleans())
@example("{anchor}", "-gap-html-", "{{ slug }}", "{0}", True)
@example("<b>", "&amp;", "'", '"', True)
def test_a_filled_stencil_is_the_rendered_template(anchor, heading, html, slug, is_live):
    words = {"anchor": anchor, "heading": heading, "html": html, "slug": slug}

    filled = stencil(TEMPLATE, *GAPS, is_live=is_live).fill(**words)

    assert filled == render_to_string(TEMPLATE, words | {"is_live": is_live})


def test_html_that_is_safe_is_put_in_as_it_is():
    filled = stencil("leaflets/_introduction.html", "anchor", "html").fill(
        anchor="top", html=mark_safe("<p>{braces} &amp; more</p>")
    )

    assert "<p>{braces} &amp; more</p>" in filled


def test_what_decides_the_form_is_said_when_the_stencil_is_made():
    live, older = (Stencil(TEMPLATE, GAPS, is_live=is_live) for is_live in (True, False))
    words = dict.fromkeys(GAPS, "x")

    assert "Tell us" in live.fill(**words)
    assert "Tell us" not in older.fill(**words)
