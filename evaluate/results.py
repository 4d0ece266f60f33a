"""results.json and outputs.jsonl: the numbers of an evaluation, each with its interval and the method behind it."""

import hashlib
import json
import math
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from stepladder import rundir
from stepladder.config import describe
from stepladder.records import Row

from . import beside, looks, verdict
from .broken import broken
from .climbed import Climbed, Evaluation
from .cost import Spent, break_even, cost_of, latency_of
from .diagnostics import described
from .metric import metrics
from .score import NLL, Values, find, matrix
from .stats.intervals import mean_interval
from .stats.power import inflated_alpha


def outputs(climbed: Climbed) -> Iterator[dict[str, Any]]:
    """One line per rung and held-out row (DESIGN.md section 6), diagnostic rows last."""
    everything = [
        (r.name, climbed.asks[r.name], climbed.responses[r.name], climbed.scored[r.name]) for r in climbed.rungs
    ]
    everything += [(d.rung.name, d.asks, d.responses, d.scored) for d in climbed.diagnosed]
    for rung, asks, responses, scored in everything:
        for row, ask, response, values in zip(climbed.rows, asks, responses, scored, strict=True):
            line: dict[str, Any] = {"rung": rung, "id": row.id, "prompt": list(ask.messages), "output": response.output}
            line |= {"reference": row.completion_text, "metrics": values}
            if "slice" in row.metadata:
                line["slice"] = row.metadata["slice"]
            if ask.retrieved:
                line["retrieved"] = [
                    {"id": h.passage.id, "document": h.passage.document, "score": round(h.score, 6)}
                    for h in ask.retrieved
                ]
            line |= {
                "tokens_in": response.tokens_in,
                "tokens_out": response.tokens_out,
                "seconds": round(response.seconds, 4),
            }
            line |= {"stopped": response.stopped, "status": response.status}
            if response.reason:
                line["reason"] = response.reason
            yield line


def assemble(climbed: Climbed, **declared: Any) -> dict[str, Any]:
    """The whole of results.json; `declared` are the other fields of Evaluation."""
    e = Evaluation(climbed, **declared)
    primary, seed = e.primary, e.project.seed
    order = _by_cost(e)
    scores = matrix(primary.metric.name, {name: e.scored[name] for name in order})
    clusters = _clusters(e)
    judged = verdict.decide(
        order, scores, margin=primary.margin, binary=primary.metric.binary, rng=np.random.default_rng(seed), alpha=primary.alpha,
        clusters=clusters, higher_is_better=primary.metric.higher_is_better,
    )  # fmt: skip
    labels = {r.name: r for r in judged.rungs}
    look = looks.count(
        e.inputs["heldout"], {"rungs": [[r.name, repr(r.prompting)] for r in e.climbed.rungs], "inputs": dict(e.inputs)}
    )
    return {
        "heldout": {
            "n": len(e.rows), "fingerprint": e.inputs["heldout"], "looks": look, "quick": e.quick,
            "alpha_after_looks": round(inflated_alpha(look, alpha=primary.alpha), 4),
        },
        "primary": {
            "metric": primary.metric.name, "unit": primary.metric.unit, "margin": primary.margin, "alpha": primary.alpha,
            "reason": primary.reason, "higher_is_better": primary.metric.higher_is_better,
        },
        "power": beside.power(scores, primary),
        "empty_answer": beside.empty_answer(e),
        "noise_floor": beside.noise_floor(e),
        "rungs": [_rung(e, name, place, labels[name], clusters) for place, name in enumerate(order)],
        "pairs": [
            {"metric": primary.metric.name} | {k: _finite(getattr(p, k)) for k in _PAIR} for p in judged.pairs
        ],
        "slices": beside.slices(e, order),
        "diagnostics": [described(d, e.scored[d.reader], primary.metric) for d in climbed.diagnosed],
        "refusal": {"lines": sorted(climbed.refusals.lines), "rule": REFUSAL_RULE},
        "broken": broken(e, order),
        "general": climbed.general,
        "break_even": break_even([_money(e, name) for name in order]),
        "retrieval": beside.retrieval(e),
        "verdict": {"rung": judged.verdict.rung, "sentence": judged.verdict.sentence, "rule": judged.verdict.rule},
        "manifest": {
            "code": rundir.code_version("evaluate"), "environment": rundir.environment(), "inputs": dict(e.inputs),
            "config": describe(e.project), "quick": e.quick, "seconds": round(e.seconds, 1),
        },
    }  # fmt: skip


