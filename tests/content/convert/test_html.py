"""HTML of clipboards and web pages: each rule of the converter with what goes in and what comes out."""

import datetime as dt

import pytest

from leaflets.content.convert import ConversionError, QuestionKind, convert_html
from leaflets.content.markdown import render


def word_item(marker, words, level=1):
    """A list item as Word copies it: its marker is in a span that browsers ignore."""
    return (
        f"<p class=MsoListParagraph style='text-indent:-18.0pt;mso-list:l0 level{level} lfo1'><![if !supportLists]>"
        f"<span style='mso-list:Ignore'>{marker}<span style='font:7.0pt'>&nbsp;&nbsp;&nbsp; </span></span><![endif]>"
        f"{words}<o:p></o:p></p>"
    )


HTML = {
    # Words
    "spaces that do not break are spaces": ("<p>section&nbsp;36</p>", "section 36"),
    "soft hyphens and zero-width spaces go": ("<p>infor&shy;ma&#8203;tion</p>", "information"),
    "curly quotes and dashes stay": ("<p>“Ask” – it’s free…</p>", "“Ask” – it’s free…"),
    "joiners of Urdu and Hindi stay": ("<p>می‌خواهم</p>", "می‌خواهم"),
    "line breaks stay": ("<p>Phone<br>Write</p>", "Phone\\\nWrite"),
    "two line breaks are a new paragraph": ("Phone<br><br>Write", "Phone\n\nWrite"),
    "line breaks of Word's plain text stay": ("<p>Phone\x0bWrite\u2028Visit</p>", "Phone\\\nWrite\\\nVisit"),
    "quotation marks of a q element are written": ("<p><q>Ask</q> us</p>", "“Ask” us"),
    "preformatted lines stay apart": ("<pre>Phone\nWrite</pre>", "Phone\\\nWrite"),
    # Characters that would be marks
    "stars are escaped": ("<p>2 * 3 *and* more</p>", r"2 \* 3 \*and\* more"),
    "underscores within words are not": ("<p>a_b _c_</p>", r"a_b \_c\_"),
    "brackets that would be a link are escaped": ("<p>[a](b)</p>", r"[a\](b)"),
    "brackets that would be no link stay": ("<p>[Your address] please</p>", "[Your address] please"),
    "a hash at the start of a line": ("<p># one</p>", r"\# one"),
    "a number that begins no list": ("<p>2015. It was a good year.</p>", r"2015\. It was a good year."),
    "a number that follows none": ("<p>4. It was good.</p>", r"4\. It was good."),
    "a hyphen that is no bullet": ("<p>-5 degrees</p>", "-5 degrees"),
    "a line of hyphens": ("<p>a<br>---</p>", "a\\\n\\---"),
    "what looks like HTML": ("<p>&lt;b&gt; and 3 &lt; 4</p>", r"\<b> and 3 < 4"),
    "what looks like an entity": ("<p>&amp;copy;</p>", r"\&copy;"),
    "a backslash": (r"<p>C:\temp\*</p>", r"C:\temp\\\*"),
    "what looks like a table": ("<p>a | b<br>--- | ---</p>", "a | b\\\n\\--- | ---"),
    "fences": ("<p>~~~</p><p>```</p>", "\\~~~\n\n\\`\\`\\`"),
    "a heading without marks": ("<h1>Ask *us* [now](x)</h1><p>a</p>", "### Ask us now(x)\n\na"),
    # Bold, italics
    "bold by style": ("<p><span style='font-weight:700'>Ask</span> us</p>", "**Ask** us"),
    "the wrapper of Google Docs is not bold": ("<b style='font-weight:normal'><p>Ask us</p></b>", "Ask us"),
    "spaces stay outside of bold": ("<p>They<b> must </b>ask</p>", "They **must** ask"),
    "neighbours of one form are one": ("<p><b>As</b><b>k</b> us</p>", "**Ask** us"),
    "bold that Markdown cannot show is plain": ("<p>a<b>(b)</b>c</p>", "a(b)c"),
    # Lists
    "nested lists": ("<ul><li>a<ul><li>b</li></ul></li><li>c</li></ul>", "- a\n  - b\n- c"),
    "a list beside the items of a list": ("<ul><li>a</li><ul><li>b</li></ul><li>c</li></ul>", "- a\n  - b\n- c"),
    "paragraphs of LibreOffice in items": ("<ul><li><p>a</p></li><li><p>b</p></li></ul>", "- a\n- b"),
    "a numbered list that starts with 4": ("<ol start=4><li>a</li><li>b</li></ol>", "4. a\n5. b"),
    "numbers that leave one out": ("<ol><li>a</li><li value=5>b</li></ol>", "1. a\n\n5) b"),
    "a numbered list of more than nine items": (
        "<ol start=9><li>a</li><li>b<ul><li>c</li></ul></li></ol>", "9. a\n10. b\n    - c",
    ),
    "a second paragraph of an item": ("<ul><li><p>a</p><p>b</p></li><li>c</li></ul>", "- a\n\n  b\n- c"),
    "Word's bullets": (word_item("·", "a") + word_item("o", "b", 2) + word_item("·", "c"), "- a\n  - b\n- c"),
    "Word's numbers": (word_item("1.", "a") + word_item("2.", "b"), "1. a\n2. b"),
    "Word's numbers go on after a paragraph": (
        word_item("1.", "a") + "<p>Then.</p>" + word_item("2.", "b"), "1. a\n\nThen.\n\n2. b",
    ),
    "Word's letters are words": (word_item("a)", "one") + word_item("b)", "two"), "- a) one\n- b) two"),
    "typed bullets": ("<p>• a</p><p>· b</p><p>\uf0b7 c</p>", "- a\n  - b\n    - c"),
    "typed bullets of one kind": ("<p>•&#9;a</p><p>•b</p>", "- a\n- b"),
    "typed bullets in lines": ("<p>Ask:<br>• a<br>• b</p>", "Ask:\n\n- a\n- b"),
    "typed dashes": ("<p>– a</p><p>– b</p>", "- a\n- b"),
    "typed numbers": ("<p>1.one</p><p>2) two</p>", "1. one\n2. two"),
    "typed letters": ("<p>(a) one</p><p>(b) two</p>", "- (a) one\n- (b) two"),
    "tick boxes": ("<p>☐ yes</p><p>☐ no</p>", "- yes\n- no"),
    "a tick box of a web page": ("<p><input type=checkbox> yes</p>", "- yes"),
    "a time is no number of a list": ("<p>9.30 is the time.</p>", "9.30 is the time."),
    # Tables
    "a header": (
        "<table><tr><th>a</th><th>b</th></tr><tr><td>1</td><td>2|3</td></tr></table>",
        "| a | b |\n| --- | --- |\n| 1 | 2\\|3 |",
    ),
    "a table without header": (
        "<table><tr><td>a</td><td>b</td></tr><tr><td>1</td><td>2</td></tr></table>",
        "|  |  |\n| --- | --- |\n| a | b |\n| 1 | 2 |",
    ),
    "a caption": (
        "<table><caption>Steps</caption><tr><th>a</th><th>b</th></tr><tr><td>1</td><td>2</td></tr></table>",
        "Steps\n\n| a | b |\n| --- | --- |\n| 1 | 2 |",
    ),
    "a cell over two rows": (
        "<table><tr><th>a</th><th>b</th></tr><tr><td rowspan=2>1</td><td>2</td></tr><tr><td>3</td></tr></table>",
        "| a | b |\n| --- | --- |\n| 1 | 2 |\n|  | 3 |",
    ),
    # Quotations
    "a block quotation": ("<blockquote><p>Ask us.</p></blockquote>", "> Ask us."),
    "Word's quotation": ("<p class=MsoQuote><i>“Ask us.” (6.17)</i></p>", "> Ask us.\n>\n> (6.17)"),
    "a sentence in quotation marks with its source": (
        "<p>The SEND Code of Practice says: “Schools should meet parents each term.” (6.65)</p>",
        "The SEND Code of Practice says:\n\n> Schools should meet parents each term.\n>\n> (6.65)",
    ),
    "a source that is an Act": (
        "<p>“The school must use its best endeavours.” (section 66 Children and Families Act 2014)</p>",
        "> The school must use its best endeavours.\n>\n> (section 66 Children and Families Act 2014)",
    ),
    "a source without brackets": (
        "<blockquote>They must ask.</blockquote><p>Children and Families Act 2014, section 19</p>",
        "> They must ask.\n>\n> (Children and Families Act 2014, section 19)",
    ),
    "words in quotation marks without a source stay in their sentence": (
        "<p>She said “We like this new school very much.”</p>", "She said “We like this new school very much.”",
    ),
    "a quoted sentence in parentheses that is no source": (
        "<p>“Schools should meet parents each term.” (They do.)</p>",
        "“Schools should meet parents each term.” (They do.)",
    ),
    # Links
    "a link": ("<p><a href='https://a.uk/b?c=1&amp;d=2'>the page</a>.</p>", "[the page](https://a.uk/b?c=1&d=2)."),
    "an address with a space and brackets": ("<p><a href='https://a.uk/b (c)'>x</a></p>", "[x](https://a.uk/b%20%28c%29)"),
    "a link through Google": ("<a href='https://www.google.com/url?q=https://a.uk/b&amp;sa=D'>x</a>", "[x](https://a.uk/b)"),
    "a link through Outlook": (
        "<a href='https://eur01.safelinks.protection.outlook.com/?url=https%3A%2F%2Fa.uk%2Fb&amp;data=1'>x</a>",
        "[x](https://a.uk/b)",
    ),
    "a link that runs a program": ("<a href='javascript:alert(1)'>x</a>", "x"),
    "a bare address": ("<p>See www.a.org.uk/b.</p>", "See [www.a.org.uk/b](https://www.a.org.uk/b)."),
    "a bare address in brackets": ("<p>(https://a.uk/b)</p>", "([https://a.uk/b](https://a.uk/b))"),
    "an e-mail address": ("<p>Write to help@a.org.uk.</p>", "Write to [help@a.org.uk](mailto:help@a.org.uk)."),
    "an address within a word is none": ("<p>éa@b.org</p>", "éa@b.org"),
    "a phone number": ("<p>Phone 01632 960123.</p>", "Phone [01632 960123](tel:01632960123)."),
    "an exclamation mark before a link": ("<p>Ask!<a href='https://a.uk/'>x</a></p>", r"Ask\![x](https://a.uk/)"),
    # Letters
    "an address in a letter": (
        "<p>[Your address]</p><p>Anytown</p><p>AB1 2CD</p><p>Dear Sir or Madam</p><p>Please help.</p>",
        "[Your address]\\\nAnytown\\\nAB1 2CD\n\nDear Sir or Madam\n\nPlease help.",
    ),
    # What is not text
    "programs and styles": ("<style>p{}</style><script>x</script><title>y</title><p>Ask</p>", "Ask"),
    "comments and Word's own XML": ("<!--[if gte mso 9]><xml>x</xml><![endif]--><p>Ask</p>", "Ask"),
    "text after a comment that does not end": ("<p>Ask</p><!-- x", "Ask"),
    "a tag that does not end": ("<p>Ask</p><us", r"Ask" "\n\n" r"\<us"),
    "paragraphs that are not closed": ("<p>a<p>b", "a\n\nb"),
}  # fmt: skip


