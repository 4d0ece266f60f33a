"""What stands beside the verdict: power, noise floor, slices, retrieval."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from stepladder.retrieval import measures, named_documents

from .climbed import Evaluation
from .score import Primary
from .stats.power import certifiable_margin, smallest_visible


def power(scores: np.ndarray[Any, Any], primary: Primary) -> dict[str, Any]:
    """What this many rows can show: from the largest spread that a pair of rungs had."""
    n = scores.shape[1]
    if len(scores) < 2 or n < 2:
        return {"n": n}
    spread = max(float(np.std(a - b, ddof=1)) for i, a in enumerate(scores) for b in scores[i + 1 :])
    return {
        "n": n,
        "sd_of_difference": round(spread, 6),
        "smallest_visible_difference": round(smallest_visible(n, spread, alpha=primary.alpha), 6),
        "smallest_certifiable_margin": round(certifiable_margin(n, spread, alpha=primary.alpha), 6),
    }


def empty_answer(e: Evaluation) -> float | None:
    """The mean that an empty answer would get on the primary metric: a rung at this height says nothing of use."""
    metric = e.primary.metric
    scores = [metric.function("", row, e.rule) for row in e.rows]
    known = [score for score in scores if score is not None]
    return float(np.mean(known)) if known else None


def noise_floor(e: Evaluation) -> dict[str, Any] | None:
    """The base against itself, asked in other batches: what differs is the machine, not the rung."""
    again = e.climbed.again
    if again is None:
        return None
    name = e.primary.metric.name
    place = {row.id: i for i, row in enumerate(e.rows)}
    first = [e.climbed.responses["zero_shot"][place[row.id]] for row in again.rows]
    before = [e.scored["zero_shot"][place[row.id]][name] or 0.0 for row in again.rows]
    after = [values[name] or 0.0 for values in again.scored]
    return {
        "metric": name,
        "n": len(again.rows),
        "different_outputs": sum(a.output != b.output for a, b in zip(first, again.responses, strict=True)),
        "mean_absolute_difference": round(float(np.mean(np.abs(np.array(before) - np.array(after)))), 6),
    }


def slices(e: Evaluation, order: Sequence[str]) -> dict[str, Any]:
    """Mean of the primary metric a slice and rung, with n: too few rows for intervals that mean something."""
    name = e.primary.metric.name
    groups: dict[str, list[int]] = {}
    for i, row in enumerate(e.rows):
        groups.setdefault(str(row.metadata.get("slice", "all")), []).append(i)
    return {
        group: {
            "n": len(places),
            "mean": {r: float(np.mean([e.scored[r][i][name] or 0.0 for i in places])) for r in order},
        }
        for group, places in sorted(groups.items())
    }


def retrieval(e: Evaluation) -> dict[str, Any]:
    """hit@k, recall@k and MRR of the passages in the prompts, on rows that name their documents; no passage is a miss."""
    found: dict[str, Any] = {}
    for rung in e.climbed.rungs:
        if not rung.prompting.needs_documents:
            continue
        rankings = [[hit.passage.document for hit in ask.retrieved] for ask in e.climbed.asks[rung.name]]
        k = max([1, *map(len, rankings)])
        golds = [named_documents(row.metadata) for row in e.rows]
        found[rung.name] = {"k": k, **measures.measure(rankings, golds, cuts=sorted({1, k}))}
    return found
