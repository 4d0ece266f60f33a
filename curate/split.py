"""Train, dev and held-out: families stay whole, slices keep their shares, seed and content alone decide."""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from typing import TypeAlias

from stepladder.records import Kind, Row

from .ledger import SPLITS, Split

Stratum: TypeAlias = tuple[str, str]
Quota: TypeAlias = dict[tuple[Split, Stratum], int]


def split(
    families: Mapping[str, Sequence[Row]],
    *,
    dev: float,
    heldout: float,
    seed: int,
    settled: Mapping[str, Split] | None = None,
    without_heldout: frozenset[Kind] = frozenset(),
) -> dict[str, Split]:
    """Row id -> split, a family always in one.

    Families are drawn in the order of a hash of seed and content, so that a new row moves few others. Each stratum
    (kind and metadata `slice`) gives its share of dev and heldout, rounded so that each kind's total is right; a kind
    of three families or more has a row in every split that is wanted. `settled` rows decide for their family (heldout
    before dev before train). Kinds in `without_heldout` have a held-out file of their own, and give none.
    """
    strata = {row.id: _stratum(row) for rows in families.values() for row in rows}
    found: dict[str, Split] = {}
    open_families = {}
    for name, rows in families.items():
        fixed = {settled[row.id] for row in rows if settled and row.id in settled}
        if fixed:
            place = max(fixed, key=SPLITS.index)
            found |= {row.id: place for row in rows}
        else:
            open_families[name] = rows
    free = [row for rows in open_families.values() for row in rows]
    left = _quotas(free, strata, dev, heldout, seed, without_heldout)
    for rows in sorted(open_families.values(), key=lambda rows: _draw(rows, seed)):
        place = _place(rows, strata, left)
        found |= {row.id: place for row in rows}
        for row in rows:
            left[place, strata[row.id]] = left.get((place, strata[row.id]), 0) - 1
    _fill(open_families, found, dev, heldout, seed, without_heldout)
    return found


def _stratum(row: Row) -> Stratum:
    name = row.metadata.get("slice")
    return row.kind, name if isinstance(name, str) else ""


def _draw(rows: Sequence[Row], seed: int) -> str:
    """The family's place in the draw: the smallest hash of seed and content among its rows, ids and order aside."""
    return min(_hash(f"{seed}\0{row.kind}\0{row.prompt_text}\0{row.completion_text}") for row in rows)


def _hash(text: str) -> str:
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


def _quotas(
    rows: Sequence[Row], strata: Mapping[str, Stratum], dev: float, heldout: float, seed: int, without: frozenset[Kind]
) -> Quota:
    """Rows wanted in dev and heldout from each stratum: largest remainders, so that a kind's total is its share."""
    sizes = Counter(strata[row.id] for row in rows)
    quotas: Quota = {}
    for kind in sorted({row.kind for row in rows}):
        mine = {stratum: count for stratum, count in sizes.items() if stratum[0] == kind}
        shares: dict[Split, float] = {"heldout": 0.0 if kind in without else heldout, "dev": dev}
        for place, share in shares.items():
            wanted = {stratum: share * count for stratum, count in mine.items()}
            whole = {stratum: int(value) for stratum, value in wanted.items()}
            rest = round(sum(wanted.values())) - sum(whole.values())
            by_rest = sorted(mine, key=lambda s: (whole[s] - wanted[s], _hash(f"{seed}\0{place}\0{s}")))
            quotas |= {(place, s): whole[s] + (s in by_rest[: max(0, rest)]) for s in mine}
    return quotas


def _place(rows: Sequence[Row], strata: Mapping[str, Stratum], left: Quota) -> Split:
    """The split that misses most of the family's rows, if it gains more than it overflows; train takes the rest."""
    sizes = Counter(strata[row.id] for row in rows)
    for place in ("heldout", "dev"):
        gain = sum(min(max(0, left.get((place, s), 0)), count) for s, count in sizes.items())
        if gain > len(rows) - gain:
            return place
    return "train"


def _fill(
    families: Mapping[str, Sequence[Row]],
    found: dict[str, Split],
    dev: float,
    heldout: float,
    seed: int,
    without: frozenset[Kind],
) -> None:
    """Give each kind of three families or more a row in every split that is wanted, by moving its smallest family."""
    kinds: defaultdict[Kind, list[Sequence[Row]]] = defaultdict(list)
    for rows in families.values():
        for kind in {row.kind for row in rows}:
            kinds[kind].append(rows)
    for kind, mine in sorted(kinds.items()):
        wanted: list[Split] = ["train"]
        wanted += ["dev"] if dev else []
        wanted += ["heldout"] if heldout and kind not in without else []
        for place in wanted:
            taken = Counter(found[rows[0].id] for rows in mine)
            movable = [
                rows
                for rows in mine
                if taken[found[rows[0].id]] > 1 and not (place == "heldout" and _any(rows, without))
            ]
            if not taken[place] and len(mine) >= len(wanted) and movable:
                smallest = min(movable, key=lambda rows: (len(rows), _draw(rows, seed)))
                found |= {row.id: place for row in smallest}


def _any(rows: Sequence[Row], kinds: frozenset[Kind]) -> bool:
    return any(row.kind in kinds for row in rows)