@pytest.mark.parametrize(("html", "markdown"), HTML.values(), ids=HTML)
def test_html_is_converted(html, markdown):
    assert convert_html(html, whole=False).introduction == markdown


def sections_of(converted):
    return [(section.heading, section.markdown) for section in converted.sections]


# Title, date and headings


def test_the_only_largest_heading_is_the_title():
    converted = convert_html("<h1>Moving</h1><p>a</p><h3>Before</h3><p>b</p>")

    assert (converted.title, sections_of(converted)) == ("Moving", [("Before", "b")])


def test_largest_headings_are_sections_where_there_are_several():
    converted = convert_html("<p><b>Moving</b></p><h1>Before</h1><p>a</p><h1>After</h1><p>b</p>")

    assert (converted.title, sections_of(converted)) == ("Moving", [("Before", "a"), ("After", "b")])


def test_a_first_line_that_is_taken_as_the_title_is_asked_about():
    converted = convert_html("<p><b>Moving</b></p><p>Ask us.</p>")

    assert converted.title == "Moving"
    assert [one.kind for one in converted.questions] == [QuestionKind.TITLE]


def test_no_sentence_is_taken_as_the_title():
    converted = convert_html("<p>Ask us for help.</p><p>We are free.</p>")

    assert converted.title == ""
    assert [(one.kind, one.blocking) for one in converted.questions] == [(QuestionKind.TITLE, True)]


