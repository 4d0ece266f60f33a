"""`stepladder train`: adapters and models from a curated directory. The stage on one page."""

import gc
from pathlib import Path
from typing import Any

from stepladder import console, rundir
from stepladder.config import Project, overridden
from stepladder.errors import UserError
from stepladder.records import KINDS, Kind

from . import choice, source


def train(
    curated: str,
    out: str | None = None,
    *,
    method: str | None = None,
    adapter: str | None = None,
    knowledge: str | None = None,
    model: str | None = None,
    plan: bool = False,
    preview: bool = False,
    config: Project | None = None,
    seed: int | None = None,
    quick: bool = False,
) -> dict[str, Any]:
    """Train the adapters that the data allow, or those that `method` names; returns training.json in short.

    A single method writes into `out` itself, several into `out`/METHOD. A method whose rows, model, settings and code
    are unchanged is not trained again; one that was interrupted goes on. With `plan` or `preview` nothing is trained.

    Raises:
        UserError: rows, settings, model or command line do not go together.
    """
    project = overridden(config or Project(), seed=seed, knowledge=knowledge, model=model, train__method=method)
    rows = {kind: source.load(_existing(curated), kind, project.system) for kind in KINDS}
    methods = choice.methods_for(
        project.train.method,
        sft=bool(rows["sft"].train),
        preference=bool(rows["preference"].train) and not (quick and project.quick.preference == 0),
        knowledge=project.knowledge is not None and not (quick and project.quick.raft == 0),
        unpaired=bool(rows["unpaired"].train),
    )
    if out is None and not (plan or preview):
        raise UserError("--out", "is missing", "Say where the adapter goes, as in --out adapters")
    stage = _Stage(project, rows, methods, Path(out or "."), adapter, quick)
    if plan or preview:
        return stage.shown(plan=plan)
    return stage.trained()


class _Stage:
    """What all methods of one command share."""

    def __init__(
        self,
        project: Project,
        rows: dict[Kind, source.Source],
        methods: tuple[str, ...],
        out: Path,
        adapter: str | None,
        quick: bool,
    ) -> None:
        from .methods import arguments

        self.project, self.rows, self.methods, self.out, self.quick = project, rows, methods, out, quick
        self.adapter = adapter
        self.given = {m: arguments.for_method(m, methods, project.train.args) for m in methods}
        self._base: Any = None

    @property
    def base(self) -> Any:
        """The model without its weights, found once."""
        from . import prepare

        if self._base is None:
            self._base = prepare.base_of(self.project)
        return self._base

    def run_of(self, method: str, start: Path | None, inputs: dict[str, str] | None = None) -> Any:
        """The method's run, ready but for its weights."""
        from . import prepare

        return prepare.prepare(
            method,
            self.rows[choice.rows_of(method)],
            self.base,
            self.project,
            quick=self.quick,
            given=self.given[method],
            inputs=inputs or {},
            start=start,
        )

    def shown(self, *, plan: bool) -> dict[str, Any]:
        """The plan or the preview of every method."""
        from . import plan as planning
        from . import preview

        runs = {method: self.run_of(method, None) for method in self.methods}
        show = planning.show if plan else preview.show
        return {method: show(run) for method, run in runs.items()}

    def trained(self) -> dict[str, Any]:
        """Every method trained in turn, or found unchanged."""
        if len(self.methods) > 1:
            if any(self.out.glob("*.safetensors")):
                todo = f"Choose another --out, or train one method as before: {' and '.join(self.methods)} need a folder each"
                raise UserError(str(self.out), "holds the adapter or model of a single method", todo)
            rundir.working_directory(self.out, "train")
        done = {method: self._one(method) for method in self.methods}
        if len(self.methods) > 1:
            rundir.finish(self.out, stage="train", inputs={}, config={"methods": list(self.methods)}, seconds={})
        return {"out": str(self.out), "methods": done}

    def _one(self, method: str) -> dict[str, Any]:
        from . import fit, prepare, record

        directory = choice.directory_of(method, self.out, self.methods)
        start = choice.starting_adapter(method, self.adapter, self.out, self.methods)
        rows = self.rows[choice.rows_of(method)]
        inputs = prepare.inputs_of(method, rows, self.base.ref, self.project, start)
        config = prepare.config_of(method, self.project, self.quick)
        if rundir.is_current(directory, stage="train", inputs=inputs, config=config):
            console.say(f"train: {method} is unchanged, {directory} is kept")
            return _in_short(directory, record.read(directory))
        console.heading(f"Training: {method}")
        document = fit.fit(self.run_of(method, start, inputs), directory)
        gc.collect()  # trainer and callbacks hold each other, and with them the base's weights
        return _in_short(directory, document)


def _existing(curated: str) -> Path:
    path = Path(curated)
    if not path.exists():
        raise UserError(
            curated, "there is no such file or directory", "Name what `stepladder curate` wrote, or a data file"
        )
    return path


def _in_short(directory: Path, document: dict[str, Any]) -> dict[str, Any]:
    best = document["best"]
    loss = "" if best["dev_loss"] is None else f", dev loss {best['dev_loss']:.3f} (epoch {best['epoch']} is the best)"
    if "dev_accuracy" in best:
        loss += f", {best['dev_accuracy']:.0%} of {document['data']['dev_rows']} dev pairs the right way round"
    spent = console.duration(document["seconds_total"])
    console.say(f"  {document['method']}: {document['steps']} steps in {spent}{loss} -> {directory}")
    return {
        "directory": str(directory),
        "steps": document["steps"],
        "best": best,
        "seconds": document["seconds_total"],
        "tokens_per_second": document["tokens_per_second"],
        "trainable": document["parameters"]["trainable"],
        "warnings": document["warnings"],
    }
