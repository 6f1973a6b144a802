"""The tables of the Code become those of several sources of law, with all rows and permissions."""

import datetime as dt
from importlib import import_module

from django.apps.registry import Apps
from django.contrib.auth.models import Group
from django.utils import timezone

BEFORE, AFTER = "0007_unapproved", "0009_law_constraints"


def fill(apps: Apps) -> None:
    """Two editions of the Code with chapters and paragraphs, and a published leaflet that cites one of each."""
    editions = []
    for slug, since in (("2001", dt.date(2001, 9, 1)), ("2015", dt.date(2015, 4, 1))):
        code = apps.get_model("leaflets", "CodeEdition").objects.create(
            slug=slug,
            title=f"Code {slug}",
            full_title=f"The Code of {slug}",
            label=slug,
            in_force_from=since,
            url=f"https://www.example.org/{slug}",
        )
        for number in (10, 6):
            chapter = apps.get_model("leaflets", "CodeChapter").objects.create(
                code_edition=code, number=number, title=f"Chapter {number}"
            )
            for place in (17, 2):
                apps.get_model("leaflets", "CodeParagraph").objects.create(
                    chapter=chapter, number=f"{number}.{place}", place=place, text=f"{slug}: {number}.{place}"
                )
        editions.append(code)
    leaflet = apps.get_model("leaflets", "Leaflet").objects.create(slug="help")
    edition = apps.get_model("leaflets", "Edition").objects.create(
        leaflet=leaflet,
        number=1,
        title="Help",
        status="published",
        published_at=timezone.now(),
        code_edition=editions[0],
    )
    section = apps.get_model("leaflets", "Section").objects.create(
        edition=edition, position=0, anchor="introduction", body="Words (6.17)."
    )
    paragraphs = apps.get_model("leaflets", "CodeParagraph").objects
    for position, slug in enumerate(("2001", "2015")):
        apps.get_model("leaflets", "Citation").objects.create(
            section=section,
            position=position,
            quoted=slug,
            paragraph=paragraphs.get(number="6.17", chapter__code_edition__slug=slug),
        )


def test_the_code_becomes_a_source_with_two_versions_and_back(migrate):
    # A database without a Code gets no source.
    assert not migrate("leaflets", AFTER).get_model("leaflets", "Source").objects.exists()
    old = migrate("leaflets", BEFORE)
    fill(old)
    codenames = ("change_codeparagraph", "view_codeedition", "view_codechapter")
    # The models of that time: a group of now writes into the history, which was not there yet.
    old_group = old.get_model("auth", "Group").objects.create(name="Law")
    old_group.permissions.set(old.get_model("auth", "Permission").objects.filter(codename__in=codenames))
    group = Group.objects.get(name="Law")

    new = migrate("leaflets", AFTER)

    source = new.get_model("leaflets", "Source").objects.get()
    assert (source.slug, source.kind, source.title) == ("code-of-practice", "code", "Code 2015")
    for version in new.get_model("leaflets", "SourceVersion").objects.all():
        assert version.source == source
        assert list(version.chapters.order_by("position").values_list("number", "title")) == [
            ("6", "Chapter 6"),
            ("10", "Chapter 10"),
        ]
        assert list(version.provisions.order_by("position").values_list("position", "number", "text")) == [
            (position, number, f"{version.slug}: {number}")
            for position, number in enumerate(("6.2", "6.17", "10.2", "10.17"))
        ]
    citations = new.get_model("leaflets", "Citation").objects.order_by("position")
    assert list(
        citations.values_list("quoted", "provision__number", "provision__version__slug", "subdivision")
    ) == [("2001", "6.17", "2001", ""), ("2015", "6.17", "2015", "")]
    assert new.get_model("leaflets", "Edition").objects.get().code_version.slug == "2001"
    assert set(group.permissions.values_list("codename", flat=True)) == {
        "change_provision",
        "view_sourceversion",
        "view_chapter",
    }

    back = migrate("leaflets", BEFORE)

    paragraphs = back.get_model("leaflets", "CodeParagraph").objects.order_by("chapter__number", "place")
    assert [paragraph.place for paragraph in paragraphs] == [2, 2, 17, 17, 2, 2, 17, 17]
    assert back.get_model("leaflets", "Edition").objects.get().code_edition.title == "Code 2015"
    assert set(group.permissions.values_list("codename", flat=True)) == set(codenames)


def test_only_the_digests_of_shipped_files_are_brought_to_the_new_form(migrate):
    digests = import_module("leaflets.migrations.0010_version_digests").DIGESTS
    old = migrate("leaflets", AFTER)
    source = old.get_model("leaflets", "Source").objects.create(slug="act", kind="act", title="Act")
    for slug, digest in (("shipped", next(iter(digests))), ("own", "0" * 64)):
        source.versions.create(slug=slug, in_force_from=dt.date(2015, 4, 1), loaded_digest=digest)

    new = migrate("leaflets", "0010_version_digests")

    versions = new.get_model("leaflets", "SourceVersion").objects
    assert versions.get(slug="shipped").loaded_digest in digests.values()
    assert versions.get(slug="own").loaded_digest == "0" * 64
