"""The grammar of citations: what is one, of which provision, and what only looks like one."""

import re
from pathlib import Path

import pytest
from hypothesis import given, settings, strategies as st

from leaflets.law.citations import (
    Citation,
    NearMiss,
    Range,
    Reason,
    Reference,
    find_citations,
    find_final_citations,
    write_citation,
)
from leaflets.law.sources import KINDS, LawSource, sort_key
from tests.scaling import assert_linear

ROOT = Path(__file__).resolve().parents[2]


def make_source(slug, kind, title, *names, full_title=""):
    return LawSource(slug, kind, title, full_title or title, "https://example.org/", names)


CODE = make_source(
    "code-of-practice",
    "code",
    "SEND Code of Practice",
    "Code of Practice",
    "SEND Code",
    full_title="Special educational needs and disability code of practice: 0 to 25 years",
)
CFA = make_source(
    "children-and-families-act-2014",
    "act",
    "Children and Families Act 2014",
    "CFA 2014",
    "CAFA 2014",
    "the 2014 Act",
)
EDUCATION_ACT = make_source("education-act-1996", "act", "Education Act 1996", "EA 1996")
EQUALITY_ACT = make_source("equality-act-2010", "act", "Equality Act 2010", "Equality Act", "EqA 2010")
REGULATIONS = make_source(
    "send-regulations-2014",
    "regulations",
    "SEND Regulations 2014",
    "SEN Regulations",
    full_title="The Special Educational Needs and Disability Regulations 2014",
)
TRAVEL = make_source(
    "travel-to-school", "guidance", "Travel to school guidance", "Home to school travel guidance"
)
SUSPENSION = make_source("suspension", "guidance", "Suspension Guidance", "Exclusion Guidance")
SOURCES = (CODE, CFA, EDUCATION_ACT, EQUALITY_ACT, REGULATIONS, TRAVEL, SUSPENSION)


def references(text, named=None):
    """Return the references of all citations in a text, each as (source, number with its part)."""
    return [
        _written(reference)
        for citation in find_citations(text, SOURCES, named)
        if isinstance(citation, Citation)
        for reference in citation.references
    ]


def _written(reference):
    if isinstance(reference, Range):
        first, last = reference.first, reference.last
        return (reference.source, f"{first.number}{first.sub} to {last.number}{last.sub}")
    return (reference.source, reference.number + reference.sub)


def near_miss(text, named=None):
    (found,) = find_citations(text, SOURCES, named)
    assert isinstance(found, NearMiss)
    return found


def remove_escapes(markdown):
    """Return the text and the positions of the characters that had a backslash, as a Markdown parser finds them."""
    text, escaped = "", []
    for part in markdown.split("\\"):
        escaped.append(len(text))
        text += part
    return text, escaped[1:]


def words(text, found):
    return [text[citation.start : citation.end] for citation in found]


# Paragraphs of the Code that the leaflet is pinned to


@pytest.mark.parametrize(
    "text",
    [
        "(6.17)",
        "[6.17]",
        "(para 6.17)",
        "(para. 6.17)",
        "(Paragraph 6.17)",
        "(see 6.17)",
        "(see also paragraph 6.17)",
        "(6.17).",
        "(6.17.)",
        "( 6.17 )",
        "((6.17))",
        "(see\n6.17)",
        "The school should meet you (6.17), and write to you.",
        "As paragraph 6.17 says",
        "the Code 6.17",
        "6.17 of the Code",
        "paragraph 6.17 of that Code",
    ],
)
def test_a_paragraph_of_the_pinned_code_is_cited(text):
    assert references(text) == [("", "6.17")]


@pytest.mark.parametrize(
    "text",
    [
        "(6.17, 6.18)",
        "(6.17 and 6.18)",
        "(6.17 & 6.18)",
        "(6.17; 6.18)",
        "(6.17) (6.18)",
        "(6.17)(6.18)",
        "[6.17] and [6.18]",
        "(paras 6.17 and 6.18)",
        "(paragraph 6.17, paragraph 6.18)",
        "(see 6.17, see also 6.18)",
        "paragraphs 6.17 and 6.18 say",
    ],
)
def test_two_paragraphs_are_cited(text):
    assert references(text) == [("", "6.17"), ("", "6.18")]


