"""The stored law: its text, which versions an edition cites, and what a new version changes."""

import datetime as dt

import pytest
from django.utils import timezone

from leaflets.law.sources import ProvisionSource, VersionSource
from leaflets.models import Citation, Provision, SourceVersion
from leaflets.publishing import loading, records
from leaflets.publishing.editions import render_stale_texts
from leaflets.publishing.law import citable_law, set_text, store_version
from leaflets.publishing.provisions import store_provision
from tests.factories import draft_as_staff, edit_as_staff, leaflet_with_introduction, load, published_edition
from tests.texts import code, paragraph, source

pytestmark = pytest.mark.django_db

ACT = source(
    slug="cfa-2014",
    kind="act",
    title="Children and Families Act 2014",
    full_title="Children and Families Act 2014 (2014 c. 6)",
    names=("CFA 2014",),
)


def act(label, since, text="A parent may ask."):
    """A version of the Act with section 36."""
    return VersionSource(
        source="cfa-2014",
        slug=label,
        label=label,
        in_force_from=dt.date.fromisoformat(since),
        url="https://www.example.org/act",
        provisions=(ProvisionSource("36", heading="Assessment", text=text),),
    )


OLD, NEW, NEXT = act("2014", "2014-09-01"), act("2020", "2020-09-01"), act("2090", "2090-09-01")
CITING = "> They may ask. (section 36 CFA 2014)"


def load_law(folder, *versions, leaflets=None, **content):
    sources = [source(), ACT]
    return load(folder, sources=sources, codes=[code(), *versions], leaflets=leaflets, **content)


def html(edition):
    return "".join(section.body_html for section in edition.sections.all())


def cited_versions(edition):
    return {citation.provision.version.slug for citation in Citation.objects.filter(section__edition=edition)}


def html_of_text(text):
    provision = Provision(number="36")
    set_text(provision, text)
    return provision.text_html


# The text of a provision


def test_a_subsection_has_the_anchor_that_links_to_it_use():
    assert html_of_text("(1) One.\n\n(8) Eight.\n\n(8A) More.") == (
        '<p id="part-1">(1) One.</p>\n<p id="part-8">(8) Eight.</p>\n<p id="part-8A">(8A) More.</p>\n'
    )


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("(8) Eight:\n\n- (a) A:\n  - (ii) Two.\n- (b) B.", id="list below a paragraph"),
        pytest.param("- (8) Eight:\n  - (a) A:\n    - (ii) Two.\n  - (b) B.", id="list in a list"),
        pytest.param(
            "- (8) Eight:\n\n  - (a) A:\n\n    - (ii) Two.\n\n  - (b) B.", id="paragraphs in a list"
        ),
    ],
)
def test_parts_of_a_subsection_have_anchors_below_it(text):
    found = html_of_text(text)

    for anchor in ("part-8", "part-8-a", "part-8-a-ii", "part-8-b"):
        assert found.count(f' id="{anchor}"') == 1


def test_a_number_that_stands_twice_has_one_anchor():
    assert html_of_text("(1) One.\n\n(1) Again.").count("id=") == 1


def test_a_number_inside_a_sentence_has_no_anchor():
    assert "id=" not in html_of_text("Under subsection (8) they decide.\n\n(see below)")


def test_provisions_are_stored_in_the_order_of_the_law(tmp_path):
    numbers = ("6.2", "6.17", "6.100", "10.1")
    chapters = (("6", "Schools"), ("10", "Children"))
    load(tmp_path, codes=[code(chapters=chapters, provisions=tuple(map(paragraph, numbers)))])

    store_provision(Provision(version=SourceVersion.objects.get(), number="6.18", text="Words."))

    in_order = [provision.number for provision in Provision.objects.in_order()]
    assert in_order == ["6.2", "6.17", "6.18", "6.100", "10.1"]
    assert str(Provision.objects.get(number="6.18").chapter) == "Chapter 6: Schools"


