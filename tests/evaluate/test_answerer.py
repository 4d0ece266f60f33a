from pathlib import Path

import pytest

from stepladder import models
from stepladder.evaluate.answerer import Answerer, Job, _common

WORDS = ["the dog ?", "bring your dog on a lead", "hello", "ferry leaves at nine from north to south . four pounds ?"]


def jobs(tokenizer, prefix: str = "") -> list[Job]:
    return [
        Job(tuple(tokenizer(prefix + w)["input_ids"]), (*tokenizer(f"yes . {w}")["input_ids"], tokenizer.eos_token_id))
        for w in WORDS
    ]


@pytest.fixture(scope="module")
def ref(tiny_model: Path) -> models.ModelRef:
    return models.resolve(str(tiny_model))


@pytest.fixture(scope="module")
def adapters(ref: models.ModelRef, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Two adapters with other random weights in A and B, so that they change the answers."""
    import torch
    from peft import LoraConfig, get_peft_model

    found = {}
    for number, name in enumerate(("sft", "dpo")):
        torch.manual_seed(number)
        model = get_peft_model(
            models.load_model(ref, "nf4"), LoraConfig(r=4, target_modules="all-linear", init_lora_weights=False)
        )
        found[name] = tmp_path_factory.mktemp("adapters") / name
        model.save_pretrained(found[name])
    return found


def answers(
    answerer: Answerer, given: list[Job], *, batch: int = 3, limit: int = 12, adapter: str | None = None
) -> list:
    found: dict[int, object] = {}
    with answerer.using(adapter):
        for places, batch_answers in answerer.answer(given, batch=batch, limit=limit):
            found.update(zip(places, batch_answers, strict=True))
    return [found[i] for i in range(len(given))]


def plain(model, tokenizer, job: Job, limit: int) -> tuple[list[int], float]:
    """The same answer and likelihood from transformers' own generate and a plain forward pass, row by row."""
    import torch

    ids = torch.tensor([job.prompt])
    with torch.no_grad():
        out = model.generate(input_ids=ids, attention_mask=torch.ones_like(ids), max_new_tokens=limit, do_sample=False)
        whole = torch.tensor([[*job.prompt, *job.reference]])
        logits = model(input_ids=whole).logits[0, len(job.prompt) - 1 : -1]
    nll = torch.nn.functional.cross_entropy(logits.float(), torch.tensor(job.reference)).item()
    return out[0, len(job.prompt) :].tolist(), nll


@pytest.mark.parametrize("prefix", ["", "you are the ferry . " * 12])
@pytest.mark.parametrize("quantize", ["none", "nf4"])
def test_batches_with_a_shared_prefix_answer_like_plain_generate(ref, prefix, quantize) -> None:
    answerer = Answerer(ref, quantize, {})
    given = jobs(answerer.tokenizer, prefix)
    for job, answer in zip(given, answers(answerer, given), strict=True):
        ids, nll = plain(answerer.model, answerer.tokenizer, job, 12)
        assert list(answer.ids) == ids
        assert answer.nll == pytest.approx(nll, abs=1e-4)
        assert answer.stopped == (ids[-1] == answerer.tokenizer.eos_token_id)


def test_switched_adapters_answer_like_adapters_loaded_alone(ref, adapters) -> None:
    from peft import PeftModel

    answerer = Answerer(ref, "nf4", adapters)
    given = jobs(answerer.tokenizer)
    seen = []
    for adapter in ("sft", "dpo", None, "sft"):
        alone = models.load_model(ref, "nf4")
        if adapter:
            alone = PeftModel.from_pretrained(alone, str(adapters[adapter]))
        got = answers(answerer, given, adapter=adapter)
        seen.append([a.ids for a in got])
        for job, answer in zip(given, got, strict=True):
            ids, nll = plain(alone, answerer.tokenizer, job, 12)
            assert (list(answer.ids), answer.nll) == (ids, pytest.approx(nll, abs=1e-4))
    assert seen[0] == seen[3] != seen[1] != seen[2]


@pytest.mark.parametrize(
    ("prompts", "length"),
    [([(1, 2, 3, 4), (1, 2, 3, 5)], 3), ([(1, 2), (1, 2, 3)], 1), ([(1, 2), (2, 2)], 0), ([(1, 2), (1, 2)], 1)],
)
def test_the_last_token_of_a_prompt_is_never_shared(prompts, length) -> None:
    assert _common(min(prompts), max(prompts)) == length
