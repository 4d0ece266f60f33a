"""stepladder.config: each wrong key and value is told once, with its line, column and remedy."""

from pathlib import Path

import pytest

from stepladder.config import load_project
from stepladder.errors import UserError


def written(folder: Path, text: str | bytes) -> Path:
    path = folder / "project.yaml"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


def faults(folder: Path, text: str | bytes) -> list[str]:
    path = written(folder, text)
    with pytest.raises(UserError) as caught:
        load_project(path)
    lines = str(caught.value).split("\n")
    assert all(line.startswith(f"{path}") and line.endswith(".") for line in lines)
    return [line.removeprefix(f"{path}:") for line in lines]


ONE_FAULT = [  # the text after `data: x`, and the whole message
    ("nam: x", "2:1: nam: is not a key at the top level. Did you mean 'name'."),
    ("rank: 8", "2:1: rank: is not a key at the top level. It belongs under 'train.lora' or under 'train.pretrain'."),
    ("train: {seed: 1}", "2:9: train.seed: is not a key under 'train'. It belongs at the top level."),
    (
        "train: {dev: 1}",
        "2:9: train.dev: is not a key under 'train'. It belongs under 'curate' or under 'quick'.",
    ),
    (
        "curate: {learning_rates: 1}",
        "2:10: curate.learning_rates: is not a key under 'curate'. Did you mean 'learning_rate' under 'train'.",
    ),
    (
        "train:\n  lora: {rnak: 8}",
        "3:10: train.lora.rnak: is not a key under 'train.lora'. Did you mean 'rank'.",
    ),
    (
        "evaluate: {endpoints: {a: {base_url: 'http://x', model: m, key: k}}}",
        "2:60: evaluate.endpoints.a.key: is not a key under 'evaluate.endpoints.a'. "
        "Keys here are base_url, model, api_key_env, input_per_million, output_per_million, concurrency, timeout, body; "
        "fields of the endpoint's own request go under 'evaluate.endpoints.a.body'.",
    ),
    (
        "evaluate: {datas: x}",
        "2:12: evaluate.datas: is not a key under 'evaluate'. Did you mean 'data' at the top level.",
    ),
    (
        "train: {gradient_accumulation_steps: 4}",
        "2:9: train.gradient_accumulation_steps: is not a key under 'train'. "
        "Keys here are method, quantize, lora, epochs, batch, learning_rate, max_length, passages, args, dpo, kto, "
        "reward, pretrain; "
        "fields of TRL's own config go under 'train.args'.",
    ),
    ("seed: x", "2:7: seed: is the text 'x', not a whole number. Write a whole number such as 16, without quotes."),
    ("seed: true", "2:7: seed: is true, not a whole number. Write a whole number such as 16, without quotes."),
    ("seed: 1.0", "2:7: seed: is the number 1.0, not a whole number. Write a whole number such as 16, without quotes."),
    ("seed:", "2:6: seed: is empty, not a whole number. Write a whole number such as 16, without quotes."),
    (
        "curate: {dev: '0.1'}",
        "2:15: curate.dev: is the text '0.1', not a number. Write a number such as 0.1 or 2e-4, without quotes.",
    ),
    ("train: {lora: {dora: 1}}", "2:22: train.lora.dora: is the number 1, not true or false. Write true or false."),
    ("system: [a]", "2:9: system: is a list, not text. Write one text."),
    ("train: sft", "2:8: train: is the text 'sft', not a section. Write its keys below it, indented by two spaces."),
    ("plugins: a.py", "2:10: plugins: is the text 'a.py', not a list. Write [a, b], or one '- a' a line."),
    ("plugins: {a: b}", "2:10: plugins: is a section of keys, not a list. Write [a, b], or one '- a' a line."),
    ("curate: {review: hlod}", "2:18: curate.review: is 'hlod', not one of hold, keep. Did you mean 'hold'."),
    ("curate: {review: 1}", "2:18: curate.review: is '1', not one of hold, keep. Choose one of them."),
    ("train: {quantize: [nf4]}", "2:19: train.quantize: is a list, not one of nf4, none. Choose one of them."),
    (
        "train: {method: sft+dop}",
        "2:17: train.method: is 'dop', not one of sft, dpo, raft, kto, reward, full, pretrain. Did you mean 'dpo'.",
    ),
    ("train: {method: sft+sft}", "2:17: train.method: is 'sft+sft', which names a part twice. Name each part once."),
    (
        "curate: {near: 1.01}",
        "2:16: curate.near: is 1.01, but must be at least 0 and at most 1. "
        "A share is a part of 1: write 0.0101 for 1.01 %.",
    ),
    (
        "curate: {dev: 20}",
        "2:15: curate.dev: is 20, but must be at least 0 and below 1. A share is a part of 1: write 0.2 for 20 %.",
    ),
    (
        "curate: {dev: 0.5, heldout: 0.5}",
        "2:29: curate.heldout: and dev together are 1, which leaves no training rows. Lower one of them.",
    ),
    (
        "train: {lora: {dropout: 1}}",
        "2:25: train.lora.dropout: is 1, but must be at least 0 and below 1. Choose a value in that range.",
    ),
    ("train: {lora: {rank: 0}}", "2:22: train.lora.rank: is 0, but must be at least 1. Choose a value in that range."),
    (
        "evaluate: {shots: [2, 0]}",
        "2:23: evaluate.shots[1]: is 0, but must be at least 1. Choose a value in that range.",
    ),
    ("evaluate: {margin: 0}", "2:20: evaluate.margin: is 0, but must be above 0. Choose a value in that range."),
    (
        "seed: 4294967296",
        "2:7: seed: is 4294967296, but must be at least 0 and at most 4294967295. Choose a value in that range.",
    ),
    (
        "evaluate: {margin: .inf}",
        "2:20: evaluate.margin: is the text '.inf', not a number. Write a number such as 0.1 or 2e-4, without quotes.",
    ),
    ("data: y", "2:1: data: stands twice, first in line 1. Remove one."),
    ("train: {args: {a: 1, a: 2}}", "2:22: train.args.a: stands twice, first in line 2. Remove one."),
    (
        "train: {args: {packing: no}}",
        "2:25: train.args.packing: 'no' could be text or a boolean. Write 'no' in quotes, or false.",
    ),
    (
        "train: {args: {a: .nan}}",
        "2:19: train.args.a: '.nan' is not a finite number. Write a finite number, or quotes around a text.",
    ),
    (
        "system: !!python/object/apply:os.system [ls]",
        "2:9: system: has the tag tag:yaml.org,2002:python/object/apply:os.system. "
        "Remove the tag: only plain values are read.",
    ),
    (
        "format: {lines: ['a', '(']}",
        "2:23: format.lines[1]: is not a regular expression (missing ), unterminated subpattern at character 1). "
        "Put a backslash before a literal sign.",
    ),
    (
        "format: {otherwise: {max_sentences: 1}, max_sentences: 2}",
        "2:21: format.otherwise: is never used without except_when. Add `except_when: {COLUMN: VALUE}`.",
    ),
    (
        "format: {}",
        "2:9: format.max_sentences: is not set, nor is any other rule. Set max_sentences, lines, regex or json_schema.",
    ),
    (
        "format: {json_schema: {maxlength: 3}}",
        "2:23: format.json_schema: has the keyword 'maxlength', which is not checked. Did you mean 'maxLength'.",
    ),
    (
        "evaluate: {rungs: ['endpoint:a']}",
        "2:19: evaluate.rungs: names endpoint:a, but endpoints has no 'a'. Add it under evaluate.endpoints.a.",
    ),
    (
        "evaluate:\n  endpoints:\n    a:\n      model: m",
        "5:7: evaluate.endpoints.a.base_url: is missing. Add the line `base_url: ...`.",
    ),
    ("name: a/b", "2:7: name: cannot be the name of a folder. Use letters, digits, - and _."),
    ("name: ..", "2:7: name: cannot be the name of a folder. Use letters, digits, - and _."),
    ("heldout: ''", "2:10: heldout: is an empty path. Write a path, or remove the line."),
    ("train: {[a]: b}", "2:9: train: has a key that is a list. Write a word before the colon."),
]


@pytest.mark.parametrize(("text", "message"), ONE_FAULT, ids=[text for text, _ in ONE_FAULT])
def test_finds_exactly_its_fault(tmp_path: Path, text: str, message: str) -> None:
    assert faults(tmp_path, f"data: x\n{text}") == [message]


def test_all_faults_come_at_once_in_the_order_of_the_file(tmp_path: Path) -> None:
    found = faults(tmp_path, "train: {epochs: x}\nseed: -1\nnam: y\ncurate:\n  dev: 2\n  reveiw: keep\n")
    assert [fault.split(":")[:2] for fault in found] == [
        ["1", "1"],
        ["1", "17"],
        ["2", "7"],
        ["3", "1"],
        ["5", "8"],
        ["6", "3"],
    ]
    assert found[0] == "1:1: data: is missing. Add the line `data: ...`."


def test_a_key_pasted_as_the_name_of_a_variable_is_not_repeated(tmp_path: Path) -> None:
    text = "data: x\nevaluate: {endpoints: {a: {base_url: 'https://x/v1', model: m, api_key_env: sk-very-secret}}}"
    (fault,) = faults(tmp_path, text)
    assert "never the key itself" in fault
    assert "secret" not in fault
