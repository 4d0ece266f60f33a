"""--keep N: the best and most different training rows, and for each row left out the kept one nearest to it."""

import heapq
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from stepladder.records import KINDS, Row

from .check import Finding
from .context import Context
from .ledger import BUDGET, Entry, Reason, chosen
from .meaning import Matrix, asked_text
from .text import answer_text
from .wordspace import encoder, likeness

BLOCK = 2000  # rows compared with each other: 16 MB, and a cost that grows with the rows, not with their square
DRAWS = 10  # random selections whose mean and best stand beside ours
NO_FAULT = {"duplicate_exact", "duplicate_near", "duplicate_semantic", "contradiction", "leak_knowledge", "outlier"}

Worth: TypeAlias = NDArray[np.float32]


def select(entries: Sequence[Entry], keep: int, context: Context) -> dict[str, Any]:
    """Leave out all but `keep` of the training rows; returns what summary.json says about the choice.

    Rows of several types share the budget in proportion to their numbers. dev and heldout are not selected from. A row
    left out is sound, and dropped for lack of room alone: its reason code is `budget`, it stands as it came in
    dropped.jsonl, and `other` names the kept row nearest to it. Up to BLOCK rows of a type are chosen from as one; more
    are dealt to blocks at random, and each block gives its share (the first round of Mirzasoleiman et al. 2013, GreeDi).
    """
    review = context.project.curate.review
    train = [e for e in chosen(entries, review, "keep", "fixed") if e.row and e.split == "train"]
    blocks = _blocks(train, context.seed)
    found = [
        _block(block, room, context)
        for block, room in zip(blocks, _shares([len(block) for block in blocks], keep), strict=True)
    ]
    for choice in found:
        choice.mark(keep)
    return {
        "keep": keep,
        "of": len(train),
        "left_out": sum(len(choice.left) for choice in found),
        "compared_by": context.meaning.name if context.meaning else "words (TF-IDF)",
        "quality": f"{'rank by scores.combined, and ' if _scored(train) else ''}faults noted in the ledger",
        "distance": _distances(found, context.seed),
    }