def test_headings_leave_out_no_size():
    converted = convert_html("<h1>T</h1><h2>A</h2><p>a</p><h5>B</h5><p>b</p>")

    assert sections_of(converted) == [("A", "a\n\n### B\n\nb")]


def test_a_heading_without_text_below_it_is_asked_about():
    converted = convert_html("<h1>T</h1><h2>A</h2><h2>B</h2><p>b</p>")

    assert [(one.kind, one.section) for one in converted.questions] == [(QuestionKind.HEADING, "a")]


@pytest.mark.parametrize(
    "line",
    ["Published: March 2020", "March 2020", "Publication date: 03/2020", "Last updated 4 March 2020", "Date: 04/03/2020",
     "Version 2.1 – Mar 2020"],
)  # fmt: skip
def test_the_publication_date_is_taken_out_and_said(line):
    converted = convert_html(f"<h1>T</h1><p>Ask us.</p><p>{line}</p>")

    assert converted.published == dt.date(2020, 3, 1)
    assert converted.introduction == "Ask us."
    assert [one.kind for one in converted.questions] == [QuestionKind.DATE]


@pytest.mark.parametrize(
    "line", ["4 March 2020", "In March 2020 the law changed.", "Review date: March 2021"]
)
def test_another_date_is_no_publication_date(line):
    assert convert_html(f"<h1>T</h1><p>Ask us.</p><p>{line}</p>").published is None


