"""What a new version of the law changes for live leaflets: the command, the page in the admin, and what readers are told."""

import datetime as dt
import json
import re
from dataclasses import replace
from io import StringIO

import pytest
from django.contrib.auth.models import Group, User
from django.core.management import CommandError, call_command
from django.urls import reverse

from leaflets.models import Citation, CitationCheck, Edition, Leaflet, Provision, Source, SourceVersion
from leaflets.publishing.law import store_source
from leaflets.publishing.provisions import store_provision
from leaflets.templatetags.problems import code_spans
from tests.conftest import HttpsClient
from tests.pages import Page, leaflet_from_text, load_site, visit
from tests.texts import code, paragraph, source

pytestmark = pytest.mark.django_db

OLD = code(
    provisions=(
        paragraph("6.2", "Schools **must** do everything they can."),
        paragraph("6.17", "A school should always involve the parents."),
        paragraph("6.20", "Help ends when a child makes good progress."),
        paragraph("6.21", "Nobody knows these words but us and the law."),
        paragraph("6.30", "This paragraph is cited by no leaflet."),
    )
)
NEW = code(
    slug="2026-september",
    label="September 2026",
    in_force_from=dt.date(2026, 9, 1),
    provisions=(
        paragraph("6.2", "Schools **must** do everything they reasonably can."),
        paragraph("6.17", "A school should always involve the parents."),
        paragraph("6.22", "Help ends when a child makes good progress."),
    ),
)
ABOUT = leaflet_from_text(
    "The law says that schools **must**:\n\n> - do everything they can.\n>\n> (6.2)\n\n"
    "Parents are asked (6.17). Help can end (6.20). We know it (6.21).\n\n"
    "### More {#more}\n\nSee (6.2).",
    "about",
    title="About",
)


@pytest.fixture(scope="module", autouse=True)
def _site(module_database, tmp_path_factory) -> None:
    with module_database.unblock():
        load_site(tmp_path_factory.mktemp("site"), ABOUT, codes=[OLD, NEW])


def verdicts() -> dict[str, tuple[str, str]]:
    """What became of each cited paragraph, and its new number, as `law_impact --json` says."""
    found = json.loads(impact("--json"))
    return {one["number"]: (one["verdict"], one["to"]) for one in found}


def impact(*arguments: str) -> str:
    output = StringIO()
    call_command(
        "law_impact", "code-of-practice", "2015-january", "2026-september", *arguments, stdout=output
    )
    return output.getvalue()


def test_what_became_of_each_cited_paragraph_is_said():
    assert verdicts() == {
        "6.2": ("changed", "6.2"),
        "6.17": ("same", "6.17"),
        "6.20": ("renumbered", "6.22"),
        "6.21": ("gone", ""),
    }


def test_the_leaflets_that_cite_a_paragraph_are_named_with_their_section():
    (changed, *_) = json.loads(impact("--json"))

    assert changed["number"] == "6.2"
    assert {"leaflet": "about", "anchor": "introduction"} in changed["citations"]


def test_a_changed_duty_comes_first_and_what_is_the_same_last():
    numbers = [one["number"] for one in json.loads(impact("--json"))]

    assert numbers[0] == "6.2"
    assert numbers[-1] == "6.17"


def test_the_words_that_came_and_went_are_printed():
    report = impact()

    assert "  + reasonably" in report
    assert "3 of 4 cited provisions changed, moved or went." in report


def test_a_version_that_is_not_there_is_named_with_those_that_are():
    with pytest.raises(
        CommandError, match=r"There is no version 2027 of code-of-practice\. It has: 2015-january"
    ):
        call_command("law_impact", "code-of-practice", "2015-january", "2027")


def test_readers_of_a_leaflet_are_told_that_a_newer_version_is_in_force(client):
    page = visit(client, "/leaflets/about/")

    assert (
        "The law has changed. This leaflet quotes an older version of the SEND Code of Practice."
        in page.text("main")
    )


