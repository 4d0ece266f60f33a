"""`stepladder run`: the four stages in a row, each skipped when nothing that it depends on has changed."""

import importlib
import time
from pathlib import Path
from typing import Any

from stepladder import console, rundir
from stepladder.config import Project, describe, load_project, overridden
from stepladder.errors import UserError


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
    curated, adapters, evaluation = root / "curate", root / "train", root / "evaluate"
    _curate(plan, curated)
    trained = _train(plan, curated, adapters, quick=quick)
    results = _evaluate(plan, curated, trained, evaluation, quick=quick)
    report = _stage("evaluate.report.command", "report")(str(root))
    verdict = results["verdict"]
    console.heading("Verdict")
    console.say(verdict["sentence"])
    console.say(f"\nReport: {report['html']}   (everything took {console.duration(time.monotonic() - started)})")
    return {
        "out": str(root),
        "report": report["html"],
        "verdict": verdict,
        "seconds": round(time.monotonic() - started, 1),
    }


def _stage(module: str, function: str) -> Any:
    """A stage's function, imported only now: the core knows stages by name alone."""
    return getattr(importlib.import_module(f"stepladder.{module}"), function)


def _curate(plan: Project, out: Path) -> None:
    inputs = {"data": rundir.fingerprint(*(p for d in plan.data if (p := Path(d)).exists()))}
    for name in ("heldout", "knowledge"):
        if value := getattr(plan, name):
            inputs[name] = rundir.fingerprint(Path(value))
    if plan.plugins:
        inputs["plugins"] = rundir.fingerprint(*(Path(p) for p in plan.plugins))
    config = {k: v for k, v in describe(plan).items() if k not in ("train", "evaluate", "quick", "out")}
    if "-" not in plan.data and rundir.is_current(out, stage="curate", inputs=inputs, config=config):
        console.say(f"curate: unchanged, {out} is kept")
        return
    _stage("curate.command", "curate")(
        list(plan.data), str(out), config=plan, model=plan.model, inputs=inputs, settings=config
    )


def _train(plan: Project, curated: Path, out: Path, *, quick: bool) -> Path | None:
    if plan.train.method == "none":
        return None
    _stage("train.command", "train")(str(curated), str(out), config=plan, quick=quick)
    return out


def _evaluate(plan: Project, curated: Path, trained: Path | None, out: Path, *, quick: bool) -> dict[str, Any]:
    found: dict[str, Any] = _stage("evaluate.command", "evaluate")(
        str(curated), str(out), adapter=[str(trained)] if trained else [], config=plan, quick=quick
    )
    if not found["rungs"]:
        raise UserError(str(out), "no rung could be run", "Name rungs under evaluate.rungs, or train an adapter")
    return found