# Questions


def question_of(html):
    (question,) = convert_html(html, whole=False).questions
    return question


def test_a_short_bold_line_may_be_a_heading():
    question = question_of("<p>Ask.</p><p><b>Who can help?</b></p><p>We can help you with this.</p>")

    assert (question.kind, question.line) == (QuestionKind.HEADING, 3)
    assert (question.excerpt, question.replacement) == ("**Who can help?**", "### Who can help?")


def test_a_line_that_may_be_a_heading_becomes_a_section_of_a_leaflet():
    converted = convert_html(
        "<h1>T</h1><p>Ask.</p><p><b>Who can help?</b></p><p>We can help you with this.</p>"
    )

    assert converted.questions[0].replacement == "## Who can help?"


def test_a_table_without_a_header_is_asked_about():
    question = question_of("<table><tr><td>a</td><td>b</td></tr><tr><td>1</td><td>2</td></tr></table>")

    assert question.kind is QuestionKind.TABLE_HEADER
    assert question.replacement == "| a | b |\n| --- | --- |\n| 1 | 2 |"


def test_must_in_capitals_is_asked_about_in_a_list_too():
    question = question_of("<ul><li>a<ul><li>They MUST ask.</li></ul></li></ul>")

    assert (question.excerpt, question.replacement) == ("  - They MUST ask.", "  - They **must** ask.")


