"""contradiction: two rows ask the same and cannot both be right."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence

from stepladder.records import Row, text_of

from ..check import Action, Finding, dataset_check
from ..duplicates.decisive import calendar, decisive_difference, numbers
from ..duplicates.signatures import jaccard, shingles
from ..meaning import Meaning
from ..text import content_of, normal, shown

_YES = re.compile(r"(?:yes|yeah|correct|true|right|ja|oui|sí|si|sim|はい|是)\b", re.I)
_NO = re.compile(r"(?:no|nope|incorrect|false|wrong|nein|non|não|いいえ|不是|否)\b", re.I)
_UNITS = (
    r"%|[$€£¥]|percent|seconds?|minutes?|min|hours?|days?|weeks?|months?|years?|am|pm|mm|cm|km|m|metres?|meters?|miles?|mg|kg|g|"
    r"ml|l|litres?|liters?|pounds?|euros?|dollars?|cents?|pence|degrees?|°[cf]?|people|persons?|passengers?|points?|times"
)
_AMOUNT = re.compile(rf"([$€£¥])\s?(\d[\d,.]*)|(\d[\d,.:]*)\s?(?:({_UNITS})(?!\w))", re.I)
_BRIEF = 60  # words; two longer texts, such as stories, may well name different amounts
_SHORT = 5  # words; up to here an answer is a label, a name or a figure


_ASKS_SAME, _SAYS_SAME = 0.65, 0.7  # cosines; of 125,000 pairs of sound rows on one subject 3 reach both and clash


@dataset_check("contradiction", action="review", wants=("meaning",))
def contradiction(
    rows: Sequence[Row], *, alike: float = 0.5, meaning: Meaning | None = None
) -> Iterator[tuple[str, Finding]]:
    """Name the partner, and what cannot both hold: yes and no, two amounts of one unit, two labels, a pair reversed.

    Only between rows with the same prompt, system turn and tools. Rare (0.43 % of Dolly prompts come twice with
    different answers, research/curation.md section 4) and mostly legitimate, so an answer that is just another one is
    a note; two responses that are alike at `alike` and differ in a number or negation are held. With an embedder, rows
    that ask and say nearly the same in other words and differ in one amount get a note each.
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
        yield from _in_other_words(rows, meaning)


def _in_other_words(rows: Sequence[Row], meaning: Meaning) -> Iterator[tuple[str, Finding]]:
    told: set[str] = set()
    for i, j, asked, said in meaning.pairs(rows, rows, prompt=_ASKS_SAME, answer=_SAYS_SAME):
        a, b = rows[i], rows[j]
        if a.kind != b.kind or a.kind == "unpaired" or normal(a.prompt_text) == normal(b.prompt_text):
            continue
        if calendar(a.prompt_text) != calendar(b.prompt_text) or not (clash := _one_amount(a, b)):
            continue
        for row, other in ((a, b), (b, a)):
            if row.id not in told:
                told.add(row.id)
                said_ = (
                    f"nearly the same is asked in {other.id} ({other.source}) and answered with another amount: {clash}"
                )
                yield row.id, Finding(said_, min(asked, said), _ASKS_SAME, other.id, action="note")


def _one_amount(a: Row, b: Row) -> str | None:
    """The one number that only one response has against the one that only the other has, those of the prompts aside."""
    asked = numbers(a.prompt_text) | numbers(b.prompt_text)
    ours, theirs = (numbers(row.completion_text) - asked for row in (a, b))
    mine, other = ours - theirs, theirs - ours
    return f"'{min(mine)}' and '{min(other)}'" if len(mine) == len(other) == 1 else None


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
    """Two amounts of one unit, where each response names one amount of that unit and they differ."""
    ours, theirs = _by_unit(first), _by_unit(second)
    for unit in sorted(ours.keys() & theirs.keys()):
        if len(ours[unit]) == len(theirs[unit]) == 1 and ours[unit] != theirs[unit]:
            return f"'{min(ours[unit])} {unit}' and '{min(theirs[unit])} {unit}'"
    return None


def _by_unit(text: str) -> dict[str, set[str]]:
    found: defaultdict[str, set[str]] = defaultdict(set)
    for sign, amount, number, unit in _AMOUNT.findall(text):
        figure = (amount or number).replace(",", "").rstrip(".")
        found[(sign or unit).casefold()].add(figure.rstrip("0").rstrip(".") if "." in figure else figure)
    return found
