"""Python, the packages with the versions that Stepladder was built for, and Chromium."""

import importlib.metadata
import platform
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

from stepladder.doctor.check import Check
from stepladder.pages import pdf

_OLDEST = (3, 11)
_SHOWN = ("torch", "transformers", "trl", "peft", "bitsandbytes", "datasets")  # what a bug report needs


def python() -> Check:
    """The interpreter."""
    said = f"{platform.python_version()} on {platform.system()} ({platform.machine()})"
    if sys.version_info < _OLDEST:
        return Check("Python", "problem", f"{said}; 3.11 is the oldest that works", "Install Python 3.11 or later")
    return Check("Python", "ok", said)


def packages() -> Iterator[Check]:
    """One line for all that are as required, and one for each that is not."""
    wrong = []
    wanted = _requirements()
    for requirement in wanted:
        from packaging.requirements import Requirement  # comes with transformers; missing only where all else is too

        parsed = Requirement(requirement)
        try:
            found = importlib.metadata.version(parsed.name)
        except importlib.metadata.PackageNotFoundError:
            wrong.append(Check(parsed.name, "problem", "is not installed", f"pip install '{requirement}'"))
            continue
        if not parsed.specifier.contains(found, prereleases=True):
            says = f"{found} is installed, and Stepladder was built for {parsed.specifier}"
            wrong.append(Check(parsed.name, "problem", says, f"pip install '{requirement}'"))
    versions = ", ".join(f"{name} {version}" for name in _SHOWN if (version := _version(name)))
    yield Check("packages", "ok", f"{len(wanted) - len(wrong)} of {len(wanted)} as required ({versions})")
    yield from wrong


def browser() -> Check:
    """A Chromium, which only the report as PDF needs."""
    path = pdf.browser()
    if path is None:
        return Check("PDF", "note", "no Chromium here; reports are written as HTML and Markdown", "Install chromium")
    return Check("PDF", "ok", path)


def _requirements() -> list[str]:
    """What the package asks for without extras; from pyproject.toml in a checkout that is not installed."""
    try:
        listed = importlib.metadata.requires("stepladder") or []
    except importlib.metadata.PackageNotFoundError:
        project = Path(__file__).parents[2] / "pyproject.toml"
        listed = tomllib.loads(project.read_text(encoding="utf-8"))["project"]["dependencies"]
    return [one for one in listed if "extra ==" not in one]


def _version(name: str) -> str | None:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return None
