"""duplicate_near: another row asks nearly the same and gets nearly the same response."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence

from stepladder.records import Row, text_of

from ..check import Finding, dataset_check
from ..meaning import Meaning
from .best import Standings, why
from .decisive import calendar, decisive_difference, other_words
from .likeness import Alike, Likeness

_HALF = 0.5  # of the 5-grams of prompts, and
_MOST = 0.6  # of responses, that two rows share at least when their embeddings make them one: "three words changed"
_SAME_PROMPT, _SAME_ANSWER = 0.9, 0.95  # cosines; SemHash and Deita call 0.9 the same, SemDeDup 0.95


@dataset_check("duplicate_near", action="drop", needs=("likeness", "standings"), wants=("meaning",))
def duplicate_near(
    rows: Sequence[Row],
    *,
    likeness: Callable[[Sequence[Row]], Likeness],
    standings: Standings,
    near: float = 0.8,
    meaning: Meaning | None = None,
) -> Iterator[tuple[str, Finding]]:
    """Name the row that stays, and how alike the two are; a look-alike that differs in what decides stays, with a note.

    Jaccard of character 5-grams of prompt and of every response, each >= `near`; MinHash finds candidates, this
    figure is exact. Bands in use elsewhere lie at 0.72 to 0.9 (research/curation.md section 4); the default is
    `curate.near`. A prompt that is alike while the response is not is a second answer: kept, and in the same family
    for the split. With an embedder, rows that share half of that and are one in meaning (cosine of prompts >= 0.9, of
    responses >= 0.95), with the same figures, days and negations, are asked about.
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
        by_id = {i: row for i, row in by_id.items() if i not in gone}
        if not (gone and found.crowded):  # a crowded bucket does not show all of its pairs at once
            break
    if meaning:
        yield from _reworded(list(by_id.values()), likeness, standings, meaning)


def _reworded(
    rows: Sequence[Row], likeness: Callable[[Sequence[Row]], Likeness], standings: Standings, meaning: Meaning
) -> Iterator[tuple[str, Finding]]:
    """The worse of two rows that a few changed words set apart."""
    found, told = likeness(rows), set[str]()
    for i, j, asked, said in meaning.pairs(rows, rows, prompt=_SAME_PROMPT, answer=_SAME_ANSWER):
        pair = found.compare(rows[i].id, rows[j].id)
        if rows[i].kind != rows[j].kind or pair.prompt < _HALF or pair.answer < _MOST or _facts_apart(rows[i], rows[j]):
            continue
        better, worse = sorted((rows[i], rows[j]), key=lambda row: standings(row.id))
        if worse.id not in told:
            told.add(worse.id)
            detail = (
                f"a few words set it apart from {better.id} ({better.source}): in meaning prompts are {asked:.2f} and "
            )
            detail += f"responses {said:.2f} the same, {why(standings(better.id), standings(worse.id))}"
            yield worse.id, Finding(detail, min(asked, said), _SAME_PROMPT, better.id, action="review")


def _facts_apart(a: Row, b: Row) -> bool:
    sides = [(a.prompt_text, b.prompt_text), *((text_of(a.answers[s]), text_of(b.answers[s])) for s in a.answers)]
    return any(decisive_difference(x, y, facts_only=True) or calendar(x) != calendar(y) for x, y in sides)


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
