"""Citations of several sources in a section's Markdown: links, captions, escapes, and what is said of the others."""

import datetime as dt

import pytest

from leaflets.content.markdown import render
from leaflets.files.problems import Kind
from leaflets.law.sources import choose_versions
from tests.texts import act, act_in_force, code, lines_and_messages, source

LAW = choose_versions([source(), act()], [code(), act_in_force()], "", dt.date(2026, 1, 1))


def rendered(markdown):
    found = render(markdown, LAW)
    assert found.problems == []
    return found


def cited(markdown):
    """The source, number and subdivision of each citation."""
    citations = rendered(markdown).citations
    return [(citation.source, citation.number, citation.subdivision) for citation in citations]


CODE_617 = ("code-of-practice", "6.17", "")
CODE_62 = ("code-of-practice", "6.2", "")


# Links


def test_a_subsection_is_linked_to_its_anchor_on_the_page_of_its_section():
    found = rendered("See s.36(8) CFA 2014.")

    assert found.html == (
        '<p>See <a href="/law/cfa-2014/36/#part-8">'
        '<span class="visually-hidden">Children and Families Act 2014, </span>s.36(8)</a> CFA 2014.</p>\n'
    )
    assert cited("See s.36(8) CFA 2014.") == [("cfa-2014", "36", "(8)")]


def test_a_part_of_a_subsection_has_its_own_anchor():
    assert 'href="/law/cfa-2014/36/#part-8-a"' in rendered("(section 36(8)(a) CFA 2014)").html


def test_a_citation_may_go_on_after_a_line_break_in_the_text():
    markdown = (
        "They may ask (section 36(8)\nof the Children and\nFamilies Act 2014) and get\nhelp (6.2 and\n6.17)."
    )

    assert cited(markdown) == [("cfa-2014", "36", "(8)"), CODE_62, CODE_617]
    assert [citation.line for citation in rendered(markdown).citations] == [1, 4, 5]


def test_a_range_that_is_broken_over_two_lines_is_linked_on_both():
    html = rendered("(6.2 to\n6.17)").html

    assert html.count('<a href="/law/code-of-practice/6.2/">') == 2
    assert html.count("\n") == 2


def test_a_bold_number_in_brackets_is_linked_inside_the_bold():
    found = rendered("They say **(6.17)**.")

    assert "<strong>(<a href" in found.html
    assert cited("They say **(6.17)**.") == [CODE_617]


def test_a_range_cites_all_paragraphs_of_the_record_within_it():
    assert cited("(6.2 to 6.17)") == cited("(6.2-6.17)") == cited("(6.2–6.17)") == [CODE_62, CODE_617]


@pytest.mark.parametrize(
    ("markdown", "words"),
    [
        pytest.param(
            "[Our **page**](/a) (6.17)", '<a href="/a">Our <strong>page</strong></a> (<a', id="before"
        ),
        pytest.param("(6.17) [our page (6.2)](/a)", '</a>) <a href="/a">our page (6.2)</a>', id="after"),
        pytest.param("`code` (6.17) ![A map](/media/a.png)", "<code>code</code> (<a", id="code"),
    ],
)
def test_words_beside_a_citation_stay(markdown, words):
    found = rendered(markdown)

    assert words in found.html
    assert "\ufffc" not in found.html
    assert cited(markdown) == [CODE_617]


def test_a_section_of_the_law_named_last_is_of_that_law():
    assert cited("The CFA 2014 says so.\n\n- See section 37.") == [("cfa-2014", "37", "")]


# Captions


def test_a_quotation_from_two_paragraphs_has_two_captions():
    found = rendered("> Schools **must** help.\n>\n> (6.2 and 6.17)")

    assert (
        '<figcaption><a href="/law/code-of-practice/6.2/">SEND Code of Practice (January 2015), paragraph 6.2</a>; '
        '<a href="/law/code-of-practice/6.17/">SEND Code of Practice (January 2015), paragraph 6.17</a>'
    ) in found.html
    assert [(citation.number, citation.quoted) for citation in found.citations] == [
        ("6.2", "Schools must help."),
        ("6.17", "Schools must help."),
    ]


def test_a_quotation_may_be_from_two_sources_and_cites_the_first():
    found = rendered("> They must ask. (section 36(8) CFA 2014; 6.17)")

    assert '<blockquote cite="https://www.example.org/act">' in found.html
    assert "Children and Families Act 2014 (as in force), section 36(8)</a>; " in found.html
    assert "SEND Code of Practice (January 2015), paragraph 6.17</a>" in found.html
    assert '<b class="must">must</b>' in found.html


def test_a_bold_source_after_a_quotation_is_its_caption():
    found = rendered("> Involve the parents. **(6.17)**")

    assert "<p>Involve the parents.</p>\n</blockquote>" in found.html
    assert "<strong>" not in found.html


