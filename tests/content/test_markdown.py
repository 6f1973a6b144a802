"""Rendering Markdown to HTML, and Markdown that is refused."""

import re
from dataclasses import replace

import pytest

from leaflets.content.limits import MAX_CHARACTERS
from leaflets.content.markdown import render
from leaflets.content.rendered import (
    BlockKind,
    RenderedBlock,
    RenderedCitation,
    RenderedHeading,
    RenderedLink,
)
from leaflets.files.problems import Kind
from leaflets.law.quotations import Match
from tests.scaling import assert_linear
from tests.texts import law, lines_and_messages


def html_of(markdown):
    rendered = render(markdown, law())
    assert rendered.problems == []
    return rendered.html


def problems_of(markdown):
    return lines_and_messages(render(markdown, law()).problems)


# Quotations from the Code


def test_a_quotation_whose_last_paragraph_is_a_number_becomes_a_figure():
    html = html_of("> A school should involve the parents.\n>\n> (6.17)")

    assert html == (
        '<figure class="quotation is-should">\n'
        '<p class="tag is-should">Should, unless good reason</p>\n'
        '<blockquote cite="https://www.example.org/send-code">\n'
        '<p>A school <b class="should">should</b> involve the parents.</p>\n'
        "</blockquote>\n"
        '<figcaption><a href="/law/code-of-practice/6.17/">'
        "SEND Code of Practice (January 2015), paragraph 6.17</a></figcaption>\n"
        "</figure>\n"
    )


@pytest.mark.parametrize(
    "markdown",
    [
        pytest.param("> Involve the parents.\n>\n> (6.17)", id="its own paragraph"),
        pytest.param("> Involve the parents.\n> (6.17)", id="its own line"),
        pytest.param("> Involve the parents. (6.17)", id="end of the last line"),
        pytest.param("> Involve the parents.\\\n> (6.17)", id="after a hard break"),
        pytest.param("> Involve the parents.\n(6.17)", id="line without its mark"),
    ],
)
def test_the_number_may_stand_in_different_places(markdown):
    html = html_of(markdown)

    assert "<p>Involve the parents.</p>\n</blockquote>" in html
    assert "paragraph 6.17</a>" in html


def test_a_quotation_may_be_a_list():
    html = html_of("> Schools:\n>\n> - help\n> - inform\n>\n> (6.2)")

    assert html == (
        '<figure class="quotation">\n'
        '<blockquote cite="https://www.example.org/send-code">\n'
        "<p>Schools:</p>\n"
        "<ul>\n<li>help</li>\n<li>inform</li>\n</ul>\n"
        "</blockquote>\n"
        '<figcaption><a href="/law/code-of-practice/6.2/">'
        "SEND Code of Practice (January 2015), paragraph 6.2</a></figcaption>\n"
        "</figure>\n"
    )


MUST = '<figure class="quotation is-must">\n<p class="tag is-must">Must: a legal duty</p>\n<blockquote cite='
SHOULD = '<figure class="quotation is-should">\n<p class="tag is-should">Should, unless good reason</p>\n<blockquote cite='
PLAIN = '<figure class="quotation">\n<blockquote cite='


