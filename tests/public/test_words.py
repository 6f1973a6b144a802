"""The page of words explained, and links to them in leaflets."""

import time

import pytest
from django.db import connection
from django.template import engines
from django.test.utils import CaptureQueriesContext
from hypothesis import given, strategies as st

from leaflets.models import Edition, Term
from leaflets.models.site_version import read_site_version
from leaflets.public.caching import SITE_VERSION_ENVIRON_KEY
from leaflets.public.layout import PageLayout
from leaflets.public.words import Glossary
from tests.factories import load
from tests.pages import leaflet_from_text, load_site, visit, visitor
from tests.texts import term

WORDS = (
    term("SENCO", "A good person to ask first.", provision="code-of-practice/6.2"),
    term("EHC plan", "A legal paper.", forms=("EHC plans", "EHCP", "EHCPs"), unapproved=True),
    term("Local Offer", "A list of help.", link="https://www.example.org/offer"),
)
GLOSSARY = Glossary(
    [
        Term(term="EHC plan", anchor="ehc-plan", forms=["EHC plans"], explanation="A legal paper."),
        Term(term="SENCO", anchor="senco", explanation="A good person to ask first."),
    ]
)


def explained(html: str) -> str:
    return GLOSSARY.explain(html)[0]


def used(html: str) -> list[tuple[str, str]]:
    """The words used, each with the place of its first use."""
    return [(word.term.term, word.place) for word in GLOSSARY.explain(html)[1]]


# Links in the HTML of a leaflet


def test_the_first_place_of_a_word_becomes_a_link():
    assert explained("<p>Ask the SENCO. The SENCO helps.</p>") == (
        '<p>Ask the <a href="#page-word-senco" id="page-use-senco">SENCO</a>. The SENCO helps.</p>'
    )


def test_the_first_place_in_each_section_becomes_a_link():
    html = (
        '<p>SENCO</p><h2 id="a">A</h2><p>SENCO</p><h3 id="b">B</h3><p>SENCO</p><h2 id="c">C</h2><p>SENCO</p>'
    )

    assert explained(html) == (
        '<p><a href="#page-word-senco" id="page-use-senco">SENCO</a></p><h2 id="a">A</h2>'
        '<p><a href="#page-word-senco">SENCO</a></p><h3 id="b">B</h3><p>SENCO</p>'
        '<h2 id="c">C</h2><p><a href="#page-word-senco">SENCO</a></p>'
    )


def test_a_word_in_bold_becomes_a_link():
    assert explained("<p>An <strong>EHC plan</strong>.</p>") == (
        '<p>An <strong><a href="#page-word-ehc-plan" id="page-use-ehc-plan">EHC plan</a></strong>.</p>'
    )


@pytest.mark.parametrize(
    "html",
    [
        '<a href="/contact/">the <b>SENCO</b></a>',
        "<pre><code>SENCO</code></pre>",
        "<h2>The SENCO</h2>",
        "<blockquote><p>Designate a SENCO</p><blockquote>a</blockquote><p>SENCO</p></blockquote>",
        "<figure><figcaption>SENCO</figcaption></figure>",
        "<table><tr><th>SENCO</th></tr></table>",
        '<span lang="pl">SENCO</span>',
        '<svg><title>SENCO</title><path d=""/></svg>',
        '<img alt="SENCO" src="/a.png">',
        "<button>SENCO</button>",
    ],
)
def test_a_word_that_must_stay_as_it_is_becomes_no_link(html):
    assert explained(html) == html
    assert explained(f"{html}<p>SENCO</p>") == (
        f'{html}<p><a href="#page-word-senco" id="page-use-senco">SENCO</a></p>'
    )


def test_a_word_in_english_in_a_page_that_says_so_becomes_a_link():
    assert "#page-word-senco" in explained('<p lang="en-GB">SENCO</p>')


# The list below the leaflet


def test_only_words_that_are_used_are_listed_in_alphabetical_order():
    assert used("<p>The SENCO.</p>") == [("SENCO", "page-use-senco")]
    assert [name for name, _ in used("<p>The SENCO, an EHC plan.</p>")] == ["EHC plan", "SENCO"]


