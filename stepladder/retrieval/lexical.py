"""BM25 over the passages of a knowledge folder."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

K1, B = 1.5, 0.75


class BM25:
    """Lucene's variant, idf = ln(1 + (N - df + .5) / (df + .5)), by bm25s.

    That idf stays positive for a term in most documents, so it is also right for a folder of five documents, where
    Okapi's and Robertson's turn zero or negative (research/evaluation.md section 3).
    """

    def __init__(self, texts: Sequence[Sequence[str]], k1: float = K1, b: float = B) -> None:
        """`texts` are the terms of each passage."""
        import bm25s

        self.size = len(texts)
        self.vocabulary = {term: i for i, term in enumerate(sorted({term for text in texts for term in text}))}
        self.index = None
        if self.vocabulary:
            self.index = bm25s.BM25(method="lucene", k1=k1, b=b, dtype="float64")
            ids = [[self.vocabulary[term] for term in text] for text in texts]
            self.index.index((ids, dict(self.vocabulary)), create_empty_token=False, show_progress=False)

    def scores(self, query: Sequence[str]) -> NDArray[np.float64]:
        """One score a passage, 0 where no term of the query occurs; a term that the query repeats counts as often."""
        known = [self.vocabulary[term] for term in query if term in self.vocabulary]
        if self.index is None or not known:
            return np.zeros(self.size)
        return np.asarray(self.index.get_scores_from_ids(known), dtype=np.float64)
