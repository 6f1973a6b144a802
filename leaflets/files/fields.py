"""YAML mappings as people write them: every value a text or a list, every mistake with its line.

All values are read as the text that stands there (YAML's own guesses make a title "No" a boolean and a
phone number 01429 an octal), and each reader below says what that text has to look like.
"""

import datetime as dt
import difflib
import re
from collections.abc import Iterator
from typing import Any

import yaml

from .problems import Kind, Problem

SLUG = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
# Neither text nor a line break nor a tab: PostgreSQL cannot store NUL, UTF-8 cannot write half a surrogate
# pair, and no reader can see the others.
CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufeff\ufffe\uffff]")


class Fields:
    """The fields of one YAML mapping, taken out one by one; what nobody took is reported by `finish`.

    Every method returns a usable value even where the text is wrong, and adds a problem. `first_line` is
    the line of the file on which the YAML starts.
    """

    def __init__(self, text: str, path: str, problems: list[Problem], first_line: int = 1) -> None:
        self.path = path
        self.problems = problems
        self.first_line = first_line
        self.end_line = first_line
        self._nodes: dict[str, yaml.Node] = {}
        self._lines: dict[str, int] = {}
        self._known: list[str] = []
        self._readable = True
        try:
            root = yaml.compose(text, Loader=yaml.BaseLoader)
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            self._unreadable(
                mark.line if mark else 0,
                f"This is not valid YAML ({error.problem or error.context}). "
                "Write each field as `name: value`, and put quotation marks around a value that has a colon.",
            )
        # PyYAML leaves the number of a `"\U…"` that is no character to Python.
        except (yaml.YAMLError, RecursionError, ValueError, OverflowError):
            self._unreadable(
                0, "This is not valid YAML. Look for an invisible character or very deep nesting."
            )
        else:
            self._take_mapping(root)

    @classmethod
    def _of_node(cls, node: yaml.Node, parent: "Fields") -> "Fields":
        fields = cls("", parent.path, parent.problems, parent.first_line)
        fields._take_mapping(node)
        return fields

    def _unreadable(self, line: int, message: str) -> None:
        self._readable = False
        self.problem(self.first_line + line, message, Kind.YAML)

    def _take_mapping(self, root: yaml.Node | None) -> None:
        if root is None:
            return
        self.end_line = self._line(root)
        if not isinstance(root, yaml.MappingNode):
            self._unreadable(root.start_mark.line, "Write fields here, each as `name: value`.")
            return
        for key, value in root.value:
            if not isinstance(key, yaml.ScalarNode):
                self.problem(self._line(key), "Write fields here, each as `name: value`.", Kind.YAML)
                continue
            name = str(key.value)
            if name in self._nodes:
                self.problem(self._line(key), f"`{name}` stands here twice. Keep one.", Kind.FIELD_REPEATED)
            self._nodes[name] = value
            self._lines[name] = self._line(key)

    def _line(self, node: yaml.Node) -> int:
        return self.first_line + int(node.start_mark.line)

    def problem(self, line: int, message: str, kind: Kind) -> None:
        self.problems.append(Problem(self.path, line, message, kind))

    def line(self, name: str) -> int:
        return self._lines.get(name, self.end_line)

    def _node(self, name: str, required: bool) -> yaml.Node | None:
        self._known.append(name)
        node = self._nodes.get(name)
        empty = node is None or not (node.value.strip() if isinstance(node, yaml.ScalarNode) else node.value)
        if empty and required and self._readable:
            self.problem(self.line(name), f"`{name}` is missing. Add a line `{name}: …`.", Kind.FIELD_MISSING)
        return None if empty else node

    def text(self, name: str, *, required: bool = True) -> str:
        """One line of text; runs of white space become one space."""
        return " ".join(self._scalar(name, self._node(name, required)).split())

    def long_text(self, name: str) -> str:
        """Optional text of any number of lines."""
        return self._scalar(name, self._node(name, required=False)).strip()

    def _scalar(self, name: str, node: yaml.Node | None) -> str:
        if node is None:
            return ""
        if not isinstance(node, yaml.ScalarNode):
            self.problem(self._line(node), f"`{name}` has to be one text, not a list.", Kind.FIELD_VALUE)
            return ""
        value = str(node.value)
        if CONTROL.search(value):
            self.problem(
                self._line(node),
                f"`{name}` has an invisible character in it. Type it again.",
                Kind.INVISIBLE_CHARACTER,
            )
        return CONTROL.sub("", value)

    def texts(self, name: str, *, required: bool = True) -> tuple[str, ...]:
        """A list of lines of text."""
        node = self._node(name, required)
        if node is None:
            return ()
        if not isinstance(node, yaml.SequenceNode):
            self.problem(
                self._line(node),
                f"`{name}` has to be a list: one entry per line, each after `- `.",
                Kind.FIELD_VALUE,
            )
            return ()
        entries = tuple(" ".join(self._scalar(name, entry).split()) for entry in node.value)
        if not all(entries):
            self.problem(
                self._line(node),
                f"`{name}` has an empty entry. Fill it in, or take it out.",
                Kind.FIELD_VALUE,
            )
        return entries

    def slug(self, name: str, *, required: bool = True) -> str:
        """Lower-case letters, digits and hyphens, as they stand in an address."""
        return self._checked_slug(name, self.text(name, required=required))

    def slugs(self, name: str) -> tuple[str, ...]:
        """An optional list of slugs."""
        return tuple(self._checked_slug(name, value) for value in self.texts(name, required=False))

    def _checked_slug(self, name: str, value: str) -> str:
        if value and not SLUG.fullmatch(value):
            self.problem(
                self.line(name),
                f"`{name}: {value}` has to be small letters, digits and hyphens, such as `sen-support`.",
                Kind.FIELD_VALUE,
            )
            return ""
        return value

    def choice(self, name: str, choices: tuple[str, ...], default: str) -> str:
        """One of a few words; `default` where the field is absent."""
        value = self.text(name, required=False) or default
        if value not in choices:
            self.problem(
                self.line(name),
                f"`{name}: {value}` is not one of: {', '.join(choices)}.{_nearest(value, choices)}",
                Kind.FIELD_VALUE,
            )
            return default
        return value

    def month(self, name: str) -> dt.date | None:
        """An optional month such as 2020-03; its first day is returned."""
        return self._date(name, "-01", "a year and a month, such as 2020-03", r"\d{4}-\d{2}")

    def date(self, name: str, *, required: bool = False) -> dt.date | None:
        """A day such as 2027-01-31."""
        if required and self._node(name, required) is None:
            return None
        return self._date(name, "", "a year, a month and a day, such as 2027-01-31", r"\d{4}-\d{2}-\d{2}")

    def _date(self, name: str, suffix: str, expected: str, pattern: str) -> dt.date | None:
        value = self.text(name, required=False)
        if not value:
            return None
        try:
            # fromisoformat also takes 20200301 and week dates, which nobody here would mean.
            if re.fullmatch(pattern, value, re.ASCII):
                return dt.date.fromisoformat(value + suffix)
        except ValueError:
            pass
        self.problem(self.line(name), f"`{name}: {value}` has to be {expected}.", Kind.FIELD_VALUE)
        return None

    def entries(self, name: str) -> Iterator[tuple[int, "Fields"]]:
        """The mappings of a list, each with its line. The caller finishes each of them."""
        node = self._node(name, required=True)
        if node is None:
            return
        if not isinstance(node, yaml.SequenceNode):
            self.problem(
                self._line(node), f"`{name}` has to be a list: each entry starts with `- `.", Kind.FIELD_VALUE
            )
            return
        for entry in node.value:
            yield self._line(entry), Fields._of_node(entry, self)

    def finish(self) -> None:
        """Report every field that nobody asked for: most often a misspelt one."""
        for name in self._nodes:
            if name not in self._known:
                self.problem(
                    self.line(name),
                    f"There is no field `{name}`.{_nearest(name, tuple(self._known))}",
                    Kind.FIELD_UNKNOWN,
                )


def _nearest(word: str, words: tuple[str, ...]) -> str:
    near = difflib.get_close_matches(word, words, n=1)
    return f" Did you mean `{near[0]}`?" if near else ""


def write_fields(fields: dict[str, Any]) -> str:
    """Write a mapping in its canonical form: the given order, empty fields left out, one line per text."""
    return yaml.dump(
        {name: value for name, value in fields.items() if value},
        Dumper=_Dumper,
        sort_keys=False,
        allow_unicode=True,
        width=10**9,
    )


class _Dumper(yaml.SafeDumper):
    """Writes lists indented under their name and keeps the lines of a text, as people do."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        super().increase_indent(flow, indentless=False)


def _represent_text(dumper: yaml.SafeDumper, text: str) -> yaml.Node:
    style = "|" if "\n" in text else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _represent_text)