def test_a_word_in_a_quotation_is_listed_with_the_heading_above_it():
    html = '<h2 id="duties">Duties</h2><blockquote>Designate a SENCO</blockquote>'

    assert used(html) == [("SENCO", "duties")]


def test_a_word_in_a_quotation_and_later_in_the_text_leads_back_to_its_link():
    html = '<h2 id="duties">Duties</h2><blockquote>A SENCO</blockquote><p>The SENCO</p>'

    assert used(html) == [("SENCO", "page-use-senco")]


def test_a_word_in_a_link_or_code_only_is_not_listed():
    assert used('<a href="/a/">SENCO</a><code>SENCO</code>') == []


def test_html_without_words_is_unchanged():
    assert GLOSSARY.explain("<p>Words &amp; words</p>") == ("<p>Words &amp; words</p>", [])


def test_without_a_glossary_nothing_is_explained():
    assert Glossary([]).explain("<p>SENCO</p>") == ("<p>SENCO</p>", [])


@given(
    st.lists(
        st.sampled_from(
            [
                "<p>",
                "</p>",
                "SENCO",
                "EHC plan ",
                "<b>",
                "<a>",
                "</a>",
                "<h2>",
                "</h2>",
                "<",
                ">",
                "&",
                "é",
                "<svg>",
            ]
        ),
        max_size=30,
    )
)
def test_nothing_but_links_is_added(pieces):
    html = "".join(pieces)
    new, words = GLOSSARY.explain(html)

    for word in words:
        new = new.replace(f'<a href="#page-word-{word.term.anchor}" id="page-use-{word.term.anchor}">', "\0")
        new = new.replace(f'<a href="#page-word-{word.term.anchor}">', "\0")
    assert new.count("\0") <= new.count("</a>")
    assert html.replace("</a>", "") == new.replace("\0", "").replace("</a>", "")


