"""Reading the Code, and guidance, from PDFs that are laid out like it."""

import random
import string
from html import escape
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import Phase, given, settings, strategies as st

from leaflets.law.importers.code_pdf import import_code
from leaflets.law.importers.results import ImportFailed, VersionDetails
from tests.law.importers.documents import (
    CODE,
    DETAILS,
    GUIDANCE,
    paragraph,
    read_pdf,
    rendered_words,
    texts,
    write_pdf,
)

SENTENCE = "The school looks at what the child needs, says so in writing and reviews it every term. "
CHAPTER = "<h1>6 Schools</h1>"
FOOTNOTES = """
.f { float: footnote; font-size: 9pt; line-height: 1.3 }
.f::footnote-call { content: counter(footnote); font-size: 7pt; vertical-align: super; line-height: 0 }
.f::footnote-marker { content: counter(footnote) ' ' }
"""


def filler(chance: random.Random, count: int) -> str:
    words = [
        "school",
        "needs",
        "plan",
        "review",
        "support",
        "parents",
        "must",
        "should",
        "progress",
        "term",
        "agreed",
    ]
    return " ".join(chance.choices(words, k=count)).capitalize() + "."


def test_every_paragraph_of_a_chapter_is_read_word_for_word(tmp_path: Path) -> None:
    chance = random.Random(6)  # noqa: S311 - filler
    body, expected = CHAPTER + "<h2>What this chapter covers</h2><p>An overview.</p>", {}
    for place in range(1, 46):
        number, blocks = f"6.{place}", [filler(chance, chance.randrange(10, 60))]
        body += f"<h2>{filler(chance, 4)[:-1]}</h2>" if place % 5 == 0 else ""
        body += paragraph(number, blocks[0].replace(" must ", " <b>must</b> "))
        if place % 4 == 0:
            items = [filler(chance, chance.randrange(4, 20)) for _ in range(4)]
            body += "<ul>" + "".join(f"<li>{item}</li>" for item in items) + "</ul>"
            blocks += [f"- {item}" for item in items]
        if place % 9 == 0:
            blocks.append(filler(chance, 30))
            body += f'<p class="more">{blocks[-1]}</p>'
        expected[number] = " ".join(blocks).split()

    imported = read_pdf(tmp_path, body)

    found = {number: text.replace("**", "").split() for number, text in texts(imported).items()}
    assert found == expected
    assert imported.gaps == ()
    assert imported.version.chapters == (("6", "Schools"),)


def test_lists_are_nested_and_statutory_words_are_bold_where_they_are_on_paper(tmp_path: Path) -> None:
    imported = read_pdf(
        tmp_path,
        CHAPTER
        + paragraph("6.1", "Schools <b>must</b>, and “<b>should</b>”, do <b>what</b> they must:")
        + "<ul><li>ask<ul><li>parents</li><li>pupils</li></ul></li><li>listen</li></ul>"
        + '<p class="more">And they <b>must not</b> wait.</p>',
    )

    assert texts(imported)["6.1"] == (
        "Schools **must**, and “**should**”, do what they must:\n\n"
        "- ask\n  - parents\n  - pupils\n- listen\n\nAnd they **must** not wait."
    )


def test_letters_of_a_list_are_kept(tmp_path: Path) -> None:
    body = (
        CHAPTER
        + paragraph("6.1", "Either:")
        + '<ol style="list-style-type: lower-alpha"><li>ask<li>wait</ol>'
    )

    assert texts(read_pdf(tmp_path, body))["6.1"] == "Either:\n\n- a. ask\n- b. wait"


def test_a_number_at_the_start_of_an_item_s_next_line_starts_no_item(tmp_path: Path) -> None:
    item = "<li>see section 36<br>(4) of the Act<br>– and more</li>"

    imported = read_pdf(tmp_path, CHAPTER + paragraph("6.1", "Schools:") + f"<ul>{item}</ul>")

    assert texts(imported)["6.1"] == "Schools:\n\n- see section 36 (4) of the Act – and more"