def test_a_stored_version_is_read_as_its_file(tmp_path):
    load_law(tmp_path, OLD)

    assert records.version_source(SourceVersion.objects.get(slug="2014")) == OLD
    store_version(NEW, overwrite=True)
    assert records.version_source(SourceVersion.objects.get(slug="2020")) == NEW


# Versions


def test_a_leaflet_cites_the_newest_version_in_force(tmp_path):
    load_law(tmp_path, OLD, NEW, NEXT, leaflets=[leaflet_with_introduction(CITING)])

    assert cited_versions(published_edition()) == {"2020"}
    assert "(2020), section 36</a>" in html(published_edition())


def test_a_new_version_does_not_change_the_caption_of_a_published_leaflet(tmp_path):
    load_law(tmp_path, OLD, leaflets=[leaflet_with_introduction(CITING)])

    load_law(tmp_path, OLD, NEW, leaflets=[leaflet_with_introduction(CITING)])
    render_stale_texts()

    assert cited_versions(published_edition()) == {"2014"}
    assert "(2014), section 36</a>" in html(published_edition())


def test_a_new_version_changes_the_caption_of_a_draft_and_publishing_it_moves_the_citations(tmp_path):
    load_law(tmp_path, OLD, leaflets=[leaflet_with_introduction(CITING)])
    first = published_edition()
    draft = draft_as_staff(CITING + "\n\nMore.")
    assert cited_versions(draft) == {"2014"}

    load_law(tmp_path, OLD, NEW, leaflets=[leaflet_with_introduction(CITING)])
    render_stale_texts()

    assert cited_versions(draft) == {"2020"}
    assert "(2020), section 36</a>" in html(draft)
    new = edit_as_staff(CITING + "\n\nMore.")
    assert cited_versions(new) == {"2020"}
    assert cited_versions(first) == {"2014"}


def test_a_corrected_text_reaches_the_editions_that_cite_its_version(tmp_path):
    load_law(tmp_path, OLD, leaflets=[leaflet_with_introduction(CITING)])
    assert "Word for word" not in html(published_edition())

    load_law(
        tmp_path, act("2014", "2014-09-01", "They may ask."), leaflets=[leaflet_with_introduction(CITING)]
    )

    assert '<span class="tag is-exact">Word for word</span>' in html(published_edition())
    assert Citation.objects.published().get().match == "exact"


def test_a_leaflet_stops_saying_word_for_word_when_the_law_is_loaded_with_other_words(tmp_path):
    load_law(
        tmp_path, act("2014", "2014-09-01", "They may ask."), leaflets=[leaflet_with_introduction(CITING)]
    )
    assert "Word for word" in html(published_edition())

    load_law(tmp_path, OLD, leaflets=[leaflet_with_introduction(CITING)])

    assert "Word for word" not in html(published_edition())
    assert Citation.objects.published().get().match == "differs"


def edit_provision(number, text):
    provision = Provision.objects.get(number=number)
    provision.text = text
    store_provision(provision)


def test_a_leaflet_says_how_it_matches_the_law_as_staff_last_stored_it(tmp_path):
    load_law(tmp_path, OLD, leaflets=[leaflet_with_introduction(CITING)])

    edit_provision("36", "They may ask.")
    assert "Word for word" in html(published_edition())

    edit_provision("36", "They may ask. They may ask again.")
    assert "Word for word" not in html(published_edition())
    assert "Shortened" in html(published_edition())

    edit_provision("36", "")
    assert "tag is-" not in html(published_edition())


RANGE = "> Listen. Help. Answer.\n>\n> (6.2 to 6.17)"


def load_range(folder, *provisions):
    load(folder, codes=[code(provisions=provisions)], leaflets=[leaflet_with_introduction(RANGE)])


def test_a_range_says_how_it_matches_a_provision_that_it_does_not_name(tmp_path):
    load_range(tmp_path, paragraph("6.2", "Listen."), paragraph("6.3", "Help."), paragraph("6.17", "Answer."))
    assert "Word for word" in html(published_edition())

    edit_provision("6.3", "Help at once.")

    assert "Word for word" not in html(published_edition())


