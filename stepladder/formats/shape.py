"""What a format is: a name, the columns it needs, and one function from a row to a draft of a record."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from stepladder.formats.columns import Columns
from stepladder.inputs.item import RowFault
from stepladder.records import Kind, Message


class UnknownShape(RowFault):
    """No format has the row's columns."""


class AmbiguousShape(Exception):
    """The row fits the formats named `args`, which read it differently; the user must say which one is meant."""


@dataclass(frozen=True, slots=True)
class Draft:
    """What a row says, before it has its id and its place. `metadata` is only what the format itself found."""

    kind: Kind
    prompt: tuple[Message, ...]
    answers: Mapping[str, tuple[Message, ...]]
    label: bool | None = None
    tools: Any = None
    metadata: Mapping[str, Any] = field(default_factory=dict)


class Rest(NamedTuple):
    """What a row has beside that: an own id or None, tools, and all else as metadata."""

    id: str | None
    tools: Any
    metadata: dict[str, Any]


@dataclass(frozen=True, slots=True, eq=False)
class Format:
    """A shape that rows come in. Several shapes may share a `name`, which is what `--format` takes.

    A row has the shape when it has all columns in `needs` and `when` (asked only then) agrees; `may` are columns that
    `read` also uses where they are there.
    """

    name: str
    needs: tuple[str, ...]
    read: Callable[[Columns], Draft]
    may: tuple[str, ...] = ()
    when: Callable[[Columns], bool] | None = None

    def uses(self, present: frozenset[str]) -> frozenset[str]:
        """The columns among `present` that this format reads."""
        return present.intersection((*self.needs, *self.may))
