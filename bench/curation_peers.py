"""Score two peers on the rows that curation is scored on, against the same answer key.

    python bench/curation_peers.py [RAW_DIR]        (default: samples/tern-ferries/raw)

Peers: finelint 0.2.0 (`inspect`, and `compare` with heldout.jsonl beside RAW_DIR) and modelbrew-cleaner 0.1.0 (its check of
rows, and its check of pairs; it compares nothing with held-out rows). Both get all conversations in one JSONL of `messages`,
so that each can see duplicates across files; pairs go only to modelbrew-cleaner, as finelint does not know them. They are
installed into a temporary virtual environment, pinned, and run with default settings and without API keys.
modelbrew-cleaner imports datasketch and langdetect when they are there, but asks for neither: `--optional` installs both.

Counted as findings: of finelint errors and warnings (it has nothing below); of modelbrew-cleaner `critical` and `warning`,
not `suggestion`. Its pair flags bear no severity: all count but refusals in the rejected answer, which are suggestions in
its check of rows. Its default options object is passed: without one its checks of pairs stay off.

Found: a planted row with any finding, whatever it says. Right: with a finding of the planted kind, by `KINDS`, where a finding
may stand for several codes. Precision: the share of flagged rows that were planted, or are the twin of a planted duplicate
or contradiction. Of twins either may be the one that is named (all as in curation_recall.py). Intervals are Wilson 95 %.
"""

import argparse
import csv
import json
import os
import subprocess
import sys
import tempfile
import venv
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from stepladder.evaluate.stats.intervals import wilson

Json = dict[str, Any]
Place = tuple[str, int]  # file and line, as in the answer key
Findings = dict[Place, set[str]]  # place -> the peer's own codes

PINS = ("finelint==0.2.0", "modelbrew-cleaner==0.1.0", "pydantic==2.14.4", "rapidfuzz==3.14.6", "numpy==2.2.6")
OPTIONAL = ("datasketch==1.6.5", "langdetect==1.0.9")
TWINS = ("duplicate_exact", "duplicate_near", "duplicate_semantic", "contradiction")
COPIES = TWINS[:3]
ROLES = {"human": "user", "gpt": "assistant"}

# The peers' codes -> our codes that they may stand for. An entry that ends in * is a prefix; the longest that fits counts.
KINDS: dict[str, dict[str, tuple[str, ...]]] = {
    "finelint": {
        "EXACT_DUPLICATE": COPIES,
        "NORMALIZED_DUPLICATE": COPIES,
        "NEAR_DUPLICATE": COPIES,
        "CONFLICTING_OUTPUT": ("contradiction",),
        "CROSS_SPLIT_*": ("leak_heldout",),
        "CHAT_*": ("malformed",),
        "CHAT_EMPTY_TURN": ("empty",),
        "CHAT_NO_ASSISTANT_TARGET": ("empty",),
        "CHAT_DUPLICATE_TURN": ("repetition", "echo"),
        "MALFORMED_*": ("malformed",),
        "JSONL_*": ("malformed",),
        "EMPTY_*": ("malformed", "empty"),
    },
    "modelbrew-cleaner": {
        "duplicate_*": COPIES,
        "near_duplicate_pair": COPIES,
        "duplicate_boilerplate": ("boilerplate",),
        "prompt_conflict": ("contradiction", "swapped_pair"),
        "empty_*": ("empty", "malformed"),
        "incomplete_pair": ("empty",),
        "missing_content": ("empty",),
        "too_short": ("empty", "placeholder"),
        "lazy_output": ("empty", "placeholder", "low_score"),
        "placeholder_answer": ("placeholder", "refusal"),  # its pattern has the words of an AI's refusal, too
        "refusal_*": ("refusal",),
        "chosen_refusal_*": ("refusal", "swapped_pair"),
        "dpo_chosen_is_refusal": ("refusal", "swapped_pair"),
        "dpo_both_refusals": ("refusal",),
        "gpt_slop": ("boilerplate",),
        "dpo_chosen_is_sycophantic": ("boilerplate", "swapped_pair"),
        "unfinished_response": ("truncated",),
        "repetitive_output": ("repetition",),
        "non_english": ("language",),
        "bad_encoding": ("encoding",),
        "invisible_unicode": ("encoding", "whitespace"),
        "excessive_whitespace": ("whitespace",),
        "html_noise": ("special_token", "encoding"),
        "prompt_injection": ("special_token", "merged_rows"),  # its pattern has "system: you are"
        "jailbreak_pattern": ("toxic",),
        "toxicity_*": ("toxic",),
        "pii_*": ("pii",),
        "pii_api_key": ("secret",),
        "pii_password": ("secret",),
        "identity_pair": ("identical_pair",),
        "dpo_identical_chosen_rejected": ("identical_pair",),
        "dpo_near_duplicate_chosen": ("near_identical_pair", "identical_pair"),
        "near_identical_semantic": ("near_identical_pair", "identical_pair"),
        "dpo_both_too_short": ("weak_pair", "malformed"),
        "likely_mislabeled": ("mislabel",),
        "missing_*": ("malformed",),
        "dpo_prompt_missing": ("malformed",),
        "invalid_*": ("malformed",),
        "unrecognized_schema": ("malformed",),
        "mixed_schema": ("malformed",),
        "wrong_type": ("malformed",),
    },
}

