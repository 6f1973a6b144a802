"""The page of the search: what it says, what it never shows, and how it stays up to date."""

import pytest
from django.urls import resolve
from hypothesis import given, settings, strategies as st

from leaflets.models import Edition, Leaflet, Provision, SearchWords, Service, Source, Term
from leaflets.models.site_version import read_site_version
from leaflets.public.search.engine import answer, forget_engine, prepare
from leaflets.publishing import editions
from tests import texts
from tests.factories import draft_as_staff, edit_as_staff
from tests.pages import addresses_in_sitemap, leaflet_from_text, load_site, lost_database, visit

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]


# A leaflet that cites a Code and an Act.
LAW = {
    "sources": [texts.source(), texts.act()],
    "codes": [texts.code(), texts.act_in_force()],
}
CITING = leaflet_from_text("Ask for it. (section 36(8) CFA 2014)\n\nThey talk. (6.17)", "a", title="A")


@pytest.fixture(scope="module", autouse=True)
def _site(tmp_path_factory, module_database):
    """The small site, on which a test may load more."""
    with module_database.unblock():
        load_site(tmp_path_factory.mktemp("content"), CITING, **LAW)


def targets(client, query, **params):
    """The targets of the results for a query, best first."""
    response = client.get("/search/", {"q": query, **params})
    assert response.status_code == 200
    return [f"{one.path}{one.fragment}" for one in response.context["answer"].results]


# What it finds


def test_a_result_leads_to_the_subsection_with_its_sentence_marked(client):
    page = visit(client, "/search/?q=teachers")
    result = page.all("main//article")[0]

    (link,) = result.findall("h3/a")
    assert link.get("href") == "/leaflets/sen-support/#assess"
    assert [mark.text for mark in result.findall("p/mark")] == ["Teachers"]
    assert "Leaflet: SEN support › How help goes on" in page.text("main")


def test_an_introduction_leads_to_the_top_of_its_leaflet(client):
    assert targets(client, "guide")[0] == "/leaflets/sen-support/"


def test_a_heading_counts_more_than_the_text(tmp_path, client):
    load_site(
        tmp_path,
        leaflet_from_text("Trampolines are fun. Trampolines are round.", "a", title="A"),
        leaflet_from_text("Words.\n\n## Trampolines {#b}\n\nAsk.", "b", title="B"),
    )

    assert targets(client, "trampolines")[0] == "/leaflets/b/#b"


# A page at the foot of the site.
RULES = leaflet_from_text(
    "We keep bicycles.", "rules", title="Rules", placement="footer", published=None, code=None
)


def test_a_page_at_the_foot_of_the_site_is_found_after_leaflets(tmp_path, client):
    load_site(
        tmp_path,
        RULES,
        leaflet_from_text("A child may ride bicycles.", "a", title="A"),
    )

    assert targets(client, "bicycles") == ["/leaflets/a/", "/rules/"]


def test_a_page_at_the_foot_is_first_if_its_heading_is_the_query(tmp_path, client):
    load_site(
        tmp_path,
        RULES,
        leaflet_from_text("Ask for the rules.", "a", title="A"),
    )

    assert targets(client, "rules") == ["/rules/", "/leaflets/a/"]


def test_a_page_at_the_foot_is_not_shown_for_only_some_of_the_words(tmp_path, client):
    load_site(
        tmp_path,
        RULES,
        leaflet_from_text("A child may ride bicycles.", "a", title="A"),
    )

    assert targets(client, "bicycles zanzibar") == ["/leaflets/a/"]


@pytest.mark.parametrize("query", ["phone number", "where is your address", "01632 960000", "e-mail"])
def test_the_contact_page_is_found(client, query):
    assert targets(client, query)[0] == "/contact/"


def test_an_edit_of_the_service_is_found(client):
    assert "/contact/" not in targets(client, "zanzibar")
    service = Service.objects.get()
    service.address = ["1 Zanzibar Road"]
    service.save()

    assert targets(client, "zanzibar") == ["/contact/"]


@pytest.mark.parametrize("query", ["families act", "CFA 2014"])
def test_a_law_is_found_by_its_names(client, query):
    assert "/law/cfa-2014/" in targets(client, query)


def test_a_law_without_a_version_is_not_found(client):
    Source.objects.create(slug="marmalade-act", kind="act", title="Marmalade Act", full_title="Marmalade Act")

    assert "/law/marmalade-act/" not in targets(client, "marmalade act")


def test_the_page_says_which_of_several_words_is_nowhere(client):
    page = visit(client, "/search/?q=teachers+xylophone")

    assert "Nothing here has the word “xylophone”." in page.text("main")
    assert targets(client, "teachers xylophone")
    assert "Nothing here has" not in visit(client, "/search/?q=teachers").text("main")


