"""What comes out: for hostile rows, for a model, for other libraries, for the terminal; and what it imports."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from stepladder.config import CurateConfig, Project
from stepladder.curate.command import curate

ROOT = Path(__file__).parents[2]


def rows_of(count: int) -> list[dict[str, Any]]:
    import random

    rng = random.Random(0)

    def word():
        return "".join(
            rng.choices("bcdfglmnprst", k=1)
            + rng.choices("aeiou", k=1)
            + rng.choices("lmnrst", k=1)
            + rng.choices("aeiou", k=1)
        )

    text = lambda size: " ".join(word() for _ in range(size)).capitalize()  # noqa: E731
    return [{"id": f"r{i}", "prompt": text(20) + "?", "completion": text(40) + "."} for i in range(count)]


def test_hostile_rows_go_through(write: Any, read: Any, tmp_path: Path) -> None:
    texts = [
        "😀" * 1000,
        "\x00\x01",
        "\u202e\u202d abc",
        "\ud800",
        "\u2028\u2029\x85",
        "</script><script>alert(1)</script>",
        "'; DROP TABLE rows; --",
        "word " * 200_000,
        "a" * 1_000_000,
        "[" * 50_000,
        "`" * 10_001,
        "\u0300" * 5000,
    ]
    rows = [{"id": f"{n}", "prompt": f"What is number {n}?", "completion": text} for n, text in enumerate(texts)]
    rows += [{"id": f"q{n}", "prompt": text, "completion": f"It is {n}."} for n, text in enumerate(texts)]
    summary = curate([write([*rows_of(5), *rows])], str(tmp_path / "out"))
    assert summary["rows_in"] == 5 + 2 * len(texts)
    assert len(read(tmp_path / "out" / "ledger.jsonl")) == summary["rows_in"]
    assert "<script>alert" not in (tmp_path / "out" / "report.html").read_text(encoding="utf-8")


def test_a_model_adds_tokens_and_its_template(tiny_model: Path, write: Any, read: Any, tmp_path: Path) -> None:
    rows = [
        {"id": "a", "prompt": "the ferry leaves at nine", "completion": "yes ."},
        {"id": "b", "prompt": "the ferry leaves at ten", "completion": "no " + "ferry pets " * 60},
        {"id": "c", "prompt": "fares " * 90, "completion": "yes ."},
        {
            "id": "p",
            "prompt": "bring your dog",
            "chosen": "yes " + "a b c d " * 20 + "yes",
            "rejected": "yes " + "a b c d " * 20 + "no",
        },
    ]
    config = Project(curate=CurateConfig(max_length=64))
    summary = curate([write(rows)], str(tmp_path / "out"), model=str(tiny_model), config=config)
    ledger = {entry["id"]: entry for entry in read(tmp_path / "out" / "ledger.jsonl")}
    codes = {name: {r["code"] for r in entry["reasons"]} for name, entry in ledger.items()}
    assert codes["a"] == set()
    assert "too_long" in codes["b"]
    assert {"too_long", "no_loss"} <= codes["c"]
    assert "identical_pair" in codes["p"]
    assert ledger["a"]["tokens"]["completion"]["lost"] == 0
    assert ledger["b"]["tokens"]["completion"]["lost"] > 0
    assert ledger["c"]["tokens"]["completion"]["loss"] == 0
    assert not summary["skipped"].keys() & {"template", "too_long", "no_loss"}


def test_the_result_loads_with_datasets(write: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from datasets import load_dataset

    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    extras = [
        {"tags": [[1, "a"], ["b"]]},
        {"tags": 3},
        {"tags": "x", "nested": {"a": None}},
        {},
        {"score": 0.5},
        {"big": 2**63},
    ]
    rows = [{**row, **extras[n % len(extras)]} for n, row in enumerate(rows_of(12))]
    rows += [
        {"id": f"p{n}", "prompt": f"{a} or {b}?", "chosen": f"{a}!", "rejected": f"{b}!", "n": n}
        for n, (a, b) in enumerate(["ab", "cd"])
    ]
    tool = {"type": "function", "function": {"name": "fares", "parameters": {"type": "object", "properties": {}}}}
    call = [
        {
            "role": "assistant",
            "content": None,
            "tool_calls": [{"type": "function", "function": {"name": "fares", "arguments": {}}}],
        }
    ]
    rows += [
        {"id": f"u{n}", "prompt": f"{w} today?", "completion": call if n else f"{w}.", "label": n < 2, "tools": [tool]}
        for n, w in enumerate(["Rain", "Snow", "Wind"])
    ]
    out = tmp_path / "out"
    summary = curate([write(rows)], str(out))
    assert summary["dropped"] == 0, (out / "ledger.jsonl").read_text()
    written = {}
    for kind in ("sft", "preference", "unpaired"):
        for place, found in summary["splits"][kind].items():
            assert (out / kind / f"{place}.jsonl").exists()
            if found["rows"]:
                loaded = load_dataset(str(out), kind, split=place, cache_dir=str(tmp_path / "cache"))
                assert loaded.num_rows == found["rows"]
                written |= {row["id"]: row for row in loaded}
    assert written["r0"]["metadata"] == {"tags": [[1, "a"], ["b"]]}
    assert written["r3"]["metadata"] is None
    assert written["p1"]["chosen"] == [{"role": "assistant", "content": "c!"}]
    assert written["u0"]["tools"] == [tool]


def run(code: str, *args: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.run(
        [sys.executable, "-P", "-c", code, *args],
        capture_output=True,
        text=True,
        env=environment,
        cwd="/",
        timeout=120,
        check=False,
    )


def test_without_a_model_nothing_heavy_is_imported(write: Any, tmp_path: Path) -> None:
    code = (
        "import sys\nfrom stepladder.cli import main\nassert main(['curate', sys.argv[1], '--out', sys.argv[2]]) == 0\n"
        "print(sorted({'torch', 'transformers', 'datasets', 'pandas', 'trl', 'scipy'} & set(sys.modules)))"
    )
    done = run(code, write(rows_of(20)), str(tmp_path / "out"))
    assert done.stdout.strip() == "[]", done.stderr


def test_the_terminal_stays_within_80_columns(
    write: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    bad = {"prompt": "Why?", "completion": "I'm sorry, but I can't help with that.  \n\n\n\n\nAnd <|im_end|> then the"}
    summary = curate([write([*rows_of(30), bad, bad])], "out")
    said = capsys.readouterr().err
    assert max(map(len, said.splitlines())) <= 80
    assert "next: stepladder train out" in said
    assert json.loads((tmp_path / "out" / "summary.json").read_text()) == summary