def test_a_paragraph_may_go_on_for_pages(tmp_path: Path) -> None:
    words = " ".join(f"word{number}" for number in range(1_300))

    imported = read_pdf(tmp_path, CHAPTER + paragraph("6.1", words) + paragraph("6.2", SENTENCE))

    assert texts(imported)["6.1"] == words
    assert texts(imported)["6.2"] == SENTENCE.strip()


def test_columns_of_a_box_are_read_one_after_the_other(tmp_path: Path) -> None:
    left = (
        "<p>Parents first, with words that go on to a second line of it.</p><ul><li>one</li><li>two</li></ul>"
    )
    columns = f"<div>{left}</div><div><p>Pupils next, with words that go on too.</p></div>"
    box = f'<div class="box"><p>What this box is about</p><div style="display: flex; gap: 30pt">{columns}</div></div>'

    imported = read_pdf(tmp_path, CHAPTER + paragraph("6.1", SENTENCE) + box + paragraph("6.2", SENTENCE))

    assert texts(imported)["6.1"] == (
        f"{SENTENCE.strip()}\n\nWhat this box is about\n\n"
        "Parents first, with words that go on to a second line of it.\n\n- one\n- two\n\n"
        "Pupils next, with words that go on too."
    )
    assert texts(imported)["6.2"] == SENTENCE.strip()


def test_a_boxed_list_belongs_to_its_paragraph_with_its_heading(tmp_path: Path) -> None:
    box = '<div class="box"><p style="font-size: 14pt">Duties</p><ul><li>plan</li><li>do</li></ul></div>'

    imported = read_pdf(tmp_path, CHAPTER + paragraph("6.1", SENTENCE) + box)

    assert texts(imported)["6.1"] == f"{SENTENCE.strip()}\n\nDuties\n\n- plan\n- do"


def test_a_table_is_a_table(tmp_path: Path) -> None:
    rows = "<tr><th>Step</th><th>Who</th></tr><tr><td>Ask | now</td><td>A parent <b>must</b> ask</td></tr>"

    imported = read_pdf(tmp_path, CHAPTER + paragraph("6.1", "See here:") + f"<table>{rows}</table>")

    assert texts(imported)["6.1"] == (
        "See here:\n\n| Step | Who |\n| --- | --- |\n| Ask \\| now | A parent **must** ask |"
    )


def test_a_number_may_have_a_line_of_its_own(tmp_path: Path) -> None:
    body = "".join(f'<p>{number}</p><p class="more">{SENTENCE * 2}</p>' for number in ("6.1", "6.2"))

    assert texts(read_pdf(tmp_path, CHAPTER + body)) == dict.fromkeys(("6.1", "6.2"), (SENTENCE * 2).strip())


@pytest.mark.parametrize(
    "style",
    [
        ".n > i { width: 35pt; text-align: right; margin-right: 10pt }",
        "@page :left { margin-left: 4cm; margin-right: 1cm }",
        "p { margin: 0 }",
        "p { text-align: justify }",
        "p { letter-spacing: 0.6pt }",
    ],
    ids=["numbers flush right", "mirrored margins", "no space between", "justified", "wide letters"],
)
def test_paragraphs_are_found_in_other_layouts(tmp_path: Path, style: str) -> None:
    numbers = [f"6.{place}" for place in range(1, 19)]  # on pages of both sides

    imported = read_pdf(
        tmp_path, CHAPTER + "".join(paragraph(number, SENTENCE * 3) for number in numbers), style
    )

    assert texts(imported) == dict.fromkeys(numbers, (SENTENCE * 3).strip())


def test_a_sentence_goes_on_below_a_box(tmp_path: Path) -> None:
    box = '<div class="box"><p>The box.</p></div><p class="more">the parents agree.</p>'

    imported = read_pdf(tmp_path, CHAPTER + paragraph("6.1", "The school and") + box)

    assert texts(imported)["6.1"] == "The school and the parents agree.\n\nThe box."


