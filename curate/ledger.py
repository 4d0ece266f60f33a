"""The ledger: one entry for every input row, what was found, what was done, and the verdict that follows from it."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from stepladder.records import Row, Source

from .check import Action, Finding

Verdict = Literal["keep", "fixed", "review", "drop"]
Split = Literal["train", "dev", "heldout"]
VERDICTS: tuple[Verdict, ...] = ("keep", "fixed", "review", "drop")
SPLITS: tuple[Split, ...] = ("train", "dev", "heldout")
BUDGET = "budget"  # the one reason that is no fault: a sound row that --keep leaves out


@dataclass(frozen=True, slots=True)
class Reason:
    """A finding with its reason code and the action that was taken on it."""

    code: str
    action: Action
    finding: Finding

    def to_json(self) -> dict[str, Any]:
        """In the form of the ledger: value, threshold and other only where there are any."""
        found = self.finding
        out: dict[str, Any] = {"code": self.code, "detail": found.detail}
        for name, value in (("value", found.value), ("threshold", found.threshold), ("other", found.other)):
            if value is not None:
                out[name] = round(value, 4) if isinstance(value, float) else value
        return {**out, "action": self.action}


@dataclass(frozen=True, slots=True)
class Decided:
    """What a person decided about a row, and which reason codes that answers (see decisions.py)."""

    action: str
    by: str
    at: str
    fingerprint: str
    answers: frozenset[str]

    def to_json(self) -> dict[str, Any]:
        """In the form of the ledger."""
        return {"action": self.action, "by": self.by, "at": self.at, "fingerprint": self.fingerprint}


@dataclass(slots=True)
class Entry:
    """An input row on its way through the stage. `row` is None where the input could not be read as a row."""

    id: str
    source: Source
    raw: Any
    row: Row | None
    given: bool = False
    """It stands in a held-out file, so it is never changed nor dropped."""
    split: Split | None = None
    """Set from the start where the input is a curated directory, whose splits stand."""
    input_id: str | None = None
    """The id that the row came with, where another row has it already."""
    reasons: list[Reason] = field(default_factory=list)
    before: dict[str, Any] | None = None
    tokens: dict[str, Any] | None = None
    scores: dict[str, float] = field(default_factory=dict)
    ranks: dict[str, float] = field(default_factory=dict)
    """What `scores["combined"]` is the mean of: the row's place in each score, 0 (worst) to 1."""
    unscored: dict[str, str] = field(default_factory=dict)
    """Name of a score that was asked for -> why the row has none."""
    decided: Decided | None = None
    """Set where a person decided about this row in `stepladder review`."""

    def has(self, action: Action) -> bool:
        """Whether any reason led to this action."""
        return any(reason.action == action for reason in self.reasons)

    @property
    def dropped(self) -> bool:
        """Whether it is out for good."""
        return self.has("drop")


def verdict(entry: Entry, review: Literal["hold", "keep"] = "hold") -> Verdict:
    """The strongest action decides; with `review` "keep", doubtful rows are trained on and keep their reasons."""
    if entry.has("drop"):
        return "drop"
    if entry.has("review") and review == "hold":
        return "review"
    return "fixed" if entry.has("fix") else "keep"


def line_of(entry: Entry, review: Literal["hold", "keep"]) -> dict[str, Any]:
    """The entry as one line of ledger.jsonl (DESIGN.md section 5)."""
    found = verdict(entry, review)
    if found != "keep" and not entry.reasons:
        raise AssertionError(f"{entry.source}: the verdict {found} has no reason")
    out: dict[str, Any] = {
        "id": entry.id,
        "source": {"file": entry.source.file, "line": entry.source.line},
        "kind": entry.row.kind if entry.row else None,
        "verdict": found,
        "split": entry.split if found in ("keep", "fixed") else None,
        "reasons": [reason.to_json() for reason in entry.reasons],
        "scores": entry.scores,
    }
    if entry.ranks:
        out["ranks"] = entry.ranks
    if entry.unscored:
        out["unscored"] = entry.unscored
    if entry.input_id is not None:
        out["input_id"] = entry.input_id
    if entry.before is not None:
        out["before"] = entry.before
    if entry.tokens is not None:
        out["tokens"] = entry.tokens
    if entry.decided is not None:
        out["decided"] = entry.decided.to_json()
    return out


def counts(entries: Sequence[Entry], review: Literal["hold", "keep"]) -> dict[str, int]:
    """rows_in, kept, fixed, review and dropped; the last four always add up to the first."""
    found = Counter(verdict(entry, review) for entry in entries)
    out = {"rows_in": len(entries), "kept": found["keep"], "fixed": found["fixed"]}
    out |= {"review": found["review"], "dropped": found["drop"]}
    if out["rows_in"] != sum(found.values()):
        raise AssertionError(f"rows do not add up: {out}")
    return out


def chosen(entries: Iterable[Entry], review: Literal["hold", "keep"], *verdicts: Verdict) -> list[Entry]:
    """The entries with one of these verdicts, in input order."""
    return [entry for entry in entries if verdict(entry, review) in verdicts]