@pytest.mark.parametrize(
    "text",
    [
        "(6.17-6.20)",
        "(6.17–6.20)",
        "(6.17 — 6.20)",
        "(6.17 to 6.20)",
        "(paras 6.17 to 6.20)",
        "(paragraph 6.17 to paragraph 6.20)",
        "paragraphs 6.17-6.20 say",
    ],
)
def test_a_range_keeps_both_ends(text):
    assert references(text) == [("", "6.17 to 6.20")]


def test_a_range_among_ranges_and_numbers_is_read():
    assert references("(5.39 & 6.50, 6.17-6.20)") == [("", "5.39"), ("", "6.50"), ("", "6.17 to 6.20")]


def test_a_range_stands_for_the_numbers_in_the_record_from_end_to_end():
    whole = Range(Reference("", "6.9"), Reference("", "6.17", "(a)"))
    assert whole.among({"6.8", "6.17", "6.9", "6.10", "6.18"}) == [
        Reference("", "6.9"),
        Reference("", "6.10"),
        Reference("", "6.17", "(a)"),
    ]


# Paragraphs of a code or guidance by its name


@pytest.mark.parametrize(
    "text",
    [
        "Code of Practice 6.17",
        "SEND Code 6.17",
        "send code 6.17",
        "(SEND Code of Practice, paragraph 6.17)",
        "SEND Code of Practice (January 2015), paragraph 6.17",
        "the SEND Code of Practice 2015, para 6.17",
        "the SEND Code of Practice at 6.17",
        "6.17 of the Code of Practice",
        "(6.17, SEND Code of Practice)",
        "(paragraph 6.17 SEND Code of Practice)",
        "Special Educational Needs and Disability Code of Practice: 0 to 25 years, 6.17",
    ],
)
def test_a_paragraph_of_a_named_code_is_cited(text):
    assert references(text) == [("code-of-practice", "6.17")]


@pytest.mark.parametrize(
    "text",
    [
        "paras 34 and 35 of the Travel to school guidance",
        "(Travel to school guidance, paragraphs 34 and 35)",
        "“Travel to school guidance”, paras 34 and 35",
        "The Travel to school guidance says so (paras 34 and 35).",
        "The Travel to school guidance helps. See paras 34 and 35 of that guidance.",
    ],
)
def test_paragraphs_of_guidance_that_is_named_are_cited(text):
    assert references(text) == [("travel-to-school", "34"), ("travel-to-school", "35")]


# Sections and regulations


