"""What a rung costs: once for training, and for every answer."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import mean
from typing import Any

import numpy as np

from stepladder.config import PriceConfig

from .responses import Response


def cost_of(
    responses: Sequence[Response], training: Mapping[str, Any] | None, adapter: Path | None, prices: PriceConfig
) -> dict[str, Any]:
    """Tokens and seconds an answer, training seconds and storage once, and money where the user gives prices.

    `money_per_1000`: 1,000 answers at the prices for tokens, plus machine hours at `prices.hour`; None without prices.
    """
    tokens_in, tokens_out = mean(r.tokens_in for r in responses), mean(r.tokens_out for r in responses)
    seconds = mean(r.seconds for r in responses)
    return {
        "tokens_in": round(tokens_in, 2),
        "tokens_out": round(tokens_out, 2),
        "seconds_per_answer": round(seconds, 4),
        "train_seconds": float(training.get("seconds_total", 0.0)) if training else 0.0,
        "train_peak_memory_mb": training.get("peak_memory_mb") if training else None,
        "storage_mb": round((adapter / "adapter_model.safetensors").stat().st_size / 1e6, 2) if adapter else 0.0,
        "money_per_1000": _money(tokens_in, tokens_out, seconds, prices),
        "currency": prices.currency,
    }


def _money(tokens_in: float, tokens_out: float, seconds: float, prices: PriceConfig) -> float | None:
    if prices.input_per_million is None and prices.output_per_million is None and prices.hour is None:
        return None
    tokens = tokens_in * (prices.input_per_million or 0.0) + tokens_out * (prices.output_per_million or 0.0)
    return round(tokens / 1e6 * 1000 + seconds / 3600 * 1000 * (prices.hour or 0.0), 6)


def latency_of(responses: Sequence[Response], batch: int) -> dict[str, Any]:
    """Seconds until an answer was complete, counted from the start of its batch: median and 95th percentile."""
    seconds = [r.latency for r in responses if r.status == "ok"]
    if not seconds:
        return {"p50": None, "p95": None, "batch": batch}
    p50, p95 = np.percentile(seconds, [50, 95])
    return {"p50": round(float(p50), 4), "p95": round(float(p95), 4), "batch": batch}
