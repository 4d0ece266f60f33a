"""What the stage promises for any input: no row lost, no leak, the same bytes again, nothing left to do."""

import json
from collections import Counter
from collections.abc import Callable
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest

from stepladder.curate.command import curate

Read = Callable[[Path], list[dict[str, Any]]]
SEEDS = range(8)


def split_rows(directory: Path, read: Read) -> dict[str, list[dict[str, Any]]]:
    return {
        place: [r for f in sorted(directory.glob(f"*/{place}.jsonl")) for r in read(f)]
        for place in ("train", "dev", "heldout")
    }


def without_timings(directory: Path) -> dict[str, bytes]:
    files = {p.relative_to(directory).as_posix(): p.read_bytes() for p in sorted(directory.rglob("*")) if p.is_file()}
    files.pop("manifest.json")
    summary = json.loads(files["summary.json"])
    summary.pop("seconds")
    return {**files, "summary.json": json.dumps(summary).encode()}


def grams(text: str) -> set[str]:
    flat = " ".join(text.casefold().split())
    return {flat[i : i + 5] for i in range(len(flat) - 4)}


@pytest.mark.parametrize("seed", SEEDS)
def test_every_line_is_in_the_ledger_once(seed: int, mix: Callable[..., Path], read: Read, tmp_path: Path) -> None:
    data, out = mix(seed), tmp_path / "out"
    summary = curate([str(data)], str(out), seed=seed)
    ledger, size = read(out / "ledger.jsonl"), len(data.read_text(encoding="utf-8").splitlines())
    assert [entry["source"]["line"] for entry in ledger] == list(range(1, size + 1))
    assert summary["rows_in"] == size == sum(summary[name] for name in ("kept", "fixed", "review", "dropped"))
    assert len({entry["id"] for entry in ledger}) == size
    assert all(entry["reasons"] for entry in ledger if entry["verdict"] != "keep")
    places = {row["id"]: place for place, rows in split_rows(out, read).items() for row in rows}
    assert places == {entry["id"]: entry["split"] for entry in ledger if entry["split"]}
    assert len(read(out / "dropped.jsonl")) == summary["dropped"]
    assert len(read(out / "review.jsonl")) == summary["review"]
    verdicts = Counter(entry["verdict"] for entry in ledger)
    assert len(places) == verdicts["keep"] + verdicts["fixed"]


