"""stepladder.config: every key is read, every fault is told with its place, options win, manifests get plain JSON."""

import dataclasses
import inspect
import json
import subprocess
import sys
from pathlib import Path

import pytest

from stepladder.config import Project, describe, load_project, overridden
from stepladder.errors import UserError
from stepladder.yaml_keys import sections_of

EVERY_KEY = r"""
name: ferry-desk
data: [sft.jsonl, owner/set, -]
heldout: heldout.jsonl
knowledge: docs
system: "Answer: briefly"
model: owner/model
seed: 7
out: ../results
plugins: [mine.py]
format:
  max_sentences: 3
  lines: ['Next step: .+', 'Source: \S+']
  regex: '(?s).+'
  json_schema: {type: [object, null], required: [a]}
  except_when: {slice: ticket}
  otherwise: {json_schema: {type: object}}
curate:
  dev: 0.15
  heldout: 0.25
  group_by: [customer]
  near: 0.7
  leak: 0.75
  max_length: 512
  review: keep
  scores: model
  judge: {model: judge-1, base_url: 'http://127.0.0.1:8000/v1', api_key_env: JUDGE_KEY}
  actions: {echo: off, pii: note}
  checks: {echo: {share: 0.9}}
  keep: 500
  patterns: {greeting: {regex: '(?i)^hello', where: prompt, action: note, detail: it greets}}
  benchmarks: [exam.jsonl]
train:
  method: sft+dpo
  quantize: none
  lora: {rank: 8, alpha: 16, dropout: 0, targets: all-linear, rslora: yes, dora: false}
  epochs: 3
  batch: 4
  learning_rate: 2e-4
  max_length: 256
  passages: 3
  args: {weight_decay: 1E-3, warmup_steps: 1_0, packing: true, optim: adamw_torch, note: null}
  dpo: {beta: .2, epochs: 2, learning_rate: 5e-6}
  kto: {beta: .2, epochs: 2, learning_rate: 5e-6}
  reward: {epochs: 2, learning_rate: 5e-5}
  pretrain: {weights: all, rank: 32, block: 256, epochs: 2, learning_rate: 5e-5}
evaluate:
  rungs: [zero_shot, 'endpoint:big']
  primary: chrf
  margin: 0.05
  alpha: 0.1
  max_new_tokens: 64
  batch: 8
  shots: [1, 2]
  passages: [2]
  embedder: minilm
  prices: {input_per_million: 1, output_per_million: 2.5, hour: 0, currency: EUR}
  endpoints:
    big: {base_url: https://api.example/v1, model: big-1, api_key_env: BIG_KEY, input_per_million: 3,
          output_per_million: 15, concurrency: 2, timeout: 30, body: {max_tokens: null, seed: 1}}
  general: general.jsonl
quick: {train: 8, preference: 4, raft: 4, heldout: 6, dev: 2}
"""


def written(folder: Path, text: str | bytes) -> Path:
    path = folder / "project.yaml"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


def load(folder: Path, text: str) -> Project:
    return load_project(written(folder, text))


def test_every_key_is_read(tmp_path: Path) -> None:
    found = describe(load(tmp_path, EVERY_KEY))
    assert found["train"]["learning_rate"] == 2e-4
    assert found["train"]["args"] == {
        "weight_decay": 1e-3, "warmup_steps": 10, "packing": True, "optim": "adamw_torch", "note": None,
    }  # fmt: skip
    assert found["curate"]["actions"] == {"echo": "off", "pii": "note"}
    assert found["train"]["lora"] == {
        "rank": 8, "alpha": 16, "dropout": 0.0, "targets": "all-linear", "rslora": True, "dora": False,
    }  # fmt: skip
    assert found["evaluate"]["endpoints"]["big"]["model"] == "big-1"
    assert found["evaluate"]["shots"] == [1, 2]
    assert found["format"]["otherwise"]["json_schema"] == {"type": "object"}
    assert found["system"] == "Answer: briefly"


def test_the_example_leaves_no_key_out() -> None:
    for section, schema in sections_of(Project):
        for field in dataclasses.fields(schema):
            assert f"{field.name}:" in EVERY_KEY, f"{section}.{field.name}"


def test_every_field_says_what_it_means() -> None:
    for _, schema in sections_of(Project):
        source = inspect.getsource(schema)
        for field in dataclasses.fields(schema):
            _, _, after = source.partition(f"    {field.name}: ")
            assert after.split("\n", 2)[1].strip().startswith('"""'), f"{schema.__name__}.{field.name} has no docstring"


def test_paths_are_relative_to_the_project_file(tmp_path: Path) -> None:
    (tmp_path / "owner").mkdir()
    (tmp_path / "owner" / "set").write_text("")
    found = load(tmp_path, EVERY_KEY)
    here = str(tmp_path)
    assert found.data == (f"{here}/sft.jsonl", f"{here}/owner/set", "-")
    assert (found.heldout, found.knowledge) == (f"{here}/heldout.jsonl", f"{here}/docs")
    assert (found.out, found.plugins) == (f"{here}/../results", (f"{here}/mine.py",))
    assert found.evaluate.general == f"{here}/general.jsonl"
    assert found.curate.benchmarks == (f"{here}/exam.jsonl",)
    assert found.model == "owner/model"


