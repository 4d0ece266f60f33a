"""duplicate_near: another row asks nearly the same and gets nearly the same response."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence

from stepladder.records import Row, text_of

from ..check import Finding, dataset_check
from .best import Standings, why
from .decisive import decisive_difference, other_words
from .likeness import Alike, Likeness


@dataset_check("duplicate_near", action="drop", needs=("likeness", "standings"))
def duplicate_near(
    rows: Sequence[Row], *, likeness: Callable[[Sequence[Row]], Likeness], standings: Standings, near: float = 0.8
) -> Iterator[tuple[str, Finding]]:
    """Name the row that stays, and how alike the two are; a look-alike that differs in what decides stays, with a note.

    Jaccard of character 5-grams of prompt and of every response, each >= `near`; MinHash finds candidates, this
    figure is exact. Bands in use elsewhere lie at 0.72 to 0.9 (research/curation.md section 4); the default is
    `curate.near`. A prompt that is alike while the response is not is a second answer: kept, and in the same family
    for the split.
    """
    by_id = {row.id: row for row in rows}
    noted: set[str] = set()
    while True:
        found = likeness(list(by_id.values()))
        partners: defaultdict[str, list[Alike]] = defaultdict(list)
        for pair in found.pairs:
            if pair.a in by_id and pair.b in by_id and min(pair.prompt, pair.answer) >= near:
                if (apart := _apart(by_id[pair.a], by_id[pair.b])) is None:
                    partners[pair.a].append(pair)
                    partners[pair.b].append(pair)
                elif pair.b not in noted:  # one look-alike a row is enough to look at
                    noted.add(pair.b)
                    yield pair.b, _kept(pair, apart, near)
        gone = dict(_drops(by_id, partners, standings, near))
        yield from gone.items()
        if not (gone and found.crowded):  # a crowded bucket does not show all of its pairs at once
            return
        by_id = {i: row for i, row in by_id.items() if i not in gone}


def _drops(
    rows: dict[str, Row], partners: dict[str, list[Alike]], standings: Standings, near: float
) -> Iterator[tuple[str, Finding]]:
    """From the best row down: a row goes when one that stays is its near-duplicate, never for a third one's sake."""
    stays: set[str] = set()
    for row_id in sorted(rows, key=standings):
        twins = [(pair, pair.b if pair.a == row_id else pair.a) for pair in partners.get(row_id, ())]
        kept = [(min(pair.prompt, pair.answer), pair, other) for pair, other in twins if other in stays]
        if not kept:
            stays.add(row_id)
            continue
        value, pair, other = max(kept, key=lambda item: (item[0], item[2]))
        reason = why(standings(other), standings(row_id))
        said = f"prompt {pair.prompt:.0%} and response {pair.answer:.0%} the same as {other}"
        yield row_id, Finding(f"{said} ({rows[other].source}), {reason}", value, near, other)


def _kept(pair: Alike, apart: str, near: float) -> Finding:
    value = min(pair.prompt, pair.answer)
    return Finding(f"{value:.0%} the same as {pair.a}, but {apart}: both are kept", value, near, pair.a, action="note")


def _apart(a: Row, b: Row) -> str | None:
    """Why two look-alikes are two rows, or None. A short response is no evidence, so there every word counts."""
    if a.kind != b.kind or a.label != b.label or a.tools != b.tools:
        return "they are of another kind"
    if apart := decisive_difference(a.prompt_text, b.prompt_text):
        return f"their prompts differ in {apart}"
    for side in a.answers:
        if apart := decisive_difference(text_of(a.answers[side]), text_of(b.answers[side])):
            return f"their responses differ in {apart}"
    if len(a.completion_text.split()) < 8 and (apart := other_words(a.prompt_text, b.prompt_text)):
        return f"their prompts differ in {apart}, and so short a response proves nothing"
    return None
