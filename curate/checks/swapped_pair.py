"""swapped_pair: several things say that the rejected side is the better one."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from stepladder.answer_format import FormatRule
from stepladder.records import Row

from ..check import Finding, checks, dataset_check
from ..knowledge import Knowledge
from ..meaning import Meaning
from ..preferences import Vector, margins, scores_of, side_text
from ..text import listed

DEFECTS = ("truncated", "refusal", "placeholder", "repetition", "special_token", "echo", "boilerplate", "toxic")
NEIGHBOUR = 0.75  # cosine of prompts from which another row's response says something about this pair's sides
_AGAINST = 0.08  # in cosine: how much nearer the rejected side must be


@dataset_check("swapped_pair", action="review", wants=("rule", "knowledge", "meaning"))
def swapped_pair(
    rows: Sequence[Row],
    *,
    agree: int = 2,
    doubt: float = -0.75,
    rule: FormatRule | None = None,
    knowledge: Knowledge | None = None,
    meaning: Meaning | None = None,
) -> Iterator[tuple[str, Finding]]:
    """List the signals by which the rejected side of a pair is the better one; `agree` of them must, then it is held.

    Signals: only the chosen side departs from the format rule; only the chosen side has a defect that curation knows;
    only it gives figures that no document states; the documents are nearer to the rejected side; the responses to
    nearly the same prompt are nearer to the rejected side; the other pairs of the set would choose the rejected side
    (`doubt` standard deviations of preferences.margins); scores that the row brings say so, which counts twice.
    Never turned round: PrefCleanBench finds removing better than flipping, and length alone is nearly blind to a
    swap, AUC 0.56 (research/curation.md section 4).
    """
    pairs = [row for row in rows if row.kind == "preference"]
    learnt = margins(pairs, meaning)
    documents = _support(pairs, knowledge, meaning) if knowledge and meaning and pairs else np.zeros(len(pairs))
    others = _neighbours(pairs, rows, meaning) if meaning and pairs else np.zeros(len(pairs))
    for i, row in enumerate(pairs):
        signals = list(_signals(row, rule, knowledge))
        if learnt is not None and learnt[i] < doubt:
            signals.append("the other pairs would choose the rejected one")
        if documents[i] < -_AGAINST:
            signals.append("the documents are nearer to the rejected one")
        if others[i] < -_AGAINST:
            signals.append("responses to nearly the same prompt are nearer to the rejected one")
        scores = scores_of(row)
        if worse := scores is not None and scores[0] < scores[1]:
            signals.append(f"its score is {scores[0]:g} against {scores[1]:g}")
        votes = len(signals) + worse
        if votes >= agree:
            yield row.id, Finding(f"the chosen side looks like the worse one: {'; '.join(signals)}", votes, agree)


def _signals(row: Row, rule: FormatRule | None, knowledge: Knowledge | None) -> Iterator[str]:
    chosen, rejected = side_text(row, "chosen"), side_text(row, "rejected")
    if rule and (faults := rule.faults(chosen, row.metadata)) and not rule.faults(rejected, row.metadata):
        yield f"only it breaks the format ({faults[0]})"
    ours, other = (replace(row, kind="sft", answers={"completion": row.answers[s]}) for s in ("chosen", "rejected"))
    here = [code for code in DEFECTS if checks[code].function(ours) and not checks[code].function(other)]
    if here:
        yield f"only it has {listed(here)}"
    if knowledge:
        mine, theirs = knowledge.unsupported(row, chosen), knowledge.unsupported(row, rejected)
        if mine and not theirs:
            yield f"only it gives figures that no document states ({listed(mine)})"


def _support(pairs: Sequence[Row], knowledge: Knowledge, meaning: Meaning) -> Vector:
    """How much nearer the nearest paragraph of the documents is to the chosen side than to the rejected one."""
    paragraphs = meaning.texts(knowledge.paragraphs)
    chosen, rejected = ((meaning.answers(pairs, side) @ paragraphs.T).max(axis=1) for side in ("chosen", "rejected"))
    return np.asarray(chosen - rejected, dtype=np.float64)


def _neighbours(pairs: Sequence[Row], rows: Sequence[Row], meaning: Meaning) -> Vector:
    """How much nearer the response to the nearest prompt is to the chosen side; 0 where no prompt is near enough."""
    here, known = meaning.prompts(pairs), meaning.prompts(rows)
    likeness = here @ known.T
    place = {row.id: i for i, row in enumerate(rows)}
    likeness[np.arange(len(pairs)), [place[row.id] for row in pairs]] = -1
    nearest = likeness.argmax(axis=1)
    good = meaning.answers(rows)[nearest]
    apart = (meaning.answers(pairs, "chosen") * good).sum(axis=1) - (meaning.answers(pairs, "rejected") * good).sum(
        axis=1
    )
    return np.where(likeness.max(axis=1) >= NEIGHBOUR, apart, 0.0)
