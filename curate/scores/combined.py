"""One order out of several scores: the mean of ranks, with every rank kept beside it."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

# Which way is better. Length, structure and loss are no part of it: neither end of them is the good one.
HIGH_IS_GOOD = {
    "richness": True,
    "specificity": True,
    "slop": False,
    "ifd_residual": True,
    "judge": True,
    "reward": True,
}
PROMPT_HURTS = 1.0  # IFD: Cherry LLM leaves such rows out of its choice


def ranks(scores: Sequence[Mapping[str, float]]) -> list[dict[str, float]]:
    """For each row its rank in every score it has, from 0 (worst) to 1 (best) among the rows that have it; ties share.

    A row whose IFD is above 1 ranks last by `ifd_residual`: its prompt is in the way of its response.
    """
    out: list[dict[str, float]] = [{} for _ in scores]
    for name, high in HIGH_IS_GOOD.items():
        places = [i for i, row in enumerate(scores) if name in row]
        values = np.array([scores[i][name] if high else -scores[i][name] for i in places])
        if name == "ifd_residual":
            values = np.where([scores[i]["ifd"] > PROMPT_HURTS for i in places], -np.inf, values)
        for i, rank in zip(places, average_ranks(values), strict=True):
            out[i][name] = round((float(rank) - 0.5) / len(places), 4)
    return out


def combined(ranked: Mapping[str, float]) -> float | None:
    """The mean of a row's ranks; None where it has none. No weights: a few hundred rows cannot tell which are right."""
    return round(sum(ranked.values()) / len(ranked), 4) if ranked else None


def average_ranks(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """1 for the smallest value; equal values share the mean of their ranks. (scipy's rankdata takes 0.5 s to import.)"""
    _, places, counts = np.unique(values, return_inverse=True, return_counts=True)
    ends = counts.cumsum()
    return np.asarray((ends - (counts - 1) / 2)[places], dtype=np.float64)