REFUSAL_RULE = (
    "An answer refuses when it has a closing line by which training references hand over, or begins with a phrase of inability; "
    "recall: unanswerable rows refused; over-refusal: answerable rows refused"
)
_PAIR = ("a", "b", "difference", "low", "high", "p", "p_holm", "wins", "ties", "losses")


def _by_cost(e: Evaluation) -> list[str]:
    """Rungs by what 1,000 answers cost at the user's prices; without prices, the ladder's own order."""
    names = [r.name for r in e.climbed.rungs]
    money = {n: _cost(e, n)["money_per_1000"] for n in names}
    return names if any(v is None for v in money.values()) else sorted(names, key=lambda n: (money[n], names.index(n)))


def _rung(
    e: Evaluation, name: str, place: int, label: verdict.RungResult, clusters: Sequence[object] | None
) -> dict[str, Any]:
    rung = e.rung(name)
    given = e.climbed.responses[name]
    return {
        "name": name,
        "order": place,
        "n": len(given),
        "errors": sum(r.status == "error" for r in given),
        "refused": sum(r.status == "refused" for r in given),
        "stop_rate": round(sum(r.stopped for r in given) / len(given), 4),
        "metrics": {m: found for m in [*metrics, NLL.name] if (found := _interval(m, e.scored[name], clusters))},
        "refusals": e.climbed.refusals.rates(e.rows, given),
        "memorised": e.climbed.training_text.found(e.rows, e.climbed.asks[name], given),
        "cost": _cost(e, name),
        "latency": latency_of(given, 1 if rung.endpoint else e.project.evaluate.batch),
        "label": label.label,
        "label_text": label.text,
        "p": label.p,
        "p_holm": label.p_holm,
        "rows_needed": label.rows_needed,
        "adapter": rung.adapter,
        "settings": rung.settings,
        "seeds": "one seed" if rung.adapter else None,
    }


def _cost(e: Evaluation, name: str) -> dict[str, Any]:
    rung, settings = e.rung(name), e.project.evaluate
    adapter = next((a for a in e.adapters if a.name == rung.adapter), None)
    return cost_of(
        e.climbed.responses[name], adapter.training if adapter else None, adapter.path if adapter else None,
        settings.prices, settings.endpoints[rung.endpoint] if rung.endpoint else None,
    )  # fmt: skip


def _money(e: Evaluation, name: str) -> Spent:
    """What a rung costs once and per answer; an adapter's one-off cost includes that of the adapter it started from."""
    hour, seconds, path = e.project.evaluate.prices.hour, 0.0, e.rung(name).adapter
    adapter = next((a for a in e.adapters if a.name == path), None)
    while adapter is not None:
        seconds += float(adapter.training.get("seconds_total", 0.0))
        before = adapter.training.get("started_from")
        adapter = next(
            (a for a in e.adapters if before and a != adapter and a.path.resolve() == Path(before).resolve()), None
        )
    return Spent(name, seconds / 3600 * (hour or 0.0), _cost(e, name)["money_per_1000"])


def _interval(name: str, values: Sequence[Values], clusters: Sequence[object] | None) -> dict[str, Any] | None:
    """Mean with its 95 % interval over the rows to which the metric applies; None where it applies to none."""
    labels = clusters or [None] * len(values)
    here = [(score, c) for v, c in zip(values, labels, strict=True) if (score := v[name]) is not None]
    if not here:
        return None
    groups = [c for _, c in here] if clusters else None
    found = mean_interval([v for v, _ in here], binary=find(name).binary, clusters=groups)
    return {
        "mean": found.mean,
        "low": _finite(found.low),
        "high": _finite(found.high),
        "n": len(here),
        "method": found.method,
    }


def _clusters(e: Evaluation) -> list[object] | None:
    """Group keys of the held-out rows, where the project names some that every row has."""
    keys = e.project.curate.group_by
    if not keys or not all(all(k in row.metadata for k in keys) for row in e.rows):
        return None
    return [json.dumps([row.metadata[k] for k in keys], sort_keys=True) for row in e.rows]


def fingerprint_of(rows: Sequence[Row]) -> str:
    """A hash of the held-out rows' content: the same rows, the same fingerprint, wherever they lie."""
    text = json.dumps([row.to_json() for row in rows], sort_keys=True, ensure_ascii=False)
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


def _finite(value: Any) -> Any:
    """JSON has no infinity: a limit that does not exist is null."""
    return None if isinstance(value, float) and not math.isfinite(value) else value
