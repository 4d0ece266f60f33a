"""`stepladder export CURATED --to TARGET`: the rows in another tool's form, with the configuration that reads them."""

import time
from collections.abc import Callable, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from stepladder import console, rundir
from stepladder.errors import UserError
from stepladder.writing import write_json, write_jsonl, write_text

from . import hub
from .argilla import argilla
from .axolotl import axolotl
from .curated import Curated, read_curated
from .form import Export
from .label_studio import label_studio
from .llama_factory import llama_factory
from .openai import openai

TARGETS: Mapping[str, Callable[[Curated], Export]] = {
    "axolotl": axolotl,
    "llama-factory": llama_factory,
    "openai": openai,
    "argilla": argilla,
    "label-studio": label_studio,
}


def export(
    directory: str, *, to: str, out: str | None = None, repo: str | None = None, public: bool = False
) -> dict[str, Any]:
    """Write the rows of a curated directory for another tool, or push them to the hub; returns what was written.

    Every split has files of its own, and no configuration names the held-out rows. `out` is DIRECTORY-TO by default.

    Raises:
        UserError: no such target, an option of another target, or what reading, writing and pushing find.
    """
    started = time.perf_counter()
    if to == "hub":
        if out is not None:
            raise UserError("--out", "nothing is written here by --to hub", "Leave it out, or choose another target")
        return hub.push(Path(directory), repo, public=public)
    if to not in TARGETS:
        near = get_close_matches(to, [*TARGETS, "hub"], n=1)
        todo = f"Did you mean '{near[0]}'" if near else f"For a curated directory take {', '.join(TARGETS)} or hub"
        raise UserError("--to", f"'{to}' is no target for a curated directory", todo)
    if repo is not None or public:
        raise UserError("--repo" if repo is not None else "--public", "belongs to --to hub", f"Leave it out with {to}")
    curated = read_curated(Path(directory))
    made = TARGETS[to](curated)
    target = Path(out or f"{Path(directory)}-{to}")
    with rundir.replaced_directory(target, "export") as fresh:
        counts = {name: _write(fresh / name, content) for name, content in made.files.items()}
        write_text(fresh / "README.md", _readme(curated.name, to, made, counts))
        seconds = {"export": time.perf_counter() - started}
        rundir.finish(fresh, stage="export", inputs={}, config={"to": to, "from": directory}, seconds=seconds)
    _show(target, made, counts)
    return {"to": to, "out": str(target), "files": counts, "left_out": made.left_out}


def _write(path: Path, content: Any) -> int | None:
    """Write one file; returns its number of rows, None for text."""
    if isinstance(content, str):
        write_text(path, content)
        return None
    if path.suffix == ".jsonl":
        return write_jsonl(path, content)
    write_json(path, content)
    return len(content)


def _readme(name: str, to: str, made: Export, counts: Mapping[str, int | None]) -> str:
    lines = [f"# {name}, for {to}", "", "Written by `stepladder export`.", "", "| file | rows |", "|---|--:|"]
    lines += [f"| `{file}` | {'' if count is None else count} |" for file, count in counts.items()]
    lines += ["", "`heldout` is for measuring when training is over. Never train on it, and choose nothing by it.", ""]
    lines += made.use
    for reason, ids in made.left_out.items():
        lines += ["", f"{len(ids)} rows were left out: {reason}. Their ids: {', '.join(ids)}"]
    return "\n".join(lines) + "\n"


def _show(target: Path, made: Export, counts: Mapping[str, int | None]) -> None:
    rows = [(file, "" if count is None else str(count)) for file, count in counts.items()]
    console.table(f"Written to {target}", ("File", "Rows"), rows)
    for reason, ids in made.left_out.items():
        console.warn(f"{len(ids)} rows were left out: {reason} ({', '.join(ids[:3])}{', ...' if len(ids) > 3 else ''})")
    console.say(f"\nWhat to do with them: {target / 'README.md'}")
