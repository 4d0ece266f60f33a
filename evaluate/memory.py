"""The answers of an evaluation on disk, one line each, so that a killed run loses what was under way and no more."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from stepladder.writing import append_jsonl

CACHE = "responses.jsonl"


class Memory:
    """Answers by key. The key of an answer is a hash of everything that determines it; whoever asks makes it."""

    def __init__(self, directory: Path) -> None:
        self._file = directory / CACHE
        self._known = _read(self._file)

    def __contains__(self, key: str) -> bool:
        return key in self._known

    def __getitem__(self, key: str) -> dict[str, Any]:
        return self._known[key]

    def keep(self, key: str, answer: Mapping[str, Any]) -> None:
        """Remember an answer, in memory and on the disk."""
        self._known[key] = dict(answer)
        append_jsonl(self._file, {"key": key, **answer})


def _read(path: Path) -> dict[str, dict[str, Any]]:
    """Answers of earlier runs; a last line cut by a kill is left out."""
    known: dict[str, dict[str, Any]] = {}
    if path.is_file():
        for line in path.read_text(encoding="utf-8").split("\n"):
            try:
                entry = json.loads(line)
            except json.JSONDecodeError:
                continue
            known[entry.pop("key")] = entry
    return known
