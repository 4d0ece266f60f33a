"""Refusals, general questions, copied training text, lost rows and break-even."""

import json
import re
from pathlib import Path

import pytest

import stepladder.evaluate.metrics
import stepladder.evaluate.rungs  # noqa: F401  both register the built-ins
from stepladder.answer_format import FormatRule
from stepladder.config import Project, overridden
from stepladder.errors import UserError
from stepladder.evaluate.command import evaluate
from stepladder.evaluate.cost import Spent, break_even
from stepladder.evaluate.general import ask_general, general_rows
from stepladder.evaluate.memorised import TrainingText
from stepladder.evaluate.refusals import Refusals
from stepladder.evaluate.report.command import report
from stepladder.evaluate.response import Response
from stepladder.records import Row
from stepladder.writing import write_jsonl


def row(identity: str, answer: str, **metadata: object) -> Row:
    turns = ({"role": "system", "content": "be short"}, {"role": "user", "content": f"question {identity}"})
    return Row(identity, "sft", turns, {"completion": ({"role": "assistant", "content": answer},)}, metadata=metadata)


def said(text: str, status: str = "ok") -> Response:
    return Response(text, None, 1, 1, 0.0, 0.0, True, status)


RULE = FormatRule(lines=(re.compile("Quelle: .+"),))
ROWS = [
    *(row(f"a{i}", f"Antwort {i}.\nQuelle: seite{i % 2}", documents=["seite"]) for i in range(20)),
    *(row(f"u{i}", f"Das steht {i} Mal nirgends.\nQuelle: keine", documents=[]) for i in range(4)),
    *(row(f"t{i}", f'{{"ticket": {i}}}', documents=[]) for i in range(4)),
]


def test_the_line_by_which_a_project_hands_over_is_learned_in_any_language() -> None:
    learned = Refusals.learned(ROWS, RULE)
    assert learned.lines == {"quelle: keine"}
    assert learned.refuses("Dazu fehlt alles.\n quelle: Keine ")
    assert not learned.refuses("Neun Euro.\nQuelle: seite1")


def test_a_closing_line_of_answered_rows_is_no_hand_over_line() -> None:
    mixed = [*ROWS, row("a9", "Neun.\nQuelle: keine", documents=["seite"])]
    assert Refusals.learned(mixed, RULE).lines == frozenset()
    assert Refusals.learned(ROWS, None).lines == frozenset()


@pytest.mark.parametrize(
    ("text", "refuses"),
    [
        ("I’m sorry, I cannot help with that.", True),
        ("We don't know when it leaves.", True),
        ("Das weiß ich nicht, aber ich kann es nicht sagen.", True),
        ("Je ne sais pas.", True),
        ("You cannot take the dog, and I know why.", False),
        ("If you don't know the code, ask the crew.", False),
        ("The dog travels free. " * 12 + "I cannot help with cats.", False),
        ("", False),
    ],
)
def test_without_such_a_line_phrases_at_the_beginning_tell(text: str, refuses: bool) -> None:
    assert Refusals(frozenset()).refuses(text) is refuses


def test_rates_keep_both_halves_apart_and_leave_tasks_out() -> None:
    refusals = Refusals.learned(ROWS, RULE)
    rows = [ROWS[0], ROWS[1], ROWS[20], ROWS[21], ROWS[24]]
    assert [refusals.answerable(r) for r in rows] == [True, True, False, False, None]
    marked = refusals.marked([said("x\nQuelle: keine"), said("ja"), said("x\nQuelle: keine"), said("ja"), said("ja")])
    assert [r.status for r in marked] == ["refused", "ok", "refused", "ok", "ok"]
    rates = refusals.rates(rows, marked)
    assert [(rates[k]["refused"], rates[k]["n"]) for k in ("recall", "over_refusal")] == [(1, 2), (1, 2)]
    assert rates["balanced_accuracy"] == 0.5
    assert refusals.answerable(row("x", "ja", answerable=False)) is False


def test_an_error_is_never_a_refusal() -> None:
    assert Refusals(frozenset({"none"})).marked([said("none", "error")])[0].status == "error"


LONG = "one two three four five six seven eight nine ten eleven twelve thirteen fourteen"


