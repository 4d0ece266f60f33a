"""`stepladder run`: the four stages in a row, each skipped when nothing that it depends on has changed."""

import importlib
import json
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from stepladder import console, rundir
from stepladder.config import Project, describe, load_project, overridden
from stepladder.writing import write_json

STATE = "run.json"


def run(project: str, *, out: str | None = None, quick: bool = False, seed: int | None = None) -> dict[str, Any]:
    """Curate, train, evaluate and report what the project file names; returns where the report is and the verdict.

    Writes OUT/curate, OUT/train/METHOD, OUT/evaluate and OUT/report.html, where OUT is --out, the project's `out`, or
    runs/NAME. With `quick`, training and evaluation use a small part of the rows, and the report says so.

    Raises:
        UserError: whatever a stage finds wrong with its input.
    """
    started = time.monotonic()
    plan = overridden(load_project(Path(project)), seed=seed)
    root = Path(out or plan.out or f"runs/{plan.name}")
    steps = Steps(root, plan, quick)
    curated, trained, evaluation = root / "curate", root / "train", root / "evaluate"
    documents = [Path(plan.knowledge)] if plan.knowledge else []

    decisions = rundir.beside(curated, "decisions.jsonl")  # what a person said in `stepladder review` is an input too
    given = [Path(file) for file in (plan.heldout, *plan.curate.benchmarks) if file]
    steps.take("curate", [*map(Path, plan.data), *documents, *given, decisions], curated,
               lambda curate: curate(list(plan.data), str(curated), config=plan, model=plan.model))  # fmt: skip
    adapters = []
    if plan.train.method != "none":
        adapters = [str(trained)]
        steps.take(
            "train",
            [curated, *documents],
            trained,
            lambda train: train(str(curated), str(trained), config=plan, quick=quick),
        )
    general = [Path(plan.evaluate.general)] if plan.evaluate.general else []
    steps.take("evaluate", [curated, *documents, *general, *map(Path, adapters)], evaluation,
               lambda evaluate: evaluate(str(curated), str(evaluation), adapter=adapters, config=plan, quick=quick))  # fmt: skip
    report = _function("evaluate.report.command", "report")(str(root))

    verdict = json.loads((evaluation / "results.json").read_text(encoding="utf-8"))["verdict"]
    seconds = time.monotonic() - started
    console.heading("Verdict")
    console.say(verdict["sentence"])
    console.say(f"\nReport: {report['html']} (everything took {console.duration(seconds)})")
    return {"out": str(root), "report": report["html"], "verdict": verdict, "seconds": round(seconds, 1)}


class Steps:
    """Runs the stages and remembers in OUT/run.json what each was run on."""

    def __init__(self, root: Path, plan: Project, quick: bool) -> None:
        self._file = root / STATE
        self._plan, self._quick = plan, quick
        self._done: dict[str, Any] = json.loads(self._file.read_text(encoding="utf-8")) if self._file.is_file() else {}

    def take(self, stage: str, inputs: list[Path], out: Path, call: Callable[[Callable[..., Any]], Any]) -> None:
        """Run a stage, unless its inputs, configuration and code are those of its last complete run."""
        now = self._state(stage, inputs)
        if self._done.get(stage) == now and rundir.read_manifest(out).get("complete"):
            console.say(f"{stage}: nothing has changed, {out} is kept")
            return
        call(_function(f"{stage}.command", stage))
        self._done[stage] = now
        write_json(self._file, self._done)

    def _state(self, stage: str, inputs: list[Path]) -> Mapping[str, Any]:
        """What the stage depends on. A hub id has no files here: it is compared by its name, in the configuration."""
        everything = describe(self._plan)
        others = {"curate": ("train", "evaluate", "quick"), "train": ("curate", "evaluate"), "evaluate": ()}[stage]
        return {
            "inputs": [rundir.fingerprint(p) for p in inputs if p.exists()],
            "plugins": rundir.fingerprint(*map(Path, self._plan.plugins)),
            "config": {k: v for k, v in everything.items() if k not in (*others, "out")},
            "max_length": self._plan.train.max_length,  # what curation holds the rows against
            "code": rundir.code_version(stage),
            "quick": stage != "curate" and self._quick,
        }


def _function(module: str, function: str) -> Any:
    """A stage's function, imported only now: the core knows stages by name alone."""
    return getattr(importlib.import_module(f"stepladder.{module}"), function)
