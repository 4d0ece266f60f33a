"""outlier: a row about something that no other row is about."""

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from stepladder.records import Row

from ..check import Finding, dataset_check
from ..meaning import Matrix, Meaning
from .context_mismatch import LEAST, modified_z


@dataset_check("outlier", action="note", needs=("meaning",))
def outlier(
    rows: Sequence[Row], *, meaning: Meaning, neighbours: int = 5, far: float = 2.0
) -> Iterator[tuple[str, Finding]]:
    """Say how far prompt and response are from those nearest to them.

    Mean cosine to the `neighbours` nearest (neighbour distance as in cleanlab), of prompts and of responses, both lower
    than is usual by a modified z of `far`: 3 of 900 sound rows of one domain are, 15 and 26 by one of the two.
    Iglewicz and Hoaglin (1993) take 3.5 for a single measure. The rare subject may be the one you need, so it is only a
    note (research/curation.md section 4).
    """
    if len(rows) < LEAST:
        return
    near = [_to_nearest(vectors, neighbours) for vectors in (meaning.prompts(rows), meaning.answers(rows))]
    asked, said = map(modified_z, near)
    for i in np.flatnonzero((asked <= -far) & (said <= -far)).tolist():
        told = f"its nearest prompts are at cosine {near[0][i]:.2f} and responses at {near[1][i]:.2f}, usual are "
        told += f"{np.median(near[0]):.2f} and {np.median(near[1]):.2f}"
        yield rows[i].id, Finding(told, float(max(asked[i], said[i])), -far)


def _to_nearest(vectors: Matrix, neighbours: int) -> NDArray[np.float32]:
    """Mean cosine to the nearest others."""
    near = np.zeros(len(vectors), dtype=np.float32)
    for start in range(0, len(vectors), 2048):
        likeness = vectors[start : start + 2048] @ vectors.T
        likeness[np.arange(len(likeness)), np.arange(start, start + len(likeness))] = -1
        near[start : start + 2048] = np.sort(likeness, axis=1)[:, -neighbours:].mean(axis=1)
    return near
