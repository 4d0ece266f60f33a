"""What report.html and the terminal say of the scores."""

from collections.abc import Mapping, Sequence
from typing import Any

from stepladder.pages import Column, Node, element, table

from ..ledger import Entry
from ..text import shown
from .combined import HIGH_IS_GOOD

_LISTED = 20  # rows shown; the ledger has the scores of all
_BY_MODELS = ("ifd", "judge", "reward")
_ORDER = (
    "combined is the mean of a row's ranks, from 0 (worst) to 1 (best), in the scores that it has: "
    "high richness, specificity, ifd_residual, judge and reward, and low slop. No row is dropped or held for a score."
)


def sentence(found: Mapping[str, Any], unscored: Mapping[str, int]) -> str | None:
    """How far what models would choose is what length would choose; None where no model was asked."""
    parts = []
    for name in _BY_MODELS:
        if one := found.get(name):
            drawn = one["overlap_random"]
            parts.append(
                f"of the {one['top']} rows that {name} would choose, {one['overlap_longest']:.0%} are among the longest "
                f"(of a draw, {drawn['low']:.0%} to {drawn['high']:.0%})"
            )
    parts += [f"{count} rows have no {name}: see `unscored` in the ledger" for name, count in unscored.items()]
    return "; ".join(parts) or None


def scores_page(entries: Sequence[Entry], summary: Mapping[str, Any]) -> Node:
    """Every selector beside length and chance, then the rows that rank last, with each rank that makes it so."""
    return [_beside(summary["scores"]), element("p", None, _ORDER), _last(entries)]


def _beside(found: Mapping[str, Any]) -> Node:
    heads: list[Column | str] = [
        "Score", Column("Rows", True), Column("Would choose", True), Column("Correlation with length", True),
        Column("Of these, among the longest", True), Column("Of a draw, 95 % range", True),
    ]  # fmt: skip
    rows: list[Sequence[Node]] = [
        [
            name, one["rows"], one["top"],
            "none" if one["length_correlation"] is None else f"{one['length_correlation']:.2f}",
            f"{one['overlap_longest']:.0%}",
            f"{one['overlap_random']['low']:.0%} to {one['overlap_random']['high']:.0%}",
        ]
        for name, one in found.items()
    ]  # fmt: skip
    return table("What each score would choose, beside length and chance", heads, rows, empty="Too few rows.")


def _last(entries: Sequence[Entry]) -> Node:
    ranked = sorted((e for e in entries if "combined" in e.scores), key=lambda e: e.scores["combined"])[:_LISTED]
    names = [name for name in HIGH_IS_GOOD if any(name in e.ranks for e in ranked)]
    rows: list[Sequence[Node]] = [
        [e.id, f"{e.scores['combined']:.2f}", *(f"{e.ranks[n]:.2f}" if n in e.ranks else "" for n in names),
         shown(e.row.completion_text, 200) if e.row else ""]
        for e in ranked
    ]  # fmt: skip
    heads: list[Column | str] = ["Row", Column("combined", True), *(Column(name, True) for name in names), "Response"]
    return table("The rows that rank last, with their rank in each score", heads, rows, empty="None.")
