"""Pairs of rows that say the same in other words, from embeddings and the amounts that responses share.

Rows on one subject are as close to each other as paraphrases are (MiniLM puts full rewordings of question and answer at
cosines of 0.2 to 0.6 and 0.5 to 0.75), so no limit on a cosine finds them. What sets a paraphrase apart is relative: it
is nearer than the crowd around it, or it gives the same rare amounts.

The limits were set with the sample's 16 planted rewordings in view beside 27 rewordings of six other subjects
(tests/curate/paraphrases.jsonl: 23 found, no other pair of those rows), and held against 1,000 rows of Alpaca and Dolly
(44 of them named), so the sample's own recall is in-sample.
"""

import math
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from stepladder.records import KINDS, Row, text_of

from ..meaning import Matrix, Meaning
from .amounts import Amount, amounts, shared

SURE, SURE_PROMPT = 1.5, 0.6  # cosines of both, and of the prompts: a standard reply fits many
SCORE = 4.0  # of shared amounts, in nats, and closeness
_ABOUT = 0.5  # both cosines together, under which the amounts are of two things
_WEIGHT = 4.0  # nats for each unit of both cosines beyond 1
_APART = 0.3  # of the rarity of the amounts that only one response has, taken off
_MOST = 16.0  # nats: more shared amounts than that prove nothing more
_RARE, _FEW = 0.02, 50  # share, and number, of rows up to which an amount says what a row is about
_SMALL = 200  # rows; in a smaller set an amount counts as rare as it would be among so many
_CROWD = 10  # nearest rows that say how crowded a place is
_NEARER, _NEARER_ANSWER = 0.3, 0.2  # cosines beyond those of the crowd: of both, and of the responses
_ENOUGH = 50  # rows from which there is a crowd
_BLOCK = 2048  # rows compared at once: 2,048 times 100,000 similarities take 0.8 GB


@dataclass(frozen=True, slots=True)
class Same:
    """Two rows that say the same, `a` before `b` in the input, and by what they were found."""

    a: Row
    b: Row
    asked: float
    """Cosine of the prompts."""
    said: float
    """Cosine of the responses."""
    amounts: tuple[Amount, ...]
    """What both responses state."""

    @property
    def sure(self) -> bool:
        """Whether the cosines alone come near saying so."""
        return self.asked + self.said >= SURE and self.asked >= SURE_PROMPT

    @property
    def told(self) -> str:
        """The evidence, for a person."""
        both = f", and both give {', '.join(map(str, self.amounts[:3]))}" if self.amounts else ""
        return f"prompts {self.asked:.2f}, responses {self.said:.2f} alike{both}"


def paraphrases(rows: Sequence[Row], meaning: Meaning) -> list[Same]:
    """All pairs of rows of one kind that say the same, in input order.

    A pair is one by any of three rules: cosines of prompts and responses that add up to 1.5 while half of the amounts
    agree; each is the nearest to the other, nearer than their ten nearest are on average (the cross-domain similarity
    local scaling of Conneau et al. 2018), and amounts do not speak against it; or each is the other's best by the
    amounts both responses state, weighed by their rarity (the negative logarithm of the share of rows that state one),
    less 0.3 of the rarity of those that only one states, plus 4 for each unit of the cosines beyond 1.
    """
    groups = ([row for row in rows if row.kind == kind] for kind in KINDS)
    place = {row.id: i for i, row in enumerate(rows)}
    found = (one for group in groups if len(group) > 1 for one in _Group(group, meaning).found())
    return sorted(found, key=lambda one: (place[one.a.id], place[one.b.id]))


