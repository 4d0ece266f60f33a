"""How many of the pairs that are kept are the wrong way round: what training allows for, and what a person reads."""

from collections.abc import Sequence
from typing import Any

from .context import Context
from .flips import flips
from .ledger import Entry, chosen
from .pair_signals import signals

_METHOD = "latent classes over independent signals (Dawid and Skene 1979), profile-likelihood interval of 95 %"


def preference(entries: Sequence[Entry], context: Context) -> dict[str, Any] | None:
    """The flip rate of the pairs, before and after those that look swapped are held; None where no pair is kept.

    After: the mean chance over the kept pairs, at the ends of the interval the mean at those rates (flips.py). Shares
    are 0 to 0.5, rounded to four places.
    """
    rows = [entry.row for entry in entries if entry.row and not entry.given and not entry.dropped]
    pairs = [row for row in rows if row.kind == "preference"]
    kept = {entry.id for entry in chosen(entries, context.project.curate.review, "keep", "fixed")}
    stay = [i for i, row in enumerate(pairs) if row.id in kept]
    if not stay:
        return None
    found = signals(
        pairs,
        rows,
        rule=context.rule,
        knowledge=context.knowledge,
        meaning=context.meaning,
        losses=context.loss_margins,
    )
    told = flips(found, len(pairs))
    share, low, high = (round(float(x[stay].mean()), 4) for x in (told.chances, told.lowest, told.highest))
    return {
        "flip_rate": {"share": share, "low": low, "high": max(high, share), "pairs": len(stay)},
        "before_review": {"share": told.share, "low": told.low, "high": told.high, "pairs": len(pairs)},
        "signals": [signal.name for signal in found],
        "method": _METHOD,
        "sentence": _sentence(share, low, max(high, share), len(stay)),
    }


def _sentence(share: float, low: float, high: float, pairs: int) -> str:
    said = f"of the {pairs:,} pairs that are kept, {share:.1%} are estimated to be the wrong way round"
    between = f"95 % interval {low:.1%} to {high:.1%}"
    if low > 0:
        return f"{said} ({between}); DPO is trained with a loss that allows for it."
    return f"{said} ({between}, so it may be none); DPO keeps its usual loss."
