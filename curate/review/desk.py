"""What happens between the page and the log: rows out, decisions in."""

import datetime
import getpass
import shlex
import threading
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from stepladder.records import text_of

from ..decisions import ACTS, Decision, current, decisions_file, fingerprint_of, row_of
from .differences import difference
from .edit import BadEdit, edited
from .queue import Curated, Item, limited
from .store import Store


class Desk:
    """The review of one curated directory; threads may share it.

    Raises:
        UserError: `directory` was not written by `stepladder curate`.
    """

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.store = Store(decisions_file(directory))
        self._lock = threading.Lock()
        self._known: dict[str, Item] = {}
        self._by = _user()
        self.items()

    def items(self) -> list[Item]:
        """The rows as the directory holds them now; a `curate` may have replaced it since the last call."""
        found = Curated(self.directory).items(self.store.log())
        with self._lock:
            self._known |= {item.fingerprint: item for item in found}
        return found

    @property
    def next_command(self) -> str:
        """What made the directory, to be run again."""
        command: Sequence[str] = Curated(self.directory).manifest.get("command", [])
        return (
            shlex.join(command)
            if command[1:2] in (["curate"], ["run"])
            else f"stepladder curate DATA --out {self.directory}"
        )

    def page_data(self) -> dict[str, Any]:
        """All that the page starts with."""
        log = self.store.log()
        rows, later = limited(self.items(), current(log))
        return {
            "name": self.directory.absolute().name,
            "rows": [item.to_json() for item in rows],
            "later": later,
            "next": self.next_command,
            **self.changes(0),
        }

    def changes(self, since: int) -> dict[str, Any]:
        """The decisions from number `since` on, as the page shows them, and the number to ask from next time."""
        log = self.store.log()
        fresh = log[since:] if since <= len(log) else log
        return {"since": len(log), "again": since > len(log), "changes": [_shown(one) for one in fresh]}

    def decide(self, asked: Mapping[str, Any]) -> None:
        """Write what the page asks for: {op, action, fingerprints, texts?, swap?}.

        Raises:
            BadEdit: the request is not one of the page's, or the edit cannot be made.
        """
        action, op, names = asked.get("action"), asked.get("op"), asked.get("fingerprints")
        with self._lock:
            known = dict(self._known)
        if (
            action not in ACTS
            or not isinstance(op, str)
            or not isinstance(names, list)
            or not set(names) <= known.keys()
        ):
            raise BadEdit("this row is not in the curated directory any more: load the page again")
        at = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
        items = [known[name] for name in dict.fromkeys(names)]
        self.store.add([self._decision(item, asked, op, at) for item in items])

    def _decision(self, item: Item, asked: Mapping[str, Any], op: str, at: str) -> Decision:
        action, new = asked["action"], None
        if action == "edit":
            new = edited(item.row, asked.get("texts") or {}, swap=bool(asked.get("swap")))
            if fingerprint_of(row_of(item.kind, new)) == item.fingerprint:
                action, new = "accept", None  # nothing was changed
        return Decision(
            item.fingerprint, action, item.id, item.kind, tuple(item.answers), item.row, self._by, at, new, op
        )

    def told(self) -> dict[str, Any]:
        """How far the review is: held rows in all and still open, decisions by kind, the log and the next command."""
        standing = current(self.store.log())
        items = self.items()
        held = [
            item
            for item in items
            if item.group == "held" or (item.group == "decided" and item.fingerprint not in standing)
        ]
        done = Counter(standing[item.fingerprint].action for item in items if item.fingerprint in standing)
        left = sum(not is_decided(item, standing) for item in held)
        counts = {
            "accepted": done["accept"],
            "edited": done["edit"],
            "rejected": done["reject"],
            "skipped": done["skip"],
        }
        return {
            "held": len(held),
            "to_decide": left,
            **counts,
            "decisions": str(self.store.path),
            "next": self.next_command,
        }


def is_decided(item: Item, standing: Mapping[str, Decision]) -> bool:
    """Whether a decision stands and answers all that is asked about the row now."""
    one = standing.get(item.fingerprint)
    if one is None or one.action == "skip":
        return False
    return one.action == "reject" or {reason["code"] for reason in item.answers} <= one.codes


def _shown(one: Decision) -> dict[str, Any]:
    out = {name: getattr(one, name) for name in ("fingerprint", "action", "by", "at", "op")}
    if one.edited is None:
        return {**out, "codes": sorted(one.codes)}
    parts = {
        name: difference(text_of(one.row[name]), text_of(one.edited[name])) for name in one.edited if name in _TURNS
    }
    return {**out, "codes": sorted(one.codes), "edited": one.edited, "parts": parts}


_TURNS = ("prompt", "completion", "chosen", "rejected")


def _user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):  # no login name, as in some containers
        return "somebody"
