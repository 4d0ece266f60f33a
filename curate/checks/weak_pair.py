"""weak_pair: nothing says that the chosen side is better than the rejected one."""

from collections.abc import Iterator, Sequence

from stepladder.records import Row

from ..check import Finding, checks, dataset_check
from ..duplicates.decisive import decisive_difference
from ..meaning import Meaning
from ..preferences import scores_of, side_text


@dataset_check("weak_pair", action="note", wants=("meaning",))
def weak_pair(
    rows: Sequence[Row], *, margin: float = 0.05, similar: float = 0.92, meaning: Meaning | None = None
) -> Iterator[tuple[str, Finding]]:
    """Say that the two sides are rated alike, or say the same in other words.

    Scores that the row brings and that lie within `margin` of their range (0.5 of 10 in UltraFeedback, where 11 % of
    pairs are tied and 30 % within it); or, with an embedder, cosine >= `similar` (modelbrew's 0.92) with the same
    figures and negations on both sides, unless they share their words too, which near_identical_pair tells better
    (research/curation.md section 4).
    """
    pairs = [row for row in rows if row.kind == "preference"]
    known = {row.id: found for row in pairs if (found := scores_of(row))}
    values = [value for found in known.values() for value in found]
    limit = margin * (max(values) - min(values)) if values else 0.0
    for row_id, (chosen, rejected) in known.items():
        if abs(chosen - rejected) <= limit:
            yield row_id, Finding(f"the sides score {chosen:g} and {rejected:g}", abs(chosen - rejected), limit)
    if meaning and pairs:
        alike = (meaning.answers(pairs, "chosen") * meaning.answers(pairs, "rejected")).sum(axis=1)
        for row, value in zip(pairs, alike, strict=True):
            if row.id in known or value < similar or checks["near_identical_pair"].function(row):
                continue
            if not decisive_difference(side_text(row, "chosen"), side_text(row, "rejected"), facts_only=True):
                yield row.id, Finding(f"both sides say the same in other words ({value:.2f})", float(value), similar)