@pytest.mark.parametrize(
    ("markdown", "beginning"),
    [
        pytest.param("> They must help. (6.2)", MUST, id="a must in the quotation"),
        pytest.param("> They should help. (6.2)", SHOULD, id="a should in the quotation"),
        pytest.param("> They should, and must. (6.2)", MUST, id="both"),
        pytest.param("> - They should.\n> - They **must**.\n>\n> (6.2)", MUST, id="in different items"),
        pytest.param("> MUST. (6.2)", MUST, id="in capitals"),
        pytest.param("Schools **must**:\n\n> Help. (6.2)", MUST, id="in the words that lead into it"),
        pytest.param("Schools **should**:\n\n> Help. (6.2)", SHOULD, id="a should that leads into it"),
        pytest.param("Schools **should**:\n\n> They must. (6.2)", MUST, id="one in each"),
        pytest.param("- Schools **must**:\n  > Help. (6.2)", MUST, id="in an item of a tight list"),
        pytest.param("- Schools **must**:\n\n  > Help. (6.2)", MUST, id="in an item of a loose list"),
        pytest.param("Schools must:\n\n> Help. (6.2)", PLAIN, id="a must that is not marked"),
        pytest.param(
            "Schools **must** listen.\n\n> Help. (6.2)", PLAIN, id="words before it without a colon"
        ),
        pytest.param("Schools **must**:\n\nWords.\n\n> Help. (6.2)", PLAIN, id="words further above"),
        pytest.param("### They must: {#must}\n\n> Help. (6.2)", PLAIN, id="a heading"),
        pytest.param("> They must. (6.2)\n\n> Help. (6.17)", PLAIN, id="another quotation"),
        pytest.param("> Help. (6.2)", PLAIN, id="neither"),
        pytest.param("> The mustard shoulder. (6.2)", PLAIN, id="a part of a word"),
    ],
)
def test_a_quotation_says_above_it_what_its_must_or_should_means(markdown, beginning):
    html = html_of(markdown)

    assert html[html.rindex("<figure") :].startswith(beginning)


def test_a_quotation_that_quotes_has_the_duty_of_all_its_words():
    html = html_of("> Words.\n>\n> > They must help. (6.2)\n>\n> (6.17)")

    assert html.startswith(MUST)
    assert html.count("Must: a legal duty") == 2


def test_an_ordinary_quotation_has_no_duty():
    assert html_of("Schools **must**:\n\n> Help, she said.").count("tag") == 0


def test_a_quotation_cites_its_paragraph_with_the_quoted_words():
    rendered = render("Words.\n\n> Schools **must**:\n>\n> - help\n> - inform\n>\n> (6.2)", law())

    (citation,) = rendered.citations
    words = "Schools must:\nhelp\ninform"
    assert replace(citation, html="") == RenderedCitation(
        "code-of-practice", "6.2", "", words, 3, Match.NOT_CHECKED, quotation=0
    )


def test_a_citation_has_the_html_of_the_quotation_after_the_sentence_that_leads_into_it():
    rendered = render("Other words.\n\nSchools **must**:\n\n> - help\n>\n> (6.2)\n\n> Two. (6.17)", law())

    assert [citation.html for citation in rendered.citations] == [
        '<p>Schools <strong class="must">must</strong>:</p>\n<ul>\n<li>help</li>\n</ul>\n',
        "<p>Two.</p>\n",
    ]


@pytest.mark.parametrize(
    ("markdown", "html"),
    [
        pytest.param("- They **must**:\n  > Help. (6.2)", '<p>They <strong class="must">must</strong>:</p>\n<p>Help.</p>\n', id="item"),
        pytest.param("مرحبا:\n\n> Help. (6.2)", '<p dir="rtl">مرحبا:</p>\n<p>Help.</p>\n', id="from right to left"),
        pytest.param("> They should help. (6.2)", '<p>They <b class="should">should</b> help.</p>\n', id="no lead"),
    ],
)  # fmt: skip
def test_the_html_of_a_citation_has_the_words_that_lead_in_and_those_quoted(markdown, html):
    assert [citation.html for citation in render(markdown, law()).citations] == [html]


def test_quotations_in_a_quotation_are_cited_with_their_own_words():
    inside = render("> Outer.\n>\n> > Inner. (6.2)\n>\n> (6.17)", law())
    listed = render("Both:\n\n> - One.\n>\n>   > Inner. (6.2)\n>\n> (6.17)", law())

    assert [citation.number for citation in inside.citations] == ["6.17", "6.2"]
    assert inside.citations[0].html.startswith("<p>Outer.</p>\n<figure")
    assert inside.citations[1].html == "<p>Inner.</p>\n"
    assert listed.citations[0].html.startswith("<p>Both:</p>\n<ul>")


def test_each_quotation_has_its_own_figure():
    rendered = render("> One.\n>\n> (6.2)\n\nWords.\n\n> Two.\n>\n> (6.17)", law())

    assert rendered.html.count("<figure") == 2
    assert [(c.number, c.quoted, c.line) for c in rendered.citations] == [
        ("6.2", "One.", 1),
        ("6.17", "Two.", 7),
    ]


