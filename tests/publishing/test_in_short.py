"""“In short” on the site: stored, shown, exported, edited by staff."""

import pytest
from django.contrib.auth.models import User

from leaflets.models import Edition
from leaflets.publishing import drafts
from leaflets.publishing.editions import render_again
from leaflets.publishing.export import export_content
from leaflets.publishing.loading import load as load_folder
from tests.factories import basis_of, draft_as_staff, edit_as_staff, get_officer, load, published_edition
from tests.pages import visit
from tests.texts import leaflet

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]

LINES = ("It **must** tell you. [Who decides](#who-decides)", "You can ask.")
BOX = "main//section[@aria-labelledby='page-in-short']"


@pytest.fixture(autouse=True)
def _site(tmp_path):
    load(tmp_path / "in", leaflets=[leaflet(in_short=LINES, in_short_unapproved=True)])


def test_the_page_shows_the_box_above_the_text(client):
    page = visit(client, "/leaflets/sen-support/")

    assert page.texts(f"{BOX}//li") == ["It must tell you. Who decides", "You can ask."]
    assert page.texts(f"{BOX}//strong[@class='must']") == ["must"]
    assert "This box is our summary. Below it are the leaflet's own words." in page.text(BOX)


def test_a_draft_of_the_box_says_so_until_it_is_approved(client):
    assert "Draft for the service to approve." in visit(client, "/leaflets/sen-support/").text(BOX)

    edit_as_staff("Words.", in_short_unapproved=False)

    assert "Draft" not in visit(client, "/leaflets/sen-support/").text(BOX)


def test_a_leaflet_without_it_has_no_box(client):
    edit_as_staff("Words.", in_short=(), in_short_unapproved=False)

    assert visit(client, "/leaflets/sen-support/").all(BOX) == []


def test_it_is_exported_as_it_was_loaded(tmp_path):
    export_content(tmp_path / "out")

    name = "leaflets/sen-support.md"
    assert (tmp_path / "out" / name).read_text() == (tmp_path / "in" / name).read_text()
    assert {outcome for _, outcome in load_folder(tmp_path / "out").outcomes} == {"unchanged"}


@pytest.mark.each_database
def test_its_html_is_made_again_for_a_new_renderer():
    Edition.objects.update(in_short_html="old", rendered_by="old")

    render_again(Edition.objects.all())

    assert "It <strong" in published_edition().in_short_html


def test_a_draft_that_links_to_no_part_of_the_leaflet_cannot_be_published():
    draft = draft_as_staff("Words.", in_short=("[Gone](#gone)",))

    with pytest.raises(drafts.NotReadyError) as caught:
        drafts.publish_draft(draft.leaflet, basis=basis_of(draft), by=get_officer(), change_note="New.")

    assert "`#gone` in “In short”" in caught.value.problems[0].message


def save(client, **fields: object) -> Edition:
    """Post the edit page and return the draft."""
    client.force_login(User.objects.create_superuser("admin"))
    opened = drafts.get_edit_state(published_edition().leaflet)
    data = {"basis": str(opened.basis), "title": "SEN help", "summary": "Words.", "introduction": "Words.",
            "form-TOTAL_FORMS": 0, "form-INITIAL_FORMS": 0, "action": "save"}  # fmt: skip
    response = client.post(f"/admin/leaflets/leaflet/{published_edition().leaflet.pk}/edit/", data | fields)
    assert response.status_code == 302
    return Edition.objects.get(status="draft")


def test_staff_write_it_one_line_each(client):
    draft = save(client, in_short="One.\r\n\r\n  Two   words. \r\n", in_short_unapproved="on")

    assert (draft.in_short, draft.in_short_unapproved) == (["One.", "Two words."], True)


def test_nothing_waits_for_approval_where_staff_took_the_lines_out(client):
    draft = save(client, in_short="", in_short_unapproved="on")

    assert (draft.in_short, draft.in_short_unapproved) == ([], False)


def test_a_page_that_was_opened_before_there_was_such_a_field_keeps_the_lines(client):
    draft = save(client)

    assert (tuple(draft.in_short), draft.in_short_unapproved) == (LINES, True)
