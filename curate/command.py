"""`stepladder curate`: files in, a curated directory out, and a line in the ledger for every row."""

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from stepladder import plugins, rundir
from stepladder.config import CurateConfig, Project
from stepladder.errors import GateFailed
from stepladder.reading import Parsed

from . import registry as registry  # fills the tables of checks and repairs
from .context import Context
from .examine import each, together
from .inputs import fingerprints, gather
from .knowledge import Knowledge
from .ledger import Entry, chosen
from .meaning import MINILM, Meaning
from .partition import partition
from .rules import Rules
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
    fail_on: Sequence[str] = (),
    fail_under: float | None = None,
) -> dict[str, Any]:
    """Curate `data` into the directory `out`; returns what summary.json holds.

    Options win over `config`. `knowledge` is a folder of documents: what they state is no private datum, and figures
    of a response are looked up in them. Without `model` no torch is imported, nothing is measured in tokens, and rows
    are compared by their words alone.

    Raises:
        UserError: input, configuration or options are wrong; nothing is written.
        GateFailed: a row has a reason code of `fail_on`, or less than the share `fail_under` of the rows is kept;
            everything is written.
    """
    project, clock = config or Project(), Clock()
    data, heldout = list(data) or list(project.data), heldout or project.heldout
    knowledge = knowledge or project.knowledge
    seed = project.seed if seed is None else seed
    plugins.load([Path(file) for file in project.plugins])
    rules = Rules(project.curate)
    rules.check_codes("--fail-on", fail_on)
    with clock("read"):
        found = gather(data, heldout, format)
    entries = [entry for _, entry in found]
    tokens = tokens_of(model, project.curate.max_length) if model else None
    documents = Knowledge.read(knowledge) if knowledge else None
    context = Context(project, entries, tokens, seed, documents, _meaning(project.curate, model))
    summary = _examined(found, rules, context, clock)
    with rundir.replaced_directory(Path(out), "curate") as directory:
        with clock("write"):
            write(directory, entries, summary, name=project.name, review=project.curate.review)
        summary = write_summary(directory, summary, clock.seconds)
        rundir.finish(
            directory,
            stage="curate",
            inputs=fingerprints(data, heldout, knowledge),
            config={**summary["config"], "model": model},
            seconds=clock.seconds,
        )
    show(summary, Path(out))
    _gate(summary, fail_on, fail_under)
    return summary


def _meaning(config: CurateConfig, model: str | None) -> Meaning | None:
    """The embedder that the project names; by default MiniLM where a model is given, since torch is then here anyway."""
    name = config.embedder
    if name == "auto":
        name = MINILM if model else "none"
    return None if name == "none" else Meaning(name)


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


def _examined(found: Sequence[tuple[Parsed, Entry]], rules: Rules, context: Context, clock: Clock) -> dict[str, Any]:
    """Repair, check, compare and split the rows; every entry then has its reasons and its split."""
    entries = [entry for _, entry in found]
    with clock("check"):
        system_added = each(found, rules, context)
    with clock("compare"):
        about_all = together(entries, rules, context)
    with clock("split"):
        proof = _split(entries, context)
    return {**summarise(entries, about_all, proof, rules, context), "system_added": system_added}


def _split(entries: Sequence[Entry], context: Context) -> dict[str, Any]:
    """Give every row that is kept its split, and return the leak certificate."""
    config = context.project.curate
    kept = [entry for entry in chosen(entries, config.review, "keep", "fixed") if entry.row]
    rows = [entry.row for entry in kept if entry.row and not entry.given]
    given = [entry.row for entry in kept if entry.row and entry.given]
    settled = {entry.id: entry.split for entry in kept if entry.split}
    splits, proof = partition(
        rows, given, context.likeness([*rows, *given]), config, context.seed, settled, context.paraphrases(rows, given)
    )
    for entry in kept:
        entry.split = splits[entry.id]
    return proof


def _gate(summary: Mapping[str, Any], fail_on: Sequence[str], fail_under: float | None) -> None:
    hit = {code: summary["codes"][code]["rows"] for code in fail_on if summary["codes"].get(code, {}).get("rows")}
    if hit:
        told = ", ".join(f"{count} rows have {code}" for code, count in hit.items())
        raise GateFailed("--fail-on", told, "See them in ledger.jsonl")
    share = (summary["kept"] + summary["fixed"]) / summary["rows_in"]
    if fail_under is not None and share < fail_under:
        raise GateFailed(
            "--fail-under", f"{share:.1%} of the rows are kept, less than {fail_under:.1%}", "See ledger.jsonl"
        )
