"""Search over a knowledge folder: BM25 and embeddings, fused."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from stepladder import console
from stepladder.errors import UserError
from stepladder.retrieval.chunks import OVERLAP, WORDS, Passage, chunk
from stepladder.retrieval.dense import MINILM, Embedder, load_embedder
from stepladder.retrieval.documents import Document
from stepladder.retrieval.fusion import DENSE_SHARE, convex, ranked, reciprocal_ranks
from stepladder.retrieval.lexical import BM25, K1, B
from stepladder.retrieval.words import GRAM, terms

Method = Literal["fused", "lexical", "dense", "rrf"]


@dataclass(frozen=True, slots=True)
class Hit:
    """A passage that was found; scores of one search can be compared, those of two searches cannot."""

    passage: Passage
    score: float


class Retriever:
    """An index in memory, made with `build`; the same documents and parameters give the same hits in the same order."""

    def __init__(self, passages: Sequence[Passage], embedder: Embedder | None, parameters: dict[str, int]) -> None:
        """`parameters` are those of the chunking; they stand in the fingerprint."""
        self.passages = list(passages)
        self.embedder = embedder
        self.parameters = parameters
        self.method: Method = "fused" if embedder else "lexical"
        texts = [passage.text for passage in self.passages]
        self._lexical = BM25([terms(text) for text in texts])
        self._vectors = embedder.encode(texts, "document") if embedder else None

    @classmethod
    def build(
        cls, documents: Sequence[Document], embedder: str | None = MINILM, *, words: int = WORDS, overlap: int = OVERLAP
    ) -> "Retriever":
        """Cut the documents into passages and index them; `embedder` None or 'none' means words alone.

        Raises:
            UserError: there are no documents, or the embedder cannot be had.
        """
        if not documents:
            raise UserError("knowledge", "there are no documents to search", "Name a folder with documents in it")
        model = load_embedder(embedder) if embedder not in (None, "none") else None
        in_order = sorted(documents, key=lambda document: document.id)
        passages = [passage for document in in_order for passage in chunk(document, words=words, overlap=overlap)]
        if model and (cut := model.too_long([passage.text for passage in passages])):
            limit = f"longer than the {model.max_tokens} tokens that embedder '{model.name}' reads"
            console.warn(f"{cut} of {len(passages)} passages are {limit}: their ends are found by their words alone")
        return cls(passages, model, {"words": words, "overlap": overlap})

    def search(self, query: str, k: int, *, method: Method | None = None) -> list[Hit]:
        """The `k` best passages, best first; of equal ones the first in order of document id and position.

        Without an embedder a passage that shares no term with the query is no hit, so there may be fewer than `k`.
        """
        return self.search_many([query], k, method=method)[0]

    def search_many(self, queries: Sequence[str], k: int, *, method: Method | None = None) -> list[list[Hit]]:
        """`search` for each query, with all of them embedded in one go."""
        method = method or self.method
        if method != "lexical":
            dense = self._similarities(queries)
        found = []
        for number, query in enumerate(queries):
            lexical = self._lexical.scores(terms(query)) if method != "dense" else np.zeros(0)
            if method == "lexical":
                scores = lexical
            elif method == "dense":
                scores = dense[number]
            elif method == "rrf":
                scores = reciprocal_ranks(dense[number], np.where(lexical > 0, lexical, -np.inf))
            else:
                scores = convex(dense[number], lexical)
            best = [i for i in ranked(scores)[: max(k, 0)] if method != "lexical" or scores[i] > 0]
            found.append([Hit(self.passages[i], round(float(scores[i]), 6)) for i in best])
        return found

    def _similarities(self, queries: Sequence[str]) -> NDArray[np.float64]:
        """Cosines, shape (queries, passages)."""
        if self.embedder is None or self._vectors is None:
            raise UserError("embedder: none", "there is no embedder to search with", "Search with method 'lexical'")
        if not queries:
            return np.zeros((0, len(self.passages)))
        return (self.embedder.encode(queries, "query") @ self._vectors.T).astype(np.float64)

    @property
    def fingerprint(self) -> str:
        """blake2b-128 over the passages, every parameter that can change a hit, and the embedder's weights."""
        parts = {
            "passages": [[passage.id, passage.title, passage.text] for passage in self.passages],
            "parameters": self.parameters
            | {"method": self.method, "k1": K1, "b": B, "gram": GRAM, "share": DENSE_SHARE},
            "embedder": self.embedder.sha256 if self.embedder else None,
        }
        canonical = json.dumps(parts, sort_keys=True, ensure_ascii=False).encode("utf-8", "surrogatepass")
        return hashlib.blake2b(canonical, digest_size=16).hexdigest()