# Runs in the temporary environment: findings as [row from 0, code], and the checks that were skipped, with the reason.
MODELBREW = """
import json, sys
from modelbrew_cleaner import clean_file
from modelbrew_cleaner.parser import parse_jsonl
from modelbrew_cleaner.preference_pairs import analyze_pairs
from modelbrew_cleaner.schemas import ScanOptions, Severity
path, pairs = sys.argv[1], sys.argv[2] == "pairs"
rows = clean_file(path, options=ScanOptions())
found = [[row.row_index, issue.code] for row in rows for issue in row.issues if issue.severity != Severity.suggestion]
report = analyze_pairs(parse_jsonl(path)) if pairs else {}
for row in report.get("rows", []):
    found += [[row["row_index"], flag] for flag in row["flags"] if not flag.startswith("rejected_refusal")]
print(json.dumps({"rows": len(rows), "found": found, "skipped": report.get("_silent_skip_summary", {})}))
"""


@dataclass
class Table:
    """Rows in a peer's input: what line each was written to, and where it came from."""

    path: Path
    places: list[Place] = field(default_factory=list)

    def write(self, rows: list[tuple[Place, str]]) -> "Table":
        """One line a row; `places[i]` is the origin of line i + 1."""
        self.places = [place for place, _ in rows]
        self.path.write_text("".join(text + "\n" for _, text in rows), encoding="utf-8")
        return self


@dataclass
class Peer:
    """What a peer found, in which rows of all that it was shown."""

    name: str
    findings: Findings
    shown: set[Place]
    remarks: list[str]

    def kinds(self, place: Place) -> set[str]:
        """Our codes that its findings for a row may stand for."""
        return {kind for code in self.findings.get(place, ()) for kind in kinds_of(self.name, code)}


def main() -> None:
    """Install the peers, run them, print a report for each."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("raw", nargs="?", type=Path, default=Path("samples/tern-ferries/raw"))
    parser.add_argument(
        "--optional", action="store_true", help="also install what modelbrew-cleaner imports if it is there"
    )
    parser.add_argument(
        "--without", nargs="+", default=[], metavar="CODE", help="peers' codes to leave out, as pii_email"
    )
    options = parser.parse_args()
    key = [json.loads(line) for line in _lines(options.raw / "answer_key.jsonl")]
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        chats = Table(work / "sft.jsonl").write([*_csv_rows(options.raw), *_chat_rows(options.raw)])
        pairs = Table(work / "pairs.jsonl").write(list(_pair_rows(options.raw)))
        _check({(row["file"], row["line"]) for row in key}, {*chats.places, *pairs.places})
        binaries = _install(work / "venv", PINS + OPTIONAL * options.optional)
        heldout = _heldout(options.raw.parent / "heldout.jsonl", work / "heldout.jsonl")
        peers = [_finelint(binaries, chats, heldout), _modelbrew(binaries, chats, pairs)]
    for peer in peers:
        peer.findings = {place: codes.difference(options.without) for place, codes in peer.findings.items()}
        report(peer, key)


def kinds_of(peer: str, code: str) -> tuple[str, ...]:
    """Our codes for one of a peer's, none if it has no counterpart."""
    table = KINDS[peer]
    fits = [name for name in table if code == name or (name.endswith("*") and code.startswith(name[:-1]))]
    return table[max(fits, key=lambda name: len(name.rstrip("*")) + (not name.endswith("*")))] if fits else ()


# --- the rows as the peers read them ---


