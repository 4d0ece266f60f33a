"""Diagnostic rows: a reader with the right passage and with none, which separate the retriever's faults from the reader's.

They are no candidates of the verdict and stand outside its family of tests.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from stepladder.errors import UserError
from stepladder.records import Row
from stepladder.retrieval import Hit, Retriever, named_documents, query_of, with_passages

from .metric import Metric
from .response import NOT_APPLICABLE, Response
from .rung import Ask, Rung
from .rungs.rag import Rag
from .score import Values
from .stats.paired import paired_interval
from .tune import Run

KINDS = ("oracle_context", "no_context")


@dataclass(frozen=True)
class Diagnosed:
    """One kind of diagnostic row for one reader: `rung` answers, `reader` is the rung that it is held against."""

    kind: str
    rung: Rung
    reader: str
    asks: Sequence[Ask]
    responses: Sequence[Response]
    scored: Sequence[Values]


def divided(wanted: Sequence[str]) -> tuple[list[str], tuple[str, ...]]:
    """The rungs and the kinds of diagnostic row in `evaluate.rungs`; both kinds where no rungs are named.

    Raises:
        UserError: kinds alone are named.
    """
    rungs, kinds = [n for n in wanted if n not in KINDS], tuple(k for k in KINDS if k in wanted)
    if kinds and not rungs:
        raise UserError(f"rung '{kinds[0]}'", "is held against a rag rung, and none is named", "Name one, such as rag")
    return rungs, kinds if wanted else KINDS


def diagnose(
    kinds: Sequence[str],
    climbed: Sequence[Rung],
    rows: Sequence[Row],
    retriever: Retriever | None,
    run: Run,
    score: Callable[[Sequence[Row], Sequence[Response]], list[Values]],
) -> list[Diagnosed]:
    """Every kind for every reader: the rungs that put passages into the prompt and no examples.

    Rows whose documents are not named, or are not among the documents, are not applicable and are not asked.
    """
    readers = [rung for rung in climbed if isinstance(rung.prompting, Rag)]
    if retriever is None or not readers:
        return []
    known = {passage.document for passage in retriever.passages}
    golds = [[d for d in named_documents(row.metadata) if d in known] for row in rows]
    some = [i for i, gold in enumerate(golds) if gold]
    found = []
    for kind in kinds if some else ():
        for reader in readers:
            name = kind if reader.adapter is None else f"{kind}:{reader.name}"
            rung = replace(reader, name=name, settings={})
            shown = gold_passages(
                [rows[i] for i in some], [golds[i] for i in some], retriever, reader.prompting.passages
            )
            if kind == "no_context":
                shown = [[] for _ in some]
            given = [
                Ask(tuple(with_passages(rows[i].prompt, [h.passage for h in hits])), retrieved=tuple(hits))
                for i, hits in zip(some, shown, strict=True)
            ]
            answered = dict(zip(some, run(rung, [rows[i] for i in some], given), strict=True))
            asked = dict(zip(some, given, strict=True))
            responses = [answered.get(i, NOT_APPLICABLE) for i in range(len(rows))]
            asks = [asked.get(i) or Ask(tuple(row.prompt)) for i, row in enumerate(rows)]
            found.append(Diagnosed(kind, rung, reader.name, asks, responses, score(rows, responses)))
    return found


def gold_passages(
    rows: Sequence[Row], golds: Sequence[Sequence[str]], retriever: Retriever, least: int
) -> list[list[Hit]]:
    """The best passage of each named document, then more of theirs until there are `least`; best first.

    Within a document the retriever ranks as it always does. A document that shares no word with the question gives its
    first passage.
    """
    rankings = retriever.search_many([query_of(row.prompt) for row in rows], len(retriever.passages))
    found = []
    for ranking, gold in zip(rankings, golds, strict=True):
        rest = [Hit(p, 0.0) for p in retriever.passages if p.document in gold]
        seen = {hit.passage.id for hit in ranking}
        candidates = [hit for hit in ranking if hit.passage.document in gold]
        candidates += [hit for hit in rest if hit.passage.id not in seen]
        first = [next(hit for hit in candidates if hit.passage.document == d) for d in dict.fromkeys(gold)]
        more = [hit for hit in candidates if hit not in first]
        chosen = [*first, *more[: max(0, least - len(first))]]
        found.append(sorted(chosen, key=candidates.index))
    return found


def described(one: Diagnosed, reader: Sequence[Values], metric: Metric) -> dict[str, Any]:
    """The figures of one diagnostic rung: its mean, and its paired difference to the reader's rung, on the same rows.

    Intervals are 95 %, not adjusted for how many there are.
    """
    name = metric.name
    pairs = [
        (mine[name], theirs[name])
        for mine, theirs, response in zip(one.scored, reader, one.responses, strict=True)
        if response.status != "not_applicable"
    ]
    both = [(a, b) for a, b in pairs if a is not None and b is not None]
    document: dict[str, Any] = {
        "name": one.rung.name,
        "kind": one.kind,
        "reader": one.reader,
        "n": len(pairs),
        "not_applicable": len(one.responses) - len(pairs),
        "errors": sum(r.status == "error" for r in one.responses),
    }
    if not both:
        return document | {"mean": None, "reader_mean": None, "difference": None}
    found = paired_interval([a - b for a, b in both], binary=metric.binary)
    return document | {
        "metric": name,
        "mean": sum(a for a, _ in both) / len(both),
        "reader_mean": sum(b for _, b in both) / len(both),
        "difference": found.mean,
        "low": found.low if len(both) > 1 else None,
        "high": found.high if len(both) > 1 else None,
        "method": found.method,
    }