def test_a_number_in_the_middle_of_a_quotation_is_a_reference():
    rendered = render("> As (6.2) says.\n>\n> (6.17)", law())

    assert [(c.number, c.quoted) for c in rendered.citations] == [("6.17", "As (6.2) says."), ("6.2", "")]


def test_other_quotations_stay_quotations():
    assert html_of("> It should help.") == "<blockquote>\n<p>It should help.</p>\n</blockquote>\n"


# Bare references


def test_a_number_in_brackets_is_linked():
    rendered = render("Schools decide\nthis (6.17).", law())

    assert rendered.html == (
        '<p>Schools decide\nthis (<a href="/law/code-of-practice/6.17/">'
        '<span class="visually-hidden">SEND Code of Practice, paragraph </span>6.17</a>).</p>\n'
    )
    assert rendered.citations == [RenderedCitation("code-of-practice", "6.17", "", "", 2)]


@pytest.mark.parametrize(
    "markdown",
    [
        pytest.param("`(6.17)`", id="code"),
        pytest.param("[see (6.17) there](https://example.org)", id="link"),
        pytest.param("6.17 and (6.17a)", id="no brackets of its own"),
    ],
)
def test_a_number_elsewhere_is_not_linked(markdown):
    rendered = render(markdown, law())

    assert rendered.problems == []
    assert rendered.citations == []


# The statutory words


@pytest.mark.parametrize("word", ["must", "should", "Must", "SHOULD"])
def test_a_bold_statutory_word_is_marked(word):
    html = html_of(f"Schools **{word}** help.")

    assert html == f'<p>Schools <strong class="{word.lower()}">{word}</strong> help.</p>\n'


@pytest.mark.parametrize("markdown", ["must", "*must*", "**must not**", "**mustard**"])
def test_other_words_are_not_marked(markdown):
    assert "class" not in html_of(markdown)


def test_statutory_words_are_marked_inside_emphasis_and_links_of_a_quotation():
    html = html_of("> They must, *should*, **must** and [should](/x).\n> Not mustard. (6.17)")

    assert (
        '<p>They <b class="must">must</b>, <em><b class="should">should</b></em>, '
        '<strong class="must">must</strong> and <a href="/x"><b class="should">should</b></a>.\n'
        "Not mustard.</p>"
    ) in html


def test_a_similar_looking_letter_makes_no_statutory_word():
    assert "<p>They ſhould.</p>" in html_of("> They ſhould. (6.17)")


# Headings


def test_a_subheading_has_its_anchor():
    rendered = render("Words.\n\n### Plan {#plan}\n\n#### Who {#who}", law())

    assert rendered.problems == []
    assert rendered.html == '<p>Words.</p>\n<h3 id="plan">Plan</h3>\n<h4 id="who">Who</h4>\n'
    assert rendered.headings == [RenderedHeading(3, "Plan", "plan", 3), RenderedHeading(4, "Who", "who", 5)]


def test_a_heading_may_go_up_any_number_of_levels():
    assert problems_of("### A {#a}\n\n#### B {#b}\n\n##### C {#c}\n\n### D {#d}") == []


# The rest of Markdown


