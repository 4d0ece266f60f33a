"""The sample of the repository, curated as its project file says: nothing sound is lost, nothing leaks."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from stepladder.config import load_project
from stepladder.curate.command import curate

SAMPLE = Path(__file__).parents[2] / "samples" / "tern-ferries"
NEEDED = ("heldout.jsonl", "raw/desk_export.csv", "raw/desk_chat.json", "raw/desk_pairs.jsonl")
pytestmark = pytest.mark.skipif(
    not all((SAMPLE / name).exists() for name in NEEDED), reason="the sample is not there yet"
)


@pytest.fixture(scope="module")
def curated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    project = load_project(SAMPLE / "project.yaml")
    out = tmp_path_factory.mktemp("sample") / "curated"
    curate(list(project.data), str(out), config=project)
    return out


def test_most_rows_stay_and_every_other_one_says_why(
    curated: Path, read: Callable[[Path], list[dict[str, Any]]]
) -> None:
    summary = json.loads((curated / "summary.json").read_text(encoding="utf-8"))
    assert summary["rows_in"] == sum(summary[name] for name in ("kept", "fixed", "review", "dropped"))
    assert summary["kept"] + summary["fixed"] >= 0.7 * summary["rows_in"]
    assert summary["leaks"]["pairs_above"] == 0
    for entry in read(curated / "ledger.jsonl"):
        assert entry["reasons"] or entry["verdict"] == "keep", entry
    for kind in ("sft", "preference"):
        assert summary["splits"][kind]["train"]["rows"] > summary["splits"][kind]["dev"]["rows"] > 0


def test_the_held_out_rows_are_as_their_author_wrote_them(
    curated: Path, read: Callable[[Path], list[dict[str, Any]]]
) -> None:
    project = load_project(SAMPLE / "project.yaml")
    given = {row["id"]: row for row in read(Path(project.heldout or ""))}
    held = {row["id"]: row for row in read(curated / "sft" / "heldout.jsonl")}
    assert held.keys() == given.keys()
    for row_id, row in held.items():
        assert row["completion"] == given[row_id]["completion"]
        assert row["prompt"] == [{"role": "system", "content": project.system}, *given[row_id]["prompt"]]
        assert row["metadata"]["must_contain"] == given[row_id]["must_contain"]


def test_what_is_trained_on_follows_the_rule(curated: Path, read: Callable[[Path], list[dict[str, Any]]]) -> None:
    kept = [row for file in (curated / "sft").iterdir() for row in read(file)]
    assert all(
        "Source:" in row["completion"][-1]["content"] or row.get("metadata", {}).get("slice") == "ticket"
        for row in kept
    )