def test_cannot_without_its_apostrophe_is_no_misspelling(tmp_path, client):
    load_site(tmp_path, leaflet_from_text("If you want help, ask the school.", "a", title="A"))

    assert client.get("/search/?q=school wont help").context["answer"].suggestion == ""


def test_synonyms_have_a_direction(tmp_path, client):
    load_site(
        tmp_path,
        leaflet_from_text("An EHC plan.", "a", title="A"),
        leaflet_from_text("A statement.", "b", title="B"),
    )
    SearchWords.objects.create(synonyms=["statement → EHC plan"])

    assert sorted(targets(client, "statement")) == ["/leaflets/a/", "/leaflets/b/"]
    assert "/leaflets/b/" not in targets(client, "EHC plan")


def test_the_page_names_what_it_looked_for_too(tmp_path, client):
    load_site(tmp_path, leaflet_from_text("An EHC plan.", "a", title="A"))
    SearchWords.objects.create(synonyms=["EHCP = EHC plan = education, health and care plan"])

    page = visit(client, "/search/?q=EHCPs")

    assert "We also looked for EHC plan and education, health and care plan." in page.text("main")


def test_a_misspelling_finds_what_is_meant_and_asks_whether_it_is(client):
    page = visit(client, "/search/?q=teechers")

    assert page.links("main")["teachers"] == "/search/?q=teachers"
    assert targets(client, "teechers")[0] == "/leaflets/sen-support/#assess"


def test_two_letters_that_changed_places_in_a_short_word_are_a_misspelling(client):
    assert client.get("/search/?q=hlep").context["answer"].suggestion == "help"


def test_words_of_a_text_are_never_html(tmp_path, client):
    load_site(tmp_path, leaflet_from_text("Ask `<b>bold</b> & <mark>` now.", "a", title="A <i> B"))

    page = client.get("/search/?q=bold+b").content.decode()

    assert "&lt;<mark>b</mark>&gt;" in page
    assert "<b>bold" not in page
    assert "<i>" not in page


# Where the box is


@pytest.mark.parametrize(
    ("path", "boxes"),
    [
        ("/", 1),
        ("/search/", 1),
        ("/nowhere/", 1),
        ("/leaflets/sen-support/", 0),
        ("/leaflets/", 0),
        ("/contact/", 0),
    ],
)
def test_the_home_page_and_pages_that_do_not_exist_have_one_search_box(client, path, boxes):
    page = visit(client, path)

    assert [form.get("action") for form in page.all("main//form[@role='search']")] == ["/search/"] * boxes
    assert page.links("header")["Search"] == "/search/"


@pytest.mark.each_database
def test_the_page_of_a_withdrawn_leaflet_has_a_search_box(client):
    editions.withdraw(Leaflet.objects.get(slug="sen-support"))
    page = visit(client, "/leaflets/sen-support/")

    assert page.status == 410
    assert len(page.all("main//form[@role='search']")) == 1


def test_an_error_page_has_no_search_box_while_the_database_is_down(client):
    client.raise_request_exception = False
    with lost_database():
        page = visit(client, "/")

    assert page.status == 500
    assert page.all("main//form[@role='search']") == []


# Numbers of the law


@pytest.mark.parametrize(
    "query",
    [
        "6.17",
        "paragraph 6.17",
        "para. 6.17",
        "6.17 code of practice",
        "(6.17)",
        "SEND Code of Practice, 6.17",
    ],
)
def test_a_paragraph_is_the_first_result(client, query):
    assert targets(client, query)[0] == "/law/code-of-practice/6.17/"


@pytest.mark.parametrize(
    "query",
    ["section 36", "s.36", "s.36(8) CFA", "S 36 CFA 2014", "Children and Families Act 2014 section 36", "36"],
)
def test_a_section_of_an_act_is_the_first_result(client, query):
    assert targets(client, query)[0] == "/law/cfa-2014/36/"


@pytest.mark.each_database
def test_a_subsection_leads_to_its_place_in_the_text(client):
    Provision.objects.filter(number="36").update(text="(8) Words.", text_html='<p id="part-8">(8) Words.</p>')

    assert targets(client, "s.36(8) CFA")[0] == "/law/cfa-2014/36/#part-8"
    assert targets(client, "section 36(9)")[0] == "/law/cfa-2014/36/"


@pytest.mark.each_database
@pytest.mark.parametrize("query", ["6.5 hours", "36 weeks", "year 6", "Equality Act 2010", "regulation 36"])
def test_another_number_is_no_number_of_the_law(client, query):
    answered = client.get("/search/", {"q": query}).context["answer"]

    assert answered.missing is None
    assert not any("provision" in resolve(one.path).url_name for one in answered.results)


