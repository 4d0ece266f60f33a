"""Texts as vectors of the words they are made of: how alike rows are where no embedder is at hand."""

import math
from collections import Counter
from collections.abc import Callable, Sequence
from typing import TypeAlias

import numpy as np

from .meaning import Matrix, Meaning
from .text import words

Encode: TypeAlias = Callable[[Sequence[str]], Matrix]
TERMS = 2048  # words that have a column of their own: a block of 2,000 texts takes 16 MB


def encoder(texts: Sequence[str], meaning: Meaning | None) -> Encode:
    """Texts to vectors whose dot product says how alike two are: by the embedder, or by the words of `texts`."""
    return meaning.texts if meaning else WordSpace(texts).encode


class WordSpace:
    """TF-IDF weights learnt from some texts.

    A word weighs (1 + ln tf) ln((1 + texts) / (1 + texts that have it)): Manning, Raghavan and Schütze 2008, table 6.15
    (l and t), smoothed. Words of every text weigh nothing, in any language. Columns are the TERMS words that most texts
    have, two at least; the others pair no two texts, or hardly any, and only count in the length.
    """

    def __init__(self, texts: Sequence[str]) -> None:
        seen: Counter[str] = Counter()
        for text in texts:
            seen.update(set(words(text.casefold())))
        usual = sorted((word for word, count in seen.items() if count > 1), key=lambda word: (-seen[word], word))
        self._column = {word: place for place, word in enumerate(usual[:TERMS])}
        self._rarity = {word: math.log((1 + len(texts)) / (1 + count)) for word, count in seen.items()}
        self._unseen = math.log(1 + len(texts))

    def encode(self, texts: Sequence[str]) -> Matrix:
        """One vector a text, (texts, columns); its length is 1, or less where the text has words without a column."""
        found = np.zeros((len(texts), max(1, len(self._column))), dtype=np.float32)
        for place, text in enumerate(texts):
            counts = Counter(words(text.casefold()))
            weights = [
                self._rarity.get(word, self._unseen) * (1 + math.log(count) if count > 1 else 1)
                for word, count in counts.items()
            ]
            length = math.hypot(*weights) or 1
            known = [(self._column[w], v / length) for w, v in zip(counts, weights, strict=True) if w in self._column]
            if known:
                columns, values = zip(*known, strict=True)
                found[place, columns] = values
        return found


def likeness(vectors: Matrix) -> Matrix:
    """How alike each two of some texts are, 0 to 1, and each to itself 1: (texts, texts)."""
    found: Matrix = np.clip(vectors @ vectors.T, 0, 1)
    np.fill_diagonal(found, 1)
    return found