def test_text_of_one_training_answer_is_found_and_what_was_shown_is_not() -> None:
    index = TrainingText.of([row("r1", LONG), row("r2", "short")], [])
    assert index.longest(f"well, {LONG.title()} indeed", "question") == (LONG, "r1")
    assert index.longest(LONG, f"Documents: {LONG}") is None
    assert index.longest(" ".join(LONG.split()[:12]), "question") is None


def test_wording_of_several_rows_or_of_a_document_is_not_memorised() -> None:
    assert TrainingText.of([row("r1", LONG), row("r2", f"{LONG} end")], []).longest(LONG, "") is None
    assert TrainingText.of([row("r1", LONG)], [f"page: {LONG}."]).longest(LONG, "") is None


def test_general_questions_are_asked_bare_and_compared_row_by_row() -> None:
    rows = [row(f"g{i}", "yes", must_contain=[["yes"]]) for i in range(6)]

    def run(rung, given, asks):
        assert all(m["role"] != "system" for ask in asks for m in ask.messages)
        return [said("no" if rung.adapter and i < 2 else "yes" if i else "no") for i in range(len(given))]

    base, adapter = ask_general(rows, ["sft"], run)["rungs"]
    assert (base["name"], base["right"]) == ("base model", pytest.approx(5 / 6))
    assert (adapter["lost"], adapter["gained"]) == (["g1"], 0)
    assert adapter["difference"]["mean"] == pytest.approx(-1 / 6)
    assert adapter["difference"]["low"] < -1 / 6 < adapter["difference"]["high"]


def test_a_general_question_without_facts_is_an_error(tmp_path: Path) -> None:
    write_jsonl(tmp_path / "g.jsonl", [{"prompt": "hello ?", "completion": "yes"}])
    with pytest.raises(UserError, match="names no facts"):
        general_rows(str(tmp_path / "g.jsonl"))


def test_break_even_is_where_the_totals_meet() -> None:
    rungs = [Spent("few_shot", 0, 3.0), Spent("sft", 10, 1.0), Spent("worse", 12, 4.0), Spent("free", 0, None)]
    assert break_even(rungs) == [{"cheaper_at_first": "few_shot", "cheaper_later": "sft", "requests": 5000}]


@pytest.fixture(scope="module")
def adapter(tiny_model: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    import torch
    from peft import LoraConfig, get_peft_model

    from stepladder import models

    torch.manual_seed(0)
    base = models.load_model(models.resolve(str(tiny_model)), "nf4")
    model = get_peft_model(base, LoraConfig(r=4, target_modules="all-linear", init_lora_weights=False))
    folder = tmp_path_factory.mktemp("adapters") / "sft"
    model.save_pretrained(folder)
    (folder / "training.json").write_text(json.dumps({"method": "sft", "seconds_total": 3600}))
    return folder


def test_results_and_both_reports_show_it(tiny_model: Path, adapter: Path, tmp_path: Path) -> None:
    heldout = [
        row(
            f"h{i}", "yes", must_contain=[["yes"]], documents=["pets"] if i % 2 else [], answerable=bool(i % 2)
        ).to_json()
        for i in range(30)
    ]
    write_jsonl(tmp_path / "curated" / "sft" / "heldout.jsonl", heldout)
    write_jsonl(tmp_path / "g.jsonl", [row("g1", "yes", must_contain=[["yes"]]).to_json()])
    project = overridden(
        Project(model=str(tiny_model)), evaluate__max_new_tokens=6, evaluate__general=str(tmp_path / "g.jsonl"),
        evaluate__prices__hour=5.0, evaluate__prices__input_per_million=1.0, evaluate__rungs=["zero_shot", "sft"],
    )  # fmt: skip
    results = evaluate(str(tmp_path / "curated"), str(tmp_path / "e"), config=project, adapter=[str(adapter)])
    assert [r["name"] for r in results["general"]["rungs"]] == ["base model", "sft"]
    assert set(results["broken"]) == {"sft"}
    zero = next(r for r in results["rungs"] if r["name"] == "zero_shot")
    assert zero["refusals"]["recall"]["n"] == zero["refusals"]["over_refusal"]["n"] == 15
    assert zero["memorised"]["rows"] == 0
    paths = report(str(tmp_path / "e"))
    for text in (Path(paths["html"]).read_text(), Path(paths["markdown"]).read_text()):
        assert "What tuning made the model forget: 1 general questions" in text
        assert "What tuning broke on the task" in text
        assert "unanswerable rows refused" in text
