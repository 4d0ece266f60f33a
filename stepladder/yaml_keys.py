"""Which keys the sections of a schema have, and where a key belongs that stands in the wrong one."""

import dataclasses
from collections.abc import Iterator
from difflib import get_close_matches
from typing import Any, get_args, get_origin, get_type_hints

from stepladder.value_rules import PassThrough, without_marks, without_none


def hints_of(schema: type) -> dict[str, Any]:
    """Field name -> type hint with its marks."""
    return get_type_hints(schema, include_extras=True)


def core_of(hint: Any) -> Any:
    """The hint without marks and without `| None`."""
    hint, _ = without_marks(hint)
    member = without_none(hint)
    return hint if member is None else core_of(member)


def is_container(hint: Any) -> bool:
    """Whether the hint is a section or a list: its key may stand alone, with all lines commented out."""
    core = core_of(hint)
    return dataclasses.is_dataclass(core) or get_origin(core) in (tuple, dict)


def sections_of(schema: type, prefix: str = "", seen: frozenset[type] = frozenset()) -> Iterator[tuple[str, type]]:
    """Every section from `schema` down: its dotted name ("" is the top level) and dataclass; a recursive one once."""
    yield prefix, schema
    for name, hint in hints_of(schema).items():
        inner, dotted = core_of(hint), joined(prefix, name)
        if get_origin(inner) is dict:
            inner, dotted = get_args(inner)[1], f"{dotted}.NAME"
        if isinstance(inner, type) and dataclasses.is_dataclass(inner) and inner not in seen | {schema}:
            yield from sections_of(inner, dotted, seen | {schema})


def stray_key(name: str, section: str, schema: type, sections: dict[str, type]) -> tuple[str, str]:
    """What to say of a key that `section` does not have: where it belongs, and the nearest key here or elsewhere."""
    here = hints_of(schema)
    what = f"is not a key {_under(section)}"
    owners = [_under(dotted) for dotted, owner in sections.items() if name in hints_of(owner)]
    cutoff = 0.8 if owners else 0.6  # 0.6 is difflib's own; what belongs elsewhere has to be very near to be meant here
    near = [f"did you mean '{key}'" for key in get_close_matches(name, here, n=1, cutoff=cutoff)]
    if owners or near:
        return what, _sentence(", or ".join([f"it belongs {' or '.join(owners)}"] * bool(owners) + near))
    elsewhere = {key: dotted for dotted, owner in reversed(sections.items()) for key in hints_of(owner)}
    if found := get_close_matches(name, elsewhere, n=1):
        return what, f"Did you mean '{found[0]}' {_under(elsewhere[found[0]])}"
    todo = [f"keys here are {', '.join(here)}"]
    for key, hint in here.items():
        marks = (mark for mark in without_marks(hint)[1] if isinstance(mark, PassThrough))
        todo += [f"{mark.holds} go {_under(joined(section, key))}" for mark in marks]
    return what, _sentence("; ".join(todo))


def joined(section: str, name: str) -> str:
    """The dotted name of a key."""
    return f"{section}.{name}" if section else name


def _under(section: str) -> str:
    return f"under '{section}'" if section else "at the top level"


def _sentence(text: str) -> str:
    return text[0].upper() + text[1:]
