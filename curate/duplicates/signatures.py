"""Candidates for near-duplicates: MinHash signatures in bands, a pure function of text, seed and parameters."""

from collections.abc import Iterator, Sequence
from itertools import pairwise

PERMUTATIONS, BANDS, SIZE = 128, 32, 5
_NEIGHBOURS = 32  # of a bucket's later members, how many each one is paired with: keeps huge buckets linear


def shingles(text: str, size: int = SIZE) -> frozenset[str]:
    """The character n-grams of a text; one shorter than n is its own only n-gram, an empty one has none.

    5 characters: word 3-grams lose a third of the near-duplicates of short rows (research/libraries.md a, finding 1).
    """
    if len(text) <= size:
        return frozenset((text,)) if text else frozenset()
    return frozenset({text[i : i + size] for i in range(len(text) - size + 1)})


def jaccard(a: frozenset[str], b: frozenset[str]) -> float:
    """Shared n-grams divided by all n-grams, 0 to 1; two empty texts share nothing."""
    shared = len(a & b)
    return shared / (len(a) + len(b) - shared) if shared else 0.0


def candidates(texts: Sequence[str], *, seed: int = 0) -> tuple[list[tuple[int, int]], bool]:
    """Index pairs (a < b, sorted) that share a band, and whether some bucket was too large for all of its pairs.

    32 bands of 4: a pair of similarity 0.8 is missed once in 20 million, one of 0.5 once in 8; recall 0.999 at 10,000
    rows, 30,000 rows a second (research/libraries.md a). In a bucket of more than 33 each member is paired with the
    next 32, which still connects all of it. Empty texts have no candidates.
    """
    filled = [i for i, text in enumerate(texts) if text]
    found: set[tuple[int, int]] = set()
    crowded = False
    for bucket in _buckets([texts[i] for i in filled], seed):
        crowded = crowded or len(bucket) > _NEIGHBOURS + 1
        for place, first in enumerate(bucket):
            found.update((filled[first], filled[other]) for other in bucket[place + 1 : place + 1 + _NEIGHBOURS])
    return sorted(found), crowded


def _buckets(texts: Sequence[str], seed: int) -> Iterator[list[int]]:
    """Indices of texts whose signatures agree in a band, in order; each bucket has two members or more."""
    import numpy as np
    from rensa import RMinHash

    if len(texts) < 2:
        return
    tokens = [[gram.encode("utf-8", "surrogatepass") for gram in shingles(text)] for text in texts]
    signatures = np.array(RMinHash.digests_from_token_sets(tokens, PERMUTATIONS, seed), dtype=np.uint64)
    for band in np.split(signatures, BANDS, axis=1):
        order = np.lexsort(band.T)
        new = np.flatnonzero((np.diff(band[order], axis=0) != 0).any(axis=1)) + 1
        for start, end in pairwise((0, *new.tolist(), len(order))):
            if end - start > 1:
                yield sorted(order[start:end].tolist())