@pytest.mark.parametrize(
    ("quoted", "match"),
    [
        ("A school should always involve the parents.", '<span class="tag is-exact">Word for word</span>'),
        ("A school should … involve the parents.", '<span class="tag is-short">Shortened</span>'),
    ],
)
def test_a_caption_says_how_the_words_match_the_law(quoted, match):
    html = rendered(f"> {quoted}\n>\n> (6.17)").html

    assert f"</a> {match}</figcaption>" in html


def test_a_caption_says_once_how_words_from_several_provisions_match_them():
    html = rendered(
        "> They must listen.\n>\n> A school should always involve the parents.\n>\n> (6.2 and 6.17)"
    ).html

    assert html.count("</a>; <a ") == 1
    assert html.count("tag is-exact") + html.count("tag is-short") <= 1


def test_a_caption_says_nothing_of_words_that_are_not_those_of_the_law():
    html = rendered("> A school must involve the parents.\n>\n> (6.17)").html

    assert "paragraph 6.17</a></figcaption>" in html


def test_a_caption_says_nothing_of_words_that_are_not_in_the_record():
    assert "paragraph 6.2</a></figcaption>" in rendered("> They must.\n>\n> (6.2)").html


def test_a_quotation_of_which_a_source_is_not_in_the_record_has_no_caption_and_says_so():
    found = render("> Words.\n>\n> (6.17, 9.99)", LAW)

    assert "figcaption" not in found.html
    assert [(problem.line, problem.kind) for problem in found.problems] == [(3, Kind.PROVISION_UNKNOWN)]


# Numbers that are none, and what looks like a citation


@pytest.mark.parametrize(
    "markdown", [r"\(9.30)", r"\(6.17)", r"(6\.17)", r"6\.17", r"\(section 36 CFA 2014)"]
)
def test_a_number_that_the_writer_escapes_is_none(markdown):
    found = rendered(markdown)

    assert (found.citations, found.near_miss_citations) == ([], [])
    assert found.html == f"<p>{markdown.replace(chr(92), '')}</p>\n"


@pytest.mark.parametrize(
    ("markdown", "message"),
    [
        (
            "We open at (9.30).",
            "(9.30) is not in the record of the SEND Code of Practice (January 2015). Correct the number, or add "
            r"the paragraph to the record. If it is another number, write `9\.30`.",
        ),
        (
            "See paragraph 9.30.",
            "“paragraph 9.30” is not in the record of the SEND Code of Practice (January 2015). Correct the "
            r"number, or add the paragraph to the record. If it is another number, write `9\.30`.",
        ),
        (
            "(section 99 CFA 2014)",
            "(section 99) is not in the record of the Children and Families Act 2014 (as in force). Correct the "
            r"number, or add the section to the record. If it is no citation, write a backslash before the bracket: `\(`.",
        ),
        (
            "See section 99 CFA 2014.",
            "“section 99” is not in the record of the Children and Families Act 2014 (as in force). Correct the "
            "number, or add the section to the record.",
        ),
        (
            "(6.2 to 6.99)",
            "(6.99) is not in the record of the SEND Code of Practice (January 2015). Correct the number, or add "
            r"the paragraph to the record. If it is another number, write `6\.99`.",
        ),
    ],
)
def test_a_number_that_is_not_in_the_record_is_a_problem_that_names_the_escape(markdown, message):
    assert lines_and_messages(render(markdown, LAW).problems) == [(1, message)]


def test_the_escape_that_is_named_solves_the_problem():
    assert rendered(r"We open at (9\.30).").citations == []


def test_what_is_not_in_the_record_is_named_for_code_that_adds_it():
    (problem,) = render("(section 99(1) CFA 2014)", LAW).problems

    assert (problem.kind, problem.subject) == (Kind.PROVISION_UNKNOWN, "cfa-2014/in-force/99")


def test_a_bare_number_of_the_record_looks_like_a_paragraph_and_is_said_with_its_line():
    ((line, message),) = rendered("Words.\nSee 6.17 and so on.").near_miss_citations

    assert line == 2
    assert message == (
        "“6.17” looks like a paragraph's number. Write (6.17) to cite the Code. "
        r"If it is another number, write 6\.17."
    )


@pytest.mark.parametrize("markdown", ["It is 9.99 now.", "Of 6.18 there is more."])
def test_nothing_is_said_of_a_bare_number_that_the_record_does_not_have(markdown):
    assert rendered(markdown).near_miss_citations == []


def test_a_section_of_no_named_law_is_said():
    ((line, message),) = rendered("As section 36 has it.").near_miss_citations

    assert line == 1
    assert message.startswith("“section 36” does not say of which law.")
