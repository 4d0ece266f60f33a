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
    paraphrases: Sequence[tuple[str, str]] = (),
) -> tuple[dict[str, Split], dict[str, Any]]:
    """Row id -> split for all rows, the given held-out ones too, and the leak certificate.

    `paraphrases` are rows that say the same in other words: one family too. MinHash may miss a pair (one in 20 million
    at similarity 0.8); the exact proof finds it, and its two rows become one family in a second draw.
    """
    ours = {row.id for row in rows}
    links = {pair for pair in paraphrases if ours.issuperset(pair)}
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
    across = [pair for pair in paraphrases if splits[pair[0]] != splits[pair[1]]]
    proof["paraphrases_across"] = [{"a": a, "b": b} for a, b in across[:100]]
    return splits, {**proof, "families": len(sizes), "largest_family": max(sizes, default=0)}
