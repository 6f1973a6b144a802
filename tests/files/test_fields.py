"""Fields of a YAML mapping: values of each type, and mistakes with their lines."""

import pytest

from leaflets.files.fields import Fields
from tests.texts import lines_and_messages


def read(text, first_line=1):
    """The fields of a mapping, and the list to which its problems are added."""
    problems = []
    return Fields(text, "a.yaml", problems, first_line), problems


@pytest.mark.parametrize("value", ["No", "2020", "007", "null", "1e3", "2020-03-01"])
def test_a_value_that_looks_like_another_yaml_type_stays_text(value):
    fields, problems = read(f"title: {value}")

    assert fields.text("title") == value
    assert problems == []


def test_lines_are_counted_from_the_first_line_of_the_mapping():
    fields, problems = read("title: SEN\ncolour: blue\n", first_line=7)
    fields.text("title")

    fields.finish()

    assert lines_and_messages(problems) == [(8, "There is no field `colour`.")]


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        pytest.param("summary: x", 1, "`title` is missing. Add a line `title: …`.", id="missing field"),
        pytest.param("summary: x\ntitle:", 2, "`title` is missing. Add a line `title: …`.", id="empty field"),
        pytest.param(
            "title: x\ntitel: y", 2, "There is no field `titel`. Did you mean `title`?", id="misspelt field"
        ),
        pytest.param("title: x\ncolour: blue", 2, "There is no field `colour`.", id="unknown field"),
        pytest.param("title: x\ntitle: y", 2, "`title` stands here twice. Keep one.", id="a field twice"),
        pytest.param(
            "summary: x\ntitle: [a, b]",
            2,
            "`title` has to be one text, not a list.",
            id="list where a text belongs",
        ),
        pytest.param(
            'title: "a\\0b"',
            1,
            "`title` has an invisible character in it. Type it again.",
            id="character written as a number",
        ),
        pytest.param(
            'title: "a\\ud800"',
            1,
            "This is not valid YAML (found invalid Unicode character escape code). Write each field as "
            "`name: value`, and put quotation marks around a value that has a colon.",
            id="half a character",
        ),
        pytest.param(
            'title: "\\UFFFFFFFF"',
            1,
            "This is not valid YAML (found invalid Unicode character escape code). Write each field as "
            "`name: value`, and put quotation marks around a value that has a colon.",
            id="number that is no character",
        ),
        pytest.param(
            "title: " + "[" * 1000,
            1,
            "This is not valid YAML. Look for an invisible character or very deep nesting.",
            id="very deep nesting",
        ),
        pytest.param(
            "title: x\nsummary: SEN: support",
            2,
            "This is not valid YAML (mapping values are not allowed in this context). Write each field as "
            "`name: value`, and put quotation marks around a value that has a colon.",
            id="colon without quotation marks",
        ),
        pytest.param(
            "title: x\n? [a, b]\n: c", 2, "Write fields here, each as `name: value`.", id="list as a name"
        ),
        pytest.param("- SEN support", 1, "Write fields here, each as `name: value`.", id="no fields"),
        pytest.param(
            "title: x\nformerly: sen",
            2,
            "`formerly` has to be a list: one entry per line, each after `- `.",
            id="text where a list belongs",
        ),
        pytest.param(
            "title: x\nformerly:\n  -",
            3,
            "`formerly` has an empty entry. Fill it in, or take it out.",
            id="empty entry",
        ),
        pytest.param(
            "title: x\nformerly:\n  - {}",
            3,
            "`formerly` has to be one text, not a list.",
            id="entry that is no text",
        ),
    ],
)
def test_a_mistake_is_reported_with_its_line(text, line, message):
    fields, problems = read(text)

    fields.text("title")
    fields.text("summary", required=False)
    fields.texts("formerly", required=False)
    fields.finish()

    assert (line, message) in lines_and_messages(problems)
