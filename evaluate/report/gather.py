"""What a report is made of: the files that the stages left."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from stepladder.errors import UserError
from stepladder.rundir import read_manifest

Json = dict[str, Any]


@dataclass(frozen=True)
class Run:
    """The files of a run, read: empty where a stage left none. `outputs` is by rung, then by row id."""

    name: str
    root: Path
    results: Json
    outputs: dict[str, dict[str, Json]]
    curation: Json
    ledger: list[Json]
    trainings: dict[str, Json]
    command: str

    @property
    def primary(self) -> str:
        """Name of the primary metric."""
        return str(self.results["primary"]["metric"])

    @property
    def rungs(self) -> list[Json]:
        """The rungs in the order of their cost."""
        return list(self.results["rungs"])

    @property
    def chosen(self) -> str | None:
        """The rung that is enough, if one is."""
        return self.results["verdict"]["rung"]  # type: ignore[no-any-return]

    @property
    def best(self) -> str:
        """The rung with the best mean."""
        up = self.results["primary"].get("higher_is_better", True)
        pick = max if up else min
        return str(pick(self.rungs, key=lambda r: r["metrics"][self.primary]["mean"])["name"])


def gather(directory: Path) -> Run:
    """Read a run directory, or one that `stepladder evaluate` wrote.

    Raises:
        UserError: no results there, or a file that is not what Stepladder writes.
    """
    evaluation = directory if (directory / "results.json").is_file() else directory / "evaluate"
    if not (evaluation / "results.json").is_file():
        raise UserError(str(directory), "holds no results.json", "Run `stepladder evaluate` or `stepladder run` first")
    root = evaluation.parent if evaluation.name == "evaluate" else evaluation
    results = _json(evaluation / "results.json")
    outputs: dict[str, dict[str, Json]] = {}
    for line in _lines(evaluation / "outputs.jsonl"):
        outputs.setdefault(line["rung"], {})[line["id"]] = line
    trainings = {p.parent.name: _json(p) for p in sorted(root.glob("train/**/training.json"))}
    curation = root / "curate"
    command = read_manifest(evaluation).get("command", [])
    return Run(
        name=results["manifest"]["config"].get("name", root.name),
        root=root,
        results=results,
        outputs=outputs,
        curation=_json(curation / "summary.json") if (curation / "summary.json").is_file() else {},
        ledger=_lines(curation / "ledger.jsonl") if (curation / "ledger.jsonl").is_file() else [],
        trainings=trainings,
        command=" ".join(command),
    )


def _json(path: Path) -> Json:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except json.JSONDecodeError as error:
        raise UserError(f"{path}:{error.lineno}", "is not whole JSON", "Run the stage that writes it again") from error
    assert isinstance(found, dict)
    return found


def _lines(path: Path) -> list[Json]:
    try:
        return [json.loads(line) for line in path.read_text(encoding="utf-8").split("\n") if line.strip()]
    except json.JSONDecodeError as error:
        raise UserError(str(path), f"is not whole JSONL ({error})", "Run the stage that writes it again") from error
