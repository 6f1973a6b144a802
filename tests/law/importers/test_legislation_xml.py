"""Reading Acts and regulations from the XML of legislation.gov.uk."""

import datetime as dt
import itertools
import re
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings, strategies as st

from leaflets.law.importers.legislation_xml import import_legislation
from leaflets.law.importers.results import Imported, ImportFailed, VersionDetails
from leaflets.law.sources import LawSource
from tests.law.importers.documents import clml, level, rendered_words, section, text, texts

TODAY = dt.date(2026, 11, 26)
ACT = LawSource(
    "act", "act", "Children and Families Act 2014", "The Act", "https://www.legislation.gov.uk/ukpga/2014/6"
)


def read(folder: Path, document: bytes, details: VersionDetails | None = None) -> Imported:
    path = folder / "data.xml"
    path.write_bytes(document)
    return import_legislation(path, details or VersionDetails(), today=TODAY)


def read_text(folder: Path, content: str) -> str:
    """Return the text of a section with this content."""
    return texts(read(folder, clml(section("36", content))))["36"]


def test_a_section_is_read_with_its_nesting_as_lists(tmp_path: Path) -> None:
    items = level(4, "i", text("a school, or")) + level(4, "ii", text("a college,"))
    content = level(
        2,
        "8",
        text("The authority must—") + level(3, "a", text("ask—") + items) + level(3, "b", text("decide")),
    )

    assert read_text(tmp_path, level(2, "1", text("A parent may ask.")) + content) == (
        "(1) A parent may ask.\n\n(8) The authority must—\n\n"
        "- (a) ask—\n  - (i) a school, or\n  - (ii) a college,\n- (b) decide"
    )


def test_words_that_close_a_list_stand_below_it(tmp_path: Path) -> None:
    content = level(3, "a", text("ask—") + level(4, "i", text("a school,")) + text("in writing, and"))
    content = level(
        2, "1", text("They must—") + content + level(3, "b", text("decide,")) + text("in six weeks.")
    )

    assert read_text(tmp_path, content) == (
        "(1) They must—\n\n- (a) ask—\n  - (i) a school,\n\n  in writing, and\n- (b) decide,\n\nin six weeks."
    )


def test_a_section_without_subsections_and_a_subsection_that_begins_with_a_list(tmp_path: Path) -> None:
    assert read_text(tmp_path, text("This Act is short.")) == "This Act is short."
    assert read_text(tmp_path, level(2, "2", level(3, "a", text("ask")))) == "(2)\n\n- (a) ask"


def test_definitions_are_a_list_and_their_letters_are_counted(tmp_path: Path) -> None:
    letters = "".join(
        f"<ListItem><Para>{text(words)}</Para></ListItem>" for words in ("a school,", "a college;")
    )
    item = f'<ListItem><Para>{text("“<Term>place</Term>” means—")}</Para><OrderedList Type="alpha" Decoration="parens">{letters}</OrderedList></ListItem>'
    content = text("In this Act—") + f'<UnorderedList Decoration="none">{item}</UnorderedList>'

    assert read_text(tmp_path, content) == (
        "In this Act—\n\n- “place” means—\n  - (a) a school,\n  - (b) a college;"
    )


def test_amendments_leave_no_marks_and_words_do_not_run_together(tmp_path: Path) -> None:
    words = "Where the<Substitution>CMA</Substitution>or <CommentaryRef Ref='c1'/>a body <CommentaryRef Ref='c2'/>; section 14<Addition>A</Addition>"

    imported = read(tmp_path, clml(section("36", text(words))))

    assert texts(imported)["36"] == "Where the CMA or a body; section 14A"
    assert any("a space was added between “the” and “CMA”" in remark for remark in imported.remarks)


def test_the_layout_of_the_file_adds_no_space_in_quotation_marks(tmp_path: Path) -> None:
    words = "\n  <Addition>“</Addition>\n  <Acronym><Addition>CIO</Addition></Acronym>\n  <Addition>” means a body;</Addition>\n"

    assert read_text(tmp_path, text(words)) == "“CIO” means a body;"


def test_repealed_words_are_dots_and_said(tmp_path: Path) -> None:
    repealed = '<Repeal RetainText="true">the old body shall act</Repeal>'
    document = clml(
        section("36", text(repealed)) + section("37", text(". . . . . . . . . . ."), ". . . . . .")
    )

    imported = read(tmp_path, document)

    assert texts(imported) == {"36": ". . . .", "37": ". . . ."}
    assert imported.version.provisions[1].heading == ""
    assert any("left out: “the old body shall act”" in remark for remark in imported.remarks)
    assert "Section 37 was repealed: it has no words." in imported.remarks


def test_the_law_s_own_footnotes_are_in_brackets(tmp_path: Path) -> None:
    notes = '<Footnotes><Footnote id="f1"><FootnoteText><Para><Text>1996 c. 56.</Text></Para></FootnoteText></Footnote></Footnotes>'
    document = clml(section("36", text("The Education Act<FootnoteRef Ref='f1'/> applies.")), after=notes)

    assert texts(read(tmp_path, document))["36"] == r"The Education Act applies. \[1996 c. 56.\]"


