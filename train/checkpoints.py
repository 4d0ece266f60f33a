"""Checkpoints that survive a kill: one counts only with its mark, which is written last; another run's are not used."""

import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from stepladder.writing import write_json

FOLDER = "checkpoints"
_MARK = "complete.json"
_IDENTITY = "run.json"
_STATES = ("optimizer.pt", "scheduler.pt", "rng_state.pth", "trainer_state.json")


def complete(folder: Path, *, step: int, whole_epoch: bool) -> None:
    """Mark the checkpoint of `step` as whole, and drop earlier ones that ended no epoch."""
    earlier = [path for path, mark in _whole(folder) if mark["step"] < step and not mark["whole_epoch"]]
    write_json(_at(folder, step) / _MARK, {"step": step, "whole_epoch": whole_epoch})
    for path in earlier:
        shutil.rmtree(path)


def last(folder: Path) -> Path | None:
    """The newest whole checkpoint that training can go on from."""
    found = [(mark["step"], path) for path, mark in _whole(folder) if all((path / name).is_file() for name in _STATES)]
    return max(found)[1] if found else None


def of_step(folder: Path, step: int) -> Path:
    """The checkpoint written after `step` optimiser steps."""
    return _at(folder, step)


def claim(folder: Path, identity: Mapping[str, Any]) -> str | None:
    """Make the folder this run's own. Checkpoints of another run, and broken ones, are removed.

    Returns what differs from the run that wrote them, in words, or None where they are this run's or there are none.
    """
    wanted = json.loads(json.dumps(dict(identity)))
    found = _read(folder / _IDENTITY)
    whole = [path for path, _ in _whole(folder)]
    for path in folder.glob("checkpoint-*"):
        if path not in whole:
            shutil.rmtree(path)
    if found == wanted:
        return None
    differs = [name for name in wanted if found.get(name) != wanted[name]]
    if folder.exists():
        shutil.rmtree(folder)
    folder.mkdir(parents=True)
    write_json(folder / _IDENTITY, wanted)
    return ", ".join(differs) if whole else None


def trim(folder: Path) -> None:
    """After a finished run keep each epoch's adapter; the optimizer's state is of no more use, and twice as large."""
    for path in folder.glob("checkpoint-*"):
        for name in _STATES[:3]:
            (path / name).unlink(missing_ok=True)


def _at(folder: Path, step: int) -> Path:
    return folder / f"checkpoint-{step}"


def _whole(folder: Path) -> list[tuple[Path, dict[str, Any]]]:
    marked = [(path, _read(path / _MARK)) for path in sorted(folder.glob("checkpoint-*"))]
    return [(path, mark) for path, mark in marked if mark]


def _read(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, json.JSONDecodeError):
        return {}
    return found if isinstance(found, dict) else {}