def _blocks(train: Sequence[Entry], seed: int) -> list[list[Entry]]:
    """The rows of each type, in blocks of BLOCK at most."""
    out = []
    for kind in KINDS:
        mine = [entry for entry in train if entry.row and entry.row.kind == kind]
        count = -(-len(mine) // BLOCK)
        if count > 1:
            random.Random(seed).shuffle(mine)
        out += [mine[start::count] for start in range(count)]
    return out


def _shares(sizes: Sequence[int], keep: int) -> list[int]:
    """Rows to keep of each block: in proportion to its size by largest remainders, but one at least while they last."""
    total, keep = sum(sizes), min(keep, sum(sizes))
    wanted = [keep * size / total for size in sizes]
    found = [max(1, int(value)) for value in wanted]
    while sum(found) != keep:
        step = 1 if sum(found) < keep else -1
        can = [place for place, size in enumerate(sizes) if 0 <= found[place] + step <= size]
        found[max(can, key=lambda p: (step > 0 or found[p] > 1, step * (wanted[p] - found[p]), -p))] += step
    return found


@dataclass(frozen=True)
class Choice:
    """A block of rows and the places of those that are kept."""

    entries: Sequence[Entry]
    alike: Matrix
    """(rows, rows), 0 to 1."""
    kept: Sequence[int]

    @property
    def left(self) -> list[int]:
        """The places of the others."""
        return left_out(len(self.entries), self.kept)

    def mark(self, keep: int) -> None:
        """Give every row left out its reason."""
        for place in self.left:
            finding = Finding(f"sound, but there is no room for it among the {keep} rows to keep")
            if self.kept:
                likeness = self.alike[place, self.kept]
                nearest = self.entries[self.kept[int(likeness.argmax())]]
                told = f"{finding.detail}; nearest of those is {nearest.id} ({nearest.source})"
                finding = Finding(told, float(likeness.max()), other=nearest.id)
            self.entries[place].reasons.append(Reason(BUDGET, "drop", finding))


def _block(entries: Sequence[Entry], room: int, context: Context) -> Choice:
    rows = [entry.row for entry in entries if entry.row]
    alike = _alike(rows, context)
    return Choice(entries, alike, sorted(facility_location(alike, _worth(entries), room)))


def _alike(rows: Sequence[Row], context: Context) -> Matrix:
    """How alike each two rows are, 0 to 1: the mean of the cosines of their prompts and of their responses."""
    texts = [asked_text(row) for row in rows], [answer_text(row) for row in rows]
    prompts, answers = (likeness(encoder(side, context.meaning)(side)) for side in texts)
    mean: Matrix = ((prompts + answers) / 2).astype(np.float32)
    return mean


def _worth(entries: Sequence[Entry]) -> Worth:
    """What a row counts, 0.5 to 1: its rank by the combined score where all rows have one, and half if a fault is noted.

    Never less, since no score is sure enough to drop a row by itself (research/curation.md section 0): the worst row is
    still kept where nothing else is like it.
    """
    rank = np.ones(len(entries))
    if _scored(entries):
        scores = np.array([entry.scores["combined"] for entry in entries])
        ordered = np.sort(scores)
        below, upto = np.searchsorted(ordered, scores, "left"), np.searchsorted(ordered, scores, "right")
        rank = 0.5 + (below + upto) / (4 * len(entries))
    faulty = [any(r.action in ("note", "review") and r.code not in NO_FAULT for r in e.reasons) for e in entries]
    return np.where(faulty, 0.5, rank).astype(np.float32)


def _scored(entries: Sequence[Entry]) -> bool:
    return all("combined" in entry.scores for entry in entries)


def facility_location(alike: Matrix, worth: Worth, count: int) -> list[int]:
    """The places of `count` rows in the order in which they are chosen, so that every row has a good one like it.

    Maximises the sum over all rows of the greatest likeness x worth among the chosen. It is monotone submodular, so
    taking the row that adds most reaches 1 - 1/e of the best possible (Nemhauser, Wolsey and Fisher 1978); gains
    only shrink, so one that still leads after a fresh look need not be compared with the rest (lazy greedy, Minoux
    1978). Ties go to the earlier row. `alike` is (n, n), symmetric and not negative, `worth` (n,).
    """
    serves = alike * worth[:, None]  # row j: how well j would serve each row
    best = np.zeros(len(alike), dtype=np.float32)
    heap = [(-float(gain), place) for place, gain in enumerate(serves.sum(axis=1))]
    heapq.heapify(heap)
    out: list[int] = []
    while len(out) < count:
        _, place = heapq.heappop(heap)
        now = (-float(np.maximum(serves[place] - best, 0).sum()), place)
        if heap and now > heap[0]:
            heapq.heappush(heap, now)
        else:
            out.append(place)
            best = np.maximum(best, serves[place])
    return out


def left_out(size: int, kept: Sequence[int]) -> list[int]:
    """The places up to `size` that are not among `kept`."""
    return sorted(set(range(size)).difference(kept))


def _distances(found: Sequence[Choice], seed: int) -> dict[str, Any] | None:
    """How far a row left out is from the kept one nearest to it, on average, by our choice and by two plain ones.

    1 - likeness, 0 to 1; lower covers more. Selectors must be seen beside random and longest-only, which beat many of
    them (research/curation.md sections 0 and 5, pain 8).
    """
    some = [choice for choice in found if choice.left and choice.kept]
    if not some:
        return None
    rng = random.Random(seed)
    drawn = [_distance([(c, rng.sample(range(len(c.entries)), len(c.kept))) for c in some]) for _ in range(DRAWS)]
    return {
        "selected": _distance([(c, c.kept) for c in some]),
        "random": round(sum(drawn) / DRAWS, 4),
        "random_best": min(drawn),
        "longest": _distance([(c, _longest(c)) for c in some]),
    }


def _distance(choices: Sequence[tuple[Choice, Sequence[int]]]) -> float:
    far: list[float] = []
    for choice, kept in choices:
        left = left_out(len(choice.entries), kept)
        far += (1 - choice.alike[np.ix_(left, kept)].max(axis=1)).tolist()
    return round(float(np.mean(far)), 4)


def _longest(choice: Choice) -> list[int]:
    """As many rows as are kept, those with the longest responses."""
    sizes = [len(answer_text(entry.row)) if entry.row else 0 for entry in choice.entries]
    return sorted(range(len(sizes)), key=lambda place: (-sizes[place], place))[: len(choice.kept)]


def selection_sentence(selection: Mapping[str, Any]) -> str:
    """The choice in one sentence, for a person."""
    if not selection["left_out"]:
        return f"all {selection['of']} training rows are kept, --keep {selection['keep']} leaves none out."
    far = selection["distance"]
    kept = selection["of"] - selection["left_out"]
    told = f"{kept} of {selection['of']} training rows are kept, compared by {selection['compared_by']}"
    if far is None:
        return f"{told}."
    return (
        f"{told}; a row left out is {far['selected']:.2f} from the nearest kept one "
        f"(random rows: {far['random']:.2f}, the longest: {far['longest']:.2f}; lower covers more)."
    )
