"""Rows compared by what they mean, with sentence embeddings. Used only with a model or an embedder at hand."""

from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from stepladder.records import Row, text_of

from .text import content_of

if TYPE_CHECKING:
    from stepladder.retrieval.dense import Embedder

MINILM = "minilm"  # as stepladder.retrieval.dense names it; importing that loads BM25 too
Matrix = NDArray[np.float32]
_END = 600  # characters, some 150 of the 256 tokens that MiniLM sees
_BLOCK = 2048  # rows compared at once: 2,048 times 100,000 similarities take 0.8 GB


class Meaning:
    """Embeddings of prompts and responses; a text is embedded once in a process."""

    def __init__(self, embedder: str) -> None:
        self.name = embedder

    @cached_property
    def _embedder(self) -> "Embedder":
        from stepladder.retrieval.dense import load_embedder

        return load_embedder(self.name)

    def prompts(self, rows: Sequence[Row]) -> Matrix:
        """One vector of length 1 a row, of its last user turn and the turn before it."""
        return self._embedder.encode([asked_text(row) for row in rows])

    def answers(self, rows: Sequence[Row], side: str | None = None) -> Matrix:
        """One vector of length 1 a row, of the response to learn from or of the `side` named."""
        texts = [text_of(row.answers[side]) if side else row.completion_text for row in rows]
        return self._embedder.encode(texts)

    def texts(self, texts: Sequence[str]) -> Matrix:
        """One vector of length 1 a text."""
        return self._embedder.encode(texts)

    def pairs(
        self, rows: Sequence[Row], others: Sequence[Row], *, prompt: float, answer: float
    ) -> list[tuple[int, int, float, float]]:
        """(row, other, cosine of prompts, of responses) where both reach their limit; of one list, each pair once."""
        if not rows or not others:
            return []
        mine, theirs = (self.prompts(rows), self.answers(rows)), (self.prompts(others), self.answers(others))
        found = []
        for start in range(0, len(rows), _BLOCK):
            asked = mine[0][start : start + _BLOCK] @ theirs[0].T
            said = mine[1][start : start + _BLOCK] @ theirs[1].T
            for i, j in np.argwhere((asked >= prompt) & (said >= answer)):
                if others is not rows or j > start + i:
                    found.append((int(start + i), int(j), float(asked[i, j]), float(said[i, j])))
        return found


def asked_text(row: Row) -> str:
    """The end of the last user turn, where the question stands when passages go before it, then the turn before."""
    turns = [content_of(message)[-_END:] for message in row.prompt if message["role"] == "user"]
    return "\n".join(reversed(turns[-2:]))
