"""IFD: how little the prompt helps with the response, and what of that is not just its length."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Vector = NDArray[np.float64]


def ifd(loss: float, alone: float) -> float:
    """The ratio of mean losses, loss of the response given the prompt / loss of the response alone; above 0.

    Cherry LLM's definition (Li et al. 2024, "From quantity to quality"); Superfiltering's code of the same name is the
    ratio of perplexities, exp(loss - alone). High: the prompt helps little; above 1: it is in the way.
    """
    return loss / max(alone, 1e-6)


def length_residual(values: Sequence[float], lengths: Sequence[float]) -> Vector:
    """What is left of the values when a line through log(length) is taken off (least squares); mean 0, the same shape.

    Length alone tells IFD's top 5 % of Alpaca with an AUC of 0.90 (research/curation.md section 0.3).
    """
    y, x = np.asarray(values, dtype=np.float64), np.log(np.maximum(np.asarray(lengths, dtype=np.float64), 1))
    x = x - x.mean()
    slope = float(x @ y / (x @ x)) if x @ x > 0 else 0.0
    return np.asarray(y - y.mean() - slope * x)
