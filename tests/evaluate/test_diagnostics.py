import json
from pathlib import Path

import pytest

import stepladder.evaluate.metrics  # noqa: F401  registers the built-in metrics
from stepladder.config import Project, overridden
from stepladder.errors import UserError
from stepladder.evaluate.command import evaluate
from stepladder.evaluate.diagnostics import KINDS, divided, gold_passages
from stepladder.records import Row
from stepladder.retrieval import Document, Retriever
from stepladder.writing import write_jsonl

TEXTS = {
    "pets": "# Pets\nA dog travels on a lead for four pounds.",
    "fares": "# Fares\nAn adult pays ten pounds for a ticket to the island.",
    "sky": "# Sky\nNothing shared here.",
}


def row(number: int, documents: list[str]) -> dict:
    return {
        "id": f"r{number}",
        "prompt": [{"role": "user", "content": f"how many pounds for my dog and a ticket {number} ?"}],
        "completion": [{"role": "assistant", "content": "yes 4 pounds"}],
        "metadata": {"documents": documents, "must_contain": [["yes"]]},
    }


@pytest.fixture
def retriever() -> Retriever:
    return Retriever.build([Document(n, n, t, Path(f"{n}.md")) for n, t in TEXTS.items()], None)


def shown(retriever: Retriever, gold: list[str], least: int) -> list[str]:
    prompt = ({"role": "user", "content": "how many pounds for my dog ?"},)
    found = gold_passages([Row("r", "sft", prompt, {})], [gold], retriever, least)
    return [hit.passage.document for hit in found[0]]


def test_the_right_passages_are_those_of_every_named_document_and_of_no_other(retriever: Retriever) -> None:
    assert shown(retriever, ["fares", "pets"], 1) == ["pets", "fares"]
    assert shown(retriever, ["pets"], 3) == ["pets"]


def test_a_document_without_a_word_of_the_question_is_shown_all_the_same(retriever: Retriever) -> None:
    assert shown(retriever, ["sky"], 1) == ["sky"]


def test_kinds_are_taken_out_of_the_rungs_that_are_named() -> None:
    assert divided(()) == ([], KINDS)
    assert divided(("rag", "sft")) == (["rag", "sft"], ())
    assert divided(("no_context", "rag")) == (["rag"], ("no_context",))
    with pytest.raises(UserError, match="none is named"):
        divided(("oracle_context",))


@pytest.fixture
def results(tiny_model: Path, tmp_path: Path) -> dict:
    (tmp_path / "docs").mkdir()
    for name, text in TEXTS.items():
        (tmp_path / "docs" / f"{name}.md").write_text(text)
    rows = [row(i, [["pets"], ["fares", "pets"], [], ["not there"]][i % 4]) for i in range(32)]
    write_jsonl(tmp_path / "curated" / "sft" / "heldout.jsonl", rows)
    project = overridden(
        Project(model=str(tiny_model), knowledge=str(tmp_path / "docs")),
        evaluate__embedder="none",
        evaluate__max_new_tokens=6,
        evaluate__passages=[1],
        evaluate__rungs=["zero_shot", "rag", "oracle_context", "no_context"],
    )
    return evaluate(str(tmp_path / "curated"), str(tmp_path / "e"), config=project)


def test_diagnostic_rows_stand_beside_the_ladder_and_never_in_it(results: dict, tmp_path: Path) -> None:
    assert [r["name"] for r in results["rungs"]] == ["zero_shot", "rag"]
    assert len(results["pairs"]) == 1
    oracle, none = results["diagnostics"]
    assert (oracle["name"], oracle["reader"], none["name"]) == ("oracle_context", "rag", "no_context")
    assert [(d["n"], d["not_applicable"]) for d in (oracle, none)] == [(16, 16)] * 2
    lines = [json.loads(line) for line in (tmp_path / "e" / "outputs.jsonl").read_text().splitlines()]
    mine = [o for o in lines if o["rung"] == "oracle_context"]
    assert [o["status"] for o in mine[:4]] == ["ok", "ok", "not_applicable", "not_applicable"]
    assert [{h["document"] for h in o.get("retrieved", [])} for o in mine[:3]] == [{"pets"}, {"pets", "fares"}, set()]
    assert set(mine[2]["metrics"].values()) == {None}
    zero = {o["id"]: o["output"] for o in lines if o["rung"] == "zero_shot"}
    assert all(o["output"] == zero[o["id"]] for o in lines if o["rung"] == "no_context" and o["status"] == "ok")


def test_the_difference_is_taken_on_the_rows_that_name_a_document(results: dict, tmp_path: Path) -> None:
    lines = [json.loads(line) for line in (tmp_path / "e" / "outputs.jsonl").read_text().splitlines()]
    score = {(o["rung"], o["id"]): o["metrics"]["checks"] for o in lines}
    ids = [o["id"] for o in lines if o["rung"] == "oracle_context" and o["status"] == "ok"]
    expected = sum(score["oracle_context", i] - score["rag", i] for i in ids) / len(ids)
    assert results["diagnostics"][0]["difference"] == pytest.approx(expected)
