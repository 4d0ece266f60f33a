"""Which of two rows that say the same stays, and why."""

from collections.abc import Callable
from dataclasses import dataclass

from stepladder.records import Row


@dataclass(frozen=True, slots=True, order=True)
class Standing:
    """What speaks against a row: lower is better, compared in this order."""

    questions: int
    """Reasons to review it."""
    repairs: int
    missing: int
    """How many metadata fewer than the richest row it has, as a negative count of its own."""
    place: int
    """Its place in the input."""


Standings = Callable[[str], Standing]


def why(stays: Standing, goes: Standing) -> str:
    """In words, the first thing that decides between them."""
    if stays.questions != goes.questions:
        return "which has fewer open questions"
    if stays.repairs != goes.repairs:
        return "which needed fewer repairs"
    if stays.missing != goes.missing:
        return "which carries more metadata"
    return "which comes first"


def standing(row: Row, place: int, questions: int, repairs: int) -> Standing:
    """The standing of a row; the place decides last, so that the choice is the same on every machine."""
    return Standing(questions, repairs, -len(row.metadata), place)
