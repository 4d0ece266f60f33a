"""Families: rows that must stay on one side of every split."""

import json
from collections.abc import Iterable, Sequence
from difflib import get_close_matches

from stepladder.errors import UserError
from stepladder.records import Row

from .likeness import Likeness


class Union:
    """Union-find over ids; the family's name is its first member in input order, whatever the order of the links."""

    def __init__(self, ids: Iterable[str]) -> None:
        self._place = {name: place for place, name in enumerate(ids)}
        self._parent = {name: name for name in self._place}

    def find(self, name: str) -> str:
        """The first member of the family that `name` is in."""
        root = name
        while self._parent[root] != root:
            root = self._parent[root]
        while self._parent[name] != root:
            self._parent[name], name = root, self._parent[name]
        return root

    def join(self, a: str, b: str) -> None:
        """Make one family of two."""
        first, second = sorted((self.find(a), self.find(b)), key=self._place.__getitem__)
        self._parent[second] = first


def families(
    rows: Sequence[Row],
    likeness: Likeness,
    *,
    threshold: float,
    group_by: Sequence[str] = (),
    links: Iterable[tuple[str, str]] = (),
) -> dict[str, list[Row]]:
    """Families by the id of their first row, linked by likeness, an equal value under a `group_by` key, or `links`.

    Raises:
        UserError: a `group_by` key that no row has.
    """
    union = Union(row.id for row in rows)
    here = {row.id for row in rows}
    for pair in likeness.pairs:
        if pair.a in here and pair.b in here and likeness.same_family(pair, threshold):
            union.join(pair.a, pair.b)
    for a, b in links:
        union.join(a, b)
    for key in group_by:
        _join_groups(rows, key, union)
    found: dict[str, list[Row]] = {}
    for row in rows:
        found.setdefault(union.find(row.id), []).append(row)
    return found


def _join_groups(rows: Sequence[Row], key: str, union: Union) -> None:
    first: dict[str, str] = {}
    for row in rows:
        if row.metadata.get(key) is not None:
            value = json.dumps(row.metadata[key], sort_keys=True, default=str)
            union.join(row.id, first.setdefault(value, row.id))
    if rows and not first:
        columns = sorted({name for row in rows for name in row.metadata})
        near = get_close_matches(key, columns, n=1)
        hint = f"Did you mean '{near[0]}'" if near else f"The rows have: {', '.join(columns) or 'no other columns'}"
        raise UserError("curate.group_by", f"no row has a column '{key}'", hint)