@pytest.mark.parametrize(
    "text",
    [
        "(section 36(8) Children and Families Act 2014)",
        "(s.36(8) CFA 2014)",
        "(s. 36(8), CFA 2014)",
        "(s36(8) cafa 2014)",
        "(Section 36 (8) CAFA 2014)",
        "(sec 36(8) of the 2014 Act)",
        "§ 36(8) CFA 2014",
        "(Children and Families Act 2014, s 36(8))",
        "Children & Families Act 2014 section 36(8)",
        "section 36(8) of the Children and Families Act, 2014",
        "section 36(8) of the Children and Families Act (2014)",
        "section 36(8) of the\nChildren and Families\nAct 2014",
        "section 36(8) of Part 3 of the Children and Families Act 2014",
        "Section 36(8), Part 3 of the CFA 2014",
        "(section 36(8), Part 3, CFA 2014)",
        "section\xa036(8) of the “Children and Families Act 2014”",
        "The Children and Families Act 2014 says so: see s.36(8).",
        "The Children and Families Act 2014 says so (section 36(8) of the Act).",
    ],
)
def test_a_subsection_of_an_act_is_cited_by_any_name_of_the_act(text):
    assert references(text) == [("children-and-families-act-2014", "36(8)")]


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("section 508B of the Education Act 1996", "508B"),
        ("section 508b of the Education Act 1996", "508B"),
        ("s.19(3A)(b) EA 1996", "19(3A)(b)"),
        ("s.77(1)(a)(iv) EA 1996", "77(1)(a)(iv)"),
    ],
)
def test_letters_in_the_number_of_a_section_are_read(text, number):
    assert references(text) == [("education-act-1996", number)]


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("sections 36, 37 and 38 CFA 2014", ["36", "37", "38"]),
        ("ss.36 & 37 of the CFA 2014", ["36", "37"]),
        ("ss 36 and 37 CFA 2014", ["36", "37"]),
        ("(s.36, 37 CFA 2014)", ["36", "37"]),
        ("sections 36-38 CFA 2014", ["36 to 38"]),
        ("section 36(8) and (9) CFA 2014", ["36(8)", "36(9)"]),
        ("section 36(8)-(10) CFA 2014", ["36(8) to 36(10)"]),
        ("(CFA 2014, sections 36 and 37)", ["36", "37"]),
    ],
)
def test_several_sections_are_cited(text, numbers):
    assert references(text) == [(CFA.slug, number) for number in numbers]


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("(regulation 12 SEND Regulations 2014)", ["12"]),
        ("(reg 4(1), reg 5(1) SEND Regulations 2014)", ["4(1)", "5(1)"]),
        ("reg. 12 of the SEND Regs 2014", ["12"]),
        ("regs 4 and 5 of the SEND Regulations", ["4", "5"]),
        ("SEN Regulation 6(4)", ["6(4)"]),
        ("SEND Regulations 6 and 7", ["6", "7"]),
        ("SEND Reg 6(4)", ["6(4)"]),
        ("the Special Educational Needs and Disability Regulations 2014, regulation 12", ["12"]),
        ("SEND Regulations 2014 say so. See regulation 12.", ["12"]),
    ],
)
def test_regulations_are_cited(text, numbers):
    assert references(text) == [(REGULATIONS.slug, number) for number in numbers]


def test_one_pair_of_brackets_can_cite_several_sources():
    text = "(6.17; s.36(8) CFA 2014; Equality Act 2010 s.20, reg 12 SEND Regulations 2014)"
    assert references(text) == [
        ("", "6.17"),
        (CFA.slug, "36(8)"),
        (EQUALITY_ACT.slug, "20"),
        (REGULATIONS.slug, "12"),
    ]


def test_the_name_after_a_number_counts_more_than_the_one_before():
    assert references("As the CFA 2014 section 36 of the Education Act 1996 says") == [
        ("education-act-1996", "36")
    ]


@pytest.mark.parametrize(
    ("text", "cited"),
    [
        ("(CFA 2014 s.36, Equality Act 2010 s.20)", [(CFA.slug, "36"), (EQUALITY_ACT.slug, "20")]),
        ("s.36 CFA 2014, Equality Act 2010 s.20", [(CFA.slug, "36"), (EQUALITY_ACT.slug, "20")]),
        ("(CFA 2014 s.36 to reg 38 SEND Regulations 2014)", [(CFA.slug, "36"), (REGULATIONS.slug, "38")]),
        ("Councils and the Children and Families Act 2014, s.36", [(CFA.slug, "36")]),
        ("The CFA 2014: from section 36 to 12 children", [(CFA.slug, "36")]),
        ("The CFA 2014: section 3rd", []),
        ("The CFA 2014: sections 36 and 37, 6 weeks later", [(CFA.slug, "36"), (CFA.slug, "37")]),
        ("Under section 36, 12 children of the CFA 2014", []),
    ],
)
def test_a_number_belongs_to_the_name_beside_it(text, cited):
    assert references(text) == cited


# What was named before


