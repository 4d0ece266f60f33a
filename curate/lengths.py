"""How long the rows are in the template of the model that will be trained, and what a limit would cut."""

from collections.abc import Mapping, Sequence
from typing import Any

from .ledger import Entry
from .rates import rate, spoken

LIMITS = (256, 512, 1024, 2048)  # tokens; 1,024 is where TRL 1.16 cuts in silence (trl #3449)
_QUANTILES = {"min": 0.0, "p25": 0.25, "median": 0.5, "p75": 0.75, "p95": 0.95, "p99": 0.99, "max": 1.0}
_BINS = 20
_ANSWERS = ("completion", "chosen", "rejected")


def lengths_of(entries: Sequence[Entry]) -> list[int]:
    """Tokens of each row, prompt and longest response with the template; rows that cannot be rendered have none."""
    return [_length(entry.tokens) for entry in entries if entry.tokens]


def lengths(entries: Sequence[Entry], max_length: int) -> dict[str, Any] | None:
    """What summary.json says of lengths: quantiles, a histogram, and the rows that each limit would cut.

    Quantiles are lengths that a row really has (the smallest that the share q of the rows does not exceed). Bins are
    equally wide, `from` inside and `under` outside. `cut` has the 95 % Wilson interval of the share of rows that are
    longer than a limit. None where no row could be rendered.
    """
    found = sorted(lengths_of(entries))
    if not found:
        return None
    quantiles = {name: found[max(0, -int(-q * len(found) // 1) - 1)] for name, q in _QUANTILES.items()}
    cut = {limit: rate(sum(length > limit for length in found), len(found)) for limit in sorted({*LIMITS, max_length})}
    return {
        "rows": len(found),
        "max_length": max_length,
        "tokens": quantiles,
        "histogram": _histogram(found),
        "cut": {str(limit): share for limit, share in cut.items()},
        "with_loss": _with_loss(entries),
        "sentence": _sentence(quantiles, cut, max_length, len(found)),
    }


def _length(tokens: Mapping[str, Any]) -> int:
    return int(tokens["prompt"]) + max(int(tokens[name]["tokens"]) for name in _ANSWERS if name in tokens)


def _histogram(found: Sequence[int]) -> list[dict[str, int]]:
    width = found[-1] // _BINS + 1
    return [
        {"from": low, "under": low + width, "rows": sum(low <= length < low + width for length in found)}
        for low in range(0, found[-1] + 1, width)
    ]


def _with_loss(entries: Sequence[Entry]) -> dict[str, float | int]:
    """Tokens that training learns from, and their share of all that it reads."""
    parts = [e.tokens[name] for e in entries if e.tokens for name in _ANSWERS if name in e.tokens]
    learnt, read = sum(part["loss"] for part in parts), sum(part["kept"] for part in parts)
    return {"tokens": learnt, "share": round(learnt / read, 4) if read else 0.0}


def _sentence(quantiles: Mapping[str, int], cut: Mapping[int, Mapping[str, float]], limit: int, rows: int) -> str:
    usual = f"half of the rows have at most {quantiles['median']:,} tokens, 95 % at most {quantiles['p95']:,}, "
    usual += f"the longest {quantiles['max']:,}"
    return f"{usual}; a limit of {limit:,} cuts {spoken(int(cut[limit]['rows']), rows)}"
