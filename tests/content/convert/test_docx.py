"""Word documents: each rule of the converter with what goes in and what comes out."""

import datetime as dt
import io
from zipfile import ZIP_DEFLATED, ZipFile

import pytest

from leaflets.content.convert import ConversionError, QuestionKind, convert_docx, docx as docx_module
from tests.word_documents import MAIN, OFFICE, docx, item, paragraph, run, table

LINK = (
    f'<Relationship Id="rId7" Type="{OFFICE}/hyperlink" Target="https://www.gov.uk/a" TargetMode="External"/>'
)
DRAWING = (
    '<w:r><w:drawing><wp:inline><wp:docPr id="1" name="P" descr="Four steps"/></wp:inline></w:drawing></w:r>'
)
BOX = "<w:txbxContent><w:p><w:r><w:t>Bring a friend.</w:t></w:r></w:p></w:txbxContent>"
TEXT_BOX = (
    "<w:r><mc:AlternateContent>"
    f'<mc:Choice Requires="wps"><w:drawing><wps:txbx>{BOX}</wps:txbx></w:drawing></mc:Choice>'
    f"<mc:Fallback><w:pict><v:shape><v:textbox>{BOX}</v:textbox></v:shape></w:pict></mc:Fallback>"
    "</mc:AlternateContent></w:r>"
)
FIELD = (
    '<w:r><w:fldChar w:fldCharType="begin"/></w:r><w:r><w:instrText> HYPERLINK "https://www.gov.uk/b" </w:instrText></w:r>'
    '<w:r><w:fldChar w:fldCharType="separate"/></w:r><w:r><w:t>the page</w:t></w:r>'
    '<w:r><w:fldChar w:fldCharType="end"/></w:r>'
)
TICK_BOX = (
    '<w:sdt><w:sdtPr><w14:checkbox><w14:checked w14:val="0"/></w14:checkbox></w:sdtPr>'
    "<w:sdtContent><w:r><w:t>☐</w:t></w:r></w:sdtContent></w:sdt>"
)


def text_of(*body, **options):
    return convert_docx(docx(*body, **options), whole=False).introduction


def kinds_of(converted):
    return [question.kind for question in converted.questions]


