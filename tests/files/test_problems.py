"""Problems: how they are printed, moved and collected into an error."""

from leaflets.files.problems import ContentError, Kind, Problem


def test_a_problem_is_printed_with_file_line_and_message():
    assert str(Problem("a.md", 4, "Bad.", Kind.HTML)) == "a.md:4: Bad."


def test_a_problem_moves_with_its_text():
    problem = Problem("", 3, "Bad.", Kind.HTML)

    assert problem.in_file("a.md", 10) == Problem("a.md", 12, "Bad.", Kind.HTML)


def test_an_error_lists_each_problem_once_and_in_order():
    first, second = Problem("a.md", 2, "Bad.", Kind.HTML), Problem("b.md", 1, "Worse.", Kind.HTML)

    error = ContentError([second, first, second])

    assert error.problems == [first, second]
    assert str(error) == "a.md:2: Bad.\nb.md:1: Worse."
