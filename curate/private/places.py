"""Where data stand in a text."""

from collections.abc import Iterable
from typing import NamedTuple


class Found(NamedTuple):
    """A stretch of a text, and what kind of datum it is."""

    start: int
    end: int
    kind: str


def apart(found: Iterable[Found]) -> list[Found]:
    """In order, none overlapping another: the longer of two that do, the first of two as long."""
    kept: list[Found] = []
    for item in sorted(found):
        if not kept or item.start >= kept[-1].end:
            kept.append(item)
        elif item.end - item.start > kept[-1].end - kept[-1].start:
            kept[-1] = item
    return kept