def test_a_footnote_of_a_table_is_in_its_cell(tmp_path: Path) -> None:
    rows = '<tr><td>Step</td><td>Who<span class="f">Or a carer.</span></td></tr><tr><td>Ask</td><td>Parent</td></tr>'

    imported = read_pdf(tmp_path, CHAPTER + paragraph("6.1", "See:") + f"<table>{rows}</table>", FOOTNOTES)

    assert texts(imported)["6.1"] == (
        "See:\n\n| Step | Who \\[Or a carer.\\] |\n| --- | --- |\n| Ask | Parent |"
    )


def test_a_footnote_goes_on_on_the_next_page(tmp_path: Path) -> None:
    note = SENTENCE * 6
    body = paragraph("6.1", f'{SENTENCE * 28}word<span class="f">{note}</span>.') + paragraph("6.2", SENTENCE)

    imported = read_pdf(tmp_path, CHAPTER + body, FOOTNOTES)

    assert texts(imported)["6.1"] == f"{SENTENCE * 28}word. \\[{note.strip()}\\]"


def test_a_footnote_without_a_mark_is_at_the_end_of_the_page_s_last_paragraph(tmp_path: Path) -> None:
    body = paragraph("6.1", SENTENCE) + '<p style="font-size: 8pt">3 A note on its own.</p>'

    imported = read_pdf(tmp_path, CHAPTER + body)

    assert texts(imported)["6.1"] == f"{SENTENCE.strip()}\n\n\\[A note on its own.\\]"
    assert any(remark.startswith("Look at page 1: footnote 3 has no mark") for remark in imported.remarks)


def test_the_titles_of_chapters_are_their_headings(tmp_path: Path) -> None:
    body = "".join(
        f"<h1>{heading}</h1>{paragraph(number, SENTENCE)}"
        for heading, number in (
            ("6<br>Schools and other places where children learn", "6.1"),
            ("Chapter 7: Colleges", "7.1"),
            ("Nothing", "8.1"),
        )
    )

    imported = read_pdf(tmp_path, body)

    assert imported.version.chapters == (
        ("6", "Schools and other places where children learn"), ("7", "Colleges"), ("8", "Chapter 8"),
    )  # fmt: skip
    assert "No title was found for chapter 8. Write it in the file." in imported.remarks


def test_a_reference_at_the_start_of_a_line_starts_no_paragraph(tmp_path: Path) -> None:
    reference = "As it is in paragraph<br>6.3 says so too, and<br>6.9 says more."
    body = f"<p>6.1 {SENTENCE}</p><p>6.2 {reference}</p><p>6.3 {SENTENCE}</p>"

    imported = read_pdf(tmp_path, CHAPTER + body)

    assert texts(imported)["6.2"] == "As it is in paragraph 6.3 says so too, and 6.9 says more."
    assert list(texts(imported)) == ["6.1", "6.2", "6.3"]


def test_words_broken_at_the_end_of_a_line_are_put_together_and_real_hyphens_stay(tmp_path: Path) -> None:
    words = "identification information organisation co-operation multi-agency responsibilities " * 9
    narrow = "p { hyphens: auto; width: 200pt; font-family: serif }"

    imported = read_pdf(tmp_path, CHAPTER + paragraph("6.1", words), narrow)

    assert texts(imported)["6.1"] == words.strip()


def test_ligatures_are_letters(tmp_path: Path) -> None:
    imported = read_pdf(
        tmp_path, CHAPTER + paragraph("6.1", "ﬁnally the oﬃce is eﬀective"), "p { font-family: serif }"
    )

    assert texts(imported)["6.1"] == "finally the office is effective"


