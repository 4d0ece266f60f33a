import json
from pathlib import Path

import pytest

from stepladder import cli
from stepladder.config import Project, overridden
from stepladder.errors import UserError
from stepladder.evaluate.chat.asking import Said
from stepladder.evaluate.chat.command import _typed, chat
from stepladder.evaluate.chat.side_by_side import side_by_side
from stepladder.evaluate.command import evaluate
from stepladder.writing import write_jsonl

SYSTEM = {"role": "system", "content": "be short"}


def row(name: str, text: str) -> dict:
    prompt = [SYSTEM, {"role": "user", "content": text}]
    return {"id": name, "prompt": prompt, "completion": [{"role": "assistant", "content": "yes four pounds"}]}


@pytest.fixture(scope="module")
def run(tiny_model: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run directory: curated rows, one untrained but not empty adapter, documents, and an evaluation of all rungs."""
    import torch
    from peft import LoraConfig, get_peft_model
    from transformers import AutoModelForCausalLM

    root = tmp_path_factory.mktemp("run")
    for split, count in (("train", 6), ("dev", 3), ("heldout", 4)):
        write_jsonl(
            root / "curate" / "sft" / f"{split}.jsonl", [row(f"{split}{i}", f"{split} dog {i} ?") for i in range(count)]
        )
    (root / "docs").mkdir()
    (root / "docs" / "pets.md").write_text("# Pets\nA dog pays four pounds.\n")
    torch.manual_seed(1)
    config = LoraConfig(r=4, target_modules="all-linear", task_type="CAUSAL_LM", init_lora_weights=False)
    model = get_peft_model(AutoModelForCausalLM.from_pretrained(tiny_model), config)
    model.save_pretrained(root / "train" / "sft")
    project = overridden(
        Project(model=str(tiny_model), knowledge=str(root / "docs")), train__quantize="none", evaluate__embedder="none",
        evaluate__max_new_tokens=6, evaluate__shots=[1, 2], evaluate__passages=[1],
    )  # fmt: skip
    evaluate(str(root / "curate"), str(root / "evaluate"), adapter=[str(root / "train")], config=project)
    return root


def outputs(run: Path, row_id: str) -> dict[str, str]:
    lines = [json.loads(line) for line in (run / "evaluate" / "outputs.jsonl").read_text().splitlines()]
    return {line["rung"]: line["output"] for line in lines if line["id"] == row_id}


def test_every_rung_says_what_it_said_in_the_evaluation(run, capsys) -> None:
    document = chat(str(run), once="heldout dog 2 ?")
    said = {a["rung"]: a["output"] for a in document["asked"][0]["answers"]}
    evaluated = outputs(run, "heldout2")
    assert {"zero_shot", "few_shot", "rag", "sft", "sft_rag"} <= set(said)
    assert said == {name: evaluated[name] for name in said}
    assert said["sft"] != said["zero_shot"]
    shown = capsys.readouterr().out
    assert all(name in shown for name in said)


def test_rungs_keep_the_configuration_that_dev_chose(run) -> None:
    from stepladder.evaluate.chat.evaluated import reopen

    results = json.loads((run / "evaluate" / "results.json").read_text())
    results["rungs"] = [r for r in results["rungs"] if r["name"] == "few_shot"]
    assert results["rungs"][0]["settings"]["tried"]
    (rung,) = reopen(run, ["few_shot"]).rungs
    assert rung.prompting.shots == results["rungs"][0]["settings"]["chosen"]["shots"]


def test_json_is_the_only_thing_on_stdout_and_names_the_documents_read(run, capsys) -> None:
    assert cli.main(["chat", str(run), "--once", "dog ?", "--rungs", "rag", "zero_shot", "--json", "--quiet"]) == 0
    document = json.loads(capsys.readouterr().out)
    answers = {a["rung"]: a for a in document["asked"][0]["answers"]}
    assert set(answers) == {"rag", "zero_shot"}
    assert answers["rag"]["documents"] == ["pets"]
    assert answers["rag"]["tokens_in"] > answers["zero_shot"]["tokens_in"] > 0


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"once": "x", "rungs": ["dpo"]}, "was not evaluated in this run"),
        ({"once": " "}, "the prompt is empty"),
        ({}, "no terminal"),
    ],
)
def test_a_wrong_request_is_told(run, options, says) -> None:
    with pytest.raises(UserError, match=says):
        chat(str(run), **options)


def test_a_directory_without_an_evaluation_is_told(tmp_path) -> None:
    with pytest.raises(UserError, match=r"holds no evaluate/results\.json"):
        chat(str(tmp_path), once="x")


def test_an_adapter_that_was_trained_again_is_named(run, capsys) -> None:
    config = run / "train" / "sft" / "adapter_config.json"
    before = config.read_text()
    config.write_text(before + " ")
    try:
        chat(str(run), once="dog ?", rungs=["sft"])
    finally:
        config.write_text(before)
    assert "is not the adapter that was evaluated" in capsys.readouterr().err


def test_typing_goes_on_until_the_end_and_next_asks_dev_rows(run) -> None:
    from stepladder.evaluate.chat.evaluated import reopen

    typed = iter(["  dog ? ", "", "/next", "/quit", "never"])
    assert list(_typed(reopen(run, ["zero_shot"]), lambda _: next(typed))) == ["dog ?", "dev dog 0 ?"]


def test_two_answers_stand_side_by_side_in_80_columns_and_one_below_the_other_in_50() -> None:
    said = [Said(name, f"[bold]{name}[/] " + "word " * 30, 10, 30, 1.25, name == "left") for name in ("left", "right")]
    wide = side_by_side("a prompt", said, width=80).splitlines()
    assert max(map(len, wide)) <= 80
    assert any("left" in line and "right" in line for line in wide)
    assert any("10 in, 30 out, 1.2 s" in line and "cut off" in line for line in wide)
    assert any("[bold]" in line for line in wide)  # what a model writes is not read as markup
    narrow = side_by_side("a prompt", said, width=50).splitlines()
    assert max(map(len, narrow)) <= 50
    assert not any("left" in line and "right" in line for line in narrow)
