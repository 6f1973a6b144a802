"""Drafts: saving, conflicts, publishing, discarding, restoring and sharing."""

import datetime as dt
from dataclasses import replace
from pathlib import Path

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group, User
from django.utils import timezone
from pytest_django import DjangoDbBlocker, Settings

from leaflets.content.leaflet import Heading, SectionSource
from leaflets.models import Citation, Edition, Leaflet, Provision, ShareLink, SourceVersion
from leaflets.publishing import drafts, share_links
from leaflets.publishing.provisions import store_provision
from tests import texts
from tests.factories import (
    SLUG,
    basis_of,
    draft_as_staff,
    edit_as_staff,
    get_officer,
    history,
    introduction_of,
    leaflet_with_introduction,
    load,
    publish_as_staff,
    published_edition,
)

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module", autouse=True)
def _loaded(module_database: DjangoDbBlocker, tmp_path_factory: pytest.TempPathFactory) -> None:
    with module_database.unblock():
        load(
            tmp_path_factory.mktemp("content"),
            leaflets=[leaflet_with_introduction("The first words.", slug=SLUG)],
        )


@pytest.fixture
def leaflet(db: None) -> Leaflet:
    """A published leaflet."""
    return Leaflet.objects.get(slug=SLUG)


def open_draft(leaflet: Leaflet) -> Edition:
    return leaflet.editions.get(status=Edition.Status.DRAFT)


def test_opening_a_leaflet_without_a_draft_returns_the_live_edition_and_stores_nothing(
    leaflet: Leaflet,
) -> None:
    editable = drafts.get_edit_state(leaflet)

    assert editable.source.sections[0].body == "The first words."
    assert editable.edition == published_edition()
    assert history() == [(1, "published")]


def test_the_first_save_creates_a_draft_and_keeps_the_live_edition(leaflet: Leaflet) -> None:
    draft_as_staff("Other words.")

    assert history() == [(1, "published"), (2, "draft")]
    assert introduction_of(published_edition()) == "The first words."


def test_saving_again_changes_the_same_draft_and_counts_the_save(leaflet: Leaflet) -> None:
    draft_as_staff("Other words.")
    draft_as_staff("Better words.")

    draft = open_draft(leaflet)
    assert (introduction_of(draft), draft.version) == ("Better words.", 2)
    assert history() == [(1, "published"), (2, "draft")]


def test_saving_over_a_colleagues_save_is_refused_and_writes_nothing(leaflet: Leaflet) -> None:
    mine = drafts.get_edit_state(leaflet)
    draft_as_staff("A colleague's words.")

    with pytest.raises(drafts.TextChangedError) as refused:
        drafts.save_draft(leaflet, mine.source, basis=mine.basis, by=get_officer())

    assert introduction_of(refused.value.current.draft) == "A colleague's words."
    assert introduction_of(open_draft(leaflet)) == "A colleague's words."


def test_saving_after_the_draft_was_published_creates_the_next_draft(leaflet: Leaflet) -> None:
    draft = draft_as_staff("Other words.")
    typed = drafts.get_edit_state(leaflet)
    publish_as_staff(draft)

    drafts.save_draft(leaflet, typed.source, basis=typed.basis, by=get_officer())

    assert history() == [(1, "superseded"), (2, "published"), (3, "draft")]


def test_a_save_is_refused_when_the_draft_was_published_and_the_next_one_begun(leaflet: Leaflet) -> None:
    draft_as_staff("The words that both opened.")
    opened = drafts.get_edit_state(leaflet)
    publish_as_staff(open_draft(leaflet))
    draft_as_staff("A colleague's new words.")

    with pytest.raises(drafts.TextChangedError):
        drafts.save_draft(leaflet, replace(opened.source, title="Mine"), basis=opened.basis, by=get_officer())

    assert introduction_of(open_draft(leaflet)) == "A colleague's new words."


def test_the_first_save_is_refused_when_another_edition_was_published_meanwhile(leaflet: Leaflet) -> None:
    opened = drafts.get_edit_state(leaflet)
    edit_as_staff("A colleague's new words.")

    with pytest.raises(drafts.TextChangedError):
        drafts.save_draft(leaflet, replace(opened.source, title="Mine"), basis=opened.basis, by=get_officer())

    assert history() == [(1, "superseded"), (2, "published")]


def test_a_draft_is_based_on_the_edition_that_the_editor_read(leaflet: Leaflet, tmp_path: Path) -> None:
    edit_as_staff("Other words.")
    draft_as_staff("Mine.")
    load(tmp_path, leaflets=[leaflet_with_introduction("The file's words.", slug=SLUG)], take="file")

    assert draft_as_staff("Mine, longer.").based_on == 2
    assert published_edition().number == 4