def test_sections_quoted_in_an_amendment_are_not_sections_of_the_act(tmp_path: Path) -> None:
    quoted = (
        f'<BlockAmendment Format="double">{section("36", text("New words."), "New heading")}</BlockAmendment>'
    )
    document = clml(section("50", level(2, "1", text("After section 35 insert—") + quoted)))

    assert texts(read(tmp_path, document)) == {
        "50": "(1) After section 35 insert—\n\n- “New heading\n- 36 New words.”"
    }


def test_a_table_is_a_table(tmp_path: Path) -> None:
    cells = "<tr><td>Step</td><td>Days</td></tr><tr><td>Reply</td><td>15</td></tr>"
    content = f'<Tabular><table xmlns="http://www.w3.org/1999/xhtml"><tbody>{cells}</tbody></table></Tabular>'

    assert (
        read_text(tmp_path, text("See—") + content)
        == "See—\n\n| Step | Days |\n| --- | --- |\n| Reply | 15 |"
    )


def test_marks_of_markdown_are_words(tmp_path: Path) -> None:
    assert (
        read_text(tmp_path, text("# 1. A *b* [c](d) &lt;i> &amp;amp;"))
        == r"\# 1. A \*b\* \[c\](d) \<i> \&amp;"
    )


def test_parts_are_chapters_with_numbers_in_digits(tmp_path: Path) -> None:
    parts = [("Part IV", "Schools", "36"), ("PART 4A", "Colleges", "40"), ("Part XIX", "General", "50")]
    body = "".join(
        f"<Part><Number>{number}</Number><Title>{title}</Title><Chapter><Number>Chapter 1</Number><Title>One</Title>"
        f"{section(first, text('Words.'))}</Chapter></Part>"
        for number, title, first in parts
    )

    version = read(tmp_path, clml(body)).version

    assert version.chapters == (("4", "Schools"), ("4A", "Colleges"), ("19", "General"))
    assert [provision.chapter for provision in version.provisions] == ["4", "4A", "19"]


def test_label_date_address_and_source_come_from_the_file(tmp_path: Path) -> None:
    imported = read(tmp_path, clml(section("36", text("Words."), "Assessment of needs.")))

    version = imported.version
    assert imported.source == LawSource(
        "children-and-families-act-2014", "act", "Children and Families Act 2014", "Children and Families Act 2014",
        "https://www.legislation.gov.uk/ukpga/2014/6",
    )  # fmt: skip
    assert (version.slug, version.label) == ("2025-09-01", "as it stood on 1 September 2025")
    assert version.in_force_from == dt.date(2025, 9, 1)
    assert version.url == "https://www.legislation.gov.uk/ukpga/2014/6/2025-09-01"
    assert version.provisions[0].heading == "Assessment of needs"
    assert not version.has_unapplied_changes


def test_what_the_person_says_is_taken_instead(tmp_path: Path) -> None:
    details = VersionDetails("made", "as made", dt.date(2014, 9, 1), "https://example.org/made")

    version = read(tmp_path, clml(section("36", text("Words."))), details).version

    assert (version.slug, version.label, version.in_force_from, version.url) == (
        "made", "as made", dt.date(2014, 9, 1), "https://example.org/made",
    )  # fmt: skip


def test_regulations_are_told_from_acts(tmp_path: Path) -> None:
    imported = read(tmp_path, clml(section("12", text("Words.")), kind="uksi/2014/1530"))

    assert imported.source.kind == "regulations"


def effect(dates: str, affected: str = "section/36/8", required: str = "true") -> str:
    address = f"http://www.legislation.gov.uk/id/ukpga/2014/6/{affected}"
    return (
        f'<ukm:PrimaryMetadata><ukm:UnappliedEffects><ukm:UnappliedEffect RequiresApplied="{required}" '
        f'AffectedProvisions="s. 36(8)"><ukm:AffectedProvisions><ukm:Section URI="{address}"/></ukm:AffectedProvisions>'
        f"<ukm:InForceDates>{dates}</ukm:InForceDates></ukm:UnappliedEffect></ukm:UnappliedEffects></ukm:PrimaryMetadata>"
    )


@pytest.mark.parametrize(
    ("metadata", "outstanding"),
    [
        (effect('<ukm:InForce Applied="false" Date="2026-01-01"/>'), True),
        (effect('<ukm:InForce Date="2026-01-01"/>', "part/3"), True),
        (effect('<ukm:InForce Date="2026-01-01"/>', "section/99"), False),
        (effect('<ukm:InForce Date="2029-09-01"/>'), False),
        (effect('<ukm:InForce Prospective="true"/>'), False),
        (effect('<ukm:InForce Applied="true" Date="2026-01-01"/>'), False),
        (effect('<ukm:InForce Date="2026-01-01"/>', required="false"), False),
    ],
)
def test_changes_that_are_in_force_but_not_in_the_text_are_said(
    tmp_path: Path, metadata: str, outstanding: bool
) -> None:
    imported = read(tmp_path, clml(section("36", text("Words.")), metadata=metadata))

    assert imported.version.has_unapplied_changes is outstanding
    assert any("Changes that are in force" in remark for remark in imported.remarks) is outstanding