def test_the_source_that_was_named_last_is_remembered_from_text_to_text():
    named = {}
    assert references("The Equality Act 2010 and the CFA 2014", named) == []
    assert references(", s.77(1)", named) == [(CFA.slug, "77(1)")]
    assert references("Regulation 12", named) == []


def test_the_last_act_is_remembered_beside_regulations_and_guidance():
    text = "The Travel to school guidance, the CFA 2014 and the SEND Regulations 2014: s.36, reg 12, para 34."
    assert references(text) == [(CFA.slug, "36"), (REGULATIONS.slug, "12"), (TRAVEL.slug, "34")]


def test_a_section_after_an_unknown_act_is_not_taken_for_one_of_the_act_before():
    text = "The CFA 2014 helps. The Children Act 1989 does too. See s.17(10)."
    assert near_miss(text).reason is Reason.UNKNOWN_SOURCE


# Where a citation is


def test_a_citation_covers_its_brackets_and_a_mention_its_unit_and_number():
    text = "You can ask (see sections 36(8) and 37 CFA 2014)."
    (citation,) = find_citations(text, SOURCES)
    assert citation.is_bracketed
    assert words(text, [citation]) == ["(see sections 36(8) and 37 CFA 2014)"]
    assert words(text, citation.mentions) == ["sections 36(8)", "37"]


def test_a_citation_without_brackets_covers_the_name_of_its_source():
    text = "Look at section 508B of the Education Act 1996, which says so."
    (citation,) = find_citations(text, SOURCES)
    assert not citation.is_bracketed
    assert words(text, [citation]) == ["section 508B of the Education Act 1996"]


@pytest.mark.parametrize(
    ("text", "final"),
    [
        ("Schools must help. (6.2)", ["(6.2)"]),
        ("Schools must help. (6.2).", ["(6.2)"]),
        ("Schools must help (6.1). (6.2) (6.3) ", ["(6.1)", "(6.2)", "(6.3)"]),
        ("Schools (6.1) must help. [6.2] and [6.3]", ["[6.2]", "[6.3]"]),
        ("Schools must help.\n— Code of Practice 6.2", ["Code of Practice 6.2"]),
        ("Schools must help as paragraph 6.2", []),
        ("Schools (6.2) must help.", []),
        ("Schools must help. (section 36)", []),
        ("(6.2)", ["(6.2)"]),
        ("", []),
    ],
)
def test_the_citations_that_end_a_quotation_say_where_it_is_from(text, final):
    assert words(text, find_final_citations(text, find_citations(text, SOURCES))) == final


# Neither a citation nor like one


@pytest.mark.parametrize(
    "text",
    [
        "(6.5 hours)",
        "(2015)",
        "(£12.50)",
        "(£ 6.50)",
        "(section A)",
        "Sections B and F of the plan",
        "section 3 of this leaflet",
        "sections 3 and 4 of your form",
        "paragraph 6.17 of our policy",
        "section 2 below",
        "from 9.30am to 3.15pm",
        "from 9.30 am",
        "We meet at 9.30, in the hall.",
        "9.30 to 3.15",
        "(9.30 to 3.15)",
        "(9.30-11.15)",
        "Monday 9.30 – 10.00",
        "between 9.30 and 10.15",
        "It costs £6.50 or €7.50.",
        "6.5% of all children",
        "6.5 years",
        "children aged 6.5",
        "It took 9.5 s. 20 pages took 30 sec. 6 more took longer.",
        "version 6.17, v6.17",
        "on 1.9.2026",
        "01429 523087 or 0191.456.78",
        "6.1 Introduction",
        "Read Chapter 6 of the SEND Code of Practice.",
        "the Children and Families Act 2014",
        "(SEND Code of Practice, January 2015)",
        "The child's 6 lessons",
        "Sheffield S10 2TN, Southend SS1 2AB",
        "example.org/6.17",
        "s.36(1)(1)(1)(1)(1)(1)(1)(1)(1)(1)(1)(1)(1)(1)(1)(1)(1)(1)(1) CFA 2014",
        "(1) (a) (iv) (36)",
        "Year 6 and 7",
        "12 SEND Regulations 2014",
        "(0.5) (6.0) (6.05) (123.4)",
        "(6.5/10)",
    ],
)
def test_other_numbers_are_not_citations_and_nothing_is_said(text):
    assert find_citations(text, SOURCES) == []