def test_readers_are_told_of_the_newer_version_when_the_older_one_has_ended(client, tmp_path):
    load_site(tmp_path, ABOUT, codes=[replace(OLD, in_force_until=dt.date(2026, 8, 31)), NEW])

    assert "The law has changed." in visit(client, "/leaflets/about/").text("main")


def test_readers_of_a_leaflet_that_quotes_the_newest_version_are_told_nothing(client, tmp_path):
    load_site(
        tmp_path, replace(ABOUT, code=""), codes=[replace(OLD), replace(NEW, provisions=OLD.provisions)]
    )

    assert "The law has changed" not in visit(client, "/leaflets/about/").text("main")


def test_nothing_is_said_before_the_newer_version_is_in_force(client, tmp_path):
    load_site(tmp_path, ABOUT, codes=[OLD, replace(NEW, in_force_from=dt.date(2099, 1, 1))])

    assert "The law has changed" not in visit(client, "/leaflets/about/").text("main")


def staff(group: str) -> HttpsClient:
    user = User.objects.create_user(group, is_staff=True)
    user.groups.add(Group.objects.get(name=group))
    visitor = HttpsClient()
    visitor.force_login(user)
    return visitor


def impact_url() -> str:
    new = SourceVersion.objects.get(slug="2026-september")
    return reverse("admin:leaflets_sourceversion_impact", args=[new.pk])


def edit_url() -> str:
    return reverse("admin:leaflet-edit", args=[Leaflet.objects.get(slug="about").pk])


def test_the_page_in_the_admin_counts_the_places_that_are_checked():
    editor = staff("Editors")
    citation = Citation.objects.published().filter(provision__number="6.20").get()
    before = Page(impact_url(), editor.get(impact_url()))

    editor.post(impact_url(), {"citation": citation.pk})
    editor.post(impact_url(), {"citation": citation.pk})

    after = Page(impact_url(), editor.get(impact_url()))
    assert "0 of 5 places are checked." in before.text("main")
    assert "1 of 5 places are checked." in after.text("main")
    assert CitationCheck.objects.get().checked_by.username == "Editors"


def test_each_place_opens_in_the_editor_with_the_new_words_beside_it():
    editor = staff("Editors")
    places = Page(impact_url(), editor.get(impact_url()))

    (url,) = {link for link in places.links("main").values() if link.endswith("#law-introduction")}
    beside = Page(url, editor.get(url)).text("aside[@id='law-introduction']")

    assert "paragraph 6.2, in September 2026 Its words changed. Words that came: reasonably" in beside
    assert "Schools must do everything they reasonably can." in beside
    assert "paragraph 6.20, in September 2026 The words are the same. Its number is now 6.22." in beside
    assert "paragraph 6.21, in September 2026 It is gone." in beside
    assert "6.17" not in beside


@pytest.mark.parametrize("law", ["", "0", "x", "9" * 30])
def test_the_editor_opens_without_new_words_where_no_version_is_named(law):
    page = staff("Editors").get(edit_url(), {"law": law})

    assert page.status_code == 200
    assert b"admin-law" not in page.content


def test_the_number_of_a_citation_that_is_none_is_not_found():
    assert staff("Editors").post(impact_url(), {"citation": "9" * 30}).status_code == 404


def tasks(visitor: HttpsClient) -> list[str]:
    """What waits on the start page of staff."""
    return Page("/admin/", visitor.get("/admin/")).texts("*[@class='admin-tasks']//a")


def never_compared(visitor: HttpsClient) -> list[str]:
    """What the start page of staff says was never compared with the published law."""
    beginning = re.compile(r"Compare \d+ places? with the published law. Begin with ")
    return [beginning.sub("", task) for task in tasks(visitor) if beginning.match(task)]


