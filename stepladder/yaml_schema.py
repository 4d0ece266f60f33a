"""A YAML file as any frozen dataclass: its type hints are the schema, and every fault is told at once, with its place.

Understood are str, int, float, bool, Literal, `X | None`, `tuple[X, ...]`, `dict[str, X]`, Any, nested dataclasses, and
`Annotated` with the rules and marks of value_rules.py. A dataclass with a method `faults()` is asked, once all of its
values are sound, for (key, what, todo) where values do not go together.
"""

import dataclasses
import os.path
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeVar, get_args, get_origin

from stepladder import yaml_nodes as nodes
from stepladder.errors import UserError
from stepladder.value_rules import LocalPath, OneOrMany, Rule, not_one_of, without_marks, without_none
from stepladder.yaml_keys import hints_of, is_container, joined, sections_of, stray_key

if TYPE_CHECKING:
    from yaml import Node

T = TypeVar("T")

_WANTED: dict[Any, tuple[str, str]] = {  # type -> its name, and what to write
    str: ("text", "Write one text"),
    int: ("a whole number", "Write a whole number such as 16, without quotes"),
    float: ("a number", "Write a number such as 0.1 or 2e-4, without quotes"),
    bool: ("true or false", "Write true or false"),
    tuple: ("a list", "Write [a, b], or one '- a' a line"),
    dict: ("a section", "Write its keys below it, indented by two spaces"),
}
_FILE_ENDINGS = (".jsonl", ".json", ".csv", ".tsv", ".txt", ".parquet", ".arrow", ".gz", ".zst", ".gguf")


def read_yaml(path: Path, schema: type[T], *, required: Sequence[str] = ()) -> T:
    """The file as an instance of `schema`. `required` names top-level keys that must hold something despite a default.

    Raises:
        UserError: with one line for every fault: `file:line:column: key: what. todo`.
    """
    reader = _Reader(schema, path.parent)
    try:
        root = nodes.compose(path)
        found = reader.section(root, schema, "")
    except RecursionError:
        raise UserError(
            str(path), "the values are nested too deeply, or hold themselves", "Write them out flat"
        ) from None
    held = [key.value for key, value in root.value if not nodes.is_null(value) and value.value != []]
    for key in (key for key in required if key not in held):
        reader.add(root, key, "is missing", f"Add the line `{key}: ...`")
    if reader.faults:
        raise nodes.as_error(str(path), reader.faults)
    return found  # type: ignore[no-any-return]  # an instance of `schema`, built from hints


