"""Sentences that say the same but for one amount: "kept for 30 days" against "found items are kept for 45 days"."""

import math
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence, Set
from dataclasses import dataclass
from itertools import product

from stepladder.records import Row

from ..meaning import asked_text
from .amounts import UNITS, Amount, amounts, shared
from .deciding_words import PLAIN
from .decisive import calendar

_SHARE, _WORDS = 0.6, 3  # of the rarity of the shorter sentence's words, and words, that both must have
_SMALL = 50  # texts; in fewer a word counts as rare as it would be among so many
_WORD = re.compile(r"[^\W\d_]{3,}")
_NAME = re.compile(r"(?<=[\w,] )[^\W\d_a-z][\w'’-]+")
_END = re.compile(r"(?<=[.!?;])\s+|\n")


@dataclass(frozen=True, slots=True)
class Sentence:
    """What a sentence states, and the words around it."""

    amounts: frozenset[Amount]
    words: frozenset[str]
    """First five letters of each word of three and more that carries content; no units, no plural s."""
    names: frozenset[str]
    days: frozenset[str]


@dataclass(frozen=True, slots=True)
class Question:
    """What a prompt asks for, as far as it decides whether two answers must agree."""

    amounts: frozenset[Amount]
    days: frozenset[str]

    @classmethod
    def of(cls, row: Row) -> "Question":
        """From the end of the last user turns, so not from passages that stand before the question."""
        text = asked_text(row)
        return cls(frozenset(amounts(text)), calendar(text))


def sentences(text: str) -> Iterator[Sentence]:
    """Those sentences and lines that state an amount."""
    for part in _END.split(text):
        if stated := frozenset(amounts(part)):
            words = {word.removesuffix("s") for word in _WORD.findall(part.casefold()) if word not in PLAIN}
            names = frozenset(name.casefold() for name in _NAME.findall(part))
            yield Sentence(stated, frozenset(w[:5] for w in words - UNITS), names, calendar(part))


class Rarity:
    """How much a word says: the negative logarithm of the share of texts that have it, in nats."""

    def __init__(self, texts: Iterable[Iterable[Sentence]]) -> None:
        found = [{word for sentence in text for word in sentence.words} for text in texts]
        self._counts, self._texts = Counter(word for words in found for word in words), max(_SMALL, len(found))

    def of(self, words: Set[str]) -> float:
        """Of some words together; one that no text has is as rare as one that a single text has."""
        return sum(math.log(self._texts / max(1, self._counts[word])) for word in words)

    def say_the_same(self, a: Sentence, b: Sentence) -> bool:
        """Whether the shorter of the two says little that the other does not say, amounts aside."""
        both = a.words & b.words
        least = min(self.of(a.words), self.of(b.words))
        return len(both) >= _WORDS and self.of(both) >= _SHARE * least and not (a.names - b.names and b.names - a.names)


def clash(a: Sentence, b: Sentence, asked: tuple[Question, Question], rarity: Rarity) -> tuple[Amount, Amount] | None:
    """The amounts of one unit in which the two differ, where they say the same otherwise and of the same days.

    Amounts of the questions are set aside, and questions that differ in amounts of one unit, or in days, may have
    different answers.
    """
    mine, other = asked
    if _differ(mine.amounts, other.amounts) or not _one_time(a, b, mine, other):
        return None
    given = mine.amounts | other.amounts
    ours, theirs = (x.amounts - shared(x.amounts, y.amounts) - shared(x.amounts, given) for x, y in ((a, b), (b, a)))
    pairs = [(x, y) for x in ours for y in theirs if x.of_12.unit == y.of_12.unit]
    if len(pairs) != 1 or min(len(ours), len(theirs)) > 1 or not rarity.say_the_same(a, b):
        return None
    return pairs[0]


def _differ(a: frozenset[Amount], b: frozenset[Amount]) -> bool:
    ours, theirs = a - shared(a, b), b - shared(b, a)
    return bool({x.unit for x in ours if x.unit} & {y.unit for y in theirs})


def _one_time(a: Sentence, b: Sentence, mine: Question, other: Question) -> bool:
    """Whether no days, months or seasons set them apart."""
    if a.days and a.days == b.days:
        return True
    ours, theirs = a.days | mine.days, b.days | other.days
    return ours <= theirs or theirs <= ours


@dataclass(frozen=True, slots=True)
class Clash:
    """Two rows by their places, the amount that each states, and which of them the documents contradict."""

    a: int
    b: int
    amounts: tuple[Amount, Amount]
    wrong: int | None
    """The row whose amount the documents do not give in such a sentence, while they give the other one."""


class Claims:
    """The sentences of the responses of some rows, what their prompts ask, and what the documents state."""

    def __init__(self, rows: Sequence[Row], documents: Iterable[str]) -> None:
        self._said = [list(sentences(row.completion_text)) for row in rows]
        self._asked = [Question.of(row) for row in rows]
        self._documents = [sentence for text in documents for sentence in sentences(text)]
        self._rarity = Rarity(self._said)

    def clash(self, i: int, j: int) -> Clash | None:
        """The first clash between a sentence of one row and one of the other."""
        for mine, other in product(self._said[i], self._said[j]):
            if amounts := clash(mine, other, (self._asked[i], self._asked[j]), self._rarity):
                return Clash(i, j, amounts, self._contradicted(i, j, (mine, other), amounts))
        return None

    def _contradicted(
        self, i: int, j: int, said: tuple[Sentence, Sentence], amounts: tuple[Amount, Amount]
    ) -> int | None:
        alike = [d for d in self._documents if any(self._rarity.say_the_same(sentence, d) for sentence in said)]
        given = [any(shared(frozenset((amount,)), d.amounts) for d in alike) for amount in amounts]
        return {(True, False): j, (False, True): i}.get((given[0], given[1]))
