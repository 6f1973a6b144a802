"""Which version of each source a leaflet can cite."""

import datetime as dt

import pytest

from leaflets.law.sources import NO_LAW, choose_versions, sort_key
from tests.texts import code, paragraph, source

TODAY = dt.date(2026, 6, 1)
ACT = source(slug="act", kind="act", title="Example Act 2014", full_title="Example Act", names=())


def version(slug, since, **values):
    return code(slug=slug, label=slug, in_force_from=dt.date.fromisoformat(since), **values)


OLD = version("old", "2001-09-01")
NOW = version("now", "2015-04-01")
NEXT = version("next", "2027-09-01")


def chosen(versions, pinned="", **arguments):
    """The slug of the version chosen of each source, as choose_versions does today."""
    law = choose_versions([source(), ACT], versions, pinned, TODAY, **arguments)
    return {version.source.slug: version.slug for version in law.versions}


def test_the_newest_version_in_force_is_chosen_in_any_order():
    assert chosen([NOW, OLD]) == chosen([OLD, NOW]) == {"code-of-practice": "now"}


def test_a_version_that_is_not_yet_in_force_is_not_chosen():
    assert chosen([OLD, NOW, NEXT]) == {"code-of-practice": "now"}


def test_a_source_of_which_no_version_is_in_force_cannot_be_cited():
    law = choose_versions([source()], [NEXT], "", TODAY)

    assert law == NO_LAW
    assert law.version("") is None


@pytest.mark.parametrize(("until", "slug"), [("2026-05-31", "old"), ("2026-06-01", "now")])
def test_a_version_is_in_force_to_the_end_of_its_last_day(until, slug):
    ending = version("now", "2015-04-01", in_force_until=dt.date.fromisoformat(until))

    assert chosen([OLD, ending]) == {"code-of-practice": slug}


def test_a_version_is_in_force_from_its_first_day():
    assert chosen([OLD, version("new", "2026-06-01")]) == {"code-of-practice": "new"}


@pytest.mark.parametrize("pinned", ["old", "now", "next"])
def test_a_leaflet_can_name_any_version_of_the_code(pinned):
    assert chosen([OLD, NOW, NEXT], pinned) == {"code-of-practice": pinned}


def test_a_code_that_is_not_there_cannot_be_cited():
    law = choose_versions([source()], [OLD, NOW], "2030", TODAY)

    assert (law.code, law.versions) == ("", ())


def test_the_version_that_a_leaflet_names_is_one_of_the_code_only():
    acts = [version("old", "2001-09-01", source="act"), version("now", "2015-04-01", source="act")]

    assert chosen([OLD, NOW, *acts], "old") == {"code-of-practice": "old", "act": "now"}


def test_an_edition_keeps_the_versions_that_it_is_bound_to():
    acts = [version("old", "2001-09-01", source="act"), version("now", "2015-04-01", source="act")]

    assert chosen([OLD, NOW, *acts], cited={"act": "old"}) == {"code-of-practice": "now", "act": "old"}
    assert chosen([OLD, NOW, *acts], "now", cited={"code-of-practice": "old"}) == {
        "code-of-practice": "old",
        "act": "now",
    }


def test_a_number_alone_is_of_the_code_and_others_name_their_source():
    act = version("now", "2015-04-01", source="act", provisions=())
    law = choose_versions([source(), ACT], [NOW, act], "", TODAY)

    assert law.code == "code-of-practice"
    assert law.version("") == law.version("code-of-practice")
    assert law.version("act").name == "Example Act 2014 (now)"
    assert law.version("nowhere") is None
    assert law.text("", "6.17") == "A school should always involve the parents."
    assert law.text("act", "6.17") == law.text("nowhere", "6.17") == ""
    assert law.name_provision("code-of-practice", "6.17") == "paragraph 6.17"
    assert law.name_provision("act", "36") == "section 36 of the Example Act 2014"


def test_the_digest_of_the_law_changes_with_what_the_html_of_a_text_depends_on():
    changes = [
        {"label": "May 2015"},
        {"url": "https://www.example.org/other"},
        {"slug": "other"},
        {"provisions": (*NOW.provisions, paragraph("6.18"))},
        {"provisions": (paragraph("6.2", "New words."), paragraph("6.17"))},
    ]
    laws = [choose_versions([source()], [code()], "", TODAY)]
    laws += [choose_versions([source()], [code(**change)], "", TODAY) for change in changes]
    laws.append(choose_versions([source(names=("Code",))], [code()], "", TODAY))

    assert len({law.digest for law in laws}) == len(laws)
    assert (
        laws[0].digest
        == choose_versions(
            [source(), ACT], [OLD, code(in_force_from=OLD.in_force_from)], "2015-january", TODAY
        ).digest
    )


def test_numbers_are_sorted_as_the_law_orders_them():
    numbers = ["10.1", "6.100", "6.17", "6.2", "37", "36A", "36AB", "36", "36B"]

    assert sorted(numbers, key=sort_key) == [
        "6.2", "6.17", "6.100", "10.1", "36", "36A", "36AB", "36B", "37",
    ]  # fmt: skip
