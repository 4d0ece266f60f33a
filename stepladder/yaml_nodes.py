"""A YAML text as nodes that know their line and column, and the plain values that nodes stand for.

PyYAML follows YAML 1.1, where `2e-4` is text and `no` is false. Here numbers are what they are in YAML 1.2 and JSON,
and a bare yes, no, on or off is text where text is wanted, a boolean where one is wanted, and a fault where nobody can
tell.
"""

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeGuard

from stepladder.errors import UserError, from_os_error

if TYPE_CHECKING:
    from yaml import MappingNode, Node, ScalarNode, SequenceNode

_YAML = "tag:yaml.org,2002:"
_TAGS = {_YAML + name for name in ("str", "int", "float", "bool", "null", "timestamp", "value", "merge", "seq", "map")}
_WHOLE = r"(?:0|[1-9][0-9_]*)"  # no leading zero, as in JSON: 007 is a code, not a number
_INTEGER = re.compile(rf"[-+]?{_WHOLE}")
_FLOAT = re.compile(rf"[-+]?(?:{_WHOLE}(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][-+]?[0-9]+)?")
_DIGITS = 300  # a double has 309 digits before the point at most
_ENDLESS = re.compile(r"[-+]?\.inf|\.nan", re.IGNORECASE)


@dataclass(frozen=True, order=True)
class Fault:
    """One fault of a file: 1-based line and column, the dotted key ("" where none is concerned), and the words."""

    line: int
    column: int
    key: str
    what: str
    todo: str

    def text(self, file: str) -> str:
        """`file:line:column: key: what. todo` without the final full stop."""
        return f"{file}:{self.line}:{self.column}: {self.key + ': ' if self.key else ''}{self.what}. {self.todo}"


def as_error(file: str, faults: Iterable[Fault]) -> UserError:
    """All faults as one error, whose text has one line for each, in the order of the file."""
    first, *others = sorted(set(faults))
    where = f"{file}:{first.line}:{first.column}"
    todo = ".\n".join([first.todo, *(fault.text(file) for fault in others)])
    return UserError(where, f"{first.key + ': ' if first.key else ''}{first.what}", todo)


def is_mapping(node: "Node") -> TypeGuard["MappingNode"]:
    """Whether the node is `key: value` lines."""
    return type(node).__name__ == "MappingNode"


def is_sequence(node: "Node") -> TypeGuard["SequenceNode"]:
    """Whether the node is a list."""
    return type(node).__name__ == "SequenceNode"


def is_scalar(node: "Node") -> TypeGuard["ScalarNode"]:
    """Whether the node is one value."""
    return type(node).__name__ == "ScalarNode"


def is_null(node: "Node") -> bool:
    """Whether nothing stands there: an empty value, null or ~."""
    return bool(node.tag == _YAML + "null")


def has_foreign_tag(node: "Node") -> bool:
    """Whether the node has a tag of its own, such as !!python/object: they are refused, never run."""
    return node.tag not in _TAGS


def compose(path: Path) -> "Node":
    """The root node of the file, a mapping.

    Raises:
        UserError: no such file, not UTF-8, a syntax error, an empty file, or a file that is no mapping.
    """
    import yaml

    text = _text(path)
    try:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        raise as_error(str(path), [_syntax_fault(error)]) from None
    except yaml.reader.ReaderError as error:
        line, column = _position(text, error.position)
        what = f"a character that YAML does not allow (U+{error.character:04X})"
        raise as_error(str(path), [Fault(line, column, "", what, "Remove it")]) from None
    if root is None or is_null(root):
        raise as_error(str(path), [Fault(1, 1, "", "the file is empty", "Write at least `data: FILE`")])
    if not is_mapping(root):
        mark = root.start_mark
        todo = "Write lines such as `data: FILE`, with a space after the colon"
        what = f"the file is {kind_of(root)}, not `key: value` lines"
        raise as_error(str(path), [Fault(mark.line + 1, mark.column + 1, "", what, todo)])
    return root


def number(text: str) -> int | float | None:
    """The number that an unquoted text stands for, or None: 16, 1_000, 0.1, .5, 2e-4, 1E-3."""
    if len(text) > _DIGITS or not _FLOAT.fullmatch(text):
        return None
    found = float(text)
    if math.isinf(found):
        return None
    return int(text) if _INTEGER.fullmatch(text) else found


def boolean(node: "ScalarNode") -> bool | None:
    """The boolean that the node stands for, YAML 1.1's yes, no, on, off included, or None."""
    return node.value.lower() in ("true", "yes", "on") if node.tag == _YAML + "bool" else None


def plain_value(node: "ScalarNode") -> Any:
    """The value where any type will do: None, bool, int, float or str.

    Raises:
        ValueError: what is wrong and what to do (two arguments), for words that could be text or a boolean.
    """
    if is_null(node):
        return None
    if node.style is not None:
        return node.value
    if node.tag == _YAML + "bool":
        if node.value.lower() in ("true", "false"):
            return boolean(node)
        meant = "true" if boolean(node) else "false"
        raise ValueError(f"'{node.value}' could be text or a boolean", f"Write '{node.value}' in quotes, or {meant}")
    if _ENDLESS.fullmatch(node.value):
        raise ValueError(f"'{node.value}' is not a finite number", "Write a finite number, or quotes around a text")
    found = number(node.value)
    return node.value if found is None else found


def kind_of(node: "Node") -> str:
    """What stands there, in words: "a list", "the number 3", "the text 'abc'"."""
    if not is_scalar(node):
        return "a section of keys" if is_mapping(node) else "a list"
    if is_null(node):
        return "empty"
    shown = node.value if len(node.value) <= 40 else node.value[:37] + "..."
    if node.style is None and number(node.value) is not None:
        return f"the number {shown}"
    return shown if node.style is None and boolean(node) is not None else f"the text {shown!r}"


def _text(path: Path) -> str:
    try:
        data = path.read_bytes()
    except OSError as error:
        raise from_os_error(error) or error from None
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line, column = _position(data[: error.start].decode("utf-8-sig", "replace"), error.start)
        raise as_error(str(path), [Fault(line, column, "", "the file is not UTF-8 text", "Save it as UTF-8")]) from None


def _position(text: str, offset: int) -> tuple[int, int]:
    before = text[:offset]
    return before.count("\n") + 1, len(before) - (before.rfind("\n") + 1) + 1


_SYNTAX = (  # a part of PyYAML's problem, and what to do about it
    ("unknown escape", "Put text with backslashes in single quotes"),
    ("mapping values are not allowed", "Put text that holds ': ' in quotes, and check the indentation"),
    ("cannot start any token", "Put a text that begins with this character in quotes"),
    ("sequence entries are not allowed", "Put a lone - in quotes, and begin a list on a line of its own"),
    ("another document", "Keep one document in the file: remove the second '---'"),
    ("undefined alias", "Put a text that begins with * in quotes"),
    ("end of stream", "Close the quote or bracket that is still open"),
    ("<stream end>", "Close the quote or bracket that is still open"),
)


def _syntax_fault(error: Any) -> Fault:
    mark, problem = error.problem_mark or error.context_mark, str(error.problem)
    if "stream" in problem and "end" in problem:
        mark = error.context_mark or mark
    line, column = mark.line + 1, mark.column + 1
    if r"'\t'" in problem:
        return Fault(line, column, "", "a tab where YAML allows only spaces", "Indent with spaces")
    todo = next(
        (todo for part, todo in _SYNTAX if part in problem), "Check indentation, quotes and brackets around here"
    )
    return Fault(line, column, "", f"this is not YAML ({problem.split(chr(10))[0]})", todo)
