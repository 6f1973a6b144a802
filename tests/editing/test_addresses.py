"""Addresses of leaflets: adding, renaming and deleting."""

from pathlib import Path

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoDbBlocker

from leaflets.models import Edition, Leaflet, OldSlug
from leaflets.publishing.export import export_content
from leaflets.publishing.loading import read_content
from tests.editing.pages import page, sign_in
from tests.editing.test_collisions import form_of, words_of
from tests.factories import SLUG, draft_as_staff, edit_as_staff, leaflet_with_introduction, load

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]
ADD = reverse("admin:leaflets_leaflet_add")


@pytest.fixture(scope="module", autouse=True)
def _loaded(module_database: DjangoDbBlocker, tmp_path_factory: pytest.TempPathFactory) -> None:
    leaflets = [
        leaflet_with_introduction("The first words.", slug=SLUG, title="SEN support", formerly=("sen-help",))
    ]
    with module_database.unblock():
        load(tmp_path_factory.mktemp("content"), leaflets=leaflets)


@pytest.fixture
def begun(publisher: Client) -> Leaflet:
    """A leaflet that was never public, with a draft."""
    publisher.post(ADD, {"slug": "exclusoins", "placement": "leaflet"})
    draft_as_staff("A draft.", slug="exclusoins")
    return Leaflet.objects.get(slug="exclusoins")


@pytest.mark.each_database
@pytest.mark.parametrize(
    ("slug", "message"),
    [
        (SLUG, "“SEN support” has this address."),
        ("sen-help", "“SEN support” had this address, which still leads to it."),
        ("admin", "The site itself uses this address."),
        ("leaflets", "The site itself uses this address."),
        ("contact", "The site itself uses this address."),
        ("media", "The site itself uses this address."),
        ("have-your-say", "The site itself uses this address."),
        ("Not An Address", "Use small letters, digits and hyphens."),
    ],
)
@pytest.mark.parametrize("placement", ["leaflet", "footer"])
def test_a_new_leaflet_cannot_take_an_address_that_is_or_was_in_use(
    publisher: Client, slug: str, message: str, placement: str
) -> None:
    response = publisher.post(ADD, {"slug": slug, "placement": placement})

    assert response.status_code == 422
    assert message in words_of(response)
    assert Leaflet.objects.count() == 1


def test_a_leaflet_cannot_be_renamed_to_an_address_of_another(publisher: Client, begun: Leaflet) -> None:
    response = publisher.post(page("rename", begun), {"slug": "sen-help"})

    assert response.status_code == 422
    assert "“SEN support” had this address" in words_of(response)


def test_a_leaflet_that_was_never_public_is_renamed_and_frees_its_address(
    publisher: Client, begun: Leaflet
) -> None:
    publisher.post(page("rename", begun), {"slug": "exclusions"})

    begun.refresh_from_db()
    assert begun.slug == "exclusions"
    assert not OldSlug.objects.filter(slug="exclusoins").exists()


def test_a_public_leaflet_is_renamed_and_its_old_address_redirects(
    publisher: Client, leaflet: Leaflet
) -> None:
    before = leaflet.get_absolute_url()

    publisher.post(page("rename", leaflet), {"slug": "support"})

    assert publisher.get(before)["Location"] == "/leaflets/support/"
    assert publisher.get("/leaflets/sen-help/")["Location"] == "/leaflets/support/"
    assert publisher.get("/leaflets/support/").status_code == 200


def test_a_leaflet_gets_an_old_address_of_its_own_back(publisher: Client, leaflet: Leaflet) -> None:
    publisher.post(page("rename", leaflet), {"slug": "sen-help"})

    assert publisher.get("/leaflets/sen-help/").status_code == 200
    assert publisher.get(f"/leaflets/{SLUG}/")["Location"] == "/leaflets/sen-help/"


def test_a_load_of_a_changed_file_keeps_the_address_that_staff_chose(
    publisher: Client, leaflet: Leaflet, tmp_path: Path
) -> None:
    publisher.post(page("rename", leaflet), {"slug": "support"})

    load(tmp_path, leaflets=[leaflet_with_introduction("The file's words.", slug=SLUG, title="SEN support")])

    leaflet.refresh_from_db()
    assert leaflet.slug == "support"
    assert "The file’s words." in words_of(publisher.get("/leaflets/support/")).replace("'", "’")


def test_what_is_exported_after_a_rename_can_be_loaded(
    publisher: Client, leaflet: Leaflet, tmp_path: Path
) -> None:
    publisher.post(page("rename", leaflet), {"slug": "support"})

    export_content(tmp_path / "exported")

    _, leaflets = read_content(tmp_path / "exported")
    assert [checked.source.formerly for checked in leaflets] == [("sen-help", SLUG)]


def test_editors_cannot_rename_what_readers_have_seen(client: Client, leaflet: Leaflet) -> None:
    sign_in(client, "Editors")

    assert client.post(page("rename", leaflet), {"slug": "support"}).status_code == 403


@pytest.mark.each_database
def test_a_leaflet_that_was_never_public_is_deleted_with_its_draft(publisher: Client, begun: Leaflet) -> None:
    response = publisher.post(page("delete", begun), form_of(publisher, "delete", begun))

    assert response["Location"] == reverse("admin:leaflets_leaflet_changelist")
    assert not Leaflet.objects.filter(pk=begun.pk).exists()


def test_a_second_equal_request_to_delete_ends_where_the_first_ended(
    publisher: Client, begun: Leaflet
) -> None:
    address, fields = page("delete", begun), form_of(publisher, "delete", begun)

    first, second = (publisher.post(address, fields) for _ in range(2))

    assert (second.status_code, second["Location"]) == (302, first["Location"])


@pytest.mark.each_database
def test_a_leaflet_that_was_saved_meanwhile_is_not_deleted(publisher: Client, begun: Leaflet) -> None:
    fields = form_of(publisher, "delete", begun)
    draft_as_staff("A colleague's words.", slug=begun.slug)

    response = publisher.post(page("delete", begun), fields)

    assert response.status_code == 409
    assert Edition.objects.filter(leaflet=begun).exists()


def test_a_leaflet_that_was_published_meanwhile_is_not_deleted(publisher: Client, begun: Leaflet) -> None:
    fields = form_of(publisher, "delete", begun)
    edit_as_staff("A draft.", slug=begun.slug)

    response = publisher.post(page("delete", begun), fields, follow=True)

    assert "This leaflet was public. It can be withdrawn, but not deleted." in words_of(response)
    assert Leaflet.objects.filter(pk=begun.pk).exists()
