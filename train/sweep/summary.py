"""What a sweep found: each rank's loss with its interval, its difference from the best, its size, time and structure."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from stepladder import console

from .cells import Cell, label
from .intervals import Estimate, crossed

Found = Mapping[Cell, Mapping[str, Any]]


def summarise(
    found: Found, chosen: Sequence[Cell], seeds: Sequence[int], *, questions: Sequence[dict[str, str]], quick: bool
) -> dict[str, Any]:
    """The document of sweep.json; `chosen` holds one cell a rank, with its learning rate, in the order of ranks."""
    losses = {cell: _losses(found, cell, seeds) for cell in chosen}
    best = min(chosen, key=lambda cell: float(losses[cell].mean()))
    points = [_point(found, cell, seeds, losses, best) for cell in chosen]
    return {
        "quick": quick,
        "seeds": list(seeds),
        "dev_rows": int(losses[best].shape[1]),
        "best": label(best.rank),
        "smallest_not_worse": next(point["name"] for point in points if not point["shown_worse"]),
        "points": points,
        "questions": list(questions),
    }


def trial(cell: Cell, scores: Mapping[str, Any]) -> dict[str, Any]:
    """One run of the choice of learning rates."""
    rate = scores["record"]["settings"]["learning_rate"]["value"]
    return {"name": label(cell.rank), "learning_rate": rate, "dev_loss": float(np.mean(scores["losses"]))}


def _losses(found: Found, cell: Cell, seeds: Sequence[int]) -> "np.ndarray[Any, np.dtype[np.float64]]":
    """Losses of a rank, shape (seeds, rows)."""
    return np.array([found[replace(cell, seed=seed)]["losses"] for seed in seeds], dtype=np.float64)


def _point(found: Found, cell: Cell, seeds: Sequence[int], losses: Mapping[Cell, Any], best: Cell) -> dict[str, Any]:
    runs = [found[replace(cell, seed=seed)] for seed in seeds]
    record, first = runs[0]["record"], runs[0]
    more = crossed(losses[cell] - losses[best]) if cell != best else Estimate(0.0, None, None)
    return {
        "name": label(cell.rank),
        "rank": cell.rank,
        "learning_rate": record["settings"]["learning_rate"]["value"],
        "scale": _scale(record["settings"], cell.rank),
        "parameters": record["parameters"]["trainable"],
        "bytes": first["bytes"],
        "seconds": _mean([run["record"]["seconds_total"] for run in runs]),
        "dev_loss": crossed(losses[cell]).to_json(),
        "above_best": more.to_json(),
        "shown_worse": more.low is not None and more.low > 0,
        "format": _format(runs),
        "effective_rank": _structure(runs, "effective_rank"),
        "stable_rank": _structure(runs, "stable_rank"),
        "norm": _structure(runs, "norm"),
        "by_layer": first["structure"]["by_layer"] if first["structure"] else None,
        "answers": first["answers"],
        "directories": [replace(cell, seed=seed).name for seed in seeds],
    }


def _scale(settings: Mapping[str, Any], rank: int | None) -> float | None:
    """By what BA counts in the update: alpha / rank, with rsLoRA alpha / sqrt(rank)."""
    if rank is None:
        return None
    alpha = settings["alpha"]["value"]
    return float(alpha / (rank**0.5 if settings["rslora"]["value"] else rank))


def _format(runs: Sequence[Mapping[str, Any]]) -> dict[str, float | None] | None:
    """Share of the judged answers that keep the format, with its interval over rows and seeds."""
    if not runs[0]["format"]:
        return None
    found = crossed(np.array([run["format"] for run in runs], dtype=np.float64))
    low, high = (None if edge is None else min(1.0, max(0.0, edge)) for edge in (found.low, found.high))
    return Estimate(found.mean, low, high).to_json()


def _structure(runs: Sequence[Mapping[str, Any]], name: str) -> float | None:
    return None if runs[0]["structure"] is None else _mean([run["structure"][name] for run in runs])


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)


def sentence(document: Mapping[str, Any]) -> str:
    """What the sweep found, in one sentence that claims no more than the intervals do."""
    if document["best"] == document["points"][0]["name"]:
        return f"{document['best'].capitalize()}, the smallest, has the lowest dev loss"
    if document["smallest_not_worse"] == document["best"]:
        return f"{document['best'].capitalize()} has the lowest dev loss, and every smaller one is shown to be worse"
    return f"{document['best'].capitalize()} has the lowest dev loss; {document['smallest_not_worse']} is not shown to be worse"


def show(document: Mapping[str, Any]) -> None:
    """The table at the terminal."""
    rows = [
        [
            point["name"],
            f"{point['learning_rate']:.1e}",
            f"{point['parameters']:,}",
            f"{point['bytes'] / 1e6:,.1f}",
            f"{point['seconds']:,.0f}",
            "–" if point["effective_rank"] is None else f"{point['effective_rank']:.1f}",
            f"{point['dev_loss']['mean']:.3f}",
            _plus(point["above_best"]),
        ]
        for point in document["points"]
    ]
    columns = ("", "rate", "weights", "MB", "s", "eff. rank", "dev loss", "above best (95 %)")
    console.table(f"{sentence(document)} ({document['dev_rows']} dev rows)", columns, rows)


def _plus(difference: Mapping[str, float | None]) -> str:
    if difference["low"] is None:
        return "–"
    return f"{difference['low']:+.3f} to {difference['high']:+.3f}"
