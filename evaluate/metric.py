"""The door for metrics: one answer and its row in, one number out; None where the metric does not apply to the row."""

from collections.abc import Callable
from dataclasses import dataclass

from stepladder.answer_format import FormatRule
from stepladder.plugins import Table
from stepladder.records import Row

Score = Callable[[str, Row, FormatRule | None], float | None]


@dataclass(frozen=True)
class Metric:
    """A metric's name, its function, its range in words, and what it takes to compare two rungs on it."""

    name: str
    function: Score
    unit: str
    higher_is_better: bool = True
    binary: bool = False
    margin: float = 0.05
    """Smallest difference that matters, in the metric's own unit, where the project names none."""


metrics: Table[Metric] = Table("metric")


def metric(
    name: str, *, unit: str, higher_is_better: bool = True, binary: bool = False, margin: float = 0.05
) -> Callable[[Score], Score]:
    """Register `function(output, row, rule) -> float | None`; `rule` is the project's format rule, where it has one."""

    def register(function: Score) -> Score:
        metrics.add(name, Metric(name, function, unit, higher_is_better, binary, margin))
        return function

    return register
