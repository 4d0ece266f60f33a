"""What the slider of the page moves through: each update at several ranks, down-sampled to blocks of 6 bits each."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from . import measures

if TYPE_CHECKING:
    from numpy.typing import NDArray

_GRID = 16  # blocks to a side: what still reads as a picture on a phone
_STEPS = 20  # positions of the slider
_ROOM = 1_500_000  # characters of all blocks: the page stays under 2 MB
_LEVELS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"  # as in stepladder/pages/update.js


def slices(modules: Sequence[dict[str, Any]], decomposed: Mapping[str, measures.Decomposed]) -> list[dict[str, Any]]:
    """The modules that have an update, as many of the strongest as there is room for, in the order of the document."""
    alive = sorted((module for module in modules if not module["dead"]), key=lambda module: -module["norm"])
    kept: set[str] = set()
    room = _ROOM
    for module in alive:
        room -= _GRID**2 * len(ranks_shown(module["rank"]))
        if room < 0 and kept:
            break
        kept.add(module["module"])
    return [_slice(module, decomposed[module["module"]]) for module in modules if module["module"] in kept]


def ranks_shown(rank: int) -> list[int]:
    """Every rank up to `rank` where these are few, else some of them, denser where most of the update is."""
    if rank <= _STEPS:
        return list(range(1, rank + 1))
    return sorted({round(step) for step in np.geomspace(1, rank, _STEPS)})


def _slice(module: dict[str, Any], found: measures.Decomposed) -> dict[str, Any]:
    values = module["singular_values"]
    ranks = ranks_shown(len(values))
    norms = measures.block_norms(found, _GRID, ranks)
    whole = measures.frobenius(values)
    out, into = module["shape"]
    return {
        "name": module["module"],
        "shape": f"{out:,} × {into:,}",
        "rows": norms.shape[1],
        "columns": norms.shape[2],
        "ranks": ranks,
        "values": values,
        "shares": [round(measures.frobenius(values[:rank]) / whole, 4) for rank in ranks],
        "cells": [_text(block, norms.min(), norms.max()) for block in norms],
    }


def _text(blocks: "NDArray[np.float64]", low: float, high: float) -> str:
    """The blocks on a scale from the weakest of any rank to the strongest: from zero, they would look all the same."""
    levels = np.rint(63 * (blocks - low) / ((high - low) or 1.0)).astype(int)
    return "".join(_LEVELS[level] for level in levels.flat)
