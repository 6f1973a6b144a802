"""Loading a content folder: a deployment undoes no edit by staff, and the other way round."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from django.db import IntegrityError, connection

from leaflets.content import markdown
from leaflets.content.leaflet import Heading, SectionSource
from leaflets.files.problems import ContentError
from leaflets.models import (
    Chapter,
    Citation,
    Edition,
    Leaflet,
    OldSlug,
    Provision,
    Section,
    Service,
    SourceVersion,
    provisions_cited_in_public,
)
from leaflets.publishing import editions, loading, records
from tests.factories import (
    SLUG,
    draft_as_staff,
    edit_as_staff,
    history,
    introduction_of,
    leaflet_with_introduction,
    load,
    publish_as_staff,
    published_edition,
    write_content,
)
from tests.texts import code, leaflet, leaflet_text, paragraph, service

pytestmark = pytest.mark.django_db

CODE = "2015-january"
VERSION = f"code-of-practice/{CODE}"

# The outcomes of a load: the same for leaflets, the service and the Code.


@dataclass(frozen=True)
class Kind:
    """A kind of file: how to write one with some words, edit it as staff, and read it from the database."""

    name: str
    file: Callable[[str], dict[str, Any]]
    edit: Callable[[str], object]
    words: Callable[[], str]

    def __str__(self) -> str:
        return self.name


LEAFLET = Kind(
    SLUG,
    lambda words: {"leaflets": [leaflet_with_introduction(words)]},
    edit_as_staff,
    lambda: introduction_of(published_edition()),
)
SERVICE = Kind(
    "service",
    lambda words: {"service": service(tagline=words)},
    lambda words: Service.objects.update(tagline=words),
    lambda: Service.objects.get().tagline,
)
CODE_RECORD = Kind(
    VERSION,
    lambda words: {"codes": [code(label=words)]},
    lambda words: SourceVersion.objects.update(label=words),
    lambda: SourceVersion.objects.get().label,
)

each_kind = pytest.mark.parametrize("kind", [LEAFLET, SERVICE, CODE_RECORD], ids=str)


@each_kind
def test_a_new_file_is_published_by_the_load(kind, tmp_path):
    outcomes = load(tmp_path, **kind.file("From the file."))

    assert outcomes[kind.name] == "created"
    assert kind.words() == "From the file."


@each_kind
def test_a_file_that_did_not_change_changes_nothing(kind, tmp_path):
    load(tmp_path, **kind.file("From the file."))

    outcomes = load(tmp_path, **kind.file("From the file."))

    assert outcomes[kind.name] == "unchanged"
    assert kind.words() == "From the file."


@each_kind
def test_a_changed_file_replaces_its_earlier_text(kind, tmp_path):
    load(tmp_path, **kind.file("From the file."))

    outcomes = load(tmp_path, **kind.file("From the changed file."))

    assert outcomes[kind.name] == "updated"
    assert kind.words() == "From the changed file."


@each_kind
def test_an_edit_by_staff_is_kept_while_the_file_is_unchanged(kind, tmp_path):
    load(tmp_path, **kind.file("From the file."))
    kind.edit("From staff.")

    outcomes = load(tmp_path, **kind.file("From the file."))

    assert outcomes[kind.name] == "kept: edited by staff"
    assert kind.words() == "From staff."


@each_kind
def test_a_conflict_keeps_the_text_of_the_site_and_is_reported(kind, tmp_path):
    load(tmp_path, **kind.file("From the file."))
    kind.edit("From staff.")

    outcomes = load(tmp_path, **kind.file("From the changed file."))

    assert outcomes[kind.name] == "conflict: edited by staff and in the file"
    assert kind.words() == "From staff."


@each_kind
def test_a_conflict_is_reported_by_every_load_until_it_is_resolved(kind, tmp_path):
    load(tmp_path, **kind.file("From the file."))
    kind.edit("From staff.")
    load(tmp_path, **kind.file("From the changed file."))

    outcomes = load(tmp_path, **kind.file("From the changed file."))

    assert outcomes[kind.name] == "conflict: edited by staff and in the file"


@each_kind
def test_a_conflict_ends_when_the_file_goes_back_to_its_earlier_text(kind, tmp_path):
    load(tmp_path, **kind.file("From the file."))
    kind.edit("From staff.")
    load(tmp_path, **kind.file("From the changed file."))

    outcomes = load(tmp_path, **kind.file("From the file."))

    assert outcomes[kind.name] == "kept: edited by staff"


@each_kind
def test_a_conflict_ends_when_the_file_has_the_text_of_staff(kind, tmp_path):
    load(tmp_path, **kind.file("From the file."))
    kind.edit("From staff.")
    load(tmp_path, **kind.file("From the changed file."))

    outcomes = load(tmp_path, **kind.file("From staff."))

    assert outcomes[kind.name] == "unchanged"
    assert load(tmp_path, **kind.file("Later, from the file."))[kind.name] == "updated"


@each_kind
def test_take_file_resolves_a_conflict_with_the_text_of_the_file(kind, tmp_path):
    load(tmp_path, **kind.file("From the file."))
    kind.edit("From staff.")

    outcomes = load(tmp_path, **kind.file("From the changed file."), take="file")

    assert outcomes[kind.name] == "updated"
    assert kind.words() == "From the changed file."


@each_kind
def test_take_site_resolves_a_conflict_with_the_text_of_staff(kind, tmp_path):
    load(tmp_path, **kind.file("From the file."))
    kind.edit("From staff.")

    outcomes = load(tmp_path, **kind.file("From the changed file."), take="site")

    assert outcomes[kind.name] == "kept: edited by staff"
    assert kind.words() == "From staff."
    assert load(tmp_path, **kind.file("From the changed file."))[kind.name] == "kept: edited by staff"


@each_kind
def test_a_resolved_conflict_returns_when_the_file_changes_again(kind, tmp_path):
    load(tmp_path, **kind.file("From the file."))
    kind.edit("From staff.")
    load(tmp_path, **kind.file("From the changed file."), take="site")

    outcomes = load(tmp_path, **kind.file("From the file, changed once more."))

    assert outcomes[kind.name] == "conflict: edited by staff and in the file"


@each_kind
def test_take_file_undoes_no_edit_where_the_file_did_not_change(kind, tmp_path):
    load(tmp_path, **kind.file("From the file."))
    kind.edit("From staff.")

    outcomes = load(tmp_path, **kind.file("From the file."), take="file")

    assert outcomes[kind.name] == "kept: edited by staff"
    assert kind.words() == "From staff."


# Leaflets and their editions


def test_the_first_load_publishes_edition_1(tmp_path):
    load(tmp_path, leaflets=[leaflet()])

    assert history() == [(1, "published")]
    assert published_edition().published_at is not None


def test_a_changed_file_becomes_the_next_edition_and_the_one_before_is_kept(tmp_path):
    load(tmp_path, leaflets=[leaflet_with_introduction("Old words.")])

    load(tmp_path, leaflets=[leaflet_with_introduction("New words.")])

    assert history() == [(1, "superseded"), (2, "published")]
    assert introduction_of(Edition.objects.get(number=1)) == "Old words."


def test_a_file_that_did_not_change_makes_no_edition(tmp_path):
    load(tmp_path, leaflets=[leaflet()])

    load(tmp_path, leaflets=[leaflet()])

    assert history() == [(1, "published")]


def test_take_file_keeps_the_edit_by_staff_as_an_older_edition(tmp_path):
    load(tmp_path, leaflets=[leaflet_with_introduction("From the file.")])
    edit_as_staff("From staff.")

    load(tmp_path, leaflets=[leaflet_with_introduction("From the changed file.")], take="file")

    assert history() == [(1, "superseded"), (2, "superseded"), (3, "published")]
    assert introduction_of(Edition.objects.get(number=2)) == "From staff."


def test_a_load_never_changes_a_draft(tmp_path):
    load(tmp_path, leaflets=[leaflet_with_introduction("From the file.")])
    draft = draft_as_staff("Half a sentence, to be fini")

    load(tmp_path, leaflets=[leaflet_with_introduction("From the changed file.")])

    assert introduction_of(draft) == "Half a sentence, to be fini"
    assert history() == [(1, "superseded"), (2, "draft"), (3, "published")]


def test_a_draft_published_after_a_load_is_what_later_loads_compare_with(tmp_path):
    load(tmp_path, leaflets=[leaflet_with_introduction("From the file.")])
    draft = draft_as_staff("From staff.")
    load(tmp_path, leaflets=[leaflet_with_introduction("From the changed file.")])
    publish_as_staff(draft)

    outcomes = load(tmp_path, leaflets=[leaflet_with_introduction("From staff.")])

    assert outcomes[SLUG] == "unchanged"


def test_a_leaflet_that_is_only_a_draft_is_published_from_a_file_of_its_name(tmp_path):
    load(tmp_path)
    Leaflet.objects.create(slug="transport", placement="leaflet")
    draft = draft_as_staff("Half a sen", "transport")

    outcomes = load(
        tmp_path, leaflets=[leaflet(), leaflet_with_introduction("From the file.", slug="transport")]
    )

    assert outcomes["transport"] == "created"
    assert history("transport") == [(1, "draft"), (2, "published")]
    assert introduction_of(draft) == "Half a sen"


def test_a_leaflet_without_a_file_stays_and_is_reported(tmp_path):
    load(tmp_path, leaflets=[leaflet(), leaflet(slug="transport")])

    outcomes = load(tmp_path, leaflets=[leaflet()])

    assert outcomes["transport"] == "no file: withdraw it in the admin if it should go"
    assert history("transport") == [(1, "published")]


def test_a_leaflet_that_never_had_a_file_is_not_reported(tmp_path):
    load(tmp_path)
    Leaflet.objects.create(slug="transport", placement="leaflet")
    publish_as_staff(draft_as_staff("From staff.", "transport"))

    outcomes = load(tmp_path)

    assert "transport" not in outcomes


def test_a_withdrawn_leaflet_is_not_published_again_from_an_unchanged_file(tmp_path):
    load(tmp_path, leaflets=[leaflet()])
    editions.withdraw(Leaflet.objects.get())

    load(tmp_path, leaflets=[leaflet()])

    assert history() == [(1, "withdrawn")]


def test_a_withdrawn_leaflet_whose_file_changes_is_a_conflict(tmp_path):
    load(tmp_path, leaflets=[leaflet_with_introduction("From the file.")])
    editions.withdraw(Leaflet.objects.get())

    outcomes = load(tmp_path, leaflets=[leaflet_with_introduction("From the changed file.")])

    assert outcomes[SLUG] == "conflict: edited by staff and in the file"
    assert history() == [(1, "withdrawn")]


def test_take_file_publishes_a_withdrawn_leaflet_again(tmp_path):
    load(tmp_path, leaflets=[leaflet_with_introduction("From the file.")])
    editions.withdraw(Leaflet.objects.get())

    load(tmp_path, leaflets=[leaflet_with_introduction("From the changed file.")], take="file")

    assert history() == [(1, "withdrawn"), (2, "published")]


# The content of an edition


def test_every_field_of_a_file_is_stored(tmp_path):
    source = leaflet(title="SEN support in schools", summary="What schools do.", code=CODE, unapproved=True)

    load(tmp_path, leaflets=[source])

    assert records.leaflet_source(published_edition()) == source


def test_sections_are_stored_in_order_with_their_headings(tmp_path):
    sections = (
        *leaflet().sections[:1],
        SectionSource(Heading("What must they do?", "duties", "duties", "Duties"), "A lot."),
        SectionSource(Heading("The steps", "steps", "steps"), "### Assess {#assess}\n\nFirst."),
    )

    load(tmp_path, leaflets=[leaflet(sections=sections)])

    stored = (
        published_edition()
        .sections.order_by("position")
        .values_list("position", "anchor", "heading", "kind", "label")
    )
    assert list(stored) == [
        (0, "introduction", "", "", ""),
        (1, "duties", "What must they do?", "duties", "Duties"),
        (2, "steps", "The steps", "steps", ""),
    ]


def test_html_and_subheadings_are_stored_with_the_text(tmp_path):
    load(
        tmp_path, leaflets=[leaflet_with_introduction("### Assess {#assess}\n\nThe school **must** listen.")]
    )

    section = published_edition().sections.get()
    assert section.body_html == (
        '<h3 id="assess">Assess</h3>\n<p>The school <strong class="must">must</strong> listen.</p>\n'
    )
    assert section.subheadings == [{"level": 3, "text": "Assess", "anchor": "assess"}]


def test_citations_are_stored_in_reading_order_with_the_words_they_quote(tmp_path):
    words = "Schools should listen (6.2).\n\n> A school should\n> involve the parents.\n>\n> (6.17)"

    load(tmp_path, leaflets=[leaflet_with_introduction(words, code=CODE)])

    citations = Citation.objects.order_by("position").values_list("position", "provision__number", "quoted")
    assert list(citations) == [(0, "6.2", ""), (1, "6.17", "A school should involve the parents.")]


def test_published_editions_and_citations_are_the_live_ones(tmp_path):
    load(tmp_path, leaflets=[leaflet_with_introduction("Listen (6.2).", code=CODE)])
    load(tmp_path, leaflets=[leaflet_with_introduction("Involve parents (6.17).", code=CODE)])
    draft_as_staff("Listen (6.2).")

    assert [edition.number for edition in Edition.objects.published()] == [2]
    assert [citation.provision.number for citation in Citation.objects.published()] == ["6.17"]
    assert [provision.number for provision in provisions_cited_in_public()] == ["6.17"]


# Addresses


def test_a_renamed_file_keeps_its_editions_and_its_old_address(tmp_path):
    load(tmp_path, leaflets=[leaflet_with_introduction("Old words.", slug="sen")])

    outcomes = load(tmp_path, leaflets=[leaflet_with_introduction("New words.", formerly=("sen",))])

    assert outcomes == {
        "service": "unchanged",
        "code-of-practice": "unchanged",
        VERSION: "unchanged",
        SLUG: "updated",
    }
    assert history() == [(1, "superseded"), (2, "published")]
    assert OldSlug.objects.get(slug="sen").leaflet.slug == SLUG


def test_a_file_that_was_only_renamed_makes_no_edition(tmp_path):
    load(tmp_path, leaflets=[leaflet_with_introduction("Words.", slug="sen")])

    outcomes = load(tmp_path, leaflets=[leaflet_with_introduction("Words.", formerly=("sen",))])

    assert outcomes[SLUG] == "unchanged"
    assert history() == [(1, "published")]
    assert OldSlug.objects.get(slug="sen").leaflet.slug == SLUG


def test_a_renamed_file_moves_a_leaflet_and_keeps_edits_by_staff(tmp_path):
    load(tmp_path, leaflets=[leaflet_with_introduction("From the file.", slug="sen")])
    edit_as_staff("From staff.", "sen")

    outcomes = load(tmp_path, leaflets=[leaflet_with_introduction("From the file.", formerly=("sen",))])

    assert outcomes[SLUG] == "kept: edited by staff"
    assert introduction_of(published_edition(SLUG)) == "From staff."


def test_renaming_a_file_back_restores_the_earlier_address(tmp_path):
    load(tmp_path, leaflets=[leaflet_with_introduction("Words.", slug="sen")])
    load(tmp_path, leaflets=[leaflet_with_introduction("Words.", formerly=("sen",))])

    load(tmp_path, leaflets=[leaflet_with_introduction("Words.", slug="sen", formerly=(SLUG,))])

    assert Leaflet.objects.get().slug == "sen"
    assert [old.slug for old in OldSlug.objects.all()] == [SLUG]


def test_an_old_address_stays_when_the_file_no_longer_lists_it(tmp_path):
    load(tmp_path, leaflets=[leaflet_with_introduction("Words.", slug="sen")])
    load(tmp_path, leaflets=[leaflet_with_introduction("Words.", formerly=("sen",))])

    outcomes = load(tmp_path, leaflets=[leaflet_with_introduction("Words.")])

    assert outcomes[SLUG] == "unchanged"
    assert OldSlug.objects.filter(slug="sen").exists()


def test_an_old_address_added_to_a_file_later_is_stored(tmp_path):
    load(tmp_path, leaflets=[leaflet_with_introduction("Words.")])

    outcomes = load(tmp_path, leaflets=[leaflet_with_introduction("Words.", formerly=("help", "sen"))])

    assert outcomes[SLUG] == "unchanged"
    assert {old.slug for old in Leaflet.objects.get().old_slugs.all()} == {"help", "sen"}


@pytest.mark.parametrize("taken", ["aaa", "zzz"])
def test_a_file_at_the_old_address_of_another_leaflet_is_refused(taken, tmp_path):
    load(tmp_path, leaflets=[leaflet_with_introduction("Words.", slug=taken)])
    load(tmp_path, leaflets=[leaflet_with_introduction("Words.", formerly=(taken,))])

    with pytest.raises(ContentError, match="same leaflet as") as refused:
        load(
            tmp_path,
            leaflets=[
                leaflet_with_introduction("Words."),
                leaflet_with_introduction("Other words.", slug=taken),
            ],
        )

    assert len(refused.value.problems) == 1
    assert history() == [(1, "published")]


# The record of the Code


def test_paragraphs_added_by_a_file_are_stored_even_where_edits_by_staff_are_kept(tmp_path):
    load(tmp_path)
    SourceVersion.objects.update(label="Third of January 2015")
    more = code(provisions=(*code().provisions, paragraph("6.45")))

    outcomes = load(tmp_path, codes=[more], leaflets=[leaflet_with_introduction("Listen (6.45).", code=CODE)])

    assert outcomes[VERSION] == "conflict: edited by staff and in the file"
    assert SourceVersion.objects.get().label == "Third of January 2015"
    assert [str(citation.provision) for citation in Citation.objects.all()] == ["Paragraph 6.45"]


def test_the_official_text_that_staff_pasted_is_kept(tmp_path):
    load(tmp_path)
    Provision.objects.filter(number="6.2").update(text="Pasted by staff.")

    outcomes = load(tmp_path)

    assert outcomes[VERSION] == "kept: edited by staff"
    assert Provision.objects.get(number="6.2").text == "Pasted by staff."


def test_paragraphs_and_chapters_that_are_neither_in_the_file_nor_cited_are_deleted(tmp_path):
    load(tmp_path, codes=[code(chapters=(("6", "Schools"), ("7", "Colleges")))])

    load(tmp_path, codes=[code(provisions=(paragraph("6.2"),))])

    assert [provision.number for provision in Provision.objects.all()] == ["6.2"]
    assert [chapter.number for chapter in Chapter.objects.all()] == ["6"]


def test_a_paragraph_that_an_older_edition_cites_stays_when_the_file_drops_it(tmp_path):
    load(tmp_path, leaflets=[leaflet_with_introduction("Listen (6.2).", code=CODE)])
    chapters = (("6", "Schools"), ("7", "Colleges"))
    without = {"leaflets": [leaflet_with_introduction("Listen.", code=CODE)]}

    load(tmp_path, codes=[code(chapters=chapters[1:], provisions=(paragraph("7.1"),))], **without)

    assert {provision.number for provision in Provision.objects.all()} == {"6.2", "7.1"}


def test_a_paragraph_that_stayed_for_an_older_edition_is_no_edit_by_staff(tmp_path):
    load(tmp_path, leaflets=[leaflet_with_introduction("Listen (6.2).", code=CODE)])
    only = paragraph("6.17")
    load(
        tmp_path, codes=[code(provisions=(only,))], leaflets=[leaflet_with_introduction("Listen.", code=CODE)]
    )

    again = load(tmp_path, codes=[code(provisions=(only,))])
    changed = load(tmp_path, codes=[code(provisions=(only,), label="2015")])

    assert again[VERSION] == "unchanged"
    assert changed[VERSION] == "updated"


# Rendering again


def test_a_new_renderer_version_renders_every_text_again(tmp_path, monkeypatch):
    load(tmp_path)
    fresh = list(Section.objects.order_by("pk").values_list("body_html", flat=True))
    Section.objects.update(body_html="<p>As an older version drew it.</p>")
    monkeypatch.setattr(markdown, "VERSION", "next")

    report = loading.load(tmp_path)

    assert report.rendered_again == 1
    assert list(Section.objects.order_by("pk").values_list("body_html", flat=True)) == fresh


def test_sections_that_were_stored_without_blocks_get_them_with_the_next_load(tmp_path, monkeypatch):
    load(tmp_path, leaflets=[leaflet_with_introduction("Schools **must** help.\n\n- Ask us")])
    Section.objects.update(blocks=[], plain_text="")
    monkeypatch.setattr(markdown, "VERSION", "next")

    loading.load(tmp_path)

    section = Section.objects.get()
    assert section.plain_text == "Schools must help.\nAsk us"
    assert section.blocks == [
        {"kind": "paragraph", "text": "Schools must help.", "line": 1, "quotes": "", "has_must": True},
        {"kind": "item", "text": "Ask us", "line": 3, "quotes": "", "has_must": False},
    ]


def test_sections_that_were_stored_without_duties_get_them_with_the_next_load(tmp_path, monkeypatch):
    load(tmp_path, leaflets=[leaflet_with_introduction("Schools **must** help (6.2).", code=CODE)])
    fresh = Section.objects.get().duties
    Section.objects.update(duties=[])
    monkeypatch.setattr(markdown, "VERSION", "next")

    loading.load(tmp_path)

    assert Section.objects.get().duties == fresh
    assert [(duty["word"], duty["who"], duty["items"][0]["text"]) for duty in fresh] == [
        ("must", "Schools", "Schools must help (6.2).")
    ]


def test_rerendering_changes_no_text_and_no_citation_and_makes_no_edition(tmp_path, monkeypatch):
    load(tmp_path, leaflets=[leaflet_with_introduction("Listen (6.2).", code=CODE)])
    before = [*Section.objects.values("pk", "body"), *Citation.objects.values(), history()]
    monkeypatch.setattr(markdown, "VERSION", "next")

    outcomes = load(tmp_path, leaflets=[leaflet_with_introduction("Listen (6.2).", code=CODE)])

    assert outcomes[SLUG] == "unchanged"
    assert [*Section.objects.values("pk", "body"), *Citation.objects.values(), history()] == before


def test_older_editions_and_drafts_are_rerendered_too(tmp_path, monkeypatch):
    load(tmp_path, leaflets=[leaflet_with_introduction("Old words.")])
    load(tmp_path, leaflets=[leaflet_with_introduction("New words.")])
    draft_as_staff("Newer words.")
    monkeypatch.setattr(markdown, "VERSION", "next")

    assert loading.load(tmp_path).rendered_again == 3


def test_nothing_is_rerendered_without_a_reason(tmp_path):
    load(tmp_path)

    assert loading.load(tmp_path).rendered_again == 0


QUOTING = "> Involve the parents.\n>\n> (6.17)"


def test_captions_follow_a_changed_code_record(tmp_path):
    load(tmp_path, leaflets=[leaflet_with_introduction(QUOTING, code=CODE)])

    load(
        tmp_path, leaflets=[leaflet_with_introduction(QUOTING, code=CODE)], codes=[code(label="Winter 2015")]
    )

    assert (
        "SEND Code of Practice (Winter 2015), paragraph 6.17" in published_edition().sections.get().body_html
    )


def test_captions_show_edits_by_staff_to_the_code_record(tmp_path):
    load(tmp_path)
    SourceVersion.objects.update(label="Third of January 2015")

    load(tmp_path, leaflets=[leaflet_with_introduction(QUOTING, code=CODE)])

    assert "(Third of January 2015), paragraph 6.17" in published_edition().sections.get().body_html


# Atomic loads


def test_one_invalid_file_stops_the_whole_load(tmp_path):
    write_content(
        tmp_path, leaflets=[leaflet(), leaflet_with_introduction("Listen (9.99).", slug="bad", code=CODE)]
    )

    with pytest.raises(ContentError):
        loading.load(tmp_path)

    assert not Service.objects.exists()
    assert not SourceVersion.objects.exists()
    assert not Leaflet.objects.exists()


def test_every_problem_of_every_file_is_reported_with_its_line(tmp_path):
    write_content(tmp_path)
    (tmp_path / "leaflets/one.md").write_text(leaflet_text("<b>Help</b> and [more](/nowhere/).\n"))
    (tmp_path / "leaflets/two.md").write_text(leaflet_text("Listen (9.99).\n", published="March"))
    (tmp_path / "service.yaml").write_text("name: Example\n")

    with pytest.raises(ContentError) as refused:
        loading.load(tmp_path)

    found = {(problem.path.removeprefix(f"{tmp_path}/"), problem.line) for problem in refused.value.problems}
    assert found >= {("leaflets/one.md", 8), ("leaflets/two.md", 4), ("leaflets/two.md", 8)}
    assert ("service.yaml", 1) in found
    assert "/nowhere/" in str(refused.value)


def test_a_crash_during_a_load_rolls_everything_back(tmp_path):
    with connection.cursor() as cursor:
        cursor.execute("CREATE UNIQUE INDEX titles_must_differ ON leaflets_edition (title)")
    write_content(tmp_path, leaflets=[leaflet(), leaflet(slug="with-the-same-title")])

    with pytest.raises(IntegrityError):
        loading.load(tmp_path)

    assert not Service.objects.exists()
    assert not SourceVersion.objects.exists()
    assert not Leaflet.objects.exists()
    assert not Edition.objects.exists()


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("x" * 200_000, "This text is longer than 60,000 characters. Make two leaflets of it."),
        ("a\n" * 5_000, "This text has more than 2,000 lines. Make two leaflets of it."),
        ("[" * 50_000, "Up to this line there are more than 10,000 marks"),
    ],
)
def test_a_file_that_is_too_large_is_refused_with_one_sentence(tmp_path, body, message):
    write_content(tmp_path, leaflets=[leaflet_with_introduction("Words.", slug=SLUG)])
    (tmp_path / "leaflets" / f"{SLUG}.md").write_text(leaflet_text(body))

    with pytest.raises(ContentError) as refused:
        loading.load(tmp_path)

    (problem,) = refused.value.problems
    assert problem.message.startswith(message)