@pytest.mark.parametrize(
    ("markdown", "html"),
    [
        pytest.param(
            "*so* **it** `is`", "<p><em>so</em> <strong>it</strong> <code>is</code></p>\n", id="marks"
        ),
        pytest.param("a < b & c > d “e”", "<p>a &lt; b &amp; c &gt; d “e”</p>\n", id="plain characters"),
        pytest.param("EX1\xa02AB", "<p>EX1&nbsp;2AB</p>\n", id="no-break space"),
        pytest.param("one\\\ntwo  \nthree", "<p>one<br>\ntwo<br>\nthree</p>\n", id="hard breaks"),
        pytest.param("---", "<hr>\n", id="line"),
        pytest.param(
            "- one\n  - two\n    1. three\n- four",
            "<ul>\n<li>one\n<ul>\n<li>two\n<ol>\n<li>three</li>\n</ol>\n</li>\n</ul>\n</li>\n<li>four</li>\n</ul>\n",
            id="nested lists",
        ),
        pytest.param("3. c\n4. d", '<ol start="3">\n<li>c</li>\n<li>d</li>\n</ol>\n', id="list from three"),
        pytest.param("```\na < b\n```", "<pre><code>a &lt; b\n</code></pre>\n", id="fence"),
        pytest.param("    a", "<p>a</p>\n", id="indentation"),
        pytest.param("\ta\n\tb", "<p>a\nb</p>\n", id="tabs"),
        pytest.param("one\n\n    - two", "<p>one</p>\n<ul>\n<li>two</li>\n</ul>\n", id="indented list"),
        pytest.param(
            '![A "map" <here>](/media/map.png "Map & key")',
            '<p><img src="/media/map.png" alt="A &quot;map&quot; &lt;here&gt;" title="Map &amp; key"></p>\n',
            id="picture",
        ),
        pytest.param(
            "[![Map](/media/map.png)](/contact/)",
            '<p><a href="/contact/"><img src="/media/map.png" alt="Map"></a></p>\n',
            id="linked picture",
        ),
    ],
)
def test_markdown_becomes_html(markdown, html):
    assert html_of(markdown) == html


def test_a_tables_headings_have_a_scope_and_its_columns_an_alignment():
    html = html_of("| Who | When | Cost |\n|:---|:---:|---:|\n| a | b | c |")

    assert html == (
        '<div class="table" role="region" tabindex="0" aria-label="Table: Who, When, Cost">\n'
        "<table>\n<thead>\n<tr>\n"
        '<th scope="col">Who</th>\n'
        '<th scope="col" class="align-center">When</th>\n'
        '<th scope="col" class="align-right">Cost</th>\n'
        "</tr>\n</thead>\n<tbody>\n<tr>\n"
        "<td>a</td>\n"
        '<td class="align-center">b</td>\n'
        '<td class="align-right">c</td>\n'
        "</tr>\n</tbody>\n</table>\n</div>\n"
    )


def table_names(markdown, heading=""):
    return re.findall(r'aria-label="(.*?)"', render(markdown, law(), heading).html)


def test_a_table_is_named_by_the_heading_above_it():
    table = "| A | B |\n| - | - |\n| a | b |\n\n"

    assert table_names(f"{table}### Cost & time {{#cost}}\n\n{table}{table}", heading="Who helps?") == [
        "Table: Who helps?",
        "Table: Cost &amp; time",
        "Table 2: Cost &amp; time",
    ]
    assert table_names(table) == ["Table: A, B"]
    assert table_names("| |\n| - |\n| a |") == ["Table"]


def test_only_long_words_of_a_table_may_break():
    html = html_of(
        "| Who |\n| - |\n| [a-very-long-name@example.org](mailto:a-very-long-name@example.org) psychologist |"
    )

    assert html.count('<span class="long">') == 1
    assert '<span class="long">a-very-long-name@example.org</span></a> psychologist</td>' in html


def test_a_table_whose_words_do_not_fit_on_paper_in_large_print_is_wide_and_a_hint():
    columns = ["psychologist"] * 4

    def row(cells):
        return f"| {' | '.join(cells)} |"

    wide = render("\n".join([row(columns), row("-" * 4), row("abcd")]), law())
    narrow = render("\n".join([row(columns[:3]), row("-" * 3), row("abc")]), law())

    assert '<div class="table wide"' in wide.html
    assert [(hint.line, hint.kind) for hint in wide.hints] == [(1, Kind.WIDE_TABLE)]
    assert '<div class="table"' in narrow.html
    assert narrow.hints == []


@pytest.mark.parametrize(
    ("markdown", "opening"),
    [
        pytest.param("1. a\n2. b", "<ol>", id="one digit"),
        pytest.param("9. a\n10. b", '<ol start="9" class="digits-2">', id="two digits"),
        pytest.param("100. a", '<ol start="100" class="digits-3">', id="three digits"),
        pytest.param("2015. a", '<ol start="2015" class="digits-4">', id="year"),
        pytest.param("123456789. a", '<ol start="123456789" class="digits-many">', id="nine digits"),
        pytest.param("0. a", '<ol start="0">', id="zero"),
    ],
)
def test_a_list_has_room_for_its_numbers(markdown, opening):
    assert html_of(markdown).startswith(opening)


