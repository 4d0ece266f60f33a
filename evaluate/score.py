"""From responses to numbers: one value a metric and row, and the arrays that the statistics work on."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from stepladder.answer_format import FormatRule
from stepladder.errors import UserError
from stepladder.records import Row

from .metric import Metric, metrics
from .response import Response

Values = dict[str, float | None]

NLL = Metric("nll", lambda output, row, rule: None, "nats per token of the reference", higher_is_better=False)
"""Negative log-likelihood of the reference: measured by the model on the way, not from the answer's text."""


@dataclass(frozen=True)
class Primary:
    """The one metric that the verdict rests on, declared before any held-out answer is seen."""

    metric: Metric
    margin: float
    alpha: float
    reason: str


def values_of(response: Response, row: Row, rule: FormatRule | None) -> Values:
    """Every metric of one response. A row in error scores 0 where higher is better, and has no likelihood.

    A row that is not applicable has no values.
    """
    if response.status == "not_applicable":
        return dict.fromkeys([*metrics, NLL.name])
    if response.status == "error":
        return {name: None if m.function("", row, rule) is None else 0.0 for name, m in metrics.items()} | {"nll": None}
    found: Values = {name: m.function(response.output, row, rule) for name, m in metrics.items()}
    return found | {"nll": response.nll}


def find(name: str) -> Metric:
    """The metric of that name, the likelihood included."""
    return NLL if name == "nll" else metrics[name]


def choose_primary(
    name: str | None, margin: float | None, alpha: float, rows: Sequence[Row], rule: FormatRule | None
) -> Primary:
    """The project's primary metric, else `checks` where every held-out row names its facts, else chrF.

    Raises:
        UserError: the named metric says nothing about some of the held-out rows.
    """
    if name is None:
        name = "checks" if all(metrics["checks"].function("", row, rule) is not None for row in rows) else "chrf"
        reason = (
            "default: every held-out row names its facts"
            if name == "checks"
            else "default: the rows name no facts to check"
        )
    else:
        reason = "declared in the project file"
    metric = find(name)
    silent = [row for row in rows if metric is not NLL and metric.function("", row, rule) is None]
    if silent:
        what = f"says nothing about {len(silent)} of {len(rows)} held-out rows, the first being {silent[0].id}"
        raise UserError(f"evaluate.primary: {name}", what, "Choose another primary metric, such as chrf")
    chosen = metric.margin if margin is None else margin
    reason += (
        f"; margin {chosen:g} {'from the project file' if margin is not None else 'is the default of this metric'}"
    )
    return Primary(metric, chosen, alpha, reason)


def matrix(name: str, scored: Mapping[str, Sequence[Values]]) -> NDArray[np.float64]:
    """Shape (rungs, rows); a missing value (an error's likelihood) becomes the worst value seen."""
    table = np.array([[np.nan if v[name] is None else v[name] for v in rows] for rows in scored.values()], dtype=float)
    worst = np.nanmin(table) if find(name).higher_is_better else np.nanmax(table)
    return np.where(np.isnan(table), worst, table)
