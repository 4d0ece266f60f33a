"""The project file as frozen dataclasses, and the three ways in and out.

    project = load_project(Path("project.yaml"))           # every fault at once, with its line and column
    project = overridden(project, train__method="dpo")     # what the command line says wins
    describe(project)                                      # plain JSON for manifests

The sections are in config_sections.py. A key left out, or a section with nothing in it, means the default.
"""

import dataclasses
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

from stepladder.config_sections import (
    CurateConfig,
    DpoConfig,
    EndpointConfig,
    EvaluateConfig,
    FileOrName,
    FilePath,
    FormatConfig,
    JudgeConfig,
    KtoConfig,
    LoraConfig,
    PatternConfig,
    PretrainConfig,
    PriceConfig,
    QuickConfig,
    RewardConfig,
    TrainConfig,
)
from stepladder.errors import UserError
from stepladder.value_rules import Matches, OneOrMany, Range, value_fault

__all__ = [
    "CurateConfig",
    "DpoConfig",
    "EndpointConfig",
    "EvaluateConfig",
    "FormatConfig",
    "JudgeConfig",
    "KtoConfig",
    "LoraConfig",
    "PatternConfig",
    "PretrainConfig",
    "PriceConfig",
    "Project",
    "QuickConfig",
    "RewardConfig",
    "TrainConfig",
    "describe",
    "load_project",
    "overridden",
]

_FOLDER = Matches(r"[^\s/\\.][^/\\\n]*", "cannot be the name of a folder", "Use letters, digits, - and _")


@dataclass(frozen=True)
class Project:
    """A whole project file. Everything but `data` has a default."""

    name: Annotated[str, _FOLDER] = "run"
    """Name of the run; results go to runs/NAME unless `out` says otherwise."""
    data: Annotated[tuple[FileOrName, ...], OneOrMany()] = ()
    """Files, folders or hub ids with the examples, or `-` for stdin; paths are relative to the project file."""
    heldout: FilePath | None = None
    """Your own held-out rows, never trained on. Unset: a share of the data, `curate.heldout`."""
    knowledge: FilePath | None = None
    """Folder of documents for the rag rungs. Unset: no rag rungs."""
    system: str | None = None
    """System message of every prompt, in training and on every rung. Unset: what the rows bring."""
    model: FileOrName = "smollm2-135m-instruct"
    """Base model: hub id, folder, .gguf file or the default, which a package registry alone can provide."""
    seed: Annotated[int, Range(0, 2**32 - 1)] = 0
    """Seed of everything that is drawn."""
    out: FilePath | None = None
    """Where results go. Unset: runs/NAME below the current directory."""
    plugins: tuple[FilePath, ...] = ()
    """Python files with your own checks, metrics and rungs."""
    format: FormatConfig | None = None
    """The rule that answers must follow. Unset: none is declared."""
    curate: CurateConfig = field(default_factory=CurateConfig)
    """Curation."""
    train: TrainConfig = field(default_factory=TrainConfig)
    """Training."""
    evaluate: EvaluateConfig = field(default_factory=EvaluateConfig)
    """Evaluation."""
    quick: QuickConfig = field(default_factory=QuickConfig)
    """What `--quick` takes."""


def load_project(path: Path, *, needs_data: bool = True) -> Project:
    """Read a project file. `needs_data=False`: the command line names the data, so the key `data` may be missing.

    Raises:
        UserError: with one line for every fault: `file:line:column: key: what. todo`.
    """
    from stepladder.yaml_schema import read_yaml  # PyYAML is only imported when there is a file to read

    return read_yaml(path, Project, required=("data",) if needs_data else ())


def overridden(project: Project, **options: Any) -> Project:
    """The project with options in place of its values; `train__method="dpo"` reaches into a section.

    None and an empty list mean that the option was not given. Paths stay relative to the current folder.

    Raises:
        UserError: a value that a project file could not hold either, told as `--rank`.
    """
    given = {name: value for name, value in options.items() if value is not None and value != []}
    for name, value in given.items():
        project = _replaced(project, name.split("__"), value)
    for name in given:
        _check_together(project, name.split("__"))
    return project


def _replaced(section: Any, path: list[str], value: Any) -> Any:
    from stepladder.yaml_keys import hints_of

    name, *deeper = path
    if deeper:
        return dataclasses.replace(section, **{name: _replaced(getattr(section, name), deeper, value)})
    value = tuple(value) if isinstance(value, list) else value
    if problem := value_fault(hints_of(type(section))[name], value):
        raise UserError(_option(path), *problem)
    return dataclasses.replace(section, **{name: value})


def _check_together(project: Project, path: list[str]) -> None:
    """Ask the sections on the way to an option whether their values still go together."""
    section: Any = project
    for name in path:
        for key, what, todo in section.faults() if hasattr(section, "faults") else ():
            raise UserError(_option(path), f"{key} {what}", todo)
        section = getattr(section, name)


def _option(path: list[str]) -> str:
    return f"--{path[-1].replace('_', '-')}"


def describe(project: Any) -> Any:
    """The project, or any section of it, as plain JSON values: keys in the order of the fields, tuples as lists."""
    if dataclasses.is_dataclass(project):
        return {f.name: describe(getattr(project, f.name)) for f in dataclasses.fields(project)}
    if isinstance(project, dict):
        return {key: describe(value) for key, value in project.items()}
    return [describe(item) for item in project] if isinstance(project, tuple | list) else project