def test_what_is_left_out_is_said(tmp_path: Path) -> None:
    schedules = f"<Schedules><Schedule><ScheduleBody>{section('1', text('Words.'))}</ScheduleBody></Schedule></Schedules>"
    body = (
        section("36", text("Words.")) + section("38 - 40", text(". . . .")) + "<P><Text>No number.</Text></P>"
    )

    imported = read(tmp_path, clml(body, after=schedules))

    assert list(texts(imported)) == ["36"]
    remarks = "\n".join(imported.remarks)
    assert "Schedules are left out, because they cannot be cited here: 1." in remarks
    assert "“38 - 40” in line" in remarks
    assert "“No number.”" in remarks


def test_gaps_between_sections_are_reported(tmp_path: Path) -> None:
    body = "".join(section(number, text("Words.")) for number in ("36", "36A", "37", "41"))

    assert read(tmp_path, clml(body)).gaps == ("38 to 40",)


_BOMB = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]><x>&b;</x>'
_FILE = b'<!DOCTYPE x [<!ENTITY f SYSTEM "file:///etc/passwd">]><Legislation>&f;</Legislation>'
_DEEP = clml(section("36", "<Para>" * 200 + "<Text>x</Text>" + "</Para>" * 200))
_TWICE = clml(section("36", text("One.")) + section("36", text("Two.")))


@pytest.mark.parametrize(
    ("document", "message"),
    [
        (_BOMB, "declares a document type or entities"),
        (_FILE, "declares a document type or entities"),
        (_BOMB.decode().encode("utf-16"), "this is not XML that can be read"),
        (_DEEP, "nested more than 100 levels deep"),
        (b"<Legislation", "data.xml:1: this is not XML that can be read"),
        (b"<html><body/></html>", "outermost element is <html>"),
        (b"", "this is not XML that can be read"),
        (clml(""), "has no sections that could be read"),
        (clml("").replace(b"<Body></Body>", b""), "has no text of Children and Families Act 2014"),
        (_TWICE, "section 36 stands here twice, in line"),
        (clml(section("1", text("x")), kind="eur/2016/679"), "a document of the type “eur”"),
        (clml(section("1", text("x")), kind="nowhere"), "does not say which Act or instrument"),
        (clml(section("1", text("x"))).replace(b"2025-09-01", b"never"), "Add --in-force-from"),
    ],
)  # fmt: skip
def test_what_cannot_be_imported_is_refused_with_a_sentence(
    tmp_path: Path, document: bytes, message: str
) -> None:
    with pytest.raises(ImportFailed, match=message):
        read(tmp_path, document)


def test_another_law_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "data.xml"
    path.write_bytes(clml(section("1", text("x")), kind="ukpga/1996/16"))

    with pytest.raises(
        ImportFailed, match=r"the text of .*ukpga/1996/16\), not of Children and Families Act"
    ):
        import_legislation(path, VersionDetails(), ACT)


_WORD = st.text("abcé*_[]<&|`#1.-", min_size=1, max_size=8).filter(
    lambda word: bool(re.search("[abcé]", word))
)
_TEXT = st.lists(_WORD, min_size=1, max_size=3).map(" ".join)


def _xml(words: str) -> str:
    return words.replace("&", "&amp;").replace("<", "&lt;")


def _trees(depth: int) -> st.SearchStrategy[tuple[str, list[str]]]:
    """Return elements of a depth with the words that they show, in order."""
    texts_ = _TEXT.map(lambda words: (text(_xml(words)), words.split()))
    if depth > 4:
        return texts_
    inside = st.lists(st.one_of(texts_, _trees(depth + 1)), min_size=1, max_size=2)
    numbers = st.sampled_from(["1", "2A", "a", "iv"])
    numbered = st.builds(
        lambda number, parts: (
            level(depth, number, "".join(xml for xml, _words in parts)),
            [f"({number})", *itertools.chain(*(words for _xml, words in parts))],
        ),
        numbers,
        inside,
    )
    listed = st.lists(inside, min_size=1, max_size=2).map(
        lambda items: (
            "<UnorderedList>"
            + "".join(
                f"<ListItem><Para>{''.join(xml for xml, _ in item)}</Para></ListItem>" for item in items
            )
            + "</UnorderedList>",
            [word for item in items for _, words in item for word in words],
        )
    )
    return st.one_of(numbered, listed) if depth < 4 else numbered


@settings(max_examples=60)
@given(st.lists(_trees(2), min_size=1, max_size=3))
def test_the_words_of_any_section_are_shown_in_order(parts: list[tuple[str, list[str]]]) -> None:
    with TemporaryDirectory() as folder:
        shown = read_text(Path(folder), "".join(xml for xml, _words in parts))

    assert rendered_words(shown) == list(itertools.chain(*(words for _xml, words in parts)))