# What looks like a citation


@pytest.mark.parametrize(
    "text", ["As 6.17 says", "(see 6.17 for more)", "6.17 says so", "(6.17", "Look at paragraph (see 6.17"]
)
def test_a_number_without_brackets_looks_like_a_paragraph(text):
    found = near_miss(text)
    assert found.reason is Reason.BARE_NUMBER
    assert words(text, [found]) == ["6.17"]
    assert found.numbers == ("6.17",)
    assert found.message == (
        "“6.17” looks like a paragraph's number. Write (6.17) to cite the Code. "
        "If it is another number, write 6\\.17."
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "You can ask (section 36(1)).",
            "“section 36(1)” does not say of which law. Write for example "
            "(section 36(1) Children and Families Act 2014). If it is not the law, write \\(section 36(1)).",
        ),
        (
            "See section 36.",
            "“section 36” does not say of which law. Write for example (section 36 Children and Families Act 2014). "
            "If it is not the law, write for example section 36 of this leaflet.",
        ),
        (
            "See para 34.",
            "“para 34” does not say of which law. Write for example (paragraph 34 Travel to school guidance). "
            "If it is not the law, write for example para 34 of this leaflet.",
        ),
        (
            "(36(8))",
            "“36(8)” does not say of which law. Write for example (section 36(8) Children and Families Act 2014). "
            "If it is not the law, write \\(36(8)).",
        ),
    ],
)
def test_a_number_of_no_named_law_is_said(text, message):
    found = near_miss(text)
    assert (found.reason, found.message) == (Reason.NO_SOURCE, message)


@pytest.mark.parametrize(
    "text",
    [
        "section 17 of the Children Act 1989",
        "(s.17 Children Act 1989)",
        "Children Act 1989, section 17",
        "s.19 SSFA 1998",
        "section 20 of the Equality Act 2006",
        "reg 5 of the School Information (England) Regulations 2008",
        "6.17 of the SEN Code",
        "paragraph 34 of the guidance on attendance",
        "section 17 of the Localism Act",
    ],
)
def test_a_law_that_is_not_in_the_record_is_said(text):
    found = near_miss(text)
    assert found.reason is Reason.UNKNOWN_SOURCE
    assert words(text, [found])[0] in found.message


@pytest.mark.parametrize(
    ("text", "right"),
    [
        ("section 12 of the SEND Regulations 2014", "(regulation 12 SEND Regulations 2014)"),
        ("paragraph 36(8) of the CFA 2014", "(section 36(8) Children and Families Act 2014)"),
        ("section 6.17 of the Code", "(6.17)"),
        ("(section 6.17)", "(6.17)"),
    ],
)
def test_the_wrong_word_for_a_number_is_said(text, right):
    found = near_miss(text)
    assert found.reason is Reason.WRONG_UNIT
    assert found.message.endswith(f"Write {right}.")


@pytest.mark.parametrize("text", ["(6.20-6.17)", "(6.17-6.17)", "sections 38 to 36 CFA 2014"])
def test_a_range_that_runs_backwards_is_said(text):
    assert near_miss(text).reason is Reason.BACKWARDS


def test_a_law_named_after_a_paragraph_is_not_its_source():
    assert references("What paragraph 6.17 says under the CFA 2014") == [("", "6.17")]


def test_what_is_said_of_one_number_does_not_undo_the_citation_beside_it():
    found = find_citations("see paragraph 6.17 and section 36", SOURCES)
    assert [type(one) for one in found] == [Citation, NearMiss]


# Escapes


