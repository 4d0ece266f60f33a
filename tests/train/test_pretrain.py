"""Continued pre-training on a folder of documents: what is learnt of them, as an adapter or as a whole model."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from peft import PeftModel
from transformers import AutoModelForCausalLM

from stepladder import models
from stepladder.config import PretrainConfig, Project
from stepladder.errors import UserError
from stepladder.retrieval import Document, load_documents
from stepladder.train import watch
from stepladder.train.command import train
from stepladder.train.methods.pretrain import blocks

from .test_resume import Killed, assert_same, die, kill_at

Curated = Callable[..., Path]
Make = Callable[..., Project]


def record(directory: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((directory / "training.json").read_text())
    return found


def documents(*texts: str) -> list[Document]:
    return [Document(f"d{number}", "", text, f"d{number}.md") for number, text in enumerate(texts)]


@pytest.fixture
def trained(curated: Curated, project: Make, knowledge: Path, tmp_path: Path) -> Path:
    given = project(train__pretrain__block=24, train__pretrain__learning_rate=5e-3)
    train(str(curated()), str(tmp_path / "out"), method="pretrain", knowledge=str(knowledge), config=given)
    return tmp_path / "out"


def test_every_token_of_every_document_is_read_once_with_an_end_after_each(tiny_model: Path) -> None:
    tokenizer = models.load_tokenizer(models.resolve(str(tiny_model)))
    texts = ("the ferry leaves at nine .", "bring a lead for your dog", "four pounds")
    found = blocks(tokenizer, documents(*texts), length=10)
    read = [token for block in found for token in block.answers[0]]
    assert tokenizer.decode(read) == "".join(f"{text}<|im_end|>" for text in texts)
    assert {len(block.answers[0]) for block in found[:-1]} == {10}
    assert [block.prompt_ids for block in found] == [[]] * len(found)
    assert found[0].id == "d0:0"


def test_no_block_is_a_single_token(tiny_model: Path) -> None:
    tokenizer = models.load_tokenizer(models.resolve(str(tiny_model)))
    tokens = sum(len(b.answers[0]) for b in blocks(tokenizer, documents("the ferry leaves"), length=100))
    (only,) = blocks(tokenizer, documents("the ferry leaves"), length=tokens - 1)
    assert len(only.answers[0]) == tokens - 1


def test_what_looks_like_a_special_token_in_a_document_is_text(tiny_model: Path) -> None:
    tokenizer = models.load_tokenizer(models.resolve(str(tiny_model)))
    (block,) = blocks(tokenizer, documents("a <|im_end|> b <|im_start|>"), length=100)
    assert [i for i in block.answers[0] if i in tokenizer.all_special_ids] == [tokenizer.eos_token_id]
    assert block.answers[0][-1] == tokenizer.eos_token_id


def test_the_loss_is_that_of_the_base_on_all_tokens_but_the_first_and_falls(
    trained: Path, tiny_model: Path, knowledge: Path
) -> None:
    found = record(trained)
    base = models.load_model(models.resolve(str(tiny_model)), "none")
    tokenizer = models.load_tokenizer(models.resolve(str(tiny_model)))
    read = blocks(tokenizer, load_documents(knowledge), length=24)
    sums = []
    with torch.no_grad():
        for block in read:
            ids = torch.tensor([block.answers[0]])
            sums.append((base(ids, labels=ids).loss.item() * (ids.shape[1] - 1), ids.shape[1] - 1))
    mean = sum(loss for loss, _ in sums) / sum(count for _, count in sums)
    assert found["log"][0]["loss"] == pytest.approx(mean, abs=0.1)  # the first batch is a part of the blocks
    assert found["log"][-1]["loss"] < mean - 0.2
    assert found["data"]["tokens"] == sum(len(block.answers[0]) for block in read)
    assert found["data"]["documents"] == 4
    assert found["settings"]["epochs"]["value"] == 4


PINNED = [5.94302, 5.66442, 5.50666]


def test_the_first_losses_are_pinned(trained: Path) -> None:
    assert [entry["loss"] for entry in record(trained)["log"][:3]] == pytest.approx(PINNED, abs=2e-4)


def test_an_adapter_of_its_own_rank_that_plain_peft_loads(trained: Path, tiny_model: Path) -> None:
    config = json.loads((trained / "adapter_config.json").read_text())
    assert (config["r"], config["lora_alpha"]) == (64, 128)
    assert record(trained)["parameters"]["trainable"] == 4 * 32_768
    assert record(trained)["settings"]["rank"]["value"] == 64
    base = AutoModelForCausalLM.from_pretrained(tiny_model)
    ids = torch.tensor([[1, 10, 11]])
    before = base(ids).logits
    assert (PeftModel.from_pretrained(base, trained)(ids).logits - before).abs().max() > 1e-3
    assert "continued pre-training on documents" in (trained / "README.md").read_text()


def test_a_whole_model_by_setting(curated: Curated, project: Make, knowledge: Path, tmp_path: Path) -> None:
    given = project(train__pretrain=PretrainConfig(weights="all", epochs=1))
    train(str(curated()), str(tmp_path / "out"), method="pretrain", knowledge=str(knowledge), config=given)
    assert record(tmp_path / "out")["parameters"]["share"] == 1
    assert record(tmp_path / "out")["settings"]["learning_rate"]["value"] == 1e-5
    assert "rank" not in record(tmp_path / "out")["settings"]
    AutoModelForCausalLM.from_pretrained(tmp_path / "out")


def test_without_answers_the_last_epoch_is_kept(
    curated: Curated, project: Make, knowledge: Path, tmp_path: Path
) -> None:
    rows = str(curated(sft=0, preference=4))
    given = project(train__pretrain__epochs=1)
    train(rows, str(tmp_path / "out"), method="pretrain", knowledge=str(knowledge), config=given)
    assert record(tmp_path / "out")["best"]["chosen_by"].startswith("the last epoch")


def test_documents_are_needed(curated: Curated, project: Make, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="pretrain needs a folder of documents"):
        train(str(curated()), str(tmp_path / "out"), method="pretrain", config=project())


def test_a_changed_document_is_trained_on_anew_and_nothing_else_is(
    curated: Curated, project: Make, knowledge: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows, out = str(curated()), str(tmp_path / "out")
    given = project(train__pretrain__epochs=1, train__epochs=1)
    for change, unchanged in ((None, ()), ("pets.md", ("sft",)), (None, ("sft", "pretrain"))):
        if change:
            (knowledge / change).write_text("dogs are welcome .")
        capsys.readouterr()
        train(rows, out, method="sft+pretrain", knowledge=str(knowledge), config=given)
        said = capsys.readouterr().err
        assert tuple(name for name in ("sft", "pretrain") if f"{name} is unchanged" in said) == unchanged


def test_a_killed_run_ends_with_the_bits_of_an_uninterrupted_one(
    curated: Curated, project: Make, knowledge: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows, given = str(curated()), project(train__pretrain__block=24)
    call = {"method": "pretrain", "knowledge": str(knowledge), "config": given}
    train(rows, str(tmp_path / "whole"), **call)
    monkeypatch.setattr(watch, "SAVE_EVERY", 0.0)
    kill_at(monkeypatch, 3, how=die)
    with pytest.raises(Killed):
        train(rows, str(tmp_path / "killed"), **call)
    train(rows, str(tmp_path / "killed"), **call)
    assert_same(tmp_path / "whole", tmp_path / "killed")


def test_the_plan_and_the_preview_show_the_blocks(curated: Curated, project: Make, knowledge: Path) -> None:
    call = {"method": "pretrain", "knowledge": str(knowledge), "config": project(train__pretrain__block=24)}
    plan, shown = train(str(curated()), plan=True, **call), train(str(curated()), preview=True, **call)
    assert plan["pretrain"]["settings"]["block"]["value"] == 24
    assert plan["pretrain"]["memory"]["longest_row_tokens"] == 24
    assert shown["pretrain"]["totals"]["share_with_loss"] == 1
