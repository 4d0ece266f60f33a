"""A small part of the rows that stands for all of them, the same on every machine."""

import hashlib
from collections.abc import Sequence

from stepladder.records import Row


def subset(rows: Sequence[Row], size: int, *, seed: int = 0) -> list[Row]:
    """At most `size` rows, in their given order, taken in turn from each slice (metadata `slice`), by a hash of id and seed."""
    if size >= len(rows):
        return list(rows)
    groups: dict[str, list[Row]] = {}
    for row in sorted(rows, key=lambda r: _draw(r.id, seed)):
        groups.setdefault(str(row.metadata.get("slice", "")), []).append(row)
    chosen: set[str] = set()
    for turn in range(len(rows)):
        for name in sorted(groups):
            if turn < len(groups[name]) and len(chosen) < size:
                chosen.add(groups[name][turn].id)
    return [row for row in rows if row.id in chosen]


def _draw(identity: str, seed: int) -> str:
    return hashlib.blake2b(f"{seed}:{identity}".encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()