def test_bold_must_in_capitals_is_marked_already():
    assert convert_html("<p>They <b>MUST</b> ask.</p>", whole=False).questions == ()


def test_a_picture_is_asked_about_and_not_loaded():
    question = question_of("<p>Ask.</p><img src='https://a.uk/x.png' alt='A ramp'>")

    assert (question.kind, question.blocking, question.excerpt) == (QuestionKind.PICTURE, True, "Ask.")
    assert "A ramp" in question.text


def test_words_that_were_crossed_out_are_asked_about():
    question = question_of("<p>Ask <s>them</s> us.</p>")

    assert (question.kind, question.excerpt, question.replacement) == (
        QuestionKind.CROSSED_OUT,
        "Ask them us.",
        "Ask us.",
    )
    assert question.text == "“them” is crossed out. Take it out?"


def test_a_number_of_a_page_is_asked_about():
    converted = convert_html("<p>Ask us.</p><p>Page 3 of 8</p>", whole=False)
    (question,) = converted.questions

    assert question.kind is QuestionKind.PAGE_NUMBER
    assert question.answer(converted.introduction) == "Ask us."


@pytest.mark.parametrize("page", ["", "https://www.example.org/admin/edit/"])
def test_a_note_that_was_not_copied_is_asked_about_and_is_no_link(page):
    html = f"<p>Ask<a href='{page}#_ftn1'>[1]</a> us.</p>"

    assert question_of(html).kind is QuestionKind.NOTE
    assert "example.org" not in convert_html(html, whole=False).introduction


def test_the_full_stop_of_a_note_in_brackets_is_left_out():
    html = (
        "<p>Ask<a href='#_ftn1'>[1]</a>.</p>"
        "<div style='mso-element:footnote-list'><div id=ftn1><p>It is free.</p></div></div>"
    )

    assert convert_html(html, whole=False).introduction == "Ask (It is free)."


def test_a_note_of_words_clipboard_stands_in_brackets():
    html = (
        "<p>Ask<a href='#_ftn1'>[1]</a> us.</p>"
        "<div style='mso-element:footnote-list'><div id=ftn1><p><a href='#_ftnref1'>[1]</a> It is free</p></div></div>"
    )

    assert convert_html(html, whole=False).introduction == "Ask (It is free) us."


def test_a_note_that_is_referred_to_twice_stands_there_once():
    html = (
        "<p>Ask<a href='#_ftn1'>[1]</a> us<a href='#_ftn1'>[1]</a>.</p>"
        "<div style='mso-element:footnote-list'><div id=ftn1><p>It is free</p></div></div>"
    )

    assert convert_html(html, whole=False).introduction == "Ask (It is free) us[1]."


def test_a_link_to_a_file_of_the_writers_computer_is_asked_about():
    question = question_of("<p>See <a href='file:///C:/form.docx'>the form</a>.</p>")

    assert (question.kind, question.excerpt) == (QuestionKind.LINK, "See the form.")


@pytest.mark.parametrize("style", ["display:none", "mso-hide:all", "visibility:hidden"])
def test_hidden_text_is_left_out_and_said(style):
    converted = convert_html(f"<p>Ask.</p><p style='{style}'>secret</p>", whole=False)

    assert converted.introduction == "Ask."
    assert [one.kind for one in converted.questions] == [QuestionKind.HIDDEN]


def test_html_with_too_many_tags_is_refused():
    with pytest.raises(ConversionError, match="too large"):
        convert_html("<b>" * 100_001)


def test_brackets_of_a_document_that_look_like_a_mark_of_a_language_are_kept_as_text():
    converted = convert_html("<p>[x]{lang=pl}</p>", whole=False)

    assert "[x]{lang=pl}" in render(converted.introduction).html