@pytest.mark.parametrize(
    "markdown",
    [
        r"\(9.30)",
        r"(9.30\)",
        r"\[9.30\]",
        r"\(see 9.30)",
        r"9\.30 says",
        r"\(section 3)",
        r"\(section 36 CFA 2014)",
        r"\(9.30, 9.45)",
    ],
)
def test_what_the_writer_escapes_is_no_citation(markdown):
    text, escaped = remove_escapes(markdown)
    assert find_citations(text, SOURCES, escaped=escaped) == []


def test_an_escape_leaves_the_citations_beside_it():
    text = "(9.30) (6.17)"
    assert words(text, find_citations(text, SOURCES, escaped={0})) == ["(6.17)"]


# The manual for writers


def manual_examples():
    """Yield each example of the manual's two tables, and whether it is a citation."""
    manual = (ROOT / "content" / "README.md").read_text()
    _, _, section = manual.partition("### How to cite the law\n")
    section, _, _ = section.partition("\n### ")
    tables = section.split("\nThese are not citations")
    assert len(tables) == 2
    for table, is_citation in zip(tables, (True, False), strict=True):
        for row in re.findall(r"^\| (`.*?) \|", table, re.MULTILINE):
            for example in re.findall(r"`([^`]+)`", row):
                yield pytest.param(example, is_citation, id=example)


@pytest.mark.parametrize(("example", "is_citation"), list(manual_examples()))
def test_the_examples_of_the_manual_are_what_it_says(example, is_citation):
    text, escaped = remove_escapes(example)
    found = find_citations(text, SOURCES, escaped=escaped)
    assert [type(one) for one in found] == ([Citation] if is_citation else [])


# Writing


subs = st.lists(st.sampled_from(["(8)", "(1)", "(3A)", "(a)", "(iv)"]), max_size=3).map("".join)
digits = st.integers(1, 999)
NUMBERS = {
    "code": st.builds("{}.{}".format, st.integers(1, 99), digits),
    "guidance": st.integers(1, 9999).map(str),
    "act": st.builds("{}{}".format, st.integers(1, 9999), st.sampled_from(["", "", "A", "ZB"])),
}
NUMBERS["regulations"] = NUMBERS["act"]


@st.composite
def references_of(draw, sources):
    source = draw(st.sampled_from((None, *sources)))
    slug, kind = (source.slug, source.kind) if source else ("", "code")
    number = draw(NUMBERS[kind])
    assert KINDS[kind].number.fullmatch(number)
    first = Reference(slug, number, draw(subs))
    if draw(st.booleans()):
        return first
    last = Reference(slug, draw(NUMBERS[kind]), draw(subs))
    if not source and last.number.partition(".")[0] != number.partition(".")[0]:
        return first
    if sort_key(last.number) > sort_key(number):
        return Range(first, last)
    if first.sub and last.sub and first.sub != last.sub:
        return Range(first, Reference(slug, number, last.sub))
    return first


@given(
    st.lists(references_of(SOURCES), min_size=1, max_size=6),
    st.sampled_from(["", "See ", "The CFA 2014 says "]),
    st.sampled_from(["", ".", " and more"]),
)
@settings(max_examples=300, deadline=None)
def test_what_is_written_is_read_as_the_same_references(cited, before, after):
    written = write_citation(cited, SOURCES)
    (citation,) = find_citations(f"{before}{written}{after}", SOURCES)
    assert isinstance(citation, Citation)
    assert citation.references == tuple(cited)
    assert (citation.start, citation.end) == (len(before), len(before) + len(written))


@given(st.data())
@settings(max_examples=200, deadline=None)
def test_sources_of_any_title_are_written_and_read(data):
    title_words = st.lists(
        st.sampled_from(
            ["Care", "and", "Support", "of", "Children’s", "(England)", "Code", "Early-Years", "Needs"]
        ),
        min_size=1,
        max_size=5,
    ).map(" ".join)
    kind = data.draw(st.sampled_from(list(KINDS)))
    ending = {"act": " Act 2023", "regulations": " Regulations 2023"}.get(
        kind, data.draw(st.sampled_from([" manual", " (Wales)"]))
    )
    source = make_source("own", kind, f"Local {data.draw(title_words)}{ending}")
    cited = data.draw(st.lists(references_of([source]), min_size=1, max_size=4))
    (citation,) = find_citations(write_citation(cited, [source]), [source])
    assert citation.references == tuple(cited)