# Other languages


@pytest.mark.parametrize(
    ("markdown", "html"),
    [
        pytest.param("Welcome (SEND).", "<p>Welcome (SEND).</p>\n", id="left to right"),
        pytest.param("مرحبا (SEND).", '<p dir="rtl">مرحبا (SEND).</p>\n', id="right to left"),
        pytest.param("SEND مرحبا", "<p>SEND مرحبا</p>\n", id="begins left to right"),
        pytest.param(
            "- مرحبا\n- two", '<ul dir="rtl">\n<li>مرحبا</li>\n<li dir="ltr">two</li>\n</ul>\n', id="list"
        ),
        pytest.param(
            "- two\n\n- مرحبا",
            '<ul>\n<li>\n<p>two</p>\n</li>\n<li>\n<p dir="rtl">مرحبا</p>\n</li>\n</ul>\n',
            id="loose list",
        ),
        pytest.param(
            "1. 2\n\nمرحبا", '<ol>\n<li>2</li>\n</ol>\n<p dir="rtl">مرحبا</p>\n', id="list of numbers"
        ),
        pytest.param("> مرحبا", '<blockquote dir="rtl">\n<p>مرحبا</p>\n</blockquote>\n', id="quotation"),
        pytest.param("### مرحبا {#a}", '<h3 id="a" dir="rtl">مرحبا</h3>\n', id="heading"),
        pytest.param("مرحبا 01632 960000", '<p dir="rtl">مرحبا 01632&nbsp;960000</p>\n', id="phone number"),
    ],
)
def test_a_block_has_the_direction_of_its_first_letter(markdown, html):
    assert html_of(markdown) == html


def test_the_columns_of_a_table_run_in_the_direction_of_its_first_word():
    html = html_of("| الخطوة | من |\n| - | - |\n| الأولى | School |")

    assert '<table dir="rtl">' in html
    assert '<td>الأولى</td>\n<td dir="ltr">School</td>' in html


@pytest.mark.parametrize(
    ("markdown", "html"),
    [
        pytest.param(
            "Say [dzień **dobry**]{lang=pl}.",
            'Say <span lang="pl">dzień <strong>dobry</strong></span>.',
            id="words",
        ),
        pytest.param(
            "Say [שלום]{lang=he}.", 'Say <span lang="he" dir="rtl">שלום</span>.', id="right to left"
        ),
        pytest.param("[你好]{lang=zh-Hant}", '<span lang="zh-Hant">你好</span>', id="script"),
        pytest.param(
            "[[tu](/contact/)]{lang=pl}", '<span lang="pl"><a href="/contact/">tu</a></span>', id="link"
        ),
        pytest.param(
            "[a](/contact/) [b]{lang=pl}",
            '<a href="/contact/">a</a> <span lang="pl">b</span>',
            id="beside a link",
        ),
        pytest.param(r"\[a]\{lang=pl}", "[a]{lang=pl}", id="escaped"),
    ],
)
def test_words_can_be_marked_with_their_language(markdown, html):
    rendered = render(markdown, law())

    assert rendered.html == f"<p>{html}</p>\n"
    assert rendered.misread == []


@pytest.mark.parametrize("code", ["Polish", "PL", "p", "pl x", ""])
def test_a_language_without_its_code_is_named(code):
    (problem,) = render(f"Words.\n\n[a]{{lang={code}}}", law()).misread

    assert (problem.line, problem.kind) == (3, Kind.RAW_MARK)
    assert "`[words]{lang=pl}`" in problem.message