def test_for_a_provision_that_is_not_here_the_page_says_where_it_is_published(client):
    page = visit(client, "/search/?q=section+99")

    assert "This site does not have that part of the law." in page.text("main")
    assert page.links("main")["Children and Families Act 2014 (2014 c. 6)"] == "https://www.example.org/act"


@pytest.mark.each_database
def test_the_laws_own_words_are_found(client):
    Provision.objects.filter(number="6.17").update(
        text="A **marmalade** rule.", text_html="<p>A <b>marmalade</b> rule.</p>"
    )
    page = visit(client, "/search/?q=marmalade")

    assert targets(client, "marmalade") == ["/law/code-of-practice/6.17/"]
    assert "A marmalade rule." in page.text("main")


# What it says where there is nothing


def test_where_nothing_is_found_the_page_says_what_else_to_do(client):
    SearchWords.objects.create(elsewhere=["Example Advice | https://www.example.net/ | Free advice"])
    page = visit(client, "/search/?q=xylophone")

    assert "We found nothing for “xylophone”" in page.texts("main//h2")
    assert "ask us: phone 01632 960000, or contact us in another way" in page.texts("main//li")
    assert page.links("main")["01632 960000"] == "tel:01632960000"
    assert page.links("main")["all leaflets"] == "/leaflets/"
    assert page.links("main")["Example Advice"] == "https://www.example.net/"


def test_where_nothing_is_found_the_page_has_the_home_links(client):
    service = Service.objects.get()
    service.ways_in = [{"words": "I have a meeting", "leads_to": "/leaflets/sen-support/"}]
    service.save()

    assert visit(client, "/search/?q=xylophone").links("main")["I have a meeting"] == "/leaflets/sen-support/"
    assert "I have a meeting" not in visit(client, "/search/?q=teachers").links("main")


@pytest.mark.parametrize("query", ["", "?q=", "?q=%20%00", "?x=y"])
def test_without_a_query_there_is_only_the_form(client, query):
    page = visit(client, f"/search/{query}")

    assert page.status == 200
    assert "What you can search for" in page.texts("main//h2")


# For browsers, proxies and search engines


def test_the_page_is_in_no_cache_and_no_search_engine(client):
    page = visit(client, "/search/?q=help")

    assert page.response.headers["Cache-Control"] == "private, no-cache"
    assert page.meta("robots") == "noindex"
    assert "/search/" not in addresses_in_sitemap(client)


def test_large_print_by_address_is_kept(client):
    page = visit(client, "/search/?q=teachers&display=large")
    links = page.links("main//article[1]")

    assert [one.get("value") for one in page.all("main//input[@name='display']")] == ["large"]
    assert "/leaflets/sen-support/?display=large#assess" in links.values()
    asked = visit(client, "/search/?q=teechers&display=large")
    assert asked.links("main")["teachers"] == "/search/?q=teachers&display=large"


@pytest.mark.each_database
def test_a_word_explained_is_found_by_its_other_forms_and_after_an_edit(client):
    term = Term.objects.create(
        term="Zanzibar plan", anchor="zanzibar-plan", forms=["ZPs"], explanation="A plan."
    )

    assert targets(client, "zps") == ["/words/#zanzibar-plan"]
    assert targets(client, "what is a zanzibar plan")[0] == "/words/#zanzibar-plan"
    term.explanation = "A scheme with marmalade."
    term.save()
    assert targets(client, "marmalade") == ["/words/#zanzibar-plan"]
    term.delete()
    assert targets(client, "marmalade") == []


def test_the_query_stays_in_the_box(client):
    page = visit(client, "/search/?q=%22a%22+%3Cb%3E")

    assert page.one("main//input[@name='q']").get("value") == '"a" <b>'


# What is public, and since when


def test_a_draft_is_never_found(client):
    draft_as_staff("Words about kangaroos.")

    assert targets(client, "kangaroos") == []


def test_an_edit_is_found_by_the_next_search_and_the_older_text_no_more(client):
    assert targets(client, "guide") == ["/leaflets/sen-support/"]
    edit_as_staff("Words about kangaroos.")

    assert targets(client, "kangaroos") == ["/leaflets/sen-support/"]
    assert targets(client, "guide") == []


def test_a_withdrawn_leaflet_is_not_found_even_before_the_index_learns_of_it():
    version = read_site_version()
    assert answer("guide", version).results
    Edition.objects.published().filter(leaflet__slug="sen-support").update(status="withdrawn")

    assert answer("guide", version).results == []
    assert answer("guide", None).results == []


