"""What a setting may hold beyond its type: rules and marks that stand in `Annotated` hints of config.py.

A rule's `fault(value)` is None, or what is wrong and what to do (sentences without a final full stop).
"""

import math
import re
import types
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Annotated, Any, Literal, Protocol, Union, get_args, get_origin, runtime_checkable

Problem = tuple[str, str]


@runtime_checkable
class Rule(Protocol):
    """One thing that a value must satisfy."""

    def fault(self, value: Any) -> Problem | None:
        """What is wrong with `value` and what to do, or None."""
        ...


@dataclass(frozen=True)
class Range:
    """A number from `low` to `high`; `above`, `below`: the bound itself is not allowed."""

    low: float
    high: float = math.inf
    above: bool = False
    below: bool = False

    def fault(self, value: float) -> Problem | None:
        """Infinite and NaN values are never inside."""
        low_fits = value > self.low if self.above else value >= self.low
        high_fits = value < self.high if self.below else value <= self.high
        if low_fits and high_fits and math.isfinite(value):
            return None
        what = f"is {_plain(value)}, but must be {self}"
        if self.high == 1 and self.low == 0 and 1 < value < 100:
            return what, f"A share is a part of 1: write {value / 100:g} for {value:g} %"
        return what, "Choose a value in that range"

    def __str__(self) -> str:
        bounds = [f"{'above' if self.above else 'at least'} {_plain(self.low)}"]
        if self.high < math.inf:
            bounds.append(f"{'below' if self.below else 'at most'} {_plain(self.high)}")
        return " and ".join(bounds)


@dataclass(frozen=True)
class Regex:
    """A regular expression of Python's `re`."""

    def fault(self, value: str) -> Problem | None:
        """The complaint of `re`, with the 1-based position where it has one."""
        try:
            re.compile(value)
        except re.error as error:
            where = "" if error.pos is None else f" at character {error.pos + 1}"
            return (
                f"is not a regular expression ({error.msg}{where})",
                "Put a backslash before a literal sign",
            )
        return None


@dataclass(frozen=True)
class Matches:
    """Text of a certain form. The message never repeats the value: it may be a secret pasted in the wrong place."""

    pattern: str
    what: str
    todo: str

    def fault(self, value: str) -> Problem | None:
        """The whole text must match."""
        return None if re.fullmatch(self.pattern, value) else (self.what, self.todo)


@dataclass(frozen=True)
class Steps:
    """One word of `alone`, or several of `parts` joined by `+`, none of them twice."""

    alone: tuple[str, ...]
    parts: tuple[str, ...]

    def fault(self, value: str) -> Problem | None:
        """The first word that is not known, or that stands twice."""
        words = value.split("+")
        if value in self.alone:
            return None
        for word in words:
            if word not in self.parts:
                return not_one_of(word, (*self.alone, *self.parts) if len(words) == 1 else self.parts)
        twice = f"is '{value}', which names a part twice"
        return None if len(set(words)) == len(words) else (twice, "Name each part once")


@dataclass(frozen=True)
class JsonSchema:
    """A JSON schema made of the keywords that Stepladder checks."""

    def fault(self, value: dict[str, Any]) -> Problem | None:
        """The first keyword that is unknown or misused, with its place in the schema."""
        from stepladder.json_schema import schema_fault

        return schema_fault(value)


@dataclass(frozen=True)
class OneOrMany:
    """Mark: a single text is read as a list of one."""


@dataclass(frozen=True)
class LocalPath:
    """Mark: text that is a path relative to the project file; with `or_name` it may also be `-` or a name."""

    or_name: bool = False


@dataclass(frozen=True)
class PassThrough:
    """Mark: a free-form section; `holds` says what belongs there, for the message about a key in the wrong place."""

    holds: str


def without_marks(hint: Any) -> tuple[Any, tuple[Any, ...]]:
    """`Annotated[X, a, b]` as (X, (a, b)); any other hint as (hint, ())."""
    return (hint.__origin__, hint.__metadata__) if get_origin(hint) is Annotated else (hint, ())


def without_none(hint: Any) -> Any | None:
    """X of a hint `X | None`, or None where the hint is no such union."""
    if get_origin(hint) not in (Union, types.UnionType):
        return None
    return next(member for member in get_args(hint) if member is not type(None))


def value_fault(hint: Any, value: Any) -> Problem | None:
    """The first rule of `hint` that `value`, already of the right type, does not satisfy."""
    hint, marks = without_marks(hint)
    if value is None:
        return None
    if member := without_none(hint):
        return value_fault(member, value)
    if get_origin(hint) is Literal and value not in get_args(hint):
        return not_one_of(value, get_args(hint))
    if get_origin(hint) is tuple:
        faults = [value_fault(get_args(hint)[0], item) for item in value]
    else:
        faults = [rule.fault(value) for rule in marks if isinstance(rule, Rule)]
    return next((fault for fault in faults if fault), None)


def not_one_of(value: str, allowed: tuple[str, ...]) -> Problem:
    """The fault of a word that is none of `allowed`, with the nearest one."""
    what = f"is '{value}', not one of {', '.join(allowed)}"
    near = get_close_matches(value.lower(), allowed, n=1)
    return what, f"Did you mean '{near[0]}'" if near else "Choose one of them"


def _plain(number: float) -> str:
    return str(number).removesuffix(".0")
