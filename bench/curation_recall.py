"""Score curation against an answer key: recall and precision by reason code and overall, with Wilson intervals.

    python bench/curation_recall.py [PROJECT.yaml] [KEY]        (default: samples/tern-ferries)

Curates the project's data with its own settings into a temporary directory. A planted defect is *found* when its row was
dropped, held, repaired or noted with the planted code, and *acted on* when its row was dropped, held or repaired for
whatever reason (for codes that are notes by default: noted). Precision of a code is the share of the rows with that code
that have a planted defect or are the twin of a planted duplicate, paraphrase or contradiction; a sound row counts as lost
when it was dropped or held. Of twins either may be the one that is named. `--misses` lists what went wrong.
"""

import argparse
import contextlib
import json
import tempfile
from collections import defaultdict
from pathlib import Path
from typing import Any

from stepladder.config import load_project
from stepladder.curate.command import curate
from stepladder.evaluate.stats.intervals import wilson

Json = dict[str, Any]
NOTES = ("duplicate_semantic", "weak_pair", "outlier", "mislabel", "low_score")  # notes by default
TWINS = ("duplicate_exact", "duplicate_near", "duplicate_semantic", "contradiction")


def main() -> None:
    """Print a line a reason code, then the totals."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("project", nargs="?", default="samples/tern-ferries/project.yaml")
    parser.add_argument("key", nargs="?", help="default: raw/answer_key.jsonl beside the project file")
    parser.add_argument("--misses", action="store_true", help="list each miss, false alarm and lost row")
    options = parser.parse_args()
    key = Path(options.key) if options.key else Path(options.project).parent / "raw" / "answer_key.jsonl"
    rows = [json.loads(line) for line in key.read_text(encoding="utf-8").splitlines()]
    report(rows, ledger(options.project), misses=options.misses)


def ledger(project: str) -> dict[tuple[str, int], Json]:
    """(file name, line) -> ledger entry of a fresh curation with the project's settings."""
    plan = load_project(Path(project))
    with tempfile.TemporaryDirectory() as folder, contextlib.redirect_stdout(None):
        curate(list(plan.data), f"{folder}/curated", config=plan, model=plan.model)
        lines = (Path(folder) / "curated" / "ledger.jsonl").read_text(encoding="utf-8").splitlines()
    entries = [json.loads(line) for line in lines]
    return {(Path(e["source"]["file"]).name, e["source"]["line"]): e for e in entries}


def report(rows: list[Json], entries: dict[tuple[str, int], Json], *, misses: bool) -> None:
    """Recall and precision of each code, then of all, then the sound rows."""
    twins = {row["of"] for row in rows if row["defect"] in TWINS and row["of"]}
    families: defaultdict[str, list[Json]] = defaultdict(list)
    for row in rows:
        row["entry"] = entries[row["file"], row["line"]]
        row["codes"] = {r["code"] for r in row["entry"]["reasons"]}
        if row["of"] in twins:
            families[row["of"]].append(row)
    for row in rows:
        family = families.get(row["of"] or "", [row])
        row["seen"] = set().union(*(r["codes"] for r in family)) if row["defect"] in TWINS else row["codes"]
        row["touched"] = any(_acted(r["entry"], row["defect"]) for r in (family if row["defect"] in TWINS else [row]))
    planted = [row for row in rows if row["defect"]]
    sound = [row for row in rows if not row["defect"] and row["of"] not in twins and "twin" not in row["note"]]
    print(f"{'reason code':20} planted  found                     acted on  precision")
    for code in sorted({row["defect"] for row in planted} | {code for row in rows for code in row["codes"]}):
        _line(code, [r for r in planted if r["defect"] == code], [r for r in rows if code in r["codes"]], twins)
    print()
    _rate("found under their own code", sum(r["defect"] in r["seen"] for r in planted), len(planted))
    _rate("acted on, for any reason", sum(r["touched"] for r in planted), len(planted))
    flagged = [r for r in rows if r["entry"]["verdict"] != "keep"]
    _rate("precision of what was dropped, held or repaired", sum(_right(r, twins) for r in flagged), len(flagged))
    kept = [r for r in sound if r["entry"]["verdict"] in ("keep", "fixed")]
    _rate("sound rows kept", len(kept), len(sound))
    looks = [r for r in sound if r["lookalike"]]
    _rate("of these look-alikes", sum(r["entry"]["verdict"] in ("keep", "fixed") for r in looks), len(looks))
    if misses:
        _list(planted, sound)


def _acted(entry: Json, defect: str | None) -> bool:
    return entry["verdict"] != "keep" or any(r["code"] in NOTES and r["code"] == defect for r in entry["reasons"])


def _right(row: Json, twins: set[str]) -> bool:
    return bool(row["defect"]) or row["of"] in twins or "twin" in row["note"]


def _line(code: str, planted: list[Json], named: list[Json], twins: set[str]) -> None:
    hits, done = sum(code in r["seen"] for r in planted), sum(r["touched"] for r in planted)
    right = sum(_right(r, twins) for r in named)
    found = _told(hits, len(planted)) if planted else ""
    print(f"{code:20} {len(planted):7}  {found:24}  {done:8}  {_told(right, len(named)) if named else ''}")


def _told(k: int, n: int) -> str:
    rate = wilson(k, n)
    return f"{k:3} {rate.mean:.2f} ({rate.low:.2f} to {rate.high:.2f})"


def _rate(what: str, k: int, n: int) -> None:
    rate = wilson(k, n)
    print(f"{what:48} {k:3} of {n:3}  {rate.mean:.3f} ({rate.low:.3f} to {rate.high:.3f})")


def _list(planted: list[Json], sound: list[Json]) -> None:
    for row in planted:
        if row["defect"] not in row["seen"]:
            said = f"{row['entry']['verdict']} {sorted(row['codes'])}"
            print(f"  missed {row['defect']}: {row['file']}:{row['line']} {said} ({row['note']})")
    for row in sound:
        if row["entry"]["verdict"] in ("drop", "review"):
            details = "; ".join(f"{r['code']}: {r['detail'][:90]}" for r in row["entry"]["reasons"])
            print(f"  lost: {row['file']}:{row['line']} {row['entry']['verdict']} {details} ({row['note']})")


if __name__ == "__main__":
    main()