def test_a_renamed_leaflet_is_found_at_its_new_address(client):
    targets(client, "guide")
    editions.rename(Leaflet.objects.get(slug="sen-support"), "new", placement="leaflet")

    assert targets(client, "guide") == ["/leaflets/new/"]


def test_an_edit_of_a_provision_is_found(client):
    provision = Provision.objects.get(number="6.17")
    assert targets(client, "marmalade") == []
    provision.text, provision.text_html = "Marmalade.", "<p>Marmalade.</p>"
    provision.save()

    assert targets(client, "marmalade") == ["/law/code-of-practice/6.17/"]


def test_the_index_is_read_again_only_for_another_site_version(django_assert_num_queries):
    version = read_site_version()
    answer("teachers", version)

    with django_assert_num_queries(1):  # that what was found is still public
        assert answer("teachers", version).results
    edit_as_staff("Words about kangaroos.")
    assert read_site_version() != version
    assert answer("kangaroos", version).results == []
    assert answer("kangaroos", read_site_version()).results


def test_an_edit_of_the_synonyms_changes_the_site_version():
    before = read_site_version()
    SearchWords.objects.create(synonyms=["educators → teachers"])

    assert read_site_version() != before


@pytest.mark.each_database
def test_another_order_of_loading_gives_the_same_answers(tmp_path, client):
    load_site(
        tmp_path,
        *(leaflet_from_text("The same words.", f"a{number}", title=f"A {number}") for number in range(9)),
    )
    first = targets(client, "words")
    for number in (3, 1):
        edit_as_staff("Other words.", f"a{number}")
        targets(client, "words")
        edit_as_staff("The same words.", f"a{number}")
    again = targets(client, "words")
    forget_engine()

    assert again == targets(client, "words") == first


# Hostile words


HOSTILE = [
    '"', "'", '""', "\0", "a\0b", "NEAR(", "NEAR(a b, 2)", "a AND", "OR", "NOT a", "a*", "^a", "heading:a", "{heading} : a",
    "must (school", "child's", "a" * 10_000, "a " * 5_000, "'; DROP TABLE guidance; --", "%s %d {0}", "🙂", "👩‍👧‍👦", "e\u0301",
    "\u0301", "\u202e", "\ue000a\ue001", "ﷺ" * 300, "ß İ ſ", "\ud7ff", "-1", "()", "[]", "+", ".", "6.", "1.2.3.4", "s.", "(8)",
    "section", "section 99999999", "\x1b[0m", "<script>alert(1)</script>", "שלום", "你好", "ａｂｃ", "½",
]  # fmt: skip


@pytest.mark.parametrize("query", HOSTILE, ids=lambda one: ascii(one)[:20])
def test_hostile_words_are_answered(client, query):
    assert visit_with(client, query) == 200


def visit_with(client, query):
    return client.get("/search/", {"q": query}).status_code


_words = st.text(max_size=60) | st.lists(
    st.sampled_from([*HOSTILE[:18], "teachers", "help", "6.17", "section", "36", " ", "(8)"])
    | st.text(max_size=8),
    max_size=8,
).map(" ".join)


@settings(max_examples=150)
@given(_words.filter(lambda text: text.isascii() or not any("\ud800" <= one <= "\udfff" for one in text)))
def test_no_words_make_an_error(query):
    answered = answer(query, ("fixed",))

    for result in answered.results:
        assert result.sentence.count("<mark>") == result.sentence.count("</mark>")


@pytest.mark.parametrize("query", ["q=%ff%fe", "q=%ed%a0%80", "q=a&q=b", "q[]=a"])
def test_hostile_addresses_are_answered(client, query):
    assert client.get(f"/search/?{query}").status_code == 200


# The index that is made before processes are forked


def test_a_process_with_a_prepared_index_reads_no_text(django_assert_num_queries):
    version = read_site_version()
    prepare(version)

    with django_assert_num_queries(1):  # that what was found is still public
        assert answer("teachers", version).results


def test_a_process_with_a_prepared_index_finds_what_changed_since():
    prepare(read_site_version())
    edit_as_staff("Words about kangaroos.")

    assert answer("kangaroos", read_site_version()).results
    assert answer("guide", read_site_version()).results == []
    assert answer("kangeroos", read_site_version()).suggestion == "kangaroos"


def test_several_processes_begin_with_the_same_prepared_index():
    prepare(read_site_version())
    edit_as_staff("Words about kangaroos.")
    assert answer("kangaroos", read_site_version()).results
    forget_engine()

    assert answer("kangaroos", read_site_version()).results
    assert answer("guide", read_site_version()).results == []