class _Reader:
    """Walks nodes and hints side by side, and collects faults instead of stopping at the first."""

    def __init__(self, schema: type, base: Path) -> None:
        self.sections = dict(sections_of(schema))
        self.base = base
        self.faults: list[nodes.Fault] = []

    def add(self, node: "Node", key: str, what: str, todo: str) -> None:
        mark = node.start_mark
        self.faults.append(nodes.Fault(mark.line + 1, mark.column + 1, key, what, todo))

    def section(self, node: "Node", schema: Any, key: str) -> Any:
        """An instance of the dataclass `schema`, or None when it has faults."""
        before, hints, given = len(self.faults), hints_of(schema), {}
        places: dict[str, Node] = {}
        for name, key_node, value_node in self.entries(node, key):
            if name not in hints:
                self.add(key_node, joined(key, name), *stray_key(name, key, schema, self.sections))
            elif not (nodes.is_null(value_node) and is_container(hints[name])):
                places[name] = value_node
                given[name] = self.value(value_node, hints[name], joined(key, name))
        required = {f.name for f in dataclasses.fields(schema) if f.default is f.default_factory is dataclasses.MISSING}
        for name in sorted(required - set(given)) if nodes.is_mapping(node) or nodes.is_null(node) else ():
            self.add(node, joined(key, name), "is missing", f"Add the line `{name}: ...`")
        if len(self.faults) > before:
            return None
        made = schema(**given)
        for name, what, todo in made.faults() if hasattr(made, "faults") else ():
            self.add(places.get(name, node), joined(key, name), what, todo)
        return made

    def value(self, node: "Node", hint: Any, key: str) -> Any:
        """The value of one key; None after a fault."""
        if nodes.has_foreign_tag(node):
            return self.add(node, key, f"has the tag {node.tag}", "Remove the tag: only plain values are read")
        hint, marks = without_marks(hint)
        before = len(self.faults)
        found = self.typed(node, hint, key, marks)
        if len(self.faults) == before:
            rules = [rule for rule in marks if isinstance(rule, Rule)]
            for problem in filter(None, (rule.fault(found) for rule in rules)):
                return self.add(node, key, *problem)
        return found

    def typed(self, node: "Node", hint: Any, key: str, marks: tuple[Any, ...]) -> Any:
        """The value by the type that is wanted."""
        if member := without_none(hint):
            return None if nodes.is_null(node) else self.value(node, member, key)
        if hint is Any:
            return self.anything(node, key)
        if dataclasses.is_dataclass(hint):
            return self.section(node, hint, key)
        if get_origin(hint) is tuple:
            return self.items(node, get_args(hint)[0], key, one_will_do=OneOrMany() in marks)
        if get_origin(hint) is dict:
            entries = self.entries(node, key)
            return {name: self.value(child, get_args(hint)[1], joined(key, name)) for name, _, child in entries}
        if get_origin(hint) is Literal:
            return self.word(node, get_args(hint), key)
        found = self.scalar(node, hint, key)
        local = next((mark for mark in marks if isinstance(mark, LocalPath)), None)
        return found if local is None or found is None else self.located(node, found, local, key)

    def entries(self, node: "Node", key: str) -> "Iterator[tuple[str, Node, Node]]":
        """Name, key node and value node of a section; a name that stands twice is a fault."""
        if nodes.is_null(node):
            return
        if not nodes.is_mapping(node):
            return self.wrong(node, dict, key)
        lines: dict[str, int] = {}
        for key_node, value_node in node.value:
            if not nodes.is_scalar(key_node):
                self.add(key_node, key, f"has a key that is {nodes.kind_of(key_node)}", "Write a word before the colon")
                continue
            name = key_node.value
            if name in lines:
                self.add(key_node, joined(key, name), f"stands twice, first in line {lines[name]}", "Remove one")
            else:
                lines[name] = key_node.start_mark.line + 1
                yield name, key_node, value_node

    def items(self, node: "Node", hint: Any, key: str, one_will_do: bool) -> tuple[Any, ...] | None:
        """The values of a list."""
        if nodes.is_sequence(node):
            return tuple(self.value(child, hint, f"{key}[{index}]") for index, child in enumerate(node.value))
        if one_will_do and nodes.is_scalar(node):
            return (self.value(node, hint, key),)
        self.wrong(node, tuple, key)
        return None

    def scalar(self, node: "Node", hint: Any, key: str) -> Any:
        """A str, int, float or bool; text is taken as it is written: `no` is text where text is wanted."""
        found: Any = None
        if nodes.is_scalar(node) and not nodes.is_null(node):
            if hint is str:
                return node.value
            if hint is bool:
                found = nodes.boolean(node) if node.style is None else None
            elif node.style is None:
                found = nodes.number(node.value)
                found = float(found) if hint is float and found is not None else found
        return found if isinstance(found, hint) else self.wrong(node, hint, key)

    def word(self, node: "Node", allowed: tuple[str, ...], key: str) -> Any:
        """One of the words of a Literal."""
        if not nodes.is_scalar(node) or nodes.is_null(node):
            what = f"is {nodes.kind_of(node)}, not one of {', '.join(allowed)}"
            return self.add(node, key, what, "Choose one of them")
        return node.value if node.value in allowed else self.add(node, key, *not_one_of(node.value, allowed))

    def anything(self, node: "Node", key: str) -> Any:
        """A value of a free-form section, as JSON would have it."""
        if nodes.is_mapping(node):
            return {name: self.value(child, Any, joined(key, name)) for name, _, child in self.entries(node, key)}
        if nodes.is_sequence(node):
            return [self.value(child, Any, f"{key}[{index}]") for index, child in enumerate(node.value)]
        try:
            return nodes.plain_value(node)  # type: ignore[arg-type]  # neither of the two above
        except ValueError as error:
            return self.add(node, key, *error.args)

    def located(self, node: "Node", text: str, mark: LocalPath, key: str) -> str | None:
        """A path relative to the project file; with `or_name`, names stay as they are unless such a file exists."""
        if not text.strip():
            self.add(node, key, "is an empty path", "Write a path, or remove the line")
            return None
        path = self.base / os.path.expanduser(text)
        is_path = text.startswith((".", "/", "~")) or text.endswith(_FILE_ENDINGS) or os.path.exists(path)
        return str(path) if not mark.or_name or (is_path and text != "-") else text

    def wrong(self, node: "Node", wanted: Any, key: str) -> None:
        """Add the fault of a value of the wrong type."""
        name, todo = _WANTED[wanted]
        self.add(node, key, f"is {nodes.kind_of(node)}, not {name}", todo)