def test_a_footnote_is_in_brackets_at_the_end_of_the_words_that_have_its_mark(tmp_path: Path) -> None:
    note = (
        "Section 20 of the Act, where these words are explained in more words than fit on one line of a page."
    )
    body = paragraph("6.1", f'Words<span class="f">{note}</span> are here. {SENTENCE}')
    body += '<ul><li>an item<span class="f">Another note.</span></li><li>the last</li></ul>'

    imported = read_pdf(tmp_path, CHAPTER + body + paragraph("6.2", SENTENCE), FOOTNOTES)

    assert texts(imported) == {
        "6.1": f"Words are here. {SENTENCE}\\[{note}\\]\n\n- an item \\[Another note.\\]\n- the last",
        "6.2": SENTENCE.strip(),
    }


def test_headings_page_numbers_and_running_titles_belong_to_no_paragraph(tmp_path: Path) -> None:
    running = "@page { @top-right { content: 'Running title' } @bottom-center { content: counter(page, lower-roman) } }"
    body = (
        paragraph("6.1", SENTENCE * 60)
        + "<h2>A heading<br>of two lines</h2>"
        + paragraph("6.2", SENTENCE * 30)
    )
    body += "<p><b>A heading of the text’s size</b></p>" + paragraph("6.3", SENTENCE)

    imported = read_pdf(tmp_path, CHAPTER + body, running)

    counts = {number: len(text.split()) for number, text in texts(imported).items()}
    sentence = len(SENTENCE.split())
    assert counts == {"6.1": 60 * sentence, "6.2": 30 * sentence, "6.3": sentence}
    assert "Left out on each page: “Running title”" in imported.remarks


def test_a_missing_number_is_reported_and_not_invented(tmp_path: Path) -> None:
    imported = read_pdf(
        tmp_path, CHAPTER + "".join(paragraph(number, SENTENCE) for number in ("6.2", "6.3", "6.7"))
    )

    assert imported.gaps == ("6.1", "6.4 to 6.6")
    assert list(texts(imported)) == ["6.2", "6.3", "6.7"]


def test_words_without_a_number_are_reported(tmp_path: Path) -> None:
    imported = read_pdf(
        tmp_path, CHAPTER + paragraph("6.1", SENTENCE) + "<h2>Annex</h2><p>More words here.</p>"
    )

    assert texts(imported) == {"6.1": SENTENCE.strip()}
    assert any("below “Annex”: 3 words, “More words here.”" in remark for remark in imported.remarks)


def test_the_paragraphs_of_guidance_have_whole_numbers(tmp_path: Path) -> None:
    body = "".join(paragraph(f"{number}.", SENTENCE) for number in range(1, 40) if number != 7)

    imported = read_pdf(tmp_path, f"<p>Suspension and exclusion</p>{body}", source=GUIDANCE)

    assert set(texts(imported).values()) == {SENTENCE.strip()}
    assert (len(texts(imported)), imported.gaps) == (38, ("7",))


def test_a_table_of_contents_is_no_text(tmp_path: Path) -> None:
    contents = "".join(f"<p>6.{place} A heading ................... {place + 90}</p>" for place in (1, 2))

    imported = read_pdf(
        tmp_path, contents + CHAPTER + paragraph("6.1", SENTENCE) + paragraph("6.2", SENTENCE)
    )

    assert texts(imported) == dict.fromkeys(("6.1", "6.2"), SENTENCE.strip())


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("<p>Nothing with numbers</p>", "has no paragraph that is numbered as in SEND Code of Practice"),
        (
            CHAPTER + "".join(paragraph(number, SENTENCE) for number in ("6.1", "6.2", "6.2", "6.3")),
            "paragraph 6.2 stands here twice, on page 1 and on page 1",
        ),
    ],
)
def test_a_document_that_is_not_the_code_is_refused(tmp_path: Path, body: str, message: str) -> None:
    with pytest.raises(ImportFailed, match=message):
        read_pdf(tmp_path, body)


