"""How well retrieval finds the documents that rows name, by the definitions of trec_eval with binary gains."""

import math
from collections.abc import Collection, Sequence

CUTS = (1, 3, 5)


def hit(ranking: Sequence[str], gold: Collection[str], k: int) -> float:
    """1 if a gold document is among the first `k`, else 0."""
    return float(not set(gold).isdisjoint(ranking[:k]))


def recall(ranking: Sequence[str], gold: Collection[str], k: int) -> float:
    """The share of the gold documents that are among the first `k`."""
    return len(set(gold) & set(ranking[:k])) / len(set(gold))


def reciprocal_rank(ranking: Sequence[str], gold: Collection[str]) -> float:
    """1 / rank of the first gold document, 0 if there is none."""
    return next((1 / rank for rank, document in enumerate(ranking, start=1) if document in gold), 0.0)


def ndcg(ranking: Sequence[str], gold: Collection[str], k: int) -> float:
    """Gain of 1 / log2(rank + 1) for each gold document where it first stands, as a share of the best order's."""
    firsts = {document: rank for rank, document in reversed(list(enumerate(ranking[:k], start=1)))}
    gained = sum(1 / math.log2(firsts[document] + 1) for document in set(gold) if document in firsts)
    return gained / sum(1 / math.log2(rank + 1) for rank in range(1, min(len(set(gold)), k) + 1))


def measure(
    rankings: Sequence[Sequence[str]], golds: Sequence[Collection[str]], cuts: Sequence[int] = CUTS
) -> dict[str, float]:
    """Means over the rows that name their documents, and `n`, how many those are; {"n": 0} when none does.

    A ranking holds the document ids of the passages in the order in which they were found, as a prompt would show them:
    two passages of one document take two places, and only the first of them counts.
    """
    pairs = [(ranking, gold) for ranking, gold in zip(rankings, golds, strict=True) if gold]
    if not pairs:
        return {"n": 0}
    result: dict[str, float] = {"n": len(pairs)}
    for name, function in (("hit", hit), ("recall", recall), ("ndcg", ndcg)):
        for k in cuts:
            result[f"{name}@{k}"] = sum(function(ranking, gold, k) for ranking, gold in pairs) / len(pairs)
    result["mrr"] = sum(reciprocal_rank(ranking, gold) for ranking, gold in pairs) / len(pairs)
    return result
