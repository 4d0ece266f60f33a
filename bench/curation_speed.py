"""Time curation from the shell at several sizes, and near-duplicate search beside datasketch and finelint.

    python bench/curation_speed.py [--rows 500 1000 10000 100000] [--peers 10000]

Rows are paragraphs of the docstrings of the installed packages: the first sentence is the prompt, the rest the response;
where there are too few, halves of two paragraphs make one. A tenth of the rows are near-duplicates planted on purpose, in
four kinds of equal size: a twentieth of the response's words left out, a phrase put in front, its halves exchanged, case and
spaces changed. `stepladder curate` runs as a command of its own with all checks that need no model; wall seconds and peak
memory are the whole process's, starting Python included. The peers are installed, pinned, into a temporary virtual
environment and see the same rows: datasketch 1.6.5 (MinHash of character 5-grams, 128 permutations, LSH at 0.7, nothing
verified) and finelint 0.2.0 with its default settings. Found: a planted row that is named as a duplicate, or as the other
row of one.
"""

import argparse
import ast
import json
import multiprocessing
import os
import random
import re
import site
import subprocess
import sys
import tempfile
import time
import venv
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import cache
from pathlib import Path

PEERS = ("datasketch==1.6.5", "finelint==0.2.0", "numpy==2.2.6")
DUPLICATES = ("duplicate_exact", "duplicate_near")
Row = dict[str, str]

# Prints the numbers, from 0, of the rows that are in a pair.
DATASKETCH = """
import json, sys
from datasketch import MinHash, MinHashLSH
lsh, named = MinHashLSH(threshold=0.7, num_perm=128), set()
for number, line in enumerate(open(sys.argv[1], encoding="utf-8")):
    text = " ".join(" ".join(m["content"] for m in json.loads(line)["messages"]).lower().split())
    signature = MinHash(num_perm=128)
    signature.update_batch([text[i : i + 5].encode() for i in range(max(1, len(text) - 4))])
    if near := lsh.query(signature):
        named |= {number, *map(int, near)}
    lsh.insert(str(number), signature)
print(json.dumps(sorted(named)))
"""