@pytest.mark.parametrize(
    "href",
    [
        "https://www.example.org/a?b=c#d",
        "http://example.org:8000",
        "HTTPS://EXAMPLE.ORG/",
        "mailto:help@example.org",
        "tel:01632960000",
        "tel:+441632960000",
        "/leaflets/",
        "/",
        "#who-decides",
        "?display=large",
    ],
)
def test_a_link_with_a_safe_target_stays_a_link(href):
    rendered = render(f"Words.\n[there]({href})", law())

    assert rendered.problems == []
    assert f'<a href="{href}">there</a>' in rendered.html
    assert rendered.links == [RenderedLink(href, 2, "there")]


# What is refused


@pytest.mark.parametrize(
    "markdown",
    [
        "<https://www.example.org/form>",
        "[www.example.org/form](https://www.example.org/form/)",
        '[Example.org](https://example.org "The council")',
    ],
)
def test_a_link_whose_words_are_its_address_says_so_to_print(markdown):
    assert ' class="address">' in html_of(markdown)


@pytest.mark.parametrize(
    "markdown",
    ["[The form](https://example.org/form)", "[example.org](https://example.org/form)", "[/x](/x)"],
)
def test_a_link_with_other_words_has_its_address_printed_after_it(markdown):
    assert "class=" not in html_of(markdown)


@pytest.mark.parametrize(
    "href",
    [
        "javascript:alert(1)",
        "JaVaScRiPt:alert(1)",
        "&#106;avascript:alert(1)",
        "&#x6A;avascript&colon;alert(1)",
        "java&Tab;script:alert(1)",
        "java&NewLine;script:alert(1)",
        "&#1;javascript:alert(1)",
        "<  javascript:alert(1)>",
        "data:text/html,hello",
        "vbscript:msgbox(1)",
        "file:///etc/passwd",
        "//evil.example",
        "/\\evil.example",
        "/\\\\evil.example",
        "\\\\\\\\evil.example",
        "/&bsol;evil.example",
        "http:evil.example",
        "https:///evil.example",
        "https://bank.example@evil.example",
        "https://[",
        "mailto:nobody",
        "www.example.org",
        "contact.html",
        "",
    ],
)
def test_a_link_with_an_unsafe_target_is_shown_as_text(href):
    rendered = render(f"Words.\n\nMore words\nand a [link]({href}).", law())

    assert rendered.html == "<p>Words.</p>\n<p>More words\nand a link.</p>\n"
    assert rendered.links == []
    (problem,) = rendered.problems
    assert problem.line == 4
    assert "cannot be used. Start it with https://, http://, mailto:, tel:, / or #." in problem.message


