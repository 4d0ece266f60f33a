"""Score curation against the sample's answer key: recall of planted defects, and good rows that were not kept.

    python bench/curation_recall.py [CURATED] [KEY]

CURATED is what `stepladder curate` wrote from samples/tern-ferries/raw (default runs/demo/curate). A planted defect counts
as found when its row was dropped, held, repaired or noted with the planted reason code; a good row counts as lost when it
was dropped or held. Rates carry Wilson intervals.
"""

import json
import sys
from collections import defaultdict
from pathlib import Path

from stepladder.evaluate.stats.intervals import wilson


def main(curated: str = "runs/demo/curate", key: str = "samples/tern-ferries/raw/answer_key.jsonl") -> None:
    """Print a line per reason code and the totals."""
    ledger = [json.loads(line) for line in (Path(curated) / "ledger.jsonl").read_text(encoding="utf-8").splitlines()]
    lines = {(Path(e["source"]["file"]).name, e["source"]["line"]): e for e in ledger}
    found: dict[str, list[bool]] = defaultdict(list)
    lost: list[tuple[str, list[str]]] = []
    good = 0
    rows = [json.loads(line) for line in Path(key).read_text(encoding="utf-8").splitlines()]
    twins = {r["of"] for r in rows if r["defect"] and r["defect"].startswith("duplicate") and r["of"]}
    for row in rows:
        entry = lines[row["file"], row["line"]]
        codes = _codes(entry)
        if row["of"] in twins:  # of two twins either may be the one that is kept
            codes += [c for r in rows if r["of"] == row["of"] for c in _codes(lines[r["file"], r["line"]])]
        if row["defect"]:
            found[row["defect"]].append(row["defect"] in codes)
            if row["defect"] not in codes:
                print(f"  missed {row['defect']}: {row['file']}:{row['line']} {entry['verdict']} {codes}")
        else:
            good += 1
            if entry["verdict"] in ("drop", "review") and row["of"] not in twins:
                lost.append((f"{row['file']}:{row['line']}", codes))
    everything = [hit for hits in found.values() for hit in hits]
    for code, hits in [*sorted(found.items()), ("all defects", everything)]:
        rate = wilson(sum(hits), len(hits))
        print(f"{code:20} {sum(hits):3} of {len(hits):3}  recall {rate.mean:.2f} ({rate.low:.2f} to {rate.high:.2f})")
    rate = wilson(good - len(lost), good)
    print(
        f"{'good rows kept':20} {good - len(lost):3} of {good:3}  {rate.mean:.3f} ({rate.low:.3f} to {rate.high:.3f})"
    )
    for where, codes in lost:
        print(f"  lost: {where} {codes}")


def _codes(entry: dict) -> list[str]:
    return [r["code"] for r in entry["reasons"]]


if __name__ == "__main__":
    main(*sys.argv[1:])
