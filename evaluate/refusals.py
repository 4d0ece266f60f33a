"""Which answers refuse, and whether they should: learned from how the project's own rows hand a question over.

Definition (research/evaluation.md section 3; the same two halves as in promptfoo's `is-refusal` and Phoenix's refusal
evaluator): refusal recall is the share of unanswerable rows that are refused, over-refusal the share of answerable rows
that are. They are kept apart, since a rung that refuses everything has a recall of 1.
"""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from stepladder.answer_format import FormatRule
from stepladder.records import Row
from stepladder.retrieval import named_documents

from .response import Response
from .stats.intervals import wilson

_LEAST = 3  # rows that must share a closing line before it counts as the project's convention
_SHARE = 0.2  # of the rows without documents: some of those are tasks that need none
_STRAY = 0.01  # of the rows with documents: one slip in a hundred does not undo a convention
_WITHIN = 200  # characters from the start in which a phrase counts; later ones are asides
# Inability or ignorance in the first person, after open-instruct's keyword filter and promptfoo's `is-refusal`.
_PHRASES = re.compile(
    r"\b(?:i|we)(?:'m| am| are|'re)? (?:sorry,? (?:but )?(?:i |we )?)?(?:cannot|can't|can not|(?:am |are )?(?:unable|not able) to)"
    r" (?:help|assist|answer|provide|comply|tell|find|give|say|confirm)\b"
    r"|\b(?:i|we) (?:do not|don't) (?:know\b|have (?:that|this|any|the|enough|access to) "
    r"(?:\w+ ){0,2}(?:information|data|answer|details?)\b)"
    r"|\b(?:the|these|our) (?:documents?|passages?|sources?) (?:do(?:es)? not|don't|doesn't) (?:say|state|mention|contain|answer)\b"
    r"|\b(?:ich|wir) (?:kann|können|weiß|wissen)\b[^.!?]{0,40}\bnicht\b|\bje ne (?:peux|sais) pas\b|\bnous ne pouvons pas\b"
    r"|\bno (?:puedo|podemos|sé|sabemos)\b|\bnon (?:posso|so)\b|我(?:无法|不能|不知道)|わかりません|お答えできません",
    re.I,
)


@dataclass(frozen=True)
class Refusals:
    """`lines`: closing lines, case-folded, by which the project's own answers hand over; empty: it has no such line."""

    lines: frozenset[str]

    @classmethod
    def learned(cls, rows: Sequence[Row], rule: FormatRule | None) -> "Refusals":
        """From training rows: lines that the format rule declares and that rows without documents share.

        Such a line (say, `Source: none`) stands in a fifth or more of the references that name no document and in no
        more than a hundredth of those that do. Nothing in it depends on the language.
        """
        declared = rule.lines if rule else ()
        without: Counter[str] = Counter()
        beside: Counter[str] = Counter()
        counts = [0, 0]
        for row in rows:
            if "documents" not in row.metadata:
                continue
            has = bool(named_documents(row.metadata))
            counts[has] += 1
            closing = {line.strip() for line in row.completion_text.split("\n")}
            folded = {line.casefold() for line in closing if any(pattern.fullmatch(line) for pattern in declared)}
            (beside if has else without).update(folded)
        least = max(_LEAST, _SHARE * counts[False])
        return cls(frozenset(x for x, n in without.items() if n >= least and beside[x] <= _STRAY * counts[True]))

    def refuses(self, text: str) -> bool:
        """Whether an answer has a hand-over line, or begins by saying in the first person that it cannot or does not know."""
        if any(line.strip().casefold() in self.lines for line in text.split("\n")):
            return True
        return bool(_PHRASES.search(text[:_WITHIN].replace("’", "'")))

    def answerable(self, row: Row) -> bool | None:
        """The row's own `answerable`; else True where it names documents, False where its reference hands over, else None.

        Rows that are neither, such as tasks that need no document, say nothing about refusals.
        """
        told = row.metadata.get("answerable")
        if isinstance(told, bool):
            return told
        if self.refuses(row.completion_text):
            return False
        return True if named_documents(row.metadata) else None

    def marked(self, responses: Sequence[Response]) -> list[Response]:
        """The responses, with the status of those that refuse set to refused."""
        return [replace(r, status="refused") if r.status == "ok" and self.refuses(r.output) else r for r in responses]

    def rates(self, rows: Sequence[Row], responses: Sequence[Response]) -> dict[str, Any]:
        """Refusal recall and over-refusal with Wilson 95 % intervals, and their balanced accuracy; errors do not refuse.

        A half without rows is None.
        """
        halves: dict[bool, list[bool]] = {True: [], False: []}
        for row, response in zip(rows, responses, strict=True):
            known = self.answerable(row)
            if known is not None:
                halves[known].append(response.status == "refused")
        recall, over = _rate(halves[False]), _rate(halves[True])
        both = None if recall is None or over is None else (recall["mean"] + 1 - over["mean"]) / 2
        return {"recall": recall, "over_refusal": over, "balanced_accuracy": both}


def _rate(refused: Sequence[bool]) -> dict[str, Any] | None:
    if not refused:
        return None
    found = wilson(sum(refused), len(refused))
    return {"mean": found.mean, "low": found.low, "high": found.high, "refused": sum(refused), "n": len(refused)}
