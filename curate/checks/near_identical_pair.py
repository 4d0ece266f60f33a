"""near_identical_pair: chosen and rejected say the same in almost the same words."""

from stepladder.records import Row, text_of

from ..check import Finding, check
from ..duplicates.decisive import decisive_difference
from ..duplicates.signatures import jaccard, shingles
from ..text import normal


@check("near_identical_pair", action="review", kinds=("preference",))
def near_identical_pair(row: Row, *, similar: float = 0.9) -> Finding | None:
    """Say how alike the two sides are, and what sets them apart when that is something that decides.

    Jaccard similarity of character 5-grams. modelbrew warns from 0.92 (cosine) on; a pair that differs by one wrong
    figure is the best kind of pair, so a difference in a number, name, negation or unit makes it a note.
    """
    chosen, rejected = (text_of(row.answers[side]) for side in ("chosen", "rejected"))
    if " ".join(chosen.split()).casefold() == " ".join(rejected.split()).casefold():
        return None  # identical_pair owns this row
    value = jaccard(shingles(normal(chosen)), shingles(normal(rejected)))
    if value < similar:
        return None
    if apart := decisive_difference(chosen, rejected):
        return Finding(
            f"chosen and rejected are {value:.0%} the same and differ in {apart}", value, similar, action="note"
        )
    return Finding(
        f"chosen and rejected are {value:.0%} the same, with nothing between them that decides", value, similar
    )
