"""What an evaluation measured, before it is put into intervals and words."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from stepladder.answer_format import FormatRule
from stepladder.config import Project
from stepladder.records import Row

from .adapters import Adapter
from .diagnostics import Diagnosed
from .memorised import TrainingText
from .refusals import Refusals
from .response import Response
from .rung import Ask, Rung
from .score import Primary, Values

Scored = Mapping[str, Sequence[Values]]


@dataclass(frozen=True)
class Again:
    """Some rows that the base was asked a second time, in other batches."""

    rows: Sequence[Row]
    responses: Sequence[Response]
    scored: Sequence[Values]


@dataclass(frozen=True)
class Climbed:
    """Everything that was asked, answered and scored; mappings are by rung, lists in the order of `rows`."""

    rows: Sequence[Row]
    rungs: Sequence[Rung]
    asks: Mapping[str, Sequence[Ask]]
    responses: Mapping[str, Sequence[Response]]
    scored: Scored
    again: Again | None
    diagnosed: Sequence[Diagnosed]
    refusals: Refusals
    training_text: TrainingText
    general: Mapping[str, Any] | None


@dataclass(frozen=True)
class Evaluation:
    """What was measured, and under which declarations."""

    climbed: Climbed
    primary: Primary
    project: Project
    adapters: Sequence[Adapter]
    rule: FormatRule | None
    quick: bool
    inputs: Mapping[str, str]
    seconds: float

    @property
    def rows(self) -> Sequence[Row]:
        """The held-out rows."""
        return self.climbed.rows

    @property
    def scored(self) -> Scored:
        """Metric values by rung."""
        return self.climbed.scored

    def rung(self, name: str) -> Rung:
        """The rung of that name."""
        return next(r for r in self.climbed.rungs if r.name == name)
