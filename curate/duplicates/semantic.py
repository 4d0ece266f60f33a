"""duplicate_semantic: another row asks the same in other words and gets the same answer in other words."""

from collections.abc import Iterator, Sequence

from stepladder.records import Row

from ..check import Finding, dataset_check
from .paraphrase import SURE, Same


@dataset_check("duplicate_semantic", action="note", needs=("paraphrases",))
def duplicate_semantic(rows: Sequence[Row], *, paraphrases: Sequence[Same]) -> Iterator[tuple[str, Finding]]:
    """Name the row that says the same in other words, how close prompts and responses are, and the amounts they share.

    How pairs are found stands in duplicates/paraphrase.py. Never dropped: a second wording of a right answer is worth
    having, but not on the other side of a split.
    """
    here = {row.id for row in rows}
    told: set[str] = set()
    for one in paraphrases:
        if here.issuperset((one.a.id, one.b.id)) and one.b.id not in told:
            told.add(one.b.id)
            detail = f"it says in other words what {one.a.id} ({one.a.source}) says: {one.told}"
            yield one.b.id, Finding(detail, one.asked + one.said, SURE, one.a.id)