@pytest.mark.parametrize("seed", SEEDS)
def test_no_two_splits_share_a_row_or_a_near_copy_of_its_prompt(
    seed: int, mix: Callable[..., Path], read: Read, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    summary = curate([str(mix(seed, 80))], str(out), seed=seed)
    rows = split_rows(out, read)
    assert all(rows.values()), {place: len(found) for place, found in rows.items()}
    for one, two in combinations(rows, 2):
        for a in rows[one]:
            for b in rows[two]:
                first, second = (grams("".join(m["content"] for m in row["prompt"])) for row in (a, b))
                assert len(first & second) < 0.8 * len(first | second), (a["id"], b["id"])
    assert summary["leaks"]["pairs_above"] == 0
    sizes = [len(found) for found in rows.values()]
    assert summary["leaks"]["pairs_compared"] == sizes[0] * sizes[1] + sizes[0] * sizes[2] + sizes[1] * sizes[2]


@pytest.mark.parametrize("seed", SEEDS)
def test_a_second_curation_changes_nothing(seed: int, mix: Callable[..., Path], read: Read, tmp_path: Path) -> None:
    first, second, third = tmp_path / "first", tmp_path / "second", tmp_path / "third"
    curate([str(mix(seed))], str(first), seed=seed)
    curate([str(first)], str(second), seed=seed)
    files = sorted(str(f) for f in first.glob("*/*.jsonl") if f.stat().st_size)
    curate(files, str(third), seed=seed)
    assert {entry["verdict"] for entry in read(second / "ledger.jsonl")} == {"keep"}
    for file in files:
        name = Path(file).relative_to(first)
        assert (second / name).read_bytes() == (third / name).read_bytes() == Path(file).read_bytes()


@pytest.mark.parametrize("seed", SEEDS[:3])
def test_the_split_rows_as_plain_files_are_all_kept_unchanged(
    seed: int, mix: Callable[..., Path], read: Read, tmp_path: Path
) -> None:
    curate([str(mix(seed))], str(tmp_path / "first"), seed=seed)
    loose = tmp_path / "loose"
    loose.mkdir()
    for number, file in enumerate(sorted((tmp_path / "first").glob("*/*.jsonl"))):
        (loose / f"{number}.jsonl").write_bytes(file.read_bytes())
    curate([str(f) for f in sorted(loose.iterdir()) if f.stat().st_size], str(tmp_path / "second"), seed=seed)
    before, after = (
        sorted(json.dumps(row) for rows in split_rows(tmp_path / name, read).values() for row in rows)
        for name in ("first", "second")
    )
    assert before == after


def test_the_same_input_and_seed_give_the_same_bytes(mix: Callable[..., Path], tmp_path: Path) -> None:
    data = str(mix(1))
    for name in ("a", "b"):
        curate([data], str(tmp_path / name), seed=3)
    curate([data], str(tmp_path / "c"), seed=4)
    assert without_timings(tmp_path / "a") == without_timings(tmp_path / "b")
    assert without_timings(tmp_path / "a") != without_timings(tmp_path / "c")


def test_a_new_row_moves_few_others(
    read: Read, mix: Callable[..., Path], write: Callable[..., str], tmp_path: Path
) -> None:
    lines = [line for line in mix(5, 150).read_text(encoding="utf-8").splitlines() if line != "{broken"]
    rows = [json.loads(line) for line in lines]
    curate([write(rows[1:], "less.jsonl")], str(tmp_path / "less"))
    curate([write(rows, "more.jsonl")], str(tmp_path / "more"))
    places = [
        {row["id"]: place for place, found in split_rows(tmp_path / name, read).items() for row in found}
        for name in ("less", "more")
    ]
    shared = places[0].keys() & places[1].keys()
    assert sum(places[0][i] != places[1][i] for i in shared) <= 0.05 * len(shared)


def test_rows_that_leak_into_a_held_out_file_are_dropped(write: Callable[..., str], read: Read, tmp_path: Path) -> None:
    heldout = [
        {
            "id": "h1",
            "prompt": "How long does the ferry from Arnmouth to Skell take?",
            "completion": "Forty minutes.  ",
        },
        {
            "id": "h2",
            "prompt": "Where can I park my car before the crossing?",
            "completion": "Behind the chapel on the hill.",
        },
        {
            "id": "h3",
            "prompt": "Where can I park my car before the crossing?",
            "completion": "Behind the chapel on the hill.",
        },
    ]
    rows = [
        {"id": "t1", "prompt": "how long does the ferry from arnmouth to skell take", "completion": "An hour."},
        {
            "id": "t2",
            "prompt": "Where can I park my car before the crossing??",
            "chosen": "By the sea.",
            "rejected": "No.",
        },
        *(
            {"id": f"k{i}", "prompt": f"{name} or tea?", "completion": f"{name}, of course."}
            for i, name in enumerate(["Milk", "Cocoa", "Juice", "Water"])
        ),
    ]
    summary = curate([write(rows)], str(tmp_path / "out"), heldout=write(heldout, "heldout.jsonl"))
    ledger = {entry["id"]: entry for entry in read(tmp_path / "out" / "ledger.jsonl")}
    for row_id, other in (("t1", "h1"), ("t2", "h2")):
        assert ledger[row_id]["verdict"] == "drop"
        (reason,) = [r for r in ledger[row_id]["reasons"] if r["code"] == "leak_heldout"]
        assert reason["other"] in (other, "h3")
        assert reason["value"] >= reason["threshold"]
    held = read(tmp_path / "out" / "sft" / "heldout.jsonl")
    assert [row["id"] for row in held] == ["h1", "h2", "h3"]
    assert held[0]["completion"][0]["content"] == "Forty minutes.  ", "held-out rows are never changed"
    assert [r["code"] for r in ledger["h1"]["reasons"]] == ["whitespace"]
    assert [(r["code"], r["action"]) for r in ledger["h3"]["reasons"]] == [("duplicate_exact", "note")]
    assert all(ledger[row_id]["verdict"] == "keep" for row_id in ("h1", "h2", "h3"))
    assert summary["leaks"]["pairs_above"] == 0
