"""What speaks for one side of a pair and against the other, one signal a column, each by something else."""

import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from stepladder.answer_format import FormatRule
from stepladder.records import Row

from .check import checks
from .knowledge import Knowledge
from .meaning import Meaning
from .preferences import Vector, margins, scores_of, side_text
from .text import listed, normal

DEFECTS = ("truncated", "refusal", "placeholder", "repetition", "special_token", "echo", "boilerplate", "toxic")
NEIGHBOUR = 0.75  # cosine of prompts from which another row's response says something about this pair's sides
_AGAINST = (0.08, 0.16)  # in cosine: how much nearer one side must be for a vote, and for a strong one
_DOUBT = (0.5, 1.4)  # in standard deviations, likewise

_CITED = re.compile(r"^(?:[^:\n]{1,30}:)?([^:\n]+)$|[(\[]([^()\[\]\n]+)[)\]]", re.M)

Levels = NDArray[np.int8]


@dataclass(frozen=True)
class Signal:
    """What one source says of every pair."""

    name: str
    levels: Levels
    """1 and 2: the chosen side is the better one, -1 and -2: the rejected one is, 0: it cannot tell. Shape (pairs,)."""
    words: Mapping[int, str]
    """Place of a pair -> what speaks against its chosen side, for a person to read."""


def signals(
    pairs: Sequence[Row],
    rows: Sequence[Row],
    *,
    rule: FormatRule | None = None,
    knowledge: Knowledge | None = None,
    meaning: Meaning | None = None,
    losses: Mapping[str, float] | None = None,
) -> list[Signal]:
    """Every signal that there is something for; `rows` are all rows of the set, the pairs among them.

    form: only one side departs from the format rule or has a defect that curation knows. figures: only one gives
    figures that no document states. documents: they are nearer to one side. source: only one cites a document that is
    near to what is said. known: another row rejects or chooses the very text for the very prompt. neighbours: the
    response to nearly the same prompt is nearer to one side. others: one side is more like what the other pairs choose
    and the set's responses (preferences.margins). model: the base model finds one side likelier (`losses`, pair id ->
    difference per token). scores: those that the row brings.
    """
    good = [row for row in rows if row.kind == "sft"]
    found = [_scores(pairs), _form(pairs, rule), _known(pairs, rows), _others(pairs, meaning, good)]
    if knowledge:
        found.append(_figures(pairs, knowledge))
    if knowledge and meaning and pairs:
        found.append(_documents(pairs, knowledge, meaning))
    if knowledge and meaning and pairs and knowledge.ids:
        found.append(_source(pairs, knowledge, meaning))
    if meaning and pairs:
        found.append(_neighbours(pairs, rows, meaning))
    if losses:
        found.append(_model(pairs, losses))
    return [signal for signal in found if signal.levels.any()]


def _signal(name: str, levels: Sequence[int] | Levels, said: Callable[[int], str]) -> Signal:
    values = np.asarray(levels, dtype=np.int8)
    return Signal(name, values, {i: said(i) for i in np.flatnonzero(values < 0).tolist()})


def _stepped(values: Vector, steps: Sequence[float]) -> Levels:
    """On which side of 0 each value is, times how many of the steps it has passed."""
    passed = sum((np.abs(values) >= step).astype(np.int8) for step in steps)
    return np.asarray(np.sign(values).astype(np.int8) * passed, dtype=np.int8)


def _one_sided(chosen: Sequence[object], rejected: Sequence[object]) -> int:
    """1 where only the rejected side has something to be said against it, -1 where only the chosen side has."""
    return bool(rejected) - bool(chosen) if bool(rejected) != bool(chosen) else 0


def _scores(pairs: Sequence[Row]) -> Signal:
    known = [scores_of(row) or (0.0, 0.0) for row in pairs]
    levels = [2 * int(np.sign(chosen - rejected)) for chosen, rejected in known]
    return _signal("scores", levels, lambda i: f"its score is {known[i][0]:g} against {known[i][1]:g}")


def _form(pairs: Sequence[Row], rule: FormatRule | None) -> Signal:
    levels, words = [], {}
    for i, row in enumerate(pairs):
        mine, other = (list(_faults(row, side, rule)) for side in ("chosen", "rejected"))
        levels.append(_one_sided(mine, other))
        words[i] = f"only it has {listed(mine)}"
    return _signal("form", levels, lambda i: words[i])


def _faults(row: Row, side: str, rule: FormatRule | None) -> Iterator[str]:
    if rule:
        yield from rule.faults(side_text(row, side), row.metadata)
    alone = replace(row, kind="sft", answers={"completion": row.answers[side]})
    yield from (code for code in DEFECTS if checks[code].function(alone))


def _known(pairs: Sequence[Row], rows: Sequence[Row]) -> Signal:
    """Against the text that another row, of whatever kind, chooses or rejects for the same prompt."""
    good: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
    bad: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
    for row in rows:
        if row.kind != "unpaired":
            good[_asked(row), normal(row.completion_text)].add(row.id)
        if row.kind == "preference":
            bad[_asked(row), normal(side_text(row, "rejected"))].add(row.id)
    levels, words = [], {}
    for i, row in enumerate(pairs):
        chosen, rejected = ((_asked(row), normal(side_text(row, side))) for side in ("chosen", "rejected"))
        liked, disliked = good.get(rejected, set()) - {row.id}, bad.get(chosen, set()) - {row.id}
        backed = (good.get(chosen, set()) | bad.get(rejected, set())) - {row.id}
        levels.append(bool(backed) - bool(liked | disliked))
        words[i] = f"{min(liked | disliked, default='')} has it the other way round for the same prompt"
    return _signal("known", levels, lambda i: words[i])


