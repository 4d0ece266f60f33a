"""`stepladder evaluate`: answer the held-out rows on every rung, score them, and say which rung is enough."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from stepladder import console, models, plugins, rundir
from stepladder.answer_format import FormatRule
from stepladder.config import Project, overridden
from stepladder.errors import UserError
from stepladder.reading import read_rows
from stepladder.records import Row
from stepladder.retrieval import Retriever, load_documents
from stepladder.subset import subset
from stepladder.writing import write_json, write_jsonl

from . import adapters as trained
from . import metrics, results, rungs
from .responses import Response, Responses
from .rung import Ask, Material, Rung, Settings, ladder
from .score import choose_primary, values_of
from .tune import tuned

__all__ = ["evaluate", "metrics", "rungs"]  # importing the last two fills the tables of metrics and rungs

NOISE_ROWS = 12
"""Rows on which the base is asked a second time, in other batches, to see what the machine alone changes."""


@dataclass(frozen=True)
class Rows:
    """The rows of a curated directory that an evaluation uses."""

    train: list[Row]
    dev: list[Row]
    heldout: list[Row]


def evaluate(
    curated: str,
    out: str,
    *,
    adapter: Sequence[str] = (),
    knowledge: str | None = None,
    rungs: Sequence[str] | None = None,
    model: str | None = None,
    config: Project | None = None,
    seed: int | None = None,
    quick: bool = False,
) -> dict[str, Any]:
    """Write outputs.jsonl and results.json into `out` and return the results (DESIGN.md section 6).

    Raises:
        UserError: no held-out rows, an adapter that does not fit, an unknown rung or metric.
    """
    started = time.monotonic()
    project = _project(config, knowledge, rungs, model, seed)
    plugins.load([Path(p) for p in project.plugins])
    rows = _rows(Path(curated), project, quick)
    found = trained.find(adapter)
    ref = models.resolve(project.model)
    quantize = project.train.quantize
    trained.check_fit(found, ref, quantize, models.template_hash(models.load_tokenizer(ref)))
    rule = FormatRule.from_config(project.format) if project.format else None
    primary = choose_primary(
        project.evaluate.primary, project.evaluate.margin, project.evaluate.alpha, rows.heldout, rule
    )
    directory = rundir.working_directory(Path(out), "evaluate")
    rundir.reopen(directory, "evaluate")
    console.heading(f"Evaluate: {len(rows.heldout)} held-out rows, primary metric {primary.metric.name}")

    material = _material(rows, project)
    climbed = ladder(
        project.evaluate.rungs,
        [a.name for a in found],
        documents=material.retriever is not None,
        examples=bool(rows.train),
    )
    responses = Responses(directory, ref, quantize, {a.name: a.path for a in found})
    batch, limit = project.evaluate.batch, project.evaluate.max_new_tokens

    def run(rung: Rung, some: Sequence[Row], asks: Sequence[Ask]) -> list[Response]:
        return responses.ask(rung, some, asks, batch=batch, limit=limit)

    climbed = [_configured(r, rows, material, project, rule, found, run, quick=quick) for r in climbed]
    asked = {r.name: r.prompting.ask([row.prompt for row in rows.heldout], material) for r in climbed}
    answered = {r.name: run(r, rows.heldout, asked[r.name]) for r in climbed}
    noise = _noise(responses, climbed, rows.heldout, material, batch=batch, limit=limit)

    scored = {
        name: [values_of(response, row, rule) for response, row in zip(given, rows.heldout, strict=True)]
        for name, given in answered.items()
    }
    write_jsonl(directory / "outputs.jsonl", results.outputs(rows.heldout, asked, answered, scored))
    inputs = _inputs(Path(curated), project, found, ref, rows)
    document = results.assemble(
        results.Evaluation(
            rows=rows.heldout, rungs=climbed, asks=asked, responses=answered, scored=scored, primary=primary, project=project,
            adapters=found, noise=noise, rule=rule, quick=quick, inputs=inputs, seconds=time.monotonic() - started,
            repeated=None if noise is None else [values_of(r, row, rule) for r, row in zip(noise[1], noise[0], strict=True)],
        )
    )  # fmt: skip
    write_json(directory / "results.json", document)
    rundir.finish(
        directory,
        stage="evaluate",
        inputs=inputs,
        config=document["manifest"]["config"],
        seconds={"evaluate": time.monotonic() - started},
    )
    results.show(document)
    return document


def _project(
    config: Project | None, knowledge: str | None, rungs: Sequence[str] | None, model: str | None, seed: int | None
) -> Project:
    return overridden(config or Project(), knowledge=knowledge, model=model, seed=seed, evaluate__rungs=rungs)


def _rows(curated: Path, project: Project, quick: bool) -> Rows:
    """Held-out, dev and training rows; a prompt that stands both in training and in held-out stops the run."""
    parts: dict[str, list[Row]] = {}
    for split in ("train", "dev", "heldout"):
        file = curated / "sft" / f"{split}.jsonl"
        parts[split] = read_rows(file) if file.is_file() and file.stat().st_size else []
    if not parts["heldout"]:
        raise UserError(
            str(curated),
            "holds no held-out rows in sft/heldout.jsonl",
            "Run `stepladder curate` first, or give it --heldout",
        )
    known = {row.prompt_text.split("\n")[-1].casefold().strip(): row for row in parts["train"]}
    for row in parts["heldout"]:
        twin = known.get(row.prompt_text.split("\n")[-1].casefold().strip())
        if twin and twin.prompt_text.casefold() == row.prompt_text.casefold():
            raise UserError(
                f"{curated}/sft/heldout.jsonl",
                f"row {row.id} is also training row {twin.id} (leak_heldout)",
                "Curate the data again",
            )
    if quick:
        parts["heldout"] = subset(parts["heldout"], project.quick.heldout, seed=project.seed)
        parts["dev"] = subset(parts["dev"], project.quick.dev, seed=project.seed)
    return Rows(**parts)


def _material(rows: Rows, project: Project) -> Material:
    if project.knowledge is None:
        return Material(rows.train)
    documents = load_documents(Path(project.knowledge))
    embedder = None if project.evaluate.embedder == "none" else project.evaluate.embedder
    return Material(rows.train, Retriever.build(documents, embedder=embedder))


def _configured(
    rung: Rung, rows: Rows, material: Material, project: Project, rule: FormatRule | None,
    found: Sequence[trained.Adapter], run: Any, *, quick: bool,
) -> Rung:  # fmt: skip
    """The rung as dev chooses it; raft keeps the number of passages of its training, quick runs the first variant."""
    settings = Settings(shots=project.evaluate.shots, passages=project.evaluate.passages)
    training = next((a.training for a in found if a.name == rung.adapter), {})
    if "passages" in training and rung.prompting.needs_documents:
        settings = replace(settings, passages=(int(training["passages"]),))
    return tuned(rung, [] if quick else rows.dev, material, settings, rule, run)


def _noise(
    responses: Responses, climbed: Sequence[Rung], heldout: list[Row], material: Material, *, batch: int, limit: int
) -> tuple[list[Row], list[Response]] | None:
    """The base asked again in smaller batches; None where the ladder has no zero_shot rung."""
    rung = next((r for r in climbed if r.name == "zero_shot"), None)
    if rung is None:
        return None
    some = subset(heldout, NOISE_ROWS)
    asks = rung.prompting.ask([row.prompt for row in some], material)
    again = replace(rung, name="zero_shot again (noise floor)")
    return some, responses.ask(again, some, asks, batch=max(1, batch // 3), limit=limit)


def _inputs(
    curated: Path, project: Project, found: Sequence[trained.Adapter], ref: models.ModelRef, rows: Rows
) -> dict[str, str]:
    inputs = {
        "heldout": results.fingerprint_of(rows.heldout),
        "curated": rundir.fingerprint(curated / "sft"),
        "model": ref.sha256,
    }
    inputs |= {f"adapter:{a.name}": models.adapter_hash(a.path) for a in found}
    if project.knowledge:
        inputs["knowledge"] = rundir.fingerprint(Path(project.knowledge))
    return inputs
