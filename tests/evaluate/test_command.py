import json
import shutil
from pathlib import Path
from statistics import mean

import pytest

from stepladder import console, models
from stepladder.config import Project, overridden
from stepladder.errors import UserError
from stepladder.evaluate import adapters as trained
from stepladder.evaluate.answerer import Answerer
from stepladder.evaluate.command import evaluate
from stepladder.evaluate.report.command import report
from stepladder.writing import write_jsonl

WORDS = "ferry dog lead nine ten north south pounds hello yes no pets fares source next step".split()  # noqa: SIM905


def rows(split: str, count: int) -> list[dict]:
    found = []
    for i in range(count):
        text = f"{split} {WORDS[i % len(WORDS)]} {i} ?"
        found.append({
            "id": f"{split}-{i}", "prompt": [{"role": "system", "content": "be short"}, {"role": "user", "content": text}],
            "completion": [{"role": "assistant", "content": f"yes {i} pounds"}],
            "metadata": {"slice": "ab"[i % 2], "documents": ["pets"], "must_contain": [["yes"]], "must_not_contain": ["never"]},
        })  # fmt: skip
    return found


@pytest.fixture
def curated(tmp_path: Path) -> Path:
    for split, count in (("train", 6), ("dev", 3), ("heldout", 30)):
        (tmp_path / "curated" / "sft").mkdir(parents=True, exist_ok=True)
        write_jsonl(tmp_path / "curated" / "sft" / f"{split}.jsonl", rows(split, count))
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "pets.md").write_text("# Pets\nA dog pays four pounds.\n")
    (tmp_path / "docs" / "fares.md").write_text("# Fares\nAn adult pays ten pounds.\n")
    return tmp_path / "curated"


@pytest.fixture
def project(tiny_model: Path, tmp_path: Path) -> Project:
    return overridden(
        Project(model=str(tiny_model), knowledge=str(tmp_path / "docs")),
        evaluate__embedder="none", evaluate__max_new_tokens=6, evaluate__shots=[1], evaluate__passages=[1],
    )  # fmt: skip


def lines(path: Path) -> list[dict]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_every_rung_answers_every_row_and_means_are_means_of_the_outputs(curated, project, tmp_path) -> None:
    out = tmp_path / "evaluation"
    results = evaluate(str(curated), str(out), config=project)
    outputs = lines(out / "outputs.jsonl")
    names = [r["name"] for r in results["rungs"]]
    assert names == ["base", "zero_shot", "few_shot", "rag", "rag_few_shot"]
    for rung in results["rungs"]:
        mine = [o for o in outputs if o["rung"] == rung["name"]]
        assert [o["id"] for o in mine] == [f"heldout-{i}" for i in range(30)]
        for name, figures in rung["metrics"].items():
            assert figures["mean"] == pytest.approx(mean(o["metrics"][name] for o in mine))
            assert figures["low"] <= figures["mean"] <= figures["high"]
    assert results["primary"]["metric"] == "checks"
    assert results["noise_floor"]["different_outputs"] == 0
    assert results["empty_answer"] == 0
    assert results["retrieval"]["rag"]["n"] == 30
    assert json.loads((out / "results.json").read_text()) == json.loads(json.dumps(results))
    page = Path(report(str(out))["html"]).read_text()
    assert results["verdict"]["sentence"].split(": ")[0] in page
    assert "Not shown to be better than saying nothing (an empty answer scores 0.00): base, zero_shot" in page
    assert "https:" not in page.split("</style>")[1].split("<script")[0]


def test_a_second_run_generates_nothing_and_gives_the_same_outputs(curated, project, tmp_path, monkeypatch) -> None:
    evaluate(str(curated), str(tmp_path / "e"), config=project)
    first = (tmp_path / "e" / "outputs.jsonl").read_bytes()
    monkeypatch.setattr(Answerer, "answer", lambda *_, **__: pytest.fail("asked the model again"))
    again = evaluate(str(curated), str(tmp_path / "e"), config=project)
    assert (tmp_path / "e" / "outputs.jsonl").read_bytes() == first
    assert again["heldout"]["looks"] == 1