def test_a_newer_version_waits_on_the_start_page_until_each_changed_place_is_checked():
    editor = staff("Editors")
    first, *others = Citation.objects.published().exclude(provision__number="6.17")
    words = "SEND Code of Practice (September 2026) changes the words of the law at"

    assert f"{words} 5 places in leaflets" in tasks(editor)

    for citation in others:
        editor.post(impact_url(), {"citation": citation.pk})
    assert f"{words} 1 place in leaflets" in tasks(editor)

    editor.post(impact_url(), {"citation": first.pk})
    assert not [task for task in tasks(editor) if words in task]


def provision_form(provision: Provision, **changes: str) -> dict[str, object]:
    return {
        "heading": "", "text": provision.text, "url": "", "chapter": provision.chapter_id
    } | changes  # fmt: skip


def test_the_start_page_names_what_was_never_compared_until_staff_tick_it():
    publisher = staff("Publishers")
    provision = Provision.objects.get(number="6.2", version__slug="2015-january")
    url = reverse("admin:leaflets_provision_change", args=[provision.pk])

    publisher.post(url, provision_form(provision))
    before = never_compared(publisher)
    publisher.post(url, provision_form(provision, compared="on"))

    assert "SEND Code of Practice, paragraph 6.2" in before
    assert "SEND Code of Practice, paragraph 6.2" not in never_compared(publisher)
    provision.refresh_from_db()
    assert provision.checked_by.username == "Publishers"


def test_new_words_of_a_provision_have_to_be_compared_again():
    publisher = staff("Publishers")
    provision = Provision.objects.get(number="6.2", version__slug="2015-january")
    url = reverse("admin:leaflets_provision_change", args=[provision.pk])
    publisher.post(url, provision_form(provision, compared="on"))

    publisher.post(url, provision_form(provision, text="Other words."))

    provision.refresh_from_db()
    assert (provision.checked_on, provision.checked_by) == (None, None)


def test_staff_are_warned_where_our_quotation_differs_and_the_leaflet_has_a_hint_more():
    publisher = staff("Publishers")
    provision = Provision.objects.get(number="6.2", version__slug="2015-january")
    url = reverse("admin:leaflets_provision_change", args=[provision.pk])
    hints = Edition.objects.published().get(leaflet__slug="about").open_hints

    response = publisher.post(url, provision_form(provision, text="Schools do all they can."), follow=True)

    told = Page(url, response).texts("li[@class='warning']")
    assert "Our quotation in “About”: differs: we print “everything”, the law “all”." in told
    assert Edition.objects.published().get(leaflet__slug="about").open_hints == hints + 1


def test_only_the_chapters_of_its_version_are_offered():
    form = (
        staff("Publishers")
        .get(reverse("admin:leaflets_provision_add"), {"cite": "code-of-practice/2015-january/6.40"})
        .context["adminform"]
        .form
    )

    assert {chapter.version.slug for chapter in form.fields["chapter"].queryset} == {"2015-january"}


def test_a_publisher_adds_a_paragraph_that_a_draft_cites():
    publisher = staff("Publishers")
    version = SourceVersion.objects.get(slug="2015-january")
    url = reverse("admin:leaflets_provision_add")
    form = Page(url, publisher.get(f"{url}?cite=code-of-practice/2015-january/6.40"))

    answer = publisher.post(
        url,
        {
            "version": version.pk,
            "number": "6.40",
            "heading": "",
            "text": "New words.",
            "url": "",
            "chapter": "",
        },
    )

    assert form.tree.find(".//*[@id='id_number']").get("value") == "6.40"
    assert answer.status_code == 302
    added = Provision.objects.get(number="6.40")
    assert (added.text_html, added.chapter.number) == ("<p>New words.</p>\n", "6")


def preview_links(group: str) -> list[str]:
    content = "> Reviews should be held.\n>\n> (6.40)"
    url = reverse("editor-preview")
    return Page(url, staff(group).post(url, {"content": content, "code": "2015-january"})).links().values()


def test_publishers_can_add_an_unknown_paragraph_from_the_preview():
    assert list(preview_links("Publishers")) == [
        reverse("admin:leaflets_provision_add") + "?cite=code-of-practice/2015-january/6.40"
    ]
    assert list(preview_links("Editors")) == []


