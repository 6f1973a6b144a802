"""Reader and writer of hand-written YAML mappings: each value is a text or a list, each mistake gets its line.

YAML's types are not used, because they would turn a title "No" into a boolean and a phone number 01429 into an
octal: every scalar is read as text, and the methods of `Fields` check its form.
"""

import datetime as dt
import difflib
import re
from collections.abc import Iterator
from itertools import islice
from typing import Any

import yaml

from .dates import YEAR_MESSAGE, is_plausible
from .problems import Kind, Problem

SLUG = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
# Control characters other than tab and line feed, and surrogates: PostgreSQL cannot store NUL, UTF-8 cannot encode
# a lone surrogate, and the others are invisible.
CONTROL_CHARACTERS = re.compile(
    r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufeff\ufffe\uffff]"
)
# Written in C where PyYAML has it, as its wheels do: ten times as fast.
_Loader: Any = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
# Composing is recursive, and in C it would crash. A file of ours needs three levels.
MAX_DEPTH = 20
MAX_UNKNOWN_FIELDS = 20  # that are reported


def _compose(text: str) -> yaml.Node | None:
    """Parse YAML without reading its types. Raises `yaml.YAMLError`, `ValueError` or `OverflowError`."""
    depth = 0
    for event in yaml.parse(text, Loader=_Loader):
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > MAX_DEPTH:
            raise yaml.YAMLError("nested too deeply")
    return yaml.compose(text, Loader=_Loader)


