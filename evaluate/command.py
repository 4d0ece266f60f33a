"""`stepladder evaluate`: answer the held-out rows on every rung, score them, and say which rung is enough."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from stepladder import console, models, plugins, rundir
from stepladder.answer_format import FormatRule
from stepladder.config import Project, overridden
from stepladder.endpoint import Endpoint
from stepladder.errors import UserError
from stepladder.reading import read_rows
from stepladder.records import Row
from stepladder.retrieval import Retriever, load_documents, shows_passages
from stepladder.subset import subset
from stepladder.writing import write_json, write_jsonl

from . import adapters as trained
from . import metrics, results, rungs
from . import plan as planning
from .climbed import Again, Climbed
from .diagnostics import diagnose, divided
from .general import ask_general, general_rows
from .memorised import TrainingText
from .refusals import Refusals
from .response import Response
from .responses import Responses
from .rung import Material, Rung, Settings, ladder
from .score import NLL, Primary, Values, choose_primary, values_of
from .show import show
from .tune import Run, tuned

__all__ = ["evaluate", "metrics", "rungs"]  # importing the last two fills the tables of metrics and rungs

NOISE_ROWS = 12
"""Rows on which the base is asked a second time, in other batches, to see what the machine alone changes."""


@dataclass(frozen=True)
class Rows:
    """The rows of a curated directory that an evaluation uses."""

    train: list[Row]
    dev: list[Row]
    heldout: list[Row]


@dataclass(frozen=True)
class Setup:
    """Everything that is settled before the first answer."""

    project: Project
    rows: Rows
    adapters: list[trained.Adapter]
    ref: models.ModelRef
    rule: FormatRule | None
    primary: Primary
    quick: bool
    endpoints: dict[str, Endpoint]
    general: list[Row]


def evaluate(
    curated: str,
    out: str | None = None,
    *,
    adapter: Sequence[str] = (),
    knowledge: str | None = None,
    rungs: Sequence[str] | None = None,
    model: str | None = None,
    config: Project | None = None,
    seed: int | None = None,
    quick: bool = False,
    plan: bool = False,
) -> dict[str, Any]:
    """Write outputs.jsonl and results.json into `out` and return the results (DESIGN.md section 6).

    With `plan`, say what the rows can show and what asking them will take, return that, and write nothing; an earlier
    evaluation in `out` then lends its measured spread.

    Raises:
        UserError: no `out` without `plan`, no held-out rows, an adapter that does not fit, an unknown rung or metric.
    """
    started = time.monotonic()
    project = overridden(
        config or Project(), knowledge=knowledge, model=model, seed=seed, evaluate__rungs=list(rungs) if rungs else None
    )
    setup = _settle(project, Path(curated), adapter, quick)
    if plan:
        return _plan(setup, Path(out) if out else None)
    if out is None:
        raise UserError("--out", "is missing", "Name a directory for the answers and results, or ask for --plan")
    directory = rundir.working_directory(Path(out), "evaluate")
    rundir.reopen(directory, "evaluate")
    console.heading(f"Evaluate: {len(setup.rows.heldout)} held-out rows, primary metric {setup.primary.metric.name}")
    climbed = _climb(setup, directory)
    write_jsonl(
        directory / "outputs.jsonl",
        results.outputs(climbed),
    )
    inputs = _inputs(Path(curated), setup)
    document = results.assemble(
        climbed, primary=setup.primary, project=project, adapters=setup.adapters, rule=setup.rule,
        quick=quick, inputs=inputs,
        seconds=time.monotonic() - started,
    )  # fmt: skip
    write_json(directory / "results.json", document)
    seconds = {"evaluate": time.monotonic() - started}
    rundir.finish(directory, stage="evaluate", inputs=inputs, config=document["manifest"]["config"], seconds=seconds)
    show(document)
    return document


def _settle(project: Project, curated: Path, adapter: Sequence[str], quick: bool) -> Setup:
    """Read and check everything that needs no model in memory, so that a fault is told within seconds."""
    plugins.load([Path(p) for p in project.plugins])
    rows = _rows(curated, project, quick)
    found = trained.find(adapter)
    ref = models.resolve(project.model)
    trained.check_fit(found, ref, project.train.quantize, models.template_hash(models.load_tokenizer(ref)))
    rule = FormatRule.from_config(project.format) if project.format else None
    settings = project.evaluate
    primary = choose_primary(settings.primary, settings.margin, settings.alpha, rows.heldout, rule)
    return Setup(
        project, rows, found, ref, rule, primary, quick, _endpoints(project, primary), _general(project, quick)
    )


def _general(project: Project, quick: bool) -> list[Row]:
    """The questions outside the task; none where the project names no file."""
    rows = general_rows(project.evaluate.general) if project.evaluate.general else []
    return subset(rows, project.quick.heldout, seed=project.seed) if quick else rows


def _endpoints(project: Project, primary: Primary) -> dict[str, Endpoint]:
    """The endpoints that will be asked: those among `rungs`, or all where no rungs are named."""
    wanted = project.evaluate.rungs
    found = {
        n: Endpoint(f"endpoint:{n}", c)
        for n, c in project.evaluate.endpoints.items()
        if not wanted or f"endpoint:{n}" in wanted
    }
    if found and primary.metric is NLL:
        what = f"cannot be measured on endpoint:{next(iter(found))}, which tells no likelihood of the reference"
        raise UserError("evaluate.primary: nll", what, "Choose another primary metric, such as chrf")
    return found


def _rungs(setup: Setup, material: Material, wanted: Sequence[str]) -> list[Rung]:
    return ladder(
        wanted,
        [a.name for a in setup.adapters],
        list(setup.endpoints),
        documents=material.retriever is not None,
        examples=bool(setup.rows.train),
    )


def _plan(setup: Setup, earlier: Path | None) -> dict[str, Any]:
    settings, rows = setup.project.evaluate, setup.rows
    material = _material(rows, setup.project)
    paths = {a.name: a.path for a in setup.adapters}
    return planning.plan(
        rows.heldout, rows.dev or rows.train, _rungs(setup, material, divided(settings.rungs)[0]), material, setup.primary,
        responses=lambda folder: Responses(folder, setup.ref, setup.project.train.quantize, paths),
        settings=Settings(shots=settings.shots, passages=settings.passages), dev=0 if setup.quick else len(rows.dev),
        batch=settings.batch, limit=settings.max_new_tokens, earlier=earlier,
    )  # fmt: skip


def _climb(setup: Setup, directory: Path) -> Climbed:
    """Ask the held-out questions on every rung, the base once more for the noise floor, and score all answers."""
    project, heldout, settings = setup.project, setup.rows.heldout, setup.project.evaluate
    material = _material(setup.rows, project)
    wanted, kinds = divided(settings.rungs)
    climbed = _rungs(setup, material, wanted)
    paths = {a.name: a.path for a in setup.adapters}
    responses = Responses(directory, setup.ref, project.train.quantize, paths, setup.endpoints)
    run: Run = partial(responses.ask, batch=settings.batch, limit=settings.max_new_tokens)
    climbed = [_configured(r, setup, material, run) for r in climbed]
    asks = {r.name: r.prompting.ask([row.prompt for row in heldout], material) for r in climbed}
    refusals = Refusals.learned(setup.rows.train, setup.rule)
    answers = {r.name: refusals.marked(run(r, heldout, asks[r.name])) for r in climbed}
    noise = _noise(responses, climbed, heldout, material, batch=settings.batch, limit=settings.max_new_tokens)

    def scored(rows: Sequence[Row], given: Sequence[Response]) -> list[Values]:
        return [values_of(response, row, setup.rule) for response, row in zip(given, rows, strict=True)]

    return Climbed(
        rows=heldout,
        rungs=climbed,
        asks=asks,
        responses=answers,
        scored={name: scored(heldout, given) for name, given in answers.items()},
        again=None if noise is None else Again(noise[0], noise[1], scored(*noise)),
        diagnosed=diagnose(kinds, climbed, heldout, material.retriever, lambda *a: refusals.marked(run(*a)), scored),
        refusals=refusals,
        training_text=TrainingText.of(
            setup.rows.train, [p.text for p in material.retriever.passages] if material.retriever else []
        ),
        general=ask_general(setup.general, list(paths), run) if setup.general else None,
    )


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
    parts["dev"] = [row for row in parts["dev"] if not shows_passages(row.prompt)]  # rungs bring their own
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


def _configured(rung: Rung, setup: Setup, material: Material, run: Run) -> Rung:
    """The rung as dev chooses it; raft keeps the number of passages of its training, quick runs the first variant."""
    settings = Settings(shots=setup.project.evaluate.shots, passages=setup.project.evaluate.passages)
    training = next((a.training for a in setup.adapters if a.name == rung.adapter), {})
    shown = training.get("settings", {}).get("passages")
    if shown and rung.prompting.needs_documents:
        settings = replace(settings, passages=(int(shown["value"]),))
    return tuned(rung, [] if setup.quick else setup.rows.dev, material, settings, setup.rule, run)


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


def _inputs(curated: Path, setup: Setup) -> dict[str, str]:
    inputs = {
        "heldout": results.fingerprint_of(setup.rows.heldout),
        "curated": rundir.fingerprint(curated / "sft"),
        "model": setup.ref.sha256,
    }
    inputs |= {f"adapter:{a.name}": a.sha256 for a in setup.adapters}
    inputs |= {f"endpoint:{n}": f"{e.config.base_url} {e.config.model}" for n, e in setup.endpoints.items()}
    if setup.project.evaluate.general:
        inputs["general"] = rundir.fingerprint(Path(setup.project.evaluate.general))
    if setup.project.knowledge:
        inputs["knowledge"] = rundir.fingerprint(Path(setup.project.knowledge))
    return inputs
