"""The size and structure of one cell's update, and the file in which the scores of a cell are kept."""

import json
import math
from pathlib import Path
from typing import Any

from ..structure import document, measures, read


def of_update(directory: Path, *, full: bool) -> dict[str, Any]:
    """Bytes of the weights; for an adapter also its norm, effective ranks and dead modules, without its base."""
    size = sum(file.stat().st_size for file in directory.glob("*.safetensors"))
    if full:
        return {"bytes": size, "structure": None}
    adapter = read.read(directory)
    found = {update.module: measures.decompose(update) for update in adapter.updates}
    whole = document.describe(adapter, found, {}, "")
    modules = whole["modules"]
    return {
        "bytes": size,
        "structure": {
            "norm": whole["norm"],
            "effective_rank": math.fsum(module["effective_rank"] for module in modules) / len(modules),
            "stable_rank": math.fsum(module["stable_rank"] for module in modules) / len(modules),
            "by_layer": [
                {"layer": group["name"], "effective_rank": group["effective_rank"], "norm": group["norm"]}
                for group in whole["by_layer"]
            ],
            "dead": len(whole["dead"]),
        },
    }


def read_scores(directory: Path) -> dict[str, Any]:
    """What was kept of a cell."""
    found: dict[str, Any] = json.loads((directory / "scores.json").read_text(encoding="utf-8"))
    return found
