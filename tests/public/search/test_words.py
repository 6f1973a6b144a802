"""The words of the search: their file, their record, and the admin's page about them."""

import pytest

from leaflets.content.folder import read_folder
from leaflets.content.synonyms import (
    Synonym,
    SynonymsSource,
    parse_organisation,
    parse_synonym,
    read_synonyms,
    write_synonyms,
)
from leaflets.models import SearchWords
from leaflets.publishing import loading
from leaflets.publishing.export import export_content
from tests.accounts import create_staff_user
from tests.conftest import HttpsClient
from tests.factories import write_content
from tests.texts import lines_and_messages

TEXT = """\
synonyms:
  - EHCP = EHC plan
  - statement → EHC plan
elsewhere:
  - Example Advice | https://www.example.org/ | Free advice
"""


# The file


def test_words_with_an_equals_sign_find_each_other():
    assert parse_synonym("EHCP =EHC  plan") == Synonym(("EHCP", "EHC plan"), ("EHCP", "EHC plan"))


@pytest.mark.parametrize("arrow", ["→", "->", "=>", " > "])
def test_an_arrow_has_a_direction(arrow):
    assert parse_synonym(f"expelled = kicked out{arrow}exclusion") == Synonym(
        ("expelled", "kicked out"), ("exclusion",)
    )


@pytest.mark.parametrize(
    "line",
    [
        "EHCP",
        "",
        "=",
        "a = ",
        "→ a",
        "a → b → c",
        "a = !",
        "x" * 61 + " = b",
        "a = b" + " " * 200,
        " = ".join("abcdefghi"),
    ],
)
def test_a_line_that_is_no_synonym_is_refused_with_what_to_write(line):
    with pytest.raises(ValueError, match="“"):
        parse_synonym(line)


@pytest.mark.parametrize(
    "line",
    ["A", "A | b", "A | https://a.b/", "A | http://a.b/ | c", "A | javascript:x | c", "| https://a.b/ | c"],
)
def test_a_line_that_is_no_organisation_is_refused(line):
    with pytest.raises(ValueError, match="“"):
        parse_organisation(line)


def test_the_file_is_read_and_written_without_a_difference():
    source, problems = read_synonyms(TEXT, "synonyms.yaml")

    assert problems == []
    assert write_synonyms(source) == TEXT


def test_a_mistake_in_the_file_is_reported_with_its_line():
    _, problems = read_synonyms("synonyms:\n  - EHCP\nelsewere:\n  - A\n", "synonyms.yaml")

    assert lines_and_messages(problems) == [
        (1, "“EHCP” has to be like “EHCP = EHC plan” or like “statement → EHC plan”."),
        (3, "There is no field `elsewere`. Did you mean `elsewhere`?"),
    ]


# Loading and export


@pytest.fixture
def folder(tmp_path, db):
    """A content folder with the file, not loaded yet."""
    folder = write_content(tmp_path / "content")
    (folder / "synonyms.yaml").write_text(TEXT)
    return folder


def outcome(folder, take=""):
    return dict(loading.load(folder, take=take).outcomes).get("synonyms")


def test_the_file_is_loaded_and_exported(folder, tmp_path):
    assert outcome(folder) == "created"
    assert outcome(folder) == "unchanged"
    assert SearchWords.objects.get().synonyms == ["EHCP = EHC plan", "statement → EHC plan"]

    export_content(tmp_path / "out")

    assert (tmp_path / "out" / "synonyms.yaml").read_text() == TEXT


def test_a_folder_without_the_file_changes_nothing(folder, tmp_path):
    outcome(folder)
    (folder / "synonyms.yaml").unlink()

    assert outcome(folder) is None
    assert SearchWords.objects.get().synonyms
    assert read_folder(folder)[0].synonyms is None


def test_what_staff_changed_is_kept_and_two_changes_are_a_conflict(folder):
    outcome(folder)
    SearchWords.objects.update(synonyms=["TA = teaching assistant"])

    assert outcome(folder) == "kept: edited by staff"
    (folder / "synonyms.yaml").write_text("synonyms:\n  - a = b\n")
    assert loading.find_conflicts(folder) == ["synonyms"]
    assert outcome(folder) == "conflict: edited by staff and in the file"
    assert SearchWords.objects.get().synonyms == ["TA = teaching assistant"]
    assert outcome(folder, take="file") == "updated"
    assert SearchWords.objects.get().synonyms == ["a = b"]


# The admin


@pytest.fixture
def publisher(db):
    visitor = HttpsClient()
    visitor.force_login(create_staff_user("publisher", "Publishers"))
    return visitor


OPENED = {"initial-synonyms": "a = b", "initial-elsewhere": ""}
PAGE = "/admin/leaflets/searchwords/1/change/"


def test_staff_change_the_lines_in_the_admin(publisher):
    SearchWords.objects.create(synonyms=["a = b"])
    response = publisher.post(
        PAGE, OPENED | {"synonyms": "EHCP=EHC plan\n\nstatement -> EHC plan", "elsewhere": ""}
    )

    assert response.status_code == 302
    assert SearchWords.objects.get().synonyms == ["EHCP = EHC plan", "statement → EHC plan"]


def test_a_line_that_is_wrong_is_named_and_nothing_is_lost(publisher):
    SearchWords.objects.create(synonyms=["a = b"])
    page = publisher.post(
        PAGE, OPENED | {"synonyms": "a = b\nwrong", "elsewhere": "also wrong"}
    ).content.decode()

    assert "“wrong” has to be like" in page
    assert "“also wrong” has to be like" in page
    assert "a = b\nwrong" in page
    assert SearchWords.objects.get().synonyms == ["a = b"]


def test_a_site_without_the_file_can_add_the_record_once(publisher):
    add = "/admin/leaflets/searchwords/add/"
    assert publisher.post(add, {"synonyms": "a = b", "elsewhere": ""}).status_code == 302
    assert SearchWords.objects.get().pk == 1
    assert publisher.get(add).status_code == 403


def test_the_digest_of_lines_is_that_of_their_file():
    source = read_synonyms(TEXT, "synonyms.yaml")[0]

    assert source.digest == SynonymsSource(source.synonyms, source.elsewhere, path="other").digest
