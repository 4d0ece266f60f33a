"""What the pairs of a set have in common, learned from the pairs themselves, so that one the other way round stands out."""

import re
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from stepladder.records import Row, text_of

from .meaning import Meaning
from .text import words

FOLDS = 5
LEAST = 40  # pairs; with fewer the direction is a guess
_WORDS_RIDGE, _MEANING_RIDGE = 100.0, 10.0  # flat optima: from 30 to 100 and from 3 to 30 the AUC moves by 0.01
_OFTEN = 4  # sides that a word or pair of words stands in, at least
_MARK = re.compile(r"[.!?,:;]")

Vector = NDArray[np.float64]


def margins(rows: Sequence[Row], meaning: Meaning | None) -> Vector | None:
    """How clearly each pair's chosen side looks like what other pairs choose; below 0, like what they reject.

    Ridge regressions on the difference of the two sides, in words and pairs of words and, with an embedder, in
    embeddings; each pair is judged by the folds it is not in, confident learning's out-of-sample judgement (Northcutt et
    al. 2021) with a linear model. In standard deviations over all pairs. None with fewer than LEAST pairs; shape
    (rows,). Tells 15 swapped pairs of the sample's 150 from the others with an AUC of 0.79, length alone with 0.47
    (bench/swapped_pairs.py).
    """
    if len(rows) < LEAST:
        return None
    total = _unseen(_words_apart(rows), _WORDS_RIDGE)
    if meaning:
        apart = (meaning.answers(rows, "chosen") - meaning.answers(rows, "rejected")).astype(np.float64)
        total = total + _unseen(apart / (np.linalg.norm(apart, axis=1, keepdims=True) + 1e-9), _MEANING_RIDGE)
    return _scaled(total)


def _unseen(apart: Vector, ridge: float) -> Vector:
    """Margin of each pair by a direction learned from the other folds: w = X^T (X X^T + ridge I)^-1 1."""
    fold = np.arange(len(apart)) % FOLDS
    out = np.zeros(len(apart))
    for k in range(FOLDS):
        learnt = apart[fold != k]
        weights = np.linalg.solve(learnt @ learnt.T + ridge * np.eye(len(learnt)), np.ones(len(learnt)))
        out[fold == k] = apart[fold == k] @ (learnt.T @ weights)
    return _scaled(out)


def _scaled(values: Vector) -> Vector:
    scale = float(values.std())
    return values / scale if scale else values


def _words_apart(rows: Sequence[Row]) -> Vector:
    """1 for a word or pair of words that only the chosen side has, -1 for one that only the rejected side has."""
    sides = [(_terms(side_text(row, "chosen")), _terms(side_text(row, "rejected"))) for row in rows]
    counts = Counter(term for pair in sides for side in pair for term in side)
    place = {term: i for i, term in enumerate(sorted(t for t, count in counts.items() if count >= _OFTEN))}
    out = np.zeros((len(rows), len(place)))
    for i, (chosen, rejected) in enumerate(sides):
        for term in chosen ^ rejected:
            if term in place:
                out[i, place[term]] = 1 if term in chosen else -1
    return out


def _terms(text: str) -> frozenset[str]:
    found = [word.casefold() for word in words(text)]
    return frozenset([*found, *map(" ".join, pairwise(found)), *_MARK.findall(text)])


def scores_of(row: Row) -> tuple[float, float] | None:
    """(score of chosen, score of rejected) where the row brings them, as UltraFeedback and others do."""
    for one, two in (
        ("score_chosen", "score_rejected"),
        ("chosen_score", "rejected_score"),
        ("chosen_rating", "rejected_rating"),
    ):
        chosen, rejected = row.metadata.get(one), row.metadata.get(two)
        if all(isinstance(v, int | float) and not isinstance(v, bool) for v in (chosen, rejected)):
            return float(chosen), float(rejected)  # type: ignore[arg-type]
    return None


def side_text(row: Row, side: str) -> str:
    """The text of one side of a pair."""
    return text_of(row.answers[side])
