"""The whole ladder on a two-layer model: one command, real stages, then nothing to do the second time."""

import json
import re
from pathlib import Path

import pytest

from stepladder.cli import main
from stepladder.writing import write_jsonl

ANIMALS = ["dog", "cat", "parrot", "horse", "rabbit", "goat", "sheep", "ferret", "pony", "hamster"]
PLACES = ["deck", "lounge", "cafe", "cabin", "car", "quay"]
REPLIES = [
    "needs a lead",
    "is not allowed there",
    "travels free",
    "pays four pounds",
    "must stay in a box",
    "is welcome",
]


def message(role: str, text: str) -> list[dict[str, str]]:
    return [{"role": role, "content": text}]


@pytest.fixture
def project(tmp_path: Path, tiny_model: Path) -> Path:
    questions = [
        (f"May my {a} go to the {p}?", f"The {a} {REPLIES[(i + j) % 6]}.")
        for i, a in enumerate(ANIMALS)
        for j, p in enumerate(PLACES)
    ]
    sft = [
        {"id": f"q{n}", "prompt": message("user", q), "completion": message("assistant", a), "documents": ["pets"]}
        for n, (q, a) in enumerate(questions[:40])
    ]
    pairs = [
        {
            "id": f"p{n}",
            "prompt": message("user", q),
            "chosen": message("assistant", a),
            "rejected": message("assistant", "I do not know that."),
        }
        for n, (q, a) in enumerate(questions[40:])
    ]
    write_jsonl(tmp_path / "sft.jsonl", sft)
    write_jsonl(tmp_path / "pairs.jsonl", pairs)
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "pets.md").write_text("# Pets\nA dog pays four pounds and needs a lead on deck.\n")
    (tmp_path / "docs" / "fares.md").write_text("# Fares\nAn adult pays ten pounds for the crossing.\n")
    file = tmp_path / "project.yaml"
    file.write_text(
        f"name: pets\ndata: [sft.jsonl, pairs.jsonl]\nknowledge: docs\nmodel: {tiny_model}\nsystem: Be short.\n"
        "curate: {heldout: 0.25, near: 0.95, leak: 0.95}\n"
        "train: {epochs: 1, passages: 1, lora: {rank: 2, alpha: 4}, dpo: {epochs: 1}}\n"
        "evaluate: {embedder: none, max_new_tokens: 6, shots: [1], passages: [1], batch: 32}\n"
    )
    return file


def test_one_command_curates_trains_evaluates_reports_and_then_has_nothing_to_do(project: Path, capsys) -> None:
    out = project.parent / "out"
    assert main(["run", str(project), "--out", str(out), "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["verdict"]["sentence"]
    results = json.loads((out / "evaluate" / "results.json").read_text())
    names = [r["name"] for r in results["rungs"]]
    assert names == ["base", "zero_shot", "few_shot", "rag", "rag_few_shot", "sft", "dpo", "sft_rag", "dpo_rag", "raft"]
    assert {p.parent.name for p in out.glob("train/*/adapter_model.safetensors")} == {"sft", "dpo", "raft"}
    ledger = [json.loads(line) for line in (out / "curate" / "ledger.jsonl").read_text().splitlines()]
    assert len(ledger) == 60
    page = (out / "report.html").read_text()
    assert not re.search(r"<(script|img|link|iframe)[^>]+(src|href)\s*=\s*[\"']?https?:", page)

    before = {p: p.stat().st_mtime_ns for p in out.rglob("*") if p.is_file() and p.parent != out}
    assert main(["run", str(project), "--out", str(out)]) == 0
    said = capsys.readouterr().err
    assert all(f"{stage}: nothing has changed" in said for stage in ("curate", "train", "evaluate"))
    assert {p: p.stat().st_mtime_ns for p in out.rglob("*") if p.is_file() and p.parent != out} == before

    project.write_text(project.read_text().replace("max_new_tokens: 6", "max_new_tokens: 4"))
    assert main(["run", str(project), "--out", str(out)]) == 0
    said = capsys.readouterr().err
    assert "train: nothing has changed" in said
    assert "evaluate: nothing has changed" not in said
