"""Loading, merging and export of the words explained."""

import pytest

from leaflets.content.folder import read_folder
from leaflets.files.problems import ContentError
from leaflets.models import Term
from leaflets.models.site_version import read_site_version
from leaflets.publishing import loading
from leaflets.publishing.export import export_content
from tests.factories import load, write_content
from tests.texts import term

pytestmark = pytest.mark.django_db

SENCO = term("SENCO", forms=("SENCo",), provision="code-of-practice/6.2", unapproved=True)


def words() -> dict[str, str]:
    """The stored explanations, by their words."""
    return dict(Term.objects.values_list("term", "explanation"))


def outcomes(folder, *terms, take="") -> dict[str, str]:
    loaded = load(folder, terms=terms, take=take)
    return {name: outcome for name, outcome in loaded.items() if name.startswith("glossary/")}


def edit(anchor: str = "senco", **values: object) -> None:
    """Change a word as the admin does."""
    record = Term.objects.get(anchor=anchor)
    for name, value in values.items():
        setattr(record, name, value)
    record.save()


def test_a_term_of_the_file_is_stored(tmp_path):
    assert outcomes(tmp_path, SENCO) == {"glossary/senco": "created"}

    stored = Term.objects.get()
    assert (stored.term, stored.anchor, stored.forms) == ("SENCO", "senco", ["SENCo"])
    assert (stored.provision, stored.unapproved) == ("code-of-practice/6.2", True)


def test_a_folder_without_a_glossary_changes_nothing(tmp_path):
    outcomes(tmp_path, SENCO)

    loaded = load(tmp_path)

    assert [name for name in loaded if name.startswith("glossary/")] == []
    assert list(words()) == ["SENCO"]


def test_a_change_of_the_file_is_stored(tmp_path):
    outcomes(tmp_path, SENCO)

    assert outcomes(tmp_path, term("SENCO", "Ask her.")) == {"glossary/senco": "updated"}
    assert words() == {"SENCO": "Ask her."}


def test_a_change_by_staff_is_kept(tmp_path):
    outcomes(tmp_path, SENCO)
    edit(explanation="Ask them.")

    assert outcomes(tmp_path, SENCO) == {"glossary/senco": "kept: edited by staff"}
    assert words() == {"SENCO": "Ask them."}


def test_changes_on_both_sides_are_a_conflict_until_one_is_chosen(tmp_path):
    outcomes(tmp_path, SENCO)
    edit(explanation="Ask them.")
    changed = term("SENCO", "Ask her.")

    assert outcomes(tmp_path, changed) == {"glossary/senco": "conflict: edited by staff and in the file"}
    assert loading.find_conflicts(tmp_path) == ["glossary/senco"]
    assert words() == {"SENCO": "Ask them."}
    assert outcomes(tmp_path, changed, take="site") == {"glossary/senco": "kept: edited by staff"}
    assert outcomes(tmp_path, changed) == {"glossary/senco": "kept: edited by staff"}
    assert loading.find_conflicts(tmp_path) == []


def test_a_conflict_can_be_settled_with_the_file(tmp_path):
    outcomes(tmp_path, SENCO)
    edit(explanation="Ask them.")

    assert outcomes(tmp_path, term("SENCO", "Ask her."), take="file") == {"glossary/senco": "updated"}
    assert words() == {"SENCO": "Ask her."}


def test_changes_of_different_terms_are_merged(tmp_path):
    outcomes(tmp_path, SENCO, term("Local Offer"))
    edit(explanation="Ask them.")

    assert outcomes(tmp_path, SENCO, term("Local Offer", "A list."), term("Outcomes")) == {
        "glossary/senco": "kept: edited by staff",
        "glossary/local-offer": "updated",
        "glossary/outcomes": "created",
    }
    assert words()["SENCO"] == "Ask them."
    assert words()["Local Offer"] == "A list."


def test_a_term_that_staff_added_stays(tmp_path):
    outcomes(tmp_path, SENCO)
    Term.objects.create(term="EP", anchor="ep", explanation="A psychologist for schools.")

    assert outcomes(tmp_path, SENCO) == {"glossary/senco": "unchanged"}
    assert set(words()) == {"SENCO", "EP"}


def test_a_term_that_staff_deleted_stays_deleted(tmp_path):
    outcomes(tmp_path, SENCO)
    Term.objects.get().delete()

    assert outcomes(tmp_path, SENCO) == {"glossary/senco": "kept: edited by staff"}
    assert words() == {}
    assert outcomes(tmp_path, term("SENCO", "New.")) == {
        "glossary/senco": "conflict: edited by staff and in the file"
    }


def test_a_term_that_is_gone_from_the_file_is_removed(tmp_path):
    outcomes(tmp_path, SENCO, term("Outcomes"))

    assert outcomes(tmp_path, term("Outcomes")) == {
        "glossary/outcomes": "unchanged",
        "glossary/senco": "removed",
    }
    assert list(words()) == ["Outcomes"]


def test_a_term_that_is_gone_from_the_file_but_edited_by_staff_stays(tmp_path):
    outcomes(tmp_path, SENCO)
    edit(explanation="Ask them.")

    assert outcomes(tmp_path) == {"glossary/senco": "kept: edited by staff"}
    assert outcomes(tmp_path) == {"glossary/senco": "kept: edited by staff"}
    assert words() == {"SENCO": "Ask them."}


def test_a_term_whose_provision_is_not_in_the_files_is_not_loaded(tmp_path):
    with pytest.raises(
        ContentError, match=r"code-of-practice/9\.9` of “SENCO” is not in the files of the law"
    ):
        outcomes(tmp_path, term("SENCO", provision="code-of-practice/9.9"))


def test_terms_are_exported_and_loaded_again_without_a_change(tmp_path):
    outcomes(tmp_path / "in", SENCO, term("Local Offer"))
    edit(explanation="Ask them.")

    export_content(tmp_path / "out")
    content, problems = read_folder(tmp_path / "out")

    assert problems == []
    assert [(one.term, one.explanation) for one in content.glossary.terms] == [
        ("Local Offer", "A good person to ask first."),
        ("SENCO", "Ask them."),
    ]
    assert set(dict(loading.load(tmp_path / "out").outcomes).values()) == {"unchanged"}


def test_a_site_without_words_is_exported_without_a_glossary(tmp_path):
    load(tmp_path / "in")

    export_content(tmp_path / "out")

    assert not (tmp_path / "out/glossary.yaml").exists()


def test_an_edit_of_a_term_changes_the_site_version(tmp_path):
    outcomes(tmp_path, SENCO)
    before = read_site_version()

    edit(explanation="Ask them.")

    assert read_site_version() != before


def test_deleting_terms_changes_the_site_version(tmp_path):
    outcomes(tmp_path, SENCO)
    before = read_site_version()

    Term.objects.all().delete()

    assert read_site_version() != before


def test_loading_the_same_glossary_again_does_not_change_the_site_version(tmp_path):
    outcomes(tmp_path, SENCO)
    before = read_site_version()

    loading.load(write_content(tmp_path, terms=[SENCO]))

    assert read_site_version() == before