@pytest.mark.parametrize(
    ("markdown", "line", "message"),
    [
        pytest.param(
            "Words.\n\n<div>\nMore.\n</div>",
            3,
            "HTML is not used here. Write the words, and `**bold**` for bold.",
            id="block of html",
        ),
        pytest.param(
            "Words\nand <b>more</b>.",
            2,
            "`<b>` is HTML, which is not used here. Write the words.",
            id="html in a line",
        ),
        pytest.param(
            "Words <!-- a\nb --> and\n<i>.",
            3,
            "`<i>` is HTML, which is not used here. Write the words.",
            id="html after html of two lines",
        ),
        pytest.param(
            "Words.\n\n## Who decides?",
            3,
            "Only a section of its own has a heading of this size. Use `###`.",
            id="heading of a section",
        ),
        pytest.param(
            "Words\n=====",
            1,
            "Only a section of its own has a heading of this size. Use `###`.",
            id="underlined heading",
        ),
        pytest.param(
            "### A {#a}\n\n##### B {#b}",
            3,
            "This heading jumps a level. Use `####` here, not `#####`.",
            id="heading that jumps a level",
        ),
        pytest.param(
            "#### A {#a}",
            1,
            "This heading jumps a level. Use `###` here, not `####`.",
            id="first heading that jumps a level",
        ),
        pytest.param(
            "- one\n- ### two",
            2,
            "A heading cannot stand inside a list or a quotation. Move it out.",
            id="heading in a list",
        ),
        pytest.param(
            "> ### two",
            1,
            "A heading cannot stand inside a list or a quotation. Move it out.",
            id="heading in a quotation",
        ),
        pytest.param(
            "Words.\n### A {#a .steps}",
            2,
            "Only the heading of a section can have a kind or a label.",
            id="subheading with a kind",
        ),
        pytest.param(
            "### **A** {#a}",
            1,
            "A heading is plain words. Take out `*`, `_`, links and other marks.",
            id="subheading with marks",
        ),
        pytest.param(
            "Words\nas in (9.99).",
            2,
            "(9.99) is not in the record of the SEND Code of Practice (January 2015). "
            "Correct the number, or add the paragraph to the record.",
            id="unknown paragraph",
        ),
        pytest.param(
            "> Words\n> and more.\n> (9.99)",
            3,
            "(9.99) is not in the record of the SEND Code of Practice (January 2015). "
            "Correct the number, or add the paragraph to the record.",
            id="quotation of an unknown paragraph",
        ),
        pytest.param(
            "> - one\n> - two\n> - (6.2)",
            3,
            "The paragraph's number fell into a list. Put it in a paragraph of its own: `>`, then `> (6.1)`.",
            id="number that fell into a list",
        ),
        pytest.param(
            "Words.\n\n> (6.2)",
            3,
            "Nothing is quoted from (6.2). Add the words.",
            id="quotation without words",
        ),
        pytest.param("Words.\n\n```\nmore", 3, "Close this block with a line ", id="open fence"),
        pytest.param("```\nmore\n``` words", 1, "Close this block with a line ", id="almost closed fence"),
        pytest.param("> ~~~~\n> more\n> ~~~\n\nWords.", 1, "a line `~~~~`.", id="open fence in a quotation"),
        pytest.param("Words.\n\n```", 3, "Close this block with a line ", id="fence with nothing after it"),
        pytest.param(
            "Words\n![A map](https://example.org/map.png)",
            2,
            "The picture `https://example.org/map.png` is not on this site. Upload it here first.",
            id="picture from elsewhere",
        ),
        pytest.param(
            "![A map](/media/%2e%2e/admin/map.png)",
            1,
            "The picture `/media/%2e%2e/admin/map.png` is not on this site. Upload it here first.",
            id="picture from a folder above, encoded",
        ),
        pytest.param(
            "![A map](/media/..%2Fadmin/map.png)",
            1,
            "The picture `/media/..%2Fadmin/map.png` is not on this site. Upload it here first.",
            id="picture from a folder above, with an encoded slash",
        ),
        pytest.param(
            "![A map](/media/../admin/map.png)",
            1,
            "The picture `/media/../admin/map.png` is not on this site. Upload it here first.",
            id="picture from a folder above",
        ),
        pytest.param(
            "![ ](/media/map.png)",
            1,
            "Say between the [ ] what the picture shows, for people who cannot see it.",
            id="picture without words",
        ),
        pytest.param(
            "![A\nmap](/media/map.png) <i>",
            2,
            "`<i>` is HTML, which is not used here. Write the words.",
            id="html after a picture of two lines",
        ),
    ],
)
def test_unsupported_markdown_is_reported_with_its_line(markdown, line, message):
    ((found_line, found_message),) = {
        problem for problem in problems_of(markdown) if problem[1].endswith(message) or message in problem[1]
    }

    assert found_line == line
    assert message in found_message


@pytest.mark.parametrize(
    "markdown", ["```\n```", "```\n\n```", "- ```\n  a\n  ```", "> ~~~\n> a\x0cb\n> ~~~~"]
)
def test_a_closed_fence_is_no_problem(markdown):
    assert problems_of(markdown) == []


@pytest.mark.parametrize("markdown", ["(6.17)", "> Words.\n>\n> (6.17)"])
def test_a_text_without_a_code_cannot_cite_a_paragraph(markdown):
    (problem,) = render(markdown).problems

    assert problem.message == (
        "(6.17) cites a paragraph, and the site has no Code of Practice. "
        "If it is another number, write `6\\.17`."
    )
    assert problem.line == len(markdown.split("\n"))


