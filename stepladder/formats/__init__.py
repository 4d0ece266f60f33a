"""From one row in any common form to a draft of a record; every form is one small function in this package."""

from collections.abc import Sequence
from difflib import get_close_matches
from functools import lru_cache
from typing import Any

from stepladder.errors import UserError
from stepladder.formats import annotated, conversations, examples, pairs, rest
from stepladder.formats.columns import Columns, usual
from stepladder.formats.shape import AmbiguousShape, Draft, Format, Rest, UnknownShape
from stepladder.formats.turns import described, listed
from stepladder.inputs.item import RowFault

__all__ = [
    "FORMATS",
    "NAMES",
    "WANTED",
    "AmbiguousShape",
    "UnknownShape",
    "check_name",
    "fits",
    "is_row",
    "name_of",
    "recognise",
]

_SFT = [*examples.formats(), *conversations.formats()]
FORMATS: tuple[Format, ...] = (*_SFT, *examples.with_verdict(_SFT), *pairs.formats())
NAMES = tuple(dict.fromkeys(one.name for one in FORMATS))
WANTED = (
    "prompt + completion; prompt + chosen + rejected; prompt + completion + label; messages; conversations; "
    "instruction + output; question + answer; or prompt + response"
)  # the usual sets of columns, for messages

_OWN = ("id", "metadata", "tools")  # what every format may have beside its own columns
_KNOWN = frozenset([*_OWN, *(column for one in FORMATS for column in (*one.needs, *one.may))])
_LABELS = frozenset(["label", "kto_tag"])
_ANSWERS = frozenset(["chosen", "rejected"])


def check_name(name: str | None) -> None:
    """Raise a UserError for a `--format` that does not exist."""
    if name is not None and name not in NAMES:
        near = get_close_matches(name, NAMES, n=1)
        todo = f"Did you mean '{near[0]}'" if near else f"Take one of {', '.join(NAMES)}"
        raise UserError("--format", f"'{name}' is not a format", todo)


def fits(columns: Sequence[str]) -> bool:
    """Whether rows with these columns can be read."""
    return bool(_having(frozenset(map(usual, annotated.plain_columns(columns))), None))


def is_row(value: Any) -> bool:
    """Whether an object has the columns of a format, or is the export of an annotation tool."""
    return isinstance(value, dict) and (annotated.is_annotated(value) or fits(list(value)))


def name_of(value: Any) -> str:
    """The name of the format that a row is read in.

    Raises:
        RowFault: it is in none.
    """
    return _candidates(_columns(value), None)[0].name


def recognise(value: Any, name: str | None = None) -> tuple[Draft, Rest]:
    """What the row says, and its id, tools and metadata, where the columns that no format needs ride along.

    Of several formats the one that uses more of the row's columns is taken; `name` leaves only the formats called so.

    Raises:
        RowFault: it has no known shape (UnknownShape), or cannot be read in the shape that it has.
        AmbiguousShape: two formats read it differently.
    """
    columns = _columns(value)
    candidates = _candidates(columns, name)
    drafts = [one.read(columns) for one in candidates]
    draft = drafts[0]
    if len(drafts) > 1 and any(_content(other) != _content(draft) for other in drafts):
        raise AmbiguousShape(*dict.fromkeys(one.name for one in candidates))
    used = _used(candidates, columns.present)
    tools = rest.tools(columns) if draft.tools is None else draft.tools
    return draft, Rest(rest.own_id(columns), tools, rest.metadata(columns, used, draft.metadata))


def _columns(value: Any) -> Columns:
    if not isinstance(value, dict):
        raise RowFault(f"the row is {described(value)}, not an object with named fields")
    return Columns(annotated.flat(value), _KNOWN)


def _candidates(columns: Columns, name: str | None) -> tuple[Format, ...]:
    """The formats that the row has the shape of, without those that would leave a column to another one."""
    present = columns.present
    if columns.absent & _LABELS and not columns.absent & _ANSWERS:
        present |= columns.absent & _LABELS  # a verdict that is missing, not a table of rows of several kinds
    found = _widest(tuple(one for one in _having(present, name) if one.when is None or one.when(columns)), present)
    if not found and columns.absent:
        everything = present | columns.absent
        found = _widest(tuple(one for one in _having(everything, name) if one.when is None), everything)
        if len(found) > 1:
            raise RowFault(f"only {listed(sorted(columns.present)) or 'nothing'} holds a value")
    if not found and name is not None:
        raise UnknownShape(f"does not have the form '{name}'; its fields are {listed(columns.row)}")
    if not found:
        has = f"its fields are {listed(columns.row)}" if columns.row else "it has no fields"
        raise UnknownShape(f"is in no known format; {has}")
    return found


@lru_cache(maxsize=1024)
def _having(present: frozenset[str], name: str | None) -> tuple[Format, ...]:
    return tuple(one for one in FORMATS if name in (None, one.name) and present.issuperset(one.needs))


@lru_cache(maxsize=1024)
def _widest(formats: tuple[Format, ...], present: frozenset[str]) -> tuple[Format, ...]:
    uses = [one.uses(present) for one in formats]
    return tuple(one for one, columns in zip(formats, uses, strict=True) if not any(columns < other for other in uses))


@lru_cache(maxsize=1024)
def _used(formats: tuple[Format, ...], present: frozenset[str]) -> frozenset[str]:
    return frozenset(_OWN).union(*(one.uses(present) for one in formats))


def _content(draft: Draft) -> tuple[Any, ...]:
    return draft.kind, draft.prompt, dict(draft.answers), draft.label
