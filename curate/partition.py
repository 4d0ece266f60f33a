"""From rows to splits without a leak: families, the draw, and the proof, repeated until the proof holds."""

from collections.abc import Mapping, Sequence
from typing import Any

from stepladder.config import CurateConfig
from stepladder.records import Row

from .duplicates.families import families
from .duplicates.likeness import Likeness
from .leaks import certificate, crossing
from .ledger import Split
from .split import split


def partition(
    rows: Sequence[Row],
    given: Sequence[Row],
    likeness: Likeness,
    config: CurateConfig,
    seed: int,
    settled: Mapping[str, Split],
) -> tuple[dict[str, Split], dict[str, Any]]:
    """Row id -> split for all rows, the given held-out ones too, and the leak certificate.

    MinHash may miss a pair (one in 20 million at similarity 0.8); the exact proof finds it, and its two rows become
    one family in a second draw.
    """
    links: set[tuple[str, str]] = set()
    ours = {row.id for row in rows}
    while True:
        found = families(rows, likeness, threshold=config.leak, group_by=config.group_by, links=sorted(links))
        splits = split(
            found,
            dev=config.dev,
            heldout=config.heldout,
            seed=seed,
            settled=settled,
            without_heldout=frozenset(row.kind for row in given),
        )
        splits |= {row.id: "heldout" for row in given}
        everything = [*rows, *given]
        above = crossing(everything, splits, likeness, config.leak)
        new = {(a, b) for a, b, _, _ in above if a in ours and b in ours} - links
        if not new:
            break
        links |= new
    proof = certificate(everything, splits, likeness, above, config.leak, config.group_by)
    sizes = [len(family) for family in found.values()]
    return splits, {**proof, "families": len(sizes), "largest_family": max(sizes, default=0)}
