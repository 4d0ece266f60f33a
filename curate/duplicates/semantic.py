"""duplicate_semantic: another row asks the same in other words and gets the same answer in other words."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from stepladder.records import Row, text_of

from ..check import Finding, dataset_check
from ..knowledge import figures
from ..meaning import Meaning

PROMPT, ANSWER = 0.35, 0.5  # cosines under which two rows are not about one thing, whatever their figures
TOGETHER = 1.15  # of both cosines added, where the figures agree
SURE = 1.5  # of both added, where half of the figures agree: 3 of 125,000 pairs of sound rows on one subject reach it
SURE_PROMPT = 0.6  # of the prompts alone then: a standard reply fits many
_RARE = 0.02  # share of rows up to which a figure says what a row is about; a telephone number that all name does not


@dataset_check("duplicate_semantic", action="note", needs=("meaning",))
def duplicate_semantic(rows: Sequence[Row], *, meaning: Meaning) -> Iterator[tuple[str, Finding]]:
    """Name the row that says the same in other words, and how close prompts and responses are.

    Two kinds of evidence, since rows on one subject are as close as paraphrases of each other: cosines of prompts and
    responses that add up to 1.5 while half of the responses' figures agree, or to 1.15 while all do and one is rare in
    the set, or two rare ones are shared. Measured on the sample with MiniLM (bench/curation_recall.py); other
    embedders need other limits. Never dropped: a second wording of a right answer is worth having, but not on the
    other side of a split.
    """
    for one in same(rows, rows, meaning):
        detail = f"it says in other words what {one.a.id} ({one.a.source}) says: {one.told}"
        yield one.b.id, Finding(detail, one.asked + one.said, TOGETHER, one.a.id)


@dataclass(frozen=True, slots=True)
class Same:
    """Two rows that say the same, with the cosines of their prompts and responses."""

    a: Row
    b: Row
    asked: float
    said: float

    @property
    def sure(self) -> bool:
        """Whether the cosines alone come near saying so."""
        return self.asked + self.said >= SURE

    @property
    def told(self) -> str:
        """The cosines, for a person."""
        return f"prompts {self.asked:.2f}, responses {self.said:.2f}"


def same(rows: Sequence[Row], others: Sequence[Row], meaning: Meaning) -> Iterator[Same]:
    """All pairs of a row and another that say the same."""
    everything = {row.id: row for row in (*rows, *others)}
    given = {
        i: frozenset(f for turns in row.answers.values() for f in figures(text_of(turns)))
        for i, row in everything.items()
    }
    counts = Counter(figure for found in given.values() for figure in found)
    limit = max(2.0, _RARE * len(everything))
    for i, j, asked, said in meaning.pairs(rows, others, prompt=PROMPT, answer=ANSWER):
        a, b = rows[i], others[j]
        if a.kind != b.kind or asked + said < TOGETHER:
            continue
        shared = [figure for figure in given[a.id] & given[b.id] if counts[figure] <= limit]
        agree = len(shared) >= 2 or (shared and given[a.id] == given[b.id])
        overlap = len(given[a.id] & given[b.id]) * 2 >= len(given[a.id] | given[b.id])
        if agree or (overlap and asked + said >= SURE and asked >= SURE_PROMPT):
            yield Same(a, b, asked, said)
