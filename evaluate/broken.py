"""What tuning broke on the task itself: rows and slices on which an adapter does worse than the base did."""

from collections.abc import Sequence
from typing import Any

from .climbed import Evaluation
from .stats.intervals import student

WORST = 20
"""Rows that are named, the largest losses first; the count is of all."""


def broken(e: Evaluation, order: Sequence[str]) -> dict[str, Any]:
    """For each adapter's rung against zero_shot on the primary metric: rows lost, rows it got wholly wrong, and slices.

    `base_right`: rows with the full mark 1 for the base and less for the adapter, on metrics that end at 1. A slice has its
    mean difference (adapter minus base) with an unadjusted 95 % t interval; below 2 rows there is none. Empty where the
    ladder has no zero_shot rung.
    """
    if "zero_shot" not in e.scored:
        return {}
    return {name: _against_base(e, name) for name in order if e.rung(name).adapter}


def _against_base(e: Evaluation, name: str) -> dict[str, Any]:
    metric = e.primary.metric
    sign = 1 if metric.higher_is_better else -1
    losses: list[dict[str, Any]] = []
    groups: dict[str, list[float]] = {}
    for row, before, after in zip(e.rows, e.scored["zero_shot"], e.scored[name], strict=True):
        old, new = before[metric.name], after[metric.name]
        if old is None or new is None:
            continue
        groups.setdefault(str(row.metadata.get("slice", "all")), []).append(new - old)
        if sign * (new - old) < 0:
            losses.append({"id": row.id, "base": old, "adapter": new})
    losses.sort(key=lambda loss: (sign * (loss["adapter"] - loss["base"]), loss["id"]))
    shares = metric.binary or "0 to 1" in metric.unit
    return {
        "rows_lost": len(losses),
        "base_right": sum(loss["base"] == 1 for loss in losses) if shares else None,
        "worst": losses[:WORST],
        "slices": {group: _slice(values) for group, values in sorted(groups.items())},
    }


def _slice(differences: Sequence[float]) -> dict[str, Any]:
    found = student(differences)
    known = len(differences) > 1
    return {
        "n": found.n,
        "difference": found.mean,
        "low": found.low if known else None,
        "high": found.high if known else None,
    }
