"""outlier: a row about something that no other row is about."""

from collections.abc import Iterator, Sequence

import numpy as np

from stepladder.records import Row

from ..check import Finding, dataset_check
from ..meaning import Meaning
from .context_mismatch import LEAST, modified_z


@dataset_check("outlier", action="note", needs=("meaning",))
def outlier(
    rows: Sequence[Row], *, meaning: Meaning, neighbours: int = 5, far: float = 3.5
) -> Iterator[tuple[str, Finding]]:
    """Say how far prompt and response are from the rows nearest to them.

    Mean cosine to the `neighbours` nearest rows, of prompt and response together, lower than is usual by a modified z
    of `far` (Iglewicz and Hoaglin 1993; neighbour distance as in cleanlab). The rare subject may be the one you need,
    so it is only a note (research/curation.md section 4).
    """
    if len(rows) < LEAST:
        return
    whole = np.concatenate([meaning.prompts(rows), meaning.answers(rows)], axis=1) / np.sqrt(2)
    near = np.zeros(len(rows), dtype=np.float32)
    for start in range(0, len(rows), 2048):
        likeness = whole[start : start + 2048] @ whole.T
        likeness[np.arange(len(likeness)), np.arange(start, start + len(likeness))] = -1
        near[start : start + 2048] = np.sort(likeness, axis=1)[:, -neighbours:].mean(axis=1)
    for i in np.flatnonzero(modified_z(near) <= -far):
        yield (
            rows[i].id,
            Finding(f"its nearest rows are at cosine {near[i]:.2f}, usual is {np.median(near):.2f}", float(near[i])),
        )
