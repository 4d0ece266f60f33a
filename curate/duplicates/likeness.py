"""Which rows are alike, and in what: the prompt, the response, or a long run of words. Every figure is exact."""

from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from stepladder.records import Row, text_of

from ..text import normal
from .signatures import candidates, jaccard, shingles
from .template import Template

LONG = 8  # words from which an answer is evidence by itself; shorter ones are labels that many rows share
COVERED = 0.5  # share of a prompt's words in 8-word runs of another's; Tülu 3 section 3.2 removes rows above it
LOWEST = 0.7  # pairs from here on are kept, so that a lower threshold than the project's can be tried; of pairs as
# alike as that the signatures miss one in 6,600 (32 bands of 4)
_RUN = 8
_OWN = 0.6  # what prompts must share beside a template before the template counts


@dataclass(frozen=True, slots=True)
class Alike:
    """Two rows by id, in input order. Similarities are Jaccard of character 5-grams, 0 to 1."""

    a: str
    b: str
    prompt: float
    answer: float
    """Of the response; of a pair, the less similar of its two sides."""
    covered: float
    """The larger share of one prompt's words that stand in the other in runs of eight."""
    long: bool
    """Whether both responses have LONG words or more."""


@dataclass(frozen=True, slots=True)
class _Texts:
    prompt: str
    own: str
    answers: tuple[str, ...]
    long: bool


_shingles = lru_cache(maxsize=1024)(shingles)


class Likeness:
    """All pairs of rows that are alike at `threshold` or above, or at LOWEST, in linear time.

    System turns and the project's own `system` text say nothing about a row, nor does a template around many prompts.
    """

    def __init__(self, rows: Sequence[Row], *, threshold: float, system: str | None = None, seed: int = 0) -> None:
        self.threshold = threshold
        prompts = [_prompt(row, system) for row in rows]
        answers = [_answers(row) for row in rows]
        self.template = Template(prompts, [a[0] for a in answers])
        self._texts = {
            row.id: _Texts(prompt, self.template.own(prompt), answer, len(answer[0].split()) >= LONG)
            for row, prompt, answer in zip(rows, prompts, answers, strict=True)
        }
        self._ids = [row.id for row in rows]
        self.pairs, self.crowded = self._find(seed)
        self.canned = self._canned()

    def same_family(self, pair: Alike, threshold: float) -> str | None:
        """In what the two are alike at `threshold`, so that they must not stand on two sides of a split, or None."""
        if pair.prompt >= threshold:
            return "prompt"
        if pair.covered > COVERED:
            return "passage"
        if pair.long and pair.answer >= threshold and not {pair.a, pair.b} <= self.canned:
            return "answer"
        return None

    def texts(self, kind: str, rows: Sequence[Row]) -> dict[str, str]:
        """Id -> what is compared: the prompt's own text, or the response where it is long enough to be evidence."""
        found = {row.id: self._texts[row.id] for row in rows}
        if kind == "prompt":
            return {i: t.own for i, t in found.items()}
        return {i: t.answers[0] for i, t in found.items() if t.long}

    def least_shared(self, threshold: float) -> float:
        """How alike the prompts' own texts must be for the prompts to be alike at `threshold`."""
        return min(threshold, _OWN) if self.template.found else threshold

    def compare(self, a: str, b: str) -> Alike:
        """The exact figures for two rows."""
        first, second = self._texts[a], self._texts[b]
        prompt = _similar(first.prompt, second.prompt)
        if prompt and (first.own, second.own) != (first.prompt, second.prompt):
            own = _similar(first.own, second.own)
            prompt = prompt if own >= _OWN else own
        answer = min(_similar(x, y) for x, y in zip(first.answers, second.answers, strict=False))
        return Alike(a, b, prompt, answer, 0.0, first.long and second.long)

    def within(self, less: str, more: str) -> float:
        """Share of the character 5-grams of one row's response that stand in another's."""
        mine, other = (_shingles(self._texts[row_id].answers[0]) for row_id in (less, more))
        return len(mine & other) / max(1, len(mine))

    def _find(self, seed: int) -> tuple[list[Alike], bool]:
        texts = [self._texts[i] for i in self._ids]
        by_prompt, crowded = candidates([t.own for t in texts], seed=seed)
        by_answer, _ = candidates([t.answers[0] if t.long else "" for t in texts], seed=seed)
        covered = _covered([t.own.split() for t in texts])
        least = min(self.threshold, LOWEST)
        found = []
        for i, j in sorted({*by_prompt, *by_answer, *covered}):
            pair = self.compare(self._ids[i], self._ids[j])
            share = covered.get((i, j), 0.0)
            if pair.prompt >= least or (pair.long and pair.answer >= least) or share > COVERED:
                found.append(Alike(pair.a, pair.b, pair.prompt, pair.answer, share, pair.long))
        return found, crowded

    def _canned(self) -> frozenset[str]:
        """Rows whose long answer goes with more than 10 other prompts and 5 % of all: a standard reply, not a leak."""
        partners: Counter[str] = Counter()
        for pair in self.pairs:
            if pair.long and pair.answer >= self.threshold > pair.prompt and pair.covered <= COVERED:
                partners.update((pair.a, pair.b))
        limit = max(10, 0.05 * len(self._ids))
        return frozenset(i for i, count in partners.items() if count > limit)


def _prompt(row: Row, system: str | None) -> str:
    text = row.prompt_text
    return normal(text.replace(system, " ") if system else text)


def _answers(row: Row) -> tuple[str, ...]:
    """The response to learn from, then the rejected one where there is one."""
    sides = ("chosen", "rejected") if row.kind == "preference" else ("completion",)
    return tuple(normal(text_of(row.answers[side])) for side in sides)


def _similar(a: str, b: str) -> float:
    return 1.0 if a == b and a else jaccard(_shingles(a), _shingles(b))


def _covered(tokens: Sequence[Sequence[str]]) -> dict[tuple[int, int], float]:
    """Index pairs (a < b) -> the larger share of one's words that stand in the other in runs of eight, if any do."""
    where: defaultdict[int, list[int]] = defaultdict(list)
    for index, row in enumerate(tokens):
        for run in {hash(run) for run in _runs(row)}:
            where[run].append(index)
    shared = {run: rows for run, rows in where.items() if len(rows) > 1}
    found: dict[tuple[int, int], float] = {}
    for index, row in enumerate(tokens):
        marks: defaultdict[int, set[int]] = defaultdict(set)
        for start, run in enumerate(map(hash, _runs(row))):
            for other in _near(shared.get(run, ()), index):
                marks[other].update(range(start, start + _RUN))
        for other, places in marks.items():
            key = (min(index, other), max(index, other))
            found[key] = max(found.get(key, 0.0), len(places) / len(row))
    return found


def _runs(tokens: Sequence[str]) -> Iterator[tuple[str, ...]]:
    return (tuple(tokens[i : i + _RUN]) for i in range(len(tokens) - _RUN + 1))


def _near(rows: Sequence[int], index: int) -> Iterator[int]:
    """The others of a run's rows: all of a few, the next 32 of many, which still connects them."""
    if len(rows) <= 33:
        yield from (other for other in rows if other != index)
    else:
        place = bisect_left(rows, index)
        yield from (*rows[max(0, place - 32) : place], *rows[place + 1 : place + 33])