def test_a_draft_with_a_problem_is_saved_as_typed(leaflet: Leaflet) -> None:
    draft = draft_as_staff("An unknown paragraph (9.99) and <b>HTML</b>.")

    assert introduction_of(draft) == "An unknown paragraph (9.99) and <b>HTML</b>."
    assert "<b>" not in draft.sections.get(position=0).body_html


def test_a_draft_with_a_problem_cannot_be_published_and_the_error_names_its_place(leaflet: Leaflet) -> None:
    draft = draft_as_staff("An unknown paragraph (9.99).")

    with pytest.raises(drafts.NotReadyError) as refused:
        publish_as_staff(draft)

    assert "In the introduction: " in refused.value.problems[0].message
    assert "(9.99)" in refused.value.problems[0].message
    assert history() == [(1, "published"), (2, "draft")]


def test_a_draft_with_marks_that_readers_would_see_cannot_be_published_and_the_error_names_its_line(
    leaflet: Leaflet,
) -> None:
    draft = draft_as_staff("Words.\n\nYou **must.")

    with pytest.raises(drafts.NotReadyError) as refused:
        publish_as_staff(draft)

    assert refused.value.problems[0].message.startswith(
        "In the introduction, line 3: `**` makes nothing bold here"
    )


def test_a_provision_that_is_not_in_the_record_is_named_once_with_the_number_of_its_places(
    leaflet: Leaflet,
) -> None:
    draft_as_staff("See the law (6.99).\n\nSee it (6.99) again, and (6.98).")

    _checked, problems = drafts.check_draft(drafts.get_edit_state(leaflet).source)

    (twice, once) = (problem.message for problem in problems)
    assert twice.endswith("It stands in 2 places.")
    assert "6.98" in once
    assert "places" not in once


def test_a_text_without_a_summary_says_so_before_publishing(leaflet: Leaflet) -> None:
    source = replace(drafts.get_edit_state(leaflet).source, summary="")

    _checked, problems = drafts.check_draft(source)

    assert [problem.message for problem in problems] == [
        "The summary is missing. Say in one or two sentences what the leaflet is about."
    ]


def test_a_draft_that_was_saved_since_its_review_is_not_published(leaflet: Leaflet) -> None:
    seen = draft_as_staff("Other words.")
    draft_as_staff("Words that nobody has looked at.")

    with pytest.raises(drafts.TextChangedError):
        publish_as_staff(seen)

    assert introduction_of(published_edition()) == "The first words."


def test_publishing_is_logged_with_user_and_edition(leaflet: Leaflet) -> None:
    edit_as_staff("Other words.")

    entry = LogEntry.objects.latest("pk")
    assert entry.user == get_officer()
    assert entry.get_change_message() == "Published edition 2: Clearer words."


def test_an_anchor_stays_when_its_heading_changes(leaflet: Leaflet) -> None:
    editable = drafts.get_edit_state(leaflet)
    section = SectionSource(Heading("What the school must do", "duties"), "Words.")
    source = texts.leaflet(slug=SLUG, sections=(editable.source.sections[0], section))

    draft = drafts.save_draft(leaflet, source, basis=basis_of(published_edition()), by=get_officer())

    assert draft.sections.get(position=1).anchor == "duties"


def test_a_new_heading_gets_an_unused_anchor(leaflet: Leaflet) -> None:
    editable = drafts.get_edit_state(leaflet)
    twice = SectionSource(Heading("Who can help?"), "Words.")
    source = texts.leaflet(slug=SLUG, sections=(editable.source.sections[0], twice, twice))

    draft = drafts.save_draft(leaflet, source, basis=basis_of(published_edition()), by=get_officer())

    anchors = draft.sections.in_reading_order().values_list("anchor", flat=True)
    assert list(anchors) == ["introduction", "who-can-help", "who-can-help-2"]


def test_discarding_deletes_the_draft_only(leaflet: Leaflet) -> None:
    draft = draft_as_staff("Other words.")

    drafts.discard_draft(leaflet, basis=basis_of(draft), by=get_officer())

    assert history() == [(1, "published")]


def test_a_draft_that_a_colleague_saved_since_is_not_discarded(leaflet: Leaflet) -> None:
    seen = draft_as_staff("Other words.")
    draft_as_staff("A colleague's words.")

    with pytest.raises(drafts.TextChangedError):
        drafts.discard_draft(leaflet, basis=basis_of(seen), by=get_officer())

    assert introduction_of(open_draft(leaflet)) == "A colleague's words."


