"""duplicate_near: another row asks nearly the same and gets nearly the same response."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence

from stepladder.records import Row, text_of

from ..check import Finding, dataset_check
from ..meaning import Meaning
from .amounts import Amount, amounts
from .best import Standings, why
from .decisive import calendar, decisive_difference, negations, other_words
from .likeness import Alike, Likeness

_HALF = 0.5  # of the 5-grams of prompts, and
_MOST = 0.6  # of responses, that two rows share at least when their embeddings make them one: "three words changed"
_WITHIN = 0.9  # of the 5-grams of a response that stand in a longer one
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
    responses >= 0.95), with the same amounts, days and as many negations in any order, are asked about. To the same
    prompt, a response that stands within a longer one is noted.
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
    told = set(noted)
    for row_id, finding in _held_within(by_id, found, near):
        if row_id not in told:
            told.add(row_id)
            yield row_id, finding
    if meaning:
        yield from _reworded(list(by_id.values()), likeness, standings, meaning)


def _held_within(rows: dict[str, Row], likeness: Likeness, near: float) -> Iterator[tuple[str, Finding]]:
    """To one prompt, a response that is all in another one, which says no other amounts, days or negations.

    A phrase put in front ("Sure, here is the answer") takes more 5-grams from a short response than `near` allows.
    """
    for pair in likeness.pairs:
        if pair.a not in rows or pair.b not in rows or pair.prompt < near or pair.answer >= near:
            continue
        a, b = rows[pair.a], rows[pair.b]
        if a.kind == b.kind == "sft" and a.label == b.label and not _facts_apart(a, b):
            less, more = sorted((a, b), key=lambda row: len(row.completion_text))
            share = likeness.within(less.id, more.id)
            if share >= _WITHIN:
                said = f"{share:.0%} of its response is in that of {more.id} ({more.source}), to the same prompt: one may do"
                yield less.id, Finding(said, share, _WITHIN, more.id, action="note")


def by_threshold(
    rows: Sequence[Row], likeness: Likeness, standings: Standings, thresholds: Sequence[float]
) -> dict[float, int]:
    """How many rows each threshold would drop as near-duplicates, from the similarities that are measured already.

    Thresholds under likeness.LOWEST cannot be answered.
    """
    by_id = {row.id: row for row in rows}
    alike = [
        pair
        for pair in likeness.pairs
        if pair.a in by_id and pair.b in by_id and min(pair.prompt, pair.answer) >= min(thresholds)
    ]
    one = [pair for pair in alike if _apart(by_id[pair.a], by_id[pair.b]) is None]
    found = {}
    for threshold in thresholds:
        partners: defaultdict[str, list[Alike]] = defaultdict(list)
        for pair in one:
            if min(pair.prompt, pair.answer) >= threshold:
                partners[pair.a].append(pair)
                partners[pair.b].append(pair)
        found[threshold] = sum(1 for _ in _drops(by_id, partners, standings, threshold))
    return found


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
    """Whether figures, negations or days differ, wherever in the text they stand: sentences may change places."""
    sides = [(a.prompt_text, b.prompt_text), *((text_of(a.answers[s]), text_of(b.answers[s])) for s in a.answers)]
    return any(
        not _same_amounts(amounts(x), amounts(y)) or negations(x) != negations(y) or calendar(x) != calendar(y)
        for x, y in sides
    )


def _same_amounts(a: Sequence[Amount], b: Sequence[Amount]) -> bool:
    """Whether the two name the same amounts, equally often; a clock time in words may be either half of the day."""
    spoken = any(amount.unit == "clock of 12" for amount in (*a, *b))
    ours, theirs = (Counter(amount.of_12 if spoken else amount for amount in side) for side in (a, b))
    return ours == theirs


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
