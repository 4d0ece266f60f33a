"""mislabel: the label of a row is not the one that rows like it have."""

from collections import Counter
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from stepladder.records import Row

from ..check import Finding, dataset_check
from ..labels import label_sets
from ..meaning import Meaning

FOLDS = 5
LEARNT = 0.5  # share of labels that the model must get right to have a say
PENALTY = 2e-3  # scikit-learn's default C = 1 on 500 rows


@dataset_check("mislabel", action="note", needs=("meaning",))
def mislabel(
    rows: Sequence[Row], *, meaning: Meaning, sure: float = 0.4, doubt: float = 0.05, least: int = 10
) -> Iterator[tuple[str, Finding]]:
    """Name the label that rows like this one have, where a model that has not seen the row is nearly sure of it.

    Labels: short responses that many rows share, columns with few values, and the keys of JSON responses with few
    values (labels.py). A multinomial logistic regression on embeddings, judged on the fold it has not seen; reported
    where it gives its own label `doubt` or less and another one `sure` or more, and more than that label's rows get on
    average, the rule of confident learning (Northcutt et al. 2021, as in cleanlab). Labels with fewer than `least` rows
    are left out. A note: on 500 rows a classifier of embeddings errs too often to hold rows for it.
    """
    for name, labels in label_sets(rows, least):
        here = [row for row in rows if row.id in labels]
        given = [labels[row.id] for row in here]
        whole = np.concatenate([meaning.prompts(here), meaning.answers(here)], axis=1).astype(np.float64)
        names = sorted(set(given))
        shares = _unseen(whole, np.array([names.index(g) for g in given]), len(names))
        if np.mean([names[best] == g for best, g in zip(shares.argmax(axis=1), given, strict=True)]) < LEARNT:
            continue
        for place, best, own in suspects(shares, given, names, sure, doubt):
            said = f"{name} is '{given[place]}', rows like it have '{names[best]}' ({shares[place, best]:.0%} against {own:.0%})"
            yield here[place].id, Finding(said, float(own), doubt)


def suspects(
    shares: NDArray[np.float64], given: Sequence[str], names: Sequence[str], sure: float, doubt: float
) -> Iterator[tuple[int, int, float]]:
    """(row, likelier label, share of its own label) by the rule in the check's docstring."""
    place_of = {name: i for i, name in enumerate(names)}
    own = np.array([shares[i, place_of[label]] for i, label in enumerate(given)])
    usual = {label: float(own[[g == label for g in given]].mean()) for label in names}
    for i, label in enumerate(given):
        best = int(shares[i].argmax())
        if names[best] != label and own[i] <= doubt and shares[i, best] >= max(sure, usual[names[best]]):
            yield i, best, float(own[i])


def _unseen(features: NDArray[np.float64], labels: NDArray[np.int64], classes: int) -> NDArray[np.float64]:
    """Share of each class for each row, from a model fitted to the other folds."""
    fold = _folds(labels)
    out = np.zeros((len(features), classes))
    for k in range(FOLDS):
        weights = _fit(features[fold != k], labels[fold != k], classes)
        out[fold == k] = _softmax(_with_one(features[fold == k]) @ weights)
    return out


def _folds(labels: NDArray[np.int64]) -> NDArray[np.int64]:
    """Folds with each label spread over all of them, in input order."""
    seen: Counter[int] = Counter()
    fold = np.zeros(len(labels), dtype=np.int64)
    for i, label in enumerate(labels.tolist()):
        fold[i] = seen[label] % FOLDS
        seen[label] += 1
    return fold


def _fit(features: NDArray[np.float64], labels: NDArray[np.int64], classes: int) -> NDArray[np.float64]:
    """Weights of a multinomial logistic regression with an L2 penalty, by L-BFGS."""
    from scipy.optimize import minimize

    x, wanted = _with_one(features), np.eye(classes)[labels]

    def loss(flat: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        weights = flat.reshape(x.shape[1], classes)
        shares = _softmax(x @ weights)
        value = -np.log(shares[np.arange(len(x)), labels] + 1e-12).mean() + PENALTY / 2 * (weights**2).sum()
        slope = x.T @ (shares - wanted) / len(x) + PENALTY * weights
        return float(value), slope.ravel()

    found = minimize(loss, np.zeros(x.shape[1] * classes), jac=True, method="L-BFGS-B", options={"maxiter": 100})
    return np.asarray(found.x).reshape(x.shape[1], classes)


def _with_one(features: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.concatenate([features, np.ones((len(features), 1))], axis=1)


def _softmax(values: NDArray[np.float64]) -> NDArray[np.float64]:
    grown = np.exp(values - values.max(axis=1, keepdims=True))
    return np.asarray(grown / grown.sum(axis=1, keepdims=True))
