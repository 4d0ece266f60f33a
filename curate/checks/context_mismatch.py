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
    rows: Sequence[Row],
    *,
    meaning: Meaning,
    far: float = 3.5,
    both_far: float = 3.0,
    apart: float = 0.4,
    better: int = 20,
) -> Iterator[tuple[str, Finding]]:
    """Name a prompt that the response fits, where it hardly fits its own.

    With embeddings of prompts and responses: the response is less like its own prompt than is usual, by a modified z of
    `far` (Iglewicz and Hoaglin 1993), and at least `better` other prompts are nearer to it. HH has 5 such pairs of
    2,312, from sides that were joined wrongly (research/curation.md section 4). Of a pair, `rejected` may be off the
    subject on purpose, so it counts with `chosen` alone: both are off it by `both_far` on average, or `rejected` is
    nearer to the prompt by `apart` in cosine.
    """
    if len(rows) < LEAST:
        return
    asked, said = meaning.prompts(rows), meaning.answers(rows)
    own = (asked * said).sum(axis=1)
    away, other = modified_z(own), _rejected(rows, meaning, asked)
    beside = modified_z(other, own)
    pair = ~np.isnan(other)
    off = (away <= -far) | (pair & ((away + beside) / 2 <= -both_far)) | (pair & (other - own >= apart))
    for i in np.flatnonzero(off).tolist():
        rank, nearest = _others(said[i], asked, i)
        if rank >= better:
            which = "the response" if np.isnan(other[i]) else "the chosen response"
            detail = f"{which} is nearer to {rank} other prompts than to its own, most to that of {rows[nearest].id}"
            detail += f" ('{shown(rows[nearest].prompt_text, 50)}')"
            detail += "; the rejected one fits" if other[i] - own[i] >= apart else ""
            yield rows[i].id, Finding(detail, float(own[i]), other=rows[nearest].id)


def _rejected(rows: Sequence[Row], meaning: Meaning, asked: Matrix) -> NDArray[np.float32]:
    """Cosine of each pair's rejected side to its prompt, nan for other rows."""
    out = np.full(len(rows), np.nan, dtype=np.float32)
    if places := [i for i, row in enumerate(rows) if row.kind == "preference"]:
        out[places] = (asked[places] * meaning.answers([rows[i] for i in places], "rejected")).sum(axis=1)
    return out


def _others(said: NDArray[np.float32], asked: Matrix, place: int) -> tuple[int, int]:
    """How many other prompts are nearer to the response than its own, and which is nearest."""
    likeness = asked @ said
    return int((likeness > likeness[place]).sum()), int(likeness.argmax())


def modified_z(values: NDArray[np.float32], usual: NDArray[np.float32] | None = None) -> NDArray[np.float64]:
    """0.6745 (x - median) / MAD of `usual` (default: the values), which a few strange ones do not move.

    Source: Iglewicz and Hoaglin 1993.
    """
    known = values if usual is None else usual
    middle = np.median(known)
    spread = float(np.median(np.abs(known - middle)))
    scaled = 0.6745 * (values - middle) / spread if spread else np.zeros(len(values))
    return np.asarray(scaled, dtype=np.float64)
