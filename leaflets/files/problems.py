"""What is wrong in a text, and where."""

from collections.abc import Iterable
from dataclasses import dataclass, replace


@dataclass(frozen=True, order=True)
class Problem:
    """One thing that is wrong in a text: where it stands, what it is and what to do about it.

    Lines count from 1: in the file that `path` names or, where the text came out of an editor and
    `path` is empty, in that text.
    """

    path: str
    line: int
    message: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.message}"

    def moved(self, path: str, first_line: int) -> "Problem":
        """The same problem, in a text that starts at line `first_line` of the file at `path`."""
        return replace(self, path=path, line=self.line + first_line - 1)


class ContentError(Exception):
    """The content cannot be used. `problems` holds every reason, in the order of files and lines."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = sorted(set(problems))
        super().__init__("\n".join(map(str, self.problems)))
