"""RAFT: SFT with retrieved passages in the prompt (arXiv 2403.10131): the model learns to use and to ignore them."""

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from stepladder.records import Row
from stepladder.retrieval import (
    Passage,
    Retriever,
    load_documents,
    named_documents,
    query_of,
    shows_passages,
    with_passages,
)


@dataclass(frozen=True)
class Shown:
    """Rows with passages in their prompts.

    `gold` of them see their right documents, `unknown` name none, `given` came with passages and are as they came.
    """

    rows: list[Row]
    gold: int
    unknown: int
    given: int


def retriever(knowledge: str, embedder: str) -> Retriever:
    """The retriever of evaluation over the same folder."""
    return Retriever.build(load_documents(Path(knowledge)), embedder)


def show(rows: Sequence[Row], index: Retriever, *, passages: int, gold_share: float, seed: int) -> Shown:
    """Put `passages` passages into each prompt, in the wording of evaluation.

    A row names its right documents in metadata `documents`. With probability `gold_share` the best passage of each of
    them is shown; the rest are the best-ranked passages of other documents, which makes them hard to tell apart. Rows
    that name no document, or documents that are not there, are shown what retrieval finds. The order is drawn by row id
    and seed, so one row's passages do not depend on the others.
    """
    bare = [row for row in rows if not shows_passages(row.prompt)]
    found = index.search_many([query_of(row.prompt) for row in bare], len(index.passages))
    shown, gold, unknown = {row.id: row for row in rows}, 0, 0
    for row, hits in zip(bare, found, strict=True):
        ranked = [hit.passage for hit in hits]
        ranked += [p for p in index.passages if p not in ranked]  # BM25 alone finds no passage without a shared word
        draw = random.Random(f"{seed}:{row.id}")
        right = _best_of(ranked, named_documents(row.metadata))
        chosen = ranked[:passages]
        if right:
            keep = right[:passages] if draw.random() < gold_share else []
            gold += bool(keep)
            named = {p.document for p in right}
            chosen = [*keep, *(p for p in ranked if p.document not in named)][:passages]
        else:
            unknown += 1
        draw.shuffle(chosen)
        shown[row.id] = replace(row, prompt=tuple(with_passages(row.prompt, chosen)))
    return Shown(list(shown.values()), gold, unknown, len(rows) - len(bare))


def _best_of(ranked: Sequence[Passage], documents: Sequence[str]) -> list[Passage]:
    """The best-ranked passage of each document."""
    first = {passage.document: passage for passage in reversed(ranked)}
    return [first[name] for name in documents if name in first]