BODIES = {
    "bold and italic words keep their marks": (
        [paragraph(run("They ") + run("must", "<w:b/>") + run(" ask you ") + run("first", "<w:i/>") + run("."))],
        "They **must** ask you *first*.",
    ),
    "bold that is switched off is not bold": (
        [paragraph(run("They ") + run("must", '<w:b w:val="0"/>') + run(" ask."))], "They must ask.",
    ),
    "a numbered list with bullets in it": (
        [item("Plan"), item("write it down", 2, 1), item("Do")], "1. Plan\n   - write it down\n2. Do",
    ),
    "a numbered list goes on after a paragraph": (
        [item("Plan"), item("Do"), paragraph("Then wait."), item("Review")],
        "1. Plan\n2. Do\n\nThen wait.\n\n3. Review",
    ),
    "the letters of a list are kept as words": ([item("Plan", 3), item("Do", 3)], "- a) Plan\n- b) Do"),
    "a header row": (
        [table(("Step", "Times"), ("Review", "3"), header=True)], "| Step | Times |\n| --- | --- |\n| Review | 3 |",
    ),
    "a row of bold words is a header": (
        [table((paragraph(run("Step", "<w:b/>")), paragraph(run("Times", "<w:b/>"))), ("Review", "3"))],
        "| Step | Times |\n| --- | --- |\n| Review | 3 |",
    ),
    "a table of one cell is a box around text": ([table(("Ask us.",))], "Ask us."),
    "two paragraphs in a cell stay in their cell": (
        [table(("Step", "Times"), (paragraph("Review") + paragraph("and plan"), "3"), header=True)],
        "| Step | Times |\n| --- | --- |\n| Review and plan | 3 |",
    ),
    "a line break stays": (
        [paragraph("<w:r><w:t>Phone</w:t><w:br/><w:t>Write</w:t></w:r>")], "Phone\\\nWrite",
    ),
    "a tab is a space": ([paragraph("<w:r><w:t>Phone:</w:t><w:tab/><w:t>us</w:t></w:r>")], "Phone: us"),
    "a Quote and an Intense Quote are one quotation": (
        [paragraph("First.", "Quote"), paragraph("Second. (6.17)", "IntenseQuote")],
        "> First.\n>\n> Second.\n>\n> (6.17)",
    ),
    "quotations with a source each stay apart": (
        [paragraph("First. (6.16)", "Quote"), paragraph("Second. (6.17)", "Quote")],
        "> First.\n>\n> (6.16)\n\n> Second.\n>\n> (6.17)",
    ),
    "a list in a quotation is quoted": (
        [paragraph("Children need:", "Quote"), item("help", 2), item("time", 2), paragraph("(6.1)", "Quote")],
        "> Children need:\n>\n> - help\n> - time\n>\n> (6.1)",
    ),
    "a source below a quotation belongs to it": (
        [paragraph("They must ask.", "Quote"), paragraph("section 36(8) Children and Families Act 2014")],
        "> They must ask.\n>\n> (section 36(8) Children and Families Act 2014)",
    ),
    "a link of a field": ([paragraph(run("See ") + FIELD + run("."))], "See [the page](https://www.gov.uk/b)."),
    "a link within the document is left out": (
        [paragraph(f'<w:hyperlink w:anchor="x">{run("below")}</w:hyperlink>')], "below",
    ),
    "tick boxes are list items": (
        [paragraph(TICK_BOX + run(" I agree")), paragraph(TICK_BOX + run(" I do not"))], "- I agree\n- I do not",
    ),
    "a bullet of the font Symbol": (
        [paragraph('<w:r><w:sym w:font="Symbol" w:char="F0B7"/><w:t xml:space="preserve"> Ask</w:t></w:r>')], "- Ask",
    ),
    "a text box stands below its paragraph": (
        [paragraph(run("Come to us.") + TEXT_BOX), paragraph("Or write.")], "Come to us.\n\nBring a friend.\n\nOr write.",
    ),
    "inserted words are in the text": (
        [paragraph(f"<w:ins>{run('Ask us.')}</w:ins>")], "Ask us.",
    ),
    "text after a field that does not end": (
        [paragraph('<w:r><w:fldChar w:fldCharType="begin"/></w:r>' + run("Ask.")), paragraph("Write.")],
        "Ask.\n\nWrite.",
    ),
    "a field within the instruction of another": (
        [paragraph(
            '<w:r><w:fldChar w:fldCharType="begin"/></w:r><w:r><w:instrText>IF </w:instrText></w:r>' + FIELD
            + '<w:r><w:fldChar w:fldCharType="separate"/></w:r>' + run("Ask.")
            + '<w:r><w:fldChar w:fldCharType="end"/></w:r>'
        )],
        "Ask.",
    ),
    "the quotation of LibreOffice": ([paragraph("Ask us.", "Quotations")], "> Ask us."),
    "a content control with nothing in it": ([paragraph("Ask."), "<w:sdt/><w:sdt><w:sdtContent/></w:sdt>"], "Ask."),
    "letters beyond z": ([item("a", 3)] * 27, "\n".join(f"- {chr(97 + n % 26) * (1 + n // 26)}) a" for n in range(27))),
    "a table in a cell": (
        [table((table(("a", "b"), ("c", "d")), "e"), ("f", "g"), header=True)],
        "| a b c d | e |\n| --- | --- |\n| f | g |",
    ),
    "a hyphen that keeps words together is a hyphen": (
        [paragraph("<w:r><w:t>e</w:t><w:noBreakHyphen/><w:t>mail</w:t></w:r>")], "e-mail",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("body", "markdown"), BODIES.values(), ids=BODIES)
def test_word_is_converted(body, markdown):
    assert text_of(*body) == markdown


def test_styles_give_the_title_and_the_sections():
    converted = convert_docx(
        docx(
            paragraph("Moving on", "Title"), paragraph("For parents", "Subtitle"), paragraph("Before", "Heading1"),
            paragraph("Visit."), paragraph("Who comes", "Heading2"), paragraph("You."), paragraph("After", "Heading1"),
            paragraph("Ask."),
        )
    )  # fmt: skip

    assert converted.title == "Moving on"
    assert converted.markdown == (
        "For parents\n\n## Before {#before}\n\nVisit.\n\n### Who comes\n\nYou.\n\n## After {#after}\n\nAsk.\n"
    )


@pytest.mark.parametrize("key", ["Own", "Outline"])
def test_a_style_of_the_services_own_is_a_heading_where_it_is_based_on_one_or_has_its_level(key):
    converted = convert_docx(
        docx(paragraph("Moving on", "Title"), paragraph("Before", key), paragraph("Visit."))
    )

    assert [section.heading for section in converted.sections] == ["Before"]


def test_a_link_keeps_its_address():
    body = paragraph(run("See ") + f'<w:hyperlink r:id="rId7">{run("the Code")}</w:hyperlink>' + run("."))

    assert text_of(body, relationships=LINK) == "See [the Code](https://www.gov.uk/a)."


def test_a_footnote_stands_in_brackets_where_its_number_is():
    notes = (
        '<w:footnote w:id="2"><w:p><w:r><w:footnoteRef/><w:t> From the Act.</w:t></w:r></w:p></w:footnote>'
    )
    body = paragraph(run("They must") + '<w:r><w:footnoteReference w:id="2"/></w:r>' + run("."))

    assert text_of(body, parts={"footnotes": notes}) == "They must (From the Act)."


def test_the_publication_date_is_read_from_the_footer():
    footer = paragraph("Published: March 2020")

    converted = convert_docx(docx(paragraph("Ask us for help."), parts={"footer1": footer}))

    assert converted.published == dt.date(2020, 3, 1)


def test_a_strict_document_is_read_too():
    data = io.BytesIO(docx(paragraph("Moving on", "Title"), paragraph("Ask us.")))
    strict = io.BytesIO()
    with ZipFile(data) as source, ZipFile(strict, "w") as archive:
        for name in source.namelist():
            content = source.read(name)
            content = content.replace(MAIN.encode(), b"http://purl.oclc.org/ooxml/wordprocessingml/main")
            content = content.replace(
                OFFICE.encode(), b"http://purl.oclc.org/ooxml/officeDocument/relationships"
            )
            archive.writestr(name, content)

    assert convert_docx(strict.getvalue()).title == "Moving on"


# What is left out, and said


def test_hidden_text_is_left_out_and_said():
    converted = convert_docx(docx(paragraph(run("Ask us.") + run("secret", "<w:vanish/>"))))

    assert "secret" not in converted.markdown
    assert QuestionKind.HIDDEN in kinds_of(converted)


def test_deleted_text_is_left_out_and_said():
    deleted = '<w:del w:author="Rose"><w:r><w:delText>never</w:delText></w:r></w:del>'

    converted = convert_docx(docx(paragraph(run("Ask us.") + deleted)))

    assert converted.markdown == "Ask us.\n"
    assert QuestionKind.DELETED in kinds_of(converted)


def test_text_that_was_moved_is_there_once():
    moved = f"<w:moveFrom>{run('Ask us.')}</w:moveFrom>"

    assert text_of(paragraph(moved + run("First.")), paragraph(f"<w:moveTo>{run('Ask us.')}</w:moveTo>")) == (
        "First.\n\nAsk us."
    )


def test_nothing_of_comments_and_authors_is_kept():
    comments = f'<w:comment w:id="1" w:author="Rose">{paragraph("Is this right?")}</w:comment>'
    inserted = f'<w:ins w:author="Rose">{run("Ask us.")}</w:ins>'

    converted = convert_docx(docx(paragraph(inserted), parts={"comments": comments}))

    assert "Rose" not in repr(converted)
    assert "right" not in repr(converted)
    assert QuestionKind.COMMENTS in kinds_of(converted)


def test_a_header_is_left_out_and_its_words_are_said():
    converted = convert_docx(docx(paragraph("Ask us."), parts={"header1": paragraph("Anytown SENDIASS")}))

    (question,) = [one for one in converted.questions if one.kind is QuestionKind.HEADER]
    assert "“Anytown SENDIASS”" in question.text


def test_the_table_of_contents_is_left_out_and_said():
    converted = convert_docx(docx(paragraph("Before 2", "TOC1"), paragraph("Ask us.")))

    assert converted.markdown == "Ask us.\n"
    assert QuestionKind.CONTENTS in kinds_of(converted)


def test_the_place_of_a_picture_is_asked_about_with_its_words():
    converted = convert_docx(docx(paragraph("Ask us."), paragraph(DRAWING)), whole=False)

    (question,) = converted.questions
    assert (question.kind, question.blocking, question.excerpt) == (QuestionKind.PICTURE, True, "Ask us.")
    assert "Four steps" in question.text


def test_a_text_box_is_asked_about():
    converted = convert_docx(docx(paragraph(run("Come to us.") + TEXT_BOX)), whole=False)

    assert [(one.kind, one.excerpt) for one in converted.questions] == [
        (QuestionKind.TEXT_BOX, "Bring a friend.")
    ]


def test_merged_cells_are_asked_about():
    wide = '<w:tcPr><w:gridSpan w:val="2"/></w:tcPr><w:p><w:r><w:t>Steps</w:t></w:r></w:p>'

    converted = convert_docx(docx(table((wide,), ("Review", "3"), header=True)), whole=False)

    assert converted.introduction == "| Steps |  |\n| --- | --- |\n| Review | 3 |"
    assert kinds_of(converted) == [QuestionKind.MERGED_CELLS]


def test_macros_embedded_files_and_other_computers_are_not_read_and_said():
    template = f'<Relationship Id="rId8" Type="{OFFICE}/attachedTemplate" Target="file:///x.dotm" TargetMode="External"/>'

    converted = convert_docx(
        docx(
            paragraph("Ask us."), relationships=template,
            parts={"word/vbaProject.bin": b"x", "word/embeddings/a.xlsx": b"x"},
        )
    )  # fmt: skip

    (question,) = [one for one in converted.questions if one.kind is QuestionKind.EMBEDDED]
    assert "macros, files that were embedded, what is on other computers" in question.text


# Files that are refused


def compressed(count):
    """A .docx with so many characters, which are all the same."""
    return docx(paragraph("a" * count))


def with_entries(count):
    output = io.BytesIO()
    with ZipFile(output, "w") as archive:
        for number in range(count):
            archive.writestr(str(number), "")
    return output.getvalue()


ENTITIES = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]>'
REFUSED = {
    "an empty file": (b"", docx_module.EMPTY),
    "a document of an old Word": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), docx_module.OLD_WORD),
    "an encrypted document": (
        b"\xd0\xcf\x11\xe0" + bytes(600) + "EncryptedPackage".encode("utf-16-le"), docx_module.ENCRYPTED,
    ),
    "a PDF": (b"%PDF-1.7\n", docx_module.PDF),
    "RTF": (b"{\\rtf1 x}", docx_module.OTHER),
    "a web page": (b"<html>x</html>", docx_module.OTHER),
    "a damaged file": (docx(paragraph("Ask us."))[:-40], docx_module.BROKEN),
    "a picture": (b"\x89PNG\r\n", docx_module.BROKEN),
    "XML that is not well formed": (docx("<w:p>"), docx_module.BROKEN),
    "entities": (docx(paragraph("&b;"), doctype=ENTITIES), docx_module.UNSAFE),
    "another zip file": (with_entries(3), docx_module.OTHER),
    "too many entries": (with_entries(docx_module.MAX_ENTRIES + 1), docx_module.TOO_LARGE),
    "a part that is compressed too well": (compressed(2_000_000), docx_module.TOO_LARGE),
    "a part that is too large": (compressed(docx_module.MAX_PART), docx_module.TOO_LARGE),
    "elements that are nested too deeply": (docx("<w:ins>" * 400 + "</w:ins>" * 400), docx_module.UNSAFE),
    "a file that is too large": (b"PK" + bytes(docx_module.MAX_FILE), docx_module.TOO_LARGE),
}  # fmt: skip


@pytest.mark.parametrize(("data", "message"), REFUSED.values(), ids=REFUSED)
def test_a_file_is_refused_in_one_sentence(data, message):
    with pytest.raises(ConversionError) as error:
        convert_docx(data)

    assert str(error.value) == message


def test_a_document_with_one_part_twice_is_refused():
    output = io.BytesIO(docx(paragraph("Ask us.")))
    with ZipFile(output, "a", ZIP_DEFLATED) as archive, pytest.warns(UserWarning, match="Duplicate"):
        archive.writestr("word/document.xml", "<x/>")

    with pytest.raises(ConversionError, match="does not write"):
        convert_docx(output.getvalue())
