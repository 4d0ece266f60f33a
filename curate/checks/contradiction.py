"""contradiction: two rows ask the same and cannot both be right."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence

from stepladder.records import Row, text_of

from ..check import Action, Finding, dataset_check
from ..duplicates.amounts import amounts, shared
from ..duplicates.clash import Claims
from ..duplicates.decisive import decisive_difference
from ..duplicates.signatures import jaccard, shingles
from ..knowledge import Knowledge
from ..meaning import Meaning
from ..text import content_of, normal, shown

_YES = re.compile(r"(?:yes|yeah|correct|true|right|ja|oui|sí|si|sim|はい|是)\b", re.I)
_NO = re.compile(r"(?:no|nope|incorrect|false|wrong|nein|non|não|いいえ|不是|否)\b", re.I)
_BRIEF = 60  # words; two longer texts, such as stories, may well name different amounts
_SHORT = 5  # words; up to here an answer is a label, a name or a figure
_PARTNERS = 32  # rows closest to one; further ones on the same subject ask other things
_ASKS_SAME, _SAYS_SAME = 0.45, 0.5  # cosines from which rows may ask one thing; what they say is then read


@dataset_check("contradiction", action="review", wants=("meaning", "knowledge"))
def contradiction(
    rows: Sequence[Row], *, alike: float = 0.5, meaning: Meaning | None = None, knowledge: Knowledge | None = None
) -> Iterator[tuple[str, Finding]]:
    """Name the partner, and what cannot both hold: yes and no, two amounts of one unit, two labels, a pair reversed.

    Only between rows with the same prompt, system turn and tools. Rare (0.43 % of Dolly prompts come twice with
    different answers, research/curation.md section 4) and mostly legitimate, so an answer that is just another one is
    a note; two responses that are alike at `alike` and differ in a number or negation are held.

    With an embedder, rows on one subject (cosines of prompts >= 0.45, of responses >= 0.55) are compared sentence by
    sentence (duplicates/clash.py): those that say the same but for one amount get a note each. Where the documents
    state one of the two amounts in such a sentence and not the other, the row with the other is held and its partner
    let be.
    """
    groups: defaultdict[tuple[str, str], list[Row]] = defaultdict(list)
    for row in rows:
        turns = "\n".join(f"{m['role']}: {normal(content_of(m))}" for m in row.prompt)
        groups[turns, str(row.tools)].append(row)
    labels = Counter(normal(row.completion_text) for row in rows if len(row.completion_text.split()) <= _SHORT)
    for group in groups.values():
        for place, row in enumerate(group[1:], start=1):
            for other in group[max(0, place - 8) : place]:
                if found := _between(other, row, labels, alike):
                    said, action = found
                    yield (
                        row.id,
                        Finding(f"{said}; the other row is {other.id} ({other.source})", other=other.id, action=action),
                    )
                    yield (
                        other.id,
                        Finding(f"{said}; the other row is {row.id} ({row.source})", other=row.id, action=action),
                    )
                    break

    if meaning:
        yield from _in_other_words(rows, meaning, knowledge)


def _in_other_words(
    rows: Sequence[Row], meaning: Meaning, knowledge: Knowledge | None
) -> Iterator[tuple[str, Finding]]:
    """Each row once; where the documents settle it, the row that they contradict alone, and that one first."""
    claims = Claims(rows, knowledge.paragraphs if knowledge else ())
    found = []
    for i, j, asked, said in _closest(meaning.pairs(rows, rows, prompt=_ASKS_SAME, answer=_SAYS_SAME)):
        one, other = rows[i], rows[j]
        if one.kind == other.kind != "unpaired" and normal(one.prompt_text) != normal(other.prompt_text):
            found += [(clash, min(asked, said))] if (clash := claims.clash(i, j)) else []
    settled = {clash.wrong for clash, _ in found if clash.wrong is not None}
    told: set[int] = set()
    for clash, value in sorted(found, key=lambda item: item[0].wrong is None):
        for here, there in ((clash.a, clash.b), (clash.b, clash.a)):
            if here in told or clash.wrong == there or there in settled - {here}:
                continue
            told.add(here)
            both = "' and '".join(map(str, clash.amounts))
            detail = f"{rows[there].id} ({rows[there].source}) says nearly the same with another amount: '{both}'"
            detail += "; the documents give that of the other row" if clash.wrong == here else ""
            action: Action = "review" if clash.wrong == here else "note"
            yield rows[here].id, Finding(detail, value, _ASKS_SAME, rows[there].id, action=action)


def _closest(pairs: list[tuple[int, int, float, float]]) -> Iterator[tuple[int, int, float, float]]:
    """The pairs in which one is among the 32 closest of the other: work that grows with the rows, not their square."""
    seen: Counter[int] = Counter()
    for pair in sorted(pairs, key=lambda pair: (-pair[2] - pair[3], pair)):
        if min(seen[pair[0]], seen[pair[1]]) < _PARTNERS:
            seen.update(pair[:2])
            yield pair


def _between(a: Row, b: Row, labels: Counter[str], alike: float) -> tuple[str, Action] | None:
    if a.kind != b.kind:
        return None
    if a.kind == "preference":
        return _pairs(a, b)
    first, second = a.completion_text.strip(), b.completion_text.strip()
    one, two = normal(first), normal(second)
    if a.kind == "unpaired":
        return ("the same response has the other label", "review") if one == two and a.label != b.label else None
    if one == two:
        return None
    if (_YES.match(first) and _NO.match(second)) or (_NO.match(first) and _YES.match(second)):
        return "the same prompt is answered yes in one row and no in the other", "review"
    if max(len(one.split()), len(two.split())) <= _BRIEF and (clash := _amounts(first, second)):
        return f"the same prompt is answered with {clash}", "review"
    if max(len(one.split()), len(two.split())) <= _SHORT and min(labels[one], labels[two]) > 1:
        return f"the same prompt has the label '{shown(first, 20)}' and '{shown(second, 20)}'", "review"
    if jaccard(shingles(one), shingles(two)) >= alike and (
        apart := decisive_difference(first, second, facts_only=True)
    ):
        return f"the same prompt has nearly the same response, but {apart}", "review"
    return "the same prompt has another response", "note"


def _pairs(a: Row, b: Row) -> tuple[str, Action] | None:
    sides = [{side: normal(text_of(row.answers[side])) for side in ("chosen", "rejected")} for row in (a, b)]
    if sides[0]["chosen"] == sides[1]["rejected"] or sides[0]["rejected"] == sides[1]["chosen"]:
        return "what one pair chooses the other rejects", "review"
    return None


def _amounts(first: str, second: str) -> str | None:
    """Two amounts of one unit, where each response names one of that unit that the other does not name."""
    ours, theirs = (frozenset(a for a in amounts(text) if a.unit) for text in (first, second))
    mine, other = ours - shared(ours, theirs), theirs - shared(theirs, ours)
    for unit in sorted({a.of_12.unit for a in mine}):
        pair = [[a for a in side if a.of_12.unit == unit] for side in (mine, other)]
        if len(pair[0]) == len(pair[1]) == 1:
            return f"'{pair[0][0]}' and '{pair[1][0]}'"
    return None