def main() -> None:
    """A table of sizes, then one of near-duplicates."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, nargs="+", default=[500, 1000, 10_000, 100_000])
    parser.add_argument("--peers", type=int, default=10_000, metavar="ROWS", help="0: without the peers")
    options = parser.parse_args()
    # Written by another process: what this one holds would count as memory of the commands that it starts.
    context = multiprocessing.get_context("spawn")
    with tempfile.TemporaryDirectory() as folder, ProcessPoolExecutor(1, context) as writer:
        print("   rows  seconds  MiB peak  planted near-duplicates found")
        for count in options.rows:
            data, planted = writer.submit(write, Path(folder), count).result()
            command = [sys.executable, "-m", "stepladder", "curate", str(data), "--out", f"{folder}/out", "--quiet"]
            seconds, memory, _ = timed(command)
            print(f"{count:7,} {seconds:8.1f} {memory:9,.0f}  {share(named_in(Path(folder) / 'out'), planted)}")
        if options.peers:
            peers(Path(folder), *writer.submit(write, Path(folder), options.peers).result())


@cache
def paragraphs() -> list[str]:
    """Paragraphs of 12 to 90 words in the docstrings of the installed packages."""
    return sorted(set(_found()))


def _found() -> Iterator[str]:
    for file in sorted(Path(site.getsitepackages()[0]).rglob("*.py")):
        try:
            tree = ast.parse(file.read_text(encoding="utf-8"))
        except (SyntaxError, UnicodeDecodeError, ValueError, RecursionError):
            continue
        for node in ast.walk(tree):
            if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef):
                for part in (ast.get_docstring(node) or "").split("\n\n"):
                    if 12 <= len(part.split()) <= 90 and "(`" not in part and ">>>" not in part:
                        yield " ".join(part.split())


def write(folder: Path, count: int) -> tuple[Path, list[tuple[int, int]]]:
    """The file, and (original, planted) line numbers from 0."""
    draw = random.Random(count)
    texts = draw.sample(paragraphs(), min(len(paragraphs()), count - count // 10))
    while len(texts) < count - count // 10:
        texts.append(f"{_half(draw.choice(paragraphs()))} {_half(draw.choice(paragraphs()), second=True)}")
    rows, planted = [_row(text) for text in texts], []
    for number in range(count - len(rows)):
        original = draw.randrange(len(texts))
        planted.append((original, len(rows)))
        rows.append({**rows[original], "assistant": altered(rows[original]["assistant"], number % 4, draw)})
    path = folder / f"rows{count}.jsonl"
    with path.open("w", encoding="utf-8") as file:
        for row in rows:
            file.write(json.dumps({"messages": [{"role": r, "content": text} for r, text in row.items()]}) + "\n")
    return path, planted


def _half(text: str, *, second: bool = False) -> str:
    words = text.split()
    return " ".join(words[len(words) // 2 :] if second else words[: len(words) // 2])


def _row(text: str) -> Row:
    first, _, rest = text.partition(". ")
    return {"user": first, "assistant": rest} if len(rest.split()) > 5 else {"user": _half(text), "assistant": text}


def altered(text: str, kind: int, draw: random.Random) -> str:
    """The same response with a small change that leaves figures and negations alone."""
    words = text.split()
    if kind == 0:
        plain = [i for i, word in enumerate(words) if re.fullmatch(r"[a-z]{4,}", word)]
        out = set(draw.sample(plain, min(len(plain), max(1, len(words) // 20))))
        return " ".join(word for i, word in enumerate(words) if i not in out)
    if kind == 1:
        return f"Here is what you asked for: {text}"
    if kind == 2:
        return f"{_half(text, second=True)} {_half(text)}"
    return text.upper().replace(" ", "  ")


def timed(command: list[str]) -> tuple[float, float, str]:
    """Wall seconds, peak MiB of the process, and what it printed."""
    start = time.perf_counter()
    with tempfile.TemporaryFile("w+", encoding="utf-8") as out:
        process = subprocess.Popen(command, stdout=out, env={**os.environ, "PYTHONPATH": os.getcwd()})
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        printed = out.read()
    if process.returncode not in (0, 1):
        raise SystemExit(f"{' '.join(command)} ended with {process.returncode}")
    return time.perf_counter() - start, usage.ru_maxrss / 1024, printed


def named_in(curated: Path) -> set[int]:
    """Line numbers from 0 of the rows that curation names as duplicates, or as the other of one."""
    entries = [json.loads(line) for line in (curated / "ledger.jsonl").read_text(encoding="utf-8").splitlines()]
    place = {entry["id"]: entry["source"]["line"] - 1 for entry in entries}
    named = set()
    for entry in entries:
        for reason in entry["reasons"]:
            if reason["code"] in DUPLICATES:
                named |= {place[entry["id"]], place[reason["other"]]}
    return named


def share(named: set[int], planted: list[tuple[int, int]]) -> str:
    """How many planted rows are named, with the figure of each kind."""
    kinds = [[b in named for b in (pair[1] for pair in planted[kind::4])] for kind in range(4)]
    each = ", ".join(
        f"{name} {sum(found) / max(1, len(found)):.2f}"
        for name, found in zip(("words left out", "phrase in front", "halves exchanged", "case"), kinds, strict=True)
    )
    return f"{sum(map(sum, kinds)) / max(1, len(planted)):.3f} ({each})"


def peers(folder: Path, data: Path, planted: list[tuple[int, int]]) -> None:
    """The two peers on one file."""
    venv.create(folder / "venv", with_pip=True)
    python = str(folder / "venv" / "bin" / "python")
    subprocess.run([python, "-m", "pip", "install", "--quiet", *PEERS], check=True)
    print("\nbeside it    seconds  MiB peak  planted near-duplicates found")
    seconds, memory, printed = timed([python, "-c", DATASKETCH, str(data)])
    print(f"datasketch {seconds:9.1f} {memory:9,.0f}  {share(set(json.loads(printed)), planted)}")
    report = folder / "report.json"
    tool = [str(folder / "venv" / "bin" / "finelint"), "inspect", str(data), "--report", str(report)]
    seconds, memory, _ = timed([*tool, "--affected-records", str(folder / "affected.json")])
    named = {
        record["line"] - 1
        for finding in json.loads(report.read_text(encoding="utf-8"))["findings"]
        if "DUPLICATE" in finding["code"]
        for record in finding.get("records", [])
    }
    print(f"finelint   {seconds:9.1f} {memory:9,.0f}  {share(named, planted)}")


if __name__ == "__main__":
    main()