class _Group:
    """Rows of one kind with their embeddings and the amounts of their responses."""

    def __init__(self, rows: Sequence[Row], meaning: Meaning) -> None:
        self._rows, self._asked, self._said = rows, meaning.prompts(rows), meaning.answers(rows)
        self._amounts = [_stated(row) for row in rows]
        self._counts = Counter(amount for stated in self._amounts for amount in stated)

    def found(self) -> Iterator[Same]:
        """The pairs by all three rules, each once."""
        near, crowd, close = _neighbours(self._asked, self._said)
        pairs = {pair for pair in close if self._half(*pair)}
        pairs.update(pair for pair in _mutual(near) if self._is_nearer(*pair, crowd))
        pairs.update(self._by_amounts())
        for i, j in sorted(pairs):
            both = sorted(
                shared(self._amounts[i], self._amounts[j]), key=lambda amount: (-self._rarity(amount), amount)
            )
            yield Same(self._rows[i], self._rows[j], self._asked_of(i, j), self._said_of(i, j), tuple(both))

    def _asked_of(self, i: int, j: int) -> float:
        return float(self._asked[i] @ self._asked[j])

    def _said_of(self, i: int, j: int) -> float:
        return float(self._said[i] @ self._said[j])

    def _rarity(self, amount: Amount) -> float:
        """In nats."""
        return math.log(max(len(self._rows), _SMALL) / self._counts[amount])

    def _agreement(self, i: int, j: int) -> tuple[float, float]:
        """Rarity of the amounts that both responses state, and of those that only one does."""
        mine, other = self._amounts[i], self._amounts[j]
        both = shared(mine, other)
        alone = (mine | other) - both - shared(other, mine)
        return sum(map(self._rarity, both)), sum(map(self._rarity, alone))

    def _half(self, i: int, j: int) -> bool:
        both, alone = self._agreement(i, j)
        return both >= alone

    def _is_nearer(self, i: int, j: int, crowd: Matrix) -> bool:
        if len(self._rows) < _ENOUGH:
            return False
        asked, said = self._asked_of(i, j), self._said_of(i, j)
        usual = (crowd[i] + crowd[j]) / 2
        both, alone = self._agreement(i, j)
        return asked + said - usual[0] >= _NEARER and said - usual[1] >= _NEARER_ANSWER and alone <= both + 1

    def _by_amounts(self) -> Iterator[tuple[int, int]]:
        """Pairs of which each is the other's best."""
        scores = {pair: self._score(*pair) for pair in self._with_a_rare_amount()}
        best: defaultdict[int, float] = defaultdict(float)
        for (i, j), score in scores.items():
            best[i], best[j] = max(best[i], score), max(best[j], score)
        yield from (pair for pair, score in scores.items() if score >= max(SCORE, best[pair[0]], best[pair[1]]))

    def _score(self, i: int, j: int) -> float:
        close = self._asked_of(i, j) + self._said_of(i, j)
        both, alone = self._agreement(i, j)
        return min(both, _MOST) - _APART * alone + _WEIGHT * (close - 1) if close >= _ABOUT else 0.0

    def _with_a_rare_amount(self) -> set[tuple[int, int]]:
        limit = min(_FEW, max(4.0, _RARE * len(self._rows)))
        where: defaultdict[Amount, list[int]] = defaultdict(list)
        for i, stated in enumerate(self._amounts):
            for amount in stated:
                if self._counts[amount] <= limit:
                    where[amount].append(i)
                    if amount.of_12 != amount:  # so that it meets its spoken form
                        where[amount.of_12].append(i)
        return {(i, j) for found in where.values() for place, j in enumerate(found) for i in found[:place] if i != j}


def _stated(row: Row) -> frozenset[Amount]:
    texts = (text_of(turns) for turns in row.answers.values())
    return frozenset(amount for text in texts for amount in amounts(text) if amount.tells)


def _neighbours(asked: Matrix, said: Matrix) -> tuple[NDArray[np.int64], Matrix, list[tuple[int, int]]]:
    """Of each row its nearest other, and the mean cosines (both, responses) to its ten nearest; pairs that are close."""
    count = len(asked)
    most = min(_CROWD, count - 1)
    near, crowd = np.zeros(count, dtype=np.int64), np.zeros((count, 2), dtype=np.float32)
    close: list[tuple[int, int]] = []
    for start in range(0, count, _BLOCK):
        answers = said[start : start + _BLOCK] @ said.T
        prompts = asked[start : start + _BLOCK] @ asked.T
        here = np.arange(len(answers))
        prompts[here, start + here] = answers[here, start + here] = -1
        both = prompts + answers
        near[start : start + _BLOCK] = both.argmax(axis=1)
        for column, values in enumerate((both, answers)):
            crowd[start : start + _BLOCK, column] = np.partition(values, -most, axis=1)[:, -most:].mean(axis=1)
        sure = np.argwhere((both >= SURE) & (prompts >= SURE_PROMPT))
        close += [(start + i, j) for i, j in sure.tolist() if start + i < j]
    return near, crowd, close


def _mutual(near: NDArray[np.int64]) -> Iterator[tuple[int, int]]:
    yield from ((i, int(j)) for i, j in enumerate(near) if i < j and near[j] == i)
