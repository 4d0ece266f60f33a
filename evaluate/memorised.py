"""Training text in answers: long runs of words that stand in one training answer and that nothing shown explains."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from stepladder.records import Row, text_of

from .metrics.text import rouge_tokens
from .response import Response
from .rung import Ask

WORDS = 13
"""Shortest run that counts: GPT-3's overlap of 13 words (Brown et al. 2020, appendix C). Scripts without spaces: characters."""

Gram = tuple[str, ...]


@dataclass(frozen=True)
class TrainingText:
    """`source` maps every run of `WORDS` words that stands in one training answer alone to that row's id.

    Runs that several rows share are the house's wording, which an adapter is meant to learn. Runs of the documents may be
    quoted by anyone, and are left out.
    """

    source: dict[Gram, str]

    @classmethod
    def of(cls, rows: Sequence[Row], documents: Sequence[str]) -> "TrainingText":
        """Index the answers of these rows, less what stands in the documents."""
        source: dict[Gram, str] = {}
        shared: set[Gram] = set()
        for row in rows:
            for gram in set(_grams(rouge_tokens(row.completion_text))):
                if gram in source:
                    shared.add(gram)
                source[gram] = row.id
        for text in documents:
            shared.update(gram for gram in _grams(rouge_tokens(text)) if gram in source)
        return cls({gram: row for gram, row in source.items() if gram not in shared})

    def longest(self, output: str, prompt: str) -> tuple[str, str] | None:
        """The longest copied run that the prompt does not show, as (text, training row); None without any."""
        tokens = rouge_tokens(output)
        shown = set(_grams(rouge_tokens(prompt)))
        best: tuple[int, int, str] | None = None
        start, row = 0, ""
        for place, gram in enumerate(_grams(tokens)):
            here = "" if gram in shown else self.source.get(gram, "")
            if here != row:
                start, row = place, here
            if here and (best is None or place + WORDS - start > best[1] - best[0]):
                best = start, place + WORDS, here
        return None if best is None else (" ".join(tokens[best[0] : best[1]]), best[2])

    def found(self, rows: Sequence[Row], asks: Sequence[Ask], responses: Sequence[Response]) -> dict[str, Any]:
        """How many of a rung's answers hold such a run, the longest in words, and that one as an example."""
        hits = []
        for row, ask, response in zip(rows, asks, responses, strict=True):
            if hit := self.longest(response.output, ask.raw or text_of(ask.messages)):
                hits.append({"id": row.id, "training_row": hit[1], "text": hit[0], "words": len(hit[0].split())})
        longest = max(hits, key=lambda h: int(str(h["words"])), default=None)
        return {"rows": len(hits), "share": len(hits) / len(rows), "example": longest}


def _grams(tokens: Sequence[str]) -> Iterator[Gram]:
    return (tuple(tokens[i : i + WORDS]) for i in range(len(tokens) - WORDS + 1))