def test_a_document_that_does_not_name_the_source_is_remarked_on(tmp_path: Path) -> None:
    imported = read_pdf(
        tmp_path,
        "<p>Nothing else</p>" + paragraph("34", SENTENCE) + paragraph("35", SENTENCE),
        source=GUIDANCE,
    )

    assert (
        "The first pages do not name Suspension and exclusion. Is it the right document?" in imported.remarks
    )


def test_a_pdf_of_pictures_is_refused(tmp_path: Path) -> None:
    from pypdf import PdfWriter

    writer = PdfWriter()
    writer.add_blank_page(600, 800)
    writer.write(tmp_path / "scan.pdf")

    with pytest.raises(ImportFailed, match=r"scan\.pdf has no text: its pages are pictures"):
        import_code(tmp_path / "scan.pdf", CODE, DETAILS)


def test_an_encrypted_pdf_is_refused(tmp_path: Path) -> None:
    from pypdf import PdfWriter

    writer = PdfWriter(write_pdf(tmp_path, paragraph("6.1", SENTENCE)))
    writer.encrypt("secret", algorithm="AES-256")
    writer.write(tmp_path / "locked.pdf")

    with pytest.raises(ImportFailed, match=r"locked\.pdf is encrypted: it opens only with a password"):
        import_code(tmp_path / "locked.pdf", CODE, DETAILS)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"PK\x03\x04 a Word file", "is not a PDF"),
        (b"%PDF-1.7\nnothing more", "is a damaged PDF|cannot be read"),
        (b"", "is not a PDF"),
    ],
)
def test_a_file_that_is_no_pdf_is_refused(tmp_path: Path, data: bytes, message: str) -> None:
    path = tmp_path / "file.pdf"
    path.write_bytes(data)

    with pytest.raises(ImportFailed, match=message):
        import_code(path, CODE, DETAILS)


def test_a_pdf_that_was_cut_off_is_refused_or_read(tmp_path: Path) -> None:
    whole = write_pdf(tmp_path, CHAPTER + paragraph("6.1", SENTENCE)).read_bytes()

    for length in range(100, len(whole), len(whole) // 10):
        (tmp_path / "cut.pdf").write_bytes(whole[:length])
        with pytest.raises(ImportFailed, match=r"cut\.pdf"):
            import_code(tmp_path / "cut.pdf", CODE, DETAILS)


def test_a_pdf_needs_to_be_told_which_version_it_is(tmp_path: Path) -> None:
    path = write_pdf(tmp_path, paragraph("6.1", SENTENCE))

    with pytest.raises(ImportFailed, match="Add --slug, --label, --in-force-from"):
        import_code(path, CODE, VersionDetails())


# Without characters after which a line may break inside a word.
LETTERS = string.ascii_letters + "éß’*_[<&`#~="


def any_sentence(chance: random.Random) -> str:
    words = [
        chance.choice(string.ascii_letters) + "".join(chance.choices(LETTERS, k=chance.randrange(1, 12)))
        for _ in range(chance.randrange(1, 60))
    ]
    return " ".join(["The", *words]) + "."


# Each example lays out a document, so they are few, and a failing one is not made smaller.
@settings(max_examples=6, phases=[Phase.explicit, Phase.generate])
@given(st.integers(0, 2**32).map(random.Random), st.integers(1, 12))
def test_any_paragraphs_are_read_word_for_word(chance: random.Random, count: int) -> None:
    body, expected = CHAPTER, {}
    for place in range(1, count + 1):
        sentence, *items = [any_sentence(chance) for _ in range(chance.randrange(1, 5))]
        body += paragraph(f"6.{place}", escape(sentence))
        body += f"<ul>{''.join(f'<li>{escape(item)}</li>' for item in items)}</ul>" if items else ""
        expected[f"6.{place}"] = " ".join([sentence, *items]).split()

    with TemporaryDirectory() as folder:
        found = texts(read_pdf(Path(folder), body, "p, li { font-variant-ligatures: none }"))

    assert {number: rendered_words(text) for number, text in found.items()} == expected
