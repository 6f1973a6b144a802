"""The site version changes with every change that readers see, and with nothing else."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from django.apps import apps
from django.contrib.auth.models import User
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from leaflets.feedback.models import Feedback
from leaflets.models import (
    Chapter,
    Edition,
    Leaflet,
    Provision,
    Service,
    SiteVersion,
    Source,
    SourceVersion,
)
from leaflets.models.site_version import TRACKED_MODELS, bump_site_version, read_site_version
from leaflets.models.topics import Topic
from leaflets.publishing import drafts, editions, share_links
from tests import texts
from tests.conftest import HttpsClient
from tests.factories import (
    SLUG,
    basis_of,
    create_feedback,
    draft_as_staff,
    edit_as_staff,
    get_officer,
    load,
    notice,
    publish_as_staff,
    published_edition,
)
from tests.pages import GUIDE, PRIVACY, SITE, crawl, load_site
from tests.texts import term


@pytest.fixture(scope="module", autouse=True)
def _site(module_database, tmp_path_factory) -> None:
    with module_database.unblock():
        load_site(tmp_path_factory.mktemp("site"), terms=[term()])
        Topic.objects.create(slug="school", title="School")
        notice()


@pytest.fixture
def folder(db, tmp_path) -> Path:
    return tmp_path


def changes_the_version(act: Callable[[], object]) -> bool:
    before = read_site_version()
    act()
    return read_site_version() != before


# Changes that readers see


def load_a_new_leaflet(folder: Path) -> None:
    load_site(folder, replace(GUIDE, slug="another-guide"))


def load_a_changed_leaflet(folder: Path) -> None:
    load(folder, leaflets=[replace(GUIDE, summary="Other words."), PRIVACY])


def load_a_renamed_leaflet(folder: Path) -> None:
    load(folder, leaflets=[replace(GUIDE, slug="sen-help", formerly=(SLUG,)), PRIVACY])


def load_a_changed_service(folder: Path) -> None:
    load(folder, leaflets=SITE, service=replace(texts.service(), tagline="Another line"))


def load_a_changed_code(folder: Path) -> None:
    load(folder, leaflets=SITE, codes=[replace(texts.code(), label="February 2025")])


def load_after_the_renderer_changed(folder: Path) -> None:
    Edition.objects.update(rendered_by="an older one")
    load(folder, leaflets=SITE)


def publish_a_draft(_: Path) -> None:
    publish_as_staff(draft_as_staff("New words."))


def withdraw(_: Path) -> None:
    editions.withdraw(Leaflet.objects.get(slug=SLUG))


def withdraw_and_name_another(_: Path) -> None:
    editions.withdraw(Leaflet.objects.get(slug=SLUG), read_instead=Leaflet.objects.get(slug="privacy"))


def rename(_: Path) -> None:
    editions.rename(Leaflet.objects.get(slug=SLUG), "sen-help", placement="leaflet")


def note_a_review(_: Path) -> None:
    drafts.record_review(
        published_edition().leaflet,
        basis=basis_of(published_edition()),
        by=get_officer(),
        next_on=timezone.localdate(),
    )


VISIBLE = [
    load_a_new_leaflet,
    load_a_changed_leaflet,
    load_a_renamed_leaflet,
    load_a_changed_service,
    load_a_changed_code,
    load_after_the_renderer_changed,
    publish_a_draft,
    withdraw,
    withdraw_and_name_another,
    rename,
    note_a_review,
]


@pytest.mark.parametrize("act", VISIBLE)
def test_a_change_that_readers_see_changes_the_version(folder, act):
    assert changes_the_version(lambda: act(folder))


@pytest.mark.parametrize("record", TRACKED_MODELS)
def test_saving_a_record_changes_the_version(folder, record):
    assert changes_the_version((record.objects.first() or record()).save)


def test_deleting_a_record_changes_the_version(folder):
    unused = SourceVersion.objects.create(
        source=Source.objects.get(), slug="draft-2026", label="2026", in_force_from="2026-01-01"
    )

    assert changes_the_version(unused.delete)


@pytest.mark.parametrize(
    ("model", "field"),
    [(Service, "tagline"), (SourceVersion, "label"), (Provision, "text")],
)
def test_changing_a_record_in_the_admin_changes_the_version(folder, model, field):
    staff_member = HttpsClient()
    staff_member.force_login(User.objects.create_superuser("head"))
    record = model.objects.first()
    address = f"/admin/leaflets/{model._meta.model_name}/{record.pk}/change/"
    form = staff_member.get(address).context["adminform"].form
    shown = {name: form[name].value() for name in form.fields}
    typed = {
        name: "\n".join(value) if isinstance(value, list) else value or "" for name, value in shown.items()
    }
    typed |= {field: "Something new", "chapters-TOTAL_FORMS": 0, "chapters-INITIAL_FORMS": 0}

    assert changes_the_version(lambda: staff_member.post(address, typed))
    assert getattr(model.objects.get(pk=record.pk), field) == "Something new"


def test_every_table_that_public_pages_read_changes_the_version(folder):
    edit_as_staff("A second edition.")
    with CaptureQueriesContext(connection) as queries:
        crawl(HttpsClient())
    sql = " ".join(query["sql"] for query in queries)
    read = {model for model in apps.get_models() if f'"{model._meta.db_table}"' in sql}

    written_by_publishing = {
        apps.get_model("leaflets", name)
        for name in ("Leaflet", "Edition", "Section", "Citation", "OldSlug", "Review")
    }
    # "You said, we did" is written by one admin form: see below.
    assert read - {Feedback} <= written_by_publishing | set(TRACKED_MODELS)
    assert read >= {Service, Source, SourceVersion, Chapter, Provision, Edition, Leaflet}


@pytest.mark.parametrize("change", [{"is_public": ""}, {"we_did": "We made it much shorter."}])
def test_a_change_on_you_said_we_did_changes_the_version(folder, change):
    staff_member = HttpsClient()
    staff_member.force_login(User.objects.create_superuser("head"))
    shown = {"you_said": "The list was long.", "we_did": "We made it shorter.", "is_public": "on"}
    one = create_feedback(**shown | {"is_public": True})
    typed = {name: value for name, value in (shown | change).items() if value} | {
        "status": "read",
        "note": "",
    }

    assert changes_the_version(lambda: staff_member.post(f"/admin/feedback/feedback/{one.pk}/change/", typed))


# Changes that readers do not see


def save_a_draft(_: Path) -> None:
    draft_as_staff("Not yet.")


def discard_a_draft(_: Path) -> None:
    draft = draft_as_staff("Never.")
    drafts.discard_draft(draft.leaflet, basis=basis_of(draft), by=get_officer())


def share_a_draft(_: Path) -> None:
    share_links.create_share_link(draft_as_staff("For you."), by=get_officer())


def send_feedback(_: Path) -> None:
    HttpsClient().post("/have-your-say/", {"comments": "Thank you."})


def load_the_same_again(folder: Path) -> None:
    load(folder, leaflets=SITE)


INVISIBLE = [save_a_draft, discard_a_draft, share_a_draft, send_feedback, load_the_same_again]


@pytest.mark.parametrize("act", INVISIBLE)
def test_a_change_that_readers_do_not_see_keeps_the_version(folder, act):
    assert not changes_the_version(lambda: act(folder))


def test_a_rolled_back_change_keeps_the_version(folder):
    def publish_and_undo() -> None:
        with transaction.atomic():
            edit_as_staff("New words.")
            transaction.set_rollback(True)

    assert not changes_the_version(publish_and_undo)


# The version itself


def test_every_change_makes_a_new_version(folder):
    seen = {read_site_version()}
    for number in range(20):
        bump_site_version()
        seen.add(read_site_version())
        assert len(seen) == number + 2


def test_the_version_table_does_not_grow_with_each_change(folder):
    for _ in range(20):
        bump_site_version()

    assert SiteVersion.objects.count() == 1


def test_the_version_is_read_with_one_query(folder):
    with CaptureQueriesContext(connection) as queries:
        read_site_version()

    assert len(queries) == 1
