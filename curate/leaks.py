"""Leaks: training rows that give a held-out row away, and the certificate that no two splits share one."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from itertools import combinations
from typing import Any

from stepladder.records import Row

from .check import Action, Finding, dataset_check
from .duplicates.likeness import COVERED, LONG, Alike, Likeness
from .duplicates.paraphrase import SURE, Same
from .duplicates.signatures import jaccard, shingles
from .ledger import SPLITS, Split

EXACT_UP_TO = 20_000  # rows whose n-grams fit in memory all at once; MinHash misses one pair in 20 million at 0.8


@dataset_check("leak_heldout", action="drop", needs=("heldout", "likeness"), wants=("paraphrases",))
def leak_heldout(
    rows: Sequence[Row],
    *,
    heldout: Sequence[Row],
    likeness: Callable[[Sequence[Row]], Likeness],
    leak: float = 0.8,
    paraphrases: Sequence[Same] = (),
) -> Iterator[tuple[str, Finding]]:
    """Name the held-out row that a row gives away, and how alike the two are.

    Dropped: a prompt that is alike (Jaccard of character 5-grams >= `leak`), or that shares more than half of its
    words with the other in runs of eight (Tülu 3, section 3.2; runs of 13 are blind on the 9 to 29 % of evaluation
    prompts that are shorter, research/curation.md section 4). Asked about: another prompt with the same long
    response, unless that is a standard reply; and, with an embedder, a row that says the same in other words (see
    duplicates/paraphrase.py), as a note where the cosines alone do not say so. All record types count.
    """
    theirs = {row.id: row for row in heldout}
    worst: dict[str, tuple[Alike, str]] = {}
    found = likeness([*rows, *heldout])
    mine = {row.id for row in rows}
    for pair in found.pairs:
        ours, other = (pair.a, pair.b) if pair.b in theirs else (pair.b, pair.a)
        if ours not in mine or other not in theirs or found.same_family(pair, leak) is None:
            continue
        if ours not in worst or _weight(pair) > _weight(worst[ours][0]):
            worst[ours] = pair, other
    for row in rows:
        if row.id in worst:
            pair, other = worst[row.id]
            yield row.id, _finding(pair, theirs[other], found.same_family(pair, leak) or "", leak)
    yield from _paraphrased({row.id for row in rows} - worst.keys(), theirs, paraphrases)


def _paraphrased(
    ours: Set[str], theirs: Mapping[str, Row], paraphrases: Sequence[Same]
) -> Iterator[tuple[str, Finding]]:
    told: set[str] = set()
    for one in sorted(paraphrases, key=lambda one: -one.asked - one.said):
        mine, other = (one.a, one.b) if one.b.id in theirs else (one.b, one.a)
        if mine.id in ours and other.id in theirs and mine.id not in told:
            told.add(mine.id)
            detail = f"it says in other words what held-out row {other.id} ({other.source}) says: {one.told}"
            action: Action = "review" if one.sure else "note"
            yield mine.id, Finding(detail, one.asked + one.said, SURE, other.id, action=action)


def _weight(pair: Alike) -> tuple[float, float, float]:
    return pair.prompt, pair.covered, pair.answer


def _finding(pair: Alike, other: Row, what: str, leak: float) -> Finding:
    place = f"held-out row {other.id} ({other.source})"
    if what == "prompt":
        return Finding(f"its prompt is {pair.prompt:.0%} that of {place}", pair.prompt, leak, other.id)
    if what == "passage":
        return Finding(
            f"{pair.covered:.0%} of the prompt's words are shared with {place}", pair.covered, COVERED, other.id
        )
    said = f"its response is {pair.answer:.0%} that of {place}, to another prompt"
    return Finding(said, pair.answer, leak, other.id, action="review")


Pair = tuple[str, str, str, float]


def crossing(rows: Sequence[Row], splits: Mapping[str, Split], likeness: Likeness, threshold: float) -> list[Pair]:
    """(id, id, in what, how much) of every pair in two splits that is alike at `threshold`.

    Apart from the candidates of the MinHash: prompts and long responses are joined exactly, by an index of their
    rarest n-grams, so a pair that the signatures missed is found here (up to EXACT_UP_TO rows).
    """
    ids = {row.id for row in rows}
    pairs = {(p.a, p.b): p for p in likeness.pairs if p.a in ids and p.b in ids}
    if len(rows) <= EXACT_UP_TO:
        for kind, least in (("prompt", likeness.least_shared(threshold)), ("answer", threshold)):
            for a, b in _joined(likeness.texts(kind, rows), least, splits):
                if (a, b) not in pairs:
                    pairs[a, b] = likeness.compare(a, b)
    found = []
    for (a, b), pair in pairs.items():
        if splits[a] != splits[b] and (what := likeness.same_family(pair, threshold)):
            found.append((a, b, what, {"prompt": pair.prompt, "passage": pair.covered, "answer": pair.answer}[what]))
    return found


def certificate(
    rows: Sequence[Row],
    splits: Mapping[str, Split],
    likeness: Likeness,
    above: Sequence[Pair],
    threshold: float,
    group_by: Sequence[str],
) -> dict[str, Any]:
    """What summary.json says about leaks: pairs compared, thresholds, and every crossing pair `above` them."""
    sizes = Counter(splits[row.id] for row in rows)
    groups = {key: _straddling(rows, splits, key) for key in group_by}
    return {
        "pairs_compared": sum(sizes[a] * sizes[b] for a, b in combinations(SPLITS, 2)),
        "pairs_above": len(above),
        "groups_straddling": sum(groups.values()),
        "thresholds": {"similarity": threshold, "shared_words": COVERED, "long_response_words": LONG},
        "similarity": "Jaccard of character 5-grams of prompts, and of responses of 8 words and more",
        "method": "all pairs, exactly" if len(rows) <= EXACT_UP_TO else "MinHash candidates, each verified exactly",
        "pairs": [{"a": a, "b": b, "in": what, "value": round(value, 4)} for a, b, what, value in above[:100]],
        "standard_replies": sum(row.id in likeness.canned for row in rows),
        "shared_text": [{"text": text[:200], "prompts": count} for text, count in likeness.template.found],
    }


def _straddling(rows: Sequence[Row], splits: Mapping[str, Split], key: str) -> int:
    places: defaultdict[str, set[Split]] = defaultdict(set)
    for row in rows:
        if row.metadata.get(key) is not None:
            places[str(row.metadata[key])].add(splits[row.id])
    return sum(len(found) > 1 for found in places.values())


def _joined(texts: Mapping[str, str], threshold: float, splits: Mapping[str, Split]) -> Iterator[tuple[str, str]]:
    """Id pairs of texts in different splits that are alike at `threshold`, all of them.

    Prefix filter (Chaudhuri, Ganti and Kaushik 2006): two sets of Jaccard t share one of the first
    |x| - ceil(t |x|) + 1 elements of each, in any common order; rarest first keeps the lists short. Where their first
    shared element stands then bounds how many more they can share (PPJoin, Xiao et al. 2008).
    """
    sets = {name: shingles(text) for name, text in texts.items() if text}
    counts: Counter[str] = Counter()
    for grams in sets.values():
        counts.update(grams)
    rank = {gram: place for place, gram in enumerate(sorted(counts, key=lambda gram: (counts[gram], gram)))}
    index: defaultdict[str, list[tuple[str, int]]] = defaultdict(list)
    seen: set[tuple[str, str]] = set()
    for name, grams in sets.items():
        size = len(grams)
        ordered = sorted(grams, key=rank.__getitem__)
        for place, gram in enumerate(ordered[: size + int(-threshold * size // 1) + 1]):
            for other, there in index[gram]:
                if splits[other] == splits[name] or (other, name) in seen:
                    continue
                seen.add((other, name))
                both = size + len(sets[other])
                most = min(size - place, len(sets[other]) - there)
                if most >= threshold / (1 + threshold) * both - 1e-9 and jaccard(sets[other], grams) >= threshold:
                    yield other, name
            index[gram].append((name, place))
