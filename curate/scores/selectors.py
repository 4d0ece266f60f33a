"""What a score would choose, beside what length alone and chance would: no selector is shown without them."""

import math
from collections.abc import Mapping, Sequence
from itertools import accumulate
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .combined import HIGH_IS_GOOD, average_ranks

SELECTORS = {**HIGH_IS_GOOD, "ifd": True, "combined": True}
TOP = 0.1
"""Share of the rows that a selector chooses here; the papers choose 5 to 15 % (research/curation.md section 1)."""
_LEAST = 20  # rows; of fewer a tenth is one or two

Vector = NDArray[np.float64]


def selectors(scores: Sequence[Mapping[str, float]]) -> dict[str, Any]:
    """For each selector that scores 20 rows or more: rows, top, length_correlation, overlap_longest, overlap_random.

    `top` is how many it chooses, `length_correlation` Spearman's of the score with the response's words,
    `overlap_longest` the share of its choice that "the longest" would choose too (Zhao et al. 2024, "Long is more for
    alignment"), and `overlap_random` the share that a draw would, with the range that 95 % of draws keep to.
    """
    out = {}
    for name, high in SELECTORS.items():
        rows = [row for row in scores if name in row and "response_words" in row]
        if len(rows) >= _LEAST:
            values = np.array([row[name] if high else -row[name] for row in rows])
            out[name] = _beside(values, np.array([row["response_words"] for row in rows], dtype=np.float64))
    return out


def _beside(values: Vector, lengths: Vector) -> dict[str, Any]:
    n = len(values)
    top = math.ceil(n * TOP)
    shared = float(_chosen(values, top) @ _chosen(lengths, top)) / top
    low, high = drawn(n, top)
    return {
        "rows": n,
        "top": top,
        "length_correlation": _rounded(spearman(values, lengths)),
        "overlap_longest": round(shared, 4),
        "overlap_random": {"share": round(top / n, 4), "low": round(low / top, 4), "high": round(high / top, 4)},
    }


def _chosen(values: Vector, top: int) -> Vector:
    """How surely each row is among the `top` highest: 1, 0, or a share where equal values compete for the last places."""
    cut = np.sort(values)[-top]
    sure = (values > cut).astype(np.float64)
    tied = values == cut
    return np.asarray(sure + tied * (top - sure.sum()) / tied.sum())


def spearman(a: Vector, b: Vector) -> float | None:
    """Spearman's rank correlation, ties sharing their mean rank; None where one of the two never changes."""
    x, y = average_ranks(a), average_ranks(b)
    x, y = x - x.mean(), y - y.mean()
    scale = math.sqrt(float(x @ x) * float(y @ y))
    return float(x @ y) / scale if scale else None


def drawn(n: int, top: int) -> tuple[int, int]:
    """The range in which 95 % of draws of `top` from `n` rows share rows with a fixed choice of `top`: hypergeometric."""
    weights = [math.comb(top, k) * math.comb(n - top, top - k) for k in range(top + 1)]
    below = list(accumulate(weights))  # draws that share k rows or fewer, out of below[-1]
    low = next(k for k, count in enumerate(below) if 40 * count > below[-1])
    high = next(k for k, count in enumerate(below) if 40 * (below[-1] - count) <= below[-1])
    return low, high


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 4)
