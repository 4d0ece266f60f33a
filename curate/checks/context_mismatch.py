"""context_mismatch: the response answers another prompt than the one it stands with."""

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from stepladder.records import Row

from ..check import Finding, dataset_check
from ..meaning import Matrix, Meaning
from ..text import shown

LEAST = 50  # rows; with fewer, what is usual for the set is a guess


@dataset_check("context_mismatch", action="review", needs=("meaning",))
def context_mismatch(
    rows: Sequence[Row], *, meaning: Meaning, far: float = 3.5, better: int = 20
) -> Iterator[tuple[str, Finding]]:
    """Name a prompt that the response fits, where it hardly fits its own.

    With embeddings of prompts and responses: the response is less like its own prompt than is usual, by a modified z of
    `far` (Iglewicz and Hoaglin 1993), and at least `better` other prompts are nearer to it. HH has 5 such pairs of
    2,312, from sides that were joined wrongly (research/curation.md section 4). Of pairs only `chosen`
    counts: `rejected` may be off the subject on purpose.
    """
    if len(rows) < LEAST:
        return
    asked, said = meaning.prompts(rows), meaning.answers(rows)
    own = (asked * said).sum(axis=1)
    away = modified_z(own)
    for i in np.flatnonzero(away <= -far).tolist():
        rank, nearest = _others(said[i], asked, i)
        if rank >= better:
            detail = (
                f"the response is nearer to {rank} other prompts than to its own, most to that of {rows[nearest].id}"
            )
            detail += f" ('{shown(rows[nearest].prompt_text, 50)}')"
            yield rows[i].id, Finding(detail, float(own[i]), other=rows[nearest].id)


def _others(said: NDArray[np.float32], asked: Matrix, place: int) -> tuple[int, int]:
    """How many other prompts are nearer to the response than its own, and which is nearest."""
    likeness = asked @ said
    return int((likeness > likeness[place]).sum()), int(likeness.argmax())


def modified_z(values: NDArray[np.float32]) -> NDArray[np.float64]:
    """0.6745 (x - median) / MAD, which a few strange values do not move (Iglewicz and Hoaglin 1993)."""
    middle = np.median(values)
    spread = float(np.median(np.abs(values - middle)))
    scaled = 0.6745 * (values - middle) / spread if spread else np.zeros(len(values))
    return np.asarray(scaled, dtype=np.float64)
