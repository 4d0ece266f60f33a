"""One ranking out of two: by scores where both are at hand, or by ranks alone."""

import numpy as np
from numpy.typing import NDArray

Scores = NDArray[np.float64]

DENSE_SHARE = 0.7


def convex(dense: Scores, lexical: Scores, share: float = DENSE_SHARE) -> Scores:
    """share * dense + (1 - share) * lexical, each spread over 0 to 1 between its lowest and highest passage.

    Bruch, Gai and Ingber 2023, "An Analysis of Fusion Functions for Hybrid Retrieval" (ACM TOIS 42(1)): better than
    reciprocal ranks, in and out of domain. `bench/retrieval.py` compares them here; `DENSE_SHARE` was chosen with it.
    """
    return share * _spread(dense) + (1 - share) * _spread(lexical)


def reciprocal_ranks(*rankings: Scores, k: int = 60) -> Scores:
    """The sum of 1 / (k + rank) over the rankings; a passage scored -inf is not ranked and gets nothing there.

    Cormack, Clarke and Büttcher 2009, "Reciprocal Rank Fusion outperforms Condorcet and individual rank learning
    methods" (SIGIR), with their k = 60. Of equal scores the earlier passage has the better rank.
    """
    fused = np.zeros_like(rankings[0], dtype=np.float64)
    for scores in rankings:
        order = ranked(scores)
        fused[order] += np.where(np.isneginf(scores[order]), 0.0, 1 / (k + np.arange(1, len(order) + 1)))
    return fused


def ranked(scores: Scores) -> NDArray[np.int64]:
    """The indices from best to worst. Scores are compared to six decimals, and of equal ones the earlier comes first.

    Six decimals, because an embedding differs in the seventh with the batch it was computed in.
    """
    return np.lexsort((np.arange(len(scores)), -np.round(scores, 6)))


def _spread(scores: Scores) -> Scores:
    low, high = scores.min(), scores.max()
    return (scores - low) / (high - low) if high > low else np.zeros_like(scores)