def test_who_adds_a_paragraph_from_a_publish_page_comes_back_to_it():
    publisher, leaflet = staff("Publishers"), Leaflet.objects.get(slug="about")
    version = SourceVersion.objects.get(slug="2015-january")
    fields = {"version": version.pk, "number": "6.41", "heading": "", "text": "", "url": "", "chapter": ""}

    answer = publisher.post(
        f"{reverse('admin:leaflets_provision_add')}?leaflet={leaflet.pk}", fields | {"_save": "Save"}
    )

    assert answer.url == reverse("admin:leaflet-publish", args=[leaflet.pk])


def test_what_is_to_be_typed_is_set_off_in_a_problem():
    assert code_spans("Write `9\\.14` <here>.") == "Write <code>9\\.14</code> &lt;here&gt;."


def form_errors(publisher: HttpsClient, url: str, **changes: str) -> list[str]:
    form = publisher.get(url).context["adminform"].form
    values = {name: form[name].value() for name in form.fields}
    data = {name: "\n".join(value) if isinstance(value, list) else value for name, value in values.items()}
    data |= {f"initial-{name}": value for name, value in data.items()}
    data |= {"chapters-TOTAL_FORMS": "0", "chapters-INITIAL_FORMS": "0"}
    response = publisher.post(url, {name: value or "" for name, value in (data | changes).items()})
    return Page(url, response).texts("ul[@class='errorlist']")


def test_a_name_of_another_source_is_refused_in_the_admin():
    store_source(source(slug="act", kind="act", title="Example Act 2014", names=("EA 2014",)), overwrite=True)
    publisher = staff("Publishers")
    url = reverse("admin:leaflets_source_change", args=[Source.objects.get(slug="code-of-practice").pk])

    assert form_errors(publisher, url, names="the Code\nEA, 2014") == [
        "“EA, 2014” is a name of Example Act 2014 too. Take it out of one of the two."
    ]
    assert form_errors(publisher, url, names="the Code") == []


def test_dates_that_make_two_versions_one_are_refused_in_the_admin():
    publisher = staff("Publishers")
    url = reverse(
        "admin:leaflets_sourceversion_change", args=[SourceVersion.objects.get(slug="2026-september").pk]
    )

    assert form_errors(publisher, url, in_force_from=f"{OLD.in_force_from}") == [
        "Another version is in force from this day. Choose another."
    ]
    assert form_errors(publisher, url, in_force_until="2026-08-31") == [
        "This is before the day on which it came into force."
    ]


def test_a_number_of_the_wrong_form_is_refused():
    publisher = staff("Publishers")
    version = SourceVersion.objects.get(slug="2015-january")
    url = reverse("admin:leaflets_provision_add")

    page = Page(url, publisher.post(url, {"version": version.pk, "number": "36(8)", "text": ""}))

    assert "A paragraph's number looks like 6.17." in page.text("main")


def test_the_page_of_a_paragraph_shows_our_quotation_with_what_leads_into_it_and_whether_it_is_word_for_word(
    client,
):
    page = visit(client, "/law/code-of-practice/6.2/")

    assert "The law says that schools must:" in " ".join(page.texts("main//figure/blockquote"))
    assert "Shortened Some words of the law are left out." in page.texts("main//p[@class='match']")
    assert page.links("main")["About"] in ("/leaflets/about/#introduction", "/leaflets/about/#more")


def test_a_quotation_that_differs_is_shown_beside_the_words_of_the_law(client):
    provision = Provision.objects.get(number="6.2", version__slug="2015-january")
    provision.text = "Schools **must** do all that they can."
    store_provision(provision)

    page = visit(client, "/law/code-of-practice/6.2/")

    assert (
        "Our leaflet is a copy of a printed one, which does not have the very words of the law:"
        in page.text("main")
    )
    assert not any("**" in words for words in page.texts("main//td"))