def test_a_range_cites_a_provision_that_staff_add_inside_it(tmp_path):
    load_range(tmp_path, paragraph("6.2", "Listen."), paragraph("6.17", "Answer."))
    assert "tag is-" not in html(published_edition())

    version = SourceVersion.objects.get()
    store_provision(Provision(version=version, number="6.3", text="Help."))

    assert "Word for word" in html(published_edition())


def test_a_leaflet_without_a_code_keeps_the_one_that_it_was_published_with(tmp_path):
    newer = code(slug="2020", label="2020", in_force_from=dt.date(2020, 1, 1))
    load(tmp_path, leaflets=[leaflet_with_introduction("Listen (6.17).")])

    load(tmp_path, codes=[code(), newer], leaflets=[leaflet_with_introduction("Listen (6.17).")])

    assert cited_versions(published_edition()) == {"2015-january"}
    assert citable_law("").version("").slug == "2020"
    assert citable_law("2015-january").version("").slug == "2015-january"


def test_a_version_comes_into_force_by_the_date_alone(tmp_path):
    tomorrow = timezone.localdate() + dt.timedelta(days=1)
    load_law(tmp_path, OLD, act("tomorrow", tomorrow.isoformat()))

    assert citable_law("").version("cfa-2014").slug == "2014"
    SourceVersion.objects.filter(slug="tomorrow").update(in_force_from=timezone.localdate())
    assert citable_law("").version("cfa-2014").slug == "tomorrow"


def test_a_provision_that_staff_add_is_cited_by_a_draft_that_names_it(tmp_path):
    load_law(tmp_path, OLD, leaflets=[leaflet_with_introduction("Words.")])
    draft = draft_as_staff("See section 37 CFA 2014.")
    assert not draft.sections.get().citations.exists()

    store_provision(Provision(version=SourceVersion.objects.get(slug="2014"), number="37"))

    assert [citation.provision.number for citation in draft.sections.get().citations.all()] == ["37"]
    assert 'href="/law/cfa-2014/37/"' in html(draft)


def test_a_citation_keeps_its_row_when_its_text_is_rendered_again(tmp_path):
    load_law(tmp_path, OLD, leaflets=[leaflet_with_introduction(CITING)])
    before = Citation.objects.get()

    load_law(
        tmp_path, act("2014", "2014-09-01", "They may ask."), leaflets=[leaflet_with_introduction(CITING)]
    )

    assert Citation.objects.get().pk == before.pk


def test_a_text_changed_by_staff_and_in_the_file_is_a_conflict(tmp_path):
    load_law(tmp_path, OLD)
    provision = Provision.objects.get(number="36")
    provision.text = "By staff."
    store_provision(provision)

    outcomes = load_law(tmp_path, act("2014", "2014-09-01", "By file."))

    assert outcomes["cfa-2014/2014"] == loading.Outcome.CONFLICT
    assert outcomes["cfa-2014"] == "unchanged"
    assert Provision.objects.get(number="36").text == "By staff."
    taken = load_law(tmp_path, act("2014", "2014-09-01", "By file."), take="file")
    assert taken["cfa-2014/2014"] == "updated"
    assert Provision.objects.get(number="36").text_html == "<p>By file.</p>\n"


def test_a_table_of_the_law_that_an_older_renderer_made_is_rendered_again(tmp_path):
    load(tmp_path)
    provision = Provision.objects.get(number="6.17")
    set_text(provision, "| Age | Hours |\n| - | - |\n| 5 | 20 |")
    rendered = provision.text_html
    provision.text_html = "<table>\n<tr>\n<td>5</td>\n</tr>\n</table>\n"
    provision.save()

    render_stale_texts()

    assert Provision.objects.get(number="6.17").text_html == rendered
    assert '<div class="table"' in rendered
