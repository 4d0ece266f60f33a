"""duplicate_semantic: another row asks the same in other words and gets the same answer in other words."""

from collections.abc import Iterator, Sequence

from stepladder.records import Row, text_of

from ..check import Finding, dataset_check
from ..knowledge import figures
from ..meaning import Meaning

PROMPT = 0.6
ANSWER = 0.7


@dataset_check("duplicate_semantic", action="note", needs=("meaning",))
def duplicate_semantic(
    rows: Sequence[Row], *, meaning: Meaning, prompt: float = PROMPT, answer: float = ANSWER
) -> Iterator[tuple[str, Finding]]:
    """Name the row that says the same in other words, and how close prompts and responses are.

    Cosine of sentence embeddings of the prompts >= `prompt`, of the responses >= `answer`, and the same figures in
    both responses: rows about one subject are as close as paraphrases of each other, and what tells them apart is a
    number. Never dropped: a second wording of a right answer is worth having, but not on the other side of a split.
    """
    for one, other, asked, said in same(rows, rows, meaning, prompt, answer):
        detail = f"it says in other words what {one.id} ({one.source}) says: prompts {asked:.2f}, responses {said:.2f}"
        yield other.id, Finding(detail, min(asked, said), min(prompt, answer), one.id)


def same(
    rows: Sequence[Row], others: Sequence[Row], meaning: Meaning, prompt: float, answer: float
) -> Iterator[tuple[Row, Row, float, float]]:
    """(row, other, cosine of prompts, cosine of responses) of all pairs that say the same."""
    for i, j, asked, said in meaning.pairs(rows, others, prompt=prompt, answer=answer):
        a, b = rows[i], others[j]
        if a.kind == b.kind and _figures(a) == _figures(b):
            yield a, b, asked, said


def _figures(row: Row) -> list[str]:
    return sorted({figure for turns in row.answers.values() for figure in figures(text_of(turns))})