class Fields:
    """The fields of one YAML mapping. Each is read by name; `finish` reports those that were never read.

    A method that meets an invalid value appends to `problems` and returns a default of its type: it does not
    raise. `first_line` is the line of the file on which the YAML starts, counted from 1.
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
            root = _compose(text) if text else None
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            self._report_invalid_yaml(
                mark.line if mark else 0,
                f"This is not valid YAML ({error.problem or error.context}). "
                "Write each field as `name: value`, and put quotation marks around a value that has a colon.",
            )
        # ValueError and OverflowError: PyYAML passes the code point of an escape such as "\UFFFFFFFF" to chr().
        except (yaml.YAMLError, ValueError, OverflowError):
            self._report_invalid_yaml(
                0, "This is not valid YAML. Look for an invisible character or very deep nesting."
            )
        else:
            self._read_mapping(root)

    @classmethod
    def _of_node(cls, node: yaml.Node, parent: "Fields") -> "Fields":
        fields = cls("", parent.path, parent.problems, parent.first_line)
        fields._read_mapping(node)
        return fields

    def _report_invalid_yaml(self, line: int, message: str) -> None:
        self._readable = False
        self.add_problem(self.first_line + line, message, Kind.YAML)

    def _read_mapping(self, root: yaml.Node | None) -> None:
        if root is None:
            return
        self.end_line = self._line(root)
        if not isinstance(root, yaml.MappingNode):
            self._report_invalid_yaml(root.start_mark.line, "Write fields here, each as `name: value`.")
            return
        for key, value in root.value:
            if not isinstance(key, yaml.ScalarNode):
                self.add_problem(self._line(key), "Write fields here, each as `name: value`.", Kind.YAML)
                continue
            name = str(key.value)
            if name in self._nodes:
                self.add_problem(
                    self._line(key), f"`{name}` stands here twice. Keep one.", Kind.FIELD_REPEATED
                )
            self._nodes[name] = value
            self._lines[name] = self._line(key)

    def _line(self, node: yaml.Node) -> int:
        return self.first_line + int(node.start_mark.line)

    def add_problem(self, line: int, message: str, kind: Kind) -> None:
        self.problems.append(Problem(self.path, line, message, kind))

    def line(self, name: str) -> int:
        """Return the line of a field; that of the mapping where the field is missing."""
        return self._lines.get(name, self.end_line)

    def _node(self, name: str, required: bool) -> yaml.Node | None:
        self._known.append(name)
        node = self._nodes.get(name)
        empty = node is None or not (node.value.strip() if isinstance(node, yaml.ScalarNode) else node.value)
        if empty and required and self._readable:
            self.add_problem(
                self.line(name), f"`{name}` is missing. Add a line `{name}: …`.", Kind.FIELD_MISSING
            )
        return None if empty else node

    def text(self, name: str, *, required: bool = True) -> str:
        """Return one line of text; runs of white space become one space. "" where the field is missing."""
        return " ".join(self._scalar(name, self._node(name, required)).split())

    def long_text(self, name: str) -> str:
        """Return an optional text of any number of lines; "" where the field is missing."""
        return self._scalar(name, self._node(name, required=False)).strip()

    def _scalar(self, name: str, node: yaml.Node | None) -> str:
        if node is None:
            return ""
        if not isinstance(node, yaml.ScalarNode):
            self.add_problem(self._line(node), f"`{name}` has to be one text, not a list.", Kind.FIELD_VALUE)
            return ""
        value = str(node.value)
        if CONTROL_CHARACTERS.search(value):
            self.add_problem(
                self._line(node),
                f"`{name}` has an invisible character in it. Type it again.",
                Kind.INVISIBLE_CHARACTER,
            )
        return CONTROL_CHARACTERS.sub("", value)

    def texts(self, name: str, *, required: bool = True) -> tuple[str, ...]:
        """Return a list of lines of text; empty where the field is missing."""
        node = self._node(name, required)
        if node is None:
            return ()
        if not isinstance(node, yaml.SequenceNode):
            self.add_problem(
                self._line(node),
                f"`{name}` has to be a list: one entry per line, each after `- `.",
                Kind.FIELD_VALUE,
            )
            return ()
        entries = tuple(" ".join(self._scalar(name, entry).split()) for entry in node.value)
        if not all(entries):
            self.add_problem(
                self._line(node),
                f"`{name}` has an empty entry. Fill it in, or take it out.",
                Kind.FIELD_VALUE,
            )
        return entries

    def lines(self, name: str) -> tuple[str, ...]:
        """Return an optional list of lines, in which an entry such as `Facebook: https://…` is a line too.

        To YAML that is a mapping, which nobody who writes a line means.
        """
        node = self._node(name, required=False)
        if not isinstance(node, yaml.SequenceNode):
            return self.texts(name, required=False)
        entries = []
        for entry in node.value:
            is_pair = isinstance(entry, yaml.MappingNode) and len(entry.value) == 1
            parts = [self._scalar(name, part) for part in (entry.value[0] if is_pair else (entry,))]
            entries.append(" ".join(": ".join(parts).split()))
        if not all(entries):
            self.add_problem(
                self._line(node),
                f"`{name}` has an empty entry. Fill it in, or take it out.",
                Kind.FIELD_VALUE,
            )
        return tuple(entries)

    def entry_lines(self, name: str) -> tuple[int, ...]:
        """Return the line of each entry of a list; empty where the field is missing or no list."""
        node = self._nodes.get(name)
        return tuple(map(self._line, node.value)) if isinstance(node, yaml.SequenceNode) else ()

    def slug(self, name: str, *, required: bool = True) -> str:
        """Return a slug: lower-case letters, digits and hyphens. "" where it is missing or invalid."""
        return self._check_slug(name, self.text(name, required=required))

    def slugs(self, name: str) -> tuple[str, ...]:
        """Return an optional list of slugs."""
        return tuple(self._check_slug(name, value) for value in self.texts(name, required=False))

    def _check_slug(self, name: str, value: str) -> str:
        if value and not SLUG.fullmatch(value):
            self.add_problem(
                self.line(name),
                f"`{name}: {value}` has to be small letters, digits and hyphens, such as `sen-support`.",
                Kind.FIELD_VALUE,
            )
            return ""
        return value

    def choice(self, name: str, choices: tuple[str, ...], default: str) -> str:
        """Return one of `choices`; `default` where the field is missing or invalid."""
        value = self.text(name, required=False) or default
        if value not in choices:
            self.add_problem(
                self.line(name),
                f"`{name}: {value}` is not one of: {', '.join(choices)}.{_suggestion(value, choices)}",
                Kind.FIELD_VALUE,
            )
            return default
        return value

    def month(self, name: str) -> dt.date | None:
        """Return the first day of an optional month such as 2020-03."""
        return self._date(name, "-01", "a year and a month, such as 2020-03", r"\d{4}-\d{2}")

    def date(self, name: str, *, required: bool = False) -> dt.date | None:
        """Return a day such as 2027-01-31."""
        if required and self._node(name, required) is None:
            return None
        return self._date(name, "", "a year, a month and a day, such as 2027-01-31", r"\d{4}-\d{2}-\d{2}")

    def _date(self, name: str, suffix: str, expected: str, pattern: str) -> dt.date | None:
        value = self.text(name, required=False)
        if not value:
            return None
        try:
            # fromisoformat also accepts 20200301 and week dates, hence the pattern.
            date = dt.date.fromisoformat(value + suffix) if re.fullmatch(pattern, value, re.ASCII) else None
        except ValueError:
            date = None
        if date and is_plausible(date):
            return date
        if date:
            self.add_problem(self.line(name), f"`{name}: {value}`: {YEAR_MESSAGE}", Kind.FIELD_VALUE)
            return None
        self.add_problem(self.line(name), f"`{name}: {value}` has to be {expected}.", Kind.FIELD_VALUE)
        return None

    def entries(self, name: str, *, required: bool = True) -> Iterator[tuple[int, "Fields"]]:
        """Yield the mappings of a list, each with its line. The caller calls `finish` on each of them."""
        node = self._node(name, required)
        if node is None:
            return
        if not isinstance(node, yaml.SequenceNode):
            self.add_problem(
                self._line(node), f"`{name}` has to be a list: each entry starts with `- `.", Kind.FIELD_VALUE
            )
            return
        for entry in node.value:
            yield self._line(entry), Fields._of_node(entry, self)

    def finish(self) -> None:
        """Report the fields that were not read, such as a misspelt one: the first of them, where there are many."""
        unknown = (name for name in self._nodes if name not in self._known)
        for name in islice(unknown, MAX_UNKNOWN_FIELDS):
            self.add_problem(
                self.line(name),
                f"There is no field `{name}`.{_suggestion(name, tuple(self._known))}",
                Kind.FIELD_UNKNOWN,
            )


def _suggestion(word: str, words: tuple[str, ...]) -> str:
    near = difflib.get_close_matches(word, words, n=1)
    return f" Did you mean `{near[0]}`?" if near else ""


def write_fields(fields: dict[str, Any]) -> str:
    """Return a mapping as YAML in canonical form: in the given order, without empty fields, texts not wrapped."""
    return yaml.dump(
        {name: value for name, value in fields.items() if value},
        Dumper=_Dumper,
        sort_keys=False,
        allow_unicode=True,
        width=10**9,
    )


class _Dumper(yaml.SafeDumper):
    """Indents lists under their key, which PyYAML does not, and writes texts of several lines as blocks."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        super().increase_indent(flow, indentless=False)


def _represent_text(dumper: yaml.SafeDumper, text: str) -> yaml.Node:
    style = "|" if "\n" in text else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _represent_text)