def test_an_older_edition_is_restored_as_a_draft(leaflet: Leaflet) -> None:
    edit_as_staff("Other words.")

    drafts.draft_from(leaflet.editions.get(number=1), by=get_officer())

    assert introduction_of(open_draft(leaflet)) == "The first words."
    assert introduction_of(published_edition()) == "Other words."


def test_an_older_edition_is_not_restored_over_an_open_draft(leaflet: Leaflet) -> None:
    draft_as_staff("Other words.")

    with pytest.raises(drafts.TextChangedError):
        drafts.draft_from(leaflet.editions.get(number=1), by=get_officer())


def test_checking_a_leaflet_moves_its_review_and_makes_no_edition(leaflet: Leaflet) -> None:
    drafts.record_review(
        leaflet, basis=basis_of(published_edition()), by=get_officer(), next_on=dt.date(2030, 1, 31)
    )

    assert Leaflet.objects.for_staff().get().review_due == dt.date(2030, 1, 31)
    assert history() == [(1, "published")]


def test_a_text_edit_does_not_move_the_review(leaflet: Leaflet) -> None:
    drafts.record_review(
        leaflet, basis=basis_of(published_edition()), by=get_officer(), next_on=dt.date(2030, 1, 31)
    )
    edit_as_staff("Other words.")

    assert Leaflet.objects.for_staff().get().review_due == dt.date(2030, 1, 31)


@pytest.mark.parametrize("set_on", [dt.date(2029, 5, 1), dt.date(2040, 5, 1)], ids=["earlier", "later"])
def test_a_date_that_an_edition_sets_after_a_check_counts(leaflet: Leaflet, set_on: dt.date) -> None:
    drafts.record_review(
        leaflet, basis=basis_of(published_edition()), by=get_officer(), next_on=dt.date(2030, 1, 31)
    )
    edit_as_staff("Other words.", review=set_on)

    assert Leaflet.objects.for_staff().get().review_due == set_on


def test_a_text_edit_that_keeps_its_old_date_does_not_move_the_review(leaflet: Leaflet) -> None:
    edit_as_staff("Words.", review=dt.date(2026, 1, 1))
    drafts.record_review(
        leaflet, basis=basis_of(published_edition()), by=get_officer(), next_on=dt.date(2030, 1, 31)
    )
    edit_as_staff("Other words.", review=dt.date(2026, 1, 1))

    assert Leaflet.objects.for_staff().get().review_due == dt.date(2030, 1, 31)


def test_a_check_after_an_edition_counts(leaflet: Leaflet) -> None:
    edit_as_staff("Words.", review=dt.date(2040, 1, 1))
    drafts.record_review(
        leaflet, basis=basis_of(published_edition()), by=get_officer(), next_on=dt.date(2030, 1, 31)
    )

    assert Leaflet.objects.for_staff().get().review_due == dt.date(2030, 1, 31)


def test_a_check_that_is_sent_twice_is_recorded_once(leaflet: Leaflet) -> None:
    for _ in range(2):
        drafts.record_review(
            leaflet, basis=basis_of(published_edition()), by=get_officer(), next_on=dt.date(2030, 1, 31)
        )

    assert leaflet.reviews.count() == 1


def test_a_check_of_new_words_on_the_day_of_another_check_is_recorded_too(leaflet: Leaflet) -> None:
    drafts.record_review(
        leaflet, basis=basis_of(published_edition()), by=get_officer(), next_on=dt.date(2030, 1, 31)
    )
    edit_as_staff("Other words.")
    drafts.record_review(
        leaflet, basis=basis_of(published_edition()), by=get_officer(), next_on=dt.date(2030, 1, 31)
    )

    assert leaflet.reviews.count() == 2


def test_a_shared_draft_can_be_read_with_its_link(leaflet: Leaflet) -> None:
    draft = draft_as_staff("Other words.")

    link = share_links.create_share_link(draft, by=get_officer())

    assert share_links.get_shared_draft(share_links.make_token(link)) == draft


@pytest.mark.parametrize("token", ["", "1", "1:forged", "x" * 5000])
def test_an_invalid_share_link_opens_no_draft(leaflet: Leaflet, token: str) -> None:
    share_links.create_share_link(draft_as_staff("Other words."), by=get_officer())

    assert share_links.get_shared_draft(token) is None


