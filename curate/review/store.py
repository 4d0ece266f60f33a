"""The log of decisions while a review runs: written at once, read again whenever the file has grown."""

import threading
from collections.abc import Iterable
from pathlib import Path

from stepladder.writing import append_jsonl

from ..decisions import Decision, parse


class Store:
    """The decisions of one file. Threads may share it, and so may processes: every line is added in one write."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = threading.Lock()
        self._log: list[Decision] = []
        self._read = 0

    def log(self) -> list[Decision]:
        """All decisions so far, those that others wrote included."""
        with self._lock:
            self._refresh()
            return list(self._log)

    def add(self, decisions: Iterable[Decision]) -> None:
        """Write the decisions, but none that is there already: a page that heard no answer sends them again."""
        with self._lock:
            self._refresh()
            known = {(one.op, one.fingerprint) for one in self._log}
            for one in decisions:
                if (one.op, one.fingerprint) not in known:
                    append_jsonl(self.path, one.to_json())
            self._refresh()

    def _refresh(self) -> None:
        """Read what has been added. A line without its end is left until the end is there."""
        size = self.path.stat().st_size if self.path.exists() else 0
        if size < self._read:  # taken away or cut by somebody
            self._log, self._read = [], 0
        if size == self._read:
            return
        with open(self.path, "rb") as file:
            file.seek(self._read)
            fresh = file.read()
        whole = fresh[: fresh.rfind(b"\n") + 1]
        self._read += len(whole)
        self._log += [one for line in whole.split(b"\n") if line.strip() and (one := parse(line)) is not None]