def _csv_rows(raw: Path) -> Iterator[tuple[Place, str]]:
    with (raw / "desk_export.csv").open(encoding="utf-8-sig", newline="") as file:
        reader = csv.reader(file)
        header = next(reader)
        start = reader.line_num + 1
        for cells in reader:
            if cells:  # a blank line is no row
                row = dict(zip(header, cells, strict=False))
                turns = [("user", row.get("question", "")), ("assistant", row.get("answer", ""))]
                yield ("desk_export.csv", start), _messages(turns)
            start = reader.line_num + 1


def _chat_rows(raw: Path) -> Iterator[tuple[Place, str]]:
    rows = json.loads((raw / "desk_chat.json").read_text(encoding="utf-8-sig"))
    for index, row in enumerate(rows):
        try:
            text = _messages([(ROLES.get(turn["from"], turn["from"]), turn["value"]) for turn in row["conversations"]])
        except (TypeError, KeyError):  # no conversation: the peer shall say so
            text = json.dumps(row)
        yield ("desk_chat.json", 2 + index), text


def _pair_rows(raw: Path) -> Iterator[tuple[Place, str]]:
    """The pairs' own lines, escaped where they are JSON, so that odd line ends inside texts split no row."""
    for number, line in enumerate(_lines(raw / "desk_pairs.jsonl"), start=1):
        try:
            text = json.dumps(json.loads(line))
        except json.JSONDecodeError:
            text = line
        yield ("desk_pairs.jsonl", number), text


def _heldout(source: Path, target: Path) -> Path | None:
    if not source.exists():
        return None
    rows = [json.loads(line) for line in _lines(source)]
    texts = [json.dumps({"messages": row["prompt"] + row["completion"]}) for row in rows]
    Table(target).write([(("heldout.jsonl", number), text) for number, text in enumerate(texts, start=1)])
    return target


def _messages(turns: list[tuple[str, Any]]) -> str:
    return json.dumps({"messages": [{"role": role, "content": content} for role, content in turns]})


