"""What summary.json says: counts with their intervals, findings about the whole, and what made it."""

from collections import Counter
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from typing import Any

from stepladder import __version__
from stepladder.config import CurateConfig, describe
from stepladder.records import KINDS, Row

from .benchmarks import benchmark_certificate
from .check import Check
from .context import Context
from .duplicates.near import by_threshold
from .flip_rate import preference
from .ledger import SPLITS, Entry, Reason, Split, chosen, counts
from .lengths import lengths
from .queue import queue
from .rates import rate
from .rules import Rules

_THRESHOLDS = (0.7, 0.75, 0.8, 0.85, 0.9, 0.95)


def summarise(
    entries: Sequence[Entry], about_all: Sequence[Reason], proof: Mapping[str, Any], rules: Rules, context: Context
) -> dict[str, Any]:
    """The summary without what only the writing of the files can tell (fingerprints of outputs, seconds)."""
    review = context.project.curate.review
    skipped = rules.skipped(context)
    tokens, items = context.tokens, context.benchmarks
    rows = [(entry.row, entry.split) for entry in chosen(entries, review, "keep", "fixed") if entry.row and entry.split]
    return {
        **counts(entries, review),
        "codes": _codes(entries, rules.parts, skipped),
        "skipped": skipped,
        "splits": _splits(rows),
        "findings": [reason.to_json() for reason in about_all],
        "remarks": _remarks(entries, rows, proof, context.project.curate),
        "leaks": dict(proof),
        "duplicates": {"by_threshold": _by_threshold(entries, context)},
        "benchmarks": benchmark_certificate(entries, items, review) if items else None,
        "lengths": lengths(entries, tokens.max_length) if tokens else None,
        "preference": preference(entries, context),
        "queue": queue(entries, review, context.seed),
        "versions": {"stepladder": __version__, **{name: version(name) for name in ("rensa", "ftfy")}},
        "config": {"seed": context.seed, "system": context.project.system, **describe(context.project.curate)},
    }


def _codes(entries: Sequence[Entry], parts: Sequence[Check], skipped: Mapping[str, str]) -> dict[str, Any]:
    """Every code that ran: rows that have it, with the interval of their share, and what was done."""
    codes = sorted(
        {part.code for part in parts if part.sees != "whole"} - skipped.keys()
        | {r.code for e in entries for r in e.reasons}
    )
    out = {}
    for code in codes:
        actions = [{reason.action for reason in entry.reasons if reason.code == code} for entry in entries]
        done = Counter(action for found in actions for action in sorted(found))
        out[code] = {**rate(sum(map(bool, actions)), len(entries)), "actions": dict(sorted(done.items()))}
    return out


def _by_threshold(entries: Sequence[Entry], context: Context) -> dict[str, int]:
    """How many near-duplicates other values of `curate.near` would drop, of the rows that nothing else drops."""
    rows = [
        e.row
        for e in entries
        if e.row and not e.given and not any(r.action == "drop" and r.code != "duplicate_near" for r in e.reasons)
    ]
    found = by_threshold(rows, context.measured(rows), context.standings, _THRESHOLDS) if rows else {}
    return {str(threshold): count for threshold, count in found.items()}


def _splits(rows: Sequence[tuple[Row, Split]]) -> dict[str, Any]:
    out: dict[str, Any] = {}
    for kind in KINDS:
        mine = [(row, place) for row, place in rows if row.kind == kind]
        if mine:
            sizes = Counter(place for _, place in mine)
            out[kind] = {place: {**rate(sizes[place], len(mine)), "slices": _slices(mine, place)} for place in SPLITS}
    return out


def _slices(rows: Sequence[tuple[Row, Split]], place: Split) -> dict[str, int]:
    names = Counter(
        row.metadata["slice"] for row, at in rows if at == place and isinstance(row.metadata.get("slice"), str)
    )
    return dict(sorted(names.items()))


def _remarks(
    entries: Sequence[Entry], rows: Sequence[tuple[Row, Split]], proof: Mapping[str, Any], config: CurateConfig
) -> list[str]:
    """Sentences about things that are no fault of one row, but that a person should know."""
    out = []
    renamed = [entry for entry in entries if entry.input_id is not None]
    if renamed:
        first = renamed[0]
        out.append(
            f"{len(renamed)} rows came with an id that another row has: {first.source} is now called {first.id}."
        )
    shares: dict[Split, float] = {"train": 1, "dev": config.dev, "heldout": config.heldout}
    for kind in KINDS:
        sizes = Counter(place for row, place in rows if row.kind == kind)
        missing = [place for place in SPLITS if sizes and shares[place] and not sizes[place]]
        if missing:
            out.append(f"{kind}: no {' and no '.join(missing)} rows, since there are too few rows or families of rows.")
    if proof["largest_family"] > max(10, len(rows) // 4):
        out.append(
            f"{proof['largest_family']} of {len(rows)} rows are one family and stay in one split: "
            "they share a group, or are alike in a chain. Raise curate.leak, or give a held-out file."
        )
    return out