@pytest.mark.parametrize(
    ("cited", "written"),
    [
        ([Reference("", "6.17")], "(6.17)"),
        ([Reference("", "6.17"), Reference("", "6.18")], "(6.17, 6.18)"),
        ([Range(Reference("", "6.17"), Reference("", "6.20"))], "(6.17-6.20)"),
        ([Reference(CFA.slug, "36", "(8)")], "(section 36(8) Children and Families Act 2014)"),
        (
            [
                Reference("", "6.17"),
                Reference(REGULATIONS.slug, "4", "(1)"),
                Reference(REGULATIONS.slug, "5"),
            ],
            "(6.17; regulations 4(1), 5 SEND Regulations 2014)",
        ),
    ],
)
def test_a_citation_is_written_in_one_form(cited, written):
    assert write_citation(cited, SOURCES) == written


@pytest.mark.parametrize("cited", [[], [Reference("unknown", "6.17")]])
def test_what_cannot_be_written_is_an_error(cited):
    with pytest.raises(ValueError, match=r"needs a reference|no source"):
        write_citation(cited, SOURCES)


# Any text

FRAGMENTS = [
    "(", ")", "[", "]", "6.17", "36", "(8)", "(a)", "s", ".", ",", ";", "-", " to ", " and ", "section ", "paras ", "reg ",
    "CFA 2014", "SEND Code", "SEN Regulation", "Children Act 1989", " of the ", "Act", "code", "2014", "\n", " ", "£",
    "guidance", "see ", "’", "”", "²", "٣", "ß", "İ", "\x00", "\ud800",
]  # fmt: skip
any_text = st.text() | st.lists(st.sampled_from(FRAGMENTS), max_size=30).map("".join)


@given(any_text, st.sets(st.integers(-1, 60)))
@settings(max_examples=400, deadline=None)
def test_any_text_is_read_without_error_or_overlap(text, escaped):
    found = find_citations(text, SOURCES, escaped=escaped)
    end = 0
    for one in found:
        assert end <= one.start < one.end <= len(text)
        end = one.end
        if isinstance(one, NearMiss):
            assert one.message
            continue
        position = one.start
        for mention in one.mentions:
            assert position <= mention.start < mention.end <= one.end
            position = mention.end
        assert (
            find_citations(write_citation(one.references, SOURCES), SOURCES)[0].references == one.references
        )
    find_final_citations(text, found)


@given(any_text)
@settings(max_examples=300, deadline=None)
def test_a_text_without_sources_is_read(text):
    for one in find_citations(text, ()):
        assert isinstance(one, NearMiss) or {reference.source for reference in one.references} == {""}


@pytest.mark.parametrize(
    "unit",
    [
        "(6.17) ", "(", "((6.17", "6.17, ", "6.17-", "s.36, ", "section ", "sections 36 and ", "36(1)", "(1)", "1(1)(1)", "s.36(8) and (9) ",
        "Children and Families ", "CFA 2014 ", "CFA 2014, s.36, ", "Act ", "Big ", "see ", "(see, ", "of the ", "36 of the ",
        "SEND ", "s.36 of the Big ", "6.17\n", "para 6.17\n", " ", "6.", "6a", "1", ".", "s", "\u2019s 6", "(6.17;", "6.17 CFA 2014; ",
    ],
)  # fmt: skip
def test_reading_takes_linear_time(unit):
    def read(text):
        find_final_citations(text, find_citations(text, SOURCES, escaped=range(0, len(text), 7)))

    assert_linear(read, lambda size: unit * (size // len(unit)) + "x", 16_000)
