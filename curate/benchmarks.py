"""Benchmark files that the user lists: their items, rows that give one away, and the certificate that none is left."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from stepladder.errors import UserError
from stepladder.reading import Parsed, read_files
from stepladder.records import Message, Row, Source

from .check import Finding, dataset_check
from .duplicates.likeness import COVERED, Likeness
from .ledger import Entry, verdict
from .rates import rate
from .text import content_of, normal, shown

_RUN = 8
_ASKS = ("prompt", "question", "instruction", "problem", "query", "input", "text", "goal", "premise", "sentence")


def read_benchmarks(files: Sequence[str]) -> tuple[Row, ...]:
    """Every item as a row whose id is its place, `FILE:LINE`; its prompt is what a model would be asked.

    Anything that `curate` reads, rows with no more than a question in one of the usual columns, and `.txt` files with a
    prompt a line.

    Raises:
        UserError: a file is missing or empty, or a line of it holds no question.
    """
    return tuple(item for file in files for item in (_lines(file) if file.endswith(".txt") else _rows(file)))


def _lines(file: str) -> Iterator[Row]:
    try:
        texts = Path(file).read_text(encoding="utf-8").split("\n")
    except UnicodeDecodeError as error:
        raise UserError(file, "is not UTF-8", "Save it as UTF-8") from error
    for number, text in enumerate(texts, 1):
        if text.strip():
            yield _item(Source(file, number), text)


def _rows(file: str) -> Iterator[Row]:
    for parsed in read_files([file]):
        if parsed.row is not None:
            yield _item(parsed.source, parsed.row.prompt_text, parsed.row.completion_text)
        else:
            yield _item(parsed.source, _question(parsed))


def _question(parsed: Parsed) -> str:
    columns = {key.lower(): value for key, value in parsed.raw.items()} if isinstance(parsed.raw, dict) else {}
    asked = next(
        (columns[name] for name in _ASKS if isinstance(columns.get(name), str) and columns[name].strip()), None
    )
    if asked is None:
        todo = f"Name its column {', '.join(_ASKS[:-1])} or {_ASKS[-1]}, or take the line out"
        raise UserError(str(parsed.source), "a benchmark item has no question that can be found", todo)
    return str(asked)


def _item(source: Source, asked: str, answer: str = "") -> Row:
    answers = {"completion": (Message(role="assistant", content=answer),)}
    return Row(str(source), "sft", (Message(role="user", content=asked),), answers, source=source)


@dataset_check("benchmark", action="review", needs=("benchmarks", "likeness"))
def benchmark(
    rows: Sequence[Row],
    *,
    benchmarks: Sequence[Row],
    likeness: Callable[[Sequence[Row]], Likeness],
    leak: float = 0.8,
) -> Iterator[tuple[str, Finding]]:
    """Name the benchmark item that a row gives away: a model trained on it would score there without merit.

    A prompt or a long response that is alike (Jaccard of character 5-grams >= `leak`), which also sees items too short
    for n-grams; or an item of which more than half stands in any text of the row, in runs of eight words (Tülu 3, section
    3.2). Comparing whole documents hides a question inside a longer text (research/curation.md sections 1 and 4). What
    many prompts share, such as "Choose the right answer:", does not count, nor does a prompt that quotes a little of an
    item.
    """
    found = likeness([*rows, *benchmarks])
    mine, theirs = {row.id for row in rows}, {item.id: item for item in benchmarks}
    told: dict[str, Finding] = {}
    for pair in found.pairs:
        ours, other = (pair.a, pair.b) if pair.b in theirs else (pair.b, pair.a)
        if ours not in mine or other not in theirs:
            continue
        what = found.same_family(replace(pair, covered=0.0), leak)  # runs of words are measured below, by the item
        value = pair.prompt if what == "prompt" else pair.answer
        if what and (ours not in told or value > float(told[ours].value or 0)):
            told[ours] = Finding(
                f"its {_SIDES[what]} is {value:.0%} that of {_named(theirs[other])}", value, leak, other
            )
    inside = _Inside(benchmarks, found)
    for row in rows:
        finding = told.get(row.id) or inside.finding(row)
        if finding:
            yield row.id, finding


_SIDES = {"prompt": "prompt", "answer": "response"}


def _named(item: Row) -> str:
    return f"benchmark item {item.id}: '{shown(item.prompt_text, 80)}'"


class _Inside:
    """Looks for items inside any text of a row, by their runs of eight words."""

    def __init__(self, items: Sequence[Row], found: Likeness) -> None:
        own = {item.id: text.split() for item, text in zip(items, found.texts("prompt", items).values(), strict=True)}
        self._items = {item.id: item for item in items}
        self._sizes = {name: len(tokens) for name, tokens in own.items()}
        self._where: defaultdict[tuple[str, ...], list[tuple[str, int]]] = defaultdict(list)
        for name in self._sizes:
            for start, run in enumerate(_runs(own[name])):
                self._where[run].append((name, start))

    def finding(self, row: Row) -> Finding | None:
        """The item of which the largest share of words, more than half, stands in the row."""
        marks: defaultdict[str, set[int]] = defaultdict(set)
        for text in (content_of(turn) for turns in (row.prompt, *row.answers.values()) for turn in turns):
            for run in _runs(normal(text).split()):
                for name, start in self._where.get(run, ()):
                    marks[name].update(range(start, start + _RUN))
        shares = [(len(places) / self._sizes[name], name) for name, places in marks.items()]
        share, name = max(shares, default=(0.0, ""))
        if share <= COVERED:
            return None
        return Finding(f"its text holds {share:.0%} of {_named(self._items[name])}", share, COVERED, name)


def _runs(tokens: Sequence[str]) -> list[tuple[str, ...]]:
    return [tuple(tokens[i : i + _RUN]) for i in range(len(tokens) - _RUN + 1)]


def benchmark_certificate(entries: Sequence[Entry], benchmarks: Sequence[Row], review: Any) -> dict[str, Any]:
    """What summary.json says: items a file, rows compared, those that give an item away, and which of them are kept.

    `review` is `curate.review`. Rows that were dropped for another reason before were not compared and are not counted.
    """
    compared = [entry for entry in entries if entry.row]
    pairs = [(e, reason.finding) for e in compared for reason in e.reasons if reason.code == "benchmark"]
    kept = [entry.id for entry, _ in pairs if verdict(entry, review) in ("keep", "fixed")]
    files: defaultdict[str, int] = defaultdict(int)
    for item in benchmarks:
        files[item.source.file] += 1
    told = [{"row": e.id, "item": found.other, "value": found.value} for e, found in pairs[:100]]
    return {
        "files": dict(files),
        "items_found": len({found.other for _, found in pairs}),
        **rate(len(pairs), len(compared)),
        "kept": kept,
        "pairs": told,
        "sentence": _certified(len(benchmarks), len(pairs), len(kept)),
    }


def _certified(items: int, hits: int, kept: int) -> str:
    if not hits:
        return f"no row gives one of the {items:,} benchmark items away"
    give = "row gives" if hits == 1 else "rows give"
    return f"{hits:,} {give} one of the {items:,} benchmark items away; {kept or 'none'} of them kept"
