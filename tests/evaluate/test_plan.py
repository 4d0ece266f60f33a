import json
from pathlib import Path

import pytest

from stepladder.config import Project, overridden
from stepladder.errors import UserError
from stepladder.evaluate.command import evaluate
from stepladder.evaluate.plan import PROBE
from stepladder.evaluate.responses import Responses
from stepladder.evaluate.stats.power import rows_needed, smallest_visible
from stepladder.writing import write_json, write_jsonl


def row(split: str, number: int) -> dict:
    return {
        "id": f"{split}-{number}",
        "prompt": [{"role": "user", "content": f"{split} dog {number} ?"}],
        "completion": [{"role": "assistant", "content": "yes 4 pounds"}],
        "metadata": {"must_contain": [["yes"]]},
    }


@pytest.fixture
def curated(tmp_path: Path) -> str:
    for split, count in (("train", 20), ("heldout", 40)):
        write_jsonl(tmp_path / "curated" / "sft" / f"{split}.jsonl", [row(split, i) for i in range(count)])
    return str(tmp_path / "curated")


@pytest.fixture
def project(tiny_model: Path) -> Project:
    return overridden(
        Project(model=str(tiny_model)), evaluate__max_new_tokens=6, evaluate__rungs=["zero_shot", "few_shot"]
    )


def test_a_plan_asks_no_heldout_row_and_writes_nothing(curated, project, tmp_path, monkeypatch) -> None:
    asked: list[str] = []
    real = Responses.ask

    def noted(self, rung, rows, asks, **options):
        asked.extend(r.id for r in rows)
        return real(self, rung, rows, asks, **options)

    monkeypatch.setattr(Responses, "ask", noted)
    before = sorted(tmp_path.rglob("*"))
    found = evaluate(curated, config=project, plan=True)
    assert asked == [f"train-{i}" for i in range(PROBE)] * 2
    assert sorted(p for p in tmp_path.rglob("*") if "cache" not in p.parts) == [
        p for p in before if "cache" not in p.parts
    ]
    assert [(t["name"], t["answers"]) for t in found["rungs"]] == [("zero_shot", 40), ("few_shot", 40)]
    assert found["seconds"] == pytest.approx(sum(t["seconds"] for t in found["rungs"]), abs=0.1)


def test_it_says_what_n_can_show_at_a_stated_spread(curated, project) -> None:
    found = evaluate(curated, config=project, plan=True)
    checks = found["metrics"][0]
    assert (checks["metric"], checks["sd"], checks["sd_from"]) == ("checks", 0.35, "assumed")
    assert checks["smallest_visible_difference"] == pytest.approx(smallest_visible(40, 0.35), abs=1e-4)
    assert checks["rows_for_margin"] == rows_needed(0.35, checks["margin"])


def test_an_earlier_evaluation_lends_its_spread(curated, project, tmp_path) -> None:
    old = {"power": {"sd_of_difference": 0.1}, "primary": {"metric": "checks"}}
    write_json(tmp_path / "old" / "results.json", old)
    found = evaluate(curated, str(tmp_path / "old"), config=project, plan=True)
    assert (found["metrics"][0]["sd"], found["metrics"][0]["sd_from"]) == (0.1, "measured")
    assert json.loads((tmp_path / "old" / "results.json").read_text()) == old


def test_without_a_plan_there_must_be_a_place_to_write(curated, project) -> None:
    with pytest.raises(UserError, match="--out"):
        evaluate(curated, config=project)