@pytest.mark.parametrize(
    "part",
    [
        "SENCO ",
        "EHC ",
        "<",
        "<p>SENCO</p>",
        "<h2>",
        "<svg>",
        "<blockquote>SENCO",
        "a",
        "<a",
        '<h2 id="a"',
        "\u0301",
    ],
)
def test_the_time_grows_with_the_length_of_the_text(part):
    def seconds(size: int) -> float:
        html = part * (size // len(part))
        start = time.process_time()
        GLOSSARY.explain(html)
        return time.process_time() - start

    seconds(1_000)
    # Other work on the machine makes no difference: one attempt in three has to be fast enough.
    assert any(seconds(400_000) < 40 * max(seconds(50_000), 0.002) for _ in range(3))


# The leaflet's sections, as the template tag renders them


@pytest.fixture
def site(db, tmp_path):
    leaflet = leaflet_from_text(
        "An EHCP.\n\n## Who helps {#who}\n\nThe SENCO does.\n\n> A school should involve the SENCO.\n>\n> (6.17)",
        "plans",
        title="Plans",
    )
    load_site(tmp_path, leaflet, terms=WORDS)


def render(slug: str, tmp_layout: PageLayout | None = None) -> str:
    source = (
        '{% load words %}{% explain_words %}{% include "leaflets/_sections.html" %}{% endexplain_words %}'
    )
    edition = Edition.objects.published().with_page_content().get(leaflet__slug=slug)
    layout = tmp_layout or PageLayout(None, None)
    return (
        engines["django"]
        .from_string(source)
        .render({"edition": edition, "layout": layout, "display": "standard"})
    )


def test_a_leaflet_links_its_words_and_explains_them_below(site):
    html = render("plans")

    assert '<p>An <a href="#page-word-ehc-plan" id="page-use-ehc-plan">EHCP</a>.</p>' in html
    assert '<h2 id="page-words">Words on this page</h2>' in html
    assert (
        '<dt id="page-word-ehc-plan">EHC plan <small>(draft for the service to approve)</small></dt>' in html
    )
    assert '<a class="screen-only" href="#page-use-senco">Back' in html
    assert "Local Offer" not in html


def test_the_words_of_the_law_stay_as_they_are(site):
    quotation = render("plans").partition("<blockquote")[2].partition("</blockquote>")[0]

    assert "SENCO" in quotation
    assert "<a " not in quotation


def test_every_link_to_a_word_and_back_leads_to_an_element(site):
    html = render("plans")
    targets = [part.partition('"')[0] for part in html.split('href="#')[1:]]

    assert len(targets) >= 4
    assert [target for target in targets if f'id="{target}"' not in html and target != "page-contents"] == []


def test_a_page_at_the_foot_of_the_site_explains_no_words(site, tmp_path):
    Term.objects.create(term="little", anchor="little", explanation="Not much.")

    assert "Words on this page" not in render("privacy")


def test_a_leaflet_that_uses_no_words_has_no_list(site):
    assert "Words on this page" not in render("sen-support")


def test_an_edit_of_the_glossary_is_seen_without_publishing(site):
    render("plans")
    Term.objects.filter(anchor="senco").update(explanation="The one to ask.")

    assert "The one to ask." in render("plans")


def test_the_words_are_read_once_for_each_version_of_the_site(site):
    layout = PageLayout(None, None)
    render("plans", layout)
    with CaptureQueriesContext(connection) as queries:
        render("plans", layout)

    assert [query["sql"] for query in queries if "term" in query["sql"]] == []


def test_a_leaflet_is_read_with_as_many_queries_as_before(site):
    """The layout with its words is read once for each version of the site, not for each page."""
    client = visitor()
    environ = {SITE_VERSION_ENVIRON_KEY: read_site_version()}
    client.get("/words/", **environ)
    client.get("/leaflets/plans/", **environ)
    with CaptureQueriesContext(connection) as queries:
        client.get("/leaflets/plans/", **environ)

    assert len(queries) == 2, [query["sql"] for query in queries]


# The page of all words


def test_the_page_lists_words_under_their_letters(site):
    page = visit(visitor(), "/words/")

    assert page.texts("section[@class='letter']/h2") == ["E", "L", "S"]
    assert [one.get("id") for one in page.all("h3")] == ["ehc-plan", "local-offer", "senco"]


def test_each_letter_leads_to_its_words(site):
    page = visit(visitor(), "/words/")

    links = [one.get("href") for one in page.all("nav[@aria-label='Letters']//a")]
    assert links == [f"#{one.get('id')}" for one in page.all("section[@class='letter']/h2")]


def test_a_word_shows_its_other_names_without_plurals(site):
    assert "Also: EHCP</p>" in visit(visitor(), "/words/").html


def test_a_word_leads_to_the_law_and_to_more(site):
    html = visit(visitor(), "/words/").html

    assert (
        '<a href="/law/code-of-practice/6.2/">Where the law says so: SEND Code of Practice, paragraph 6.2</a>'
    ) in html
    assert '<a href="https://www.example.org/offer">More about “Local Offer” on www.example.org</a>' in html


def test_a_provision_without_a_page_is_not_linked(site):
    Term.objects.filter(anchor="senco").update(provision="code-of-practice/9.99")

    assert "Where the law says so" not in visit(visitor(), "/words/").html


def test_a_word_that_is_not_approved_is_marked(site):
    assert visit(visitor(), "/words/").html.count("Draft for the service to approve.") == 1


def test_where_no_word_is_approved_the_page_says_so_once(db, tmp_path):
    load(tmp_path, terms=[term("SENCO", unapproved=True), term("Outcomes", unapproved=True)])

    html = visit(visitor(), "/words/").html

    assert html.count("These explanations are drafts for the service to approve.") == 1
    assert "Draft for" not in html


def test_a_site_without_words_says_so(db, tmp_path):
    load(tmp_path)

    page = visit(visitor(), "/words/")

    assert page.status == 200
    assert "No words are explained here yet." in page.html


def test_the_page_is_in_the_sitemap(site):
    assert "/words/</loc>" in visitor().get("/sitemap.xml").content.decode()


def test_the_page_takes_as_many_queries_for_many_words_as_for_one(site):
    def queries() -> int:
        with CaptureQueriesContext(connection) as found:
            visit(visitor(), "/words/")
        return len(found)

    few = queries()
    Term.objects.bulk_create(
        Term(term=f"W{number}", anchor=f"w{number}", explanation="A.", provision="code-of-practice/6.17")
        for number in range(50)
    )

    assert queries() == few
