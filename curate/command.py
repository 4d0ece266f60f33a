"""`stepladder curate`: files in, a curated directory out, and a line in the ledger for every row."""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from stepladder import plugins, rundir
from stepladder.config import CurateConfig, Project, overridden
from stepladder.reading import Parsed

from . import registry as registry  # fills the tables of checks and repairs
from .benchmarks import read_benchmarks
from .context import Context
from .coverage import coverage
from .decisions import Decisions, current, logs_for, read_log
from .examine import each, together
from .gate import Gate
from .gate import write_baseline as accept
from .inputs import fingerprints, gather
from .knowledge import Knowledge
from .ledger import Entry, chosen
from .meaning import MINILM, Meaning
from .partition import partition
from .repair import repaired
from .rules import Rules
from .scores.scoring import score, scoring_of
from .select import select
from .show import show
from .summary import summarise
from .tokens import tokens_of
from .write import write, write_summary


def curate(
    data: Sequence[str],
    out: str,
    *,
    heldout: str | None = None,
    knowledge: str | None = None,
    model: str | None = None,
    config: Project | None = None,
    seed: int | None = None,
    format: str | None = None,
    decisions: str | None = None,
    scores: str | None = None,
    benchmark: Sequence[str] = (),
    keep: int | None = None,
    fail_on: Sequence[str] = (),
    fail_under: float | None = None,
    baseline: str | None = None,
    write_baseline: str | None = None,
) -> dict[str, Any]:
    """Curate `data` into the directory `out`; returns what summary.json holds.

    Options win over `config`. `knowledge`: a folder of documents, whose data are public and whose figures responses are
    held against. Without `model` no torch is imported, nothing is measured in tokens, and words alone are compared.
    `decisions`: the file of a review; by default those beside `out` and beside curated directories among the data.
    `benchmark`: files that no row may give away. `scores`: `model` ranks rows by losses, too.
    `keep`: how many training rows to keep, the best and most different ones.
    The gates are those of gate.py; everything is written before they fail.

    Raises:
        UserError: input, configuration or options are wrong; nothing is written.
        GateFailed: `fail_on`, `fail_under` or `baseline` is not met.
    """
    given: dict[str, Any] = {"data": list(data), "heldout": heldout, "knowledge": knowledge, "seed": seed}
    given |= {"curate__benchmarks": list(benchmark), "curate__scores": scores, "curate__keep": keep}
    project = overridden(config or Project(), **given)
    plugins.load([Path(file) for file in project.plugins])
    rules, clock = Rules(project.curate), Clock()
    gate = Gate.read(rules, fail_on, fail_under, baseline)
    with clock("read"):
        found = gather(project.data, project.heldout, format)
    entries = [entry for _, entry in found]
    context = _context(project, entries, model)
    logs = [Path(decisions)] if decisions else logs_for(Path(out), project.data)
    summary = _examined(found, rules, context, _decided(logs, rules, context), clock)
    summary = _written(Path(out), context, summary, logs, model, clock)
    show(summary, Path(out))
    if write_baseline:
        accept(write_baseline, entries)
    gate.check(entries, summary)
    return summary


class Clock:
    """Seconds by step."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}

    @contextmanager
    def __call__(self, step: str) -> Iterator[None]:
        """Time the block under this name."""
        start = time.perf_counter()
        yield
        self.seconds[step] = time.perf_counter() - start


def _context(project: Project, entries: Sequence[Entry], model: str | None) -> Context:
    """What checks may ask for, as far as it was given; the tokens are counted to the limit that training will have."""
    tokens = tokens_of(model, project.curate.max_length, project.train.max_length) if model else None
    documents = Knowledge.read(project.knowledge) if project.knowledge else None
    items = read_benchmarks(project.curate.benchmarks) or None
    scoring = scoring_of(project, model, tokens)
    return Context(project, entries, tokens, project.seed, documents, _meaning(project.curate, model), items, scoring)


def _decided(logs: Sequence[Path], rules: Rules, context: Context) -> Decisions:
    """What a person decided in these files; rows are told by what they say once they are repaired."""
    last = {name: one for log in logs for name, one in current(read_log(log)).items()}
    return Decisions(last, lambda row: repaired(row, rules, context)[0])


def _written(
    out: Path, context: Context, summary: dict[str, Any], logs: Sequence[Path], model: str | None, clock: Clock
) -> dict[str, Any]:
    """Write the directory; returns the summary as it is written, with fingerprints and seconds."""
    project = context.project
    with rundir.replaced_directory(out, "curate") as directory:
        with clock("write"):
            write(directory, context.entries, summary, name=project.name, review=project.curate.review)
        summary = write_summary(directory, summary, clock.seconds)
        rundir.finish(
            directory,
            stage="curate",
            inputs=fingerprints(project, logs),
            config={**summary["config"], "model": model},
            seconds=clock.seconds,
        )
    return summary


def _meaning(config: CurateConfig, model: str | None) -> Meaning | None:
    """The embedder that the project names; by default MiniLM where a model is given, since torch is then here anyway."""
    name = config.embedder
    if name == "auto":
        name = MINILM if model else "none"
    return None if name == "none" else Meaning(name)


def _examined(
    found: Sequence[tuple[Parsed, Entry]], rules: Rules, context: Context, decided: Decisions, clock: Clock
) -> dict[str, Any]:
    """Repair, check, compare and split the rows; every entry then has its reasons and its split."""
    entries = [entry for _, entry in found]
    with clock("check"):
        system_added = each(found, rules, context, decided)
    with clock("compare"):
        about_all = together(entries, rules, context)
    with clock("score"):
        ranked = score(entries, context.scoring)
    with clock("split"):
        proof = _split(entries, context)
    keep = context.project.curate.keep
    with clock("select"):
        selection = select(entries, keep, context) if keep else None
    with clock("cover"):
        covered = coverage(entries, context)
    summary = summarise(entries, about_all, proof, rules, context) | {"selection": selection, "coverage": covered}
    return {**summary, "selectors": ranked, "system_added": system_added, "decisions": decided.told(entries)}


def _split(entries: Sequence[Entry], context: Context) -> dict[str, Any]:
    """Give every row that is kept its split, and return the leak certificate."""
    config = context.project.curate
    kept = [entry for entry in chosen(entries, config.review, "keep", "fixed") if entry.row]
    rows = [entry.row for entry in kept if entry.row and not entry.given]
    given = [entry.row for entry in kept if entry.row and entry.given]
    settled = {entry.id: entry.split for entry in kept if entry.split}
    here = {entry.id for entry in kept}
    links = [pair for one in context.paraphrases or () if here.issuperset(pair := (one.a.id, one.b.id))]
    splits, proof = partition(rows, given, context.likeness([*rows, *given]), config, context.seed, settled, links)
    for entry in kept:
        entry.split = splits[entry.id]
    return proof
