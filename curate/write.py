"""The files of a curated directory (DESIGN.md section 5)."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

from stepladder import rundir
from stepladder.records import KINDS, Row
from stepladder.writing import write_json, write_jsonl, write_text

from .card import card
from .ledger import SPLITS, Entry, chosen, line_of
from .report import report
from .review.order import most_worth_a_look


def write(
    directory: Path, entries: Sequence[Entry], summary: dict[str, Any], *, name: str, review: Literal["hold", "keep"]
) -> None:
    """Write every file but summary.json and the manifest, and add the fingerprints of the data files to `summary`."""
    kept = chosen(entries, review, "keep", "fixed")
    rows: dict[str, list[Row]] = {}
    for kind in KINDS:
        mine = [(entry.row, entry.split) for entry in kept if entry.row and entry.row.kind == kind]
        if mine:
            rows[kind] = [row for row, _ in mine]
            for place in SPLITS:
                write_jsonl(directory / kind / f"{place}.jsonl", (row for row, at in mine if at == place))
    held = most_worth_a_look(chosen(entries, review, "review"))
    write_jsonl(directory / "review.jsonl", map(_held, held))
    write_jsonl(directory / "dropped.jsonl", map(_dropped, chosen(entries, review, "drop")))
    write_jsonl(directory / "ledger.jsonl", (line_of(entry, review) for entry in entries))
    summary["fingerprints"] = {
        file.relative_to(directory).as_posix(): rundir.fingerprint(file) for file in sorted(directory.rglob("*.jsonl"))
    }
    files = list(dict.fromkeys(entry.source.file for entry in entries))
    write_text(directory / "README.md", card(name, rows, summary, files))
    write_text(directory / "report.html", report(name, entries, summary, review))


def write_summary(directory: Path, summary: Mapping[str, Any], seconds: Mapping[str, float]) -> dict[str, Any]:
    """summary.json, with all that can differ between two equal runs under the one key `seconds`."""
    whole = {**summary, "seconds": {step: round(value, 3) for step, value in seconds.items()}}
    write_json(directory / "summary.json", whole)
    return whole


def _held(entry: Entry) -> dict[str, Any]:
    assert entry.row is not None, "a line that is no row is dropped, not held"
    return {**_head(entry), "kind": entry.row.kind, "row": entry.row.to_json()}


def _dropped(entry: Entry) -> dict[str, Any]:
    return {**_head(entry), "row": entry.raw}


def _head(entry: Entry) -> dict[str, Any]:
    source = {"file": entry.source.file, "line": entry.source.line}
    return {"id": entry.id, "source": source, "reasons": [reason.to_json() for reason in entry.reasons]}
