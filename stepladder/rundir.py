"""What a stage leaves behind: a directory that is whole or absent, with a manifest that says what made it."""

import datetime
import hashlib
import json
import os
import platform
import shutil
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from stepladder import __version__
from stepladder.errors import UserError
from stepladder.writing import write_json

MANIFEST = "manifest.json"
_PACKAGES = (
    "torch",
    "transformers",
    "trl",
    "peft",
    "bitsandbytes",
    "accelerate",
    "datasets",
    "numpy",
    "scipy",
    "sacrebleu",
)


@contextmanager
def replaced_directory(out: Path, stage: str) -> Iterator[Path]:
    """A fresh directory beside `out` that takes its place when the block ends well, and vanishes when it does not."""
    _check_ours(out, stage)
    out.parent.mkdir(parents=True, exist_ok=True)
    fresh = Path(tempfile.mkdtemp(prefix=f".{out.name}.", dir=out.parent))
    try:
        yield fresh
        fresh.chmod(0o755)  # mkdtemp's 0700 would lock out colleagues
        if out.exists():
            old = fresh.with_name(fresh.name + ".old")
            os.replace(out, old)
            os.replace(fresh, out)
            shutil.rmtree(old)
        else:
            os.replace(fresh, out)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)


def beside(directory: Path, ending: str) -> Path:
    """DIR.ending, next to DIR: for what must outlive a directory that is replaced as a whole."""
    whole = directory.absolute()
    return whole.with_name(f"{whole.name}.{ending}")


def working_directory(out: Path, stage: str) -> Path:
    """`out`, made if need be, for a stage that fills it step by step and can carry on after an interruption."""
    _check_ours(out, stage)
    out.mkdir(parents=True, exist_ok=True)
    if not (out / MANIFEST).exists():
        write_json(out / MANIFEST, {"stage": stage, "complete": False})
    return out


def reopen(directory: Path, stage: str) -> None:
    """Mark a finished directory as unfinished again, before a stage changes anything in it."""
    write_json(directory / MANIFEST, {"stage": stage, "complete": False})


def finish(
    directory: Path, *, stage: str, inputs: Mapping[str, str], config: Mapping[str, Any], seconds: Mapping[str, float]
) -> None:
    """Write the manifest, last of all files: only with it is the directory complete."""
    write_json(
        directory / MANIFEST,
        {
            "stage": stage,
            "complete": True,
            "inputs": dict(inputs),
            "config": dict(config),
            "code": code_version(stage),
            "command": ["stepladder", *sys.argv[1:]],
            "environment": environment(),
            "seconds": {name: round(value, 3) for name, value in seconds.items()},
            "finished": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        },
    )


def is_current(directory: Path, *, stage: str, inputs: Mapping[str, str], config: Mapping[str, Any]) -> bool:
    """Whether the directory was finished by this code from these inputs with this configuration."""
    found = read_manifest(directory)
    now = {"stage": stage, "complete": True, "inputs": dict(inputs), "config": json.loads(json.dumps(dict(config)))}
    return all(found.get(key) == value for key, value in now.items()) and found.get("code") == code_version(stage)


def read_manifest(directory: Path) -> dict[str, Any]:
    """The manifest, or {} where there is none."""
    try:
        found = json.loads((directory / MANIFEST).read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError, json.JSONDecodeError):
        return {}
    return found if isinstance(found, dict) else {}


def fingerprint(*paths: Path) -> str:
    """blake2b-128 over names and bytes of the files, directories walked in sorted order; hidden files do not count."""
    digest = hashlib.blake2b(digest_size=16)
    for path in paths:
        files = [path] if path.is_file() else sorted(p for p in path.rglob("*") if p.is_file())
        for file in files:
            name = file.name if file == path else file.relative_to(path).as_posix()
            if not any(part.startswith(".") for part in Path(name).parts):
                digest.update(name.encode("utf-8", "surrogateescape") + b"\0" + file.read_bytes() + b"\0")
    return digest.hexdigest()


def code_version(stage: str) -> str:
    """Version of Stepladder plus a hash of the source that a stage runs: the core and the stage's own package."""
    digest = hashlib.blake2b(digest_size=6)
    package = Path(__file__).parent
    own = package / stage if (package / stage).is_dir() else package.parent / stage
    core = [p for p in package.rglob("*.py") if not {"curate", "train", "evaluate"} & set(p.relative_to(package).parts)]
    for file in [*sorted(core), *sorted(own.rglob("*.py"))]:
        digest.update(file.name.encode() + file.read_bytes())
    return f"{__version__}+{digest.hexdigest()}"


def environment() -> dict[str, str]:
    """Versions that a figure can depend on: Python, platform, processor and the stack's packages."""
    found = {"python": platform.python_version(), "platform": platform.platform(), "processor": _processor()}
    for name in _PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    return next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), platform.machine())


def _check_ours(out: Path, stage: str) -> None:
    if out.is_file():
        raise UserError(str(out), "is a file, but --out names a directory", "Choose another --out")
    if out.is_dir() and any(out.iterdir()) and read_manifest(out).get("stage") != stage:
        raise UserError(
            str(out), f"is not empty and was not written by `stepladder {stage}`", "Choose an empty or new --out"
        )