@pytest.mark.parametrize(
    ("markdown", "html"),
    [
        pytest.param("<script>x</script>", "<p>&lt;script&gt;x&lt;/script&gt;</p>\n", id="block of html"),
        pytest.param("a <br> b", "<p>a &lt;br&gt; b</p>\n", id="html in a line"),
        pytest.param("![A map](//x/y.png)", "<p>A map</p>\n", id="picture from elsewhere"),
        pytest.param("![](/media/x.png)", "<p>/media/x.png</p>\n", id="picture without words"),
        pytest.param("## A {#a}", '<h3 id="a">A</h3>\n', id="heading of a section"),
        pytest.param("as in (9.99)", "<p>as in (9.99)</p>\n", id="unknown paragraph"),
    ],
)
def test_unsupported_markdown_is_shown_as_plain_text(markdown, html):
    rendered = render(markdown, law())

    assert rendered.html == html
    assert len(rendered.problems) == 1


def test_problems_are_listed_once_each_in_the_order_of_the_text():
    markdown = "(9.99) and (9.99)\n\n## A\n\n<b>\n\n```"

    lines = [line for line, _ in problems_of(markdown)]

    assert lines == [1, 3, 5, 7]


def test_a_text_that_is_too_long_is_reported_and_shown_whole_as_it_was_typed():
    rendered = render("**a**" + "b" * MAX_CHARACTERS, law())

    assert [problem.message for problem in rendered.problems] == [
        "This text is longer than 60,000 characters. Make two leaflets of it."
    ]
    assert rendered.html == f"<pre><code>**a**{'b' * MAX_CHARACTERS}</code></pre>\n"


def test_a_long_address_that_is_referred_to_often_is_reported():
    rendered = render("[a]: /" + "b" * 40_000 + "\n\n" + "[a] " * 3, law())

    assert [problem.message for problem in rendered.problems] == [
        "The addresses of the links add up to more than 60,000 characters. Use shorter ones."
    ]


# Blocks


def test_each_block_has_its_text_line_and_kind():
    rendered = render(
        "### Who **helps**?\n\nWe do.\n\n- First\n\n  More of it\n- [Second](/a/)\n\n| A |\n|---|\n| B |\n\n```\nC\n```\n"
    )

    assert [(block.kind, block.text, block.line) for block in rendered.blocks] == [
        (BlockKind.HEADING, "Who **helps**?", 1),
        (BlockKind.PARAGRAPH, "We do.", 3),
        (BlockKind.ITEM, "First", 5),
        (BlockKind.PARAGRAPH, "More of it", 7),
        (BlockKind.ITEM, "Second", 8),
        (BlockKind.CELL, "A", 10),
        (BlockKind.CELL, "B", 12),
        (BlockKind.CODE_BLOCK, "C", 14),
    ]


def test_a_block_of_a_quotation_has_the_number_of_its_paragraph():
    rendered = render("Ours.\n\n> A school must listen.\n>\n> - To all\n>\n> (6.17)\n\nOurs again.", law())

    assert [(block.text, block.quotes) for block in rendered.blocks] == [
        ("Ours.", ""),
        ("A school must listen.", "code-of-practice/6.17"),
        ("To all", "code-of-practice/6.17"),
        ("Ours again.", ""),
    ]


@pytest.mark.parametrize(
    ("markdown", "has_must"),
    [
        ("Schools **must** help.", True),
        ("Schools **MUST** help.", True),
        ("> Schools must help. (6.17)", True),
        ("Schools must help.", False),
        ("**Schools must help.**", False),
        ("Schools **should** help.", False),
        ("> Schools should help. (6.17)", False),
    ],
)
def test_a_block_knows_whether_it_has_a_statutory_must(markdown, has_must):
    (block,) = render(markdown, law()).blocks

    assert block == RenderedBlock(block.text, 1, block.kind, block.quotes, has_must)


# Time


@pytest.mark.parametrize(
    "make",
    [
        pytest.param(lambda size: "> a" + " " * size + "b", id="spaces in a quotation"),
        pytest.param(lambda size: "### a" + " " * size + "b", id="spaces in a heading"),
        pytest.param(lambda size: "> (6.17)" + " " * size + "(6.17)", id="spaces between references"),
    ],
)
def test_rendering_time_is_linear_in_a_run_of_spaces(make):
    assert_linear(lambda text: render(text, law()), make, 40_000)
