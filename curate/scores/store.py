"""Scores that cost time, kept in the user's cache: a killed run loses what was under way and no more."""

import json
from collections.abc import Mapping
from typing import Any

from stepladder.wheels import cache_dir
from stepladder.writing import append_jsonl


class Store:
    """Scores by key, one JSON line each in CACHE/scores/NAME.jsonl. Whoever asks puts all that determines them in both."""

    def __init__(self, name: str) -> None:
        self._file = cache_dir() / "scores" / f"{name}.jsonl"
        self._known: dict[str, dict[str, Any]] = {}
        if self._file.is_file():
            for line in self._file.read_text(encoding="utf-8").split("\n"):
                try:
                    entry = json.loads(line)
                    self._known[entry.pop("key")] = entry
                except (ValueError, LookupError, AttributeError, TypeError):
                    continue  # cut off by a kill, or blank

    def __contains__(self, key: str) -> bool:
        return key in self._known

    def __getitem__(self, key: str) -> dict[str, Any]:
        return self._known[key]

    def keep(self, key: str, found: Mapping[str, Any]) -> None:
        """Remember it, in memory and on the disk."""
        self._known[key] = dict(found)
        append_jsonl(self._file, {"key": key, **found})