def test_one_changed_character_of_a_prompt_is_asked_again(curated, project, tmp_path, monkeypatch) -> None:
    project = overridden(project, evaluate__rungs=["zero_shot"])
    evaluate(str(curated), str(tmp_path / "e"), config=project)
    changed = rows("heldout", 30)
    changed[3]["prompt"][-1]["content"] += "!"
    write_jsonl(curated / "sft" / "heldout.jsonl", changed)
    asked: list[int] = []
    real = Answerer.answer

    def counted(self, jobs, **options):
        asked.append(len(jobs))
        return real(self, jobs, **options)

    monkeypatch.setattr(Answerer, "answer", counted)
    evaluate(str(curated), str(tmp_path / "e"), config=project)
    assert asked[0] == 1


def test_an_interrupted_run_keeps_its_answers_and_ends_like_an_uninterrupted_one(
    curated, project, tmp_path, monkeypatch
) -> None:
    project = overridden(project, evaluate__rungs=["zero_shot", "rag"], evaluate__batch=8)
    evaluate(str(curated), str(tmp_path / "whole"), config=project)
    real = Answerer.answer

    def interrupted(self, jobs, **options):
        for number, batch in enumerate(real(self, jobs, **options)):
            if number == 2:
                raise KeyboardInterrupt
            yield batch

    monkeypatch.setattr(Answerer, "answer", interrupted)
    with pytest.raises(KeyboardInterrupt):
        evaluate(str(curated), str(tmp_path / "e"), config=project)
    assert len(lines(tmp_path / "e" / "responses.jsonl")) == 16
    assert not (tmp_path / "e" / "results.json").exists()
    with (tmp_path / "e" / "responses.jsonl").open("a") as torn:
        torn.write('{"key": "cut')
    monkeypatch.setattr(Answerer, "answer", real)
    evaluate(str(curated), str(tmp_path / "e"), config=project)

    def kept(out: Path) -> list[tuple]:
        return [(o["rung"], o["id"], o["output"], o["metrics"]) for o in lines(out / "outputs.jsonl")]

    assert kept(tmp_path / "e") == kept(tmp_path / "whole")


def test_a_prompt_too_long_for_the_model_is_an_error_of_that_row_and_scores_zero(curated, project, tmp_path) -> None:
    long = rows("heldout", 30)
    long[0]["prompt"][-1]["content"] = "dog " * 2000
    write_jsonl(curated / "sft" / "heldout.jsonl", long)
    results = evaluate(
        str(curated), str(tmp_path / "e"), config=overridden(project, evaluate__rungs=["zero_shot", "base"])
    )
    assert [r["errors"] for r in results["rungs"]] == [1, 1]
    (bad, *_) = lines(tmp_path / "e" / "outputs.jsonl")
    assert (bad["status"], bad["metrics"]["checks"], bad["metrics"]["nll"]) == ("error", 0.0, None)
    assert "context" in bad["reason"]


@pytest.mark.parametrize(
    ("break_it", "says"),
    [
        (lambda c: shutil.rmtree(c / "sft"), "holds no held-out rows"),
        (lambda c: shutil.copy(c / "sft" / "heldout.jsonl", c / "sft" / "train.jsonl"), "leak_heldout"),
    ],
)
def test_what_cannot_be_compared_stops_before_a_model_is_loaded(curated, project, tmp_path, break_it, says) -> None:
    break_it(curated)
    with pytest.raises(UserError, match=says):
        evaluate(str(curated), str(tmp_path / "e"), config=project)
    assert not (tmp_path / "e").exists()


@pytest.mark.parametrize("key", ["base_sha256", "quantize", "template_sha256"])
def test_an_adapter_of_another_base_or_template_is_refused(key: str, tmp_path: Path) -> None:
    ref = models.ModelRef("m", tmp_path, "abc")
    training = {"base_sha256": "abc", "quantize": "nf4", "template_sha256": "t"}
    fits = trained.Adapter("sft", tmp_path, training)
    trained.check_fit([fits], ref, "nf4", "t")
    with pytest.raises(UserError, match="was trained with another"):
        trained.check_fit([trained.Adapter("sft", tmp_path, {**training, key: "other"})], ref, "nf4", "t")


def test_a_time_estimate_is_said_after_the_first_steps(monkeypatch, capsys) -> None:
    clock = iter([0.0, 6.0, 12.0, 18.0, 24.0])
    monkeypatch.setattr(console.time, "monotonic", lambda: next(clock))
    console.configure(quiet=False)
    with console.track("answers", 4) as advance:
        advance()
        advance()
    assert "1 of 4 rows, about 18 s left" in capsys.readouterr().err
