"""low_diversity: many rows, but few different ones."""

import random
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import islice, pairwise

import numpy as np

from stepladder.records import Row

from ..check import Finding, dataset_check
from ..meaning import Matrix
from ..text import answer_text, is_code, last_user_text, words

LEAST = 30  # texts under which a share says little
LONG = 8  # words from which a text has a wording of its own; labels repeat by design
DRAWN = 300  # texts compared with each other, drawn from a fixed seed: eigenvalues cost their cube
_WORDS = 200  # of a text
_HEAD = 200  # characters in which a text shows whether it has LONG words, and how it begins
_PAIRS = 4096  # word pairs with a column of their own

Pair = tuple[str, str]


@dataset_check("low_diversity", action="note", sees="whole")
def low_diversity(
    rows: Sequence[Row], *, different: float = 0.25, opening: float = 0.15
) -> Iterator[tuple[None, Finding]]:
    """Say how many different prompts and responses there really are, and which words open too many responses.

    Different: the Vendi score (Friedman and Dieng 2023), over texts as sets of word pairs, is less than the share
    `different` of the texts. Of 300 sound texts it is 0.82 to 0.99 of them (the sample's prompts and responses, source
    files, package descriptions), of 300 rewordings of 10 prompts 0.07, of 30 prompts 0.23, of one template with seven
    fillings and a running number 0.15. Openings: a share `opening` of the responses begins with the same three words;
    of the sample's, 0.04 do. Texts under LONG words are left out, of openings code and JSON too.
    """
    asked = [last_user_text(row) for row in rows]
    said = [answer_text(row) for row in rows]
    for name, texts in (("prompts", asked), ("responses", said)):
        drawn = _drawn(texts)
        if len(drawn) < LEAST:
            continue
        value = vendi(_alike(drawn))
        if value < different * len(drawn):
            told = f"{len(drawn)} {name} are as different as {value:.0f} would be that share nothing (Vendi score over "
            told += "word pairs): write some on other subjects, or keep fewer of these (--keep)"
            yield None, Finding(told, value / len(drawn), different)
    yield from _openings(said, opening)


def _drawn(texts: Sequence[str]) -> list[str]:
    """DRAWN of the texts that have LONG words, or all of them."""
    order = random.Random(0).sample(range(len(texts)), len(texts)) if len(texts) > DRAWN else range(len(texts))
    return list(islice((texts[place] for place in order if _is_long(texts[place])), DRAWN))


def _is_long(text: str) -> bool:
    return len(words(text[:_HEAD])) >= LONG


def vendi(likeness: Matrix) -> float:
    """How many texts that share nothing would be as different as these: from 1 to their number.

    exp of the entropy of the eigenvalues of likeness / n (Friedman and Dieng 2023, definition 3.1). `likeness` is
    (n, n), symmetric, positive semidefinite, with ones on the diagonal. Golden values: n for the identity, 1 for ones.
    """
    shares = np.linalg.eigvalsh(likeness.astype(np.float64) / len(likeness))
    shares = shares[shares > 1e-12]
    return float(np.exp(-(shares * np.log(shares)).sum()))


def _alike(texts: Sequence[str]) -> Matrix:
    """Cosines of the texts as sets of word pairs, (texts, texts).

    Pairs that more than half of the texts have do not count: an instruction before every prompt, or the project's own
    closing line, does not make what stands beside it alike.
    """
    sets = [_pairs(text) for text in texts]
    counts: Counter[Pair] = Counter()
    for found in sets:
        counts.update(found)
    own = [{pair for pair in found if counts[pair] * 2 <= len(texts)} for found in sets]
    shared = sorted((p for p, count in counts.items() if 1 < count <= len(texts) / 2), key=lambda p: (-counts[p], p))
    column = {pair: place for place, pair in enumerate(shared[:_PAIRS])}
    vectors = np.zeros((len(texts), max(1, len(column))), dtype=np.float32)
    for place, found in enumerate(own):
        columns = [column[pair] for pair in found if pair in column]
        vectors[place, columns] = 1 / np.sqrt(max(1, len(found)))
    alike: Matrix = vectors @ vectors.T
    np.fill_diagonal(alike, 1)
    return alike


def _pairs(text: str) -> set[Pair]:
    return set(pairwise(words(text.casefold())[:_WORDS]))


def _openings(texts: Sequence[str], share: float) -> Iterator[tuple[None, Finding]]:
    """The three words that open the most responses, where they open a share of them."""
    heads = [text.lstrip()[:_HEAD] for text in texts]
    heads = [head for head in heads if _is_long(head) and head[0].isalpha() and not is_code(head)]
    if len(heads) < LEAST:
        return
    counts = Counter(tuple(words(head.casefold())[:3]) for head in heads)
    first, count = counts.most_common(1)[0]
    if count >= share * len(heads):
        told = (
            f"{count} of {len(heads)} responses ({count / len(heads):.0%}) begin with '{' '.join(first)}': the model "
        )
        told += "will learn to begin so; vary it, unless it is your format"
        yield None, Finding(told, count / len(heads), share)
