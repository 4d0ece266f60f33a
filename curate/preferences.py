"""What the pairs of a set have in common, learned from the pairs themselves, so that one the other way round stands out."""

import re
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from stepladder.records import Row, text_of

from .meaning import Meaning
from .text import words

if TYPE_CHECKING:
    from scipy.sparse import csr_array

FOLDS = 5
LEAST = 40  # pairs; with fewer the direction is a guess
_WORDS_RIDGE, _MEANING_RIDGE = 100.0, 10.0  # flat optima: from 30 to 100 and from 3 to 30 the AUC moves by 0.01
_OFTEN = 4  # sides that a word or pair of words stands in, at least
_TERMS = 2000  # of those, the most frequent: what a fold solves for
_MARK = re.compile(r"[.!?,:;]")

Vector = NDArray[np.float64]


def margins(rows: Sequence[Row], meaning: Meaning | None, good: Sequence[Row] = ()) -> Vector | None:
    """How clearly each pair's chosen side looks like what other pairs choose; below 0, like what they reject.

    Ridge regressions of good (1) against rejected (-1) on words and pairs of words and, with an embedder, on embeddings;
    each pair is judged by the folds it is not in, confident learning's out-of-sample judgement (Northcutt et al. 2021)
    with a linear model. `good`: rows whose responses count as good beside the chosen sides, where that puts more chosen
    sides above their rejected ones. In standard deviations over all pairs. None with fewer than LEAST pairs; shape
    (rows,). Told from the others with an AUC of 0.85 are 15 swapped pairs of the sample's 150, of 0.79 without its 500
    responses, of 0.47 by length (bench/swapped_pairs.py).
    """
    if len(rows) < LEAST:
        return None
    alone = _learnt(rows, meaning, ())
    helped = _learnt(rows, meaning, good) if good else alone
    return helped if (helped > 0).sum() >= (alone > 0).sum() else alone


def _learnt(rows: Sequence[Row], meaning: Meaning | None, good: Sequence[Row]) -> Vector:
    texts = [[side_text(row, side) for row in rows] for side in ("chosen", "rejected")]
    texts.append([row.completion_text for row in good])
    from scipy.sparse import csr_array

    total = _unseen(_by_words(texts), _WORDS_RIDGE)
    if meaning:
        vectors = csr_array(meaning.texts([text for part in texts for text in part]).astype(np.float64))
        parts = [vectors[: len(rows)], vectors[len(rows) : 2 * len(rows)], vectors[2 * len(rows) :]]
        total = np.add(total, _unseen(parts, _MEANING_RIDGE))
    return _scaled(total)


def _unseen(parts: Sequence["csr_array"], ridge: float) -> Vector:
    """Margin of each pair by a direction learned from the other folds and the good texts (chosen, rejected, good)."""
    from scipy.sparse import vstack

    chosen, rejected, good = parts
    fold = np.arange(chosen.shape[0]) % FOLDS
    out = np.zeros(chosen.shape[0])
    for k in range(FOLDS):
        seen = vstack([chosen[fold != k], good, rejected[fold != k]], format="csr")
        target = np.where(np.arange(seen.shape[0]) < seen.shape[0] - (fold != k).sum(), 1.0, -1.0)
        out[fold == k] = (chosen[fold == k] - rejected[fold == k]) @ _direction(seen, target, ridge)
    return _scaled(out)


def _direction(seen: "csr_array", target: Vector, ridge: float) -> Vector:
    """w = (X^T X + ridge I)^-1 X^T y with X and y less their means, so cost grows with the texts alone."""
    middle = np.asarray(seen.mean(axis=0)).reshape(-1)
    square = (seen.T @ seen).toarray() - len(target) * np.outer(middle, middle)
    square[np.diag_indices_from(square)] += ridge
    return np.asarray(np.linalg.solve(square, seen.T @ (target - target.mean())), dtype=np.float64)


def _scaled(values: Vector) -> Vector:
    scale = float(values.std())
    return values / scale if scale else values


def _by_words(texts: Sequence[Sequence[str]]) -> list["csr_array"]:
    """A matrix for each list of texts: 1 where a text has the word, pair of words or mark of the column."""
    terms = [[_terms(text) for text in part] for part in texts]
    counts = Counter(term for part in terms for found in part for term in found)
    often = sorted((t for t, count in counts.items() if count >= _OFTEN), key=lambda t: (-counts[t], t))
    place = {term: i for i, term in enumerate(often[:_TERMS])}
    return [_matrix([sorted(place[t] for t in found if t in place) for found in part], len(place)) for part in terms]


def _matrix(columns: Sequence[Sequence[int]], width: int) -> "csr_array":
    from scipy.sparse import csr_array

    ends = np.cumsum([0, *map(len, columns)])
    places = np.fromiter((c for row in columns for c in row), dtype=np.int64, count=int(ends[-1]))
    return csr_array((np.ones(len(places)), places, ends), shape=(len(columns), width))


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


_TYPED = str.maketrans({**dict.fromkeys("‘’‛′`´", "'"), **dict.fromkeys("“”„‟″", '"'), **dict.fromkeys("‐‑‒–—−", "-")})


def typed(text: str) -> str:
    """The text with plain quotation marks and dashes and single blanks, as two keyboards would agree on it."""
    return " ".join(text.translate(_TYPED).replace("…", "...").split())


def same_but_for_typing(chosen: str, rejected: str) -> bool:
    """Whether two texts are one, but for white space, capitals and the kind of quotation marks and dashes."""
    return typed(chosen).casefold() == typed(rejected).casefold()
