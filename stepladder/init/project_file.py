"""The project file as text: what was found is set, with its reason; the main defaults stand below it as comments."""

import os.path
import re
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from stepladder.config import CurateConfig, EvaluateConfig, LoraConfig, Project, TrainConfig, describe
from stepladder.init.columns import Column
from stepladder.init.documented import documented
from stepladder.init.found import Found
from stepladder.init.habit import Habit
from stepladder.init.system import System
from stepladder.init.told import about_data, about_format, about_system

# the keys that most projects change; all others have defaults too, and a wrong key is told with the nearest right one
_MAIN: Mapping[type, tuple[str, ...]] = {
    Project: ("model", "seed"),
    CurateConfig: ("dev", "heldout", "near", "max_length", "review"),
    TrainConfig: ("method", "quantize", "epochs", "learning_rate"),
    LoraConfig: ("rank",),
    EvaluateConfig: ("primary", "margin", "max_new_tokens"),
}
_WIDTH = 100


def project_text(target: Path, found: Found, columns: Sequence[Column], system: System, habit: Habit | None) -> str:
    """The whole file. Paths are relative to it, values come from the configuration classes with their docstrings."""
    here = target.resolve().parent
    lines = ["# Written by `stepladder init`. Lines that start with # are defaults: take the # away to change one.", ""]
    lines += _set("name", _name(found))
    lines += ["", *_comment(about_data(found)), *_set("data", [_path(name, here) for name in found.data])]
    lines += ["", *_heldout(found, here), "", *_knowledge(found, here), "", *_system(system), "", *_format(habit), ""]
    lines += list(_defaults(Project))
    lines += ["", "curate:", *_groups(columns), *_defaults(CurateConfig, "  ")]
    lines += ["", "train:", *_defaults(TrainConfig, "  "), "  lora:", *_defaults(LoraConfig, "    ")]
    lines += ["", "evaluate:", *_defaults(EvaluateConfig, "  ")]
    return "\n".join(lines) + "\n"


def _heldout(found: Found, here: Path) -> list[str]:
    if found.heldout is None:
        return [*_comment(_doc(Project, "heldout")), "# heldout: heldout.jsonl"]
    rows = len(found.heldout.rows)
    why = f"Its name says so: {rows} rows that are never trained on, and that only `evaluate` reads."
    return [*_comment(why), *_set("heldout", _path(found.heldout.name, here))]


def _knowledge(found: Found, here: Path) -> list[str]:
    if found.knowledge is None:
        return [*_comment(_doc(Project, "knowledge")), "# knowledge: docs"]
    why = f"A folder of {len(found.documents)} documents: the rag rungs answer from it."
    return [*_comment(why), *_set("knowledge", _path(str(found.knowledge), here))]


def _system(system: System) -> list[str]:
    if system.text is None:
        return [*_comment(f"{about_system(system)} {_doc(Project, 'system')}"), '# system: "You are ..."']
    return [*_comment(about_system(system)), *_set("system", system.text)]


def _format(habit: Habit | None) -> list[str]:
    if habit is None:
        said = f"{_doc(Project, 'format')} No rule was found that nearly all answers keep."
        return [*_comment(said), '# format: {max_sentences: 3, lines: ["Source: .+"]}']
    why = f"{about_format(habit)} Curation holds the others for review, and evaluation measures by it."
    return [*_comment(why), *_set("format", habit.rule)]


def _groups(columns: Sequence[Column]) -> list[str]:
    """A column whose name says that it groups is set; one that only looks so is offered."""
    groups = [column for column in columns if column.role == "group"]
    named = [column.name for column in groups if column.named]
    said = _comment(_doc(CurateConfig, "group_by"), "  ")
    if named:
        return [*said, *_set("group_by", named, "  ")]
    offered = ", ".join(column.name for column in groups) or "COLUMN"
    return [*said, f"  # group_by: [{offered}]"]


def _defaults(section: type, indent: str = "") -> Iterator[str]:
    known = documented(section)
    for name in _MAIN[section]:
        default, said = known[name]
        yield from _comment(said, indent)
        yield from (f"{indent}# {line}" for line in _set(name, describe(default)))


def _doc(section: type, name: str) -> str:
    return documented(section)[name][1]


def _set(name: str, value: Any, indent: str = "") -> list[str]:
    text = yaml.safe_dump({name: value}, allow_unicode=True, sort_keys=False, width=_WIDTH)
    return [indent + line for line in text.rstrip("\n").split("\n")]


def _comment(text: str, indent: str = "") -> list[str]:
    return textwrap.wrap(
        text, _WIDTH, initial_indent=f"{indent}# ", subsequent_indent=f"{indent}# ", break_long_words=False
    )


def _path(name: str, here: Path) -> str:
    """Relative to the project file, whose folder the names in it start from; a hub id stays what it is."""
    path = Path(name).expanduser()
    return Path(os.path.relpath(path.resolve(), here)).as_posix() if path.exists() else name


def _name(found: Found) -> str:
    """A name for the run's folder, from the first place that holds data."""
    first = Path(found.data[0])
    stem = first.stem if first.is_file() or not first.exists() else first.name
    return re.sub(r"[^\w-]+", "-", stem).strip("-_") or "run"
