"""What a person should look at, in which order, and how many rows that is."""

import random
from collections.abc import Sequence
from typing import Any, Literal

from .ledger import Entry, chosen
from .review.order import most_worth_a_look

SPOT_CHECK = 59  # kept rows: when all of these are sound, fewer than 5 % are not, with 95 % confidence (0.95^59 < 0.05)


def queue(entries: Sequence[Entry], review: Literal["hold", "keep"], seed: int) -> dict[str, Any]:
    """What summary.json says: ids of the rows to decide, the most doubtful first, and a spot check of those kept.

    The order is that of review.jsonl. The spot check is drawn from `seed` among the rows without a question; its size
    is the "rule of three" in its exact form.
    """
    held = most_worth_a_look([entry for entry in entries if _asks(entry)])
    sound = [entry.id for entry in chosen(entries, review, "keep", "fixed") if not _asks(entry)]
    drawn = sound if len(sound) <= SPOT_CHECK else random.Random(seed).sample(sound, SPOT_CHECK)
    return {
        "rows": len(held) + len(drawn),
        "decide": [entry.id for entry in held],
        "spot_check": drawn,
        "sentence": _sentence(len(held), len(drawn), len(sound)),
    }


def _asks(entry: Entry) -> bool:
    return entry.has("review") and not entry.dropped


def _sentence(held: int, drawn: int, sound: int) -> str:
    decide = f"{held} {'row' if held == 1 else 'rows'} to decide" if held else "no row to decide"
    if drawn == sound:
        return f"{decide}; the other {sound} can all be read"
    return f"{decide}, and {drawn} of the {sound} others drawn at random: if all are sound, fewer than 5 % are not"
