"""What a run left to talk to: its rungs as they were evaluated, the base they stand on, and what they draw on."""

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from stepladder import console, models, rundir
from stepladder.errors import UserError
from stepladder.reading import read_rows
from stepladder.records import Message, Row
from stepladder.retrieval import Retriever, load_documents

from .. import adapters as trained
from .. import metrics, rungs
from ..rung import Material, Rung, ladder

__all__ = ["Evaluated", "metrics", "reopen", "rungs"]  # importing the middle two fills the tables of metrics and rungs


@dataclass(frozen=True)
class Evaluated:
    """`config`: the project as the evaluation recorded it. `system`: the turn that opens the task's prompts."""

    ref: models.ModelRef
    config: dict[str, Any]
    rungs: list[Rung]
    adapters: dict[str, Path]
    material: Material
    system: Message | None
    dev: list[Row]


def reopen(directory: Path, wanted: Sequence[str]) -> Evaluated:
    """The rungs of RUN/evaluate with the shots and passages that were chosen then; `wanted` names some of them.

    Raises:
        UserError: no evaluated run is there, a rung is not of this run, or base and adapters no longer go together.
    """
    results = _results(directory)
    config = results["manifest"]["config"]
    chosen = _chosen(results, wanted)
    found = _adapters(directory, chosen, results["manifest"]["inputs"])
    chosen, found = _of_the_base(chosen, found, wanted)
    ref = models.resolve(config["model"])
    template = models.template_hash(models.load_tokenizer(ref))
    trained.check_fit(found, ref, config["train"]["quantize"], template)
    rows = {split: _rows(directory / "curate" / "sft" / f"{split}.jsonl") for split in ("train", "dev")}
    material = Material(rows["train"], _retriever(config, chosen, results["manifest"]["inputs"]))
    climbed = ladder(
        list(chosen), [a.name for a in found], documents=material.retriever is not None, examples=bool(rows["train"])
    )
    return Evaluated(
        ref, config, [_as_evaluated(r, chosen[r.name]) for r in climbed], {a.name: a.path for a in found},
        material, _system(rows["train"], config), rows["dev"],
    )  # fmt: skip


def _results(directory: Path) -> dict[str, Any]:
    path = directory / "evaluate" / "results.json"
    if not path.is_file():
        what = "holds no evaluate/results.json"
        raise UserError(str(directory), what, "Name the directory that `stepladder run` wrote, such as runs/demo")
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found


def _chosen(results: dict[str, Any], wanted: Sequence[str]) -> dict[str, dict[str, Any]]:
    """The rungs to ask, each with its entry in results.json; endpoints answer elsewhere and are left out."""
    known = {r["name"]: r for r in results["rungs"] if not r["name"].startswith("endpoint:")}
    for name in wanted:
        if name not in known:
            raise UserError(f"rung '{name}'", "was not evaluated in this run", f"Choose among {', '.join(known)}")
    return {name: rung for name, rung in known.items() if not wanted or name in wanted}


def _adapters(directory: Path, chosen: dict[str, Any], inputs: dict[str, str]) -> list[trained.Adapter]:
    """The adapters that the rungs need; a warning where one was trained again after the evaluation."""
    needed = {rung["adapter"] for rung in chosen.values() if rung["adapter"]}
    if not needed:
        return []
    found = [a for a in trained.find([str(directory / "train")]) if a.name in needed]
    for adapter in found:
        if inputs.get(f"adapter:{adapter.name}") != adapter.sha256:
            console.warn(f"{adapter.path} is not the adapter that was evaluated: run the evaluation again")
    return found


def _of_the_base(
    chosen: dict[str, dict[str, Any]], found: list[trained.Adapter], wanted: Sequence[str]
) -> tuple[dict[str, dict[str, Any]], list[trained.Adapter]]:
    """Without the rungs that answer with a model of their own (`full`): chat holds one model and its adapters."""
    whole = {adapter.name for adapter in found if adapter.is_whole}
    for name in wanted:
        if chosen[name]["adapter"] in whole:
            todo = "Choose other rungs"
            raise UserError(
                f"rung '{name}'", "answers with a model of its own, and chat holds the base and its adapters", todo
            )
    rest = {name: rung for name, rung in chosen.items() if rung["adapter"] not in whole}
    return rest, [adapter for adapter in found if not adapter.is_whole]


def _rows(file: Path) -> list[Row]:
    return read_rows(file) if file.is_file() and file.stat().st_size else []


def _retriever(config: dict[str, Any], chosen: dict[str, Any], inputs: dict[str, str]) -> Retriever | None:
    """The documents, read only where a rung shows passages of them."""
    if not config["knowledge"] or not any("passages" in rung["settings"]["chosen"] for rung in chosen.values()):
        return None
    folder = Path(config["knowledge"])
    documents = load_documents(folder)
    if inputs.get("knowledge") != rundir.fingerprint(folder):
        console.warn(f"{folder} has changed since the evaluation: rungs with passages may answer otherwise")
    embedder = config["evaluate"]["embedder"]
    return Retriever.build(documents, embedder=None if embedder == "none" else embedder)


def _as_evaluated(rung: Rung, entry: dict[str, Any]) -> Rung:
    """The rung with the variant that dev chose."""
    return replace(rung, prompting=type(rung.prompting)(**entry["settings"]["chosen"]), settings=entry["settings"])


def _system(rows: Sequence[Row], config: dict[str, Any]) -> Message | None:
    """The system turn of most training rows, else the project's."""
    found = Counter(m["content"] for row in rows for m in row.prompt if m["role"] == "system")
    text = found.most_common(1)[0][0] if found else config["system"]
    return Message(role="system", content=text) if text else None
