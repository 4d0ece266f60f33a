"""`stepladder export DIR --to TARGET`: asks what DIR is, and hands it to the stage whose directories it knows."""

import importlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

from stepladder import rundir
from stepladder.errors import UserError


def export(
    directory: str,
    *,
    to: str,
    out: str | None = None,
    repo: str | None = None,
    public: bool = False,
    prompts: str | None = None,
    weights: str | None = None,
) -> dict[str, Any]:
    """Export a curated directory, an adapter or a model; returns what its stage says of it.

    Raises:
        UserError: DIR is not there, is no directory that can be exported, or what the stage finds wrong.
    """
    path = Path(directory)
    if not path.is_dir():
        raise UserError(directory, "there is no such directory", "Name one that `stepladder curate` or `train` wrote")
    if rundir.read_manifest(path).get("stage") == "curate":
        for option, value in {"--prompts": prompts, "--weights": weights}.items():
            if value is not None:
                raise UserError(option, "is for adapters and models", "Leave it out for a curated directory")
        return _stage("curate.exchange.command")(directory, to=to, out=out, repo=repo, public=public)
    if (path / "adapter_config.json").is_file() or (path / "config.json").is_file() or any(path.glob("*.gguf")):
        return _stage("train.export.command")(
            directory, to=to, out=out, repo=repo, public=public, prompts=prompts, weights=weights
        )
    todo = "Name a curated directory, an adapter or a model"
    if inside := sorted(p.parent.name for p in path.glob("*/adapter_config.json")):
        todo = f"Name one of the adapters in it: {', '.join(inside)}"
    raise UserError(directory, "is neither a curated directory nor an adapter or model", todo)


def _stage(module: str) -> Callable[..., dict[str, Any]]:
    """A stage's function by name: the core imports no stage."""
    found: Callable[..., dict[str, Any]] = importlib.import_module(f"stepladder.{module}").export
    return found
