"""What the template of the model does to a row, how long rows are in it, and which rows give a benchmark away."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from stepladder import models
from stepladder.config import CurateConfig, Project, TrainConfig
from stepladder.curate.benchmarks import read_benchmarks
from stepladder.curate.command import curate
from stepladder.curate.ledger import Entry
from stepladder.curate.lengths import lengths
from stepladder.curate.rates import spoken
from stepladder.curate.tokens import tokens_of
from stepladder.errors import UserError
from stepladder.records import Source
from stepladder.rendering import render

# Small templates of our own, each with one habit of a family of models.
_TURN = "<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n"
_OPEN = "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
_CALLS = "{% for c in m.tool_calls or [] %}CALL {{ c.function | tojson }}{% endfor %}"
_THOUGHT = "{% if m.reasoning_content %}[{{ m.reasoning_content }}]{% endif %}"
_EACH = "{% for m in messages %}"
PLAIN = f"{_EACH}{_TURN}{{% endfor %}}{_OPEN}"
TEMPLATES = {
    "plain": PLAIN,
    "loses the system turn": f"{_EACH}{{% if m.role != 'system' %}}{_TURN}{{% endif %}}{{% endfor %}}{_OPEN}",
    "raises on a system turn": f"{_EACH}{{% if m.role == 'system' %}}{{{{ raise_exception('there is no system role') }}}}"
    f"{{% endif %}}{_TURN}{{% endfor %}}{_OPEN}",
    "drops earlier thinking": f"{_EACH}<|im_start|>{{{{ m.role }}}}\n{{% if loop.last %}}{_THOUGHT}{{% endif %}}"
    f"{{{{ m.content }}}}<|im_end|>\n{{% endfor %}}{_OPEN}",
    "carries tools": "{% for t in tools or [] %}TOOL {{ t.function | tojson }}\n{% endfor %}"
    f"{_EACH}<|im_start|>{{{{ m.role }}}}\n{{% if m.role == 'tool' %}}{{{{ m.content | tojson }}}}{{% else %}}"
    f"{{{{ m.content }}}}{{% endif %}}{_CALLS}<|im_end|>\n{{% endfor %}}{_OPEN}",
    "tells no tools": f"{_EACH}<|im_start|>{{{{ m.role }}}}\n{{{{ m.content }}}}{_CALLS}<|im_end|>\n{{% endfor %}}{_OPEN}",
    "leaves the end open": f"{_EACH}<|im_start|>{{{{ m.role }}}}\n{{{{ m.content }}}}\n{{% endfor %}}{_OPEN}",
    "ends turns with another token": PLAIN.replace("<|im_end|>", "<|endoftext|>"),
}


def turn(role: str, content: str, **more: Any) -> dict[str, Any]:
    return {"role": role, "content": content, **more}


SYSTEM = {
    "id": "system",
    "prompt": [turn("system", "Be kind."), turn("user", "Be kind. Is it far?")],
    "completion": [turn("assistant", "No, ten minutes on foot.")],
}
CALL = {"type": "function", "function": {"name": "fares", "arguments": {"to": 'the "old" pier', "adults": 2}}}
TOOL = {
    "type": "function",
    "function": {"name": "fares", "description": "Look up what a crossing costs", "parameters": {"type": "object"}},
}
TOOLS = {
    "id": "tools",
    "prompt": [
        turn("user", "What do two of us pay to the old pier?"),
        turn("assistant", "", tool_calls=[CALL]),
        turn("tool", '{"fare": "£9",\n "each": false}', name="fares"),
    ],
    "completion": [turn("assistant", "You pay 9 pounds together.")],
    "tools": [TOOL],
}
CALLING = {**TOOLS, "id": "calling", "prompt": TOOLS["prompt"][:1], "completion": [TOOLS["prompt"][1]]}
THINKING = {
    "id": "thinking",
    "prompt": [
        turn("user", "Is seven prime?"),
        turn("assistant", "Yes.", reasoning_content="Two, three and five do not divide it."),
        turn("user", "And nine?"),
    ],
    "completion": [turn("assistant", "No.", reasoning_content="Three times three is nine.")],
}


@pytest.fixture
def model(tiny_model: Path, tmp_path: Path) -> Callable[[str], str]:
    """model(template) -> a folder with the real tokenizer, that template, and the configuration of the tiny model."""

    def made(template: str) -> str:
        folder = tmp_path / "model"
        tokenizer = models.load_tokenizer(models.resolve(str(tiny_model)))
        tokenizer.chat_template = TEMPLATES[template]
        tokenizer.save_pretrained(folder)
        for file in ("config.json", "generation_config.json", "model.safetensors"):
            (folder / file).write_bytes((tiny_model / file).read_bytes())
        return str(folder)

    return made


NO_EMBEDDER = Project(curate=CurateConfig(embedder="none"))


def found_in(row: dict[str, Any], model: str, write: Any, read: Any, out: Path) -> list[tuple[str, str]]:
    curate([write([row])], str(out), model=model, config=NO_EMBEDDER)
    reasons = read(out / "ledger.jsonl")[0]["reasons"]
    return [(reason["action"], reason["detail"]) for reason in reasons if reason["code"] == "template"]


@pytest.mark.parametrize(
    ("row", "template", "action", "detail"),
    [
        (SYSTEM, "plain", None, ""),
        (SYSTEM, "loses the system turn", "drop", "drops or alters turn 1 (system)"),
        (SYSTEM, "raises on a system turn", "drop", "there is no system role"),
        (SYSTEM, "leaves the end open", "review", "generation does not stop"),
        (SYSTEM, "ends turns with another token", "review", "ends the response with '<|endoftext|>'"),
        (TOOLS, "carries tools", None, ""),
        (TOOLS, "tells no tools", "drop", "drops or alters turn 3 (tool)"),
        (CALLING, "carries tools", None, ""),
        (CALLING, "tells no tools", "review", "leaves out the tool 'fares'"),
        (CALLING, "plain", "drop", "the tool call 'fares' of turn 2"),
        (THINKING, "plain", "drop", "what turn 4 (assistant) thinks"),
        (THINKING, "drops earlier thinking", "note", "what turn 2 (assistant) thinks"),
    ],
)
def test_what_a_template_does_to_a_row_is_found(
    row: Any, template: str, action: str | None, detail: str, model: Any, write: Any, read: Any, tmp_path: Path
) -> None:
    if template == "tells no tools" and row is TOOLS:
        row = {**row, "prompt": [*row["prompt"][:2], turn("tool", "lost", name="fares")]}
        template_text = TEMPLATES[template].replace("{{ m.content }}", "{{ m.content if m.role != 'tool' else '' }}")
        folder = Path(model(template))
        (folder / "chat_template.jinja").write_text(template_text, encoding="utf-8")
        found = found_in(row, str(folder), write, read, tmp_path / "out")
    else:
        found = found_in(row, model(template), write, read, tmp_path / "out")
    assert [a for a, _ in found] == ([action] if action else [])
    assert detail in "".join(said for _, said in found)


def test_an_end_token_that_only_the_generation_config_names_ends_a_turn(
    model: Any, write: Any, read: Any, tmp_path: Path
) -> None:
    folder = model("ends turns with another token")
    (Path(folder) / "generation_config.json").write_text('{"eos_token_id": [2, 0]}', encoding="utf-8")
    assert not found_in(SYSTEM, folder, write, read, tmp_path / "out")
    tokenizer = models.load_tokenizer(models.resolve(folder))
    assert render(tokenizer, SYSTEM["prompt"], SYSTEM["completion"]).completion_ids[-1] == 0


def test_tool_calls_and_tools_arrive_in_the_rendering_as_they_came(
    model: Any, write: Any, read: Any, tmp_path: Path
) -> None:
    folder = model("carries tools")
    twin = {**TOOLS, "prompt": [*TOOLS["prompt"][:2], {**TOOLS["prompt"][2], "content": "  two  spaces\n\n\n\n stay "}]}
    curate([write([twin])], str(tmp_path / "out"), model=folder, config=NO_EMBEDDER)
    kept = read(tmp_path / "out" / "sft" / "train.jsonl")
    assert kept == [twin]
    tokens = tokens_of(folder)
    rendered = render(models.load_tokenizer(models.resolve(folder)), kept[0]["prompt"], kept[0]["completion"], [TOOL])
    for text in ("Look up what a crossing costs", '"to": "the \\"old\\" pier"', '"adults": 2', "two  spaces"):
        assert text in tokens.text(rendered)


def test_the_budget_is_the_smallest_of_curation_training_and_model(tiny_model: Path) -> None:
    assert tokens_of(str(tiny_model)).max_length == 1024
    assert tokens_of(str(tiny_model), None, 300).max_length == 300
    assert tokens_of(str(tiny_model), 200, 300).max_length == 200
    assert tokens_of(str(tiny_model), 5000).max_length == 1024


def counted(prompt: int, *answers: int, limit: int = 300) -> Entry:
    names = ("completion",) if len(answers) == 1 else ("chosen", "rejected")
    entry = Entry("x", Source("f", 1), {}, None)
    parts = {}
    for name, size in zip(names, answers, strict=True):
        kept = min(prompt + size, limit)
        parts[name] = {"tokens": size, "kept": kept, "lost": prompt + size - kept, "loss": max(0, kept - prompt)}
    entry.tokens = {"prompt": prompt, **parts, "max_length": limit}
    return entry


def test_lengths_say_what_each_limit_cuts_with_its_interval() -> None:
    entries = [counted(10, size) for size in range(1, 98)]
    entries += [counted(100, 156), counted(100, 100, 157), counted(10, 1500)]
    found = lengths([*entries, Entry("no template", Source("f", 2), {}, None)], 300)
    assert found is not None
    assert found["rows"] == 100
    assert found["tokens"] == {"min": 11, "p25": 35, "median": 60, "p75": 85, "p95": 105, "p99": 257, "max": 1510}
    assert {limit: cut["rows"] for limit, cut in found["cut"].items()} == {
        "256": 2, "300": 1, "512": 1, "1024": 1, "2048": 0,
    }  # fmt: skip
    assert (found["cut"]["300"]["low"], found["cut"]["300"]["high"]) == (0.0018, 0.0545)
    assert sum(bin["rows"] for bin in found["histogram"]) == 100
    assert found["histogram"][0] == {"from": 0, "under": 76, "rows": 66 - 1}
    assert found["with_loss"]["tokens"] == sum(range(1, 98)) + 156 + 100 + 157 + 290
    assert "a limit of 300 cuts 1 of 100: 1.0 %, 0.2 to 5.4 %" in found["sentence"]
    assert lengths([Entry("no template", Source("f", 2), {}, None)], 300) is None


def test_lengths_stand_in_summary_report_and_terminal(
    tiny_model: Path, write: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = [{"id": str(n), "prompt": f"the ferry {n} ?", "completion": "yes " * (n + 1)} for n in range(8)]
    project = Project(
        train=TrainConfig(max_length=30), curate=CurateConfig(embedder="none", actions={"too_long": "note"})
    )
    summary = curate([write(rows)], str(tmp_path / "out"), model=str(tiny_model), config=project)
    assert summary["lengths"]["max_length"] == 30
    assert summary["codes"]["too_long"]["rows"] == summary["lengths"]["cut"]["30"]["rows"] > 0
    assert "Rows that a limit would cut" in (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    assert "lengths: half of the rows have at most" in capsys.readouterr().err
    assert curate([write(rows)], str(tmp_path / "plain"))["lengths"] is None


def test_a_rate_is_spoken_with_its_interval() -> None:
    assert spoken(5, 500) == "5 of 500: 1.0 %, 0.4 to 2.3 %"
    assert spoken(0, 0) == "0 of 0: 0.0 %, 0.0 to 100.0 %"


LONG_ITEM = (
    "A baker sells twelve loaves in the morning and twice as many in the afternoon at three pounds each. "
    "How much does she take on that day if four loaves are returned?"
)
STORY = "Every Tuesday the reading group meets above the shop, brings biscuits, and picks the next novel by a vote. "


@pytest.mark.parametrize(
    ("prompt", "completion", "detail"),
    [
        (LONG_ITEM, "She takes 96 pounds.", "its prompt is 100% that of"),
        (f"Solve it step by step. {LONG_ITEM} Show your work, please.", "96 pounds.", "its text holds 100% of"),
        (
            "Write me an exam question.",
            f"Here is one. {STORY} {LONG_ITEM} {STORY}",
            "its text holds 100% of benchmark item",
        ),
        ("What is the capital of Peru?", "Lima.", "its prompt is 100% that of"),
        ("What is the capital of Chad?", "N'Djamena.", None),
        ("A baker sells twelve loaves in the morning. Is that a lot?", "For a village, yes.", None),
        ("What does a baker do?", STORY, None),
    ],
)
def test_a_row_that_gives_a_benchmark_item_away_is_held(
    prompt: str, completion: str, detail: str | None, write: Any, read: Any, tmp_path: Path
) -> None:
    items = write(
        [{"question": LONG_ITEM, "answer": "96"}, {"question": "What is the capital of Peru?"}], "bench.jsonl"
    )
    rows = [{"id": "r", "prompt": prompt, "completion": completion}, {"id": "s", "prompt": "Hm?", "completion": "Aha."}]
    summary = curate([write(rows)], str(tmp_path / "out"), benchmark=[items])
    entry = read(tmp_path / "out" / "ledger.jsonl")[0]
    told = [reason for reason in entry["reasons"] if reason["code"] == "benchmark"]
    assert [reason["action"] for reason in told] == (["review"] if detail else [])
    assert detail is None or (detail in told[0]["detail"] and told[0]["other"].startswith(items))
    proof = summary["benchmarks"]
    assert (proof["files"], proof["rows"], proof["kept"]) == ({items: 2}, len(told), [])
    assert ("1 row gives one of the 2 benchmark items away; none of them kept" if detail else "no row gives") in proof[
        "sentence"
    ]


def test_the_certificate_names_rows_that_are_kept_all_the_same(write: Any, tmp_path: Path) -> None:
    items = write([{"problem": LONG_ITEM}], "bench.jsonl")
    config = CurateConfig(benchmarks=(items,), actions={"benchmark": "note"})
    rows = [{"id": "r", "prompt": LONG_ITEM, "completion": "96 pounds."}]
    summary = curate([write(rows)], str(tmp_path / "out"), config=Project(curate=config))
    assert summary["benchmarks"]["kept"] == ["r"]
    assert "; 1 of them kept" in summary["benchmarks"]["sentence"]
    assert "benchmark" in curate([write(rows)], str(tmp_path / "without"))["skipped"]


def test_an_instruction_that_many_items_share_gives_none_of_them_away(write: Any, tmp_path: Path) -> None:
    frame = (
        "Read the following question with care and then choose the one right answer out of the four that are given: "
    )
    things = ["harbour", "lantern", "meadow", "copper", "violin", "garden", "puzzle", "winter", "basket", "thunder",
              "orchard", "marble", "pepper", "candle"]  # fmt: skip
    items = [{"question": f"{frame}which {a} goes with which {b}?"} for a, b in zip(things, things[::-1], strict=True)]
    row = {"prompt": f"{frame}who was the first to sail around the cape?", "completion": "A man from the south."}
    summary = curate([write([row])], str(tmp_path / "out"), benchmark=[write(items, "bench.jsonl")])
    assert summary["benchmarks"]["rows"] == 0


def test_benchmark_files_that_cannot_be_read_are_told(write: Any, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"odd\.jsonl:2: a benchmark item has no question"):
        read_benchmarks([write([{"question": "Why?"}, {"choices": ["a", "b"]}], "odd.jsonl")])
    (tmp_path / "plain.txt").write_text("Why is it so?\n\nWho was it?\n", encoding="utf-8")
    assert [item.id.rpartition(":")[2] for item in read_benchmarks([str(tmp_path / "plain.txt")])] == ["1", "3"]
    with pytest.raises(UserError):
        read_benchmarks([str(tmp_path / "missing.jsonl")])
