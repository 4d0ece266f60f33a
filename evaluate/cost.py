"""What a rung costs: once for training, and for every answer."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import ceil
from pathlib import Path
from statistics import mean
from typing import Any

import numpy as np

from stepladder.config import EndpointConfig, PriceConfig

from .response import Response


def cost_of(
    responses: Sequence[Response],
    training: Mapping[str, Any] | None,
    adapter: Path | None,
    prices: PriceConfig,
    endpoint: EndpointConfig | None = None,
) -> dict[str, Any]:
    """Tokens and seconds an answer, training seconds and storage once, and money where the user gives prices.

    `money_per_1000`: 1,000 answers at the prices for tokens, plus machine hours at `prices.hour`; None without prices. An
    endpoint's own prices come before `prices`, and it takes no machine hours of the user's. Means are over the rows that
    were answered, over all where none was. `tokens_estimated`: rows whose tokens the endpoint did not tell.
    """
    answered = [r for r in responses if r.status != "error"] or list(responses)
    tokens_in, tokens_out = mean(r.tokens_in for r in answered), mean(r.tokens_out for r in answered)
    seconds = mean(r.seconds for r in answered)
    if endpoint is not None:
        prices = _prices_of(endpoint, prices)
    return {
        "tokens_in": round(tokens_in, 2),
        "tokens_out": round(tokens_out, 2),
        "tokens_estimated": sum(r.estimated for r in answered),
        "seconds_per_answer": round(seconds, 4),
        "train_seconds": float(training.get("seconds_total", 0.0)) if training else 0.0,
        "train_peak_memory_mb": training.get("peak_memory_mb") if training else None,
        "storage_mb": _megabytes(adapter) if adapter else 0.0,
        "money_per_1000": _money(tokens_in, tokens_out, seconds, prices),
        "currency": prices.currency,
    }


def _megabytes(trained: Path) -> float:
    """Size of an adapter's weights, or of a whole model's."""
    files = [*trained.glob("adapter_model.safetensors"), *trained.glob("model*.safetensors")]
    return round(sum(file.stat().st_size for file in files) / 1e6, 2)


def _prices_of(endpoint: EndpointConfig, prices: PriceConfig) -> PriceConfig:
    own = endpoint.input_per_million, endpoint.output_per_million
    known = prices.input_per_million, prices.output_per_million
    paid = [general if special is None else special for special, general in zip(own, known, strict=True)]
    return PriceConfig(paid[0], paid[1], None, prices.currency)


def _money(tokens_in: float, tokens_out: float, seconds: float, prices: PriceConfig) -> float | None:
    if prices.input_per_million is None and prices.output_per_million is None and prices.hour is None:
        return None
    tokens = tokens_in * (prices.input_per_million or 0.0) + tokens_out * (prices.output_per_million or 0.0)
    return round(tokens / 1e6 * 1000 + seconds / 3600 * 1000 * (prices.hour or 0.0), 6)


@dataclass(frozen=True)
class Spent:
    """A rung's money: once (training at `prices.hour`; nothing without that price) and for 1,000 answers."""

    name: str
    once: float
    per_1000: float | None


def break_even(rungs: Sequence[Spent]) -> list[dict[str, Any]]:
    """Requests from which a rung that costs more once is the cheaper one in all, for every pair where there is such a number.

    (once_b - once_a) / (answer_a - answer_b), rounded up. Pairs in which one rung is cheaper in both are left out, and so
    are rungs without prices.
    """
    found = []
    for a in rungs:
        for b in rungs:
            if a.per_1000 is None or b.per_1000 is None or not (b.once > a.once and b.per_1000 < a.per_1000):
                continue
            requests = ceil((b.once - a.once) / (a.per_1000 - b.per_1000) * 1000)
            found.append({"cheaper_at_first": a.name, "cheaper_later": b.name, "requests": requests})
    return found


def latency_of(responses: Sequence[Response], batch: int) -> dict[str, Any]:
    """Seconds until an answer was complete, counted from the start of its batch: median and 95th percentile."""
    seconds = [r.latency for r in responses if r.status != "error"]
    if not seconds:
        return {"p50": None, "p95": None, "batch": batch}
    p50, p95 = np.percentile(seconds, [50, 95])
    return {"p50": round(float(p50), 4), "p95": round(float(p95), 4), "batch": batch}