def test_a_share_link_expires_after_seven_days(leaflet: Leaflet) -> None:
    link = share_links.create_share_link(draft_as_staff("Other words."), by=get_officer())
    ShareLink.objects.update(created_at=timezone.now() - dt.timedelta(days=7, seconds=1))

    assert share_links.get_shared_draft(share_links.make_token(link)) is None


def test_a_share_link_ends_when_it_is_revoked(leaflet: Leaflet) -> None:
    draft = draft_as_staff("Other words.")
    link = share_links.create_share_link(draft, by=get_officer())

    share_links.revoke_share_links(draft, by=get_officer())

    assert share_links.get_shared_draft(share_links.make_token(link)) is None


def test_a_share_link_ends_when_the_draft_is_published(leaflet: Leaflet) -> None:
    draft = draft_as_staff("Other words.")
    link = share_links.create_share_link(draft, by=get_officer())

    publish_as_staff(draft)

    assert share_links.get_shared_draft(share_links.make_token(link)) is None


def test_editors_write_and_publishers_also_publish() -> None:
    editor = User.objects.create(username="editor")
    publisher = User.objects.create(username="publisher")
    editor.groups.add(Group.objects.get(name="Editors"))
    publisher.groups.add(Group.objects.get(name="Publishers"))

    assert editor.has_perm("leaflets.change_edition")
    assert not editor.has_perm("leaflets.publish_edition")
    assert not editor.has_perm("leaflets.change_service")
    assert publisher.has_perms(
        ["leaflets.change_edition", "leaflets.publish_edition", "leaflets.change_service"]
    )
    permissions = publisher.get_all_permissions()
    assert not any("feedback" in permission for permission in permissions)
    # These are no words of leaflets, which are withdrawn and not deleted.
    assert {permission for permission in permissions if "delete" in permission} == {
        "leaflets.delete_missedsearch",
        "leaflets.delete_notice",
        "leaflets.delete_topic",
        "leaflets.delete_term",
    }


def test_a_draft_with_a_picture_whose_file_is_missing_cannot_be_published(
    leaflet: Leaflet, settings: Settings, tmp_path: Path
) -> None:
    settings.MEDIA_ROOT = tmp_path / "media"
    file = settings.MEDIA_ROOT / "pictures" / f"{'0' * 64}.png"
    draft = draft_as_staff(f"![A child](/media/pictures/{file.name})")

    with pytest.raises(drafts.NotReadyError) as refused:
        publish_as_staff(draft)

    (problem,) = refused.value.problems
    assert problem.message.startswith(
        f"In the introduction: There is no picture `/media/pictures/{file.name}`"
    )

    file.parent.mkdir(parents=True)
    file.touch()
    assert publish_as_staff(draft).status == Edition.Status.PUBLISHED


def test_an_anchor_that_another_leaflet_links_to_cannot_be_removed(leaflet: Leaflet, tmp_path: Path) -> None:
    help_section = SectionSource(Heading("Who can help?", "help"), "We can.")
    first = leaflet_with_introduction("The first words.", slug=SLUG)
    linked = texts.leaflet(slug=SLUG, sections=(*first.sections, help_section))
    linking = leaflet_with_introduction(f"See [who can help](/leaflets/{SLUG}/#help).", slug="other")
    load(tmp_path, leaflets=[linked, linking])

    draft = drafts.save_draft(leaflet, first, basis=basis_of(published_edition()), by=get_officer())

    with pytest.raises(drafts.NotReadyError, match="not ready") as refused:
        publish_as_staff(draft)
    assert "“other” links to an anchor that is gone" in refused.value.problems[0].message


def test_a_paragraph_added_to_the_code_later_is_cited_when_the_draft_is_published(
    leaflet: Leaflet, tmp_path: Path
) -> None:
    load(
        tmp_path, leaflets=[leaflet_with_introduction("The first words.", slug=SLUG, code=texts.code().slug)]
    )
    draft = draft_as_staff("See (6.99).")
    store_provision(Provision(version=SourceVersion.objects.get(), number="6.99"))

    publish_as_staff(draft)

    assert Citation.objects.published().filter(provision__number="6.99").count() == 1


def test_a_link_to_another_leaflet_in_large_print_is_accepted(leaflet: Leaflet, tmp_path: Path) -> None:
    load(
        tmp_path,
        leaflets=[
            leaflet_with_introduction("One.", slug=SLUG),
            leaflet_with_introduction("Two.", slug="other"),
        ],
    )

    publish_as_staff(draft_as_staff("Read [the other one](/leaflets/other/?display=large)."))

    assert "the other one" in introduction_of(published_edition())