def _asked(row: Row) -> str:
    return normal(row.prompt_text)


def _others(pairs: Sequence[Row], meaning: Meaning | None, good: Sequence[Row]) -> Signal:
    learnt = margins(pairs, meaning, good)
    levels = _stepped(np.zeros(len(pairs)) if learnt is None else learnt, _DOUBT)
    return _signal("others", levels, lambda _: "the other pairs would choose the rejected one")


def _figures(pairs: Sequence[Row], knowledge: Knowledge) -> Signal:
    levels, words = [], {}
    for i, row in enumerate(pairs):
        mine, other = (knowledge.unsupported(row, side_text(row, side)) for side in ("chosen", "rejected"))
        levels.append(_one_sided(mine, other))
        words[i] = f"only it gives figures that no document states ({listed(mine)})"
    return _signal("figures", levels, lambda i: words[i])


def _documents(pairs: Sequence[Row], knowledge: Knowledge, meaning: Meaning) -> Signal:
    """By the paragraph that is nearest to either side."""
    paragraphs = meaning.texts(knowledge.paragraphs)
    chosen, rejected = ((meaning.answers(pairs, side) @ paragraphs.T).max(axis=1) for side in ("chosen", "rejected"))
    levels = _stepped(np.asarray(chosen - rejected, dtype=np.float64), _AGAINST)
    return _signal("documents", levels, lambda _: "the documents are nearer to the rejected one")


def _source(pairs: Sequence[Row], knowledge: Knowledge, meaning: Meaning) -> Signal:
    """By the documents that the sides name by their ids, where they name different ones."""
    names = sorted(set(knowledge.ids))
    likeness = _to_documents(pairs, knowledge, meaning, names)
    levels, words = np.zeros(len(pairs), dtype=np.int8), {}
    for i, row in enumerate(pairs):
        mine, other = (_named(side_text(row, side), names) for side in ("chosen", "rejected"))
        if not mine or not other or mine == other:
            continue
        apart = np.array([likeness[i, sorted(mine)].mean() - likeness[i, sorted(other)].mean()])
        levels[i] = _stepped(apart, _AGAINST)[0]
        words[i] = f"it names {listed([names[d] for d in sorted(mine - other or mine)])}, which says little of this"
    return _signal("source", levels, lambda i: words[i])


def _to_documents(pairs: Sequence[Row], knowledge: Knowledge, meaning: Meaning, names: Sequence[str]) -> Vector:
    """How near the nearest paragraph of each document is to the prompt and both sides together, (pairs, documents)."""
    asked = meaning.prompts(pairs) + meaning.answers(pairs, "chosen") + meaning.answers(pairs, "rejected")
    asked /= np.linalg.norm(asked, axis=1, keepdims=True) + 1e-9
    out = np.full((len(pairs), len(names)), -1.0)
    owners = [names.index(name) for name in knowledge.owners]
    near = asked @ meaning.texts(knowledge.paragraphs).T
    for column, owner in enumerate(owners):
        out[:, owner] = np.maximum(out[:, owner], near[:, column])
    return out


def _named(text: str, names: Sequence[str]) -> frozenset[int]:
    """The documents that a text names as its sources: on a line of their own, or in brackets.

    An id may be an everyday word, so that a sentence that has it names no document.
    """
    place = {name.casefold(): i for i, name in enumerate(names)}
    found: set[int] = set()
    for part in _CITED.findall(text.casefold()):
        ids = [place.get(word) for word in re.split(r"[\s,;]+", "".join(part).strip(" .,;"))]
        found.update(i for i in ids if i is not None and None not in ids)
    return frozenset(found)


def _neighbours(pairs: Sequence[Row], rows: Sequence[Row], meaning: Meaning) -> Signal:
    """By the response to the nearest other prompt, where one is near enough."""
    likeness = meaning.prompts(pairs) @ meaning.prompts(rows).T
    place = {row.id: i for i, row in enumerate(rows)}
    likeness[np.arange(len(pairs)), [place[row.id] for row in pairs]] = -1
    good = meaning.answers(rows)[likeness.argmax(axis=1)]
    chosen, rejected = ((meaning.answers(pairs, side) * good).sum(axis=1) for side in ("chosen", "rejected"))
    apart = np.where(likeness.max(axis=1) >= NEIGHBOUR, chosen - rejected, 0.0)
    said = "responses to nearly the same prompt are nearer to the rejected one"
    return _signal("neighbours", _stepped(apart, _AGAINST), lambda _: said)


def _model(pairs: Sequence[Row], losses: Mapping[str, float]) -> Signal:
    """By log-probability per token, in standard deviations over the pairs."""
    values = np.array([losses.get(row.id, 0.0) for row in pairs])
    values = values / (values.std() or 1.0)
    said = "the base model finds the rejected one likelier"
    return _signal("model", _stepped(values, _DOUBT), lambda _: said)
