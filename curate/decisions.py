"""What a person decided about rows in `stepladder review`, and how the next `curate` acts on it.

A decision is one line of a log that only grows. It belongs to a row by what the row says, not by its id or its place,
so a row that changes is asked about again. It answers the reasons that the person saw: a row that is later suspected
of something else is held again.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal, cast, get_args

import orjson

from stepladder.errors import UserError
from stepladder.records import Kind, Message, Row, content_id
from stepladder.rundir import beside, read_manifest

from .check import Finding
from .ledger import Decided, Entry, Reason

Act = Literal["accept", "edit", "reject", "skip", "undo"]
ACTS: tuple[Act, ...] = get_args(Act)
SYSTEM = ("system", "developer")


def decisions_file(directory: Path) -> Path:
    """The log of a curated directory. It stands beside it, since `curate` replaces the directory as a whole."""
    return beside(directory, "decisions.jsonl")


def fingerprint_of(row: Row) -> str:
    """16 hex digits of what the row says: turns, answers, label and tools.

    System turns do not count: most come from the project, and a new one is no reason to ask about every answer again.
    """
    said = [message for message in row.prompt if message["role"] not in SYSTEM]
    answers = {name: list(turns) for name, turns in row.answers.items()}
    return content_id({"kind": row.kind, "prompt": said, "answers": answers, "label": row.label, "tools": row.tools})


@dataclass(frozen=True, slots=True)
class Decision:
    """One line of the log."""

    fingerprint: str
    action: Act
    id: str
    kind: Kind
    reasons: tuple[Mapping[str, str], ...]
    """`code` and `detail` of what the person saw."""
    row: Mapping[str, Any]
    """The row as it was shown."""
    by: str
    at: str
    """When, in UTC (ISO 8601, seconds)."""
    edited: Mapping[str, Any] | None = None
    """The row after an `edit`."""
    op: str = ""
    """What one press of a key made has one name, so that it is undone as a whole and never written twice."""

    def to_json(self) -> dict[str, Any]:
        """The line as it is written."""
        out: dict[str, Any] = {"fingerprint": self.fingerprint, "action": self.action, "id": self.id, "kind": self.kind}
        out |= {"reasons": [dict(reason) for reason in self.reasons], "row": dict(self.row)}
        out |= {"edited": dict(self.edited)} if self.edited is not None else {}
        return {**out, "by": self.by, "at": self.at, "op": self.op}

    @property
    def codes(self) -> frozenset[str]:
        """The reason codes that it answers."""
        return frozenset(reason["code"] for reason in self.reasons)


def parse(line: bytes) -> Decision | None:
    """The decision on a line, or None where there is none: a crash can leave the last line unfinished."""
    try:
        found = orjson.loads(line)
        if found["action"] not in ACTS or (found["action"] == "edit") != isinstance(found.get("edited"), dict):
            return None
        return Decision(**{**found, "reasons": tuple(found["reasons"])})
    except (orjson.JSONDecodeError, KeyError, TypeError):
        return None


def current(log: Iterable[Decision]) -> dict[str, Decision]:
    """The decision that stands for each fingerprint: the last one, where an `undo` brings back the one before."""
    stacks: dict[str, list[Decision]] = {}
    for one in log:
        stack = stacks.setdefault(one.fingerprint, [])
        if one.action != "undo":
            stack.append(one)
        elif stack:
            stack.pop()
    return {name: stack[-1] for name, stack in stacks.items() if stack}


def row_of(kind: Kind, value: Mapping[str, Any]) -> Row:
    """A row from the form in which Stepladder writes rows (DESIGN.md section 4)."""
    names = ("chosen", "rejected") if kind == "preference" else ("completion",)
    turns = {name: tuple(cast("Sequence[Message]", value[name])) for name in ("prompt", *names)}
    answers = {name: turns[name] for name in names}
    return Row(value["id"], kind, turns["prompt"], answers, value.get("label"), value.get("tools"))


def read_log(path: Path) -> list[Decision]:
    """All decisions of a file in order.

    Raises:
        UserError: the file is not there, or holds lines and none of them is a decision.
    """
    if not path.is_file():
        raise UserError(str(path), "there is no such file", "Name a file that `stepladder review` wrote")
    lines = [line for line in path.read_bytes().split(b"\n") if line.strip()]
    log = [one for line in lines if (one := parse(line)) is not None]
    if lines and not log:
        raise UserError(str(path), "no line of it is a decision", "Name a file that `stepladder review` wrote")
    return log


def logs_for(out: Path, data: Sequence[str]) -> list[Path]:
    """The logs that count when none is named: of curated directories among the data, then that of `out`."""
    places = [place for name in data for path in [Path(name)] for place in (path, path.parent.parent)]
    curated = [place for place in places if read_manifest(place).get("stage") == "curate"]
    return [file for file in dict.fromkeys(map(decisions_file, [*curated, out])) if file.is_file()]


@dataclass
class Decisions:
    """The decisions that stand, looked up by what a row says."""

    given: Mapping[str, Decision] = field(default_factory=dict)
    mend: Callable[[Row], Row] = lambda row: row
    """The repairs: an edited row goes through them like any other."""
    used: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        """Know an edited row again when it comes in as it went out."""
        edits = [one for one in self.given.values() if one.action == "edit"]
        self._settled = {fingerprint_of(self.mend(row_of(one.kind, one.edited or {}))): one for one in edits}

    def apply(self, entry: Entry) -> None:
        """Act on what was decided about the entry's row: take the edited text, or put it out. A row that is accepted
        is marked, and the reasons that were answered become notes as they come in (`Decided.answers`)."""
        seen: set[str] = set()
        while self.given and entry.row is not None and not entry.given:
            key = fingerprint_of(entry.row)
            both = [one for one in (self.given.get(key), self._settled.get(key)) if one and one.action != "skip"]
            if not both or key in seen:
                return
            seen.add(key)
            self.used |= {one.fingerprint for one in both}
            found, answered = both[0], entry.decided.answers if entry.decided else frozenset()
            answered = answered.union(*(one.codes for one in both))
            entry.decided = Decided(found.action, found.by, found.at, found.fingerprint, answered)
            if found.action == "reject":
                entry.reasons += _reasons(found, "drop")
            if found.action == "edit" and found.fingerprint == key:
                _edit(entry, found, self.mend)

    def told(self, entries: Iterable[Entry]) -> dict[str, int]:
        """What the summary says: rows decided, and decisions that met no row, since it is gone or has changed."""
        done = Counter(entry.decided.action for entry in entries if entry.decided)
        unused = sum(one.action != "skip" and name not in self.used for name, one in self.given.items())
        return {"accepted": done["accept"], "edited": done["edit"], "rejected": done["reject"], "unused": unused}


def _edit(entry: Entry, found: Decision, mend: Callable[[Row], Row]) -> None:
    """The person's text in the place of the row's own; system turns, tools and metadata stay."""
    assert entry.row is not None, "only rows are decided about"
    old, new = entry.row, row_of(found.kind, found.edited or {})
    system = tuple(message for message in old.prompt if message["role"] in SYSTEM)
    prompt = (*system, *(message for message in new.prompt if message["role"] not in SYSTEM))
    entry.row = mend(replace(old, prompt=prompt, answers=new.answers))
    fields = {"prompt": (old.prompt, entry.row.prompt)}
    fields |= {name: (old.answers[name], turns) for name, turns in entry.row.answers.items()}
    before = {name: list(was) for name, (was, now) in fields.items() if was != now}
    entry.before = {**before, **(entry.before or {})} or None
    entry.reasons += _reasons(found, "fix")


def _reasons(found: Decision, action: Literal["fix", "drop"]) -> list[Reason]:
    word = {"fix": "edited", "drop": "rejected"}[action]
    said = f"{word} by {found.by} on {found.at[:10]}"
    return [Reason(one["code"], action, Finding(f"{said}: {one['detail']}")) for one in found.reasons]
