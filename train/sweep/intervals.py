"""A mean over rows and seeds, with an interval for other rows and other seeds."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True)
class Estimate:
    """A mean and its 95 % interval; no interval where a single row leaves nothing to estimate it from."""

    mean: float
    low: float | None
    high: float | None

    def to_json(self) -> dict[str, float | None]:
        """As it stands in sweep.json."""
        return {"mean": self.mean, "low": self.low, "high": self.high}


def crossed(values: "NDArray[np.float64]", level: float = 0.95) -> Estimate:
    """The mean of `values`, shape (seeds, rows), both drawn from more: two-way random effects without replication.

    Var(mean) = (MS_rows + MS_seeds - MS_rest) / (rows x seeds), at least MS_rows / (rows x seeds) so that few seeds never
    narrow it; Satterthwaite's degrees of freedom (Searle, Casella and McCulloch, Variance Components, 1992, sections 4.3
    and 4.5). With one seed this is the t interval over rows, and says nothing of other seeds.
    """
    from scipy.stats import t

    seeds, rows = values.shape
    mean = float(values.mean())
    if rows < 2:
        return Estimate(mean, None, None)
    squares, freedom = _mean_squares(values)
    terms = squares * np.array([1.0, 1.0, -1.0])
    total = float(terms.sum())
    if seeds == 1 or total < squares[0]:
        total, terms = float(squares[0]), squares * np.array([1.0, 0.0, 0.0])
    if total <= 0:
        return Estimate(mean, mean, mean)
    degrees = total**2 / float((terms**2 / freedom).sum())
    half = float(t.ppf(0.5 + level / 2, max(1.0, degrees))) * float(np.sqrt(total / values.size))
    return Estimate(mean, mean - half, mean + half)


def _mean_squares(values: "NDArray[np.float64]") -> "tuple[NDArray[np.float64], NDArray[np.float64]]":
    """Mean squares of rows, seeds and the rest, and their degrees of freedom (1 where there are none)."""
    seeds, rows = values.shape
    by_row, by_seed, mean = values.mean(axis=0), values.mean(axis=1), values.mean()
    rest = values - by_row[None, :] - by_seed[:, None] + mean
    sums = [seeds * ((by_row - mean) ** 2).sum(), rows * ((by_seed - mean) ** 2).sum(), (rest**2).sum()]
    freedom = np.maximum(1, np.array([rows - 1, seeds - 1, (rows - 1) * (seeds - 1)], dtype=np.float64))
    return np.array(sums) / freedom, freedom
