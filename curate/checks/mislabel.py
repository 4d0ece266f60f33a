"""mislabel: the label of a row is not the one that rows like it have."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stepladder.records import Row

from ..check import Finding, dataset_check
from ..labels import label_sets
from ..meaning import Meaning, asked_text

FOLDS = 5
LEARNT = 0.5  # share of labels that the model must get right to have a say
PENALTY = 5e-4  # scikit-learn's C = 4 on 500 rows
_OFTEN = 8  # prompts, or responses, that a word or pair of words stands in, at least
_TERM = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*|\d+|[^\w\s]")

Vector = NDArray[np.float64]
Features = tuple[Any, ...]
"""Blocks of columns, dense or sparse; scipy.sparse has no types."""


@dataset_check("mislabel", action="note", needs=("meaning",))
def mislabel(
    rows: Sequence[Row],
    *,
    meaning: Meaning,
    sure: float = 0.4,
    doubt: float = 0.05,
    hardly: float = 0.03,
    least: int = 10,
) -> Iterator[tuple[str, Finding]]:
    """Name the label that rows like this one have, where a model that has not seen the row is nearly sure of it.

    Labels: short responses that many rows share, columns with few values, and the keys of JSON responses with few
    values (labels.py). A multinomial logistic regression on embeddings, words and pairs of words, judged on the fold it
    has not seen. Reported where it gives the row's own label `doubt` or less and another one `sure` or more, and more
    than that label's rows get on average, the rule of confident learning (Northcutt et al. 2021, as in cleanlab); or
    `hardly` and less, where rows of its own label get half on average, whichever other label it may be. Labels with
    fewer than `least` rows are left out. A note: on 500 rows such a model errs too often to hold rows for it.
    """
    for name, labels in label_sets(rows, least):
        here = [row for row in rows if row.id in labels]
        given = [labels[row.id] for row in here]
        names = sorted(set(given))
        shares = _unseen(_features(here, meaning), np.array([names.index(g) for g in given]), len(names))
        if np.mean([names[best] == g for best, g in zip(shares.argmax(axis=1), given, strict=True)]) < LEARNT:
            continue
        for place, best, own in suspects(shares, given, names, sure, doubt, hardly):
            said = f"{name} is '{given[place]}', rows like it have '{names[best]}' ({shares[place, best]:.0%} against {own:.0%})"
            yield here[place].id, Finding(said, float(own), doubt)


def suspects(
    shares: Vector, given: Sequence[str], names: Sequence[str], sure: float, doubt: float, hardly: float
) -> Iterator[tuple[int, int, float]]:
    """(row, likelier label, share of its own label) by the rules in the check's docstring."""
    place_of = {name: i for i, name in enumerate(names)}
    own = np.array([shares[i, place_of[label]] for i, label in enumerate(given)])
    usual = {label: float(own[[g == label for g in given]].mean()) for label in names}
    for i, label in enumerate(given):
        best = int(shares[i].argmax())
        other = own[i] <= doubt and shares[i, best] >= max(sure, usual[names[best]])
        if names[best] != label and (other or (own[i] <= hardly and usual[label] >= 0.5)):
            yield i, best, float(own[i])


def _features(rows: Sequence[Row], meaning: Meaning) -> Features:
    """What a label may hang on: the meaning of prompt and response, and their words, marks and pairs of these."""
    terms = ([_terms(asked_text(row)) for row in rows], [_terms(row.completion_text) for row in rows])
    return (
        meaning.prompts(rows).astype(np.float64),
        meaning.answers(rows).astype(np.float64),
        *map(_weighed, terms),
        np.ones((len(rows), 1)),
    )


def _terms(text: str) -> frozenset[str]:
    found = ["#" if term.isdigit() else term for term in _TERM.findall(text.casefold())]
    return frozenset((*found, *map(" ".join, pairwise(found))))


def _weighed(texts: Sequence[frozenset[str]]) -> Any:
    """A sparse matrix of the terms of each text by the logarithm of their rarity, rows of length 1."""
    from scipy import sparse

    counts = Counter(term for terms in texts for term in terms)
    place = {term: i for i, term in enumerate(sorted(term for term, count in counts.items() if count >= _OFTEN))}
    at = [
        (i, place[term], np.log(len(texts) / counts[term]))
        for i, terms in enumerate(texts)
        for term in terms & place.keys()
    ]
    lines, columns, values = (np.array(part) for part in zip(*sorted(at), strict=True)) if at else ([], [], [])
    found = sparse.csr_matrix((values, (lines, columns)), shape=(len(texts), len(place)))
    length = np.sqrt(np.asarray(found.multiply(found).sum(axis=1)).ravel())
    return sparse.diags(1 / np.maximum(length, 1e-9)) @ found


def _unseen(features: Features, labels: NDArray[np.int64], classes: int) -> Vector:
    """Share of each class for each row, from a model fitted to the other folds."""
    fold = _folds(labels)
    out = np.zeros((len(labels), classes))
    for k in range(FOLDS):
        weights = _fit(tuple(block[fold != k] for block in features), labels[fold != k], classes)
        out[fold == k] = _softmax(_scores(tuple(block[fold == k] for block in features), weights))
    return out


def _folds(labels: NDArray[np.int64]) -> NDArray[np.int64]:
    """Folds with each label spread over all of them, in input order."""
    seen: Counter[int] = Counter()
    fold = np.zeros(len(labels), dtype=np.int64)
    for i, label in enumerate(labels.tolist()):
        fold[i] = seen[label] % FOLDS
        seen[label] += 1
    return fold


def _fit(features: Features, labels: NDArray[np.int64], classes: int) -> Vector:
    """Weights of a multinomial logistic regression with an L2 penalty, by L-BFGS; shape (columns, classes)."""
    from scipy.optimize import minimize

    wanted = np.eye(classes)[labels]
    columns = sum(block.shape[1] for block in features)

    def loss(flat: Vector) -> tuple[float, Vector]:
        weights = flat.reshape(columns, classes)
        shares = _softmax(_scores(features, weights))
        value = -np.log(shares[np.arange(len(labels)), labels] + 1e-12).mean() + PENALTY / 2 * (weights**2).sum()
        apart = (shares - wanted) / len(labels)
        slope = np.concatenate([block.T @ apart for block in features]) + PENALTY * weights
        return float(value), slope.ravel()

    found = minimize(loss, np.zeros(columns * classes), jac=True, method="L-BFGS-B", options={"maxiter": 50})
    return np.asarray(found.x).reshape(columns, classes)


def _scores(features: Features, weights: Vector) -> Vector:
    ends = np.cumsum([block.shape[1] for block in features])[:-1]
    parts = [block @ part for block, part in zip(features, np.split(weights, ends), strict=True)]
    return np.asarray(sum(parts[1:], parts[0]))


def _softmax(values: Vector) -> Vector:
    grown = np.exp(values - values.max(axis=1, keepdims=True))
    return np.asarray(grown / grown.sum(axis=1, keepdims=True))
