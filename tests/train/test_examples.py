"""Rows as tokens: what is trained, and which rows are refused by name before the first step."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from stepladder.errors import UserError
from stepladder.models import load_tokenizer, resolve
from stepladder.records import Message, Row, Source
from stepladder.train.examples import examples


@pytest.fixture(scope="module")
def tokenizer(tiny_model: Path) -> Any:
    return load_tokenizer(resolve(str(tiny_model)))


def row(answer: str = "yes .", *, prompt: str = "dogs ?", id: str = "r1") -> Row:
    asked: tuple[Message, ...] = ({"role": "user", "content": prompt},)
    return Row(
        id, "sft", asked, {"completion": ({"role": "assistant", "content": answer},)}, source=Source("f.jsonl", 7)
    )


def made(tokenizer: Any, *rows: Row, limit: int = 512, ends: frozenset[int] | None = None) -> Any:
    return examples(tokenizer, rows, ends=ends or frozenset({tokenizer.eos_token_id}), limit=limit)


def test_the_answer_with_its_end_token_is_trained_and_nothing_after_it(tokenizer: Any) -> None:
    (example,) = made(tokenizer, row())
    assert tokenizer.decode(example.answers[0]) == "yes .<|im_end|>"
    assert example.answers[0][-1] == tokenizer.eos_token_id
    assert tokenizer.decode(example.prompt_ids).endswith("<|im_start|>assistant\n")
    assert (example.length, example.trained) == (
        len(example.prompt_ids) + len(example.answers[0]),
        len(example.answers[0]),
    )


def test_a_row_at_the_limit_is_taken_and_one_token_more_is_refused_by_name(tokenizer: Any) -> None:
    (example,) = made(tokenizer, row())
    assert made(tokenizer, row(), limit=example.length) == [example]
    with pytest.raises(UserError, match=rf"f\.jsonl:7: 1 row: r1 \({example.length} tokens\): longer than"):
        made(tokenizer, row(), limit=example.length - 1)


def test_many_faulty_rows_are_counted_and_the_first_five_named(tokenizer: Any) -> None:
    with pytest.raises(UserError, match=r"7 rows: r0 .*r4 \(\d+ tokens\) and 2 more"):
        made(tokenizer, *(row(id=f"r{i}") for i in range(7)), limit=3)


def test_an_answer_that_does_not_end_generation_is_refused(tokenizer: Any) -> None:
    with pytest.raises(UserError, match="the model would never stop"):
        made(tokenizer, row(), ends=frozenset({0}))


def test_a_template_that_alters_the_answer_is_refused(tokenizer: Any) -> None:
    shouting = type(tokenizer).from_pretrained(tokenizer.name_or_path)
    shouting.chat_template = tokenizer.chat_template.replace("{{ m['content'] }}", "{{ m['content'] | upper }}")
    with pytest.raises(UserError, match="the chat template cannot carry"):
        made(shouting, row())


def test_a_template_that_loses_prompt_or_answer_leaves_nothing_or_everything_to_train(tokenizer: Any) -> None:
    no_prompt = type(tokenizer).from_pretrained(tokenizer.name_or_path)
    no_prompt.chat_template = (
        "{% for m in messages %}{% if m['role'] == 'assistant' %}{{ m['content'] }}<|im_end|>{% endif %}{% endfor %}"
    )
    with pytest.raises(UserError, match="every token would be trained"):
        made(no_prompt, replace(row(), prompt=({"role": "user", "content": " "},)))
    no_answer = type(tokenizer).from_pretrained(tokenizer.name_or_path)
    no_answer.chat_template = (
        "{% for m in messages %}{% if m['role'] == 'user' %}{{ m['content'] }}{% endif %}{% endfor %}"
    )
    with pytest.raises(UserError, match="without a token to train"):
        made(no_answer, row(answer=" "))
