"""What tuning made the model forget: questions outside the task, answered by the base and by every adapter."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from stepladder.errors import UserError
from stepladder.reading import read_rows
from stepladder.records import Row

from .metric import metrics
from .rung import Ask, Rung, promptings
from .stats.intervals import wilson
from .stats.paired import mcnemar, paired_interval
from .tune import Run

BASE = "base model"


def general_rows(path: str) -> list[Row]:
    """The questions, each with the facts that a right answer states.

    Raises:
        UserError: no rows, or a row that names no facts.
    """
    rows = read_rows(Path(path))
    for row in rows:
        if metrics["facts"].function("", row, None) is None:
            raise UserError(f"{path}: row {row.id}", "names no facts to check", 'Add "must_contain": ["..."] to it')
    if not rows:
        raise UserError(path, "holds no questions", "Write one a line, with `must_contain`")
    return rows


def ask_general(rows: Sequence[Row], adapters: Sequence[str], run: Run) -> dict[str, Any]:
    """Share of questions whose facts are all right, for the base and each adapter, without the project's system turn.

    Shares have Wilson 95 % intervals. `difference` is adapter minus base with Tango's interval and the exact McNemar p,
    not adjusted for the number of adapters; `lost` names the questions that only the base has right.
    """
    asks = [Ask(tuple(m for m in row.prompt if m["role"] != "system")) for row in rows]
    right: dict[str, list[bool]] = {}
    for name in (None, *adapters):
        rung = Rung(f"general questions, {name or BASE}", promptings["zero_shot"](), name)
        answers = run(rung, rows, asks)
        right[name or BASE] = [
            metrics["facts"].function(a.output, row, None) == 1 for a, row in zip(answers, rows, strict=True)
        ]
    return {
        "n": len(rows),
        "rungs": [_figures(name, given, right[BASE], rows) for name, given in right.items()],
    }


def _figures(name: str, right: Sequence[bool], base: Sequence[bool], rows: Sequence[Row]) -> dict[str, Any]:
    share = wilson(sum(right), len(right))
    found: dict[str, Any] = {"name": name, "right": share.mean, "low": share.low, "high": share.high}
    if name == BASE:
        return found
    gap = paired_interval([float(a) - float(b) for a, b in zip(right, base, strict=True)], binary=True)
    lost = [row.id for row, a, b in zip(rows, right, base, strict=True) if b and not a]
    gained = sum(a and not b for a, b in zip(right, base, strict=True))
    found["difference"] = {"mean": gap.mean, "low": gap.low, "high": gap.high, "p": mcnemar(gained, len(lost))}
    return found | {"lost": lost, "gained": gained}