def _lines(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8-sig").rstrip("\n").split("\n")


def _check(keyed: set[Place], read: set[Place]) -> None:
    if keyed != read:
        odd = ", ".join(f"{file}:{line}" for file, line in sorted(keyed ^ read)[:5])
        raise SystemExit(f"{len(keyed ^ read)} rows stand only in the answer key or only in the data: {odd}")


# --- the peers ---


def _install(folder: Path, requirements: tuple[str, ...]) -> Path:
    print(f"peers: {', '.join(requirements)}", file=sys.stderr)
    venv.create(folder, with_pip=True)
    binaries = folder / ("Scripts" if os.name == "nt" else "bin")
    pip = [binaries / "python", "-m", "pip", "install", "-qq", "--disable-pip-version-check", *requirements]
    subprocess.run(pip, check=True)
    return binaries


def _run(command: list[Any], folder: Path) -> str:
    """Standard output; without the caller's environment, so that no API key turns on a paid check."""
    kept = {name: os.environ[name] for name in ("PATH", "SYSTEMROOT", "TEMP", "TMPDIR") if name in os.environ}
    limits = {"OMP_NUM_THREADS": "2", "OPENBLAS_NUM_THREADS": "2", "PYTHONUTF8": "1"}
    done = subprocess.run(command, cwd=folder, env=kept | limits, capture_output=True, text=True, encoding="utf-8")
    if done.returncode:
        raise SystemExit(f"{Path(command[0]).name} failed:\n{done.stderr}")
    return done.stdout


def _finelint(binaries: Path, chats: Table, heldout: Path | None) -> Peer:
    folder, tool = chats.path.parent, binaries / "finelint"
    commands = [["inspect", chats.path]]
    if heldout:
        commands.append(["compare", "--split", f"train={chats.path}", "--split", f"heldout={heldout}"])
    findings: Findings = defaultdict(set)
    for command in commands:
        report_path = folder / "report.json"
        _run([tool, *command, "--report", report_path, "--affected-records", folder / "affected.json"], folder)
        for finding in json.loads(report_path.read_text(encoding="utf-8"))["findings"]:
            for record in finding.get("records", []):
                if record.get("split", "train") == "train":
                    findings[chats.places[record["line"] - 1]].add(finding["code"])
    remarks = ["pairs: not shown, it does not know them", f"held-out rows: {'compared' if heldout else 'none there'}"]
    return Peer("finelint", findings, set(chats.places), remarks)


def _modelbrew(binaries: Path, chats: Table, pairs: Table) -> Peer:
    findings: Findings = defaultdict(set)
    remarks = ["held-out rows: it compares none"]
    for table, kind in ((chats, "chats"), (pairs, "pairs")):
        answer = json.loads(_run([binaries / "python", "-c", MODELBREW, table.path, kind], table.path.parent))
        texts = table.path.read_text(encoding="utf-8").split("\n")
        numbered = [place for place, text in zip(table.places, texts, strict=False) if text.strip()]  # it skips blanks
        if answer["rows"] != len(numbered):
            raise SystemExit(f"modelbrew-cleaner read {answer['rows']} rows of {len(numbered)} {kind}")
        for index, code in answer["found"]:
            findings[numbered[index]].add(code)
        remarks += [f"skipped by itself: {check} ({reason})" for check, reason in answer["skipped"].items()]
    return Peer("modelbrew-cleaner", findings, {*chats.places, *pairs.places}, remarks)


# --- the report ---


def report(peer: Peer, key: list[Json]) -> None:
    """Totals of a peer, then a line a reason code."""
    twins = {row["of"] for row in key if row["defect"] in TWINS and row["of"]}
    rows = [_judged(row, peer, key, twins) for row in key if (row["file"], row["line"]) in peer.shown]
    planted, flagged = [r for r in rows if r["defect"]], [r for r in rows if r["codes"]]
    sound = [r for r in rows if not _right(r, twins)]
    looks = [r for r in sound if r["lookalike"]]
    everything = sum(bool(r["defect"]) for r in key)
    print(f"\n{peer.name}: shown {len(rows)} rows of {len(key)}, {len(planted)} planted of {everything}")
    for remark in peer.remarks:
        print(f"  {remark}")
    _rate("rows with any finding", len(flagged), len(rows))
    _rate("recall: planted rows with any finding", sum(r["found"] for r in planted), len(planted))
    _rate("right reason: with a finding of that kind", _hits(planted), len(planted))
    _rate("  the same of all planted rows in the key", _hits(planted), everything)
    _rate("precision: flagged rows that were planted", sum(_right(r, twins) for r in flagged), len(flagged))
    _rate("sound rows flagged", sum(bool(r["codes"]) for r in sound), len(sound))
    _rate("  look-alikes among them flagged", sum(bool(r["codes"]) for r in looks), len(looks))
    _own_codes(rows)
    print(f"\n  {'reason code':20} planted  {'any finding':23}  {'right reason':23}  precision of that kind")
    for code in sorted({r["defect"] for r in planted} | {kind for r in rows for kind in r["kinds"]}):
        _line(code, [r for r in planted if r["defect"] == code], [r for r in rows if code in r["kinds"]], twins)


def _judged(row: Json, peer: Peer, key: list[Json], twins: set[str]) -> Json:
    """The row with the peer's codes, our kinds for them, and whether the peer found it or its twin."""
    place = (row["file"], row["line"])
    family = [place]
    if row["defect"] in TWINS and row["of"] in twins:
        family = [(other["file"], other["line"]) for other in key if other["of"] == row["of"]]
    seen = {kind for member in family for kind in peer.kinds(member)}
    found = any(peer.findings.get(member) for member in family)
    codes = peer.findings.get(place, set())
    return row | {"codes": codes, "kinds": peer.kinds(place), "found": found, "hit": row["defect"] in seen}


def _hits(planted: list[Json]) -> int:
    return sum(row["hit"] for row in planted)


def _right(row: Json, twins: set[str]) -> bool:
    return bool(row["defect"]) or row["of"] in twins or "twin" in row["note"]


def _own_codes(rows: list[Json]) -> None:
    counts = Counter(code for row in rows for code in row["codes"])
    print(
        "  rows by its own codes: "
        + ", ".join(f"{code} {counts[code]}" for code in sorted(counts, key=lambda code: (-counts[code], code)))
    )


def _line(code: str, planted: list[Json], named: list[Json], twins: set[str]) -> None:
    found, hits = sum(r["found"] for r in planted), _hits(planted)
    right = sum(_right(r, twins) for r in named)
    cells = f"{_told(found, len(planted)):23}  {_told(hits, len(planted)):23}  {_told(right, len(named))}"
    print(f"  {code:20} {len(planted):7}  {cells}".rstrip())


def _told(k: int, n: int) -> str:
    if not n:
        return ""
    rate = wilson(k, n)
    return f"{k:3} {rate.mean:.2f} ({rate.low:.2f} to {rate.high:.2f})"


def _rate(what: str, k: int, n: int) -> None:
    rate = wilson(k, n) if n else None
    told = f"{rate.mean:.3f} ({rate.low:.3f} to {rate.high:.3f})" if rate else ""
    print(f"  {what:44} {k:3} of {n:3}  {told}".rstrip())


if __name__ == "__main__":
    main()
