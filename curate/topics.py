"""What the rows are about: clusters of their texts, each named by the words that set it apart."""

import math
from collections import Counter
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from .meaning import Matrix
from .text import words

MOST = 24  # topics: more than a person reads
_AXES = 32  # main directions that are compared, so that texts about one thing in other words come together
_ROUNDS = 25
_STARTS = 3
_PRIOR = 0.1  # what all texts say of a word before its topic is looked at, as a share of their count


def topics(vectors: Matrix, seed: int) -> NDArray[np.int64]:
    """The number of each text's topic, 0 for the largest: (texts,). `vectors` are (texts, columns), of two and more.

    k-means on the directions of vectors (spherical k-means, Dhillon and Modha 2001), begun far apart (k-means++, Arthur
    and Vassilvitskii 2007), the best of a few starts, after latent semantic analysis (Deerwester et al. 1990). Their
    number is sqrt(texts / 2) (Mardia, Kent and Bibby 1979, section 13.3.2), 2 to MOST, before empty ones fall away.
    """
    rng = np.random.default_rng(seed)
    points = _directions(vectors @ _main_axes(vectors, rng))
    count = max(2, min(MOST, round(math.sqrt(len(points) / 2))))
    middles = max((_clusters(points, count, rng) for _ in range(_STARTS)), key=lambda found: _fit(points, found))
    places = (points @ middles.T).argmax(axis=1).tolist()
    sizes = Counter(places)
    rank = {place: number for number, place in enumerate(sorted(sizes, key=lambda place: (-sizes[place], place)))}
    return np.array([rank[place] for place in places])


def _main_axes(vectors: Matrix, rng: np.random.Generator) -> Matrix:
    """The first right singular vectors, (columns, axes), by a random projection (Halko, Martinsson and Tropp 2011)."""
    count = min(_AXES, *vectors.shape)
    sketch = vectors @ rng.standard_normal((vectors.shape[1], count + 8), dtype=np.float32)
    for _ in range(2):
        sketch = vectors @ (vectors.T @ np.linalg.qr(sketch)[0])
    basis = np.linalg.qr(sketch)[0]
    axes: Matrix = np.linalg.svd(basis.T @ vectors, full_matrices=False)[2][:count].T
    return axes


def _directions(points: Matrix) -> Matrix:
    """The points at length 1; one at the origin stays there."""
    lengths = np.linalg.norm(points, axis=1, keepdims=True)
    found: Matrix = (points / np.where(lengths > 1e-9, lengths, 1)).astype(np.float32)
    return found


def _clusters(points: Matrix, count: int, rng: np.random.Generator) -> Matrix:
    """Middles of `count` clusters, (count, axes)."""
    chosen = [int(rng.integers(len(points)))]
    far = 1 - points @ points[chosen[0]]
    while len(chosen) < count:
        weights = np.clip(far, 0, None).astype(np.float64) ** 2 + 1e-12
        chosen.append(int(rng.choice(len(points), p=weights / weights.sum())))
        far = np.minimum(far, 1 - points @ points[chosen[-1]])
    middles = points[chosen]
    for _ in range(_ROUNDS):
        members = np.eye(count, dtype=np.float32)[(points @ middles.T).argmax(axis=1)]
        moved = _directions(members.T @ points)
        if np.allclose(moved, middles, atol=1e-6):
            break
        middles = moved
    return middles


def _fit(points: Matrix, middles: Matrix) -> float:
    return float((points @ middles.T).max(axis=1).sum())


def names(texts: Sequence[str], topic: Sequence[int], count: int = 3) -> list[list[str]]:
    """For each topic the words that set its texts apart from all others, the most telling first.

    The log-odds of a word with an informative Dirichlet prior, by its z-score (Monroe, Colaresi and Quinn 2008,
    section 3.3), over the texts that have it: words that stand everywhere score 0 in any language, so no list of stop
    words is needed. Words that one text of the topic alone has, and figures, name nothing.
    """
    inside = [Counter[str]() for _ in range(max(topic) + 1)]
    for text, place in zip(texts, topic, strict=True):
        inside[place].update({word for word in words(text.casefold()) if not any(map(str.isdigit, word))})
    everywhere: Counter[str] = sum(inside, Counter())
    return [_telling(here, everywhere, count) for here in inside]


def _telling(here: Counter[str], everywhere: Counter[str], count: int) -> list[str]:
    total, mine = everywhere.total(), here.total()
    scores = {}
    for word, times in here.items():
        prior, rest = _PRIOR * everywhere[word], everywhere[word] - times
        if times > 1:
            ours = math.log((times + prior) / (mine + _PRIOR * total - times - prior))
            theirs = math.log((rest + prior) / (total - mine + _PRIOR * total - rest - prior))
            scores[word] = (ours - theirs) / math.sqrt(1 / (times + prior) + 1 / (rest + prior))
    return sorted(scores, key=lambda word: (-scores[word], word))[:count]