@pytest.mark.parametrize("text", ["owner/set", "squad", "'-'"])
def test_a_name_stays_a_name(tmp_path: Path, text: str) -> None:
    (tmp_path / "-").touch()
    assert load(tmp_path, f"data: {text}").data == (text.strip("'"),)


@pytest.mark.parametrize("text", ["data/train.jsonl", "./set", "../set", "rows.csv.gz", "there"])
def test_what_is_there_or_looks_like_a_path_is_one(tmp_path: Path, text: str) -> None:
    (tmp_path / "there").mkdir()
    assert load(tmp_path, f"data: {text}").data == (str(tmp_path / text),)


def test_absolute_paths_stay(tmp_path: Path) -> None:
    assert load(tmp_path, "data: /x/y.jsonl\nheldout: /z").heldout == "/z"


@pytest.mark.parametrize(
    ("line", "value"),
    [
        ("name: no", "no"),
        ("name: On", "On"),
        ("name: 2024", "2024"),
        ("name: 2024-01-01", "2024-01-01"),
        ("name: 1:30", "1:30"),
        ("name: 0123", "0123"),
        ("name: 'null'", "null"),
    ],
)
def test_text_stays_as_it_is_written(tmp_path: Path, line: str, value: str) -> None:
    assert load(tmp_path, f"data: x\n{line}").name == value


@pytest.mark.parametrize(
    ("written_as", "value"),
    [
        ("2e-4", 2e-4),
        ("1E-3", 1e-3),
        ("2.0e-4", 2e-4),
        (".5", 0.5),
        ("-1.", -1.0),
        ("1_000", 1000),
        ("+3", 3),
        ("0", 0),
        ("'2e-4'", "2e-4"),
        ("007", "007"),
        ("1e999", "1e999"),
        ("1:30", "1:30"),
        ("2024-01-01", "2024-01-01"),
        ("y", "y"),
        ("'yes'", "yes"),
        ("True", True),
        ("false", False),
        ("~", None),
        ("", None),
        ("[1, [2e-4]]", [1, [2e-4]]),
        ("|\n      yes\n", "yes\n"),
    ],
)
def test_values_of_a_free_form_section(tmp_path: Path, written_as: str, value: object) -> None:
    found = load(tmp_path, f"data: x\ntrain:\n  args:\n    a: {written_as}").train.args["a"]
    assert found == value
    assert type(found) is type(value)


def test_free_form_values_are_json(tmp_path: Path) -> None:
    found = describe(load(tmp_path, EVERY_KEY))
    assert json.loads(json.dumps(found, allow_nan=False)) == found
    assert list(found) == [field.name for field in dataclasses.fields(Project)]


@pytest.mark.parametrize("key", ["plugins", "format", "curate", "train", "evaluate", "quick", "heldout", "system"])
def test_a_section_with_all_lines_commented_out_is_the_default(tmp_path: Path, key: str) -> None:
    found = load(tmp_path, f"data: x.jsonl\n{key}:\n  # nothing\n")
    assert getattr(found, key) == getattr(Project(), key)


def test_defaults_are_not_shared() -> None:
    assert Project().curate.actions is not Project().curate.actions


def test_a_byte_order_mark_is_no_part_of_the_first_key(tmp_path: Path) -> None:
    assert load_project(written(tmp_path, b"\xef\xbb\xbfdata: x")).data == ("x",)


def test_data_may_come_from_the_command_line(tmp_path: Path) -> None:
    assert load_project(written(tmp_path, "seed: 3"), needs_data=False).seed == 3


def test_options_win_where_they_are_given() -> None:
    project = Project(data=("a",), seed=5)
    found = overridden(
        project, seed=None, data=["b", "c"], model="m", train__method="dpo", train__lora__rank=4, heldout=[]
    )
    assert (found.seed, found.data, found.model, found.heldout) == (5, ("b", "c"), "m", None)
    assert (found.train.method, found.train.lora.rank, found.train.lora.alpha) == ("dpo", 4, 32)
    assert project.train.method == "auto"
    assert overridden(project, curate__dev=0.85, curate__heldout=0.1).curate.dev == 0.85


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"train__lora__rank": 0}, "--rank: is 0, but must be at least 1. Choose a value in that range."),
        ({"seed": -1}, "--seed: is -1, but must be at least 0 and at most 4294967295. Choose a value in that range."),
        ({"curate__review": "x"}, "--review: is 'x', not one of hold, keep. Choose one of them."),
        ({"evaluate__shots": [0]}, "--shots: is 0, but must be at least 1. Choose a value in that range."),
        (
            {"curate__dev": 0.8},
            "--dev: heldout and dev together are 1, which leaves no training rows. Lower one of them.",
        ),
        (
            {"evaluate__max_new_tokens": 0},
            "--max-new-tokens: is 0, but must be at least 1. Choose a value in that range.",
        ),
    ],
)
def test_an_option_obeys_the_rules_of_its_key(options: dict[str, object], message: str) -> None:
    with pytest.raises(UserError) as caught:
        overridden(Project(), **options)
    assert str(caught.value) == message


def test_importing_it_is_light() -> None:
    code = (
        "import sys, stepladder.config; print(*{'yaml', 'torch', 'numpy', 'rich', 'transformers'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-P", "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []
